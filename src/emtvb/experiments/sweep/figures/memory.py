"""How long memories last, at which amplitudes, and what becomes of an element that is left halfway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from emtvb.figures.data import table_rows
from emtvb.figures.marks import CHANCE, draw_band, group_look, key_line, swarm_offsets
from emtvb.figures.panels import blank_figure, figure_key, panel_grid
from emtvb.figures.style import EXPECTED, house_style
from emtvb.figures.words import wrap_name
from emtvb.theory.memory_columns import (
    AMPLITUDES,
    DURATIONS,
    LATCH,
    LINEAR,
    PHI,
    TRAINED,
    amplitude_column,
    lasting_column,
)

DURATION, AMPLITUDE, HALFWAY = "duration", "amplitude", "halfway"
"""What is varied: the steps, what inputs are multiplied with; and nothing, of edits that stop halfway."""
SHOWN: dict[str, Any] = {TRAINED: "-", LINEAR: "--", PHI: ":"}
"""Networks with a line, and how it is drawn."""
LABELS = ("output steps passed", "factor of all inputs")
_COLUMNS = ["varied", "task", "network", "x", "networks", "median", "quarter", "three_quarters", "run_id", "value"]


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/memory.csv``."""
    return numbers_of(pd.read_csv(table, dtype={"run_id": str}))


def numbers_of(table: pd.DataFrame) -> pd.DataFrame:
    """Medians and quartiles over networks that solve their task, and the size of each one's halved elements."""
    table = table[(table["solved"] == 1) | table["network"].isin([PHI, LATCH])]
    axes = {DURATION: {lasting_column(steps): float(steps) for steps in DURATIONS},
            AMPLITUDE: {amplitude_column(name): factor for name, factor in AMPLITUDES.items()}}  # fmt: skip
    rows: list[dict[str, object]] = []
    for varied, columns in axes.items():
        for (task, network), group in table[table["network"].isin(SHOWN)].groupby(["task", "network"], sort=False):
            for column, x in columns.items():
                quarter, median, three_quarters = np.quantile(group[column], [0.25, 0.5, 0.75])
                rows.append({"varied": varied, "task": task, "network": network, "x": x, "networks": len(group),
                             "median": median, "quarter": quarter, "three_quarters": three_quarters})  # fmt: skip
    halved = table[table["network"].isin([TRAINED, PHI, LATCH])]
    rows += [
        {"varied": HALFWAY, "task": row.task, "network": row.network, "run_id": row.run_id, "value": row.half_edit_size}
        for row in table_rows(halved)
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


@house_style()
def draw(shown: pd.DataFrame) -> Figure:
    """Three panels: accuracy over the steps that have passed, over the inputs' amplitude, and elements left halfway.

    A colour and a shape per task. Lines are medians over networks, bands the quartiles; dashed: the same
    networks with tanh taken away; dotted: Phi itself, by hand. In the last panel a mark is a network.

    Args:
        shown: What :func:`read` gives.
    """
    tasks = sorted(shown.loc[shown["network"] == TRAINED, "task"].unique())
    if not tasks:
        return blank_figure("no network of this experiment solves its task")
    figure, ((*panels,),) = panel_grid(3, 3, 2.4, 0.5, width_ratios=(1.2, 1.2, 1))
    for axes, varied, label in zip(panels, (DURATION, AMPLITUDE), LABELS, strict=False):
        part = shown[shown["varied"] == varied]
        for task in tasks:
            for network, dashes in SHOWN.items():
                _curve(axes, part[(part["task"] == task) & (part["network"] == network)], tasks.index(task), dashes)
        axes.axhline(CHANCE, color="0.8", linewidth=0.5, zorder=0)
        axes.set(xscale="log", xlabel=label, ylim=(0.47, 1.02))
    panels[0].set(
        ylabel="accuracy (median of networks)", xticks=DURATIONS, xticklabels=[f"{steps:,}" for steps in DURATIONS]
    )
    panels[0].set_title("over the last hundred\nof so many steps")
    panels[1].set_title("over 200 steps,\nwith larger or smaller inputs")
    panels[1].set(xticks=list(AMPLITUDES.values()), xticklabels=["1/8", "1/4", "1/2", "1", "2", "4"])
    for axes in panels[:2]:
        axes.minorticks_off()
    _halves(panels[2], shown[shown["varied"] == HALFWAY], tasks)
    entries: dict[str, Artist] = {
        wrap_name(task, 24): Line2D([], [], **group_look(i), markersize=3) for i, task in enumerate(tasks)
    }
    words = ("as trained", "the same without tanh", r"$\Phi$ itself, by hand")
    lines: dict[str, Artist] = {name: key_line("0.4", dash) for name, dash in zip(words, SHOWN.values(), strict=True)}
    lines["middle half of networks"] = Patch(facecolor="0.4", alpha=0.18)
    lines["guessing"] = key_line("0.8")
    figure_key(figure, entries | lines, ncols=5)
    return figure


def _curve(axes: Axes, rows: pd.DataFrame, number: int, dashes: Any) -> None:
    """Medians in the band of their quartiles; of controls the line alone."""
    rows, form = rows.sort_values("x"), {**group_look(number), "linestyle": dashes, "markersize": 2.6}
    if dashes == "-":
        draw_band(axes, rows["x"], rows["median"], rows["quarter"], rows["three_quarters"], **form)
    else:
        axes.plot(rows["x"], rows["median"], **form, linewidth=0.8)


def _halves(axes: Axes, rows: pd.DataFrame, tasks: list[str]) -> None:
    """What is read of elements that were left halfway, 200 steps later: a column of marks for each task."""
    for place, task in enumerate(tasks):
        values = rows[(rows["task"] == task) & (rows["network"] == TRAINED)]["value"].to_numpy(float)
        axes.plot(
            place + swarm_offsets(values, 0.03, 0.04, 0.8), values, **group_look(place), linestyle="none",
            markersize=1.6, markeredgewidth=0, alpha=0.7,
        )  # fmt: skip
    for size in (0.0, 1.0):
        axes.axhline(size, color=EXPECTED, linewidth=0.6, linestyle=":", zorder=0)
    axes.set_yticks([0, 0.5, 1], ["stays\nhalfway: 0", "0.5", "a whole\nelement: 1"])
    axes.set(xlim=(-0.6, len(tasks) - 0.4), ylim=(-0.08, 1.15))
    axes.set_title("size of an element, 200 steps\nafter it was edited halfway")
    axes.set_xlabel("a mark: a network as trained")
    axes.set_xticks(range(len(tasks)), [wrap_name(task, 8) for task in tasks])
