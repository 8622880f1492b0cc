"""What becomes of memories when the weights are larger or smaller, and with noise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.core.intervals import mean_interval
from emtvb.experiments.sweep.constants import ALL
from emtvb.figures.data import table_rows
from emtvb.figures.marks import draw_band, group_look, key_line
from emtvb.figures.panels import blank_figure, figure_key, panel_grid
from emtvb.figures.style import EXPECTED, house_style
from emtvb.figures.words import wrap_name

HOLD, NOISY = "hold", "noise"
"""Arms of ``tables/dose.csv`` that are drawn: another gain once all is written, and noise."""
RATE, SHARES, KEPT, NOISE = "rate", "shares", "kept", "noise"
"""What is drawn, a panel each."""
SOLID, DASHED = "-", "--"
"""Of contents that attract, and of others; or how many attract, and how many last."""
FACTORS = {"below 0.8": 0.8, "0.8 to 0.95": 0.95, "0.95 to 1": 1 - 1e-6, "1": 1 + 1e-6, "above 1": np.inf}
"""Factors of W_hh that are taken together, each up to its end."""
_COLUMNS = ["panel", "task", "line", "x", "networks", "contents", "counted", "value", "low", "high"]


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/dose.csv``."""
    return numbers_of(pd.read_csv(table, dtype={"run_id": str}))


def numbers_of(table: pd.DataFrame) -> pd.DataFrame:
    """What is drawn, with 95% intervals over seeds: by panel, task, line and gain, factor or noise.

    Args:
        table: ``tables/dose.csv``.

    Returns:
        A ``value`` from ``low`` to ``high`` of so many ``networks``. It is the share of ``contents`` of which it is
        ``counted`` that they attract, last or are kept; or a mean of rates, with neither.
    """
    bins = pd.cut(table["factor"], [0, *FACTORS.values()], labels=False)
    table = table.assign(bin=bins, other=table["contents"] - table["attracting"])
    for what in ("kept", "lasting"):
        table[f"other_{what}"] = table[what] - table[f"attracting_{what}"]
    held, noisy = table[table["arm"] == HOLD], table[(table["arm"] == NOISY) & (table["factor"] == 1)]
    changed = held[held["factor"] != 1]
    rows = [
        _row(RATE, task, SOLID, place, group, ("rate",))
        for (task, place), group in changed.groupby(["task", "gain"], sort=True)
    ]
    for panel, part, by, solid, dashed in (
        (SHARES, changed, ["task", "gain"], ("attracting", "contents"), ("lasting", "contents")),
        (KEPT, held.assign(task=ALL), ["task", "bin"], ("attracting_kept", "attracting"), ("other_kept", "other")),
        (NOISE, noisy, ["task", "noise"], ("attracting_lasting", "attracting"), ("other_lasting", "other")),
    ):
        for (task, place), group in part.groupby(by, sort=True):
            rows += [_row(panel, task, line, place, group, of) for line, of in ((SOLID, solid), (DASHED, dashed))]
    shown = pd.DataFrame(rows, columns=_COLUMNS).dropna(subset="value").reset_index(drop=True)
    return shown.assign(factors=shown["x"].where(shown["panel"] == KEPT).map(dict(enumerate(FACTORS))))


def _row(panel: str, task: object, line: str, x: object, group: pd.DataFrame, of: Sequence[str]) -> list[object]:
    """A mean of a column, or a share: of one column's contents that another counts; its interval is over seeds."""
    if len(of) == 1:
        by_seed, counts, value = group.groupby("seed")[of[0]].mean(), (np.nan, np.nan), group[of[0]].mean()
    else:
        sums = group.groupby("seed")[list(of)].sum()
        sums = sums[sums[of[1]] > 0]
        counted, contents = sums.sum()
        by_seed, counts = sums[of[0]] / sums[of[1]], (contents, counted)
        value = counted / contents if contents else np.nan
    return [panel, task, line, x, len(group), *counts, value, *mean_interval(by_seed.to_numpy(float))]


@house_style()
def draw(shown: pd.DataFrame) -> Figure:
    """Four panels: how fast differences grow, how many contents attract and last, are kept, and last with noise.

    A colour and a shape per task. W_hh is changed once all is written. Solid: contents that attract, dashed: others;
    or how many attract, and how many last.

    Args:
        shown: What :func:`read` gives.
    """
    tasks = sorted(set(shown["task"]) - {ALL})
    if not tasks:
        return blank_figure("no network of this experiment solves its task")
    figure, panels = panel_grid(4, 2, 2.0, 0.6)
    labels = {
        RATE: "growth a step", SHARES: "share of contents", KEPT: "kept, of these contents",
        NOISE: "last, of these contents",
    }  # fmt: skip
    for axes, (panel, label) in zip(panels.flat, labels.items(), strict=True):
        of_panel = shown[shown["panel"] == panel].sort_values("x")
        for number, task in enumerate([*tasks, ALL]):
            look = {"color": EXPECTED, "marker": "o"} if task == ALL else group_look(number)
            for line in (SOLID, DASHED):
                rows = of_panel[(of_panel["task"] == task) & (of_panel["line"] == line)]
                _curve(axes, rows, {**look, "linestyle": line, "markersize": 2.4})
        axes.set_ylabel(label)
        axes.set_ylim(*(None, None) if panel == RATE else (-0.12 if panel == KEPT else -0.03, 1.06))
    for axes in panels[0]:
        axes.set(xlabel="gain: largest |eigenvalue| of $W_{hh}$")
        axes.axvline(1, color="0.8", linewidth=0.5, zorder=0)
    panels[0, 0].axhline(0, color="0.8", linewidth=0.5, zorder=0)
    factors, noises = panels[1]
    factors.set(xlabel="$W_{hh}$ times", xticks=range(len(FACTORS)), xlim=(-0.4, len(FACTORS) - 0.4))
    factors.set_xticklabels(list(FACTORS))
    sizes = sorted(set(shown.loc[shown["panel"] == NOISE, "x"]))
    noises.set(xscale="log", xlabel="noise a step, as a share of the state", xticks=sizes)
    noises.set_xticklabels([f"{size:g}" for size in sizes])
    noises.minorticks_off()
    entries = {wrap_name(task, 24): Line2D([], [], **group_look(i), markersize=3) for i, task in enumerate(tasks)}
    entries |= {
        "all tasks": Line2D([], [], color=EXPECTED, marker="o", markersize=3),
        "below: those that attract\ntop right: attract": key_line("0.4", SOLID),
        "below: the others\ntop right: last": key_line("0.4", DASHED),
    }
    figure_key(figure, entries, ncols=min(len(entries), 4))
    return figure


def _curve(axes: Axes, rows: pd.DataFrame, form: dict[str, Any]) -> None:
    """Values, solid in the band of their intervals; of factors with their percentages."""
    if form["linestyle"] == SOLID:
        draw_band(axes, rows["x"], rows["value"], rows["low"], rows["high"], **form)
    else:
        axes.plot(rows["x"], rows["value"], **form, linewidth=0.8)
    aside = (0, 4 if form["linestyle"] == SOLID else -9)
    for row in table_rows(rows[rows["panel"] == KEPT]):
        at = (row.x, row.value)
        axes.annotate(f"{row.value:.0%}", at, aside, textcoords="offset points", ha="center", fontsize=6)
