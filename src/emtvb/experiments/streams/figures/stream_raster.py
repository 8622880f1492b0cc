"""Which vectors of an episode can be read from the state, step by step until the end of the next episode."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from emtvb.figures.images import colour_map, show_image
from emtvb.figures.panels import panel_grid
from emtvb.figures.style import house_style

MOST = 3
"""Sizes of a stream that are shown, from the smallest to the largest."""
KINDS = {"readable": "trained", "untrained": "before training"}
"""Columns of the table, and what the figure's columns are called."""
USUAL = 20
"""Epochs of the authors' protocol."""
_MAP = "viridis"


def read(rasters: Path | str, runs: Path | str) -> pd.DataFrame:
    """What the figure shows, of ``tables/stream_rasters.csv``, with the middle length of each stream's episodes."""
    rows = pd.read_csv(rasters)
    lengths = pd.read_csv(runs).groupby("stream")[["shortest", "longest"]].first()
    middle = (lengths["shortest"] + lengths["longest"]) // 2
    return rows.assign(length=rows["stream"].map(middle))


@house_style()
def draw(rows: pd.DataFrame) -> Figure:
    """A row of panels per stream and size, trained and before: rows are the vectors of an episode, columns are steps.

    Each cell is the share of elements that a decoder of that step reads right, on the mean over seeds; 1/2 is chance.
    Lines stand at the marker, at the next episode's first input, and at its marker.

    Args:
        rows: What :func:`read` gives.
    """
    cells = shown_cells(rows)
    figure, panels = panel_grid(len(cells) * len(KINDS), len(KINDS), 0.95, 0.9, sharex=True)
    last = int(rows["step"].max())
    for row, cell in zip(panels, cells, strict=True):
        means = rows_of_cell(rows, cell)
        n = int(means["length"].iloc[0])
        outputs = (int(means["step"].max()) + 1) // 2 - n - 1  # of two episodes: n inputs, the marker, outputs
        for axes, kind in zip(row, KINDS, strict=True):
            wide = means.pivot(index="number", columns="step", values=kind).reindex(columns=range(last + 1))
            image = show_image(axes, wide.to_numpy(dtype=float), colour_map(_MAP), 0.5, 1.0)
            for step in (n, n + 1 + outputs, 2 * n + 1 + outputs):
                axes.axvline(step - 0.5, color="white", linewidth=0.8)
            axes.set_yticks([0, n - 1], ["$u_1$", f"$u_{{{n}}}$"])
        row[0].set_ylabel(cell_title(cell), fontsize=6.5)
    for axes, name in zip(panels[0], KINDS.values(), strict=True):
        axes.set_title(name)
    figure.supxlabel("steps since the episode began; lines: its marker, the next episode, the next marker")
    figure.colorbar(image, ax=panels, fraction=0.02, label="share of elements read right")
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The plotted numbers."""
    return pd.concat([rows_of_cell(rows, cell) for cell in shown_cells(rows)], ignore_index=True)


class Cell(NamedTuple):
    """Networks whose mean is shown."""

    stream: str
    epochs: int
    hidden_dim: int


def shown_cells(rows: pd.DataFrame) -> list[Cell]:
    """Of each stream and number of epochs some sizes, at equal distances in their order."""
    cells = []
    for stream, epochs in rows[["stream", "epochs"]].drop_duplicates().itertuples(index=False, name=None):
        sizes = sorted(rows.loc[(rows["stream"] == stream) & (rows["epochs"] == epochs), "hidden_dim"].unique())
        places = np.unique(np.linspace(0, len(sizes) - 1, min(MOST, len(sizes))).round().astype(int))
        cells += [Cell(str(stream), int(epochs), int(sizes[place])) for place in places]
    return cells


def rows_of_cell(rows: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """The rows of a cell."""
    return rows[
        (rows["stream"] == cell.stream) & (rows["epochs"] == cell.epochs) & (rows["hidden_dim"] == cell.hidden_dim)
    ]


def cell_title(cell: Cell) -> str:
    """What a figure calls it: the task, the lengths, the size, and the epochs where they are not 20."""
    task, _, lengths = cell.stream.rpartition("-n")
    shortest, longest = lengths.split("to")
    n = f"n = {shortest}" if shortest == longest else f"n = {shortest} to {longest}"
    more = "" if cell.epochs == USUAL else f"\n{cell.epochs} epochs"
    return f"{task}, {n}\n{cell.hidden_dim} neurons{more}"
