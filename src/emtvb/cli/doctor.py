"""``emtvb doctor``: what a run on a Slurm cluster needs."""

from __future__ import annotations

import sys

import click

from emtvb.cli.options import DEFAULT_CONFIG, console
from emtvb.experiments import kinds


@click.command()
@click.argument("file", type=click.Path(), default=DEFAULT_CONFIG)
@click.option("--profile", "profiles", multiple=True, default=["slurm"], show_default=True, help="As for Snakemake.")
def doctor(file: str, profiles: tuple[str, ...]) -> None:
    """Check what a run on a Slurm cluster needs, and try it out in a short job. FILE is the experiment's config."""
    from emtvb.slurm.doctor import examine

    experiment = kinds.load_experiment(file)
    levels = []
    for finding in examine(experiment, profiles):
        console.print(str(finding))
        levels.append(finding.level)
    if "error" in levels:
        sys.exit(1)
