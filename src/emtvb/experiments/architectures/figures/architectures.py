"""Networks of other architectures: their linearisation beside Phi, and their step between variable memories."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Complex, Float
from matplotlib.figure import Figure

from emtvb.figures.data import reading_result, with_label_columns
from emtvb.figures.images import mark_variables, show_signed, signed_bar
from emtvb.figures.spectra import show_spectrum, spectrum_reach
from emtvb.figures.style import PAGE, house_style
from emtvb.figures.words import wrap_name

MAPS = {"origin_map": r"$\Psi^{*} J(0)\,\Psi$", "visited_map": r"$\Psi^{*} \bar{J}\,\Psi$", "decoded_map": "decoded"}
"""The step between memories: linearised at the origin, linearised where the network works, as data have it."""
_UNITS = {"lstm": "units", "s4": "channels"}
"""What an architecture is made of."""
_DECIMALS = 3
"""Of the entries of matrices among the numbers of the figure."""


@dataclass(frozen=True, eq=False)
class Look:
    """One network, as the measuring stage writes it.

    Attributes:
        about: Its task, d, s, modulus and measurements.
        kept: The stacked elements that have a variable memory.
        phi: The task's transition between them.
        phi_eigenvalues: Its eigenvalues.
        origin_eigenvalues: Those of the linearisation at the origin.
        maps: The step between memories, by the names of :data:`MAPS`.
    """

    about: dict[str, Any]
    kept: Bool[np.ndarray, " memory"]
    phi: Float[np.ndarray, "kept kept"]
    phi_eigenvalues: Complex[np.ndarray, " mode"]
    origin_eigenvalues: Complex[np.ndarray, " other"]
    maps: dict[str, Float[np.ndarray, "kept kept"]]


def read(looks: Sequence[Path | str]) -> list[Look]:
    """What the figure shows, from the files of its networks."""
    return [load_look(path) for path in looks]


def load_look(path: Path | str) -> Look:
    """Read a look's .npz.

    Raises:
        InputError: Where the file is missing, damaged or something else.
    """
    with reading_result("look", path), np.load(path, allow_pickle=False) as stored:
        return Look(
            json.loads(str(stored["about"])),
            stored["kept"],
            stored["phi"],
            stored["phi_eigenvalues"].astype(np.complex128),
            stored["origin_eigenvalues"].astype(np.complex128),
            {name: stored[name] for name in MAPS},
        )


@house_style()
def draw(looks: Sequence[Look]) -> Figure:
    """A row per network: eigenvalues of J(0) and Phi, the step between memories in three ways, and Phi.

    A title says the network's architecture, size, task and seed, and below them what was measured of it.

    Args:
        looks: At least one.
    """
    figure = Figure(figsize=(PAGE, 1.95 * len(looks)), layout="constrained")
    for part, look in zip(figure.subfigures(len(looks), 1, squeeze=False).ravel(), looks, strict=True):
        part.suptitle(_title(look))
        spectrum, *panels = part.subplots(1, 2 + len(MAPS))
        eigenvalues = look.origin_eigenvalues
        show_spectrum(
            spectrum, look.phi_eigenvalues, eigenvalues, look.about["modulus"], spectrum_reach(eigenvalues), "J(0)"
        )
        spectrum.set_title(r"$J(0)$ (dots), $\Phi$")
        for axes, (name, matrix) in zip(panels, {**look.maps, "phi": look.phi}.items(), strict=True):
            image = show_signed(axes, matrix, 1.0)
            axes.set_title(MAPS.get(name, r"$\Phi$"))
            axes.set_box_aspect(1)
            mark_variables(axes, look.kept, look.about["s"], ("x", "y"))
        signed_bar(part, image, ax=panels, aspect=14, pad=0.01)
    return figure


def numbers(looks: Sequence[Look]) -> pd.DataFrame:
    """What is drawn, a row each.

    Returns:
        Columns ``run_id``; ``quantity``: phi_eigenvalues, origin_eigenvalues, origin_map, visited_map, decoded_map or
        phi; ``row`` and ``column`` (stacked elements; of an eigenvalue its number and 0), ``value``, ``imaginary``.
        Entries of matrices to three decimals, finer than their colours; those that are 0 then have no row.
    """
    return pd.concat([_numbers(look) for look in looks], ignore_index=True)


def _title(look: Look) -> str:
    about = look.about
    known = re.search(r"_h(\d+)_.*_seed(\d+)", about["run_id"])  # a network from a file has a name of its own
    size, seed = (
        (f", {known[1]} {_UNITS.get(about['architecture'], 'neurons')}", f", seed {known[2]}") if known else ("", "")
    )
    return (
        f"{about['architecture'].upper()}{size}, {wrap_name(about['task'], 60)}{seed}: {about['verdict']}\n"
        f"accuracy {about['test_accuracy']:.3f}; elements decoded {about['decoding_accuracy']:.3f}; "
        f"edits obeyed {about['edit_success']:.2f}, random steps {about['random_edit_success']:.2f}"
    )


def _numbers(look: Look) -> pd.DataFrame:
    elements = np.flatnonzero(look.kept)
    frames = []
    for name in ("phi_eigenvalues", "origin_eigenvalues"):
        values = getattr(look, name)
        frames.append(_frame(name, np.arange(values.size), np.zeros(values.size, int), values.real, values.imag))
    for name, matrix in {**look.maps, "phi": look.phi}.items():
        rows, columns = np.meshgrid(elements, elements, indexing="ij")
        entries = _frame(name, rows, columns, matrix.round(_DECIMALS), np.zeros(matrix.size))
        frames.append(entries[entries["value"] != 0])
    return with_label_columns(pd.concat(frames, ignore_index=True), run_id=look.about["run_id"])


def _frame(
    quantity: str, row: np.ndarray, column: np.ndarray, value: np.ndarray, imaginary: np.ndarray
) -> pd.DataFrame:
    columns = {"row": row, "column": column, "value": value, "imaginary": imaginary}
    return pd.DataFrame({"quantity": quantity, **{name: array.ravel() for name, array in columns.items()}})
