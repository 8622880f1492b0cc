from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D

from emtvb.experiments.sweep.figures import interventions
from emtvb.experiments.sweep.figures.interventions import COLUMNS, METHODS
from emtvb.theory.verdict import NOT_LEARNED, STORED

from .made_up import make_curves

MARKERS = dict(zip(METHODS, "os^", strict=True))


def make_measured(
    tasks: tuple[str, ...] = ("T1", "T2"), sizes: tuple[int, ...] = (32, 64), l2s: tuple[float, ...] = (0.0, 0.001, 0.1)
) -> pd.DataFrame:
    """Runs that obey edits the better the larger they are; those with an L2 penalty of 0.1 did not learn."""
    runs = make_curves(tasks, sizes, l2s, seeds=3)[["run_id", "task", "hidden_dim", "l2", "threshold", "seed"]]
    runs = runs.drop_duplicates("run_id", ignore_index=True)
    runs["verdict"] = np.where(runs["l2"] > 0.01, NOT_LEARNED, STORED)
    runs["test_accuracy"] = np.where(runs["l2"] > 0.01, 0.5, 1.0)
    runs["unedited_success"] = 0.9 + 0.01 * runs["seed"] + runs["l2"]
    for i, method in enumerate(METHODS):
        runs[f"{method}_edit_success"] = runs["hidden_dim"] / 64 - 0.1 * i - 0.01 * runs["seed"]
        runs[f"{method}_random_edit_success"] = 0.01 * i
        runs[f"{method}_random_edit_ignored"] = 0.5
    return runs


def marks(axes: Axes, marker: str) -> list[Line2D]:
    """Marks of a shape, but for those above the columns, which name their way."""
    return [line for line in axes.lines if line.get_marker() == marker and line not in ways(axes)]


def ways(axes: Axes) -> list[Line2D]:
    """The marks above the columns."""
    return [line for line in axes.lines if np.asarray(line.get_ydata(), float).tolist() == [interventions.WAY]]


def heights(lines: list[Line2D]) -> np.ndarray:
    return np.sort(np.concatenate([np.asarray(line.get_ydata(), float) for line in lines]))


def test_numbers_have_a_row_per_run_and_method() -> None:
    measured = make_measured()
    table = interventions.numbers(measured)
    assert set(COLUMNS) <= set(measured.columns)
    assert len(table) == 3 * len(measured)
    row = table[(table["run_id"] == measured["run_id"][0]) & (table["method"] == "power")].iloc[0]
    assert row["edit_success"] == measured["power_edit_success"][0]
    assert row["unedited_success"] == measured["unedited_success"][0]
    assert table["other_edit_success"].isna().all()
    assert table.groupby("verdict")["solved"].first().to_dict() == {NOT_LEARNED: False, STORED: True}


def test_columns_do_not_reach_into_each_other() -> None:
    measured = make_measured(("T1",), l2s=(0.0, 0.001))
    many = pd.concat([measured.assign(run_id=measured["run_id"] + str(i)) for i in range(20)], ignore_index=True)
    axes = interventions.draw(many).axes[0]
    columns = sorted(
        (min(line.get_xdata()), max(line.get_xdata())) for m in MARKERS.values() for line in marks(axes, m)
    )
    assert len(columns) == 12
    assert all(left[1] < right[0] for left, right in itertools.pairwise(columns))
    assert all(high - low > 0 for low, high in columns)


def test_the_control_is_the_one_that_can_fail_where_it_was_measured() -> None:
    measured = make_measured(("T1",))
    figure = interventions.draw(measured)
    np.testing.assert_allclose(heights(marks(figure.axes[0], "x")), np.repeat([0, 0.01, 0.02], 4))
    assert figure.legends[0].get_texts()[-1].get_text() == "largest control, in a random direction"
    for method in METHODS:
        measured[f"{method}_other_edit_success"] = 0.1 * measured["seed"]
    figure = interventions.draw(measured)
    np.testing.assert_allclose(heights(marks(figure.axes[0], "x")), 0.1 * measured["seed"].max())
    assert figure.legends[0].get_texts()[-1].get_text() == "largest control, along another's column"


def test_cells_in_which_no_run_solves_its_task_have_no_column() -> None:
    measured = make_measured(("T1", "T2"))
    idle = (measured["hidden_dim"] == 32) & (measured["task"] == "T1")
    figure = interventions.draw(measured.assign(verdict=measured["verdict"].where(~idle, NOT_LEARNED)))
    assert figure.get_suptitle() == "not drawn: neurons and penalties with which no run solves the task"
    sizes = [[label.get_text().splitlines()[0] for label in axes.get_xticklabels()] for axes in figure.axes]
    assert sizes == [["64 neurons"], ["32 neurons", "64 neurons"]]
    assert figure.axes[1].get_xticklabels()[0].get_text() == "32 neurons\nL2 0: 3/3\nL2 0.001: 3/3"
    assert interventions.draw(make_measured(("T1",), l2s=(0.0,))).get_suptitle() == ""


def test_one_colour_and_one_marker_per_method() -> None:
    axes = interventions.draw(make_measured(("T1",))).axes[0]
    colours = {
        marker: {to_rgba(line.get_markeredgecolor()) for line in marks(axes, marker)} for marker in MARKERS.values()
    }
    assert all(len(of_marker) == 1 for of_marker in colours.values())
    assert len(set.union(*colours.values())) == 3
