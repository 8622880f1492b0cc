"""For how many networks W_hh is Phi, by the basis, by how near it has to be, and by whether the gain is divided out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from emtvb import tables
from emtvb.columns import check_numbers
from emtvb.experiments.sweep.constants import NEAR
from emtvb.figures.marks import key_line
from emtvb.figures.panels import blank_figure, figure_key, label_outside, panel_grid
from emtvb.figures.style import COLOURS, EXPECTED, house_style

BASES = {
    "realisation": ("realised basis, by the weights (ours)", "realisation_shape_error", "realisation_map_error"),
    "data": ("basis by data (ours)", "data_shape_error", "data_map_error"),
    "power": ("the paper's basis, lengths by data", "power_shape_error", "power_map_error"),
    "memory": ("the paper's basis, as it is printed", "memory_shape_error", "memory_map_error"),
}
"""Of each basis what the figure calls it, and the columns of the distance from Phi: divided by the gain, and not."""
COLUMNS = ("run_id", "solved", *(column for _, *columns in BASES.values() for column in columns))
"""What is drawn of the measurements."""
GAINS = ("gain divided out", "as it is")
"""What is done with the gain, a row of panels each."""
BARS = np.round(np.geomspace(0.02, 1, 52), 4)
"""Distances from Phi below which W_hh counts as Phi, from a fiftieth of its size to that of a matrix of zeros."""


def read(runs: Path | str, measurements: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's run table and its measurements."""
    measured = check_numbers(tables.read_table(measurements, COLUMNS), measurements)
    return tables.combine(tables.read_table(runs, tables.RUN_COLUMNS), measured)


@house_style()
def draw(measured: pd.DataFrame) -> Figure:
    """The share of networks whose W_hh is nearer to Phi than a bar, against the bar: a line per basis.

    A column of panels per group of networks that solve their task; above, the gain is divided out, below it is not. The
    upright line is the bar of the statements.

    Args:
        measured: Run table and measurements together.
    """
    table = numbers(measured)
    groups = list(dict.fromkeys(table["group"]))
    if not groups:
        return blank_figure("no network here solves its task")
    figure, panels = panel_grid(2 * len(groups), len(groups), 1.5, 0.8, sharex=True, sharey=True)
    for axes, (group, of_group) in zip(panels[0], table.groupby("group", sort=False), strict=True):
        axes.set_title(f"{group}\n{of_group['networks'].iloc[0]} networks", fontsize=7)
    for row, gain in zip(panels, GAINS, strict=True):
        row[-1].annotate(gain, (1.03, 0.5), xycoords="axes fraction", rotation=270, ha="left", va="center", fontsize=7)
        for axes, group in zip(row, groups, strict=True):
            axes.axvline(NEAR, color=EXPECTED, linewidth=0.8)
            here = table[(table["group"] == group) & (table["gain"] == gain)]
            for colour, basis in zip(COLOURS, BASES, strict=False):
                line = here[here["basis"] == basis]
                axes.plot(line["bar"], line["share"], color=colour, linewidth=1.2)
            axes.set(xscale="log", ylim=(-0.03, 1.03), yticks=[0, 0.5, 1], xticks=[0.02, 0.05, 0.1, 0.2, 0.5, 1])
            axes.xaxis.set_major_formatter("{x:g}")
            axes.minorticks_off()
    label_outside(panels, x="bar")
    figure.supylabel("share of networks nearer to Phi than the bar")
    entries = {title: key_line(colour) for colour, (title, *_) in zip(COLOURS, BASES.values(), strict=False)}
    figure_key(figure, {**entries, f"our bar, {NEAR:g}": key_line(EXPECTED)}, ncols=3)
    return figure


def numbers(measured: pd.DataFrame) -> pd.DataFrame:
    """The shares, a row per group, basis, treatment of the gain and bar.

    Args:
        measured: As for :func:`draw`.

    Returns:
        Columns ``group``, ``basis``, ``gain``, ``bar``, ``networks`` (of the group, that solve their task), ``near``
        (how many of these are nearer to Phi than the bar), ``share``.
    """
    solved = measured[measured["solved"] == 1]
    copies, free = solved["task"] == "T1", solved["l2"] == 0
    groups = {
        "all": solved,
        "T1": solved[copies],
        "other tasks, L2 0": solved[~copies & free],
        "other tasks, L2 above 0": solved[~copies & ~free],
    }
    rows = [
        {"group": group, "basis": basis, "gain": gain, "bar": bar, "networks": len(networks),
         "near": int((networks[column] < bar).sum()), "share": float((networks[column] < bar).mean())}
        for group, networks in groups.items() if len(networks)
        for basis, (_, *columns) in BASES.items()
        for gain, column in zip(GAINS, columns, strict=True)
        for bar in BARS.tolist()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "basis", "gain", "bar", "networks", "near", "share"])
