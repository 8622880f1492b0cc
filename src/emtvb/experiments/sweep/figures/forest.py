"""A forest plot of Table 1: what is printed beside our seeds (docs/evidence.md)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter, NullLocator

from emtvb.experiments.sweep import constants
from emtvb.figures.data import table_rows
from emtvb.figures.marks import draw_points, key_line, key_mark, swarm_offsets
from emtvb.figures.panels import add_panel, figure_key, shade_every_second, write_words
from emtvb.figures.style import COLOURS, COLUMN, house_style
from emtvb.figures.words import wrap_name
from emtvb.paper import forest as paper
from emtvb.paper.error_rates import BOOTSTRAP
from emtvb.paper.twins import measured_with_twins

CELL = constants.CELL[:-1]
"""Without the threshold: a seed stands at its best over all of them, as in the paper."""
SIGNS = {"consistent": "=", "inconsistent": "\N{NOT EQUAL TO}", "not determined": "?", "not judged": "\N{EN DASH}"}
"""How a verdict is written."""

_OURS, _PRINTED, _MARGIN = COLOURS[0], COLOURS[1], "#F6D5BF"
_SEEDS = "0.55"
_ROW, _TOP, _FOOT = 0.185, 0.34, 1.2
"""Inches: a cell's row, and what is above and below all of them."""
_LINES = {"seed": -0.27, "ours": 0.03, "printed": 0.3}
"""Where the kinds of marks stand in a row, as shares of it."""
_NAMES = {"task": 0.04, "hidden_dim": 0.42, "l2": 0.78}
"""Inches from the left: where a cell's settings stand, the last two right-aligned."""
_ACCURACY, _ERRORS = (0.87, 0.9), (2.02, 0.68)
"""Inches: left edge and width of the panels."""
_COVERAGE = 3.01
"""Inches from the left: where the number of seeds with an error ends, before the verdict."""
_LETTER, _LONGEST = 0.075, 12
"""Inches that a letter of a task's name takes, of which there is room for two; and letters in a line, at most."""
_NONE = 0.12
"""Inches of the error panel for cells and seeds that have no error."""


def read(
    runs: Path | str, measurements: Path | str, twins: Sequence[Path | str], rates: Sequence[Path | str]
) -> pd.DataFrame:
    """What the figure shows.

    Args:
        runs: An experiment's run table.
        measurements: Its measurements.
        twins: The same two files of rounding twins beside it, or none.
        rates: Its ``measurements/error_rates/cells.csv``, or none.
    """
    errors = pd.read_csv(rates[0], dtype={"task": str}) if rates else pd.DataFrame(columns=BOOTSTRAP)
    return paper.forest_rows(measured_with_twins(runs, measurements, twins), errors)


@house_style()
def draw(rows: pd.DataFrame) -> Figure:
    """A row per cell; at the left its accuracies, at the right its spectral errors, as wide as a column of print.

    It is wider where tasks have long names.
    Grey dots are seeds, the blue dot with its bar their mean with its interval; the diamond is what is printed, on its
    margin. At the left of the errors stands what has none. Behind a panel: for how many of the seeds there is an error,
    and the verdict: = consistent, a crossed = inconsistent, ? not determined, and a dash where the runs for a verdict
    are not there.

    Args:
        rows: What ``emtvb.paper.forest.forest_rows`` gives.
    """
    cells = list(rows[CELL].drop_duplicates().itertuples(index=False, name=None))
    height = _TOP + _ROW * len(cells) + _FOOT
    extra = _LETTER * max(0, *(min(len(str(task)), _LONGEST) - 2 for task, *_ in cells))
    width = COLUMN + extra
    figure = Figure(figsize=(width, height))

    def add(left: float, wide: float) -> Axes:
        axes = add_panel(figure, left, _FOOT, wide, _ROW * len(cells))
        axes.set(ylim=(len(cells) - 0.5, -0.5), yticks=[])
        axes.patch.set_visible(False)
        axes.spines["left"].set_visible(False)
        return axes

    names = add(0, width)
    names.set(xlim=(-extra, COLUMN))
    names.set_axis_off()
    names.set_zorder(-1)  # its bands lie behind the panels
    _name_cells(names, cells)
    accuracies = add(extra + _ACCURACY[0], _ACCURACY[1])
    errors = add(extra + _ERRORS[0] + _NONE, _ERRORS[1] - _NONE)
    none = add(extra + _ERRORS[0], _NONE)
    _fill(accuracies, None, rows[rows["measure"] == "accuracy"], cells)
    _fill(errors, none, rows[rows["measure"] == "spectral_error"], cells)
    _scale_accuracies(accuracies, rows)
    _scale_errors(errors, none, rows)
    _say(names, rows, cells)
    _legend(figure, rows)
    return figure


