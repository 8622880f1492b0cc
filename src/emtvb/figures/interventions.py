"""How often networks obey edits, by the way to their variable memories, task, size and penalty (docs/memories.md)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.figures.panels import swarm, wrapped
from emtvb.figures.style import COLOURS, EXPECTED, PAGE, style

METHODS = {"data": "$\\Psi$ by data", "power": "the paper's $\\Psi$", "realisation": "realised $\\Psi$"}
"""The prefixes of the methods' columns, and what the figure calls them."""
MARKERS = dict(zip(METHODS, "os^", strict=True))
"""What tells them apart without colour."""
UNSOLVED = "did not learn"
"""The verdict on runs that are counted but not drawn."""

_ABOUT = ("run_id", "task", "hidden_dim", "l2", "threshold", "seed", "verdict", "test_accuracy", "unedited_success")
_RATES = ("edit_success", "random_edit_success", "random_edit_ignored")
OTHER = "other_edit_success"
"""The control that can fail; tables of before it was measured do not have it."""
COLUMNS = ("run_id", "verdict", "test_accuracy", "unedited_success",
           *(f"{method}_{rate}" for method in METHODS for rate in _RATES))  # fmt: skip
"""What is drawn of the measurements."""

_CONTROL = "0.55"
"""Colour of the controls."""
_WIDTH = 0.8
"""What the columns of one size take of its room."""


@style()
def draw(measured: pd.DataFrame) -> Figure:
    """Success of single-element edits: a panel per task, a group per hidden size, a column per method and penalty.

    A mark is a network that solves its task, filled without a penalty and open with one; equal ones stand side by side.
    The line across a column is how often its networks are right for as long without any edit, their mean. Grey crosses
    are the controls: steps of the same size along another element's column (or, where that was not measured, in a
    random direction), which must fail. Below each group: how many of its runs solve the task and so are drawn.
    Penalties and sizes with which no run solves a task are left out, the sizes by name.

    Args:
        measured: Run table and measurements together, at least one row.
    """
    every = numbers(measured)
    table = _solved(every)
    tasks, l2s = list(every["task"].unique()), sorted(table["l2"].unique())
    columns = min(len(tasks), 2)
    rows = -(-len(tasks) // columns)
    figure = Figure(figsize=(PAGE, (1.75 + 0.11 * len(l2s)) * rows + 0.55), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes, task in zip(panels, tasks, strict=False):
        _panel(axes, table[table["task"] == task], l2s)
        axes.set_title(wrapped(str(task), 40))
    figure.supylabel("share of edits obeyed", fontsize=8)
    if idle := sorted(set(every["hidden_dim"]) - set(table["hidden_dim"])):
        sizes = ", ".join(map(str, idle))
        figure.suptitle(f"not drawn: {sizes} neurons, with which no run solves its task", fontsize=8)
    for axes in panels[len(tasks) :]:
        axes.set_axis_off()
    _legend(figure, table, l2s)
    return figure


def numbers(measured: pd.DataFrame) -> pd.DataFrame:
    """The success rates, a row per run and method.

    Args:
        measured: As for :func:`draw`.

    Returns:
        Columns ``run_id``, ``task``, ``hidden_dim``, ``l2``, ``threshold``, ``seed``, ``verdict``, ``test_accuracy``,
        ``unedited_success``, ``method`` (data, power, realisation), ``edit_success``, ``random_edit_success``,
        ``random_edit_ignored``, ``other_edit_success`` (empty where it was not measured), ``solved``, whether the run
        is drawn.
    """
    frames = []
    for method in METHODS:
        rates = {rate: measured[f"{method}_{rate}"] for rate in _RATES}
        other = measured.get(f"{method}_{OTHER}", pd.Series(np.nan, index=measured.index))
        frames.append(measured[list(_ABOUT)].assign(method=method, **rates, **{OTHER: other}))
    table = pd.concat(frames, ignore_index=True)
    return table.assign(solved=table["verdict"] != UNSOLVED)


def _solved(table: pd.DataFrame) -> pd.DataFrame:
    """Without the penalties and sizes with which no run solves its task; all, where none does."""
    solved = table[table["solved"]]
    if solved.empty:
        return table
    return table[table["l2"].isin(solved["l2"]) & table["hidden_dim"].isin(solved["hidden_dim"])]


def _panel(axes: Axes, table: pd.DataFrame, l2s: Sequence[float]) -> None:
    """One task's columns of marks and lines."""
    sizes = sorted(table["hidden_dim"].unique())
    step = _WIDTH / (len(METHODS) * len(l2s))
    labels = []
    for i, size in enumerate(sizes):
        group = table[table["hidden_dim"] == size]
        words = [f"{size} neurons"]
        for k, l2 in enumerate(l2s):
            runs = group[group["l2"] == l2]
            solved = runs[runs["solved"]]
            runs_word = " runs" if len(sizes) < 3 else ""  # for which there is no room
            words.append(f"L2 {l2:g}: {solved['run_id'].nunique()} of {runs['run_id'].nunique()}{runs_word}")
            for j, method in enumerate(METHODS):
                place = i + (j * len(l2s) + k + 0.5) * step - _WIDTH / 2
                _column(axes, place, step, solved[solved["method"] == method], method, l2)
        labels.append("\n".join(words))
    axes.set_xticks(range(len(sizes)), labels)
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.5, len(sizes) - 0.5), ylim=(-0.04, 1.04))


