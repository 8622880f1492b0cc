"""What the end marker's step does to what the state holds, beside a step that shows nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from emtvb.core.style import PAGE, style
from emtvb.experiments.streams.figures.stream_raster import cells_of, chosen, named
from emtvb.figures.panels import show_signed

KINDS = {
    "marker": "marker",
    "silence": "nothing shown",
    "untrained_marker": "untrained,\nmarker",
    "untrained_silence": "untrained,\nnothing shown",
}
"""Columns of the table, and what the figure's rows are called; each was read by a decoder of its own."""


def read(markers: Path | str) -> pd.DataFrame:
    """What the figure shows: ``tables/stream_markers.csv``."""
    return pd.read_csv(markers)


@style()
def draw(rows: pd.DataFrame) -> Figure:
    """How much of the direction that holds one vector reads as another after a step: a column per stream and size.

    A row of panels is a step, of the trained networks or of their initial weights. In a panel rows are vectors after
    the step and columns vectors before it, on the mean over dimensions and seeds.

    Args:
        rows: What :func:`read` gives.
    """
    cells = cells_of(rows)
    figure = Figure(figsize=(PAGE, 4.2), layout="constrained")
    panels = figure.subplots(len(KINDS), len(cells), squeeze=False)
    image = None
    for number, (cell, column) in enumerate(zip(cells, panels.T, strict=True)):
        own = chosen(rows, cell)
        for axes, (kind, name) in zip(column, KINDS.items(), strict=True):
            wide = own.pivot(index="after", columns="before", values=kind)
            image = show_signed(axes, wide.to_numpy(dtype=float), 1.0)
            axes.set_aspect("equal")
            if number == 0:
                axes.set_ylabel(f"{name}\nvector after", fontsize=6)
        column[0].set_title(named(cell), fontsize=5)
        column[-1].set_xlabel("vector before", fontsize=6)
    if image is not None:
        figure.colorbar(image, ax=panels, fraction=0.02)
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The plotted numbers."""
    return pd.concat([chosen(rows, cell) for cell in cells_of(rows)], ignore_index=True)
