"""Figure (f): learning curves, accuracy of the training batches and their horizon (paper section 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from emtvb.core.style import COLOURS, COLUMN, PAGE, style
from emtvb.figures.marks import band
from emtvb.figures.panels import grid, key, label_outside
from emtvb.figures.words import wrapped

CHANCE = 0.55
"""A penalty under which no group's accuracy ever leaves this behind is not drawn: nothing was learned."""
SOLVED = 0.99
"""A size with which some group's upper quartile of accuracy comes so far is in the figure."""
MEASURES = {"accuracy": 1.3, "horizon": 0.55}
"""The panels of a size, from the top, and their relative heights."""

_DASHES = ("-", (0, (4, 1.2)), (0, (1.2, 1)), (0, (5, 1, 1, 1)), (0, (7, 2)), (0, (3, 1, 1, 1, 1, 1)))


def read(summary: Path | str) -> pd.DataFrame:
    """What the figure shows, from the summary of an experiment's learning curves."""
    return pd.read_csv(summary)


@style()
def draw(summary: pd.DataFrame) -> Figure:
    """Median accuracy against the step, with the quartiles as a band, and the median horizon: sizes that learn.

    A column of panels per task and two rows per hidden size; penalties have the colours, thresholds the dashes. Sizes
    with which no group learns its task are left to the supplement, penalties under which nothing was learned are named.

    Args:
        summary: As ``emtvb.figures.data.summarise`` gives it.
    """
    drawn, lines = learned(summary)
    best = drawn.groupby("hidden_dim")["accuracy_75"].max()
    sizes = [size for size in best.index if best[size] >= SOLVED] or list(best.index)
    rows = {f"{size} neurons": drawn[drawn["hidden_dim"] == size] for size in sizes}
    columns = {wrapped(task, 20): drawn[drawn["task"] == task] for task in drawn["task"].unique()}
    looks = {
        (l2, threshold): {**curve_look(i, j), "label": f"L2 {l2:g}, threshold {threshold:g}"}
        for i, l2 in enumerate(sorted(drawn["l2"].unique()))
        for j, threshold in enumerate(sorted(drawn["threshold"].unique()))
    }
    if len(sizes) < len(best):
        smaller = ", ".join(f"{size}" for size in best.index if size not in sizes)
        lines.append(f"in the supplement: {smaller} neurons, where no upper quartile reaches {SOLVED}")
    return draw_curves(rows, columns, MEASURES, ["l2", "threshold"], looks, lines)


def learned(summary: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """What is drawn: all but penalties under which nothing was learned, or all where nothing was learned at all.

    Returns:
        Rows of the summary; and lines that say what curves and bands are, and what is left out.
    """
    l2s = sorted(summary["l2"].unique())
    idle = [float(l2) for l2 in l2s if not summary.loc[summary["l2"] == l2, "accuracy_75"].max() > CHANCE]
    idle = idle if len(idle) < len(l2s) else []
    drawn = summary[~summary["l2"].isin(idle)]
    most = int(drawn["runs"].max())
    lines = [f"median and quartiles over up to {most} seeds; steps on a square-root scale"] if most > 1 else []
    if idle:
        lines.append(f"not drawn: L2 {', '.join(f'{l2:g}' for l2 in idle)}, where no accuracy leaves chance")
    return drawn, lines


def curve_look(colour: int, dash: int) -> dict[str, Any]:
    """Colour and dashes of a group, by their numbers."""
    return {"color": COLOURS[colour % len(COLOURS)], "linestyle": _DASHES[dash % len(_DASHES)]}


def draw_curves(
    rows: Mapping[str, pd.DataFrame], columns: Mapping[str, pd.DataFrame], measures: Mapping[str, float],
    groups: list[str], looks: Mapping[tuple[Any, ...], dict[str, Any]], lines: Sequence[str],
) -> Figure:  # fmt: skip
    """A block of panels, one for each measure, where a row and a column meet; in them a curve per group.

    Args:
        rows: The rows of the summary that each row of blocks shows, by its name.
        columns: The same for each column.
        measures: The panels of a block, from the top, and their relative heights.
        groups: The settings that tell a block's curves apart.
        looks: Colour, dashes and name of a curve, by its values of these.
        lines: What stands above.
    """
    width = COLUMN if len(columns) == 1 else PAGE
    deep = len(rows) * len(measures)
    height = (1.75 if len(rows) > 1 or len(measures) < 3 else 2.9) / len(measures)
    figure, panels = grid(
        deep * len(columns), len(columns), height, 0.9,
        width=width, sharex=True, sharey="row", height_ratios=[*measures.values()] * len(rows),
    )  # fmt: skip
    blocks = panels.reshape(len(rows), len(measures), len(columns))
    label_outside(panels, x="step")
    for block, (name, of_row) in zip(blocks, rows.items(), strict=True):
        for column, of_column in zip(block.T, columns.values(), strict=True):
            both = of_row[of_row.index.isin(of_column.index)]
            for values, group in both.groupby(groups, sort=False):
                for axes, measure in zip(column, measures, strict=True):
                    _curve(axes, group, measure, looks[values])
        for axes, measure in zip(block[:, 0], measures, strict=True):
            axes.set_ylabel(f"{name}\n{measure}".strip() if measure == "accuracy" else measure)
        block[0, 0].set_ylim(min(block[0, 0].get_ylim()[0], 0.49), 1.01)
    for axes, title in zip(panels[0], columns, strict=True):
        axes.set_title(title)
    drawn = pd.concat(rows.values())
    for number, measure in enumerate(measures):
        if measure != "accuracy":
            {"loss": _scale_losses, "horizon": _scale_horizons}[measure](list(blocks[:, number].flat), drawn)
    _widen_the_beginning(panels[0, 0], int(drawn["step"].max()) + 1, few=len(columns) > 2)
    samples = {look["label"]: Line2D([], [], linewidth=1.2, **look) for look in looks.values()}
    key(figure, samples, ncols=4 if width == PAGE else 2, handlelength=2.4)
    letters = 110 if width == PAGE else 50  # in a line
    figure.suptitle("\n".join(wrapped(line, letters) for line in lines))
    return figure


def _curve(axes: Axes, group: pd.DataFrame, measure: str, look: dict[str, Any]) -> None:
    """One group's median and band; its median horizon has steps and no band."""
    settings = {**look, "linewidth": 0.9, "zorder": 3}
    if measure == "horizon":
        axes.plot(group["step"], group["horizon"], drawstyle="steps-post", **settings)
        return
    low, middle, high = (group[f"{measure}_{percent}"] for percent in (25, 50, 75))
    if (group["runs"] > 1).any():
        band(axes, group["step"], middle, low, high, **settings)
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


def _scale_losses(panels: Sequence[Axes], drawn: pd.DataFrame) -> None:
    """One logarithmic scale for all losses."""
    bands = drawn[["loss_25", "loss_50", "loss_75"]].to_numpy(float)
    seen = bands[np.isfinite(bands) & (bands > 0)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.1, 1.0)
    for axes in panels:
        axes.set_yscale("log")
        axes.set_ylim(low / 1.5, max(1.2, high * 1.2))
        axes.yaxis.set_major_locator(LogLocator(subs=(1,) if high / low > 100 else (1, 3), numticks=4))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_minor_locator(NullLocator())


def _scale_horizons(panels: Sequence[Axes], drawn: pd.DataFrame) -> None:
    """One scale for all horizons, from 0."""
    most = int(drawn["horizon"].max())
    for axes in panels:
        axes.set_ylim(0, 1.12 * most)
        axes.set_yticks([0, most])