def _column(axes: Axes, place: float, step: float, runs: pd.DataFrame, method: str, l2: float) -> None:
    """The runs of one method and penalty, with their controls and how they do unedited."""
    if runs.empty:
        return
    control = _control(runs)
    _marks(axes, place, step, control, marker="x", color=_CONTROL, markersize=2.2, markeredgewidth=0.6)
    colour = COLOURS[list(METHODS).index(method)]
    _marks(
        axes, place, step, runs["edit_success"].to_numpy(), marker=MARKERS[method], markeredgecolor=colour,
        markerfacecolor=colour if l2 == 0 else "white", markersize=3, markeredgewidth=0.6,
    )  # fmt: skip
    unedited = [float(runs["unedited_success"].mean())] * 2
    axes.plot([place - 0.48 * step, place + 0.48 * step], unedited, color=EXPECTED, linewidth=1.2, zorder=2)


def _control(runs: pd.DataFrame) -> Float[np.ndarray, " run"]:
    """The control that can fail, else the other."""
    other: np.ndarray = runs[OTHER].to_numpy(float)
    return np.where(np.isfinite(other), other, runs["random_edit_success"].to_numpy(float))


def _marks(axes: Axes, place: float, step: float, values: Float[np.ndarray, " run"], **look: object) -> None:
    offsets = swarm(values, near=0.02, apart=0.14 * step, widest=0.68 * step)
    axes.plot(place + offsets, values, linestyle="none", clip_on=False, zorder=4, **look)  # type: ignore[arg-type]


def _legend(figure: Figure, table: pd.DataFrame, l2s: Sequence[float]) -> None:
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", markersize=4)
        for colour, marker in zip(COLOURS, MARKERS.values(), strict=False)
    ]
    names = list(METHODS.values())
    if len(l2s) > 1:
        with_penalty = ", ".join(f"{l2:g}" for l2 in l2s if l2)
        handles += [Line2D([], [], marker="o", color="0.3", markerfacecolor=face, linestyle="none", markersize=4)
                    for face in ("0.3", "white")]  # fmt: skip
        names += ["L2 0", f"L2 {with_penalty}"]
    handles += [Line2D([], [], color=EXPECTED, linewidth=1.1),
                Line2D([], [], color=_CONTROL, marker="x", linestyle="none", markersize=3.5)]  # fmt: skip
    control = "along another's column" if table[OTHER].notna().any() else "in a random direction"
    names += ["exact without an edit", f"control: {control}"]
    figure.legend(handles, names, loc="outside lower center", ncols=4)
