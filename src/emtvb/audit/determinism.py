"""A sample of runs is trained again from nothing and compared with what lies there, byte for byte."""

from __future__ import annotations

import dataclasses
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from emtvb import networks, provenance
from emtvb.audit.report import Check, Finding
from emtvb.errors import InputError
from emtvb.jobs import show_progress
from emtvb.provenance import Record
from emtvb.runs import Run, number, runs_from_json, runs_to_json
from emtvb.training import history

MATTERS = ("cpu", "machine", "numba", "llvmlite", "numpy", "torch")
"""What of the environment can change the last bits of a training, and from there all: the engine's kernel is compiled
for the CPU at hand, and libraries order their sums as they like. Threads do not: a run is trained by one."""


@dataclass(frozen=True)
class Sample:
    """Which runs are trained again, and how far.

    Attributes:
        runs: How many; 0 for none.
        seed: Chooses them.
        epochs: How many epochs of each; None for all of its training.
        workers: Processes at once.
    """

    runs: int = 2
    seed: int = 0
    epochs: int | None = 1
    workers: int = 1


def determinism(
    folder: Path, shards: Mapping[str, Sequence[Run]], trainer: str, records: Mapping[Path, Record], sample: Sample
) -> Check:
    """Train a sample of an experiment's runs again and compare losses, and weights where training is done in full.

    A difference counts against the results where the environment is the one that they were made in; elsewhere it is
    only said, since rounding may then differ.

    Args:
        folder: The experiment's folder.
        shards: Its runs, by shard.
        trainer: How they were trained.
        records: Its records.
        sample: Which of them, and how far.
    """
    question = "Do runs trained again from nothing come out the same, byte for byte?"
    trained = [(shard, run) for shard, runs in shards.items() if _curves(folder, shard).is_file() for run in runs]
    if not trained or sample.runs == 0:
        why = "No learning curves lie here to compare with." if not trained else "Not asked for."
        return Check("determinism", question, 0, (), why)
    chosen = random.Random(sample.seed).sample(trained, min(sample.runs, len(trained)))
    with ThreadPoolExecutor(min(sample.workers, len(chosen))) as pool:
        jobs = [pool.submit(_again, folder, shard, run, trainer, sample.epochs) for shard, run in chosen]
        answers = [job.result() for job in jobs]
    how_far = "to the end" if sample.epochs is None else f"for {sample.epochs} epoch{'s' * (sample.epochs > 1)}"
    notes = [f"Trained again {how_far}: {', '.join(run.run_id for _, run in chosen)} (chosen by seed {sample.seed})."]
    findings = []
    for (shard, run), difference in zip(chosen, answers, strict=True):
        if difference is not None:
            elsewhere = _other_environment(shard, records)
            if elsewhere:
                notes.append(f"{run.run_id}: {difference}; no fault, since it was made elsewhere ({elsewhere}).")
            else:
                remedy = "its files or this machine cannot be trusted: train it again"
                findings.append(Finding(run.run_id, difference, remedy))
    return Check("determinism", question, len(chosen), tuple(findings), " ".join(notes))


def _curves(folder: Path, shard: str) -> Path:
    """The learning curves of a shard; their outline, where a publication leaves them out."""
    whole = folder / "training" / shard / "history.csv"
    return whole if whole.is_file() else folder / "measurements" / "learning" / f"{shard}.csv"


def _again(folder: Path, shard: str, run: Run, trainer: str, epochs: int | None) -> str | None:
    """Train one run again, in a process and a folder of its own; how it differs from what is there, or None."""
    there = folder / "training" / shard
    short = min(epochs or run.protocol.epochs, run.protocol.epochs)
    again = dataclasses.replace(run, protocol=dataclasses.replace(run.protocol, epochs=short))
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        command = [sys.executable, "-m", __spec__.name, runs_to_json([again]), str(place), trainer]
        if subprocess.run(command, check=False).returncode != 0:
            return "its training fails now"
        try:
            old = {row.step: row for row in history.read(_curves(folder, shard))[run.run_id]}
        except (KeyError, TypeError, ValueError) as error:
            return f"its learning curve cannot be read ({error})"
        for row in history.read(place / "history.csv")[again.run_id]:
            if row.step in old and old[row.step] != row:
                before, now = number(old[row.step].loss), number(row.loss)
                return f"loss {before} at step {row.step:,} is {now} when trained again"
        weights = there / "weights.safetensors"
        if short == run.protocol.epochs and weights.is_file():
            try:
                kept = networks.load_networks(weights, [run.run_id])[run.run_id].arrays()
            except InputError as error:
                return f"its weights cannot be read ({error})"
            made = networks.load_networks(place / "weights.safetensors", [run.run_id])[run.run_id].arrays()
            differing = [matrix for matrix in kept if kept[matrix].tobytes() != made[matrix].tobytes()]
            if differing:
                return f"{', '.join(differing)} differ when trained again"
    return None


def _other_environment(shard: str, records: Mapping[Path, Record]) -> str:
    """How the environment in which a shard was trained differs from this one, in what can change bits."""
    here = provenance.environment()
    for record in records.values():
        if record.rule == "train_shard" and record.wildcards.get("shard") == shard:
            there = record.environment
            changed = [name for name in MATTERS if there.get(name) != here[name]]
            return ", ".join(f"{name} {there.get(name)}, here {here[name]}" for name in changed)
    return ""


def _train(runs: str, place: Path, trainer: str) -> None:
    """Train runs from nothing into a folder."""
    from emtvb.training.shard import train_shard

    train_shard(runs_from_json(runs), place / "weights.safetensors", place / "history.csv", place / "runs", trainer)


if __name__ == "__main__":
    show_progress()
    _train(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
