"""Marks of figures: looks of groups, samples in a key, points with intervals, lines in bands, marks side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from emtvb.figures.style import COLOURS

CHANCE = 0.5
"""The accuracy of guesses, of signs as often + as -."""
MARKERS = "os^Dv"
"""Shapes of groups, which tell them apart without colour."""


def group_look(number: int, filled: bool = True) -> dict[str, Any]:
    """Colour and shape of a group, by its number from 0; after the last ones from the beginning."""
    colour = COLOURS[number % len(COLOURS)]
    face = colour if filled else "white"
    return {"color": colour, "marker": MARKERS[number % len(MARKERS)], "markerfacecolor": face}


def key_mark(**settings: Any) -> Line2D:
    """A mark in a key, of such a look."""
    return Line2D([], [], **{"linestyle": "none", "markersize": 4, **settings})


def key_line(color: str, linestyle: Any = "-") -> Line2D:
    """A line in a key."""
    return Line2D([], [], color=color, linestyle=linestyle)


def draw_points(
    axes: Axes, places: ArrayLike, values: ArrayLike, low: ArrayLike, high: ArrayLike,
    *, color: str, upright: bool = False, width: float = 0.9, **look: Any,
) -> None:  # fmt: skip
    """Points, each on a bar that reaches from its low to its high end and no further.

    Args:
        axes: The panel.
        places: Where a point stands among the others, a number or one for each.
        values: The points; NaN for none.
        low: Where each point's bar begins; NaN for no bar.
        high: Where it ends.
        color: Of points and bars.
        upright: Whether values go up, and places to the right.
        width: Of the bars, in points of print.
        look: How the points look, as a line of matplotlib says it: ``marker``, ``markersize``, ``linestyle``.
    """
    bars = axes.vlines if upright else axes.hlines  # without caps, which would reach beyond the ends
    bars(places, low, high, colors=color, linewidth=width)
    across, up = (places, values) if upright else (values, places)
    axes.plot(across, up, **{"color": color, "marker": "o", "markersize": 3.0, "linestyle": "none", **look})


def draw_band(
    axes: Axes, places: ArrayLike, values: ArrayLike, low: ArrayLike, high: ArrayLike, **settings: Any
) -> None:
    """A line through a group's middle values, in a pale band from its low to its high ones.

    Args:
        axes: The panel.
        places: Along the axis to the right, one for each value.
        values: Middles.
        low: Where the band begins.
        high: Where it ends.
        settings: Of the line; its ``color`` is the band's too.
    """
    axes.plot(places, values, **settings)
    axes.fill_between(places, low, high, color=settings["color"], alpha=0.18, linewidth=0)


def swarm_offsets(
    values: Float[np.ndarray, " value"], near: float, apart: float, widest: float
) -> Float[np.ndarray, " value"]:
    """How far to the side of its column each value's mark stands, so that near ones are side by side.

    Args:
        values: What is drawn.
        near: Height of a row: values in the same one stand side by side.
        apart: Distance of two marks in a row, where there is room for it.
        widest: From the first to the last of a row, at most: marks of longer rows overlap.

    Returns:
        An offset per value, each row centred at 0; the same whatever the order of equal values.
    """
    offsets = np.zeros(len(values))
    order = np.argsort(values, kind="stable")
    rows = np.round(values[order] / near)
    for row in np.unique(rows):
        members = order[rows == row]
        step = min(apart, widest / max(len(members) - 1, 1))
        offsets[members] = (np.arange(len(members)) - (len(members) - 1) / 2) * step
    return offsets
