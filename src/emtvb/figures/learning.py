"""Figure (f): learning curves, accuracy and loss of the training batches (paper section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from emtvb.figures.panels import wrapped
from emtvb.figures.style import COLOURS, COLUMN, PAGE, style


@style()
def draw(summary: pd.DataFrame) -> Figure:
    """Median over runs, with the quartiles as a band, of accuracy and of loss against the step.

    A column of panels per hidden size. Where there are several L2 penalties they have the colours and each task has
    its own pair of panels, else tasks have the colours. Seeds and thresholds are pooled. A triangle marks every step at
    which the median horizon moves up.

    Args:
        summary: As ``emtvb.figures.data.summarise`` gives it.
    """
    hidden_dims = sorted(summary["hidden_dim"].unique())
    colour_by = "l2" if summary["l2"].nunique() > 1 else "task"
    row_groups = list(summary["task"].unique()) if colour_by == "l2" else [None]
    colours = dict(zip(summary[colour_by].unique(), cycle(COLOURS), strict=False))
    width = COLUMN if len(hidden_dims) == 1 else PAGE
    height = 1.65 * len(row_groups) if len(row_groups) > 1 else 2.8
    figure = Figure(figsize=(width, height + 0.75), layout="constrained")
    panels = figure.subplots(
        2 * len(row_groups), len(hidden_dims), squeeze=False, sharex=True, sharey="row",
        height_ratios=[1.3, 1] * len(row_groups),
    )  # fmt: skip
    for i, task in enumerate(row_groups):
        for j, hidden_dim in enumerate(hidden_dims):
            panels[2 * i + 1, j].set_yscale("log")
            part = summary[(summary["hidden_dim"] == hidden_dim) & ((summary["task"] == task) | (task is None))]
            for value, group in part.groupby(colour_by, sort=False):
                _curve(panels[2 * i, j], group, "accuracy", colours[value])
                _curve(panels[2 * i + 1, j], group, "loss", colours[value])
        _name_rows(panels[2 * i, 0], panels[2 * i + 1, 0], task)
    for j, hidden_dim in enumerate(hidden_dims):
        panels[0, j].set_title(f"{hidden_dim} neurons")
        panels[-1, j].set_xlabel("step (square-root scale)")
    _widen_the_beginning(panels[0, 0], int(summary["step"].max()) + 1)
    _legend(figure, colours, colour_by, summary)
    return figure


def _curve(axes: Axes, group: pd.DataFrame, measure: str, colour: str) -> None:
    """One group's median, band and, on accuracy, its moves up."""
    axes.plot(group["step"], group[f"{measure}_50"], color=colour, linewidth=0.8, zorder=3)
    if (group["runs"] > 1).any():
        low, high = group[f"{measure}_25"], group[f"{measure}_75"]
        axes.fill_between(group["step"], low, high, color=colour, alpha=0.2, linewidth=0)
    if measure == "accuracy":
        moves = group[group["moves_up"]]
        axes.plot(moves["step"], moves["accuracy_50"], "^", color=colour, **_MARK)


def _widen_the_beginning(axes: Axes, steps: int) -> None:
    """A square-root scale for all panels, which share their x axis: the curriculum moves up early."""
    for shared in axes.get_shared_x_axes().get_siblings(axes):
        shared.set_xscale("function", functions=(np.sqrt, np.square))
    axes.set_xlim(0, steps)
    axes.set_xticks(sorted({round(share * steps) for share in (0, 0.05, 0.25, 0.5, 1)}))
    axes.xaxis.set_minor_locator(NullLocator())


_MARK: dict[str, Any] = {"markersize": 3.8, "markeredgecolor": "white", "markeredgewidth": 0.4, "zorder": 4}


def _name_rows(accuracy: Axes, loss: Axes, task: str | None) -> None:
    """Label a pair of rows of panels."""
    name = "" if task is None else wrapped(str(task), 16) + "\n"
    accuracy.set_ylabel(f"{name}accuracy")
    loss.set_ylabel("loss")
    low, _ = accuracy.get_ylim()
    accuracy.set_ylim(min(low, 0.49), 1.01)
    loss.set_ylim(top=max(loss.get_ylim()[1], 1.2))
    low, high = loss.get_ylim()
    loss.yaxis.set_major_locator(LogLocator(subs=(1,) if high / low > 100 else (1, 3), numticks=5))
    loss.yaxis.set_major_formatter("{x:g}")
    loss.yaxis.set_minor_formatter(NullFormatter())


def _legend(figure: Figure, colours: dict[object, str], colour_by: str, summary: pd.DataFrame) -> None:
    """Say what colours, bands and triangles are."""
    names = [f"L2 = {value:g}" if colour_by == "l2" else wrapped(str(value)) for value in colours]
    handles = [Line2D([], [], color=colour) for colour in colours.values()]
    handles.append(Line2D([], [], color="0.4", linestyle="none", marker="^", **_MARK))
    names.append(f"horizon moves up ({_span(sorted(summary['horizon'].unique().tolist()))})")
    figure.legend(handles, names, loc="outside lower center", ncols=5 if figure.get_figwidth() == PAGE else 3)
    most = int(summary["runs"].max())
    if most > 1:
        figure.suptitle(f"median and quartiles over seeds and thresholds, up to {most} runs", fontsize=8)


def _span(horizons: Sequence[int]) -> str:
    """Horizons, the first few by name."""
    words = [str(horizon) for horizon in horizons]
    return ", ".join(words if len(words) <= 5 else [*words[:4], "...", words[-1]])
