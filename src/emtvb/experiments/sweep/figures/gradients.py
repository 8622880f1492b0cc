"""How large gradients are at each lag, before training and after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.core.style import COLOURS, EXPECTED, PAGE, style
from emtvb.figures.panels import each, wrapped

INITIAL = "initial"
_COLUMNS = ("task", "l2", "when", "solves", "lag", "networks", "median", "quarter", "three_quarters")
_LEAST = 1e-30
"""What is smaller is not drawn."""


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/gradients.csv``."""
    return pd.read_csv(table, usecols=list(_COLUMNS))


@style()
def draw(table: pd.DataFrame) -> Figure:
    """A panel per task: the norm of do(T)/dh(T-k) over the lag k, as a share of that at lag 0, both logarithmic.

    A line is a median over networks, a band the quartiles: black before training, in colours after it, a colour per
    penalty; dashed where networks do not solve their task. What is below 1e-30 is not drawn.

    Args:
        table: What ``emtvb.experiments.sweep.literature.gradient_table`` gives.
    """
    shown = numbers(table)
    tasks, l2s = list(shown["task"].unique()), sorted(shown["l2"].unique())
    across = min(len(tasks), 4)
    deep = -(-len(tasks) // across)
    figure = Figure(figsize=(PAGE, 2.4 * deep + 0.5), layout="constrained")
    panels = figure.subplots(deep, across, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, task in zip(panels, tasks, strict=False):
        _panel(axes, shown[shown["task"] == task], l2s)
        axes.set_title(wrapped(str(task), 24))
        axes.set_xlabel("lag k, steps")
    for axes in panels[len(tasks) :]:
        axes.set_axis_off()
    for axes in panels[::across]:
        axes.set_ylabel("|do(T)/dh(T-k)|, share of lag 0")
    handles = [Line2D([], [], color=EXPECTED)] + [Line2D([], [], color=_colour(l2s, l2)) for l2 in l2s]
    handles += [Line2D([], [], color="0.4", linestyle=line) for line in ("-", "--")]
    names = ["before training", *(f"after, L2 {l2:g}" for l2 in l2s), "solves its task", "does not"]
    figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 4))
    return figure


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """What is drawn: the rows of single tasks."""
    return table.loc[table["l2"].notna(), list(_COLUMNS)].reset_index(drop=True)


def _panel(axes: Axes, table: pd.DataFrame, l2s: list[float]) -> None:
    """One task. Networks start alike whatever comes of them, so that one line per penalty would hide the others."""
    before = table[table["when"] == INITIAL]
    first = before.sort_values("networks", kind="stable").groupby("lag", as_index=False).last()
    _line(axes, first, EXPECTED, "-")
    after = table[table["when"] != INITIAL]
    for l2 in l2s:
        for solves, line in ((True, "-"), (False, "--")):
            _line(axes, after[(after["l2"] == l2) & (after["solves"] == solves)], _colour(l2s, l2), line)
    axes.set(xscale="log", yscale="log", ylim=(_LEAST, 30))
    axes.axhline(1, color="0.8", linewidth=0.5, zorder=0)


def _line(axes: Axes, table: pd.DataFrame, colour: str, line: str) -> None:
    rows = [row for row in each(table.sort_values("lag")) if row.median > _LEAST]
    lags = [row.lag for row in rows]
    axes.plot(lags, [row.median for row in rows], color=colour, linestyle=line, linewidth=1.0)
    low, high = (np.maximum([getattr(row, name) for row in rows], _LEAST) for name in ("quarter", "three_quarters"))
    axes.fill_between(lags, low, high, color=colour, alpha=0.15, linewidth=0)


def _colour(l2s: list[float], l2: float) -> str:
    return COLOURS[l2s.index(l2) % len(COLOURS)]
