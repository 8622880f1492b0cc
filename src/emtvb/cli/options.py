"""What the commands share: how they print, and options that several have."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from emtvb import config
from emtvb.cli.network.naming import OfFile
from emtvb.experiments import kinds
from emtvb.files import check_writable
from emtvb.theory import tasks

if os.environ.get("COLUMNS") == "0":
    del os.environ["COLUMNS"]  # of a terminal that does not know its width: rich would print nothing at all

console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
PAPER = tasks.PAPER_SIZE
FOLDER = click.Path(path_type=Path)
DEFAULT_CONFIG = "config/config.yaml"
BASES = ("data", "power", "realisation")
dimensions_option = click.option(
    "--dimensions", "d", type=int, default=PAPER[0], show_default=True, help="d: vector elements."
)
variables_option = click.option(
    "--variables", "s", type=int, default=PAPER[1], show_default=True, help="s: stored vectors."
)


@contextmanager
def writing_into(folder: Path) -> Iterator[Path]:
    """A folder that a command writes into, made if it is missing; it is named where its disk is full."""
    check_writable(folder)
    try:
        yield folder
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(folder)) from error
        raise


def subject_options(command: Callable[..., None]) -> Callable[..., None]:
    """RUN, what is to be said of it where it is a file of weights (``of_file``), and where to write."""
    d, s = PAPER  # in the help alone: a run refuses what is said of a file (``OfFile.refuse``)

    @wraps(command)
    def call(task: str | None, d: int | None, s: int | None, nonlinearity: str | None, **others: Any) -> None:
        command(of_file=OfFile(task, d, s, nonlinearity), **others)
        if task is not None:  # it was a file, which alone may have one
            from emtvb.adapters.weight_files import NOT_HELD

            console.print(str(NOT_HELD))

    for decorate in (  # from the last to the first: help begins with what decorates last
        click.option("--output", type=FOLDER, help="Where to [default: beside the run's experiment, or the file]."),
        click.option(
            "--nonlinearity",
            type=click.Choice(["tanh", "relu"]),
            help="Of a file of weights of an RNN, which does not say it.",
        ),
        click.option("--variables", "s", type=int, help=f"Of a file of weights: s, stored vectors [default: {s}]."),
        click.option("--dimensions", "d", type=int, help=f"Of a file of weights: d, vector elements [default: {d}]."),
        click.option("--task", help="Of a file of weights: what it was trained on, as for `emtvb train`."),
        click.argument("run"),
    ):
        call = decorate(call)
    return call


def checked_experiment(file: str) -> config.Experiment:
    """The experiment of a config, with a line on what it comes to."""
    experiment = kinds.load_experiment(file)
    console.print(f"{file}: experiment {experiment.experiment}: {experiment.in_words()}")
    return experiment
