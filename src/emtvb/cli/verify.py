"""``emtvb verify``: train published runs again and compare."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click

from emtvb.cli.options import FOLDER, console
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.results import check_holds_experiment


@click.command()
@click.argument("run_ids", nargs=-1, metavar="[RUN_ID]...")
@click.option("--results", "folder", type=FOLDER, default=Path("results/paper"), show_default=True)
@click.option("--sample", type=click.IntRange(1), help="So many runs, half of which solve their task.")
@click.option("--seed", type=int, help="Chooses the sample [default: 0].")
@click.option("--all", "every", is_flag=True, help="All of its runs.")
@click.option("--workers", type=click.IntRange(1, 1000), default=2, show_default=True, help="Processes at once.")
def verify(
    run_ids: tuple[str, ...], folder: Path, sample: int | None, seed: int | None, every: bool, workers: int
) -> None:
    """Train published runs here, from nothing to the end, and compare with what is published.

    A line for each run, and on standard error how far each is; exit status 1 where one comes out differently, and 3
    where one does that was trained on another machine by torch. What is compared: every weight by the digest in the
    experiment's digests.csv, and the weights and learning curves that lie there.
    """
    from emtvb.audit import determinism
    from emtvb.making import recorded
    from emtvb.making.jobs import show_progress

    check_holds_experiment(folder, "--results", "settings.json")
    experiment = kinds.load_experiment(folder / "settings.json")
    runs = {run.run_id: (shard, run) for shard, part in experiment.shards().items() for run in part}
    if seed is not None and sample is None:
        raise InputError("--seed", seed, "chooses a sample; give --sample, too, or leave it out")
    measured = determinism.measured_in(folder)
    chosen = determinism.chosen_runs(runs, run_ids, sample, seed or 0, every, folder, measured)
    show_progress()
    if sample is not None:
        console.print(f"Drawn by seed {seed or 0}, at least half of them of networks that solve their task.")
    records, _ = recorded.read_all(folder)
    failed = elsewhere = 0
    trained = determinism.train_runs_again(
        folder, [runs[run_id] for run_id in chosen], experiment.trained_by(), workers
    )
    with closing(trained):
        for run_id, difference in trained:
            where = difference and determinism.made_elsewhere(runs[run_id][0], run_id, records, experiment.trained_by())
            elsewhere += bool(where)
            failed += difference is not None and not where
            about = determinism.accuracy_in_words(measured.get(run_id))
            said = f"not checked, it was made elsewhere ({where}); {difference}" if where else difference
            console.print(f"{run_id}, {about}: {said or 'the same, to the last bit'}")
    not_checked = f", {elsewhere} not checked" if elsewhere else ""
    console.print(f"{len(chosen) - failed - elsewhere} of {len(chosen)} runs came out as published{not_checked}")
    if failed or elsewhere:
        sys.exit(1 if failed else 3)
