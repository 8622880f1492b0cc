"""For how many networks the paper's statements hold, by task, size and penalty (docs/findings.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb import tables
from emtvb.experiments.sweep.constants import ALL, CELL
from emtvb.figures.data import distinct_cells, table_rows
from emtvb.figures.marks import draw_points
from emtvb.figures.panels import blank_figure, label_outside, panel_grid, shade_every_second
from emtvb.figures.style import COLOURS, house_style
from emtvb.figures.words import wrap_name
from emtvb.paper.shares import SHOWN, TITLES, statement_shares

GROUP = CELL[:-1]
_ROW, _AROUND = 0.15, 0.95
"""Inches: a group of networks, and what is above and below all of them."""
_COUNTS = 1.12
"""Where counts begin."""


def read(runs: Path | str, measurements: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's run table and its measurements."""
    measured = tables.read_table(measurements, tables.MEASURED_COLUMNS)
    return statement_shares(tables.combine(tables.read_table(runs, tables.RUN_COLUMNS), measured))


@house_style()
def draw(shares: pd.DataFrame) -> Figure:
    """A panel per statement, a row per group of networks: the share for which it holds, with its 95% interval.

    Groups of one task stand on one band. At the right of each row: for how many of its networks; in the first row all
    groups together.

    Args:
        shares: What ``emtvb.paper.shares.statement_shares`` gives.
    """
    table = numbers(shares)
    groups = distinct_cells(table[table["task"] != ALL], GROUP)
    if not groups:
        return blank_figure("no network here solves its task")
    places = {group: place for place, group in enumerate(groups, 1)}
    figure, panels = panel_grid(len(TITLES), len(TITLES), _ROW * (len(groups) + 1), _AROUND, sharey=True)
    for axes, title in zip(panels[0], TITLES, strict=True):
        shade_every_second(axes, [ALL, *(task for task, *_ in groups)])
        _rows(axes, table[table["name"].map(SHOWN) == title], places)
        axes.set(ylim=(len(groups) + 0.5, -0.5))
        axes.set_title(wrap_name(title, 16).replace("W_hh", "$W_{hh}$").replace("Phi", r"$\Phi$"), fontsize=7)
    labels = [f"{task}  {size:g}  {l2:g}" for task, size, l2 in groups]
    panels[0, 0].set_yticks(range(len(groups) + 1), [ALL, *labels])
    label_outside(panels, y="task, neurons, L2")
    figure.supxlabel("share of the networks that solve their task, with its 95% interval")
    return figure


def numbers(shares: pd.DataFrame) -> pd.DataFrame:
    """What is drawn: the rows of the statements that are shown, and after them all groups of each, task ``all``."""
    shown = shares[shares["name"].isin(SHOWN)]
    whole = shown.groupby("name", sort=False).agg(
        {"group": "first", "short": "first", "holds": "sum", "networks": "sum"}
    )
    whole = whole.reset_index().assign(task=ALL)
    return pd.concat([shown, whole.assign(share=whole["holds"] / whole["networks"])], ignore_index=True)


def _rows(axes: Axes, rows: pd.DataFrame, places: dict[tuple[Any, ...], int]) -> None:
    """A statement's groups, and in the first row the sum of them."""
    for row in table_rows(rows[rows["task"] != ALL]):
        place = places[row.task, row.hidden_dim, row.l2]
        draw_points(axes, place, row.share, row.low, row.high, color=COLOURS[0])
        axes.text(_COUNTS, place, f"{row.holds}/{row.networks}", fontsize=6, va="center")
    whole = rows.loc[rows["task"] == ALL, ["holds", "networks"]].sum()
    axes.text(_COUNTS, 0, f"{whole['holds']}/{whole['networks']}", fontsize=6, va="center", weight="bold")
    axes.set(xlim=(-0.04, 1.7), xticks=[0, 0.5, 1])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter("{x:g}")
