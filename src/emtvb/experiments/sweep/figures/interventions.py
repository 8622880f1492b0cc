"""How often networks obey edits, by the way to their variable memories, task, size and penalty (docs/memories.md)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb import tables
from emtvb.columns import check_numbers
from emtvb.figures.data import distinct_cells
from emtvb.figures.marks import group_look, key_line, key_mark, swarm_offsets
from emtvb.figures.panels import figure_key, panel_grid, say_instead
from emtvb.figures.style import EXPECTED, PAGE, house_style
from emtvb.figures.words import wrap_name
from emtvb.theory.network_verdict import NOT_LEARNED

METHODS = {
    "data": "basis by data",
    "power": "the paper's directions",
    "realisation": "realised basis",
}
"""The prefixes of the methods' columns, and what the figure calls them."""

_ABOUT = ("run_id", "task", "hidden_dim", "l2", "threshold", "seed", "verdict", "test_accuracy", "unedited_success")
_RATES = ("edit_success", "random_edit_success", "random_edit_ignored")
OTHER = "other_edit_success"
"""The control that can fail; tables of before it was measured do not have it."""
COLUMNS = ("run_id", "verdict", "test_accuracy", "unedited_success",
           *(f"{method}_{rate}" for method in METHODS for rate in _RATES))  # fmt: skip
"""What is drawn of the measurements."""

_CONTROL = "0.5"
"""Colour of the controls."""
_WIDTH = 0.7
"""Of the marks of a column, as a share of its room."""
MOST, HALF = 0.9, 0.5
"""Shares of edits: it is counted how many networks obey as many or more."""
_COUNT, WAY = 1.07, 1.15
"""Heights at which stand how many networks obey most edits, and the mark of the column's way."""
_NEAR, _APART = 0.022, 0.036
"""Height of a row of marks as a share of the axis, and their distance in inches."""