def _name_cells(axes: Axes, cells: list[tuple[Any, Any, Any]]) -> None:
    """Settings at the left, each where it changes; tasks are told apart by bands."""
    before: tuple[Any, Any] = (None, None)
    shade_every_second(axes, [task for task, *_ in cells])
    for i, (task, hidden_dim, l2) in enumerate(cells):
        if task != before[0]:
            name = wrap_name(task, _LONGEST)
            axes.text(axes.get_xlim()[0] + _NAMES["task"], i, name, va="center", fontweight="bold", fontsize=7)
        if (task, hidden_dim) != before:
            axes.text(_NAMES["hidden_dim"], i, str(hidden_dim), ha="right", va="center", fontsize=7)
            if before[0] is not None:
                axes.axhline(i - 0.5, color="0.75", linewidth=0.4)
        axes.text(_NAMES["l2"], i, f"{l2:g}", ha="right", va="center", fontsize=7)
        before = (task, hidden_dim)
    for name, place in (("neurons", "hidden_dim"), ("L2", "l2")):
        axes.text(_NAMES[place], -0.8, name, ha="right", va="bottom", fontsize=7)


def _fill(axes: Axes, none: Axes | None, rows: pd.DataFrame, cells: list[tuple[Any, Any, Any]]) -> None:
    """The marks of one measure; those without a value on ``none``."""
    for i, cell in enumerate(cells):
        of_cell = rows[(rows[CELL] == list(cell)).all(axis=1)]
        seeds = of_cell.loc[of_cell["kind"] == "seed", "value"].to_numpy(float)
        seeds = seeds[np.isfinite(seeds)]
        offsets = (
            swarm_offsets(seeds, 0.01, 0.11, 0.3) if none is None else swarm_offsets(np.log10(seeds), 0.04, 0.11, 0.3)
        )
        axes.plot(seeds, i + _LINES["seed"] + offsets, "o", color=_SEEDS, markersize=1.6, markeredgewidth=0, zorder=2)
        for row in table_rows(of_cell[of_cell["kind"] == "ours"]):
            place = i + _LINES["ours"]
            draw_points(axes, place, row.value, row.low, row.high, width=1.1, clip_on=False, **_OUR_LOOK)
            _mark_missing(none, row.value, place, _OUR_LOOK)
        for row in table_rows(of_cell[of_cell["kind"] == "printed"]):
            place = i + _LINES["printed"]
            axes.plot([row.low, row.high], [place] * 2, color=_MARGIN, linewidth=4, solid_capstyle="butt", zorder=1)
            axes.plot([row.value], [place], clip_on=False, **_PRINTED_LOOK)
            _mark_missing(none, row.value, place, _PRINTED_LOOK)


_OUR_LOOK: dict[str, Any] = {"marker": "o", "color": _OURS, "markersize": 3.2, "markeredgewidth": 0, "zorder": 4}
_PRINTED_LOOK: dict[str, Any] = {
    "marker": "D", "markerfacecolor": "none", "color": _PRINTED, "markersize": 3.2, "markeredgewidth": 0.9, "zorder": 5,
    "linestyle": "none",
}  # fmt: skip


def _mark_missing(none: Axes | None, value: float, place: float, look: dict[str, Any]) -> None:
    """A mark on the panel of what has no value, if there is such a panel, and none."""
    if none is not None and not np.isfinite(value):
        none.plot([0], [place], clip_on=False, **look)


def _scale_accuracies(axes: Axes, rows: pd.DataFrame) -> None:
    shown = rows.loc[rows["measure"] == "accuracy", ["value", "low"]].to_numpy(float)
    least = float(np.nanmin(shown, initial=1.0))
    axes.set_xlim(min(0.9, np.floor(20 * least) / 20 - 0.02), 1.02)
    axes.set_xticks([0.5, 0.75, 1] if least < 0.7 else [0.9, 1.0] if least > 0.87 else [0.8, 0.9, 1])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_title("accuracy", fontsize=7.5)
    axes.grid(axis="x", color="0.85", linewidth=0.4, zorder=0)


