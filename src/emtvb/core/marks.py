"""Points with their intervals, as every figure draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def points(
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
    bars = axes.vlines if upright else axes.hlines
    bars(places, low, high, colors=color, linewidth=width)
    across, up = (places, values) if upright else (values, places)
    axes.plot(across, up, **{"color": color, "marker": "o", "markersize": 3.0, "linestyle": "none", **look})