def read(runs: Path | str, measurements: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's run table and its measurements."""
    measured = check_numbers(tables.read_table(measurements, COLUMNS), measurements)
    return tables.combine(tables.read_table(runs, tables.RUN_COLUMNS), measured)


@house_style()
def draw(measured: pd.DataFrame) -> Figure:
    """Success of single-element edits: a panel per task, a group per hidden size, a column per method and penalty.

    A mark is a network that solves its task, filled without a penalty and open with one; equal ones stand side by side.
    Above a column stand the way's mark and how many networks obey nine edits of ten (dotted) or more; the key has how
    many of all do, and how many obey half. The line across a column is how often its networks are right for as long
    without any edit, their mean. The grey cross is the largest success of the controls: steps of the same size along
    another element's column (or, where that was not measured, in a random direction), which must fail. Sizes and
    penalties with which no run solves the task have no column.

    Args:
        measured: Run table and measurements together, at least one row.
    """
    every = numbers(measured)
    tasks, l2s = list(every["task"].unique()), sorted(every.loc[every["solved"], "l2"].unique())
    figure, panels = panel_grid(len(tasks), 2, 2.15, 0.5, sharey=True)
    for axes, task in zip(panels.flat, tasks, strict=False):
        _panel(axes, every[every["task"] == task], PAGE / panels.shape[1])
        axes.set_title(wrap_name(task, 40), pad=18)  # above what stands above the columns
        axes.set_xlabel("how many runs solve the task", fontsize=7)
    figure.supylabel("share of its edits that a network obeys")
    if not every.groupby(["task", "hidden_dim", "l2"])["solved"].any().all():
        figure.suptitle("not drawn: neurons and penalties with which no run solves the task")
    _legend(figure, every, l2s)
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
    return table.assign(solved=table["verdict"] != NOT_LEARNED)


def _panel(axes: Axes, table: pd.DataFrame, inches: float) -> None:
    """One task: a group per size with which runs solve it, in it a column per method and penalty."""
    solved = table[table["solved"]]
    penalties_of: dict[int, list[float]] = {}
    for size, l2 in distinct_cells(solved, ["hidden_dim", "l2"]):
        penalties_of.setdefault(size, []).append(l2)
    columns = sum(map(len, penalties_of.values())) * len(METHODS)
    unit = inches * 0.86 / max(columns + len(penalties_of), 1)  # inches of a column
    start, middles, labels = 0.0, [], []
    for size, penalties in penalties_of.items():
        width = len(penalties) * len(METHODS)
        for j, method in enumerate(METHODS):
            for k, l2 in enumerate(penalties):
                runs = solved[(solved["hidden_dim"] == size) & (solved["l2"] == l2) & (solved["method"] == method)]
                _column(axes, start + j * len(penalties) + k + 0.5, unit, runs, method, l2)
        middles.append(start + width / 2)
        labels.append("\n".join([f"{size} neurons", *(_count(table, size, l2) for l2 in penalties)]))
        start += width + 1
    axes.set_xticks(middles, labels)
    axes.tick_params(axis="x", length=0)
    axes.axhline(MOST, color="0.6", linewidth=0.6, linestyle=":", zorder=0)
    axes.set(xlim=(-0.5, max(start - 0.5, 0.5)), ylim=(-0.04, 1.04), yticks=np.linspace(0, 1, 6))
    if not penalties_of:
        say_instead(axes, "no run solves it")


def _count(table: pd.DataFrame, size: int, l2: float) -> str:
    """How many of a cell's runs are drawn."""
    runs = table[(table["hidden_dim"] == size) & (table["l2"] == l2)].drop_duplicates("run_id")
    return f"L2 {l2:g}: {int(runs['solved'].sum())} of {len(runs)}"


def _column(axes: Axes, place: float, unit: float, runs: pd.DataFrame, method: str, l2: float) -> None:
    """The runs of one method and penalty, with their controls and how they do unedited."""
    form = group_look(list(METHODS).index(method), filled=l2 == 0)
    shares = runs["edit_success"].to_numpy(float)
    count = int((shares >= MOST).sum())
    axes.text(place, _COUNT, str(count), ha="center", va="center", color=form["color"], fontsize=6.5, in_layout=False)
    axes.plot([place], [WAY], **form, linestyle="none", markersize=3.2, markeredgewidth=0.6, clip_on=False)
    control = _control(runs)
    if np.isfinite(control).any():
        most = float(np.nanmax(control))
        axes.plot([place], [most], "x", color=_CONTROL, markersize=3, markeredgewidth=0.7, clip_on=False)
    offsets = swarm_offsets(shares, near=_NEAR, apart=_APART / unit, widest=_WIDTH)
    axes.plot(
        place + offsets, shares, **form, linestyle="none", markersize=2.3, markeredgewidth=0.5, clip_on=False, zorder=4
    )
    unedited = [float(runs["unedited_success"].mean())] * 2
    axes.plot([place - 0.45, place + 0.45], unedited, color=EXPECTED, linewidth=1.0, zorder=5)  # over marks


def _control(runs: pd.DataFrame) -> Float[np.ndarray, " run"]:
    """The control that can fail, else the other."""
    other: np.ndarray = runs[OTHER].to_numpy(float)
    return np.where(np.isfinite(other), other, runs["random_edit_success"].to_numpy(float))


def _legend(figure: Figure, table: pd.DataFrame, l2s: Sequence[float]) -> None:
    """What marks and lines are, and of all networks that solve their task how many obey so many edits."""
    entries = {}
    for i, (method, name) in enumerate(METHODS.items()):
        shares = table.loc[table["solved"] & (table["method"] == method), "edit_success"]
        most, half = (int((shares >= least).sum()) for least in (MOST, HALF))
        entries[f"{name}: {most} of {len(shares)} obey nine in ten, {half} half"] = key_mark(**group_look(i))
    entries["nine in ten; numbers: networks that obey so many"] = key_line("0.6", ":")
    if len(l2s) > 1:
        with_penalty = ", ".join(f"{l2:g}" for l2 in l2s if l2)
        entries["a network without penalty (L2 0)"] = key_mark(color="0.3", marker="o")
        entries[f"a network with L2 {with_penalty}"] = key_mark(color="0.3", marker="o", markerfacecolor="white")
    entries["without an edit: how often all outputs are right (mean)"] = key_line(EXPECTED)
    control = "along another variable" if table[OTHER].notna().any() else "in a random direction"
    entries[f"control, a step {control} (largest share)"] = key_mark(color=_CONTROL, marker="x")
    figure_key(figure, entries, ncols=2)
