"""Networks that repeat sequences: what is read of each position, what edits of it do, how large it is in the state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.core.style import COLOURS, PAGE, style

READINGS = {"linear": "linearly", "layers": "layer after layer", "onion": "layers tied (onion)"}
EDITS = {"exchanged": "exchanged, linear", "told": "told, least squares", "onion": "told, layers tied (onion)"}
_MARKS = ("o", "s", "^")
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
    figure = Figure(figsize=(PAGE, 5.2), layout="constrained")
    panels = figure.subplots(3, len(sizes), sharex=True, sharey="row", squeeze=False)
    for column, units in zip(panels.T, sizes, strict=True):
        of = rows[(rows["units"] == units) & (rows["position"] > 0)]
        trained, untrained = of[of["trained"]], of[~of["trained"]]
        accuracies = trained.groupby("network")["accuracy"].first()
        column[0].set_title(f"{units} units: {accuracies.min():.2f} to {accuracies.max():.2f} repeated", fontsize=7)
        for (name, words), colour, mark in zip(READINGS.items(), COLOURS, _MARKS, strict=False):
            _line(column[0], trained, f"{name}_read", words, color=colour, marker=mark)
            _line(column[0], untrained, f"{name}_read", f"untrained: {words}", color=colour, linestyle=":")
        _line(column[0], trained, "linear_shuffled", "labels exchanged", color=_GREY, linestyle="--")
        for (name, words), colour, mark in zip(EDITS.items(), COLOURS, _MARKS, strict=False):
            _line(column[1], trained, f"{name}_followed", words, color=colour, marker=mark)
        best = trained.filter(regex="_(control|untrained)$").max(axis=1)
        _line(column[1], trained.assign(best=best), "best", "best control", color=_GREY, linestyle="--")
        column[1].axhline(accuracies.mean(), color="0.8", linewidth=0.8, zorder=0, label="repeated unedited")
        _line(column[2], trained, "magnitude", "trained", color=COLOURS[0], marker="o")
        _line(column[2], untrained, "magnitude", "untrained", color=_GREY, linestyle=":")
        column[2].set(xlabel="position in the sequence", yscale="log")
        column[2].set_xticks(np.unique(trained["position"]))
    for axes, words in zip(panels[:, 0], ("read right", "edits followed", "magnitude"), strict=True):
        axes.set_ylabel(words)
    for axes in panels[:2].ravel():
        axes.set_ylim(-0.03, 1.03)
    for axes in panels[:, -1]:
        axes.legend(fontsize=5, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The table itself, but for what stands for whole sequences."""
    return rows[rows["position"] > 0]


def _line(axes: Axes, rows: pd.DataFrame, column: str, words: str, **kwargs: object) -> None:
    """The mean over seeds by position, and the range of the seeds."""
    by = rows.groupby("position")[column]
    middle, least, most = by.mean(), by.min(), by.max()
    axes.plot(middle.index, middle, label=words, markersize=2.5, linewidth=0.9, **kwargs)  # type: ignore[arg-type]
    axes.fill_between(middle.index, least, most, color=str(kwargs["color"]), alpha=0.15, linewidth=0)
