"""Accuracy without parts of W_hh: in its Schur form, between variable memories, and by a random subspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.experiments.sweep.constants import CELL, THROUGHOUT
from emtvb.figures.data import distinct_cells, table_rows
from emtvb.figures.marks import CHANCE, draw_points, group_look, key_line, key_mark
from emtvb.figures.panels import blank_figure, figure_key, panel_grid
from emtvb.figures.style import EXPECTED, SHADE, house_style
from emtvb.figures.words import wrap_name

SHOWN = {
    "core_last": ("C and R at right angles, R first", {
        "within": "C to C", "rest": "R to R", "leaving": "C to R", "rest and leaving": "R to R, C to R",
    }),
    "core_first": ("C and R at right angles, C first", {
        "within": "C to C", "rest": "R to R", "entering": "R to C", "rest and entering": "R to R, R to C",
    }),
    "modes": ("C and R at their own angles", {"within": "C to C", "rest": "R to R"}),
    "memories": ("memories M, rest X", {
        "within": "M to M", "rest": "X to X", "entering": "X to M", "leaving": "M to X",
        "rest and entering and leaving": "all but M to M",
    }),
    "random": ("control: random directions S, rest Y", {
        "within": "S to S", "rest": "Y to Y", "rest and entering and leaving": "all but S to S",
    }),
}  # fmt: skip
"""By basis, what it is called, and what is removed."""
LETTERS = (
    r"C to R: without what $W_{hh}$ leads from C to R. C: directions of eigenvalues with $|\lambda| > 0.9$; R: others."
    "\nM: directions of the stored variables (realised basis); X: what they do not read. "
    "S: as many directions as M; Y: the rest."
)
"""What the letters of the names are."""
GROUP = CELL[1:3]
"""Neurons and penalty."""
_COLUMNS = ("task", *GROUP, "basis", "removed", "when", "mean", "low", "high")
_ROW, _AROUND = 0.165, 1.3
"""Inches: a row, and what is above and below all of them."""
_SIZES = {True: 2.2, False: 4.0}
"""Of full marks and of open ones: where both are at one place, a full one stands within an open one."""


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/ablations.csv``."""
    return pd.read_csv(table, usecols=list(_COLUMNS))


@house_style()
def draw(table: pd.DataFrame) -> Figure:
    """A panel per task, a row per part that is removed: the mean accuracy of networks of each size and penalty.

    Bars are 95% intervals. Small and full: the part is missing throughout; large and open: in the output phase alone.
    The dotted line is at guesses.

    Args:
        table: What ``emtvb.experiments.sweep.literature.ablation_table`` gives.
    """
    shown = numbers(table)
    tasks, groups = list(shown["task"].unique()), distinct_cells(shown, GROUP)
    if not tasks:
        return blank_figure("no network of this experiment solves its task")
    rows = _rows()
    figure, panels = panel_grid(len(tasks), len(tasks), _ROW * len(rows), _AROUND, sharey=True)
    for axes, task in zip(panels[0], tasks, strict=True):
        _panel(axes, shown[shown["task"] == task], rows, groups)
        axes.set_title(wrap_name(task, 16))
    panels[0, 0].set_yticks([row.place for row in rows], [row.name for row in rows])
    figure.supxlabel(f"mean test accuracy without the part, with its 95% interval\n{LETTERS}")
    entries: dict[str, Artist] = {
        f"{size:g} neurons, L2 {l2:g}": key_mark(**group_look(i)) for i, (size, l2) in enumerate(groups)
    }
    for filled, words in (
        (True, "small, full: removed in all steps"),
        (False, "large, open: in the output phase alone"),
    ):
        entries[words] = key_mark(
            color="0.3", marker="o", markersize=_SIZES[filled], fillstyle="full" if filled else "none"
        )
    entries["guessing"] = key_line(EXPECTED, ":")
    figure_key(figure, entries, loc="outside upper center", ncols=3)
    return figure


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """What is drawn: the rows of single tasks and of the parts that are shown."""
    known = [(basis, removed) for basis, (_, removals) in SHOWN.items() for removed in removals]
    pairs = pd.Series(list(zip(table["basis"], table["removed"], strict=True)), index=table.index, dtype=object)
    return table.loc[pairs.isin(known) & table["hidden_dim"].notna(), list(_COLUMNS)].reset_index(drop=True)


class _Row(NamedTuple):
    """A part that is removed, or a basis's title, which has no basis."""

    place: float
    basis: str
    removed: str
    name: str


def _rows() -> list[_Row]:
    """From top to bottom; a basis begins with its title."""
    rows, place = [], 0.0
    for basis, (title, removals) in SHOWN.items():
        rows.append(_Row(place, "", "", title))
        for removed, name in removals.items():
            place += 1
            rows.append(_Row(place, basis, removed, name))
        place += 1.4
    return rows


def _panel(axes: Axes, table: pd.DataFrame, rows: list[_Row], groups: list[tuple[Any, ...]]) -> None:
    """One task."""
    step = 0.7 / len(groups)
    for place, basis, removed, _ in rows:
        if not basis:
            axes.axhspan(place - 0.5, place + 0.5, color=SHADE, linewidth=0)
        for row in table_rows(table[(table["basis"] == basis) & (table["removed"] == removed)]):
            group = groups.index((row.hidden_dim, row.l2))
            aside = place + (group - (len(groups) - 1) / 2) * step
            filled = row.when == THROUGHOUT
            form = group_look(group, filled=filled)
            look = {**form, "markersize": _SIZES[filled], "zorder": 3 if filled else 2}
            draw_points(axes, aside, row.mean, row.low, row.high, **look, markeredgewidth=0.6)
    axes.axvline(CHANCE, color=EXPECTED, linewidth=0.6, linestyle=":", zorder=1)
    axes.set(xlim=(-0.03, 1.05), ylim=(rows[-1].place + 0.6, -0.6), xticks=[0, 0.5, 1])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.tick_params(axis="y", length=0)
