"""Spectra in the complex plane: the eigenvalues of Phi, and those of what leads a network from state to state."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Complex
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from emtvb.figures.style import EXPECTED, FOUND, OTHER


def spectrum_reach(*spectra: Complex[np.ndarray, " _"]) -> float:
    """How far a panel must reach from 0 to show all finite eigenvalues of these, and the unit circle."""
    finite = np.concatenate([values[np.isfinite(values)] for values in spectra])
    return max(1.2, 1.06 * float(np.abs(np.concatenate([finite.real, finite.imag])).max(initial=0)))


def show_spectrum(
    axes: Axes, expected: Complex[np.ndarray, " mode"], found: Complex[np.ndarray, " eigenvalue"],
    modulus: float, furthest: float, name: str,
) -> None:  # fmt: skip
    """The unit circle, eigenvalues of Phi as open circles and a network's as dots. What is not finite is not drawn.

    Args:
        axes: The panel.
        expected: Eigenvalues of Phi.
        found: The network's.
        modulus: Eigenvalues with a larger modulus are long-term; the others are pale.
        furthest: As :func:`spectrum_reach` gives it.
        name: Of the matrix that the network's are of, in mathematics.
    """
    long_term = np.abs(found) > modulus
    for line in (axes.axhline, axes.axvline):
        line(0, color="0.85", linewidth=0.5, zorder=0)
    axes.add_patch(Circle((0, 0), 1, fill=False, edgecolor="0.6", linewidth=0.6, zorder=1))
    _draw_dots(axes, expected, r"$\Phi$", mfc="none", mec=EXPECTED, mew=0.6, markersize=5, zorder=3)
    long_term_label = rf"${name}$, $|\lambda| > {modulus:g}$"
    _draw_dots(axes, found[long_term], long_term_label, mfc=FOUND, mew=0, markersize=2.6, zorder=4)
    _draw_dots(axes, found[~long_term], rf"${name}$, other", mfc=OTHER, mew=0, markersize=2.4, zorder=2)
    limits, ticks = (-furthest, furthest), [-1, 0, 1]
    axes.set(xlim=limits, ylim=limits, aspect="equal", xticks=ticks, yticks=ticks)


def _draw_dots(axes: Axes, values: Complex[np.ndarray, " mode"], label: str, **look: Any) -> None:
    values = values[np.isfinite(values)]
    axes.plot(values.real, values.imag, linestyle="none", marker="o", label=label, **look)
