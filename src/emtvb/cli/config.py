"""``emtvb config``: check configs, and say what ``make`` asks about them."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from emtvb.cli.options import checked_experiment, console
from emtvb.experiments import kinds
from emtvb.making import surroundings


@click.group("config")
def config_group() -> None:
    """Config files of experiments."""


@config_group.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path())
def check_config(files: tuple[str, ...]) -> None:
    """Check config files, and say what they state."""
    for file in files:
        experiment = checked_experiment(file)
        folder = surroundings.results_root() / experiment.experiment
        if other := surroundings.of_other_settings(folder, experiment.model_dump(mode="json")):
            click.echo(f"warning: {other}", err=True)


@config_group.command("folder")
@click.argument("file", type=click.Path())
def config_folder(file: str) -> None:
    """Print where an experiment's results go."""
    console.print(str(surroundings.results_root() / kinds.load_experiment(file).experiment))


@config_group.command("drawing")
@click.argument("file", type=click.Path())
def config_drawing(file: str) -> None:
    """Print the rules that make an experiment's tables and figures, if all is there that they are made from."""
    from emtvb.making.clone import workflow_root
    from emtvb.making.plan import drawing_rules, plan_jobs

    folder = surroundings.results_root() / kinds.load_experiment(file).experiment
    with Console(stderr=True).status("asking Snakemake what tables and figures are made from"):  # shown on terminals
        jobs = plan_jobs(Path(file), workflow_root(), folder)
    console.print(" ".join(drawing_rules(jobs, folder)))
