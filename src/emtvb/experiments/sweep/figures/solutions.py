"""How often each kind of solution is found, by task, size, penalty and threshold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.core.style import COLOURS, EXPECTED, PAGE, style
from emtvb.figures.panels import each, wrapped
from emtvb.paper import solutions as paper
from emtvb.paper.twins import measured

SOLUTIONS = ("linearly stored and editable", "solves the task without it")
"""The verdicts that are solutions, in the order in which they are shown."""
UNSOLVED = "did not learn"
"""The verdict that is no solution: what is left of all runs."""
KINDS = ("o", EXPECTED), ("s", COLOURS[5]), ("^", COLOURS[0]), ("D", COLOURS[3])
"""Marker and colour of a kind of solution, in order; then from the beginning."""


def read(runs: Path | str, measurements: Path | str, twins: Sequence[Path | str]) -> pd.DataFrame:
    """What the figure shows, from an experiment's run table and measurements and those of rounding twins beside it."""
    return paper.rows(measured(runs, measurements, twins))


@style()
def draw(rows: pd.DataFrame) -> Figure:
    """A panel per task: the share of runs that find each kind of solution, by size, penalty and threshold.

    A mark is a share, its bar Clopper and Pearson's 95% interval; what is left did not learn. Sizes and penalties with
    which no run solves the task are left out and named in the panel.

    Args:
        rows: What ``emtvb.paper.solutions.rows`` gives; :mod:`emtvb.experiments.sweep.figures.pairs` draws its pairs.
    """
    kinds = rows[rows["panel"] == "kind"]
    tasks = list(kinds["task"].unique())
    across = min(len(tasks), 2)
    deep = -(-len(tasks) // across)
    figure = Figure(figsize=(PAGE, 1.95 * deep + 0.4), layout="constrained")
    panels = figure.subplots(deep, across, squeeze=False, sharey=True).ravel()
    outcomes = set(rows["verdict"].dropna()) - {UNSOLVED}
    verdicts = [*(kind for kind in SOLUTIONS if kind in outcomes), *sorted(outcomes - set(SOLUTIONS))]
    for i, (axes, task) in enumerate(zip(panels, tasks, strict=False)):
        drawn, idle = _solved(kinds[kinds["task"] == task])
        _show_kinds(axes, drawn, verdicts)
        axes.set_title(f"{wrapped(str(task), 40)}\n{wrapped(idle, 52)}" if idle else wrapped(str(task), 40))
        groups = "threshold, neurons and penalty" if i + across >= len(tasks) else ""
        axes.set_xlabel(f"\n\n{groups}", labelpad=5, fontsize=7)
    for axes in panels[len(tasks) :]:
        axes.set_axis_off()
    figure.supylabel("share of runs", fontsize=8)
    looks = {verdict: KINDS[k % len(KINDS)] for k, verdict in enumerate(verdicts)}
    handles = [
        Line2D([], [], marker=marker, linestyle="none", color=colour, markersize=4) for marker, colour in looks.values()
    ]
    figure.legend(handles, list(looks), loc="outside lower center", ncols=len(looks) or 1)
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The table itself, the pairs that :mod:`emtvb.experiments.sweep.figures.pairs` draws among it."""
    return rows


def _solved(kinds: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Of a task, the sizes and penalties with which a run solves it, and the others in words; all where none does."""
    solutions = kinds[(kinds["verdict"] != UNSOLVED) & (kinds["found"] > 0)]
    if solutions.empty:
        return kinds, ""
    cells = kinds[["hidden_dim", "l2"]].drop_duplicates().sort_values(["hidden_dim", "l2"])
    solved = set(solutions[["hidden_dim", "l2"]].itertuples(index=False, name=None))
    idle: dict[int, list[float]] = {}
    for size, l2 in cells.itertuples(index=False, name=None):
        if (size, l2) not in solved:
            idle.setdefault(size, []).append(l2)
    words = []
    for size, l2s in idle.items():
        every = len(l2s) == int((cells["hidden_dim"] == size).sum())
        words.append(f"{size} neurons" if every else f"{size} with L2 {', '.join(f'{l2:g}' for l2 in l2s)}")
    drawn = kinds[[cell in solved for cell in kinds[["hidden_dim", "l2"]].itertuples(index=False, name=None)]]
    return drawn, f"no run solves it: {'; '.join(words)}" if words else ""


def _show_kinds(axes: Axes, kinds: pd.DataFrame, verdicts: Sequence[str]) -> None:
    """One task: a group per size and penalty, in it a place per threshold and there a mark per kind."""
    cells = list(kinds[["hidden_dim", "l2"]].drop_duplicates().sort_values(["hidden_dim", "l2"])
                 .itertuples(index=False, name=None))  # fmt: skip
    thresholds = sorted(kinds["threshold"].unique())
    step = 0.8 / len(thresholds)
    upright = len(cells) * len(thresholds) > 12
    ticks, names = [], []
    for i, (hidden_dim, l2) in enumerate(cells):
        for j, threshold in enumerate(thresholds):
            middle = i + (j + 0.5) * step - 0.4
            there = kinds[(kinds["hidden_dim"] == hidden_dim) & (kinds["l2"] == l2) & (kinds["threshold"] == threshold)]
            ticks.append(middle)
            names.append(f"{threshold:g}")
            for k, verdict in enumerate(verdicts):
                marker, colour = KINDS[k % len(KINDS)]
                place = middle + (k - (len(verdicts) - 1) / 2) * step * 0.4
                for row in each(there[there["verdict"] == verdict]):
                    axes.plot([place] * 2, [row.low, row.high], color=colour, linewidth=0.9)
                    axes.plot([place], [row.value], marker, color=colour, markersize=3.4, clip_on=False)
        axes.annotate(
            f"{hidden_dim}\nL2 {l2:g}", (i, 0), (0, -22 if upright else -11), ("data", "axes fraction"),
            "offset points", ha="center", va="top", fontsize=7, annotation_clip=False,
        )  # fmt: skip
        if i:
            axes.axvline(i - 0.5, color="0.8", linewidth=0.5)
    axes.set_xticks(ticks, names, rotation=90 if upright else 0)
    axes.tick_params(axis="x", length=0, pad=1)
    axes.set(xlim=(-0.5, len(cells) - 0.5), ylim=(-0.03, 1.03))
