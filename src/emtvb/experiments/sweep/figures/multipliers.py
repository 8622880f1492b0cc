"""The multipliers of stored states' cycles beside what is left of the memory; how often cycles that attract tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.experiments.sweep.constants import ALL
from emtvb.figures.data import table_rows
from emtvb.figures.marks import draw_points, group_look, key_line, key_mark
from emtvb.figures.panels import blank_figure, figure_key, panel_grid
from emtvb.figures.style import EXPECTED, SHADE, house_style
from emtvb.figures.words import wrap_name
from emtvb.theory.memory_columns import FRESH, FRESH_CONTENTS, TRAINED, lasting_column

NETWORK, EXPERIMENT = "network", "experiment"
"""What a row is of."""
LASTS = lasting_column(3000, FRESH)
NEAR = 1e-3
"""Rates nearer to 0 than this are drawn on a linear scale."""
TOLD = {
    "wide": ("o", "all twelve states attract (counts, 95% intervals)"),
    "returning": ("x", "all twelve return to within 0.001"),
    "early": ("+", "0.999 is right after 1,000 steps"),
    "task": ("|", "most networks of its task last"),
}
"""By what it is told whether a memory lasts: the mark, and its name in the key."""
_COLUMNS = [
    "of", "run_id", "task", "hidden_dim", "fresh_rate", "fresh_multiplier", "fresh_attracting", LASTS, "experiment",
    "networks", "attracting_told", "returning_told", "early_told", "task_told", "attracting_low", "attracting_high",
    "measured_solved", "fresh_wide", "wide_told", "wide_low", "wide_high",
]  # fmt: skip


def read(table: Path | str, law: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/memory.csv`` and ``tables/memory_law.csv``."""
    return numbers_of(pd.read_csv(table, dtype={"run_id": str}), pd.read_csv(law))


def numbers_of(table: pd.DataFrame, law: pd.DataFrame) -> pd.DataFrame:
    """Trained networks that solve their task, and the law's shares over all tasks, by experiment."""
    networks = table[(table["network"] == TRAINED) & (table["solved"] == 1)].assign(of=NETWORK)
    shares = law[law["solves"] & (law["task"] == ALL)].assign(of=EXPERIMENT)
    both = [part.reindex(columns=_COLUMNS) for part in (networks, shares)]
    return pd.concat([part for part in both if len(part)] or both[:1], ignore_index=True)


@house_style()
def draw(shown: pd.DataFrame) -> Figure:
    """Two panels: accuracy after 3,000 steps over the growth of small differences; and shares that were told right.

    Left, a mark is a network: a colour and a shape per task, larger for more neurons, full where the cycles of all
    fresh contents attract, by the wider bar, which was planned. The growth is log |multiplier| / period, the largest of
    fresh contents, linear from -0.001 to 0.001 and logarithmic beyond. Right, points stand on 95% intervals; their
    controls have none. A key below each panel, with how many networks last.

    Args:
        shown: What :func:`read` gives.
    """
    networks, shares = (shown[shown["of"] == of] for of in (NETWORK, EXPERIMENT))
    tasks = sorted(networks["task"].unique())
    if not tasks:
        return blank_figure("no network of this experiment solves its task")
    figure, ((left, right),) = panel_grid(2, 2, 3.2, 0.5, width_ratios=(2, 1))
    sizes = sorted(map(int, networks["hidden_dim"].unique()))
    _marks(left, networks, tasks, sizes)
    _shares(right, shares)
    place = {"ncols": 1, "alignment": "left"}
    left_key = _left_key(networks, tasks, sizes)
    figure_key(
        figure, left_key, **place | {"ncols": 2}, loc="outside lower left", title="left: a network that solves its task"
    )
    right_key = {name: key_mark(marker=form, color="0.2") for form, name in TOLD.values()}
    words = "right: a memory is foretold to last if ..."
    figure_key(figure, right_key, **place, loc="outside lower right", title=words)
    return figure


