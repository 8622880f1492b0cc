"""How often each kind of solution is found, by task, size, penalty and threshold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb import tables
from emtvb.core.intervals import clopper_pearson_interval
from emtvb.experiments.sweep.constants import CELL
from emtvb.figures.data import distinct_cells, table_rows
from emtvb.figures.marks import draw_points, key_line, key_mark
from emtvb.figures.panels import blank_figure, figure_key, label_outside, panel_grid
from emtvb.figures.style import COLOURS, EXPECTED, house_style
from emtvb.figures.words import wrap_name
from emtvb.paper import table1
from emtvb.theory.network_verdict import NOT_LEARNED, OTHERWISE, STORED

GROUP = CELL[1:3]
"""The settings that a group of runs has in common."""

SOLUTIONS = (STORED, OTHERWISE)
"""The verdicts that are solutions, in the order in which they are drawn; what is left of all runs did not learn."""
WORDS = {
    STORED: "stores every variable linearly, and obeys edits",
    OTHERWISE: "solves the task, but fails one of these",
    NOT_LEARNED: "does not solve the task",
}
"""What the figure calls verdicts."""
TOO_FEW = "one run of each setting is too few for shares"
KINDS: Sequence[dict[str, Any]] = (
    {"marker": "o", "color": EXPECTED}, {"marker": "s", "color": COLOURS[5]},
    {"marker": "^", "color": COLOURS[0]}, {"marker": "D", "color": COLOURS[3]},
)  # fmt: skip
"""How a kind of solution looks, in order; then from the beginning."""


def read(runs: Path | str, measurements: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's run table and its measurements."""
    measured = tables.read_table(measurements, ("run_id", "verdict"))
    return tables.combine(tables.read_table(runs, tables.RUN_COLUMNS), measured)


@house_style()
def draw(measured: pd.DataFrame) -> Figure:
    """A panel per task: the share of runs that find each kind of solution, by size, penalty and threshold.

    A mark is a share, its bar Clopper and Pearson's 95% interval; what is left did not learn. The key has how many of
    all runs find each. Sizes and penalties with which no run solves the task are left out and named in the panel. Where
    there is one run of each setting, the figure is these counts in words.

    Args:
        measured: Run table and measurements together, at least one row.
    """
    kinds = numbers(measured)
    if kinds["runs"].max() == 1:
        counts = _counts(kinds, [*SOLUTIONS, NOT_LEARNED])
        return blank_figure("\n".join([TOO_FEW, *counts.values()]))
    tasks = list(kinds["task"].unique())
    figure, panels = panel_grid(len(tasks), 2, 1.95, 0.4, sharey=True)
    outcomes = set(kinds["verdict"]) - {NOT_LEARNED}
    verdicts = [*(kind for kind in SOLUTIONS if kind in outcomes), *sorted(outcomes - set(SOLUTIONS))]
    for axes, task in zip(panels.flat, tasks, strict=False):
        drawn, idle = _solved(kinds[kinds["task"] == task])
        _show_kinds(axes, drawn, verdicts)
        axes.set_title(f"{wrap_name(task, 40)}\n{wrap_name(idle, 52)}" if idle else wrap_name(task, 40))
        axes.set_xlabel("\n\n", labelpad=5, fontsize=7)  # keeps free where sizes and penalties stand
    label_outside(panels, x="\n\ncurriculum's threshold; below it neurons and penalty")
    figure.supylabel("share of runs")
    counts = _counts(kinds, [*verdicts, NOT_LEARNED])
    entries: dict[str, Artist] = {
        counts[verdict]: key_mark(**KINDS[k % len(KINDS)]) for k, verdict in enumerate(verdicts)
    }
    entries[f"no mark: {counts[NOT_LEARNED]}"] = key_line("none")
    entries["bars: 95% intervals of shares"] = key_line("0.3")
    figure_key(figure, entries, ncols=2)
    return figure


