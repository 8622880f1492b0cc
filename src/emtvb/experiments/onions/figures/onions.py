"""Networks that repeat sequences: what is read of each position, what edits of it do, how large it is in the state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.core.style import style
from emtvb.figures.marks import band, look
from emtvb.figures.panels import grid, label_outside

READINGS = {"linear": "linearly", "layers": "layer after layer", "onion": "layers tied (onion)"}
EDITS = {"exchanged": "exchanged, linear", "told": "told, least squares", "onion": "told, layers tied (onion)"}
_GREY = "0.55"


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows: the experiment's ``tables/onions.csv``."""
    return pd.read_csv(table)


@style()
def draw(rows: pd.DataFrame) -> Figure:
    """A column of panels per size; in each a line per way, over positions: the mean over seeds, and all between them.

    Args:
        rows: The columns of ``emtvb.experiments.onions.measuring.COLUMNS``.
    """
    sizes = sorted(rows["units"].unique())
    figure, panels = grid(3 * len(sizes), len(sizes), 1.7, 0.1, sharex=True, sharey="row")
    for column, units in zip(panels.T, sizes, strict=True):
        positions = rows[(rows["units"] == units) & (rows["position"] > 0)]
        trained, untrained = positions[positions["trained"]], positions[~positions["trained"]]
        accuracies = trained.groupby("network")["accuracy"].first()
        column[0].set_title(f"{units} units: {accuracies.min():.2f} to {accuracies.max():.2f} repeated", fontsize=7)
        for i, (name, words) in enumerate(READINGS.items()):
            _curve(column[0], trained, f"{name}_read", words, **look(i))
            _curve(column[0], untrained, f"{name}_read", f"untrained: {words}", **look(i, filled=False), linestyle=":")
        _curve(column[0], trained, "linear_shuffled", "labels exchanged", color=_GREY, linestyle="--")
        for i, (name, words) in enumerate(EDITS.items()):
            _curve(column[1], trained, f"{name}_followed", words, **look(i))
        best = trained.filter(regex="_(control|untrained)$").max(axis=1)
        _curve(column[1], trained.assign(best=best), "best", "best control", color=_GREY, linestyle="--")
        column[1].axhline(accuracies.mean(), color="0.8", linewidth=0.8, zorder=0, label="repeated unedited")
        _curve(column[2], trained, "magnitude", "trained", **look(0))
        _curve(column[2], untrained, "magnitude", "untrained", color=_GREY, linestyle=":")
        column[2].set_yscale("log")
        column[2].set_xticks(np.unique(trained["position"]))
    label_outside(panels, x="position in the sequence")
    for axes, words in zip(panels[:, 0], ("read right", "edits followed", "magnitude"), strict=True):
        axes.set_ylabel(words)
    for axes in panels[:2].ravel():
        axes.set_ylim(-0.03, 1.03)
    for axes in panels[:, -1]:
        axes.legend(fontsize=6, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The table itself, but for what stands for whole sequences."""
    return rows[rows["position"] > 0]


def _curve(axes: Axes, rows: pd.DataFrame, column: str, words: str, **settings: Any) -> None:
    """The mean over seeds by position, and the range of the seeds."""
    seeds = rows.groupby("position")[column]
    mean = seeds.mean()
    band(axes, mean.index, mean, seeds.min(), seeds.max(), label=words, markersize=2.5, **settings)
