"""Networks of other packages: how often what they store is read, and edits of it are followed, in each way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.core.style import COLOURS, style
from emtvb.experiments.foreign.tables import CONTROLS
from emtvb.figures.panels import grid, key

CELLS = {"gru": "GRU (torch)", "rates": "leaky rates (by hand)", "cfc": "CfC (ncps)", "mgu": "MGU (torchrecurrent)"}
"""What cells are called."""
TITLES = {
    ("match", "sample"): "delayed match: the sample",
    ("context", "choice"): "context-dependent decision: the choice",
    ("context", "context"): "context-dependent decision: the context",
    ("flip-flop", "first"): "flip-flop: a bit",
}
"""Panels, by task and variable."""
_MARKERS = ("o", "s", "^", "D")
_APART = 0.17
"""Between the columns of two cells."""


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows: the experiment's ``tables/foreign_networks.csv``."""
    return pd.read_csv(table)


@style()
def draw(rows: pd.DataFrame) -> Figure:
    """A panel per variable, a column per way to read or edit, a mark per network.

    Marks are filled where the network learned its task; a cross is what its best control does, of a reading what is
    read of an untrained network.

    Args:
        rows: The columns of ``emtvb.experiments.foreign.measuring.COLUMNS``.
    """
    there = set(zip(rows["task"], rows["variable"], strict=True))
    asked = [pair for pair in TITLES if pair in there]
    figure, panels = grid(len(asked), 1, 1.15, 1.5, sharex=True, sharey=True)
    ways = list(dict.fromkeys(zip(rows["method"], rows["fitted"], strict=True)))
    for axes, (task, variable) in zip(panels[:, 0], asked, strict=True):
        some = rows[(rows["task"] == task) & (rows["variable"] == variable)]
        axes.set_title(TITLES[task, variable], fontsize=7.5)
        first = some[(some["method"] == ways[0][0]) & (some["fitted"] == ways[0][1])]
        _column(axes, 0, first, first["read"], first["untrained_read"])
        for i, (method, fitted) in enumerate(ways, start=1):
            at = some[(some["method"] == method) & (some["fitted"] == fitted)]
            _column(axes, i, at, at["followed"], at[list(CONTROLS)].max(axis=1))
        axes.axvline(0.5, color="0.6", linewidth=0.6)
        axes.set_ylim(-0.06, 1.06)
        axes.set_yticks([0, 0.5, 1])
    words = [f"{method}, {fitted}".replace(", ", ",\n") for method, fitted in ways]
    panels[-1, 0].set_xticks(range(len(ways) + 1), ["read: least\nsquares,\none step", *words], fontsize=6)
    panels[-1, 0].set_xlim(-0.5, len(ways) + 0.5)
    figure.supylabel("share of trials read right (left), of edits followed (right)", fontsize=7.5)
    entries = {
        word: Line2D([], [], marker=marker, linestyle="", color=colour, markersize=3.5)
        for word, marker, colour in zip(CELLS.values(), _MARKERS, COLOURS, strict=False)
    }
    entries["task not learned"] = Line2D(
        [], [], marker="o", linestyle="", color="0.3", fillstyle="none", markersize=3.5
    )
    entries["best control, or untrained"] = Line2D([], [], marker="x", linestyle="", color="0.55", markersize=3.5)
    key(figure, entries, ncols=3, fontsize=6.5)
    return figure


def _column(axes: Axes, place: int, rows: pd.DataFrame, values: pd.Series, controls: pd.Series) -> None:
    """A mark for each network, beside the others of its cell, and a cross for its control."""
    for i, cell in enumerate(CELLS):
        mine = rows["cell"] == cell
        x = place + _APART * (i - 1.5) + 0.022 * (rows.loc[mine, "seed"].rank() - 3)
        axes.plot(x, controls[mine], "x", color="0.55", markersize=2.5, markeredgewidth=0.6)
        for learned, fill in ((True, "full"), (False, "none")):
            some = mine & (rows["learned"] == learned)
            axes.plot(
                x[some[mine]], values[some], _MARKERS[i], color=COLOURS[i], fillstyle=fill, markersize=3,
                markeredgewidth=0.7,
            )  # fmt: skip


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """What is plotted of each network and way."""
    control = rows[list(CONTROLS)].max(axis=1)
    columns = ["network", "task", "cell", "seed", "learned", "variable", "method", "fitted", "read", "untrained_read"]
    return rows[columns].assign(followed=rows["followed"], control=np.where(rows["followed"].isna(), np.nan, control))
