"""``emtvb interpret``: measure a trained network and draw what it learned."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from emtvb.cli.options import BASES, console, into, subject_options

if TYPE_CHECKING:
    from emtvb.theory.measures import Measurement


@click.command()
@subject_options
def interpret(
    run: str, task: str | None, d: int | None, s: int | None, nonlinearity: str | None, output: Path | None
) -> None:
    """Measure a trained network and draw what it learned.

    RUN is a folder of `emtvb train`, a run id (`emtvb networks` lists them), or a file of weights of your own, with
    --task: three arrays W_in, W_rec, W_out or the like, or torch's state dict of an RNN, GRU or LSTM and a linear
    readout (.safetensors, .npz, .pt).
    """
    from emtvb.cli.network import interpreting, opening
    from emtvb.theory.measures import Measurement

    subject = opening.find(run, task, (d, s), nonlinearity, output)
    with into(subject.folder) as folder:
        measured = interpreting.interpret(subject, folder)
        if isinstance(measured, Measurement):
            _print_measurement(measured)
        else:
            _print_row(measured)
        for path in sorted(folder.iterdir()):
            console.print(str(path))


def _print_row(row: Any) -> None:
    """Of another network than the paper's: all that was measured."""
    table = Table("measurement", "value", title=f"{row.run_id}: {row.verdict}", title_justify="left")
    for name, value in vars(row).items():
        if not isinstance(value, str):
            table.add_row(name.replace("_", " "), f"{value:.4g}")
    console.print(table)


def _print_measurement(measured: Measurement) -> None:
    error = f"{measured.spectral_error:.5f}"
    if math.isnan(measured.spectral_error):
        same = measured.phi_eigenvalues == measured.network_eigenvalues
        error = "not defined (by rounding)" if same else "not defined (counts differ)"
    table = Table("measurement", "value", title=f"{measured.run_id}: {measured.verdict}", title_justify="left")
    table.add_row("test accuracy", f"{measured.test_accuracy:.4f}")
    table.add_row("long-term eigenvalues", f"{measured.network_eigenvalues} (Phi has {measured.phi_eigenvalues})")
    table.add_row("spectral error, as published (rad)", error)
    table.add_row("spectral error, optimal (rad)", f"{measured.optimal_spectral_error:.5f}")
    table.add_row(
        "matched pairs alone (rad)", f"{measured.matched_spectral_error:.5f}, {measured.matched_eigenvalues} pairs"
    )
    table.add_row("sequences exact without an edit", f"{measured.unedited_success:.3f}")
    ignored = measured.unobservable_edit_ignored
    table.add_row("unobservable edits without effect", "-" if math.isnan(ignored) else f"{ignored:.3f}")
    console.print(table)
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
