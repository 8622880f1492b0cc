"""The multipliers of stored states' cycles beside what is left of the memory; how often cycles that attract tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.experiments.sweep.constants import ALL
from emtvb.figures.data import table_rows
from emtvb.figures.marks import draw_points, group_look, key_mark
from emtvb.figures.panels import blank_figure, figure_key, panel_grid
from emtvb.figures.style import EXPECTED, SHADE, house_style
from emtvb.figures.words import wrap_name
from emtvb.theory.memory_columns import FRESH, FRESH_CONTENTS, TRAINED, lasting_column

NETWORK, EXPERIMENT = "network", "experiment"
"""What a row is of."""
LASTS = lasting_column(3000, FRESH)
NEAR = 1e-3
"""Rates nearer to 0 than this are drawn on a linear scale."""
TOLD = {"attracting": ("o", "its cycles attract"), "returning": ("x", "states return"),
        "early": ("+", "right after 1,000 steps"), "task": ("|", "guess that knows the task")}  # fmt: skip
"""By what it is told whether a memory lasts: the mark, and its name in the key."""
_COLUMNS = [
    "of", "run_id", "task", "hidden_dim", "fresh_rate", "fresh_multiplier", "fresh_attracting", LASTS, "experiment",
    "networks", *(f"{by}_told" for by in TOLD), "attracting_low", "attracting_high",
    "measured_solved",
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
    fresh contents attract. The growth is log |multiplier| / period, the largest of fresh contents, linear from -0.001
    to 0.001 and logarithmic beyond. Right, points stand on 95% intervals; their controls have none.

    Args:
        shown: What :func:`read` gives.
    """
    networks, shares = (shown[shown["of"] == of] for of in (NETWORK, EXPERIMENT))
    tasks = sorted(networks["task"].unique())
    if not tasks:
        return blank_figure("no network of this experiment solves its task")
    figure, ((left, right),) = panel_grid(2, 2, 2.4, 0.5, width_ratios=(2, 1))
    sizes = sorted(map(int, networks["hidden_dim"].unique()))
    _marks(left, networks, tasks, sizes)
    _shares(right, shares)
    entries = {wrap_name(task, 24): key_mark(**_look(i, 1)) for i, task in enumerate(tasks)}
    grey = {"color": "0.4", "marker": "o"}
    entries |= {f"{size} neurons": key_mark(**{**_look(0, i), **grey}) for i, size in enumerate(sizes)}
    entries["all cycles attract"] = key_mark(**grey)
    entries |= {name: key_mark(marker=form, color="0.2") for form, name in TOLD.values()}
    figure_key(figure, entries, ncols=min(len(entries), 6))
    return figure


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
    for row in table_rows(networks):
        form = _look(tasks.index(row.task), sizes.index(int(row.hidden_dim)))
        face = form["color"] if row.fresh_attracting == FRESH_CONTENTS else "none"
        axes.plot([row.fresh_rate], [getattr(row, LASTS)], **{**form, "markerfacecolor": face})
    lowest = float(min(networks["fresh_rate"].min(), -10 * NEAR))
    axes.set_xscale("symlog", linthresh=NEAR)
    axes.set(xlim=(2 * lowest, max(0.1, 2 * float(networks["fresh_rate"].max()))), ylim=(0.47, 1.02))
    axes.set(
        xlabel="growth of small differences a step, log |multiplier| / period", ylabel="accuracy after 3,000 steps"
    )
    axes.annotate("multipliers below 1", (0.02, 0.03), xycoords="axes fraction", fontsize=7)
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
        draw_points(
            axes, place, told["attracting"], row.attracting_low, row.attracting_high, color="0.2", markersize=4.0
        )
        for below, by in zip((0.2, 0.2, 0), [*TOLD][1:], strict=True):
            axes.plot([told[by]], [place + below], color="0.2", marker=TOLD[by][0], markersize=5, markeredgewidth=0.8)
        names.append(f"{wrap_name(row.experiment, 16)}\n{int(row.attracting_told)} of {int(row.networks)}")
    axes.set_yticks(range(len(names)), names)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(min(0.45, np.nanmin(shares["attracting_low"]) - 0.02), 1.02))
    axes.set(xlabel="share of networks that are told right")
