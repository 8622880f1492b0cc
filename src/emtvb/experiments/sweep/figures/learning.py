"""Figure (f): learning curves, accuracy and loss of the training batches and their horizon (paper section 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from emtvb.core.style import COLOURS, COLUMN, PAGE, style
from emtvb.figures.panels import wrapped

CHANCE = 0.55
"""A penalty under which no group's accuracy ever leaves this behind is not drawn: nothing was learned."""

MEASURES = {"accuracy": 1.25, "loss": 1.0, "horizon": 0.6}
"""The panels of a task, from the top, and their relative heights."""

_DASHES = ("-", (0, (4, 1.2)), (0, (1.2, 1)), (0, (5, 1, 1, 1)), (0, (7, 2)), (0, (3, 1, 1, 1, 1, 1)))


def read(summary: Path | str) -> pd.DataFrame:
    """What the figure shows, from the summary of an experiment's learning curves."""
    return pd.read_csv(summary)


def numbers(summary: pd.DataFrame) -> pd.DataFrame:
    """The plotted numbers, which are the summary."""
    return summary


SOLVED = 0.99
"""A size with which some group's upper quartile of accuracy comes so far is in the figure."""

_SHORT = {"accuracy": 1.3, "horizon": 0.55}
"""The panels of a size in the figure, from the top, and their relative heights."""


@style()
def draw(summary: pd.DataFrame) -> Figure:
    """Median accuracy against the step, with the quartiles as a band, and the median horizon: sizes that learn.

    A column of panels per task and two rows per hidden size; penalties have the colours, thresholds the dashes. Sizes
    with which no group learns its task are left to the supplement, penalties under which nothing was learned are named.

    Args:
        summary: As ``emtvb.figures.data.summarise`` gives it.
    """
    drawn, left_out = _trained(summary)
    best = drawn.groupby("hidden_dim")["accuracy_75"].max()
    sizes = [size for size in best.index if best[size] >= SOLVED] or list(best.index)
    tasks, l2s = list(drawn["task"].unique()), sorted(drawn["l2"].unique())
    thresholds = sorted(drawn["threshold"].unique())
    width = COLUMN if len(tasks) == 1 else PAGE
    figure = Figure(figsize=(width, 0.9 + 1.75 * len(sizes)), layout="constrained")
    panels = figure.subplots(
        len(_SHORT) * len(sizes), len(tasks), squeeze=False, sharex=True, sharey="row",
        height_ratios=[*_SHORT.values()] * len(sizes),
    )  # fmt: skip
    looks = {
        (l2, threshold): {"color": COLOURS[i % len(COLOURS)], "linestyle": _DASHES[j % len(_DASHES)]}
        for i, l2 in enumerate(l2s) for j, threshold in enumerate(thresholds)
    }  # fmt: skip
    for i, size in enumerate(sizes):
        rows = panels[len(_SHORT) * i : len(_SHORT) * (i + 1)]
        for j, task in enumerate(tasks):
            part = drawn[(drawn["hidden_dim"] == size) & (drawn["task"] == task)]
            for cell, group in part.groupby(["l2", "threshold"], sort=False):
                for axes, measure in zip(rows[:, j], _SHORT, strict=True):
                    _curve(axes, group, measure, looks[cell])
        for axes, measure in zip(rows[:, 0], _SHORT, strict=True):
            axes.set_ylabel(f"{size} neurons\n{measure}" if measure == "accuracy" else measure)
        rows[0, 0].set_ylim(min(rows[0, 0].get_ylim()[0], 0.49), 1.01)
        _scale_horizons(list(rows[1]), drawn)
    for j, task in enumerate(tasks):
        panels[0, j].set_title(wrapped(str(task), 20))
        panels[-1, j].set_xlabel("step")
    _widen_the_beginning(panels[0, 0], int(drawn["step"].max()) + 1, few=len(tasks) > 2)
    names = [f"L2 {l2:g}, threshold {threshold:g}" for l2, threshold in looks]
    handles = [Line2D([], [], linewidth=1.2, **look) for look in looks.values()]  # type: ignore[arg-type]
    figure.legend(handles, names, loc="outside lower center", ncols=4 if width == PAGE else 2, handlelength=2.4)
    letters = 50 if width == COLUMN else 110  # in a line
    left_sizes = [f"{size}" for size in best.index if size not in sizes]
    lines = _about(drawn, left_out)
    if left_sizes:
        lines.append(f"in the supplement: {', '.join(left_sizes)} neurons, where no upper quartile reaches {SOLVED}")
    figure.suptitle("\n".join(wrapped(line, letters) for line in lines), fontsize=8)
    return figure


