"""Panels of a figure: grids of them, what stands around a grid, keys below it, and panels that show nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from emtvb.figures.style import PAGE, SHADE


def panel_grid(
    count: int, across: int, height: float, around: float, *, width: float = PAGE, **shared: Any
) -> tuple[Figure, np.ndarray]:
    """A figure of so many panels; what is left over of the last row stays empty.

    Args:
        count: Of panels, at least one.
        across: How many stand side by side, at most.
        height: Of a row, inches.
        around: What is above and below all rows, inches.
        width: Of the figure, inches: a page's, if nothing else is said.
        shared: Of ``Figure.subplots``: which axes panels share, heights of rows.

    Returns:
        The figure, and its panels, a row of the array each row.
    """
    across = min(count, across)
    deep = -(-count // across)
    figure = Figure(figsize=(width, height * deep + around), layout="constrained")
    panels = figure.subplots(deep, across, squeeze=False, **shared)
    for axes in panels.ravel()[count:]:
        axes.set_axis_off()
    return figure, panels


def label_outside(panels: np.ndarray, x: str = "", y: str = "") -> None:
    """Labels of the axes below the lowest panel of each column, and beside the first of each row.

    Args:
        panels: As :func:`panel_grid` gives them.
        x: Below; empty for none.
        y: At the left.
    """
    for column in panels.T:
        lowest = [axes for axes in column if axes.axison][-1]
        lowest.set_xlabel(x)
    for axes in panels[:, 0]:
        axes.set_ylabel(y)


def figure_key(figure: Figure, entries: Mapping[str, Artist], **settings: Any) -> Legend:
    """The key of a figure, below all its panels and in one row if nothing else is said.

    Args:
        figure: Where it stands.
        entries: What is shown beside each name.
        settings: Of ``Figure.legend``.
    """
    place = {"loc": "outside lower center", "ncols": max(len(entries), 1)}  # "outside": the layout makes room
    return figure.legend(list(entries.values()), list(entries), **{**place, **settings})


def say_instead(axes: Axes, words: str) -> None:
    """What a panel says that has nothing to show."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, color="0.35")


def blank_figure(words: str) -> Figure:
    """A figure that says why there is nothing to show."""
    figure, panels = panel_grid(1, 1, 1.0, 0.5)
    say_instead(panels[0, 0], words)
    return figure


def shade_every_second(axes: Axes, names: Sequence[object]) -> None:
    """Bands behind the rows of every second group, a row per name from 0 on: neighbours of one name are a group."""
    for number, (_, group) in enumerate(groupby(range(len(names)), key=names.__getitem__)):
        if number % 2:
            rows = list(group)
            axes.axhspan(rows[0] - 0.5, rows[-1] + 0.5, color=SHADE, linewidth=0)


def add_panel(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """A panel at a place in inches, from the figure's lower left corner."""
    wide, high = figure.get_size_inches()
    return figure.add_axes((left / wide, bottom / high, width / wide, height / high))


def write_words(figure: Figure, x: float, y: float, words: str, **settings: Any) -> None:
    """Words at a place in inches, from the figure's lower left corner."""
    figure.text(x, y, words, transform=figure.dpi_scale_trans, **settings)
