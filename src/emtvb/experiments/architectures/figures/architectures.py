"""Networks of other architectures: their linearisation beside Phi, and their step between variable memories."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Complex, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from emtvb.core.style import EXPECTED, FOUND, PAGE, style
from emtvb.errors import InputError
from emtvb.figures.panels import mark_blocks, show_signed, wrapped

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
    return [load(path) for path in looks]


def load(path: Path | str) -> Look:
    """Read a look's .npz.

    Raises:
        InputError: Where the file is missing, damaged or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return Look(
                json.loads(str(stored["about"])),
                stored["kept"],
                stored["phi"],
                stored["phi_eigenvalues"].astype(np.complex128),
                stored["origin_eigenvalues"].astype(np.complex128),
                {name: stored[name] for name in MAPS},
            )
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError("look", str(path), f"missing, damaged or not one ({error}); measure again") from None


@style()
def draw(looks: Sequence[Look]) -> Figure:
    """A row per network: eigenvalues of J(0) and Phi, the step between memories in three ways, and Phi.

    A title says the network's architecture, size, task and seed, and below them what was measured of it.

    Args:
        looks: At least one.
    """
    figure = Figure(figsize=(PAGE, 1.95 * len(looks)), layout="constrained")
    for part, look in zip(figure.subfigures(len(looks), 1, squeeze=False).ravel(), looks, strict=True):
        part.suptitle(_title(look), fontsize=8)
        spectrum, *panels = part.subplots(1, 2 + len(MAPS))
        _show_spectrum(spectrum, look)
        for axes, (name, matrix) in zip(panels, {**look.maps, "phi": look.phi}.items(), strict=True):
            image = show_signed(axes, matrix, 1.0)
            axes.set_title(MAPS.get(name, r"$\Phi$"))
            axes.set_box_aspect(1)
            _mark_variables(axes, look)
        part.colorbar(image, ax=panels, extend="both", ticks=[-1, 0, 1], aspect=14, pad=0.01)
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
    known = re.search(r"_h(\d+)_.*_seed(\d+)", about["run_id"])
    size, seed = (
        (f", {known[1]} {_UNITS.get(about['architecture'], 'neurons')}", f", seed {known[2]}") if known else ("", "")
    )
    return (
        f"{about['architecture'].upper()}{size}, {wrapped(about['task'], 60)}{seed}: {about['verdict']}\n"
        f"accuracy {about['test_accuracy']:.3f}; elements decoded {about['decoding_accuracy']:.3f}; "
        f"edits obeyed {about['edit_success']:.2f}, random steps {about['random_edit_success']:.2f}"
    )


def _show_spectrum(axes: Axes, look: Look) -> None:
    """Phi as open circles, J(0) as dots: fainter where they are not long-term."""
    eigenvalues = look.origin_eigenvalues
    long_term = np.abs(eigenvalues) > look.about["modulus"]
    axes.add_patch(Circle((0, 0), 1, fill=False, edgecolor="0.6", linewidth=0.6))
    _dots(axes, look.phi_eigenvalues, mfc="none", mec=EXPECTED, mew=0.6, markersize=5, zorder=3)
    _dots(axes, eigenvalues[long_term], mfc=FOUND, mew=0, markersize=2.6, zorder=4)
    _dots(axes, eigenvalues[~long_term], mfc=FOUND, mew=0, markersize=2.2, alpha=0.3)
    reach = 1.06 * max(1.1, float(np.abs(eigenvalues).max(initial=0)))
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    axes.set_title(r"$J(0)$ (dots), $\Phi$")


def _dots(axes: Axes, values: Complex[np.ndarray, " mode"], **appearance: Any) -> None:
    axes.plot(values.real, values.imag, linestyle="none", marker="o", **appearance)


def _mark_variables(axes: Axes, look: Look) -> None:
    s, d = look.about["s"], look.about["d"]
    sizes = [int(count) for count in look.kept.reshape(s, d).sum(axis=1)]
    names = [str(variable) for variable in range(1, s + 1)]
    mark_blocks(axes, sizes, names, "x", room=0.08)
    mark_blocks(axes, sizes, names, "y", room=0.08)


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
    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "run_id", look.about["run_id"])
    return table


def _frame(
    quantity: str, row: np.ndarray, column: np.ndarray, value: np.ndarray, imaginary: np.ndarray
) -> pd.DataFrame:
    columns = {"row": row, "column": column, "value": value, "imaginary": imaginary}
    return pd.DataFrame({"quantity": quantity, **{name: array.ravel() for name, array in columns.items()}})
