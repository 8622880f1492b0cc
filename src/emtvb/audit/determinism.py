"""Runs that are trained again from nothing, to the end, and compared with what lies there, byte for byte.

``python -m emtvb.audit.determinism`` trains one, in a process of its own.
"""

from __future__ import annotations

import csv
import json
import logging
import math
import random
import sys
import tempfile
from collections.abc import Collection, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from emtvb.audit.config_of_results import Held
from emtvb.audit.integrity import Files
from emtvb.audit.report import NOT_ASKED, Check, Finding, chance_to_miss
from emtvb.errors import InputError
from emtvb.experiments import catalogue
from emtvb.making import provenance, trainings
from emtvb.making.processes import Processes, check_space
from emtvb.making.provenance import Record
from emtvb.making.staleness import summary
from emtvb.theory import networks
from emtvb.theory.protocol import Setup
from emtvb.theory.stream_order import StreamSetup
from emtvb.training import history, promises, saved_runs
from emtvb.training.history import Row
from emtvb.training.shard import Outputs, train_shard

log = logging.getLogger(__name__)

TrainedRun: TypeAlias = Setup | StreamSetup
"""A run that can be trained again."""

MATTERS = ("cpu", "machine", "numpy", "torch")
"""What of the environment can change the last bits of a training by another engine, and from there all."""


def train_again(
    files: Files, held: Held, stale: Collection[str], count: int, seed: int, workers: int, processes: Processes
) -> Check:
    """Train a sample of an experiment's runs again, to compare learning curves and weights.

    A difference counts against the results where the engine gives the same bits everywhere, or the environment is
    the one that they were made in. Elsewhere the run cannot be compared, since rounding may then differ: that is no
    pass.

    Args:
        files: The experiment's files.
        held: The config that it is held to.
        stale: Outputs that would be made anew; no run of theirs is drawn, nor of files that are not intact.
        count: How many runs.
        seed: Draws them, at least half of them of networks that solve their task.
        workers: Processes at once.
        processes: Takes those that train.
    """
    folder, shards, trainer = files.folder, held.experiment.shards(), held.experiment.trained_by()
    measured = measured_in(folder)
    everything, named = sum(map(len, shards.values())), {folder / name for name in {*files.rejected, *stale}}
    whole = {shard for shard in shards if _has_results(folder, shard) and named.isdisjoint(Outputs.of(folder, shard))}
    trained = [(shard, run) for shard, runs in shards.items() if shard in whole for run in runs]
    drawn = draw_runs([run.run_id for _, run in trained], min(count, len(trained)), seed, measured)
    chosen = [pair for pair in trained if pair[1].run_id in drawn]
    if not chosen:
        why = NOT_ASKED if not count else "No trained runs lie here to compare with of which nothing is wrong."
        return Check("made again", "", {"run": 0}, (), why, {"run": everything})
    ids = [run.run_id for _, run in chosen]
    known_as = [f"{run_id}, {accuracy_in_words(measured.get(run_id))}" for run_id in ids]
    notes = [f"Trained again to the end: {summary(known_as)} (drawn by seed {seed})."]
    findings, elsewhere = [], 0
    differences = dict(train_runs_again(folder, chosen, trainer, workers, processes))
    for shard, run in chosen:
        difference = differences[run.run_id]
        if difference is None:
            continue
        if where := made_elsewhere(shard, run.run_id, files.records, trainer):
            elsewhere += 1
            notes.append(f"Not checked: {run.run_id}, which was made elsewhere ({where}); {difference}.")
        else:
            remedy = "put a copy of what was published there, or train it again: its files or this machine are wrong"
            findings.append(Finding(run.run_id, difference, remedy))
    count = len(chosen) - elsewhere
    return Check(
        "made again", "", {"run": count}, tuple(findings), " ".join(notes), {"run": everything}, elsewhere,
        tuple(ids), chance_to_miss(count, everything, "run's training"),
    )  # fmt: skip


