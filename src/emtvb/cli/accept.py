"""``emtvb accept``: the code changed, and what it makes did not."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import click

from emtvb.cli.options import FOLDER, console
from emtvb.experiments.results import check_holds_experiment


@click.command("accept")
@click.argument("folders", type=FOLDER, nargs=-1, metavar="[FOLDER]...")
@click.option("--all", "every", is_flag=True, help="Run all such jobs, those that were accepted before, too.")
@click.option("--seed", type=click.IntRange(0), help="Draws the jobs that are run [default: others each time].")
@click.option("--workers", type=click.IntRange(1, 1000), default=2, show_default=True, help="Jobs at once.")
def accept_results(folders: tuple[Path, ...], every: bool, seed: int | None, workers: int) -> None:
    """Say that the code changed and the results did not: a part of what is stale by its code is run, and compared.

    FOLDER is results/<experiment>, by default each one that is published. Rules whose drawn jobs make the same bytes
    are accepted: records say that the present code makes what lies there. Nothing but records is written. Exit status 1
    where something comes out otherwise, 3 where something else is still to be made.
    """
    from emtvb.audit import accepting, config_of_results
    from emtvb.making.clone import workflow_root
    from emtvb.making.jobs import show_progress

    root = workflow_root()
    chosen = folders or accepting.published_folders(root)
    for folder in chosen:
        check_holds_experiment(folder, "results", "settings.json")
    show_progress()
    seed = secrets.randbelow(2**32) if seed is None else seed
    console.print(f"Jobs are drawn by seed {seed}.")
    status = 0
    for folder in chosen:
        came = accepting.accept(folder, config_of_results.held_to(folder, root), every, seed, workers)
        for line in came.lines():
            console.print(f"{folder}: {line}")
        status = 1 if came.refused or status == 1 else 3 if came.planned else status
    sys.exit(status)
