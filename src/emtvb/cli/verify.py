"""``emtvb verify``: train published runs again and compare."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from emtvb.cli.options import FOLDER, console
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.checks import TrainedRuns
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
    from emtvb.making import recorded
    from emtvb.making.jobs import show_progress

    check_holds_experiment(folder, "--results", "settings.json")
    settings = folder / "settings.json"
    runs = kinds.kind_of(kinds.load_experiment(settings)).trained(settings, folder)
    if runs is None:
        raise InputError("--results", str(folder), "holds no runs to train again; name others, such as results/paper")
    if seed is not None and sample is None:
        raise InputError("--seed", seed, "chooses a sample; give --sample, too, or leave it out")
    chosen = _chosen_runs(runs, run_ids, sample, seed or 0, every, folder)
    show_progress()
    if sample is not None:
        console.print(f"Drawn by seed {seed or 0}, at least half of them of networks that solve their task.")
    records, _ = recorded.read_all(folder)
    failed = elsewhere = 0
    with closing(runs.train_again(chosen, workers)) as trained:
        for run_id, difference in trained:
            where = difference and runs.made_elsewhere(run_id, records)
            elsewhere += bool(where)
            failed += difference is not None and not where
            said = f"not checked, it was made elsewhere ({where}); {difference}" if where else difference
            console.print(f"{runs.in_words(run_id)}: {said or 'the same, to the last bit'}")
    not_checked = f", {elsewhere} not checked" if elsewhere else ""
    console.print(f"{len(chosen) - failed - elsewhere} of {len(chosen)} runs came out as published{not_checked}")
    if failed or elsewhere:
        sys.exit(1 if failed else 3)


def _chosen_runs(
    runs: TrainedRuns, run_ids: Sequence[str], sample: int | None, seed: int, every: bool, folder: Path
) -> list[str]:
    """The runs that a user names in one of three ways; InputError where it is none or several, or none has the name."""
    ways = {"RUN_ID": bool(run_ids), "--sample": sample is not None, "--all": every}
    given = [name for name, is_given in ways.items() if is_given]
    if len(given) != 1:
        raise InputError("verify", " and ".join(given) or "nothing", f"give one of {', '.join(ways)}")
    count = len(runs.run_ids)
    unknown = [run_id for run_id in run_ids if run_id not in {*runs.run_ids}]
    if unknown:
        raise InputError("run", unknown[0], f"not in {folder}; its runs.csv lists all {count}")
    if sample is not None:
        if sample > count:
            raise InputError("--sample", sample, f"{folder} has {count} runs; give as many at most, or --all")
        return runs.draw(sorted(runs.run_ids), sample, seed)
    return list(dict.fromkeys(run_ids)) or [*runs.run_ids]
