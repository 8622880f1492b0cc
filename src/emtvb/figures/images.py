"""Images of matrices: their colours and scales, the blocks of variables in them, and pictures of what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import matplotlib
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch

from emtvb.figures.style import ABSENT, SIGNED

LIMIT = 1.5
"""Colour limit of what memories hold, and of W_hh and Phi between them, whose own values are -1, 0 and 1."""


def colour_map(name: str) -> Colormap:
    """A map of colours, grey where there is no number."""
    return matplotlib.colormaps[name].with_extremes(bad=ABSENT)


def signed_map() -> Colormap:
    """The map of signed values, grey where there is no number."""
    return SIGNED.with_extremes(bad=ABSENT)


def show_image(
    axes: Axes, values: Float[np.ndarray, "row column"], colours: Colormap, low: float, high: float, **settings: Any
) -> AxesImage:
    """An image of numbers in the colours from low to high; those that are not finite are grey."""
    masked = np.ma.masked_invalid(values)
    return axes.imshow(masked, cmap=colours, vmin=low, vmax=high, aspect="auto", **settings)


def show_signed(axes: Axes, values: Float[np.ndarray, "row column"], limit: float, **settings: Any) -> AxesImage:
    """An image of signed numbers from -limit to limit, in a frame without ticks."""
    image = show_image(axes, values, signed_map(), -limit, limit, **settings)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
    return image


def robust_limit(values: Float[np.ndarray, "*shape"], quantile: float = 0.995) -> float:
    """A colour limit that single large values do not set: a quantile of the magnitudes, 1 where that is 0."""
    magnitudes = np.abs(values[np.isfinite(values)])
    limit = float(np.quantile(magnitudes, quantile)) if magnitudes.size else 0.0
    return limit if limit > 0 else 1.0


def signed_bar(figure: Figure | SubFigure, image: ScalarMappable, label: str = "", **place: Any) -> Colorbar:
    """The scale of signed numbers, with -1, 0 and 1 on it.

    Args:
        figure: Where it stands.
        image: What it is the scale of.
        label: What the numbers are.
        place: Of ``Figure.colorbar``: the panels that it stands beside, or its own.
    """
    bar = figure.colorbar(image, **{"extend": "both", "ticks": [-1, 0, 1], **place})
    bar.set_label(label, fontsize=7, labelpad=2)
    return bar


def sign_patch(sign: int, limit: float, **settings: Any) -> Patch:
    """The colour of a sign in a key of images that reach to a limit."""
    return Patch(facecolor=signed_map()(0.5 + 0.5 * sign / limit), **settings)


def variables_as_image(elements: np.ndarray, d: int) -> np.ndarray:
    """Stacked elements as an image: a row per dimension, a column per variable, the oldest at the left."""
    return elements.reshape(-1, d).T


def mark_variables(axes: Axes, kept: Bool[np.ndarray, " memory"], s: int, named: Sequence[Literal["x", "y"]]) -> None:
    """Lines between the variables in a matrix between memories, and the variables' numbers.

    Args:
        axes: Shows the matrix.
        kept: The stacked elements that have a memory: the matrix's rows and columns.
        s: Variables.
        named: The axes that bear the numbers.
    """
    sizes = [int(count) for count in kept.reshape(s, -1).sum(axis=1)]
    names = [str(variable) for variable in range(1, s + 1)]
    mark_blocks(axes, sizes, names, "x", room=0.12)
    mark_blocks(axes, sizes, names, "y", room=0.12)
    if "x" not in named:
        axes.set_xticks([])
    if "y" not in named:
        axes.set_yticks([])


def mark_blocks(axes: Axes, sizes: Sequence[int], labels: Sequence[str], side: Literal["x", "y"], room: float) -> None:
    """Lines between consecutive blocks of rows or columns of an image, and each block's label at its middle.

    Args:
        axes: Shows the image.
        sizes: Rows or columns of each block; a block of none gets no label.
        labels: One per block.
        side: The axis that is divided.
        room: Least distance of two labels as a share of the axis; labels that would come nearer are left out.
    """
    edges = np.cumsum([0, *sizes])
    line = axes.axvline if side == "x" else axes.axhline
    for edge in sorted(set(edges[1:-1].tolist()) - {0, int(edges[-1])}):
        line(edge - 0.5, color="0.6", linewidth=0.3)
    middles = (edges[:-1] + edges[1:] - 1) / 2
    with_room = _spaced_candidates([i for i, size in enumerate(sizes) if size], middles, room * edges[-1])
    set_ticks = axes.set_xticks if side == "x" else axes.set_yticks
    set_ticks([float(middles[i]) for i in with_room], [labels[i] for i in with_room])
    axes.tick_params(axis=side, length=0, pad=2)


def _spaced_candidates(candidates: list[int], middles: np.ndarray, room: float) -> list[int]:
    """Of the candidates, those that keep apart by this much: the first, the last, and what fits between."""
    if len(candidates) < 2:
        return candidates
    first, *between, last = candidates
    spaced = [first]
    for i in between:
        if middles[i] - middles[spaced[-1]] >= room and middles[last] - middles[i] >= room:
            spaced.append(i)
    return [*spaced, last]
