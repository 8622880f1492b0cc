"""``emtvb audit``: is an experiment intact and current, and does it come out again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from emtvb.cli.options import FOLDER, console, writing_into
from emtvb.errors import InputError
from emtvb.experiments.results import check_holds_experiment


@click.command("audit")
@click.argument("folder", type=FOLDER)
@click.option("--config", "file", type=click.Path(), help="Its config [default: the clone's of that name].")
@click.option("--quick", is_flag=True, help="Make nothing again.")
@click.option("--all", "every", is_flag=True, help="Measure all networks again [default: a third of the shards].")
@click.option("--runs", type=click.IntRange(0), help="How many runs to train again [default: 2].")
@click.option("--seed", type=click.IntRange(0), help="Draws these shards and runs [default: others each time].")
@click.option(
    "--workers", type=click.IntRange(1, 1000), default=2, show_default=True, help="Processes at once, of each part."
)
def audit_results(
    folder: Path, file: str | None, quick: bool, every: bool, runs: int | None, seed: int | None, workers: int
) -> None:
    """Audit an experiment: is it intact and current, and does it come out again?

    FOLDER is results/<experiment>. What is found goes to FOLDER/audit, too. Exit status 1 where something is wrong with
    the results, 3 where nothing is, but not everything was checked.
    """
    from emtvb.audit import audit, config_of_results
    from emtvb.audit.report import STATUS
    from emtvb.making.clone import workflow_root
    from emtvb.making.jobs import show_progress

    check_holds_experiment(folder, "results", "settings.json")
    for name, value in (("--all", every or None), ("--runs", runs), ("--seed", seed)):
        if quick and value is not None:
            raise InputError("audit", f"--quick and {name}", "--quick makes nothing again; give one of them")
    config_of = config_of_results.held_to(folder, workflow_root(), file)
    show_progress()
    sample = audit.Sample(1.0 if every else audit.SHARE, 2 if runs is None else runs, seed, workers)
    with writing_into(folder / "audit"):
        report = audit.audit(folder, config_of, audit.QUICK if quick else sample)
        audit.write_report(report, folder)
    for line in report.lines():
        console.print(line)
    console.print(f"{folder / 'audit'}: all of it")
    sys.exit(STATUS[report.outcome])