def train_runs_again(
    folder: Path, chosen: Sequence[tuple[str, TrainedRun]], trainer: str, workers: int = 1,
    processes: Processes | None = None,
) -> Generator[tuple[str, str | None], None, None]:  # fmt: skip
    """Train runs again, each in a process and a folder of its own; how far they are is logged.

    Whoever does not take all answers has to close this generator, which ends the trainings.

    Args:
        folder: The experiment's folder.
        chosen: Which: shard and run.
        trainer: How.
        workers: Processes at once.
        processes: Takes those that train.

    Yields:
        Of each run, as soon as it is there, its id and how it differs from what lies in the folder; None where it does
        not.
    """
    with ThreadPoolExecutor(workers) as pool, processes or Processes() as begun:
        jobs = {pool.submit(_train_run_again, folder, shard, run, trainer, begun): run.run_id for shard, run in chosen}
        for job in as_completed(jobs):
            yield jobs[job], job.result()


class Measured(NamedTuple):
    """What was measured of a network: its test accuracy, and whether it solves its task."""

    accuracy: float
    solved: bool


def measured_in(folder: Path) -> dict[str, Measured]:
    """What was measured of each network of an experiment, by run id; nothing where its tables cannot be read."""
    if not (folder / "runs.csv").is_file():
        return {}
    try:
        rows = catalogue.network_catalogue([folder]).dropna(subset=["test_accuracy"]).to_dict("records")
    except InputError:
        return {}
    return {row["run_id"]: Measured(row["test_accuracy"], row["solved"] == 1) for row in rows}


def accuracy_in_words(measured: Measured | None) -> str:
    """A network's accuracy."""
    return "accuracy not measured" if measured is None else f"accuracy {measured.accuracy:.3f}"


def draw_runs(run_ids: Sequence[str], count: int, seed: int, measured: Mapping[str, Measured]) -> list[str]:
    """Runs to be trained again, at least half of them of networks that solve their task, as far as there are so many.

    Of a network that learned nothing, the same bits say little: its weights may have vanished.

    Args:
        run_ids: All runs.
        count: How many.
        seed: Draws them.
        measured: Of :func:`measured_in`.
    """
    chance = random.Random(seed)
    solved = [run_id for run_id in run_ids if run_id in measured and measured[run_id].solved]
    first = chance.sample(solved, min(math.ceil(count / 2), len(solved)))
    return [*first, *chance.sample([run_id for run_id in run_ids if run_id not in first], count - len(first))]


def chosen_runs(
    runs: Mapping[str, Any], run_ids: Sequence[str], sample: int | None, seed: int, every: bool, folder: Path,
    measured: Mapping[str, Measured],
) -> list[str]:  # fmt: skip
    """The runs that a user names in one of three ways.

    Raises:
        InputError: Where it is none or several of them, or there are no such runs.
    """
    ways = {"RUN_ID": bool(run_ids), "--sample": sample is not None, "--all": every}
    given = [name for name, is_given in ways.items() if is_given]
    if len(given) != 1:
        raise InputError("verify", " and ".join(given) or "nothing", f"give one of {', '.join(ways)}")
    if not runs:
        raise InputError("--results", str(folder), "holds no runs to train again; name others, such as results/paper")
    unknown = [run_id for run_id in run_ids if run_id not in runs]
    if unknown:
        raise InputError("run", unknown[0], f"not in {folder}; its runs.csv lists all {len(runs)}")
    if sample is not None:
        if sample > len(runs):
            raise InputError("--sample", sample, f"{folder} has {len(runs)} runs; give as many at most, or --all")
        return draw_runs(sorted(runs), sample, seed, measured)
    return list(dict.fromkeys(run_ids)) or list(runs)


def published_digests(folder: Path, shard: str) -> dict[str, str]:
    """The digest of each run's weights, by run id, as the shard's training published them; nothing where it did not."""
    path = Outputs.of(folder, shard).digests
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as table:
        return {row["run_id"]: row["weights_sha256"] for row in csv.DictReader(table)}


_NOTHING_THERE = "nothing of it lies there to compare with"


def _has_results(folder: Path, shard: str) -> bool:
    files = Outputs.of(folder, shard)
    return any(path.is_file() for path in (files.digests, files.weights, files.history, files.outline))


