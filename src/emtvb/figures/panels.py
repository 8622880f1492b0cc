"""What several figures share: images of signed numbers, the blocks of variables, words about a network."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any, Literal

import matplotlib
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.image import AxesImage

from emtvb.core.style import ABSENT, SIGNED
from emtvb.figures.data import Exemplar


def signed_map() -> Colormap:
    """The map of signed values, grey where there is no number."""
    return matplotlib.colormaps[SIGNED].with_extremes(bad=ABSENT)


def show_signed(axes: Axes, values: Float[np.ndarray, "row column"], limit: float, **settings: Any) -> AxesImage:
    """An image of signed numbers from -limit to limit, without ticks; numbers that are not finite are grey."""
    masked = np.ma.masked_invalid(values)
    image = axes.imshow(masked, cmap=signed_map(), vmin=-limit, vmax=limit, aspect="auto", **settings)
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


def swarm(values: Float[np.ndarray, " value"], near: float, apart: float, widest: float) -> Float[np.ndarray, " value"]:
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


def each(table: pd.DataFrame) -> list[Any]:
    """A table's rows, with a column as an attribute."""
    return list(table.itertuples())


def mark_blocks(
    axes: Axes, sizes: Sequence[int], labels: Sequence[str], side: Literal["x", "y"], room: float, width: float = 0.5
) -> None:
    """Lines between consecutive blocks of rows or columns of an image, and each block's label at its middle.

    Args:
        axes: Shows the image.
        sizes: Rows or columns of each block; a block of none gets no label.
        labels: One per block.
        side: The axis that is divided.
        room: Least distance of two labels as a share of the axis; labels that would come nearer are left out.
        width: Of the lines, points.
    """
    edges = np.cumsum([0, *sizes])
    line = axes.axvline if side == "x" else axes.axhline
    for edge in sorted(set(edges[1:-1].tolist()) - {0, int(edges[-1])}):
        line(edge - 0.5, color="0.35", linewidth=width)
    middles = (edges[:-1] + edges[1:] - 1) / 2
    shown = _spaced([i for i, size in enumerate(sizes) if size], middles, room * edges[-1])
    set_ticks = axes.set_xticks if side == "x" else axes.set_yticks
    set_ticks([float(middles[i]) for i in shown], [labels[i] for i in shown])
    axes.tick_params(axis=side, length=0, pad=2)


def variable_labels(s: int, between: str = " ") -> list[str]:
    """Names of the variables, from 1 (oldest) to s (newest)."""
    labels = [str(i) for i in range(1, s + 1)]
    labels[-1] += f"{between}(newest)"
    if s > 1:
        labels[0] += f"{between}(oldest)"
    return labels


def task_title(exemplar: Exemplar, width: int = 28) -> str:
    """A task's name, broken into lines where it is long."""
    return wrapped(exemplar.task, width)


def wrapped(name: str, width: int = 28) -> str:
    """A long name in lines of so many characters; mathematics in it is not read."""
    return "\n".join(textwrap.wrap(name.replace("$", r"\$"), width)) or name


def accuracy_text(exemplar: Exemplar) -> str:
    """Test accuracy in words."""
    value = exemplar.test_accuracy
    return f"accuracy {value:.3f}" if math.isfinite(value) else "accuracy not measured"


def common_settings(exemplars: Sequence[Exemplar]) -> str:
    """What networks have in common, in words: neurons, threshold, seed."""
    words = []
    for name, unit in (("hidden_dim", "{:d} neurons"), ("threshold", "threshold {:g}"), ("seed", "seed {:d}")):
        values = {getattr(exemplar, name) for exemplar in exemplars}
        words += [unit.format(values.pop())] if len(values) == 1 else []
    return ", ".join(words)


def spectral_error_text(exemplar: Exemplar) -> str:
    """Spectral error in words; the paper's has no value where the numbers of eigenvalues differ."""
    value = exemplar.spectral_error
    return f"spectral error {value:.4f}" if math.isfinite(value) else "spectral error not defined"


def _spaced(candidates: list[int], middles: np.ndarray, room: float) -> list[int]:
    """Of the candidates, those that keep apart by this much: the first, the last, and what fits between."""
    if len(candidates) < 2:
        return candidates
    first, *between, last = candidates
    shown = [first]
    for i in between:
        if middles[i] - middles[shown[-1]] >= room and middles[last] - middles[i] >= room:
            shown.append(i)
    return [*shown, last]
