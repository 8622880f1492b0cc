"""For how many networks the paper's statements hold, by task, size and penalty (docs/findings.md)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb import tables
from emtvb.experiments.sweep.constants import CELL
from emtvb.figures.data import distinct_cells, table_rows
from emtvb.figures.marks import draw_points
from emtvb.figures.panels import blank_figure, label_outside, panel_grid, shade_every_second
from emtvb.figures.style import COLOURS, house_style
from emtvb.figures.words import wrap_name
from emtvb.paper.shares import SHOWN, statement_shares

GROUP = CELL[:-1]
_ROW, _AROUND = 0.15, 0.95
"""Inches: a group of networks, and what is above and below all of them."""


def read(runs: Path | str, measurements: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's run table and its measurements."""
    measured = tables.read_table(measurements, tables.MEASURED_COLUMNS)
    return statement_shares(tables.combine(tables.read_table(runs, tables.RUN_COLUMNS), measured))


@house_style()
def draw(shares: pd.DataFrame, shown: Mapping[str, str] = SHOWN) -> Figure:
    """A panel per statement, a row per group of networks: the share for which it holds, with its 95% interval.

    Groups of one task stand on one band. At the right of each row: for how many of its networks.

    Args:
        shares: What ``emtvb.paper.shares.statement_shares`` gives.
        shown: The statements that are drawn, by name, and what their panels are called.
    """
    table = numbers(shares, shown)
    groups = distinct_cells(table, GROUP)
    if not groups:
        return blank_figure("no network here solves its task")
    figure, panels = panel_grid(len(shown), len(shown), _ROW * len(groups), _AROUND, sharey=True)
    for axes, (name, title) in zip(panels[0], shown.items(), strict=True):
        _panel(axes, table[table["name"] == name], groups)
        axes.set_title(wrap_name(title, 20).replace("W_hh", "$W_{hh}$").replace("Phi", r"$\Phi$"), fontsize=7)
    labels = [f"{task}  {size}  {l2:g}" for task, size, l2 in groups]
    panels[0, 0].set_yticks(range(len(groups)), labels)
    label_outside(panels, y="task, neurons, L2")
    figure.supxlabel("share of the networks that solve their task, with its 95% interval")
    return figure


def numbers(shares: pd.DataFrame, shown: Mapping[str, str] = SHOWN) -> pd.DataFrame:
    """What is drawn: the rows of the statements that are shown."""
    return shares[shares["name"].isin(shown)].reset_index(drop=True)


def _panel(axes: Axes, rows: pd.DataFrame, groups: list[tuple[Any, ...]]) -> None:
    shade_every_second(axes, [task for task, *_ in groups])
    for row in table_rows(rows):
        place = groups.index((row.task, row.hidden_dim, row.l2))
        draw_points(axes, place, row.share, row.low, row.high, color=COLOURS[0])
        axes.text(1.06, place, f"{row.holds}/{row.networks}", fontsize=6, va="center")
    axes.set(xlim=(-0.04, 1.4), ylim=(len(groups) - 0.5, -0.5), xticks=[0, 0.5, 1])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter("{x:g}")