@style()
def draw_all(summary: pd.DataFrame) -> Figure:
    """The supplement: accuracy, loss and horizon of every size; medians over runs, with the quartiles as a band.

    A column of panels per hidden size and threshold. Where there are several L2 penalties they have the colours and
    each task has its own panels, else tasks have the colours. Losses have one scale. Penalties under which nothing was
    learned are left out and named.

    Args:
        summary: As ``emtvb.figures.data.summarise`` gives it.
    """
    drawn, left_out = _trained(summary)
    columns = list(drawn[["hidden_dim", "threshold"]].drop_duplicates().sort_values(["hidden_dim", "threshold"])
                   .itertuples(index=False, name=None))  # fmt: skip
    colour_by = "l2" if drawn["l2"].nunique() > 1 else "task"
    rows = list(drawn["task"].unique()) if colour_by == "l2" else [None]
    looks = {value: {"color": colour, "linestyle": dash} for value, colour, dash in
             zip(drawn[colour_by].unique(), cycle(COLOURS), cycle(_DASHES), strict=False)}  # fmt: skip
    width = COLUMN if len(columns) == 1 else PAGE
    figure = Figure(figsize=(width, 0.9 + (1.75 if len(rows) > 1 else 2.9) * len(rows)), layout="constrained")
    panels = figure.subplots(
        len(MEASURES) * len(rows), len(columns), squeeze=False, sharex=True, sharey="row",
        height_ratios=[*MEASURES.values()] * len(rows),
    )  # fmt: skip
    for i, task in enumerate(rows):
        of_task = panels[len(MEASURES) * i : len(MEASURES) * (i + 1)]
        for j, (hidden_dim, threshold) in enumerate(columns):
            part = drawn[(drawn["hidden_dim"] == hidden_dim) & (drawn["threshold"] == threshold)]
            part = part[(part["task"] == task) | (task is None)]
            for value, group in part.groupby(colour_by, sort=False):
                for axes, measure in zip(of_task[:, j], MEASURES, strict=True):
                    _curve(axes, group, measure, looks[value])
        _name_rows(list(of_task[:, 0]), task)
    _scale_losses(list(panels[1 :: len(MEASURES)].ravel()), drawn)
    _scale_horizons(list(panels[2 :: len(MEASURES)].ravel()), drawn)
    for j, (hidden_dim, threshold) in enumerate(columns):
        panels[0, j].set_title(f"{hidden_dim} neurons\nthreshold {threshold:g}")
        panels[-1, j].set_xlabel("step")
    _widen_the_beginning(panels[0, 0], int(drawn["step"].max()) + 1, few=len(columns) > 2)
    _legend(figure, looks, colour_by)
    letters = 50 if len(columns) == 1 else 110  # in a line
    figure.suptitle("\n".join(wrapped(line, letters) for line in _about(drawn, left_out)), fontsize=8)
    return figure


def _trained(summary: pd.DataFrame) -> tuple[pd.DataFrame, list[float]]:
    """What is drawn, and the penalties that are not; all of it where nothing was learned at all."""
    l2s = sorted(summary["l2"].unique())
    idle = [float(l2) for l2 in l2s if not summary.loc[summary["l2"] == l2, "accuracy_75"].max() > CHANCE]
    if len(idle) == len(l2s):
        return summary, []
    return summary[~summary["l2"].isin(idle)], idle


def _about(drawn: pd.DataFrame, left_out: Sequence[float]) -> list[str]:
    """What lines and bands are, and what is not there."""
    most = int(drawn["runs"].max())
    lines = [f"median and quartiles over up to {most} seeds; steps on a square-root scale"] if most > 1 else []
    if left_out:
        names = ", ".join(f"{l2:g}" for l2 in left_out)
        lines.append(f"not drawn: L2 {names}, where no accuracy leaves chance")
    return lines


def _curve(axes: Axes, group: pd.DataFrame, measure: str, look: Mapping[str, object]) -> None:
    """One group's median and band; its median horizon has steps and no band."""
    if measure == "horizon":
        axes.plot(group["step"], group["horizon"], drawstyle="steps-post", linewidth=0.9, zorder=3, **look)  # type: ignore[arg-type]
        return
    axes.plot(group["step"], group[f"{measure}_50"], linewidth=0.9, zorder=3, **look)  # type: ignore[arg-type]
    if (group["runs"] > 1).any():
        low, high = group[f"{measure}_25"], group[f"{measure}_75"]
        axes.fill_between(group["step"], low, high, color=look["color"], alpha=0.2, linewidth=0)


def _widen_the_beginning(axes: Axes, steps: int, few: bool) -> None:
    """A square-root scale for all panels, which share their x axis: the curriculum moves up early."""
    for shared in axes.get_shared_x_axes().get_siblings(axes):
        shared.set_xscale("function", functions=(np.sqrt, np.square))
    axes.set_xlim(0, steps)
    shares = (0, 0.25, 1) if few else (0, 0.05, 0.25, 0.5, 1)
    ticks = sorted({round(share * steps) for share in shares})
    axes.set_xticks(ticks, [f"{tick / 1000:g}k" if tick >= 1000 else str(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def _name_rows(panels: Sequence[Axes], task: str | None) -> None:
    """Label a task's panels."""
    for axes, measure in zip(panels, MEASURES, strict=True):
        axes.set_ylabel(measure)
    accuracy = panels[0]
    if task is not None:
        accuracy.set_ylabel(f"{wrapped(str(task), 16)}\naccuracy")
    low, _ = accuracy.get_ylim()
    accuracy.set_ylim(min(low, 0.49), 1.01)


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


def _legend(figure: Figure, looks: Mapping[object, Mapping[str, object]], colour_by: str) -> None:
    """Say what colours are."""
    names = [f"L2 = {value:g}" if colour_by == "l2" else wrapped(str(value)) for value in looks]
    handles = [Line2D([], [], linewidth=1.2, **look) for look in looks.values()]  # type: ignore[arg-type]
    figure.legend(handles, names, loc="outside lower center", ncols=5 if figure.get_figwidth() == PAGE else 3,
                  handlelength=2.4)  # fmt: skip
