"""How often networks obey edits, by the way to their variable memories, task and size (docs/memories.md)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.figures.panels import wrapped
from emtvb.figures.style import COLOURS, PAGE, style

METHODS = {"data": "by data", "power": "the paper's", "realisation": "realised"}
"""The prefixes of the methods' columns, and what the figure calls them."""
UNSOLVED = "did not learn"
"""The verdict on runs that are counted but not drawn."""

_ABOUT = ("run_id", "task", "hidden_dim", "l2", "threshold", "seed", "verdict", "test_accuracy")
_RATES = ("edit_success", "random_edit_success", "random_edit_ignored")
COLUMNS = ("run_id", "verdict", "test_accuracy", *(f"{method}_{rate}" for method in METHODS for rate in _RATES))
"""What is drawn of the measurements."""

_CONTROL = "0.55"
"""Colour of the controls."""


@style()
def draw(measured: pd.DataFrame) -> Figure:
    """Success of single-element edits: a panel per task, a group per hidden size, in it each method and its control.

    A dot is a run that solves its task, a bar the mean. Grey: the same edits with a step in a random direction of the
    same size, which must fail. Below each group: how many of its runs solve the task and so are drawn.

    Args:
        measured: Run table and measurements together, at least one row.
    """
    table = numbers(measured)
    tasks = list(table["task"].unique())
    columns = min(len(tasks), 4)
    rows = -(-len(tasks) // columns)
    figure = Figure(figsize=(PAGE, 1.9 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes, task in zip(panels, tasks, strict=False):
        _panel(axes, table[table["task"] == task])
        axes.set_title(wrapped(str(task), 24))
        axes.set_xlabel("neurons")
    figure.supylabel("edits obeyed", fontsize=8)
    for axes in panels[len(tasks) :]:
        axes.set_axis_off()
    handles = [Line2D([], [], color=colour, marker="o", linestyle="none", markersize=4) for colour in COLOURS[:3]]
    handles.append(Line2D([], [], color=_CONTROL, marker="o", linestyle="none", markersize=4))
    names = [f"$\\Psi$ {name}" for name in METHODS.values()] + ["random direction"]
    figure.legend(handles, names, loc="outside lower center", ncols=4)
    return figure


def numbers(measured: pd.DataFrame) -> pd.DataFrame:
    """The success rates, a row per run and method.

    Args:
        measured: As for :func:`draw`.

    Returns:
        Columns ``run_id``, ``task``, ``hidden_dim``, ``l2``, ``threshold``, ``seed``, ``verdict``, ``test_accuracy``,
        ``method`` (data, power, realisation), ``edit_success``, ``random_edit_success``, ``random_edit_ignored``,
        ``solved``, whether the run is drawn.
    """
    frames = [
        measured[list(_ABOUT)].assign(method=method, **{rate: measured[f"{method}_{rate}"] for rate in _RATES})
        for method in METHODS
    ]
    table = pd.concat(frames, ignore_index=True)
    return table.assign(solved=table["verdict"] != UNSOLVED)


def _panel(axes: Axes, table: pd.DataFrame) -> None:
    """One task's groups of dots and bars."""
    sizes = sorted(table["hidden_dim"].unique())
    labels = []
    for i, size in enumerate(sizes):
        group = table[table["hidden_dim"] == size]
        labels.append(f"{size}\n{group.loc[group['solved'], 'run_id'].nunique()} of {group['run_id'].nunique()} runs")
        for j, method in enumerate(METHODS):
            solved = group[(group["method"] == method) & group["solved"]]
            place = i + 0.26 * (j - 1)
            _dots(axes, place + 0.05, solved["random_edit_success"].to_numpy(), _CONTROL)
            _dots(axes, place - 0.05, solved["edit_success"].to_numpy(), COLOURS[j])
    axes.set_xticks(range(len(sizes)), labels)
    axes.set(xlim=(-0.5, len(sizes) - 0.5), ylim=(-0.04, 1.04))


def _dots(axes: Axes, place: float, values: np.ndarray, colour: str) -> None:
    """Dots side by side, so that equal ones are seen, and a bar at their mean."""
    if not len(values):
        return
    spread = (np.arange(len(values)) / max(len(values) - 1, 1) - 0.5) * 0.08 if len(values) > 1 else np.zeros(1)
    axes.plot(place + spread, values, "o", color=colour, markersize=2, alpha=0.5, markeredgewidth=0, clip_on=False)
    axes.plot([place - 0.05, place + 0.05], [values.mean()] * 2, color=colour, linewidth=1.4, solid_capstyle="butt")
