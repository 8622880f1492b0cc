from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.figures import interventions
from emtvb.figures.interventions import COLUMNS, METHODS
from tests.figures.made_up import make_curves


def make_measured(tasks: tuple[str, ...] = ("T1", "T2"), sizes: tuple[int, ...] = (32, 64)) -> pd.DataFrame:
    """Runs that obey edits the better the larger they are; those with an L2 penalty did not learn."""
    runs = make_curves(tasks, sizes, seeds=3)[["run_id", "task", "hidden_dim", "l2", "threshold", "seed"]]
    runs = runs.drop_duplicates("run_id", ignore_index=True)
    runs["verdict"] = np.where(runs["l2"] > 0, "did not learn", "linear circuit")
    runs["test_accuracy"] = np.where(runs["l2"] > 0, 0.5, 1.0)
    for i, method in enumerate(METHODS):
        runs[f"{method}_edit_success"] = runs["hidden_dim"] / 64 - 0.1 * i
        runs[f"{method}_random_edit_success"] = 0.01 * i
        runs[f"{method}_random_edit_ignored"] = 0.5
    return runs


def test_numbers_have_a_row_per_run_and_method() -> None:
    measured = make_measured()
    table = interventions.numbers(measured)
    assert set(COLUMNS) <= set(measured.columns)
    assert len(table) == 3 * len(measured)
    row = table[(table["run_id"] == measured["run_id"][0]) & (table["method"] == "power")].iloc[0]
    assert row["edit_success"] == measured["power_edit_success"][0]
    assert table.groupby("verdict")["solved"].first().to_dict() == {"did not learn": False, "linear circuit": True}


def test_dots_are_the_runs_that_solve_their_task() -> None:
    measured = make_measured(("T1",))
    axes = interventions.draw(measured).axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(dots) == 2 * 3 * 2  # sizes, methods, edit and control
    heights = np.concatenate([line.get_ydata() for line in dots])
    table = interventions.numbers(measured).query("solved")
    expected = np.concatenate([table["edit_success"], table["random_edit_success"]])
    np.testing.assert_allclose(np.sort(heights), np.sort(expected))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["32\n3 of 6 runs", "64\n3 of 6 runs"]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_panel_per_task(count: int) -> None:
    tasks = tuple(f"task {i}" for i in range(count))
    figure = interventions.draw(make_measured(tasks))
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == list(tasks)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][-1] == "random direction"


def test_where_no_run_solves_its_task_there_is_no_dot() -> None:
    measured = make_measured(("T1",)).assign(verdict="did not learn", data_edit_success=np.nan)
    figure = interventions.draw(measured)
    figure.canvas.draw()
    assert not figure.axes[0].lines
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["32\n0 of 6 runs", "64\n0 of 6 runs"]