def _train_run_again(folder: Path, shard: str, run: TrainedRun, trainer: str, processes: Processes) -> str | None:
    """Train one run again; how it differs from what is there, or None."""
    if processes.stopped:
        return "its training was stopped"
    if not _has_results(folder, shard):
        return _NOTHING_THERE
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-P", "-m", __name__, json.dumps([saved_runs.run_to_entry(run), name, trainer])]
        lines = [""]
        with processes.begin(command) as process:
            for line in process.stderr or ():
                lines.append(line.strip())
                if not processes.stopped:
                    log.info("%s", line.rstrip())
        if process.returncode != 0:
            why = next(filter(None, reversed(lines)), str(process.returncode))
            check_space(why)
            return f"its training fails now ({why})"
        try:
            return _difference_of_run(
                Outputs.of(folder, shard), Outputs.of(Path(name), "again"), folder, shard, run.run_id
            )
        except (KeyError, TypeError, ValueError, OSError, csv.Error) as error:
            return f"its files cannot be read ({error})"


def _difference_of_run(there: Outputs, new: Outputs, folder: Path, shard: str, run_id: str) -> str | None:
    """How a run that was made again differs from the files of its shard, or None."""
    curve = there.history if there.history.is_file() else there.outline
    if curve.is_file() and (
        difference := _difference_of_curves(
            history.read_history(curve)[run_id], history.read_history(new.history)[run_id]
        )
    ):
        return difference
    network = networks.load_networks(new.weights, [run_id])[run_id]
    if there.weights.is_file():
        kept = networks.load_networks(there.weights, [run_id])[run_id].arrays()
        differing = [name for name, array in network.arrays().items() if kept[name].tobytes() != array.tobytes()]
        if differing:
            return f"{', '.join(differing)} differ when trained again"
    published = published_digests(folder, shard).get(run_id)
    if published and published != network.digest():
        return f"its weights have the digest {network.digest()[:12]}, and {published[:12]} was published"
    if not published and not there.weights.is_file() and not curve.is_file():
        return _NOTHING_THERE
    return None


def _difference_of_curves(there: Sequence[Row], new: Sequence[Row]) -> str | None:
    """The first row of a learning curve that differs from the whole one, made again; None where there is none."""
    # It may be an outline, as it is where the whole one is left out, or where the shard took the run over from such a
    # one: but its last row is that of the last step. A loss that is no number is equal to another that is none.
    made = {row.step: repr(tuple(row)) for row in new}
    for row in there:
        if made.get(row.step) != repr(tuple(row)):
            return f"its learning curve is another at step {row.step:,} when trained again"
    last = max(made, default=0)
    return None if there and there[-1].step == last else f"its learning curve ends before step {last:,}"


def made_elsewhere(shard: str, run_id: str, records: Mapping[Path, Record], trainer: str) -> str:
    """How the environment in which a run was trained differs from this one, in what can change its bits.

    Args:
        shard: The job that trained it.
        run_id: The run.
        records: The experiment's records, by their files.
        trainer: The trainer that its config states.
    """
    engine = trainer in promises.TRAINERS
    here: dict[str, Any] = provenance.environment()
    for record in records.values():
        if record.shard == shard:
            stretches: list[Mapping[str, Any]] = [*record.runs.get(run_id, {}).get("trained", ())]
            if engine:
                return "the general trainer" if any(part.get("engine") == "general" for part in stretches) else ""
            parts = stretches or [record.environment]
            changed = [name for name in MATTERS if any(part.get(name) != here[name] for part in parts)]
            return ", ".join(f"{name} {parts[-1].get(name)}, here {here[name]}" for name in changed)
    return ""


def _train_into(entry: Mapping[str, Any], folder: str, trainer: str) -> None:
    messages = logging.getLogger("emtvb")  # without a time: whoever prints a line adds its own
    messages.setLevel(logging.INFO)
    messages.addHandler(logging.StreamHandler())
    # Where the engine cannot be had, nothing is compared with what it gave.
    trainer = "compiled" if trainer in promises.TRAINERS else trainer
    train_shard([trainings.read_run(entry)], Outputs.of(Path(folder), "again"), "again", trainer)


if __name__ == "__main__":
    _train_into(*json.loads(sys.argv[1]))
