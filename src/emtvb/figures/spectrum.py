"""Figure (b): eigenvalues of Phi and of W_hh in the complex plane, one panel per network (paper section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Complex
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from emtvb.figures.data import Exemplar
from emtvb.figures.panels import accuracy_text, spectral_error_text, task_title
from emtvb.figures.style import COLUMN, EXPECTED, FOUND, OTHER, PAGE, style

"""Eigenvalues with a larger modulus are long-term (paper section 4)."""


@style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """A panel per network with the unit circle; Phi as open circles, W_hh as dots.

    Each panel reaches as far as its own eigenvalues: the circle is the common measure. Those that are not finite are
    not drawn.

    Args:
        exemplars: At least one.
    """
    columns = len(exemplars) if len(exemplars) <= 4 else 3
    rows = -(-len(exemplars) // columns)
    width = COLUMN if columns <= 2 else PAGE
    figure = Figure(figsize=(width, rows * (width / columns + 0.45) + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for i, (axes, exemplar) in enumerate(zip(panels, exemplars, strict=False)):
        _panel(axes, exemplar)
        reach = max(1.2, 1.06 * _largest(exemplar))
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        axes.set_xlabel("real part")
        if i % columns == 0:
            axes.set_ylabel("imaginary part")
    for axes in panels[len(exemplars) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def numbers(exemplars: Sequence[Exemplar]) -> pd.DataFrame:
    """The eigenvalues, a row each.

    Returns:
        Columns ``run_id``, ``task``, ``matrix`` (Phi or W_hh; of Phi those other than 0), ``real``, ``imaginary``,
        ``modulus``, ``angle`` (radians), ``long_term``.
    """
    frames = [
        _table(exemplar, matrix, values)
        for exemplar in exemplars
        for matrix, values in (("Phi", exemplar.phi_eigenvalues), ("W_hh", exemplar.network_eigenvalues))
    ]
    return pd.concat(frames, ignore_index=True)


def _panel(axes: Axes, exemplar: Exemplar) -> None:
    found = exemplar.network_eigenvalues
    long_term = _long_term(exemplar, found)
    axes.axhline(0, color="0.85", linewidth=0.5, zorder=0)
    axes.axvline(0, color="0.85", linewidth=0.5, zorder=0)
    axes.add_patch(Circle((0, 0), 1, fill=False, edgecolor="0.6", linewidth=0.6, zorder=1))
    _dots(axes, exemplar.phi_eigenvalues, r"$\Phi$", mfc="none", mec=EXPECTED, mew=0.6, markersize=5, zorder=3)
    _dots(
        axes,
        found[long_term],
        rf"$W_{{hh}}$, $|\lambda| > {exemplar.modulus:g}$",
        mfc=FOUND,
        mew=0,
        markersize=2.6,
        zorder=4,
    )
    _dots(axes, found[~long_term], r"$W_{hh}$, other", mfc=OTHER, mew=0, markersize=2.4, zorder=2)
    counts = rf"{long_term.sum()} long-term ($\Phi$: {_long_term(exemplar, exemplar.phi_eigenvalues).sum()})"
    lines = [task_title(exemplar, 24), accuracy_text(exemplar), spectral_error_text(exemplar), counts]
    axes.set_title("\n".join(lines))


def _dots(axes: Axes, values: Complex[np.ndarray, " mode"], label: str, **look: Any) -> None:
    values = values[np.isfinite(values)]
    axes.plot(values.real, values.imag, linestyle="none", marker="o", label=label, **look)


def _long_term(exemplar: Exemplar, values: Complex[np.ndarray, " mode"]) -> Bool[np.ndarray, " mode"]:
    mask: np.ndarray = np.abs(values) > exemplar.modulus
    return mask


def _largest(exemplar: Exemplar) -> float:
    """Largest coordinate of a finite eigenvalue of W_hh."""
    found = exemplar.network_eigenvalues[np.isfinite(exemplar.network_eigenvalues)]
    return float(np.abs(np.concatenate([found.real, found.imag, [0.0]])).max())


def _table(exemplar: Exemplar, matrix: str, values: Complex[np.ndarray, " mode"]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": exemplar.run_id,
            "task": exemplar.task,
            "matrix": matrix,
            "real": values.real,
            "imaginary": values.imag,
            "modulus": np.abs(values),
            "angle": np.angle(values),
            "long_term": _long_term(exemplar, values),
        }
    )
