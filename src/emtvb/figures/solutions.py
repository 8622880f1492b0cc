"""How often each kind of solution is found, and what another threshold or another rounding makes of the same run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

from emtvb.figures.panels import each, wrapped
from emtvb.figures.style import COLOURS, EXPECTED, PAGE, style

SOLUTIONS = ("linearly stored and editable", "solves the task without it")
"""The verdicts that are solutions, in the order in which they are shown."""
UNSOLVED = "did not learn"
"""The verdict that is no solution: what is left of all runs."""
KINDS = ("o", EXPECTED), ("s", COLOURS[5]), ("^", COLOURS[0]), ("D", COLOURS[3])
"""Marker and colour of a kind of solution, in order; then from the beginning."""
LOOKS = ("o", COLOURS[0]), ("s", COLOURS[1]), ("^", COLOURS[2]), ("D", COLOURS[3])
"""The same of a task."""
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
    """Above, a panel per task: the share of runs that find each kind of solution, by size, penalty and threshold.

    A mark is a share, its bar Clopper and Pearson's 95% interval; what is left did not learn. Penalties and sizes with
    which no run solves a task are left out and named. Below, pairs of runs that differ in nothing but the threshold, or
    in the rounding of one weight: what is wrong of their outputs, and their spectral errors; filled without a penalty,
    open with one. On the line both are the same. At the foot and at the left stand errors that do not exist.

    Args:
        rows: What ``emtvb.paper.solutions.rows`` gives.
    """
    kinds, left_out = _solved(rows[rows["panel"] == "kind"])
    tasks = list(rows.loc[rows["panel"] == "kind", "task"].unique())
    across = min(len(tasks), 2)
    deep = -(-len(tasks) // across)
    figure = Figure(figsize=(PAGE, 1.75 * deep + 2.6), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.75 * deep + 0.2, 2.4]).ravel()
    panels = above.subplots(deep, across, squeeze=False, sharey=True).ravel()
    found = set(rows["verdict"].dropna()) - {UNSOLVED}
    verdicts = [*(kind for kind in SOLUTIONS if kind in found), *sorted(found - set(SOLUTIONS))]
    for i, (axes, task) in enumerate(zip(panels, tasks, strict=False)):
        _show_kinds(axes, kinds[kinds["task"] == task], verdicts)
        axes.set_title(wrapped(str(task), 40))
        below_groups = "threshold, neurons and penalty" if i + across >= len(tasks) else ""
        axes.set_xlabel(f"\n\n{below_groups}", labelpad=5, fontsize=7)
    for axes in panels[len(tasks) :]:
        axes.set_axis_off()
    above.supylabel("share of runs", fontsize=8)
    looks = {verdict: KINDS[k % len(KINDS)] for k, verdict in enumerate(verdicts)}
    handles = [_mark_of(marker, colour) for marker, colour in looks.values()]
    above.legend(handles, list(looks), loc="outside upper center", ncols=len(looks) or 1, title=_note(left_out))
    pairs = _without(rows[rows["panel"] != "kind"], left_out)
    _show_pairs(list(below.subplots(1, 2 * len(PAIRS))), pairs, tasks)
    below.legend(*_tasks_and_penalties(pairs, tasks), loc="outside lower center", ncols=len(tasks) + 2)
    return figure


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """What is drawn, and the penalties and sizes that are not: the table itself."""
    return rows


def _solved(kinds: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[float]]]:
    """Without the penalties and sizes with which no run solves a task, and these by column; all where none does."""
    found = kinds[(kinds["verdict"] != UNSOLVED) & (kinds["found"] > 0)]
    if found.empty:
        return kinds, {}
    left_out = {name: sorted(set(kinds[name]) - set(found[name])) for name in ("l2", "hidden_dim")}
    return _without(kinds, left_out), left_out


def _without(rows: pd.DataFrame, left_out: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    for name, values in left_out.items():
        rows = rows[~rows[name].isin(values)]
    return rows


def _note(left_out: Mapping[str, Sequence[float]]) -> str | None:
    """What is not shown, in words."""
    words = {"l2": "L2 {}", "hidden_dim": "{} neurons"}
    said = [words[name].format(", ".join(f"{x:g}" for x in values)) for name, values in left_out.items() if values]
    return f"not shown: {' and '.join(said)}, with which nothing is solved" if said else None


def _show_kinds(axes: Axes, kinds: pd.DataFrame, verdicts: Sequence[str]) -> None:
    """One task: a group per size and penalty, in it a place per threshold and there a mark per kind."""
    cells = list(kinds[["hidden_dim", "l2"]].drop_duplicates().sort_values(["hidden_dim", "l2"])
                 .itertuples(index=False, name=None))  # fmt: skip
    thresholds = sorted(kinds["threshold"].unique())
    step = 0.8 / len(thresholds)
    upright = len(cells) * len(thresholds) > 12
    ticks, names = [], []
    for i, (hidden_dim, l2) in enumerate(cells):
        for j, threshold in enumerate(thresholds):
            middle = i + (j + 0.5) * step - 0.4
            there = kinds[(kinds["hidden_dim"] == hidden_dim) & (kinds["l2"] == l2) & (kinds["threshold"] == threshold)]
            ticks.append(middle)
            names.append(f"{threshold:g}")
            for k, verdict in enumerate(verdicts):
                marker, colour = KINDS[k % len(KINDS)]
                place = middle + (k - (len(verdicts) - 1) / 2) * step * 0.4
                for row in each(there[there["verdict"] == verdict]):
                    axes.plot([place] * 2, [row.low, row.high], color=colour, linewidth=0.9)
                    axes.plot([place], [row.value], marker, color=colour, markersize=3.4, clip_on=False)
        axes.annotate(
            f"{hidden_dim}\nL2 {l2:g}", (i, 0), (0, -22 if upright else -11), ("data", "axes fraction"),
            "offset points", ha="center", va="top", fontsize=7, annotation_clip=False,
        )  # fmt: skip
        if i:
            axes.axvline(i - 0.5, color="0.8", linewidth=0.5)
    axes.set_xticks(ticks, names, rotation=90 if upright else 0)
    axes.tick_params(axis="x", length=0, pad=1)
    axes.set(xlim=(-0.5, len(cells) - 0.5), ylim=(-0.03, 1.03))


def _show_pairs(panels: Sequence[Axes], rows: pd.DataFrame, tasks: Sequence[str]) -> None:
    for i, (panel, (name, nothing)) in enumerate(PAIRS.items()):
        of_panel = rows[rows["panel"] == panel]
        for j, (measure, what) in enumerate(MEASURES.items()):
            axes = panels[2 * i + j]
            pairs = of_panel[of_panel["measure"] == measure]
            if pairs.empty:
                axes.set_axis_off()
                if j == 0:
                    axes.text(1.1, 0.5, nothing, ha="center", va="center", transform=axes.transAxes, color="0.35")
                continue
            changed = int((pairs["verdict"] != pairs["other_verdict"]).sum())
            said = f"kind changes in {changed} of {len(pairs)}" if j == 0 else _coverage(pairs)
            axes.set_title(f"{name}:\n{what}\n{said}", fontsize=7)
            _show_pair(axes, pairs, measure, tasks)
            axes.set_xlabel(_first(pairs, panel), fontsize=7, labelpad=1)
            axes.set_ylabel(_second(pairs, panel), fontsize=7, labelpad=1)


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
        marker, colour = LOOKS[list(tasks).index(task) % len(LOOKS)]
        face = colour if l2 == 0 else "white"
        axes.plot([x], [y], marker, markeredgecolor=colour, markerfacecolor=face, markersize=3, markeredgewidth=0.6)
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    axes.set_box_aspect(1)
    powers = [tick for tick in LogLocator(numticks=4).tick_values(nothing, high) if nothing * 8 < tick <= high]
    name = "0" if measure == "test_accuracy" else "none"
    labels = [name, *(f"$10^{{{round(np.log10(tick))}}}$" for tick in powers)]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([nothing, *powers]))
        axis.set_ticklabels(labels)
        axis.set_minor_locator(NullLocator())


def _mark_of(marker: str, colour: str, face: str | None = None) -> Line2D:
    return Line2D([], [], marker=marker, linestyle="none", color=colour, markersize=4, markerfacecolor=face or colour)


def _tasks_and_penalties(pairs: pd.DataFrame, tasks: Sequence[str]) -> tuple[list[Line2D], list[str]]:
    """The key of the pairs; nothing where there are none."""
    if pairs.empty:
        return [], []
    handles = [_mark_of(*LOOKS[i % len(LOOKS)]) for i in range(len(tasks))]
    names = [wrapped(str(task), 20) for task in tasks]
    if (pairs["l2"] > 0).any():
        handles += [_mark_of("o", EXPECTED), _mark_of("o", EXPECTED, "white")]
        names += ["without a penalty", "with one"]
    return handles, names
