"""A sample of runs is trained again from nothing, to the end, and compared with what lies there, byte for byte."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emtvb import networks, protocol
from emtvb.audit import worker
from emtvb.audit.report import Check, Finding
from emtvb.errors import InputError
from emtvb.running import provenance, recipes
from emtvb.running.provenance import Record
from emtvb.runs import Run, number
from emtvb.training import history
from emtvb.training.history import Row
from emtvb.training.shard import Outputs

ANYWHERE = ("compiled",)
"""Engines whose bits are the same on every machine: a difference is a fault, wherever the results were made."""

MATTERS = ("cpu", "machine", "numpy", "torch")
"""What of the environment can change the last bits of a training by another engine, and from there all."""


@dataclass(frozen=True)
class Sample:
    """What is made again.

    Attributes:
        runs: How many runs are trained again; 0 for none.
        networks: How many networks are measured wholly again; 0 for none.
        seed: Chooses them; None for another choice each time.
        workers: Processes at once.
        figures: Whether figures and what they show are made again.
    """

    runs: int = 2
    networks: int = 6
    seed: int | None = None
    workers: int = 1
    figures: bool = True


def determinism(
    folder: Path, shards: Mapping[str, Sequence[Run]], trainer: str, records: Mapping[Path, Record], count: int,
    seed: int, pool: Executor,
) -> Callable[[], Check]:  # fmt: skip
    """Begin to train a sample of an experiment's runs again, to compare learning curves and weights.

    A difference counts against the results where the engine gives the same bits everywhere, or the environment is
    the one that they were made in. Elsewhere the run cannot be compared, since rounding may then differ: that is no
    pass. Which engine it has to be is the config's word, not that of the records.

    Args:
        folder: The experiment's folder.
        shards: Its runs, by shard.
        trainer: How they were trained.
        records: Its records.
        count: How many of them.
        seed: Chooses them.
        pool: Who does it.

    Returns:
        Waits for the end and says what came of it.
    """
    question = "Do runs trained again from nothing come out the same, byte for byte?"
    everything = sum(map(len, shards.values()))
    trained = [(shard, run) for shard, runs in shards.items() if _has_results(folder, shard) for run in runs]
    chosen = random.Random(seed).sample(trained, min(count, len(trained)))
    jobs = [(shard, run, pool.submit(_again, folder, shard, run, trainer)) for shard, run in chosen]

    def wait() -> Check:
        if not chosen:
            why = "No trained runs lie here to compare with." if not trained else "Not asked for."
            return Check("determinism", question, 0, (), why, "recomputed", everything)
        ids = ", ".join(run.run_id for _, run in chosen)
        notes = [f"Trained again to the end: {ids} (chosen by seed {seed}). The other runs were only compared."]
        findings, elsewhere = [], 0
        for shard, run, job in jobs:
            difference = job.result()
            if difference is not None:
                where = _other_environment(shard, run.run_id, records, trainer)
                if where:
                    elsewhere += 1
                    notes.append(f"{run.run_id}: {difference}; it was made elsewhere ({where}), so this says nothing.")
                else:
                    remedy = "its files or this machine cannot be trusted: train it again"
                    findings.append(Finding(run.run_id, difference, remedy))
        return Check(
            "determinism", question, len(chosen) - elsewhere, tuple(findings), " ".join(notes), "recomputed",
            everything, elsewhere,
        )  # fmt: skip

    return wait


def again(
    folder: Path,
    chosen: Sequence[tuple[str, Run]],
    trainer: str,
    workers: int = 1,
    say: Callable[[str, str | None], None] = lambda *_: None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[tuple[str, str | None]]:
    """Train runs again, each in a process and a folder of its own.

    Args:
        folder: The experiment's folder.
        chosen: Which: shard and run.
        trainer: How.
        workers: Processes at once.
        say: Called with each answer as soon as it is there.
        progress: Called with each line that a training says of how far it is.

    Returns:
        For each run, its id and how it differs from what lies in the folder; None where it does not.
    """
    with ThreadPoolExecutor(max(1, min(workers, len(chosen)))) as pool:
        jobs = {pool.submit(_again, folder, shard, run, trainer, progress): run.run_id for shard, run in chosen}
        for job in as_completed(jobs):
            say(jobs[job], job.result())
        return [(run_id, job.result()) for job, run_id in jobs.items()]


def digests(folder: Path, shard: str) -> dict[str, str]:
    """The digest of each run's weights, by run id, as the shard's training published them; nothing where it did not."""
    path = Outputs.of(folder, shard).digests
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as table:
        return {row.get("run_id", ""): row.get("weights_sha256", "") for row in csv.DictReader(table)}


def _has_results(folder: Path, shard: str) -> bool:
    files = Outputs.of(folder, shard)
    return any(path.is_file() for path in (files.digests, files.weights, files.history, files.outline))


def _again(
    folder: Path, shard: str, run: Run, trainer: str, progress: Callable[[str], None] = lambda _: None
) -> str | None:
    """Train one run again; how it differs from what is there, or None."""
    with tempfile.TemporaryDirectory() as name:
        try:
            worker.ask("train", {"run": protocol.entry(run), "folder": name, "trainer": trainer}, progress)
        except worker.WorkerError as error:
            return f"its training fails now ({error})"
        try:
            return _difference(Outputs.of(folder, shard), Outputs.of(Path(name), "again"), folder, shard, run.run_id)
        except InputError as error:
            return f"its files cannot be read ({error})"
        except (KeyError, TypeError, ValueError) as error:
            return f"its learning curve cannot be read ({error})"


def _difference(there: Outputs, made: Outputs, folder: Path, shard: str, run_id: str) -> str | None:
    """How a run that was made again differs from the files of its shard, or None."""
    curves = there.history if there.history.is_file() else there.outline
    if curves.is_file():
        known = {row.step: row for row in history.read(curves)[run_id]}
        for row in history.read(made.history)[run_id]:
            if row.step in known and not _same(known[row.step], row):
                before, now = number(known[row.step].loss), number(row.loss)
                return f"loss {before} at step {row.step:,} is {now} when trained again"
    network = networks.load_networks(made.weights, [run_id])[run_id]
    if there.weights.is_file():
        kept = networks.load_networks(there.weights, [run_id])[run_id].arrays()
        differing = [name for name, array in network.arrays().items() if kept[name].tobytes() != array.tobytes()]
        if differing:
            return f"{', '.join(differing)} differ when trained again"
    published = digests(folder, shard).get(run_id)
    if published and published != network.digest():
        return f"its weights have the digest {network.digest()[:12]}, and {published[:12]} was published"
    if not published and not there.weights.is_file() and not curves.is_file():
        return "nothing of it lies there to compare with"
    return None


def _same(one: Row, other: Row) -> bool:
    """Whether two rows are equal, a loss that is no number to another that is none."""
    return repr(tuple(one)) == repr(tuple(other))


def _other_environment(shard: str, run_id: str, records: Mapping[Path, Record], trainer: str) -> str:
    """How the environment in which a run was trained differs from this one, in what can change its bits."""
    if recipes.engine_of(trainer) in ANYWHERE:
        return ""
    here: dict[str, Any] = provenance.environment()
    for record in records.values():
        if record.rule == "train_shard" and record.wildcards.get("shard") == shard:
            parts: Sequence[Mapping[str, Any]] = record.runs.get(run_id, {}).get("trained") or [record.environment]
            changed = [name for name in MATTERS if any(part.get(name) != here[name] for part in parts)]
            return ", ".join(f"{name} {parts[-1].get(name)}, here {here[name]}" for name in changed)
    return ""
