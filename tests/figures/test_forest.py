from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from emtvb.experiments.sweep.figures import forest
from emtvb.paper import significance
from emtvb.paper.forest import UNJUDGED

from .made_up import make_cells

NAN = float("nan")


def cell(tasks: tuple[str, ...] = ("T1",), **ours: object) -> pd.DataFrame:
    """The rows of a cell per task: the third seed has no error; of the means these columns are others."""
    rows = make_cells(tasks).query("l2 == 0").reset_index(drop=True)
    rows.loc[rows["kind"] == "ours", [*ours]] = [*ours.values()]
    return rows


def with_errors(errors: tuple[float, ...], interval: tuple[float, float]) -> pd.DataFrame:
    """The same cell where the seeds have these errors."""
    rows = cell()
    error = rows["measure"] == "spectral_error"
    rows.loc[error & (rows["kind"] == "seed"), "value"] = [*errors]
    rows.loc[error & (rows["kind"] == "ours"), ["value", "low", "high"]] = np.mean(errors[:2]), *interval
    return rows


def parts(figure: Figure) -> tuple[Axes, Axes, Axes, Axes]:
    """Names, accuracies, errors, and what has no error."""
    names, accuracies, errors, none = figure.axes
    return names, accuracies, errors, none


def drawn(axes: Axes, marker: str, colour: str | None = None) -> list[float]:
    lines = [line for line in axes.lines if line.get_marker() == marker and colour in (None, line.get_color())]
    return [float(x) for line in lines for x in np.asarray(line.get_xdata(), float)]


def words(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_every_verdict_has_a_sign_of_its_own() -> None:
    """A value of Table 1 always has a verdict, unless it cannot be judged here."""
    assert set(forest.SIGNS) == {*significance.CLAIM_VERDICTS, UNJUDGED} - {"found", "no verdict"}
    assert len(set(forest.SIGNS.values())) == len(forest.SIGNS)


def test_coverage_and_verdict_stand_beside_their_row() -> None:
    names, *_ = parts(forest.draw(cell(verdict="inconsistent")))
    said = words(names)
    assert "2/3" in said
    assert said.count("\N{NOT EQUAL TO}") == 2
    figure = forest.draw(cell(verdict="consistent"))
    assert words(parts(figure)[0]).count("=") == 2
    assert any(text.get_text().startswith("= consistent") for text in figure.texts)


def test_cells_and_prints_without_an_error_stand_apart() -> None:
    rows = cell(with_value=0)
    rows.loc[rows["measure"] == "spectral_error", ["value", "low", "high"]] = NAN
    names, _, errors, none = parts(forest.draw(rows))
    assert [line.get_marker() for line in none.lines] == ["o", "D"]
    assert not [line for line in errors.lines if np.isfinite(np.asarray(line.get_xdata(), float)).any()]
    assert "0/3" in words(names)
    assert [label.get_text() for label in none.get_xticklabels()] == ["none"]


def test_intervals_that_go_further_end_in_an_arrow() -> None:
    _, _, errors, _ = parts(forest.draw(with_errors((0.002, 0.004, NAN), (1e-9, 3.0))))
    low, high = errors.get_xlim()
    assert drawn(errors, "<") == [low]
    assert drawn(errors, ">") == [high]
    assert low > 1e-4
    assert high < 0.1
    _, _, errors, _ = parts(forest.draw(with_errors((0.002, 0.004, NAN), (0.0019, 0.0041))))
    assert not drawn(errors, "<") + drawn(errors, ">")


def test_nothing_is_claimed_where_nothing_is_printed_or_judged() -> None:
    rows = cell(low=NAN, high=NAN, verdict=None)
    figure = forest.draw(rows[rows["kind"] != "printed"])
    names, accuracies, errors, _ = parts(figure)
    assert not drawn(accuracies, "D") + drawn(errors, "D")
    assert not set(words(names)) & set(forest.SIGNS.values())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["our seeds (3)", "their mean"]


def test_each_setting_is_named_where_it_changes() -> None:
    rows = pd.concat([cell(("T1", "T2")), cell(("T2",)).assign(l2=0.001)], ignore_index=True)
    said = words(parts(forest.draw(rows))[0])
    assert [said.count(word) for word in ("T1", "T2", "64", "0", "0.001")] == [1, 1, 2, 2, 1]


def test_it_is_as_wide_as_a_column_and_its_letters_can_be_read() -> None:
    figure = forest.draw(cell(tuple(f"T{i}" for i in range(10))))
    assert figure.get_figwidth() == 3.3
    texts = [text for axes in figure.axes for text in (*axes.texts, axes.title)] + figure.texts
    assert min(text.get_fontsize() for text in texts if text.get_text()) >= 7


@pytest.mark.parametrize(
    "errors", [(4.3e-4, 6.5e-4), (2e-4, 0.3), (2e-5, 0.9), (0.002, 0.004), (0.011, 0.09), (0.5, 0.6)]
)
def test_the_axis_of_errors_is_labelled_and_its_labels_do_not_touch(errors: tuple[float, float]) -> None:
    rows = with_errors((*errors, NAN), errors)
    figure = forest.draw(rows[rows["kind"] != "printed"])
    axes = parts(figure)[2]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    low, high = axes.get_xlim()
    labels = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    boxes = [label.get_window_extent(canvas.get_renderer()) for at, label in labels if low <= at <= high]
    assert boxes
    assert all(one.x1 + 1 < other.x0 for one, other in pairwise(boxes))
