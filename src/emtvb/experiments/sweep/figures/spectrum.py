"""Eigenvalues of Phi and of W_hh in the complex plane, one panel per network (paper section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd
from jaxtyping import Bool, Complex
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from emtvb.figures.data import Exemplar
from emtvb.figures.data import load_exemplars as read  # noqa: F401 - what draw is handed
from emtvb.figures.panels import figure_key, label_outside, panel_grid
from emtvb.figures.spectra import show_spectrum, spectrum_reach
from emtvb.figures.style import COLUMN, PAGE, house_style
from emtvb.figures.words import accuracy_text, common_settings, spectral_error_text, wrap_name

_INSIDE = 0.7
"""Radius at which a multiplicity stands; the eigenvalue's own is 1."""
_SAME = 1e-4
"""Eigenvalues of Phi that are nearer to each other are one: what is computed of multiple ones differs by rounding, and
different ones are further apart."""


@house_style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """A panel per network with the unit circle, of one size in all; Phi as open circles, W_hh as dots.

    A column per task where every task has as many networks, below each other. Where Phi has an eigenvalue several
    times, a number inside the circle says how often. Eigenvalues that are not finite are not drawn.

    Args:
        exemplars: At least one; those of a task one after the other.
    """
    columns, order = _arrangement(exemplars)
    width = COLUMN if columns <= 2 else PAGE
    figure, panels = panel_grid(len(order), columns, width / columns + 0.5, 0.4, width=width)
    furthest = spectrum_reach(*(exemplar.network_eigenvalues for exemplar in exemplars))
    for axes, exemplar in zip(panels.flat, order, strict=False):
        _panel(axes, exemplar, furthest)
    label_outside(panels, x="real part", y="imaginary part")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure_key(figure, dict(zip(labels, handles, strict=True)))
    figure.suptitle(common_settings(exemplars))
    return figure


def numbers(exemplars: Sequence[Exemplar]) -> pd.DataFrame:
    """The eigenvalues, a row each.

    Returns:
        Columns ``run_id``, ``task``, ``l2``, ``matrix`` (Phi or W_hh; of Phi those other than 0), ``real``,
        ``imaginary``, ``modulus``, ``angle`` (radians), ``long_term``.
    """
    frames = [
        _table(exemplar, matrix, values)
        for exemplar in exemplars
        for matrix, values in (("Phi", exemplar.phi_eigenvalues), ("W_hh", exemplar.network_eigenvalues))
    ]
    return pd.concat(frames, ignore_index=True)


def _arrangement(exemplars: Sequence[Exemplar]) -> tuple[int, list[Exemplar]]:
    """Columns, and the networks in the order of panels."""
    of_task = [list(group) for _, group in groupby(exemplars, key=lambda exemplar: exemplar.task)]
    deep = len(of_task[0])
    if deep > 1 and len(of_task) <= 4 and all(len(group) == deep for group in of_task):
        return len(of_task), [group[i] for i in range(deep) for group in of_task]
    return len(exemplars) if len(exemplars) <= 4 else 3, list(exemplars)


def _panel(axes: Axes, exemplar: Exemplar, furthest: float) -> None:
    expected, found = exemplar.phi_eigenvalues, exemplar.network_eigenvalues
    show_spectrum(axes, expected, found, exemplar.modulus, furthest, "W_{hh}")
    counts = rf"{_long_term(exemplar, found).sum()} long-term ($\Phi$: {_long_term(exemplar, expected).sum()})"
    name = f"{wrap_name(exemplar.task, 24)}, L2 {exemplar.l2:g}: {accuracy_text(exemplar)}"
    axes.set_title("\n".join([name, spectral_error_text(exemplar), counts]), fontsize=7)
    for value, times in count_eigenvalues(exemplar.phi_eigenvalues):
        if times > 1:
            place = _INSIDE * value
            text = axes.text(
                place.real, place.imag, rf"$\times${times}", ha="center", va="center", fontsize=7, zorder=5
            )
            text.set_path_effects([withStroke(linewidth=1.5, foreground="white")])


def count_eigenvalues(values: Complex[np.ndarray, " mode"]) -> list[tuple[complex, int]]:
    """Each of these eigenvalues, and how many there are of it but for rounding, by angle."""
    groups: list[list[complex]] = []
    for value in sorted(map(complex, values), key=lambda one: (round(float(np.angle(one)), 6), abs(one))):
        near = next((group for group in groups if abs(group[0] - value) < _SAME), None)
        if near is None:
            groups.append([value])
        else:
            near.append(value)
    return [(group[0], len(group)) for group in groups]


def _long_term(exemplar: Exemplar, values: Complex[np.ndarray, " mode"]) -> Bool[np.ndarray, " mode"]:
    mask: np.ndarray = np.abs(values) > exemplar.modulus
    return mask


def _table(exemplar: Exemplar, matrix: str, values: Complex[np.ndarray, " mode"]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": exemplar.run_id,
            "task": exemplar.task,
            "l2": exemplar.l2,
            "matrix": matrix,
            "real": values.real,
            "imaginary": values.imag,
            "modulus": np.abs(values),
            "angle": np.angle(values),
            "long_term": _long_term(exemplar, values),
        }
    )
