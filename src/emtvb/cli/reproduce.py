"""``emtvb reproduce`` runs the workflow on a config; ``emtvb summary`` prints what came out."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import click

from emtvb import config
from emtvb.cli.options import DEFAULT_CONFIG, checked_experiment, console
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.making import surroundings
from emtvb.memory_limit import available_bytes, killed_processes, want_of_memory

JOB_MEMORY = 600
"""MiB that a job here may take.

The largest were seen with 374 (the engine, 128 neurons), 439 (the general trainer, as many), 489 (training an LSTM of
128) and 527 (measuring a layer of S4).
"""


@click.command()
@click.argument("file", type=click.Path(), default=DEFAULT_CONFIG)
@click.option("--cores", default="all", show_default=True, help="How many cores: a number, or all.")
def reproduce(file: str, cores: str) -> None:
    """Run the workflow on a config, in a clone, and print its summary. FILE is the config.

    Ctrl-C stops it; the same command goes on from the last checkpoints.
    """
    from emtvb.cli.progress import show_progress
    from emtvb.making.clone import workflow_root

    experiment, killed = checked_experiment(file), killed_processes()
    snakemake, snakefile = Path(sys.executable).with_name("snakemake"), workflow_root() / "Snakefile"
    command: list[str | Path] = [
        "--snakefile", snakefile, "--cores", cores, "--logger", "emtvb", "--configfile", Path(file).absolute(),
        # No more jobs at once than memory has room for.
        "--resources", f"mem_mb={available_bytes() >> 20}", "--default-resources", f"mem_mb={JOB_MEMORY}",
    ]  # fmt: skip
    with subprocess.Popen([snakemake, *command], stderr=subprocess.PIPE, text=True, errors="replace") as process:
        # In a thread, since jobs that outlive Snakemake hold the pipe open.
        lines = Thread(target=show_progress, args=(process.stderr,), daemon=True)
        lines.start()
        status = _exit_status(process)
        lines.join(1)
    if status == 128 + signal.SIGKILL:  # else Snakemake says it
        for line in want_of_memory(killed):
            click.echo(line, err=True)
    if status:
        sys.exit(status)
    _print_summary(experiment)


def _exit_status(process: subprocess.Popen[str]) -> int:
    """A process's exit status, as a shell has it. Ctrl-C reaches the process, too: it ends its jobs, and says so."""

    def stop(*_: object) -> None:
        process.terminate()  # SIGTERM reaches this process alone
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    while True:
        try:
            status = process.wait()
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            click.echo("stopping; the same command goes on from the last checkpoints", err=True)


@click.command()
@click.argument("file", type=click.Path())
def summary(file: str) -> None:
    """Print an experiment's Table 1, what came out, and where to look first. FILE is its config."""
    _print_summary(kinds.load_experiment(file))


def _print_summary(experiment: config.Experiment) -> None:
    folder = surroundings.results_root() / experiment.experiment
    kind = kinds.kind_of(experiment)
    path = folder / "tables" / kind.table
    if not path.is_file():
        raise InputError("table", str(path), "not made yet; run the workflow on this config first")
    for line in kind.summary(experiment, folder):
        console.print(line)
