"""Accuracy without parts of W_hh: in its Schur form, between variable memories, and by a random subspace."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.core.style import COLOURS, EXPECTED, PAGE, style
from emtvb.figures.panels import each, wrapped

SHOWN = {
    "core_last": ("Schur form, R first", {
        "within": "$T_{CC}$", "rest": "$T_{RR}$", "leaving": "$T_{C\\to R}$",
        "rest and leaving": "$T_{RR}, T_{C\\to R}$",
    }),
    "core_first": ("Schur form, C first", {
        "within": "$T_{CC}$", "rest": "$T_{RR}$", "entering": "$T_{R\\to C}$",
        "rest and entering": "$T_{RR}, T_{R\\to C}$",
    }),
    "modes": ("modes, at no right angles", {"within": "modes of C", "rest": "all other modes"}),
    "memories": ("memories M, rest X", {
        "within": "M to M", "rest": "X to X", "entering": "X to M", "leaving": "M to X",
        "rest and entering and leaving": "all but M to M",
    }),
    "random": ("random subspace S", {
        "within": "S to S", "rest": "rest to rest", "rest and entering and leaving": "all but S to S",
    }),
}  # fmt: skip
"""By basis, what it is called, and what is removed."""
THROUGHOUT = "throughout"
GROUP = ["hidden_dim", "l2"]
_COLUMNS = ("task", *GROUP, "basis", "removed", "when", "mean", "low", "high")
_ROW, _AROUND = 0.165, 1.0
"""Inches: a row, and what is above and below all of them."""
_CHANCE = 0.5
_MARKERS = "osD^v"


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/ablations.csv``."""
    return pd.read_csv(table, usecols=list(_COLUMNS))


@style()
def draw(table: pd.DataFrame) -> Figure:
    """A panel per task, a row per part that is removed: the mean accuracy of networks of each size and penalty.

    Bars are 95% intervals. Filled: the part is missing throughout; open: in the output phase alone. The dotted line is
    at guesses.

    Args:
        table: What ``emtvb.experiments.sweep.literature.ablation_table`` gives.
    """
    shown = numbers(table)
    tasks = list(shown["task"].unique())
    rows = _rows()
    figure = Figure(figsize=(PAGE, _AROUND + _ROW * len(rows)), layout="constrained")
    if not tasks:
        figure.text(0.5, 0.5, "no network of this experiment solves its task", ha="center", va="center")
        return figure
    panels = figure.subplots(1, len(tasks), sharey=True, squeeze=False)[0]
    cells = shown[GROUP].drop_duplicates().sort_values(GROUP)
    groups = [(int(size), float(l2)) for size, l2 in cells.itertuples(index=False, name=None)]
    for axes, task in zip(panels, tasks, strict=True):
        _panel(axes, shown[shown["task"] == task], rows, groups)
        axes.set_title(wrapped(str(task), 16))
    panels[0].set_yticks([place for place, *_ in rows], [name for *_, name in rows], fontsize=7)
    figure.supxlabel("mean test accuracy without the part, with its 95% interval", fontsize=8)
    figure.legend(
        [*(_mark(groups, group, True) for group in groups), _mark(groups, groups[0], False)],
        [*(f"{size} neurons, L2 {l2:g}" for size, l2 in groups), "open: missing in the output phase alone"],
        loc="outside upper center", ncols=3,
    )  # fmt: skip
    return figure


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """What is drawn: the rows of single tasks and of the parts that are shown."""
    known = [(basis, removed) for basis, (_, removals) in SHOWN.items() for removed in removals]
    pairs = pd.Series(list(zip(table["basis"], table["removed"], strict=True)), index=table.index, dtype=object)
    return table.loc[pairs.isin(known) & table["hidden_dim"].notna(), list(_COLUMNS)].reset_index(drop=True)


def _rows() -> list[tuple[float, str, str, str]]:
    """Place, basis, what is removed, and its name; a basis begins with its title, which has no basis."""
    rows, place = [], 0.0
    for basis, (title, removals) in SHOWN.items():
        rows.append((place, "", "", title))
        for removed, name in removals.items():
            place += 1
            rows.append((place, basis, removed, name))
        place += 1.4
    return rows


def _panel(
    axes: Axes, table: pd.DataFrame, rows: list[tuple[float, str, str, str]], groups: list[tuple[int, float]]
) -> None:
    """One task."""
    step = 0.7 / max(len(groups), 1)
    for place, basis, removed, _ in rows:
        if not basis:
            axes.axhspan(place - 0.5, place + 0.5, color="0.92", linewidth=0)
        for row in each(table[(table["basis"] == basis) & (table["removed"] == removed)]):
            group = (int(row.hidden_dim), float(row.l2))
            at = place + (groups.index(group) - (len(groups) - 1) / 2) * step
            mark = _mark(groups, group, bool(row.when == THROUGHOUT))
            axes.plot([row.low, row.high], [at, at], color=mark.get_color(), linewidth=0.8, zorder=2)
            mark.set_data([row.mean], [at])
            axes.add_line(mark)
    axes.axvline(_CHANCE, color=EXPECTED, linewidth=0.6, linestyle=":", zorder=1)
    axes.set(xlim=(-0.03, 1.05), ylim=(rows[-1][0] + 0.6, -0.6), xticks=[0, 0.5, 1])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.tick_params(axis="y", length=0)


def _mark(groups: list[tuple[int, float]], group: tuple[int, float], filled: bool) -> Line2D:
    """How a group of networks is drawn."""
    place = groups.index(group)
    colour = COLOURS[place % len(COLOURS)]
    return Line2D(
        [], [], color=colour, marker=_MARKERS[place % len(_MARKERS)], linestyle="none", markersize=2.8,
        markeredgewidth=0.6, markeredgecolor=colour, markerfacecolor=colour if filled else "white",
    )  # fmt: skip