def _scale_errors(axes: Axes, none: Axes, rows: pd.DataFrame) -> None:
    """As far as values, margins and a power of ten go; intervals that go further end in an arrow."""
    of_errors = rows[rows["measure"] == "spectral_error"]
    shown = np.concatenate(
        [of_errors["value"], *(of_errors.loc[of_errors["kind"] == "printed", end] for end in ("low", "high"))]
    )
    shown = shown[np.isfinite(shown) & (shown > 0)].astype(float)
    low, high = (float(shown.min()) / 1.4, float(shown.max()) * 1.4) if shown.size else (1e-3, 1e-2)
    power = 10 ** np.round(np.log10(low * high) / 2)  # one at least is in sight, and gets a label
    low, high = min(low, power / 1.2), max(high, power * 1.2)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    cells = {cell: i for i, cell in enumerate(rows[CELL].drop_duplicates().itertuples(index=False, name=None))}
    for row in table_rows(of_errors[of_errors["kind"] == "ours"]):
        for beyond, end, marker in ((row.low < low, low, "<"), (row.high > high, high, ">")):
            if beyond:
                place = cells[row.task, row.hidden_dim, row.l2] + _LINES["ours"]
                axes.plot([end], [place], marker, color=_OURS, markersize=3.2, markeredgewidth=0, clip_on=False)
    powers = np.arange(np.ceil(np.log10(low)), np.log10(high))
    axes.set_xticks(10.0 ** powers[:: -(-len(powers) // 2)])  # more than two labels would touch
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title("error (rad)", fontsize=7.5)
    axes.grid(axis="x", color="0.85", linewidth=0.4, zorder=0)
    none.set(xlim=(-1, 1), xticks=[0], xticklabels=["none"])
    none.tick_params(axis="x", length=0, pad=14)  # below the other labels
    none.spines["right"].set_visible(True)
    none.spines["right"].set(color="0.6", linestyle=(0, (2, 2)))


def _say(axes: Axes, rows: pd.DataFrame, cells: list[tuple[Any, Any, Any]]) -> None:
    """Coverage and verdicts, behind the panels."""
    ours = {(row.task, row.hidden_dim, row.l2, row.measure): row for row in table_rows(rows[rows["kind"] == "ours"])}
    places = {"accuracy": _ACCURACY[0] + _ACCURACY[1] + 0.02, "spectral_error": _COVERAGE + 0.04}
    for i, cell in enumerate(cells):
        for measure, place in places.items():
            row = ours[(*cell, measure)]
            if isinstance(row.verdict, str):
                heavy = "bold" if row.verdict == "inconsistent" else "normal"
                label = SIGNS[row.verdict]
                axes.text(place, i, label, ha="left", va="center", fontsize=7.5, fontweight=heavy)
            if measure == "spectral_error":
                axes.text(_COVERAGE, i, f"{row.with_value}/{row.seeds}", ha="right", va="center", fontsize=7)
    axes.text(_COVERAGE, -0.8, "n/m", ha="right", va="bottom", fontsize=7)


def _legend(figure: Figure, rows: pd.DataFrame) -> None:
    most = int(rows["seeds"].max())
    seeds = key_mark(marker="o", color=_SEEDS, markersize=2, markeredgewidth=0)
    entries: dict[str, Any] = {f"our seeds ({most})" if most > 1 else "our seed": seeds}
    if (rows["kind"].eq("ours") & rows["low"].notna()).any():
        entries["their mean; 95% interval for that of 20 new seeds"] = (key_line(_OURS), key_mark(**_OUR_LOOK))
    else:
        entries["their mean"] = key_mark(**_OUR_LOOK)
    if (rows["kind"] == "printed").any():
        margin = Patch(facecolor=_MARGIN)
        entries["the paper's value, and what counts as the same"] = (margin, key_mark(**_PRINTED_LOOK))
    figure_key(
        figure, entries, loc="lower left", bbox_to_anchor=(0.01, 0.43 / figure.get_figheight()), ncols=1,
        handler_map={tuple: HandlerTuple(ndivide=1)}, labelspacing=0.35, handlelength=1.6,  # marks lie on their bars
    )  # fmt: skip
    verdicts = {name: sign for name, sign in SIGNS.items() if (rows["verdict"] == name).any()}
    lines = ["   ".join(f"{sign} {name}" for name, sign in verdicts.items()), "n/m: n of m seeds have an error"]
    words = "\n".join(filter(None, lines))
    write_words(figure, 0.06, 0.06, words, fontsize=7, va="bottom")
