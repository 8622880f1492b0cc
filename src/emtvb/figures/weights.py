"""Figure (d): W_hh raw and in the basis of the variable memories, beside Phi (paper section 4)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from emtvb.figures.data import Exemplar
from emtvb.figures.panels import accuracy_text, mark_blocks, robust_limit, show_signed, wrapped
from emtvb.figures.style import PAGE, style

LIMIT = 1.0
"""Colour limit of W_hh in memories and of Phi, whose own entries are -1, 0 and 1."""

_ROW, _BELOW, _SIDE = 2.55, 0.42, 1.6
"""Inches: height of a network's row, of what is below its panels, and a panel's side."""
_PLACES = ((0.3, _SIDE), (1.94, 0.06), (2.97, _SIDE), (4.96, _SIDE), (6.6, 0.06))
"""Left edge and width, inches: W_hh, its colour bar, W_hh in memories, Phi, their colour bar."""


@style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """A row per network: W_hh between neurons, W_hh between variable memories, and Phi.

    Elements without a variable memory are left out of the second and the third matrix. Behind the memories, set off
    by a heavier line, come the residual components: principal directions of what the hidden states have outside them.

    Args:
        exemplars: At least one.
    """
    height = _ROW * len(exemplars)
    figure = Figure(figsize=(PAGE, height))
    for i, exemplar in enumerate(exemplars):
        bottom = height - _ROW * (i + 1) + _BELOW
        raw, raw_bar, seen, theory, bar = (
            figure.add_axes((left / PAGE, bottom / height, width / PAGE, _SIDE / height)) for left, width in _PLACES
        )
        neurons = show_signed(raw, exemplar.W_hh, robust_limit(exemplar.W_hh))
        raw.set(title="$W_{hh}$", xlabel="from neuron", ylabel="to neuron")
        figure.colorbar(neurons, cax=raw_bar, extend="both", ticks=MaxNLocator(4))
        memories = _show_memories(seen, exemplar)
        _show_transition(theory, exemplar)
        figure.colorbar(memories, cax=bar, extend="both", ticks=[-1, 0, 1])
        figure.text(_PLACES[0][0] / PAGE, (bottom + _SIDE + 0.27) / height, _title(exemplar), fontsize=9, va="bottom")
    return figure


def numbers(exemplars: Sequence[Exemplar]) -> pd.DataFrame:
    """The entries of the matrices as drawn, a row each.

    Returns:
        Columns ``run_id``, ``task``, ``matrix`` (W_hh, W_hh in memories, Phi), ``row`` and ``column`` (neurons or
        stacked elements; residual components have the numbers after the last element), ``value``.
    """
    frames = []
    for exemplar in exemplars:
        neurons = np.arange(exemplar.hidden_dim)
        kept = np.flatnonzero(exemplar.kept)
        frames += [
            _entries(exemplar, "W_hh", exemplar.W_hh, neurons),
            _entries(exemplar, "W_hh in memories", exemplar.W_hh_in_memories, _directions(exemplar)),
            _entries(exemplar, "Phi", exemplar.phi, kept),
        ]
    return pd.concat(frames, ignore_index=True)


def _directions(exemplar: Exemplar) -> Int[np.ndarray, " direction"]:
    """The kept elements, then the residual components, as indices into W_hh_in_memories."""
    elements = exemplar.s * exemplar.d
    residual = np.arange(elements, len(exemplar.W_hh_in_memories))
    return np.concatenate([np.flatnonzero(exemplar.kept), residual])


def _title(exemplar: Exemplar) -> str:
    """The network, and how far W_hh in memories is from Phi where that is defined."""
    title = f"{wrapped(exemplar.task, 60)}: {accuracy_text(exemplar)}"
    distance = exemplar.memory_map_error
    return f"{title}, relative distance from $\\Phi$ {distance:.2f}" if math.isfinite(distance) else title


def _show_memories(axes: Axes, exemplar: Exemplar) -> AxesImage:
    """W_hh in the basis of the kept memories and the residual components."""
    directions = _directions(exemplar)
    image = show_signed(axes, exemplar.W_hh_in_memories[np.ix_(directions, directions)], LIMIT)
    axes.set_title(r"$\Psi^{*} W_{hh} \Psi$")
    _mark_variables(axes, exemplar, directions.size - int(exemplar.kept.sum()))
    return image


def _show_transition(axes: Axes, exemplar: Exemplar) -> None:
    """Phi between the kept elements, or a word that there are none."""
    kept = np.flatnonzero(exemplar.kept)
    axes.set_title(r"$\Phi$")
    if kept.size:
        show_signed(axes, exemplar.phi[np.ix_(kept, kept)], LIMIT)
        _mark_variables(axes, exemplar, 0)
    else:
        axes.text(0.5, 0.5, "no variable\nmemories", ha="center", va="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[], frame_on=False)


def _mark_variables(axes: Axes, exemplar: Exemplar, residual: int) -> None:
    """Blocks of the kept elements of each variable, and of the residual components if there are any."""
    sizes = [int(count) for count in exemplar.kept.reshape(exemplar.s, exemplar.d).sum(axis=1)]
    names = [str(variable) for variable in range(1, exemplar.s + 1)]
    if residual:
        axes.axvline(sum(sizes) - 0.5, color="black", linewidth=1.2)
        axes.axhline(sum(sizes) - 0.5, color="black", linewidth=1.2)
    mark_blocks(axes, [*sizes, residual], [*names, ""], "x", room=0.08)
    mark_blocks(axes, [*sizes, residual], [*names, "residual"], "y", room=0.08)
    axes.set_xlabel("from variable (oldest to newest)")
    axes.set_ylabel("to variable", labelpad=1)


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
