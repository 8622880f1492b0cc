"""What a figure is to its tests: what it is made of, and its numbers, by its CSV and as its artists show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.figures.marks import MARKERS

Shown = Any
"""What a figure is handed: a table, a network, or several."""
Numbers = list[np.ndarray]
"""A table for each panel, or for each group of marks in it."""


@dataclass(frozen=True)
class Drawing:
    """A figure, how it is made of made-up data, and where its numbers are to be found.

    Attributes:
        module: Its module.
        make: What it is handed, of these tasks.
        columns: What it shows of that: columns of a table, fields of networks.
        drawn: The numbers that its artists show, in an order of their own.
        stated: The same, of its CSV.
        least: The least that it is ever handed, from what it usually is.
        order: Of a table, columns whose values stand in the order in which they come.
        named: Which of the tasks it names.
        nothing: Where there is nothing to show: what it is handed then, from what it usually is, and what it says.
        draw: Its figure; by default as the module draws it.
    """

    module: ModuleType
    make: Callable[[Sequence[str]], Shown]
    columns: Sequence[str]
    drawn: Callable[[Figure], Numbers]
    stated: Callable[[pd.DataFrame], Numbers]
    least: Callable[[Shown], Shown]
    order: Sequence[str] = ()
    named: Callable[[Sequence[str]], Sequence[str]] = tuple
    nothing: tuple[Callable[[Shown], Shown], str] | None = None
    draw: Callable[[Shown], Figure] | None = None

    def figure(self, shown: Shown) -> Figure:
        return (self.draw or self.module.draw)(shown)

    def numbers(self, shown: Shown) -> pd.DataFrame:
        """Its CSV, before it is written."""
        return self.module.numbers(shown) if hasattr(self.module, "numbers") else shown


# What is stated


def groups(table: pd.DataFrame, *columns: str) -> list[pd.DataFrame]:
    """The rows of each value of these columns, in the order in which values come."""
    return [rows for _, rows in table.groupby(list(columns), sort=False)]


def of(rows: pd.DataFrame, *columns: str) -> np.ndarray:
    """These columns as numbers."""
    return rows[list(columns)].to_numpy(float)


def points_of(rows: pd.DataFrame, *columns: str, is_open: Any = False) -> np.ndarray:
    """What :func:`points` reads of points of this value, with bars that begin and end there."""
    return np.column_stack([np.broadcast_to(is_open, len(rows)).astype(float), of(rows, *columns)])


def cells(table: pd.DataFrame, row: str, column: str, value: str) -> np.ndarray:
    """An image of these cells, NaN for what is no number."""
    return finite(table.pivot(index=row, columns=column, values=value).to_numpy(float))


def finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


# What is drawn


def xy(line: Line2D) -> np.ndarray:
    return np.asarray(line.get_xydata(), float)


def marked(axes: Axes) -> list[Line2D]:
    """Lines with the marks that tell groups apart."""
    return [line for line in axes.lines if line.get_marker() in tuple(MARKERS) and len(xy(line))]


def is_open(line: Line2D) -> bool:
    return bool(same_color(line.get_markerfacecolor(), "white"))


def bars(axes: Axes) -> np.ndarray:
    """Both ends of every bar, in the order in which they are drawn."""
    collections = [item for item in axes.collections if isinstance(item, LineCollection)]
    found = [np.asarray(bar, float) for item in collections for bar in item.get_segments()]
    return np.array(found).reshape(-1, 2, 2)


def points(axes: Axes, upright: bool = False) -> np.ndarray:
    """Of each mark on bars, by its place: whether it is open, its value, and both ends of its bars, the inner first."""
    across, along = (0, 1) if upright else (1, 0)
    each = np.array([(*at, is_open(line)) for line in marked(axes) for at in xy(line)]).reshape(-1, 3)
    ends = bars(axes).reshape(len(each), -1, 2, 2)[:, ::-1]
    np.testing.assert_array_equal(ends[..., across], np.broadcast_to(each[:, None, None, across], ends.shape[:-1]))
    shown = np.column_stack([each[:, [2, along]], ends[..., along].reshape(len(each), -1)])
    return shown[np.lexsort([each[:, 2], each[:, across].round(9)])]


def lines_of(axes: Axes) -> list[Line2D]:
    """Lines through points, but for those across the whole panel."""
    return [line for line in axes.lines if line.get_transform() == axes.transData and len(xy(line))]


def curves(axes: Axes, *dashes: str) -> Numbers:
    """The points of lines; of these dashes, if any."""
    return [xy(line) for line in lines_of(axes) if not dashes or line.get_linestyle() in dashes]


def bands(axes: Axes) -> Numbers:
    """Of every band the places, and where it begins and ends at each."""
    found = []
    for band in axes.collections:
        corners = [path.vertices for path in band.get_paths()] if isinstance(band, PolyCollection) else []
        if corners and (count := (len(corners[0]) - 3) // 2) > 0:
            low, high = corners[0][1 : count + 1], corners[0][-2 : -2 - count : -1]
            found.append(np.column_stack([low, high[:, 1]]))
    return found


def curves_and_bands(figure: Figure) -> Numbers:
    return [each for axes in figure.axes for each in (*curves(axes), *bands(axes))]


def of_panels(read: Callable[[Axes], np.ndarray]) -> Callable[[Figure], Numbers]:
    """What is read in each panel that shows something."""
    return lambda figure: [read(axes) for axes in figure.axes if marked(axes)]


def images(figure: Figure) -> Numbers:
    """The cells of every image, NaN where there is no number."""
    shown = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    return [np.ma.filled(np.ma.asarray(image, float), np.nan) for image in shown]


# The least, and nothing


def first(shown: Shown) -> Shown:
    """One row, or one network."""
    return shown.iloc[:1].reset_index(drop=True) if isinstance(shown, pd.DataFrame) else shown[:1]


def no_rows(table: pd.DataFrame) -> pd.DataFrame:
    return table.iloc[:0]
