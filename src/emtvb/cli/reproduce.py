"""``emtvb reproduce`` runs the workflow on a config; ``emtvb summary`` prints what came out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from emtvb import config
from emtvb.cli.options import DEFAULT_CONFIG, check_and_say, console
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.methods import settings as benchmarks
from emtvb.experiments.onions import settings as onions
from emtvb.experiments.streams.settings import Streams
from emtvb.making import surroundings


@click.command()
@click.argument("file", type=click.Path(), default=DEFAULT_CONFIG)
@click.option("--cores", default="all", show_default=True, help="How many cores: a number, or all.")
def reproduce(file: str, cores: str) -> None:
    """Run the workflow on a config, in a clone, and print its summary. FILE is the config.

    Ctrl-C stops it; the same command goes on from the last checkpoints.
    """
    from emtvb.making import reproduction
    from emtvb.making.clone import workflow_root

    experiment = check_and_say(file)
    snakemake = Path(sys.executable).with_name("snakemake")
    snakefile = workflow_root() / "Snakefile"
    status = reproduction.run(
        [str(snakemake), "--snakefile", str(snakefile), "--cores", cores, "--configfile", str(Path(file).absolute())]
    )
    if status:
        sys.exit(status)
    _print_summary(experiment)


@click.command()
@click.argument("file", type=click.Path())
def summary(file: str) -> None:
    """Print an experiment's Table 1, what came out, and where to look first. FILE is its config."""
    _print_summary(kinds.load(file))


def _print_summary(experiment: config.Experiment) -> None:
    folder = surroundings.results_root() / experiment.experiment
    name, words = "table1.csv", ""
    if isinstance(experiment, benchmarks.Benchmark):
        name, words = "methods.md", "all methods on all networks"
    if isinstance(experiment, Streams):
        figure = folder / "figures" / "stream_recall.png"
        name, words = "streams.csv", f"all measures by task and size; look first: {figure}"
    if isinstance(experiment, onions.Onions):
        name, words = "onions.md", "what is linear in each network"
    path = folder / "tables" / name
    if not path.is_file():
        raise InputError("table", str(path), "not made yet; run the workflow on this config first")
    if words:
        console.print(f"{path}: {words}")
        return

    from emtvb import tables
    from emtvb.cli import summary as summaries
    from emtvb.paper import table1

    table = table1.as_text(tables.read_table(path, table1.COLUMNS))
    lines = [*summaries.LEGEND, *summaries.engines(folder), "", *summaries.lines(experiment, folder)]
    _print_table1(table, folder.name)
    for line in lines:
        console.print(line)


def _print_table1(rows: Any, name: str) -> None:
    shown = Table(title=f"Table 1, {name}", title_justify="left")
    for column in rows.columns:
        shown.add_column(column)
    for row in rows.itertuples(index=False):
        shown.add_row(*map(str, row))
    console.print(shown)
