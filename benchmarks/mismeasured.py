"""How often measuring with other sequences says the opposite of a statement of the paper.

    python -m benchmarks.mismeasured [--draws 2]

Each network that a statement speaks of is measured again, with other sequences to fit, to judge and to test with. It is
counted of how many it then holds where it did not, or the other way round. The largest share over the statements is
``emtvb.paper.significance.MISMEASURED``. Prints the Markdown table of docs/evidence.md.
"""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import click
import numpy as np
import pandas as pd
from rich.progress import track

from emtvb import markdown
from emtvb.experiments.results import runs_in
from emtvb.paper import claims, table1, twins
from emtvb.theory import memory_measures, sequences
from emtvb.theory.network_measurement import MeasureSettings, measure_network
from emtvb.theory.runs import Run

ROOT = Path(__file__).parents[1]
PAPER = ROOT / "results" / "paper"


def measure_otherwise(run: Run, network: object, draw: int) -> dict[str, object]:
    """What is measured of a network with other sequences than the published ones: a row of ``measurements.csv``."""
    drawn = sequences.random_sequences
    sequences._random_inputs_and_memory.cache_clear()
    with (
        mock.patch.object(sequences, "random_sequences", lambda *given: drawn(*given[:3], given[3] + draw)),
        mock.patch.object(memory_measures, "_TEST_SEED", memory_measures._TEST_SEED + draw),
    ):
        return measure_network(run, network, MeasureSettings()).row()  # type: ignore[arg-type]


def spoken_of(statement: claims.Statement, measured: pd.DataFrame) -> pd.Index:
    """The networks that a statement is about."""
    return measured[claims.where_all_hold(statement.over, measured)].index


def changed(statement: claims.Statement, before: pd.DataFrame, after: pd.DataFrame) -> tuple[int, int]:
    """Of how many of its networks a statement says something else afterwards, and of how many it speaks both times."""
    networks = spoken_of(statement, before).intersection(spoken_of(statement, after))
    one, other = (claims.where_all_hold(statement.holds, of.loc[networks]) for of in (before, after))
    return int((one != other).sum()), len(networks)


@click.command()
@click.option("--draws", default=2, show_default=True, help="Of other sequences.")
def main(draws: int) -> None:
    """Print how many networks of each statement are measured otherwise."""
    measured = twins.measured_with_twins(PAPER / "runs.csv", PAPER / "measurements.csv")
    every = table1.paper_runs(measured).set_index("run_id")
    stated = [claim for claim in claims.load_claims().statements if claim.group == "statement"]
    before = {claim.name: every[every["task"].isin(claim.tasks)] for claim in stated}
    asked = {run_id for claim in stated for run_id in spoken_of(claim, before[claim.name])}
    found, counts = runs_in(PAPER), {claim.name: np.zeros(2, int) for claim in stated}
    for draw in range(1, draws + 1):
        rows = [
            measure_otherwise(found[run_id].run, found[run_id].network(), draw)
            for run_id in track(sorted(asked), description=f"draw {draw} of {draws}")
        ]
        anew = pd.DataFrame(rows).set_index("run_id")
        for claim in stated:
            own = before[claim.name]
            after = own.loc[own.index.intersection(anew.index)].drop(columns=anew.columns, errors="ignore").join(anew)
            counts[claim.name] += changed(claim, own, after)
    table = [(claim.short, *counts[claim.name], f"{np.divide(*counts[claim.name]):.1%}") for claim in stated]
    click.echo(markdown.table(["statement", "says something else", "of", "share"], table, "lrrr"))


if __name__ == "__main__":
    main()
