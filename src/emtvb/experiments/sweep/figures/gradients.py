"""How large gradients are at each lag, before training and after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.figures.marks import draw_band, group_look, key_line
from emtvb.figures.panels import blank_figure, figure_key, label_outside, panel_grid
from emtvb.figures.style import EXPECTED, house_style
from emtvb.figures.words import wrap_name
from emtvb.theory.literature_columns import INITIAL

_COLUMNS = ("task", "l2", "when", "solves", "lag", "networks", "median", "quarter", "three_quarters")
_LEAST = 1e-10
"""What is smaller is not drawn: in single precision it is lost beside what is near."""


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/gradients.csv``."""
    return pd.read_csv(table, usecols=list(_COLUMNS))


@house_style()
def draw(table: pd.DataFrame) -> Figure:
    """A panel per task: the norm of do(T)/dh(T-k) over the lag k, as a share of that at lag 0, both logarithmic.

    A line is a median over networks, a band the quartiles: black before training, after it a colour and a mark per
    penalty; dashed where networks do not solve their task. What is below 1e-10 is not drawn.

    Args:
        table: What ``emtvb.experiments.sweep.literature.gradient_table`` gives.
    """
    shown = numbers(table)
    tasks, l2s = list(shown["task"].unique()), sorted(shown["l2"].unique())
    if not tasks:
        return blank_figure("no network of this experiment was followed")
    figure, panels = panel_grid(len(tasks), 4, 2.4, 0.5, sharex=True, sharey=True)
    for axes, task in zip(panels.flat, tasks, strict=False):
        _panel(axes, shown[shown["task"] == task], l2s)
        axes.set_title(wrap_name(task, 24))
    label_outside(panels, x="lag k, steps", y="|do(T)/dh(T-k)|, share of lag 0")
    entries = {f"after, L2 {l2:g}": Line2D([], [], **_look(l2s, l2)) for l2 in l2s}
    entries = {"before training": key_line(EXPECTED), **entries}
    entries |= {"solves its task": key_line("0.4"), "does not": key_line("0.4", "--")}
    figure_key(figure, entries, ncols=min(len(entries), 4))
    return figure


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """What is drawn: the rows of single tasks."""
    return table.loc[table["l2"].notna(), list(_COLUMNS)].reset_index(drop=True)


def _panel(axes: Axes, table: pd.DataFrame, l2s: list[float]) -> None:
    """One task. Networks start alike whatever comes of them, so that one line per penalty would hide the others."""
    before = table[table["when"] == INITIAL]
    # at each lag the row of most networks
    first = before.sort_values("networks", kind="stable").groupby("lag", as_index=False).last()
    _curve(axes, first, color=EXPECTED)
    after = table[table["when"] != INITIAL]
    for l2 in l2s:
        for solves, dash in ((True, "-"), (False, "--")):
            _curve(axes, after[(after["l2"] == l2) & (after["solves"] == solves)], **_look(l2s, l2, dash))
    axes.set(xscale="log", yscale="log", ylim=(_LEAST, 30))
    axes.axhline(1, color="0.8", linewidth=0.5, zorder=0)


def _curve(axes: Axes, table: pd.DataFrame, **look: Any) -> None:
    rows = table[table["median"] > _LEAST].sort_values("lag")
    low, high = (rows[name].clip(lower=_LEAST) for name in ("quarter", "three_quarters"))
    draw_band(axes, rows["lag"], rows["median"], low, high, **look)


def _look(l2s: list[float], l2: float, dash: str = "-") -> dict[str, Any]:
    return {**group_look(l2s.index(l2)), "linestyle": dash, "markersize": 2.4}
