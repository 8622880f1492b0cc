from __future__ import annotations

import numpy as np
import pytest

from emtvb.experiments.sweep.figures import composition
from emtvb.figures.data import Exemplar

from .made_up import make_exemplar

MIXED = [(2, 1, -1), (1, 0, 1), (3, 2, -1)]


def drawn(figure: object) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]  # type: ignore[attr-defined]


def test_the_image_is_f_for_any_size(exemplar: Exemplar) -> None:
    (image,) = drawn(composition.draw([exemplar]))
    np.testing.assert_array_equal(image, exemplar.composition)


def test_numbers_give_the_image_back() -> None:
    exemplar = make_exemplar(3, 3, MIXED)
    table = composition.numbers([exemplar])
    image = np.zeros((3, 9))
    image[table["output_dimension"], (table["variable"] - 1) * 3 + table["dimension"]] = table["sign"]
    np.testing.assert_array_equal(image, drawn(composition.draw([exemplar]))[0])
    assert table[["variable", "dimension", "sign"]].to_numpy().tolist() == [list(row) for row in MIXED]


@pytest.mark.parametrize("count", range(1, 7))
def test_a_panel_per_task(count: int) -> None:
    exemplars = [make_exemplar(2, 3, task=f"task {i}") for i in range(count)]
    figure = composition.draw([*exemplars, exemplars[0]])
    titles = [axes.get_title() for axes in figure.axes if axes.images]
    assert titles == [f"task {i}" for i in range(count)]
    assert composition.numbers([*exemplars, exemplars[0]])["task"].nunique() == count


def test_labels_name_the_variables() -> None:
    axes = composition.draw([make_exemplar(3, 3)]).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1\n(oldest)", "2", "3\n(newest)"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("variable", "output dimension")


def test_many_variables_are_labelled_with_room_between() -> None:
    axes = composition.draw([make_exemplar(1, 40)]).axes[0]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[0].startswith("1")
    assert labels[-1].startswith("40")
    assert len(labels) < 14


def test_a_legend_tells_the_signs() -> None:
    (legend,) = composition.draw([make_exemplar()]).legends
    assert [text.get_text() for text in legend.get_texts()] == ["+1", "\N{MINUS SIGN}1", "0"]
