from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from emtvb.experiments.sweep.figures import pairs
from emtvb.paper.solutions import rows
from emtvb.theory.verdict import NOT_LEARNED

from ..paper.test_solutions import make_measured
from .test_solutions import points, words


def test_what_another_threshold_makes_of_a_run() -> None:
    measured = make_measured(twins=0)
    wrong, errors = pairs.draw(rows(measured)).axes
    solved = measured[(measured["l2"] < 0.1)]
    first, second = (solved[solved["threshold"] == threshold] for threshold in (0.9, 0.98))
    expected = np.sort(np.maximum(1 - second["test_accuracy"], pairs._ALL_RIGHT))
    np.testing.assert_allclose(np.sort(points(wrong)[:, 1]), expected)
    changed = int((first["verdict"].to_numpy() != second["verdict"].to_numpy()).sum())
    assert wrong.get_title().endswith(f"kind changes in {changed} of {len(first)}")
    none = np.isnan(first["spectral_error"].to_numpy()) != np.isnan(second["spectral_error"].to_numpy())
    assert errors.get_title().endswith(f"one has none in {none.sum()} of {len(first)}")
    assert (wrong.get_xlabel(), wrong.get_ylabel()) == ("threshold 0.9", "threshold 0.98")


@pytest.mark.parametrize(("twins", "there"), [(0, 1), (2, 2)])
def test_there_is_a_row_for_each_kind_of_pairs_and_no_empty_panel(twins: int, there: int) -> None:
    figure = pairs.draw(rows(make_measured(twins=twins)))
    figure.canvas.draw()
    assert len(figure.axes) == 2 * there
    assert all(axes.axison and len(points(axes)) for axes in figure.axes)


def test_pairs_of_sizes_and_penalties_with_which_nothing_is_solved_are_not_shown() -> None:
    measured = make_measured()
    small = measured.assign(hidden_dim=32, verdict=NOT_LEARNED, run_id=measured["run_id"].str.replace("h64", "h32"))
    alone, both = pairs.numbers(rows(measured)), pairs.numbers(rows(pd.concat([measured, small])))
    assert set(both["hidden_dim"]) == {64}
    assert len(alone) == len(both) > 0
    assert 0.1 not in set(alone["l2"])
    assert set(alone["panel"]) == {"threshold", "twin"}


def test_one_threshold_and_one_run_are_enough() -> None:
    measured = make_measured(twins=0)
    figure = pairs.draw(rows(measured[measured["threshold"] == 0.9].iloc[:1]))
    figure.canvas.draw()
    assert words(figure.axes[0]) == ["there is one threshold only"]


def test_runs_without_a_mistake_and_without_an_error_are_there() -> None:
    measured = make_measured(twins=1).assign(test_accuracy=1.0, spectral_error=float("nan"))
    figure = pairs.draw(rows(measured))
    figure.canvas.draw()
    wrong: Axes = figure.axes[0]
    assert (points(wrong) == pairs._ALL_RIGHT).all()
    assert not len(points(figure.axes[1]))  # no pair of which one has an error
