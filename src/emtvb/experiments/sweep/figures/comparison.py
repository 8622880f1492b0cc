"""How far apart networks are that solve their task, by what they differ in, beside their controls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from emtvb.experiments.sweep.constants import ALL
from emtvb.figures.data import table_rows
from emtvb.figures.marks import draw_points, group_look, key_mark
from emtvb.figures.panels import blank_figure, figure_key, label_outside, panel_grid
from emtvb.figures.style import SHADE, house_style
from emtvb.figures.words import wrap_name

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
    "realised step": "$W_{hh}$ in the realised basis, gain divided out (relative)",
}
"""What is compared, as its panel is called: first what networks do, then what their weights say at rest. The step by
the weights in the basis by data, which networks of any kind have, stands in the table alone."""
NOTHING = "no two networks solve their task and differ in one thing"

_BAR = "#d9c9a0"
_LEAST = 1e-3
"""Distances below this stand at it."""


def read(comparison: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's ``tables/comparison.csv``, which may have no rows."""
    return pd.read_csv(comparison)


@house_style()
def draw(rows: pd.DataFrame) -> Figure:
    """A panel per measure: distances of pairs by what they differ in and by task, on a logarithmic scale.

    A mark is the median, its thick bar the middle half of the pairs, its thin one the middle 90%. Grey columns are
    controls; the band has the tasks' bars, below which networks are called alike.

    Args:
        rows: What ``emtvb.experiments.sweep.pair_distances.distance_summary`` gives.
    """
    there = [group for group in GROUPS if (rows["differs"] == group).any()]
    if not set(there) - set(CONTROLS):
        return blank_figure(NOTHING)
    tasks = [task for task in dict.fromkeys(rows["task"]) if task != ALL]
    figure, panels = panel_grid(len(MEASURES), 2, 2.5, 0.6, sharex=True)
    for axes, (measure, title) in zip(panels.flat, MEASURES.items(), strict=True):
        shown = rows[(rows["measure"] == measure) & (rows["task"] != ALL)]
        axes.set_title(title)
        _show(axes, shown, there, tasks)
    label_outside(panels, y="distance")
    for axes in panels.flat:
        axes.set_xticks(range(len(there)), [GROUPS[group] for group in there])
        axes.tick_params(axis="x", length=0, labelsize=6)
    entries: dict[str, Artist] = {wrap_name(task, 20): key_mark(**group_look(i)) for i, task in enumerate(tasks)}
    figure_key(figure, {**entries, "alike below (our bars, one for each task)": Patch(facecolor=_BAR)})
    return figure


def _show(axes: Axes, rows: pd.DataFrame, groups: list[str], tasks: list[str]) -> None:
    """One measure: a column per group, in it a place per task."""
    step = 0.8 / len(tasks)
    for i, group in enumerate(groups):
        if group in CONTROLS:
            axes.axvspan(i - 0.5, i + 0.5, color=SHADE, linewidth=0, zorder=0)
        for row in table_rows(rows[rows["differs"] == group]):
            task = tasks.index(row.task)
            place = i + (task + 0.5) * step - 0.4
            least, low, median, high, most = np.maximum([row.low, row.lower, row.median, row.upper, row.high], _LEAST)
            form = group_look(task)
            axes.vlines(place, least, most, colors=form["color"], linewidth=0.7)
            draw_points(axes, place, median, low, high, upright=True, width=1.8, clip_on=False, **form)
    bars = rows["bar"].dropna()
    if len(bars):
        axes.axhspan(bars.min(), bars.max() * 1.02, color=_BAR, linewidth=0, zorder=0.5)  # seen if it is one bar
    axes.set(yscale="log", xlim=(-0.5, len(groups) - 0.5), ylim=(_LEAST / 1.3, 5))
    ticks = [_LEAST, 1e-2, 1e-1, 1.0]
    axes.set_yticks(ticks, ["0.001\nor less", "0.01", "0.1", "1"])
    axes.set_yticks([], minor=True)
