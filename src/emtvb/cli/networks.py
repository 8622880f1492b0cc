"""``emtvb networks``: list the networks that lie here."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from emtvb.cli.options import FOLDER, console
from emtvb.config.architectures import ARCHITECTURES
from emtvb.errors import InputError
from emtvb.experiments.results import check_holds_experiment, experiments_here


@click.command("networks")
@click.argument("folders", nargs=-1, type=FOLDER, metavar="[FOLDER]...")
@click.option("--task", multiple=True, help="T1 to T4, or a config's own name. This and the next: also more than once.")
@click.option("--hidden", "hidden_dim", type=int, multiple=True, help="Neurons; the size of another architecture.")
@click.option("--l2", type=float, multiple=True, help="L2 penalty.")
@click.option("--threshold", type=float, multiple=True, help="Accuracy that moves the horizon up.")
@click.option("--seed", type=int, multiple=True, help="Of initial weights and batches.")
@click.option("--twin", type=int, multiple=True, help="0: no rounding twin.")
@click.option("--architecture", multiple=True, help=f"rnn, {', '.join(ARCHITECTURES)}.")
@click.option("--verdict", help="A part of it, such as 'without it' or 'linearly stored'.")
@click.option("--solved/--unsolved", default=None, help="Those that solve their task, or do not.")
@click.option("--weights", is_flag=True, help="Only those whose weights are here, which interpret and edit open.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, with more columns.")
def list_networks(
    folders: tuple[Path, ...], verdict: str | None, solved: bool | None, weights: bool, as_csv: bool, **wanted: Any
) -> None:
    """List trained networks: what they were trained on, and what was measured of them.

    Of all experiments under the results root, or of these FOLDERs. `emtvb interpret RUN_ID` opens one.
    """
    from emtvb.experiments import catalogue

    for folder in folders:
        check_holds_experiment(folder, "results", "runs.csv")
    table = catalogue.network_catalogue(folders or experiments_here(), None if folders else _leave_out)
    chosen = catalogue.choose_networks(table, wanted, verdict, solved, weights)
    if as_csv:
        click.echo(chosen.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        _print_networks(chosen, table["experiment"].nunique() > 1)


def _leave_out(error: InputError) -> None:
    """Say that an experiment that nobody named cannot be read."""
    click.echo(f"warning: left out: {error}", err=True)


def _print_networks(chosen: Any, several: bool) -> None:
    """A line a network, never broken, and how many they are."""
    lines = [("run id", *(["experiment"] if several else []), "accuracy", "modes", "worst", "weights", "verdict")]
    for row in chosen.itertuples(index=False):
        without_verdict = "not measured" if math.isnan(row.test_accuracy) else "-"
        lines.append((
            row.run_id,
            *([row.experiment] if several else []),
            "-" if math.isnan(row.test_accuracy) else f"{row.test_accuracy:.4f}",
            "-" if math.isnan(row.phi_eigenvalues) else f"{row.network_eigenvalues:.0f}/{row.phi_eigenvalues:.0f}",
            "-" if math.isnan(row.data_worst_decoding_accuracy) else f"{row.data_worst_decoding_accuracy:.4f}",
            "here" if row.weights else "-",
            row.verdict if isinstance(row.verdict, str) else without_verdict,
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        console.print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    solved, here = int((chosen["solved"] == 1).sum()), int(chosen["weights"].sum())
    console.print(f"{len(chosen)} networks; {solved} solve their task; the weights of {here} are here")
