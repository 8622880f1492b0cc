"""How many of the paper's runs a GPU trains in an hour, in lockstep and one at a time, beside one core of the CPU.

    python -m benchmarks.gpu [--steps N]

All at horizon 100, the longest of the curriculum. Ends with status 2 where there is no CUDA GPU.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.training import Trainer, seconds_per_step
from emtvb.errors import InputError
from emtvb.networks import Network
from emtvb.runs import Protocol, Run
from emtvb.training import engine, lockstep
from emtvb.training.history import Row

HORIZON = 100
TOGETHER = (1, 64, 256, 480)
"""Runs in lockstep."""


@click.command(help=__doc__)
@click.option("--steps", type=click.IntRange(100), default=300, show_default=True, help="Steps of each measurement.")
def main(steps: int) -> None:
    """Measure all and print the table."""
    try:
        lockstep.check_device("cuda")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    console = Console(width=100)
    table = Table("hidden", "trainer", title=f"{torch.cuda.get_device_name()}, horizon {HORIZON}")
    for column in ("ms/step", "runs/hour", "times one core"):
        table.add_column(column, justify="right")
    for hidden_dim in (32, 64, 128):
        core = None
        for name, runs, train in contenders():
            seconds = seconds_per_step(train, hidden_dim, HORIZON, steps)
            rate = runs_per_hour(seconds, runs)
            core = core or rate
            table.add_row(str(hidden_dim), name, f"{1e3 * seconds:.2f}", f"{rate:.1f}", f"{rate / core:.1f}")
            print(f"hidden {hidden_dim}, {name}: done", file=sys.stderr, flush=True)
        table.add_section()
    console.print(table)


def contenders() -> list[tuple[str, int, Trainer]]:
    """Name, runs at once, and what trains these, for each line of a group; the first is what the others are held to."""
    lines: list[tuple[str, int, Trainer]] = [("engine, one core", 1, engine.train)]
    return lines + [(f"lockstep, {count} runs", count, partial(train_copies, count)) for count in TOGETHER]


def train_copies(count: int, run: Run, folder: Path, report: Callable[[Row], None]) -> tuple[Network, list[Row]]:
    """Train a run in lockstep with others that differ in their seeds, and report on it alone."""
    runs = [dataclasses.replace(run, seed=run.seed + i) for i in range(count)]
    results = lockstep.train(runs, folder, lambda run_id, row: report(row) if run_id == run.run_id else None)
    return results[run.run_id]


def runs_per_hour(seconds: float, runs: int) -> float:
    """Runs of the paper's length in an hour, if a step of so many takes so long."""
    return 3600 * runs / (seconds * Protocol().steps)


if __name__ == "__main__":
    main()
