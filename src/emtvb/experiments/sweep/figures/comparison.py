"""How far apart networks are that solve their task, by what they differ in, beside their controls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from emtvb.experiments.sweep.constants import ALL
from emtvb.figures.data import table_rows
from emtvb.figures.marks import draw_points, group_look, key_mark
from emtvb.figures.panels import blank_figure, label_outside, panel_grid
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
OTHER_TASK = "task"
"""Pairs that cannot be the same circuit."""
MEASURES = {
    "dynamics": "dynamics of the whitened states (rad)",
    "decoded step": "step between variables, as decoded (relative)",
    "spectrum": "spectrum of the weights (rad)",
    "realised step": "$W_{hh}$, realised basis, gain divided out (relative)",
    "step": "$W_{hh}$, basis by data, gain left in (relative)",
}
"""What is compared, as its panel is called: first what networks do, then what their weights say at rest."""
NOTHING = (
    "nothing to compare: no two networks here solve the same task\n"
    "and differ in their seed, or in one other setting, alone"
)

_BAR = "#d9c9a0"
_LEAST = 1e-3
"""Distances below this stand at it."""
_SHARE = 7.0
"""Height at which stands the share of pairs that are alike."""
_THICK, _THIN = 1.8, 0.7
"""Widths of bars in points of print: of the middle half, and of the middle 90%."""


def read(comparison: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's ``tables/comparison.csv``, which may have no rows."""
    return pd.read_csv(comparison)


@house_style()
def draw(rows: pd.DataFrame) -> Figure:
    """A panel per measure: distances of pairs by what they differ in and by task, on a logarithmic scale; and the key.

    A mark is the median, its thick bar the middle half of the pairs, its thin one the middle 90%. Grey columns are
    controls; the band has the tasks' bars, below which networks are called alike; above stands for how many pairs of
    all tasks that is so, and below the lowest panels how many pairs there are.

    Args:
        rows: What ``emtvb.experiments.sweep.pair_distances.distance_summary`` gives.
    """
    there = [group for group in GROUPS if (rows["differs"] == group).any()]
    if not set(there) - {*CONTROLS, OTHER_TASK}:
        return blank_figure(NOTHING)
    tasks = [task for task in dict.fromkeys(rows["task"]) if task != ALL]
    figure, panels = panel_grid(len(MEASURES), 2, 2.3, 0.2)
    *shown, key = panels.flat
    for axes, (measure, title) in zip(shown, MEASURES.items(), strict=True):
        axes.set_title(title)
        _show(axes, rows[rows["measure"] == measure], there, tasks)
    label_outside(panels, x="what the two networks differ in; grey: controls", y="distance of two networks")
    pairs = rows[rows["task"] == ALL].groupby("differs")["pairs"].max()
    for column in panels.T:
        lowest = [axes for axes in column if axes.axison][-1]
        lowest.set_xticks(range(len(there)), [f"{pairs.get(group, 0)}\n{GROUPS[group]}" for group in there])
    words = "upper numbers: share of pairs that are alike, all tasks together\nlower numbers: pairs of networks"
    entries = _key(tasks)
    key.legend([*entries.values()], [*entries], loc="center", title=words, alignment="left")
    return figure


def _key(tasks: list[str]) -> dict[str, Artist]:
    """What is shown, beside its name."""
    entries: dict[str, Artist] = {
        f"{wrap_name(task, 30)}: median of its pairs": key_mark(**group_look(i)) for i, task in enumerate(tasks)
    }
    for words, width in (("middle half of the pairs", _THICK), ("middle 90%", _THIN)):
        entries[words] = Line2D([], [], color="0.3", linewidth=width)
    entries["alike below (our bars, one for each task)"] = Patch(facecolor=_BAR)
    entries["controls (a network beside these)"] = Patch(facecolor=SHADE)
    return entries


def _show(axes: Axes, rows: pd.DataFrame, groups: list[str], tasks: list[str]) -> None:
    """One measure: a column per group, in it a place per task."""
    step = 0.8 / len(tasks)
    every, rows = rows[rows["task"] == ALL], rows[rows["task"] != ALL]
    for i, group in enumerate(groups):
        if group in CONTROLS:
            axes.axvspan(i - 0.5, i + 0.5, color=SHADE, linewidth=0, zorder=0)
        if rows["bar"].notna().all():  # a task without a bar has no pair that is alike by it
            for share in every.loc[every["differs"] == group, "alike"]:
                axes.text(i, _SHARE, f"{share:.0%}", ha="center", va="center", fontsize=6)
        for row in table_rows(rows[rows["differs"] == group]):
            task = tasks.index(row.task)
            place = i + (task + 0.5) * step - 0.4
            least, low, median, high, most = np.maximum([row.low, row.lower, row.median, row.upper, row.high], _LEAST)
            form = group_look(task)
            axes.vlines(place, least, most, colors=form["color"], linewidth=_THIN)
            draw_points(axes, place, median, low, high, upright=True, width=_THICK, clip_on=False, **form)
    bars = rows["bar"].dropna()
    if len(bars):
        axes.axhspan(bars.min(), bars.max() * 1.02, color=_BAR, linewidth=0, zorder=0.5)  # seen if it is one bar
    axes.set(yscale="log", xlim=(-0.5, len(groups) - 0.5), ylim=(_LEAST / 1.3, 10))
    ticks = [_LEAST, 1e-2, 1e-1, 1.0]
    axes.set_yticks(ticks, ["0.001\nor less", "0.01", "0.1", "1"])
    axes.set_yticks([], minor=True)
    axes.set_xticks([])
    axes.tick_params(axis="x", length=0, labelsize=6)