def _left_key(networks: pd.DataFrame, tasks: list[str], sizes: list[int]) -> dict[str, Artist]:
    """Marks of networks, and how many last: of each task, and of all, by whether their cycles attract."""
    lasts = networks[LASTS] >= networks["measured_solved"]
    attract = _attract(networks)
    entries: dict[str, Artist] = {}
    for i, task in enumerate(tasks):
        counts = [_count(lasts[(networks["task"] == task) & these]) for these in (attract, ~attract)]
        entries[f"{wrap_name(task, 14)}: full {counts[0]} last, open {counts[1]}"] = key_mark(**_look(i, 1))
    grey = {"color": "0.4", "marker": "o"}
    entries[f"full: all twelve states attract; {_count(lasts[attract])} last"] = key_mark(**grey)
    not_all = f"open: not all twelve do; {_count(lasts[~attract])} last"
    entries[not_all] = key_mark(**grey, markerfacecolor="none")
    entries |= {f"{size} neurons": key_mark(**{**_look(0, i), **grey}) for i, size in enumerate(sizes)}
    entries["above: the memory lasts"] = key_line(EXPECTED, ":")
    return entries


def _count(there: pd.Series) -> str:
    """Of how many networks something is so."""
    return f"{int(there.sum())} of {len(there)}"


def _attract(networks: pd.DataFrame) -> pd.Series:
    """Whether all of a network's fresh contents attract, by the wider bar."""
    return networks["fresh_wide"] == FRESH_CONTENTS


def _look(task: int, size: int) -> dict[str, Any]:
    """Of a network, by the numbers of its task and size."""
    return {
        **group_look(task, filled=False),
        "linestyle": "none",
        "markersize": 2.2 + 0.9 * size,
        "markeredgewidth": 0.5,
    }


def _marks(axes: Axes, networks: pd.DataFrame, tasks: list[str], sizes: list[int]) -> None:
    axes.axvspan(-10, 0, color=SHADE, linewidth=0, zorder=0)
    axes.axvline(0, color=EXPECTED, linewidth=0.6, zorder=1)
    # an experiment has one bar of solving a task
    axes.axhline(networks["measured_solved"].iloc[0], color=EXPECTED, linewidth=0.6, linestyle=":", zorder=1)
    for row, attracts in zip(table_rows(networks), _attract(networks), strict=True):
        form = _look(tasks.index(row.task), sizes.index(int(row.hidden_dim)))
        face = form["color"] if attracts else "none"
        axes.plot([row.fresh_rate], [getattr(row, LASTS)], **{**form, "markerfacecolor": face})
    lowest = float(min(networks["fresh_rate"].min(), -10 * NEAR))
    axes.set_xscale("symlog", linthresh=NEAR)
    axes.set(xlim=(2 * lowest, max(0.1, 2 * float(networks["fresh_rate"].max()))), ylim=(0.47, 1.02))
    axes.set(
        xlabel="growth of a small difference a step: log |multiplier| / period", ylabel="accuracy after 3,000 steps"
    )
    for words, place, side in (("differences shrink", 0.02, "left"), ("differences grow", 0.98, "right")):
        axes.annotate(words, (place, 0.02), xycoords="axes fraction", fontsize=7, ha=side)
    ticks = [-1.0, -0.1, -0.01, -NEAR, 0.0, NEAR, 0.01, 0.1]
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in ticks if low <= tick <= high])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()


def _shares(axes: Axes, shares: pd.DataFrame) -> None:
    """A row for each experiment, the one in which it was found first."""
    names = []
    for place, row in enumerate(table_rows(shares)):
        told = {by: getattr(row, f"{by}_told") / row.networks for by in TOLD}
        draw_points(axes, place, told["wide"], row.wide_low, row.wide_high, color="0.2", markersize=4.0)
        for below, by in zip((0.2, 0.2, 0), [*TOLD][1:], strict=True):
            axes.plot([told[by]], [place + below], color="0.2", marker=TOLD[by][0], markersize=5, markeredgewidth=0.8)
        names.append(f"{wrap_name(row.experiment, 16)}\n{int(row.wide_told)} of {int(row.networks)}")
    axes.set_yticks(range(len(names)), names)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(min(0.45, np.nanmin(shares["wide_low"]) - 0.02), 1.02))
    axes.set(xlabel="share that is foretold right")