def _counts(kinds: pd.DataFrame, verdicts: Sequence[str]) -> dict[str, str]:
    """Of how many of all runs a verdict is, in words."""
    runs = kinds["found"].sum()
    found = kinds.groupby("verdict")["found"].sum()
    return {
        verdict: f"{WORDS.get(verdict, verdict)}: {found.get(verdict, 0):,} of {runs:,} runs" for verdict in verdicts
    }


def numbers(measured: pd.DataFrame) -> pd.DataFrame:
    """Every kind that occurs, in every cell, those of 0 too; rounding twins are not counted.

    Args:
        measured: As for :func:`draw`.

    Returns:
        Columns ``task``, ``hidden_dim``, ``l2``, ``threshold``; ``verdict``, found in ``found`` of ``runs`` runs, a
        share of ``value`` with its 95% interval (Clopper and Pearson's) ``low`` to ``high``.
    """
    runs, cell = table1.without_twins(measured), CELL
    verdicts = list(runs["verdict"].unique())
    counts = runs.groupby([*cell, "verdict"], sort=False).size().unstack(fill_value=0)[verdicts]
    table = counts.reset_index().melt(id_vars=cell, value_vars=verdicts, var_name="verdict", value_name="found")
    table["runs"] = [int(counts.loc[place].sum()) for place in table[cell].itertuples(index=False, name=None)]
    low, high = clopper_pearson_interval(table["found"], table["runs"] - table["found"])
    return table.assign(value=table["found"] / table["runs"], low=low, high=high)


def _solved(kinds: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Of a task, the sizes and penalties with which a run solves it, and the others in words; all where none does."""
    solutions = kinds[(kinds["verdict"] != NOT_LEARNED) & (kinds["found"] > 0)]
    if solutions.empty:
        return kinds, ""
    every, solved = distinct_cells(kinds, GROUP), distinct_cells(solutions, GROUP)
    idle: dict[int, list[float]] = {}
    for size, l2 in every:
        if (size, l2) not in solved:
            idle.setdefault(size, []).append(l2)
    words = []
    for size, l2s in idle.items():
        whole = len(l2s) == sum(other == size for other, _ in every)
        words.append(f"{size} neurons" if whole else f"{size} and L2 {', '.join(f'{l2:g}' for l2 in l2s)}")
    drawn = kinds[[cell in solved for cell in kinds[GROUP].itertuples(index=False, name=None)]]
    return drawn, f"no run solves the task with {'; '.join(words)}" if words else ""


def _show_kinds(axes: Axes, kinds: pd.DataFrame, verdicts: Sequence[str]) -> None:
    """One task: a group per size and penalty, in it a place per threshold and there a mark per kind."""
    groups, thresholds = distinct_cells(kinds, GROUP), sorted(kinds["threshold"].unique())
    step = 0.8 / len(thresholds)
    upright = len(groups) * len(thresholds) > 12  # three sizes, two penalties and thresholds have room side by side
    ticks, names = [], []
    for i, (hidden_dim, l2) in enumerate(groups):
        for j, threshold in enumerate(thresholds):
            middle = i + (j + 0.5) * step - 0.4
            there = kinds[(kinds["hidden_dim"] == hidden_dim) & (kinds["l2"] == l2) & (kinds["threshold"] == threshold)]
            ticks.append(middle)
            names.append(f"{threshold:g}")
            for k, verdict in enumerate(verdicts):
                place = middle + (k - (len(verdicts) - 1) / 2) * step * 0.4
                found, form = there[there["verdict"] == verdict], KINDS[k % len(KINDS)]
                for row in table_rows(found):
                    draw_points(axes, place, row.value, row.low, row.high, upright=True, clip_on=False, **form)
        axes.annotate(
            f"{hidden_dim}\nL2 {l2:g}", (i, 0), (0, -22 if upright else -11), ("data", "axes fraction"),
            "offset points", ha="center", va="top", fontsize=7, annotation_clip=False,
        )  # fmt: skip
        if i:
            axes.axvline(i - 0.5, color="0.8", linewidth=0.5)
    axes.set_xticks(ticks, names, rotation=90 if upright else 0)
    axes.tick_params(axis="x", length=0, pad=1)
    axes.set(xlim=(-0.5, len(groups) - 0.5), ylim=(-0.03, 1.03))
