"""What another threshold, or another rounding, makes of the same run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

from emtvb.core.style import EXPECTED, style
from emtvb.experiments.sweep.figures.solutions import read  # noqa: F401 - what draw is handed
from emtvb.figures.marks import look, mark
from emtvb.figures.panels import grid, key, say_instead
from emtvb.figures.words import wrapped
from emtvb.theory.verdict import NOT_LEARNED

PAIRS = {
    "threshold": ("another threshold", "there is one threshold only"),
    "twin": ("another rounding", "no rounding twins here"),
}
"""What the pairs of a panel differ in, and what stands where there are none."""
MEASURES = {"test_accuracy": "share of wrong outputs", "spectral_error": "spectral error (rad)"}

_ALL_RIGHT = 3e-7
"""Where a run without any wrong output stands: below the least share that 640 sequences of 200 steps can have."""


@style()
def draw(rows: pd.DataFrame) -> Figure:
    """Pairs of runs that differ in nothing but the threshold, or in the rounding of one weight.

    What is wrong of their outputs, and their spectral errors; filled without a penalty, open with one. On the line both
    are the same. At the foot and at the left stand errors that do not exist. A row of two panels for each kind of pair
    that there is. Sizes and penalties with which no run solves any task are left out.

    Args:
        rows: What ``emtvb.paper.solutions.rows`` gives.
    """
    pairs, tasks = numbers(rows), list(rows.loc[rows["panel"] == "kind", "task"].unique())
    there = [panel for panel in PAIRS if (pairs["panel"] == panel).any()] or list(PAIRS)[:1]
    figure, panels = grid(len(there) * len(MEASURES), len(MEASURES), 3.05, 0.4)
    for line, panel in zip(panels, there, strict=True):
        _show_pairs(list(line), pairs[pairs["panel"] == panel], panel, tasks)
    if not pairs.empty:
        entries = {wrapped(task, 20): mark(**look(i)) for i, task in enumerate(tasks)}
        if (pairs["l2"] > 0).any():
            entries |= {"without a penalty": mark(color=EXPECTED, marker="o")}
            entries |= {"with one": mark(color=EXPECTED, marker="o", markerfacecolor="white")}
        key(figure, entries)
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """The pairs that are drawn: of sizes and penalties with which some run solves some task.

    Returns:
        Rows of ``emtvb.paper.solutions.rows`` whose ``panel`` is threshold or twin, with the same columns.
    """
    kinds, pairs = rows[rows["panel"] == "kind"], rows[rows["panel"] != "kind"]
    solutions = kinds[(kinds["verdict"] != NOT_LEARNED) & (kinds["found"] > 0)]
    if solutions.empty:
        return pairs
    return pairs[pairs["l2"].isin(solutions["l2"]) & pairs["hidden_dim"].isin(solutions["hidden_dim"])]


def _show_pairs(panels: Sequence[Axes], rows: pd.DataFrame, panel: str, tasks: Sequence[str]) -> None:
    """The panels of one kind of pairs, or that there are none."""
    name, nothing = PAIRS[panel]
    for axes, (measure, what) in zip(panels, MEASURES.items(), strict=True):
        pairs = rows[rows["measure"] == measure]
        if pairs.empty:
            say_instead(axes, nothing)
            continue
        changed = int((pairs["verdict"] != pairs["other_verdict"]).sum())
        summary = f"kind changes in {changed} of {len(pairs)}" if measure == "test_accuracy" else _coverage(pairs)
        axes.set_title(f"{name}: {what}\n{summary}")
        _show_pair(axes, pairs, measure, tasks)
        axes.set_xlabel(_first(pairs, panel))
        axes.set_ylabel(_second(pairs, panel))


def _first(pairs: pd.DataFrame, panel: str) -> str:
    return f"threshold {pairs['threshold'].min():g}" if panel == "threshold" else "the run"


def _second(pairs: pd.DataFrame, panel: str) -> str:
    if panel == "twin":
        return "its twins"
    return "threshold " + ", ".join(f"{value:g}" for value in sorted(pairs["other"].unique()))


def _coverage(pairs: pd.DataFrame) -> str:
    one, other = (np.isfinite(pairs[name].to_numpy(float)) for name in ("value", "other_value"))
    return f"one has none in {int((one != other).sum())} of {len(pairs)}"


def _show_pair(axes: Axes, pairs: pd.DataFrame, measure: str, tasks: Sequence[str]) -> None:
    """One against the other, on logarithmic scales of one length."""
    one, other = (pairs[name].to_numpy(float) for name in ("value", "other_value"))
    if measure == "test_accuracy":
        one, other = (np.maximum(1 - values, _ALL_RIGHT) for values in (one, other))
        low, high, nothing = _ALL_RIGHT / 1.6, 1.0, _ALL_RIGHT
    else:
        seen = np.concatenate([one, other])
        seen = seen[np.isfinite(seen) & (seen > 0)]
        low, high = (float(seen.min()) / 6, float(seen.max()) * 1.6) if seen.size else (1e-4, 1e-1)
        nothing = low * 1.6
        both = np.isfinite(one) | np.isfinite(other)
        one, other = (np.where(np.isfinite(values), values, nothing) for values in (one, other))
        one, other, pairs = one[both], other[both], pairs[both]
        low_line = nothing * 1.7
        axes.axhline(low_line, color="0.8", linewidth=0.5, linestyle=":")
        axes.axvline(low_line, color="0.8", linewidth=0.5, linestyle=":")
    axes.plot([low, high], [low, high], color="0.7", linewidth=0.6, zorder=1)
    for task, l2, x, y in zip(pairs["task"], pairs["l2"], one, other, strict=True):
        form = look(tasks.index(task), filled=l2 == 0)
        axes.plot([x], [y], **form, markersize=3, markeredgewidth=0.6, alpha=0.75)
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    axes.set_box_aspect(1)
    powers = [tick for tick in LogLocator(numticks=4).tick_values(nothing, high) if nothing * 8 < tick <= high]
    name = "0" if measure == "test_accuracy" else "none"
    labels = [name, *(f"$10^{{{round(np.log10(tick))}}}$" for tick in powers)]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([nothing, *powers]))
        axis.set_ticklabels(labels)
        axis.set_minor_locator(NullLocator())
