from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from emtvb.figures import panels
from emtvb.figures.marks import MARKERS, group_look, key_mark, swarm_offsets
from emtvb.figures.style import COLUMN, PAGE
from emtvb.figures.words import common_settings, wrap_name

from .made_up import make_exemplar


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (2, (1, 2)), (3, (2, 2)), (4, (2, 2)), (5, (3, 2))])
def test_a_grid_has_as_many_panels_as_there_are_things_to_show(count: int, shape: tuple[int, int]) -> None:
    figure, grid = panels.panel_grid(count, 2, 1.5, 0.4)
    assert grid.shape == shape
    assert sum(axes.axison for axes in grid.flat) == count
    assert figure.get_size_inches().tolist() == pytest.approx([PAGE, 1.5 * shape[0] + 0.4])
    assert panels.panel_grid(1, 1, 1, 0, width=COLUMN)[0].get_figwidth() == COLUMN


def test_labels_stand_below_the_lowest_panel_of_a_column_and_beside_the_first_of_a_row() -> None:
    _, grid = panels.panel_grid(5, 3, 1.0, 0.0)
    panels.label_outside(grid, x="below", y="beside")
    assert [axes.get_xlabel() for axes in grid.flat] == ["", "", "below", "below", "below", ""]
    assert [axes.get_ylabel() for axes in grid.flat] == ["beside", "", "", "beside", "", ""]


def test_a_key_names_what_is_shown_below_all_panels() -> None:
    figure, grid = panels.panel_grid(2, 2, 1.5, 0.5)
    legend = panels.figure_key(
        figure, {"first": key_mark(**group_look(0)), "second": key_mark(**group_look(1, filled=False))}
    )
    figure.draw_without_rendering()
    assert [text.get_text() for text in legend.get_texts()] == ["first", "second"]
    assert legend.get_window_extent().y1 < min(axes.get_tightbbox().y0 for axes in grid.flat)
    assert panels.figure_key(figure, {}).get_texts() == []


def test_every_second_group_of_rows_is_shaded() -> None:
    axes = Figure().subplots()
    panels.shade_every_second(axes, ["T1", "T2", "T2", "T3", "T4"])
    bands = [patch.get_bbox() for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [(box.y0, box.y1) for box in bands] == [(0.5, 2.5), (3.5, 4.5)]


def test_places_are_in_inches() -> None:
    figure = Figure(figsize=(4, 2))
    assert panels.add_panel(figure, 1, 0.5, 2, 1).get_position().bounds == pytest.approx((0.25, 0.25, 0.5, 0.5))
    panels.write_words(figure, 1, 0.5, "here")
    text = figure.texts[0]
    assert text.get_transform().transform(text.get_position()).tolist() == [1 * figure.dpi, 0.5 * figure.dpi]


def test_groups_look_different_and_begin_anew_when_looks_end() -> None:
    looks = [group_look(i) for i in range(len(MARKERS))]
    assert len({(each["color"], each["marker"]) for each in looks}) == len({each["marker"] for each in looks}) == 5
    assert group_look(len(MARKERS))["marker"] == group_look(0)["marker"]
    assert group_look(1, filled=False) == {**group_look(1), "markerfacecolor": "white"}


def test_marks_of_equal_values_stand_side_by_side_and_others_in_the_middle() -> None:
    values = np.array([1.0, 0.2, 1.0, 0.999, 0.5])
    offsets = swarm_offsets(values, near=0.01, apart=0.1, widest=1.0)
    assert offsets[[1, 4]].tolist() == [0, 0]
    np.testing.assert_allclose(np.sort(offsets[[0, 2, 3]]), [-0.1, 0, 0.1])


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40])
def test_a_row_is_centred_and_no_wider_than_there_is_room(count: int) -> None:
    offsets = swarm_offsets(np.ones(count), near=0.01, apart=0.1, widest=0.5)
    assert len(set(offsets.round(12))) == count
    assert abs(offsets.sum()) < 1e-9
    assert count == 0 or np.ptp(offsets) <= 0.5 + 1e-9


def test_common_settings_are_those_that_all_share() -> None:
    first, second = make_exemplar(2, 2), make_exemplar(2, 2, seed=2)
    assert common_settings([first]) == "9 neurons, threshold 0.98, seed 1"
    assert common_settings([first, second]) == "9 neurons, threshold 0.98"


@pytest.mark.parametrize(
    ("name", "lines"), [("T1", "T1"), (7, "7"), ("", ""), ("a $b", "a\n\\$b"), ("aa bb", "aa\nbb")]
)
def test_a_name_is_wrapped_and_not_read_as_mathematics(name: object, lines: str) -> None:
    assert wrap_name(name, 4) == lines
