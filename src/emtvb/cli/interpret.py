"""``emtvb interpret``: measure a trained network and draw what it learned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from emtvb.cli.network.naming import OfFile
from emtvb.cli.options import BASES, console, subject_options, writing_into

if TYPE_CHECKING:
    from emtvb.theory.network_measurement import Measurement


@click.command()
@subject_options
def interpret(run: str, of_file: OfFile, output: Path | None) -> None:
    """Measure a trained network and draw what it learned.

    RUN is a folder of `emtvb train`, a run id (`emtvb networks` lists them), or a file of weights of your own, with
    --task: three arrays W_uh, W_hh, W_r or W_in, W_rec, W_out, or torch's state dict of an RNN, GRU or LSTM and a
    linear readout (.safetensors, .npz, .pt). Of what is no GRU or LSTM say the --nonlinearity, too.
    """
    from emtvb.cli.network import interpreting, opening
    from emtvb.theory.network_measurement import Measurement

    subject = opening.find_subject(run, of_file, output)
    with writing_into(subject.folder) as folder:
        measured = interpreting.interpret_subject(subject, folder)
        if isinstance(measured, Measurement):
            _print_measurement(measured)
        else:
            _print_row(measured)
        for path in sorted(folder.iterdir()):
            console.print(str(path))
        console.print(f"open first {folder / 'edits.png'}: what the network does once what it stores is changed")


def _print_table(row: Any, values: Mapping[str, str]) -> None:
    """Values of a network below its name and verdict."""
    table = Table("measurement", "value", title=f"{row.run_id}: {row.verdict}", title_justify="left")
    for name, value in values.items():
        table.add_row(name, value)
    console.print(table)


def _print_row(row: Any) -> None:
    """Of another network than the paper's: all that was measured."""
    numbers = {name: value for name, value in vars(row).items() if not isinstance(value, str)}
    _print_table(row, {name.replace("_", " "): f"{value:.4g}" for name, value in numbers.items()})


def _print_measurement(measured: Measurement) -> None:
    error = f"{measured.spectral_error:.5f}"
    if math.isnan(measured.spectral_error):
        same = measured.phi_eigenvalues == measured.network_eigenvalues  # then rounding took a cosine past 1
        error = "not defined (by rounding)" if same else "not defined (counts differ)"
    ignored, pairs = measured.unobservable_edit_ignored, measured.matched_eigenvalues
    _print_table(measured, {
        "test accuracy": f"{measured.test_accuracy:.4f}",
        "long-term eigenvalues": f"{measured.network_eigenvalues} (Phi has {measured.phi_eigenvalues})",
        "spectral error, as published (rad)": error,
        "spectral error, optimal (rad)": f"{measured.optimal_spectral_error:.5f}",
        "matched pairs alone (rad)": f"{measured.matched_spectral_error:.5f}, {pairs} pairs",
        "sequences exact without an edit": f"{measured.unedited_success:.3f}",
        "unobservable edits without effect": "-" if math.isnan(ignored) else f"{ignored:.3f}",
    })  # fmt: skip
    bases = Table("variable memories", "by data", "the paper's", "realised", title_justify="left")
    for name, measure in _BASIS_ROWS.items():
        bases.add_row(name, *(f"{getattr(measured.bases[method], measure):.4g}" for method in BASES))
    console.print(bases)


_BASIS_ROWS = {
    "elements read right": "decoding_accuracy",
    "of the worst element": "worst_decoding_accuracy",
    "edits obeyed": "edit_success",
    "random steps obeyed (must be 0)": "random_edit_success",
    "state variance in their span": "explained_variance",
    "decoded map's distance from Phi": "decoded_map_error",
    "W_hh's distance from Phi": "map_error",
    "the same but for the gain": "shape_error",
    "gain of W_hh": "gain",
    "condition": "condition",
}
