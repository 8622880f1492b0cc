"""Learning curves: accuracy of the training batches and their horizon (paper section 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from emtvb import tables
from emtvb.experiments.sweep.constants import CELL
from emtvb.figures.data import distinct_cells
from emtvb.figures.marks import draw_band
from emtvb.figures.panels import figure_key, label_outside, panel_grid
from emtvb.figures.style import COLOURS, COLUMN, PAGE, house_style
from emtvb.figures.words import wrap_name
from emtvb.theory.network_verdict import AT_CHANCE

SOLVED = 0.1
"""A size with which in no group so many runs solve the task is not drawn, where another is."""
HEIGHTS = {"accuracy": 1.3, "horizon": 0.55}
"""The panels of a size, from the top, and their relative heights."""

_DASHES = ("-", (0, (4, 1.2)), (0, (1.2, 1)), (0, (5, 1, 1, 1)), (0, (7, 2)), (0, (3, 1, 1, 1, 1, 1)))


def read(summary: Path | str, measurements: Path | str) -> pd.DataFrame:
    """What the figure shows, from the summary of an experiment's learning curves and its measurements.

    Returns:
        The summary, and ``solved``, the share of a group's runs that solve their task.
    """
    shares = tables.read_table(measurements, (*CELL, "solved")).groupby(CELL)["solved"].mean()
    return pd.read_csv(summary).merge(shares, on=CELL, how="left")


@house_style()
def draw(summary: pd.DataFrame) -> Figure:
    """Median accuracy against the step, with the quartiles as a band, and the median horizon: sizes that learn.

    A column of panels per task and two rows per hidden size; penalties have the colours, and each penalty and threshold
    its dashes. Sizes with which no group learns its task, and penalties under which nothing was learned, are named and
    not drawn.

    Args:
        summary: What :func:`read` gives.
    """
    drawn, lines = _learned(summary)
    tasks, sizes = list(drawn["task"].unique()), sorted(drawn["hidden_dim"].unique())
    groups, l2s = distinct_cells(drawn, ["l2", "threshold"]), sorted(drawn["l2"].unique())
    looks: dict[tuple[float, float], dict[str, Any]] = {
        (l2, threshold): {"color": COLOURS[l2s.index(l2) % len(COLOURS)], "linestyle": _DASHES[i % len(_DASHES)]}
        for i, (l2, threshold) in enumerate(groups)
    }
    rows = [(size, measure) for size in sizes for measure in HEIGHTS]
    width = COLUMN if len(tasks) == 1 else PAGE
    figure, panels = panel_grid(
        len(rows) * len(tasks), len(tasks), 0.875, 0.9,
        width=width, sharex=True, sharey="row", height_ratios=[HEIGHTS[measure] for _, measure in rows],
    )  # fmt: skip
    label_outside(panels, x="step")
    most = int(drawn["horizon"].max())
    for line, (size, measure) in zip(panels, rows, strict=True):
        for axes, task in zip(line, tasks, strict=True):
            here = drawn[(drawn["hidden_dim"] == size) & (drawn["task"] == task)]
            for group, curve in here.groupby(["l2", "threshold"], sort=False):
                _curve(axes, curve, measure, looks[group])
        line[0].set_ylabel(f"{size} neurons\naccuracy" if measure == "accuracy" else measure)
        if measure == "accuracy":
            line[0].set_ylim(min(line[0].get_ylim()[0], 0.49), 1.01)  # with chance in sight
        else:
            line[0].set(ylim=(0, 1.12 * most), yticks=[0, most])
    for axes, task in zip(panels[0], tasks, strict=True):
        axes.set_title(wrap_name(task, 20))
    _widen_the_beginning(panels[0, 0], int(drawn["step"].max()) + 1, few=len(tasks) > 2)
    samples = {
        f"L2 {l2:g}, threshold {threshold:g}": Line2D([], [], linewidth=1.2, **look)
        for (l2, threshold), look in looks.items()
    }
    figure_key(figure, samples, ncols=4 if width == PAGE else 2, handlelength=2.4)
    letters = 110 if width == PAGE else 50  # in a line
    figure.suptitle("\n".join(wrap_name(line, letters) for line in lines))
    return figure


def _learned(summary: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Rows of penalties and sizes that learn, or all where none does; what curves and bands are; what is left out."""
    best = summary.groupby("l2")["accuracy_75"].max()
    idle = [f"{l2:g}" for l2 in best.index if not best[l2] > AT_CHANCE]  # NaN, too, where all runs diverged
    drawn = summary[summary["l2"].isin(best.index[best > AT_CHANCE])] if len(idle) < len(best) else summary
    most = int(drawn["runs"].max())
    lines = [f"median and quartiles over up to {most} seeds; steps on a square-root scale"] if most > 1 else []
    if len(drawn) < len(summary):
        lines.append(f"not drawn: L2 {', '.join(idle)}, where no accuracy leaves chance")
    best = drawn.groupby("hidden_dim")["solved"].max()
    small = [f"{size}" for size in best.index if not best[size] >= SOLVED]
    if 0 < len(small) < len(best):
        drawn = drawn[drawn["hidden_dim"].isin(best.index[best >= SOLVED])]
        lines.append(f"not drawn: {', '.join(small)} neurons, where fewer than {SOLVED:.0%} solve a task")
    return drawn, lines


def _curve(axes: Axes, group: pd.DataFrame, measure: str, look: dict[str, Any]) -> None:
    """One group's median and band; its median horizon has steps and no band."""
    settings = {**look, "linewidth": 0.9, "zorder": 3}
    if measure == "horizon":
        axes.plot(group["step"], group["horizon"], drawstyle="steps-post", **settings)
        return
    low, middle, high = (group[f"{measure}_{percent}"] for percent in (25, 50, 75))
    if (group["runs"] > 1).any():
        draw_band(axes, group["step"], middle, low, high, **settings)
    else:
        axes.plot(group["step"], middle, **settings)


def _widen_the_beginning(axes: Axes, steps: int, few: bool) -> None:
    """A square-root scale for all panels, which share their x axis: the curriculum moves up early."""
    for shared in axes.get_shared_x_axes().get_siblings(axes):
        shared.set_xscale("function", functions=(np.sqrt, np.square))
    axes.set_xlim(0, steps)
    shares = (0, 0.25, 1) if few else (0, 0.05, 0.25, 0.5, 1)
    ticks = sorted({round(share * steps) for share in shares})
    axes.set_xticks(ticks, [f"{tick / 1000:g}k" if tick >= 1000 else str(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
