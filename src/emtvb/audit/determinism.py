"""Runs that are trained again from nothing, to the end, and compared with what lies there, byte for byte.

What a run is and how it is trained, the experiment's kind knows.
"""

from __future__ import annotations

from collections.abc import Collection

from emtvb.audit.integrity import Files
from emtvb.audit.report import NOT_ASKED, Check, Finding, chance_to_miss
from emtvb.experiments.checks import TrainedRuns
from emtvb.making.processes import Processes
from emtvb.making.staleness import summary


def train_again(
    files: Files, runs: TrainedRuns, stale: Collection[str], count: int, seed: int, workers: int, processes: Processes
) -> Check:
    """Train a sample of an experiment's runs again, to compare what comes of them.

    A difference counts against the results where the bits are the same everywhere, or the environment is the one that
    they were made in. Elsewhere the run cannot be compared, since rounding may then differ: that is no pass.

    Args:
        files: The experiment's files.
        runs: Those of the config that it is held to.
        stale: Outputs that would be made anew; no run of theirs is drawn, nor of files that are not intact.
        count: How many runs.
        seed: Draws them, at least half of them of networks that solve their task.
        workers: Processes at once.
        processes: Takes those that train.
    """
    everything, named = len(runs.run_ids), {files.folder / name for name in {*files.rejected, *stale}}
    possible = [run_id for run_id in runs.run_ids if (made := runs.outputs(run_id)) and named.isdisjoint(made)]
    drawn = {*runs.draw(possible, min(count, len(possible)), seed)}
    chosen = [run_id for run_id in possible if run_id in drawn]
    if not chosen:
        why = NOT_ASKED if not count else "No trained runs lie here to compare with of which nothing is wrong."
        return Check("made again", "", {"run": 0}, (), why, {"run": everything})
    known_as = summary(map(runs.in_words, chosen))
    notes = [f"Trained again to the end: {known_as} (drawn by seed {seed})."]
    findings, elsewhere = [], 0
    differences = dict(runs.train_again(chosen, workers, processes))
    for run_id in chosen:
        difference = differences[run_id]
        if difference is None:
            continue
        if where := runs.made_elsewhere(run_id, files.records):
            elsewhere += 1
            notes.append(f"Not checked: {run_id}, which was made elsewhere ({where}); {difference}.")
        else:
            remedy = "put a copy of what was published there, or train it again: its files or this machine are wrong"
            findings.append(Finding(run_id, difference, remedy))
    count = len(chosen) - elsewhere
    return Check(
        "made again", "", {"run": count}, tuple(findings), " ".join(notes), {"run": everything}, elsewhere,
        tuple(chosen), chance_to_miss(count, everything, "run's training"),
    )  # fmt: skip
