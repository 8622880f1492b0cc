"""The multiplier of a stored state's cycle beside what is left of the memory, and how often the one tells the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.core.marks import points
from emtvb.core.style import EXPECTED, SHADE, style
from emtvb.figures.data import each
from emtvb.figures.marks import look, mark
from emtvb.figures.panels import blank, grid, key
from emtvb.figures.words import wrapped
from emtvb.theory.memory_columns import TRAINED, lasting

NETWORK, EXPERIMENT = "network", "experiment"
"""What a row is of."""
LASTS = lasting(3000)
ALL = "all"
NEAR = 1e-3
"""Rates nearer to 0 than this are drawn on a linear scale."""
_COLUMNS = [
    "of", "run_id", "task", "hidden_dim", "cycle_rate", "cycle_multiplier", LASTS, "experiment", "networks", "told",
    "share", "low", "high", "guess", "measured_solved",
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


@style()
def draw(shown: pd.DataFrame) -> Figure:
    """Two panels: accuracy after 3,000 steps over the growth of small differences; and shares that were told right.

    Left, a mark is a network: a colour and a shape per task, larger for more neurons. The growth is
    log |multiplier| / period, linear from -0.001 to 0.001 and logarithmic beyond. Right, bars are 95% intervals; a
    stroke is what is right if the commoner is always said.

    Args:
        shown: What :func:`read` gives.
    """
    networks, shares = (shown[shown["of"] == of] for of in (NETWORK, EXPERIMENT))
    tasks = sorted(networks["task"].unique())
    if not tasks:
        return blank("no network of this experiment solves its task")
    figure, ((left, right),) = grid(2, 2, 2.4, 0.5, width_ratios=(2, 1))
    sizes = sorted(map(int, networks["hidden_dim"].unique()))
    _marks(left, networks, tasks, sizes)
    _shares(right, shares)
    entries = {wrapped(task, 24): mark(**_look(i, 1)) for i, task in enumerate(tasks)}
    entries |= {f"{size} neurons": mark(**{**_look(0, i), "color": "0.4"}) for i, size in enumerate(sizes)}
    key(figure, entries, ncols=min(len(entries), 7))
    return figure


def _look(task: int, size: int) -> dict[str, Any]:
    """Of a network, by the numbers of its task and size."""
    return {**look(task, filled=False), "linestyle": "none", "markersize": 2.2 + 0.9 * size, "markeredgewidth": 0.5}


def _marks(axes: Axes, networks: pd.DataFrame, tasks: list[str], sizes: list[int]) -> None:
    axes.axvspan(-10, 0, color=SHADE, linewidth=0, zorder=0)
    axes.axvline(0, color=EXPECTED, linewidth=0.6, zorder=1)
    axes.axhline(networks["measured_solved"].iloc[0], color=EXPECTED, linewidth=0.6, linestyle=":", zorder=1)
    for row in each(networks):
        axes.plot(
            [row.cycle_rate], [getattr(row, LASTS)],
            **{**_look(tasks.index(row.task), sizes.index(int(row.hidden_dim))), "markerfacecolor": "none"},
        )  # fmt: skip
    lowest = float(min(networks["cycle_rate"].min(), -10 * NEAR))
    axes.set_xscale("symlog", linthresh=NEAR)
    axes.set(xlim=(2 * lowest, max(0.1, 2 * float(networks["cycle_rate"].max()))), ylim=(0.47, 1.02))
    axes.set(
        xlabel="growth of small differences a step, log |multiplier| / period", ylabel="accuracy after 3,000 steps"
    )
    axes.annotate("cycle attracts", (0.02, 0.03), xycoords="axes fraction", fontsize=7)
    ticks = [-1.0, -0.1, -0.01, -NEAR, 0.0, NEAR, 0.01, 0.1]
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in ticks if low <= tick <= high])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()


def _shares(axes: Axes, shares: pd.DataFrame) -> None:
    """A row for each experiment, the one in which it was found first."""
    names = []
    for place, row in enumerate(each(shares)):
        points(axes, place, row.share, row.low, row.high, color="0.2", markersize=4.0)
        axes.plot([row.guess], [place], color="0.2", marker="|", markersize=7, markeredgewidth=1.0)
        names.append(f"{wrapped(row.experiment, 16)}\n{int(row.told)} of {int(row.networks)}")
    axes.set_yticks(range(len(names)), names)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(min(0.45, np.nanmin(shares["low"]) - 0.02), 1.02))
    axes.set(xlabel="share of networks that it tells right")
