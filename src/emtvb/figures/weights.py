"""Figure (d): W_hh raw and in the basis of the variable memories, beside Phi (paper section 4)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from emtvb.figures.data import Exemplar
from emtvb.figures.panels import accuracy_text, mark_blocks, robust_limit, show_signed, wrapped
from emtvb.figures.style import PAGE, style

LIMIT = 1.0
"""Colour limit of W_hh in memories and of Phi, whose own entries are -1, 0 and 1."""

_ROW, _BELOW, _SIDE = 2.0, 0.36, 1.1
"""Inches: height of a network's row, of what is below its panels, and a panel's side."""
_RAW, _RAW_BAR, _FIRST, _NEXT, _BAR = 0.26, 1.39, 2.02, 1.17, 6.67
"""Left edges, inches: W_hh, its colour bar, the first memories, from there to the next, the colour bar at the right."""
_BAR_WIDTH = 0.05


@style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """A row per network: W_hh between neurons, between variable memories three times, and Phi.

    The memories are the paper's (power iteration), those by data and those of realisation theory. In the last two W_hh
    is divided by its gain, for the theory speaks of the weights' shape: tanh takes back what they amplify. Every panel
    names the relative distance from Phi. Elements without a variable memory are left out. Behind the paper's memories,
    set off by a heavier line, come the residual components: principal directions of what hidden states have outside.

    Args:
        exemplars: At least one.
    """
    height = _ROW * len(exemplars)
    figure = Figure(figsize=(PAGE, height))
    for i, exemplar in enumerate(exemplars):
        bottom = height - _ROW * (i + 1) + _BELOW

        def add(left: float, width: float = _SIDE, bottom: float = bottom) -> Axes:
            return figure.add_axes((left / PAGE, bottom / height, width / PAGE, _SIDE / height))

        raw = add(_RAW)
        neurons = show_signed(raw, exemplar.W_hh, robust_limit(exemplar.W_hh))
        raw.set(xlabel="from neuron")
        raw.set_title("$W_{hh}$\n", fontsize=7)
        raw.set_ylabel("to neuron", labelpad=1)
        bar = figure.colorbar(
            neurons, cax=add(_RAW_BAR, _BAR_WIDTH), extend="both", ticks=MaxNLocator(4), format="{x:g}"
        )
        bar.ax.tick_params(labelsize=6, pad=1)
        for j, (title, values) in enumerate(_matrices(exemplar).values()):
            axes = add(_FIRST + j * _NEXT)
            axes.set_title(title, fontsize=7)
            image = _show(axes, exemplar, values, first=j == 0)
        figure.colorbar(image, cax=add(_BAR, _BAR_WIDTH), extend="both", ticks=[-1, 0, 1])
        title = f"{wrapped(exemplar.task, 60)}: {accuracy_text(exemplar)}, {exemplar.verdict}"
        figure.text(0.05 / PAGE, (bottom + _SIDE + 0.36) / height, title, fontsize=9, va="bottom")
    return figure


def numbers(exemplars: Sequence[Exemplar]) -> pd.DataFrame:
    """The entries of the matrices as drawn, a row each.

    Returns:
        Columns ``run_id``, ``task``, ``matrix`` (W_hh; W_hh in the paper's memories, in memories by data, in realised
        memories, the last two divided by their gain; Phi), ``row`` and ``column`` (neurons or stacked elements;
        residual components have the numbers after the last element), ``value``.
    """
    frames = []
    for exemplar in exemplars:
        frames.append(_entries(exemplar, "W_hh", exemplar.W_hh, np.arange(exemplar.hidden_dim)))
        for matrix, (_, values) in _matrices(exemplar).items():
            frames.append(_entries(exemplar, matrix, values, _directions(exemplar, len(values))))
    return pd.concat(frames, ignore_index=True)


def _matrices(exemplar: Exemplar) -> dict[str, tuple[str, Float[np.ndarray, "direction direction"]]]:
    """By name, the matrices between memories, each with its title."""
    data, realised = exemplar.W_hh_in_data_memories, exemplar.W_hh_in_realised_memories
    return {
        "W_hh in the paper's memories": (
            f"$W_{{hh}}$ in the paper's $\\Psi$\n{_distance(exemplar.memory_map_error)}",
            exemplar.W_hh_in_memories,
        ),
        "W_hh in memories by data": (
            f"$\\Psi$ by data, gain {exemplar.data_gain:.2f}\n{_distance(exemplar.data_shape_error)}",
            data / _divisor(exemplar.data_gain),
        ),
        "W_hh in realised memories": (
            f"realised $\\Psi$, gain {exemplar.realisation_gain:.2f}\n{_distance(exemplar.realisation_shape_error)}",
            realised / _divisor(exemplar.realisation_gain),
        ),
        "Phi": ("$\\Phi$\n", exemplar.phi),
    }


def _divisor(gain: float) -> float:
    """The gain, where there is one."""
    return gain if math.isfinite(gain) and gain else 1.0


def _distance(error: float) -> str:
    """How far from Phi, in words."""
    return f"distance {error:.2g}" if math.isfinite(error) else "distance not defined"


def _directions(exemplar: Exemplar, size: int) -> Int[np.ndarray, " direction"]:
    """The kept elements, then the residual components, as indices into a matrix of this size."""
    return np.concatenate([np.flatnonzero(exemplar.kept), np.arange(exemplar.s * exemplar.d, size)])


def _show(axes: Axes, exemplar: Exemplar, values: Float[np.ndarray, "direction direction"], first: bool) -> AxesImage:
    """A matrix between the kept memories and the residual components, or a word that there are no memories."""
    directions = _directions(exemplar, len(values))
    residual = len(values) - exemplar.s * exemplar.d
    if not exemplar.kept.any():
        axes.text(0.5, 0.5, "no variable\nmemories", ha="center", va="center", transform=axes.transAxes)
        return show_signed(axes, np.full((1, 1), np.nan), LIMIT)
    image = show_signed(axes, values[np.ix_(directions, directions)], LIMIT)
    sizes = [int(count) for count in exemplar.kept.reshape(exemplar.s, exemplar.d).sum(axis=1)]
    names = [str(variable) for variable in range(1, exemplar.s + 1)]
    if residual:
        axes.axvline(sum(sizes) - 0.5, color="black", linewidth=1.2)
        axes.axhline(sum(sizes) - 0.5, color="black", linewidth=1.2)
    mark_blocks(axes, [*sizes, residual], [*names, "rest"], "x", room=0.12)
    mark_blocks(axes, [*sizes, residual], [*names, ""], "y", room=0.1)
    axes.set_xlabel("from variable")
    if first:
        axes.set_ylabel("to variable", labelpad=1)
    else:
        axes.set_yticklabels([])
    return image


def _entries(
    exemplar: Exemplar, matrix: str, values: np.ndarray, indices: Int[np.ndarray, " direction"]
) -> pd.DataFrame:
    rows, columns = np.meshgrid(indices, indices, indexing="ij")
    return pd.DataFrame(
        {
            "run_id": exemplar.run_id,
            "task": exemplar.task,
            "matrix": matrix,
            "row": rows.ravel(),
            "column": columns.ravel(),
            "value": values[rows, columns].ravel().astype(np.float64),
        }
    )
