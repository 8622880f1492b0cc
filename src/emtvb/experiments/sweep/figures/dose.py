"""What becomes of memories when the weights are larger or smaller, and with noise."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.core.intervals import mean_interval
from emtvb.experiments.sweep.latching import CONTENTS, GAINS, HOLD, NOISES, NOISY, WRITE
from emtvb.figures.marks import draw_band, group_look, key_line
from emtvb.figures.panels import blank_figure, figure_key, panel_grid
from emtvb.figures.style import house_style
from emtvb.figures.words import wrap_name

RATE, ATTRACTING, LASTING, NOISE = "rate", "attracting", "lasting", "noise"
"""What is drawn, a panel each."""
SOLID, DASHED = "-", "--"
"""Which line: of changes once all is written, or of networks all of whose contents attract; of changes from the first
step on, or of the other networks."""
_COLUMNS = ["panel", "task", "line", "x", "networks", "mean", "low", "high"]


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/dose.csv``."""
    return numbers_of(pd.read_csv(table, dtype={"run_id": str}))


def numbers_of(table: pd.DataFrame) -> pd.DataFrame:
    """Means over networks, with 95% intervals over seeds, by panel, task, line and gain or noise."""
    shares = table[["attracting", "lasting"]] / CONTENTS
    table = table.assign(**shares)
    own = (table["factor"] == 1) & (table["noise"] == 0) & (table["arm"] == WRITE)
    attract = set(table.loc[own & (table["attracting"] == 1), "run_id"])
    free = table[(table["noise"] == 0) & (table["factor"] != 1)]
    parts = [
        (panel, line, free[free["arm"] == arm], "gain", panel)
        for panel in (RATE, ATTRACTING, LASTING)
        for line, arm in ((SOLID, HOLD), (DASHED, WRITE))
        if panel == LASTING or arm == HOLD
    ]
    noisy = table[(table["arm"] == NOISY) & (table["factor"] == 1)]
    for line, these in ((SOLID, True), (DASHED, False)):
        parts.append((NOISE, line, noisy[noisy["run_id"].isin(attract) == these], "noise", LASTING))
    rows = []
    for panel, line, part, x, column in parts:
        for (task, place), group in part.groupby(["task", x], sort=True):
            low, high = mean_interval(group.groupby("seed")[column].mean().to_numpy(float))
            rows.append({"panel": panel, "task": task, "line": line, "x": place, "networks": len(group),
                         "mean": group[column].mean(), "low": low, "high": high})  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


@house_style()
def draw(shown: pd.DataFrame) -> Figure:
    """Four panels: how fast differences grow, how many contents attract and last at each gain, and last with noise.

    A colour and a shape per task. Solid: changed once all is written; dashed: from the first step on. In the last
    panel solid lines are networks all of whose contents attract, dashed ones the others.

    Args:
        shown: What :func:`read` gives.
    """
    tasks = sorted(shown["task"].unique())
    if not tasks:
        return blank_figure("no network of this experiment solves its task")
    figure, panels = panel_grid(4, 2, 2.0, 0.5)
    labels = {
        RATE: "growth of a difference a step", ATTRACTING: "contents that attract", LASTING: "contents that last",
        NOISE: "contents that last",
    }  # fmt: skip
    for axes, (panel, label) in zip(panels.flat, labels.items(), strict=True):
        for number, task in enumerate(tasks):
            for line in (SOLID, DASHED):
                rows = shown[(shown["panel"] == panel) & (shown["task"] == task) & (shown["line"] == line)]
                _curve(axes, rows.sort_values("x"), number, line)
        if panel == NOISE:
            axes.set(xscale="log", xlabel="noise a step, as a share of the state", xticks=NOISES)
            axes.set_xticklabels([f"{noise:g}" for noise in NOISES])
            axes.minorticks_off()
        else:
            axes.set(xlabel="gain: largest |eigenvalue| of W_hh", xlim=(min(GAINS) - 0.02, max(GAINS) + 0.02))
            axes.axvline(1, color="0.8", linewidth=0.5, zorder=0)
        axes.set_ylabel(label)
        axes.set_ylim(*(None, None) if panel == RATE else (-0.03, 1.03))
    panels[0, 0].axhline(0, color="0.8", linewidth=0.5, zorder=0)
    entries = {wrap_name(task, 24): Line2D([], [], **group_look(i), markersize=3) for i, task in enumerate(tasks)}
    entries |= {
        "changed once written; with noise: all contents attract": key_line("0.4", SOLID),
        "changed from the start; with noise: not all attract": key_line("0.4", DASHED),
    }
    figure_key(figure, entries, ncols=min(len(entries), 6))
    return figure


def _curve(axes: Axes, rows: pd.DataFrame, number: int, line: str) -> None:
    """Means, solid in the band of their intervals."""
    form = {**group_look(number), "linestyle": line, "markersize": 2.4}
    if line == SOLID:
        draw_band(axes, rows["x"], rows["mean"], rows["low"], rows["high"], **form)
    else:
        axes.plot(rows["x"], rows["mean"], **form, linewidth=0.8)
