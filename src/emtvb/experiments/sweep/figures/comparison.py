"""How far apart networks are that solve their task, by what they differ in, beside their controls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.core.style import COLOURS, PAGE, style
from emtvb.figures.panels import each, wrapped

LOOKS = ("o", COLOURS[0]), ("s", COLOURS[1]), ("^", COLOURS[2]), ("D", COLOURS[3])
"""Marker and colour of a task, in order; then from the beginning."""
GROUPS = {
    "itself": "itself,\nother\ntrials",
    "rounding": "round-\ning",
    "threshold": "thres-\nhold",
    "penalty": "penalty",
    "size": "size",
    "seed": "seed",
    "architecture": "archi-\ntecture",
    "task": "another\ntask",
    "no network": "no\nnet-\nwork",
    "untrained": "un-\ntrained",
    "chance": "random\nsystem",
}
"""What two networks differ in, from left to right; the first and the last three are controls."""
CONTROLS = ("itself", "no network", "untrained", "chance")
MEASURES = {
    "dynamics": "dynamics of the whitened states (rad)",
    "decoded step": "step between variables, as decoded (relative)",
    "spectrum": "spectrum of the weights (rad)",
    "step": "step between variables, by the weights (relative)",
}
"""What is compared, as its panel is called: first what networks do, then what their weights say at rest."""
NOTHING = "no two networks solve their task and differ in one thing"
"""What stands where there is nothing to compare."""

_BAR = "#d9c9a0"
_LEAST = 1e-3
"""Distances below this stand at it."""


def read(comparison: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's ``tables/comparison.csv``, which may have no rows."""
    return pd.read_csv(comparison)


@style()
def draw(rows: pd.DataFrame) -> Figure:
    """A panel per measure: distances of pairs by what they differ in and by task, on a logarithmic scale.

    A mark is the median, its thick bar the middle half of the pairs, its thin one the middle 90%. Grey columns are
    controls; the band has the tasks' bars, below which networks are called alike.

    Args:
        rows: What ``emtvb.experiments.sweep.pair_distances.summary`` gives.
    """
    there = [group for group in GROUPS if (rows["differs"] == group).any()]
    compared = bool(set(there) - set(CONTROLS))
    figure = Figure(figsize=(PAGE, 5.6 if compared else 1.5), layout="constrained")
    if not compared:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.text(0.5, 0.5, NOTHING, ha="center", va="center", transform=axes.transAxes, color="0.35")
        return figure
    tasks = [task for task in dict.fromkeys(rows["task"]) if task != "all"]
    panels = figure.subplots(2, 2, sharex=True).ravel()
    for axes, (measure, title) in zip(panels, MEASURES.items(), strict=True):
        shown = rows[(rows["measure"] == measure) & (rows["task"] != "all")]
        axes.set_title(title)
        _show(axes, shown, there, tasks)
    for axes in panels[::2]:
        axes.set_ylabel("distance")
    for axes in panels[2:]:
        axes.set_xticks(range(len(there)), [GROUPS[group] for group in there])
        axes.tick_params(axis="x", length=0, labelsize=6)
    handles = [
        Line2D([], [], marker=marker, linestyle="none", color=colour, markersize=4)
        for marker, colour in (LOOKS[i % len(LOOKS)] for i in range(len(tasks)))
    ]
    handles.append(Line2D([], [], color=_BAR, linewidth=4))
    names = [*(wrapped(str(task), 20) for task in tasks), "alike below (our bars, one for each task)"]
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The table itself."""
    return rows


def _show(axes: Axes, rows: pd.DataFrame, groups: list[str], tasks: list[str]) -> None:
    """One measure: a column per group, in it a place per task."""
    step = 0.8 / len(tasks)
    for i, group in enumerate(groups):
        if group in CONTROLS:
            axes.axvspan(i - 0.5, i + 0.5, color="0.93", linewidth=0, zorder=0)
        for row in each(rows[rows["differs"] == group]):
            at = tasks.index(row.task)
            marker, colour = LOOKS[at % len(LOOKS)]
            place = i + (at + 0.5) * step - 0.4
            for low, high, width in ((row.low, row.high, 0.7), (row.lower, row.upper, 1.8)):
                ends = np.maximum([low, high], _LEAST)
                axes.plot([place] * 2, ends, color=colour, linewidth=width, solid_capstyle="butt")
            axes.plot([place], [max(row.median, _LEAST)], marker, color=colour, markersize=3.2, clip_on=False)
    bars = rows["bar"].dropna()
    if len(bars):
        axes.axhspan(bars.min(), bars.max() * 1.02, color=_BAR, linewidth=0, zorder=0.5)
    axes.set(yscale="log", xlim=(-0.5, len(groups) - 0.5), ylim=(_LEAST / 1.3, 5))
    ticks = [_LEAST, 1e-2, 1e-1, 1.0]
    axes.set_yticks(ticks, ["0.001\nor less", "0.01", "0.1", "1"])
    axes.set_yticks([], minor=True)
