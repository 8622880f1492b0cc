from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.figures import solutions
from emtvb.figures.style import EXPECTED
from emtvb.interpret.verdict import NOT_LEARNED, OTHERWISE, STORED
from emtvb.paper.solutions import rows
from tests.paper.test_solutions import make_measured


def kinds(figure: Figure) -> list[Axes]:
    return list(figure.subfigs[0].axes)


def pairs(figure: Figure) -> list[Axes]:
    return list(figure.subfigs[1].axes)


def points(axes: Axes, marker: str | None = None) -> np.ndarray:
    shown = [
        line for line in axes.lines if line.get_marker() not in ("None", "") and marker in (None, line.get_marker())
    ]
    return np.array([np.asarray(line.get_xydata(), float)[0] for line in shown])


def words(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_verdicts_are_those_that_are_given() -> None:
    assert solutions.SOLUTIONS == (STORED, OTHERWISE)
    assert solutions.UNSOLVED == NOT_LEARNED


def test_shares_stand_with_their_intervals() -> None:
    table = rows(make_measured())
    figure = solutions.draw(table)
    (axes,) = [axes for axes in kinds(figure) if axes.get_title() == "T1"]
    of_task = table[(table["panel"] == "kind") & (table["task"] == "T1") & (table["l2"] < 0.1)]
    for verdict, (marker, _) in zip((STORED, OTHERWISE), solutions.KINDS, strict=False):
        expected = of_task.loc[of_task["verdict"] == verdict]
        np.testing.assert_allclose(np.sort(points(axes, marker)[:, 1]), np.sort(expected["value"].to_numpy(float)))
    bars = [tuple(np.asarray(line.get_ydata(), float)) for line in axes.lines if line.get_marker() == "None"]
    shown = of_task[of_task["verdict"] != NOT_LEARNED]
    for low, high in zip(shown["low"], shown["high"], strict=True):
        assert any(np.allclose(bar, (low, high)) for bar in bars)


def test_penalties_with_which_nothing_is_solved_are_named_and_not_shown() -> None:
    figure = solutions.draw(rows(make_measured()))
    (legend,) = figure.subfigs[0].legends
    assert legend.get_title().get_text() == "not shown: L2 0.1, with which nothing is solved"
    assert [text.get_text() for text in legend.get_texts()] == [STORED, OTHERWISE]
    assert {word for axes in kinds(figure) for word in words(axes)} == {"64\nL2 0", "64\nL2 0.001"}
    figure = solutions.draw(rows(make_measured().assign(verdict=NOT_LEARNED)))
    figure.canvas.draw()
    assert {word for axes in kinds(figure) for word in words(axes)} >= {"64\nL2 0.1"}


def test_sizes_with_which_nothing_is_solved_are_named_and_not_shown() -> None:
    """Nor are their pairs of thresholds, which are all alike."""
    measured = make_measured()
    small = measured.assign(hidden_dim=32, verdict=NOT_LEARNED, run_id=measured["run_id"].str.replace("h64", "h32"))
    alone, figure = solutions.draw(rows(measured)), solutions.draw(rows(pd.concat([measured, small])))
    (legend,) = figure.subfigs[0].legends
    assert legend.get_title().get_text() == "not shown: L2 0.1 and 32 neurons, with which nothing is solved"
    for one, other in zip((*kinds(alone), *pairs(alone)), (*kinds(figure), *pairs(figure)), strict=True):
        assert words(one) == words(other)
        assert one.get_title() == other.get_title()


def test_a_kind_has_the_same_look_whatever_comes_first() -> None:
    table = rows(make_measured())
    backwards = table.iloc[::-1].reset_index(drop=True)
    for one in (table, backwards):
        colours = [line.get_color() for line in kinds(solutions.draw(one))[0].lines if line.get_marker() == "o"]
        assert set(colours) == {EXPECTED}


def test_what_another_threshold_makes_of_a_run() -> None:
    measured = make_measured(twins=0)
    figure = solutions.draw(rows(measured))
    wrong, errors, *_ = pairs(figure)
    solved = measured[(measured["l2"] < 0.1)]
    first, second = (solved[solved["threshold"] == threshold] for threshold in (0.9, 0.98))
    expected = np.sort(np.maximum(1 - second["test_accuracy"], solutions._ALL_RIGHT))
    np.testing.assert_allclose(np.sort(points(wrong)[:, 1]), expected)
    changed = int((first["verdict"].to_numpy() != second["verdict"].to_numpy()).sum())
    assert wrong.get_title().endswith(f"kind changes in {changed} of {len(first)}")
    none = np.isnan(first["spectral_error"].to_numpy()) != np.isnan(second["spectral_error"].to_numpy())
    assert errors.get_title().endswith(f"one has none in {none.sum()} of {len(first)}")
    assert (wrong.get_xlabel(), wrong.get_ylabel()) == ("threshold 0.9", "threshold 0.98")


@pytest.mark.parametrize(("twins", "said"), [(0, True), (2, False)])
def test_where_there_are_no_twins_it_says_so(twins: int, said: bool) -> None:
    figure = solutions.draw(rows(make_measured(twins=twins)))
    figure.canvas.draw()
    assert (["no rounding twins here"] in [words(axes) for axes in pairs(figure)]) is said
    assert len([axes for axes in pairs(figure) if axes.axison]) == (2 if said else 4)


def test_one_threshold_and_one_run_are_enough() -> None:
    measured = make_measured(twins=0)
    figure = solutions.draw(rows(measured[measured["threshold"] == 0.9].iloc[:1]))
    figure.canvas.draw()
    assert words(pairs(figure)[0]) == ["there is one threshold only"]


def test_runs_without_a_mistake_and_without_an_error_are_there() -> None:
    measured = make_measured(twins=1).assign(test_accuracy=1.0, spectral_error=float("nan"))
    figure = solutions.draw(rows(measured))
    figure.canvas.draw()
    assert (points(pairs(figure)[0]) == solutions._ALL_RIGHT).all()
    assert not len(points(pairs(figure)[1]))  # no pair of which one has an error


def test_numbers_are_what_is_drawn() -> None:
    table = rows(make_measured())
    pd.testing.assert_frame_equal(solutions.numbers(table), table)
