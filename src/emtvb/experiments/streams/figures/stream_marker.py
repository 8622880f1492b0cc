"""What the end marker's step does to what the state holds, beside a step that shows nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from emtvb.experiments.streams.figures.stream_raster import cell_title, rows_of_cell, shown_cells
from emtvb.figures.images import show_signed, signed_bar
from emtvb.figures.panels import panel_grid
from emtvb.figures.style import house_style

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


@house_style()
def draw(rows: pd.DataFrame) -> Figure:
    """How much of the direction that holds one vector reads as another after a step: a column per stream and size.

    A row of panels is a step, of the trained networks or of their initial weights. In a panel rows are vectors after
    the step and columns vectors before it, on the mean over dimensions and seeds.

    Args:
        rows: What :func:`read` gives.
    """
    cells = shown_cells(rows)
    figure, panels = panel_grid(len(KINDS) * len(cells), len(cells), 0.85, 0.6)
    for cell, column in zip(cells, panels.T, strict=True):
        means = rows_of_cell(rows, cell)
        for axes, kind in zip(column, KINDS, strict=True):
            wide = means.pivot(index="after", columns="before", values=kind)
            image = show_signed(axes, wide.to_numpy(dtype=float), 1.0)
            axes.set_box_aspect(1)
        column[0].set_title(cell_title(cell).replace(", ", "\n"), fontsize=6)
    for axes, name in zip(panels[:, 0], KINDS.values(), strict=True):
        axes.set_ylabel(name, fontsize=7)
    figure.supxlabel("vector before the step")
    figure.supylabel("vector after the step")
    signed_bar(figure, image, "how much of it is read", ax=panels, shrink=0.6, aspect=30)
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The plotted numbers."""
    return pd.concat([rows_of_cell(rows, cell) for cell in shown_cells(rows)], ignore_index=True)
