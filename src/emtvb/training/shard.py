"""A shard: the runs that one job trains, one after another, each kept as soon as it is done."""

from __future__ import annotations

import csv
import functools
import hashlib
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from emtvb.errors import InputError
from emtvb.files import atomic, check_writable
from emtvb.lock import locked
from emtvb.theory import protocol
from emtvb.theory.protocol import Setup
from emtvb.theory.stream_order import StreamSetup
from emtvb.training import curves, history, promises, saved_runs, stream
from emtvb.training.checkpoint import Part
from emtvb.training.history import Row
from emtvb.training.progress import Progress
from emtvb.training.saved_runs import Result, general_version
from emtvb.weights import Network, save_networks

log = logging.getLogger(__name__)

AnyRun = Setup | StreamSetup
"""A run on one of the paper's tasks, or on a stream."""
Trainer = Callable[[Any, Path, Callable[[Row], None]], tuple[Network, list[Row], list[Part]]]


class Outputs(NamedTuple):
    """The files of a shard.

    Attributes:
        weights: The networks, as safetensors.
        history: The learning curves, as CSV.
        outline: Some rows of each learning curve, likewise.
        digests: The digest of each run's weights (``Network.digest``), as CSV.
    """

    weights: Path
    history: Path
    outline: Path
    digests: Path

    @classmethod
    def of(cls, folder: Path, shard: str) -> Outputs:
        """A shard's files in an experiment's folder."""
        own = folder / "training" / shard
        outline = folder / "measurements" / "learning" / f"{shard}.csv"
        return cls(own / "weights.safetensors", own / "history.csv", outline, own / "digests.csv")


def train_shard(
    runs: Sequence[AnyRun],
    outputs: Outputs,
    version: str,
    trainer: str = "auto",
    environment: Mapping[str, str] | None = None,
    accelerator: str = "cpu",
) -> dict[str, dict[str, Any]]:
    """Train every run and write the shard's files.

    Beside the weights, ``runs/`` holds checkpoints, TensorBoard events and finished runs. What stands there, made by
    the same trainer for the same settings, is not done again.

    Args:
        runs: The shard's runs.
        outputs: Where its files go.
        version: Names what decides the bits; state of another version is left alone.
        trainer: ``compiled`` for the compiled engine, ``reference`` for the general trainer; ``auto`` for the engine,
            and on a machine that has none for the general trainer. Streams are the engine's alone.
        environment: What is said of this machine in the answer.
        accelerator: What the general trainer computes on.

    Returns:
        Of each run, by its id: ``weights``, their digest; and ``trained``, who trained it, and for how many seconds.

    Raises:
        InputError: Where this machine has no such trainer.
    """
    if (now := form_of_files()) != promises.OUTPUTS:
        raise InputError(
            "training", f"form of its files {now}", f"promises.OUTPUTS says {promises.OUTPUTS}; correct one"
        )
    state = check_writable(outputs.weights.with_name("runs"))
    # Asked of a training that a kill left at its end, too: then its record names all that trained it.
    problem = "" if trainer == "reference" else _engine_problem()
    if problem and trainer == "auto" and not any(isinstance(run, StreamSetup) for run in runs):
        log.warning("trainer: auto takes reference here (%s)", problem)
        trainer, version = "reference", general_version(version)
    train = _trainer_by_name(trainer, accelerator, environment or {})
    # Another process may be one that outlived the workflow that started it.
    with locked(state / ".lock", waiting=f"{state}: another process is training this shard; waiting for it to end"):
        results = _train_all(runs, state, version, train)
    digests = _write_files(outputs, results)
    return {run_id: {"weights": digests[run_id], "trained": list(results[run_id].parts)} for run_id in results}


def _engine_problem() -> str:
    """Why this machine has no engine that gives the promised bits; nothing where it has."""
    from emtvb.training import engine  # here, since the general trainer needs none of it

    try:
        engine.check_engine()
    except InputError as error:
        return str(error)
    return ""


def _write_files(outputs: Outputs, results: Mapping[str, Result]) -> dict[str, str]:
    """Write a shard's files; returns the digest of each run's weights."""
    rows = {run_id: result.rows for run_id, result in results.items()}
    digests = {run_id: result.network.digest() for run_id, result in results.items()}
    save_networks(outputs.weights, {run_id: result.network for run_id, result in results.items()})
    history.write_history(outputs.history, rows)
    history.write_history(outputs.outline, {run_id: curves.thin_curve(curve) for run_id, curve in rows.items()})
    with atomic(outputs.digests) as temporary, temporary.open("w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([("run_id", "weights_sha256"), *digests.items()])
    return digests


def form_of_files() -> str:
    """A digest of the files that made-up results give: what the form of a shard's files is known by."""
    made_up = {}
    for number, size in enumerate((3, 5)):
        arrays = (np.arange(rows * columns, dtype=np.float32).reshape(rows, columns) / (7 + number)
                  for rows, columns in ((size, 2), (size, size), (2, size)))  # fmt: skip
        steps = history.kept_steps(10_000)
        made_up[f"run{number}"] = Result(
            Network(*arrays), [Row(step, 1 / (step + 3), step / 2e4, 10) for step in steps], ()
        )
    with tempfile.TemporaryDirectory() as folder:
        outputs = Outputs.of(Path(folder), "shard")
        _write_files(outputs, made_up)
        content = b"".join(path.read_bytes() for path in outputs)
    return hashlib.sha256(content).hexdigest()[:16]


def _train_all(runs: Sequence[AnyRun], state: Path, version: str, train: Trainer) -> dict[str, Result]:
    """The finished runs, from the state folder where they are there."""
    progress = Progress(len(runs), sum(run.protocol.steps for run in runs))
    results: dict[str, Result] = {}
    for run in runs:
        if (result := saved_runs.read_kept_run(run, check_writable(state / run.run_id / version))) is not None:
            progress.skip(run, result.rows[-1])
            results[run.run_id] = result
    for run in runs:
        if run.run_id in results:
            continue
        result = _as_another(run, [other for other in runs if other.run_id in results], results)
        if result is not None:
            progress.skip(run, result.rows[-1])
        else:
            progress.start(run)
            result = Result(*train(run, state / run.run_id / version, progress.step))
            progress.finish(run, result.rows[-1])
        saved_runs.keep_run(run, state / run.run_id / version, result)
        results[run.run_id] = result
    return {run.run_id: results[run.run_id] for run in runs}


def _as_another(run: AnyRun, others: Sequence[AnyRun], results: Mapping[str, Result]) -> Result | None:
    """What a run comes to that differs from a trained one in its threshold alone, which neither reaches."""
    # A curriculum that never moved up with a lower threshold does not with a higher one: it is one network.
    if isinstance(run, StreamSetup):
        return None
    own = {**protocol.order_to_entry(run), "run_id": "", "threshold": 0}
    first, *later = run.protocol.curriculum
    for other in others:
        if isinstance(other, StreamSetup):
            continue
        same = {**protocol.order_to_entry(other), "run_id": "", "threshold": 0} == own
        if same and other.threshold <= run.threshold:
            result = results[other.run_id]
            if result.rows[-1].horizon == first and first not in later:
                parts = [{**part, "seconds": 0.0, "as": other.run_id} for part in result.parts]
                return Result(result.network, result.rows, parts)
    return None


def _trainer_by_name(name: str, accelerator: str, environment: Mapping[str, str]) -> Trainer:
    """The trainer of this name, which is imported for it alone: what a job imports is written down as what it used."""
    if name == "reference":
        from emtvb.training import general

        return functools.partial(general.train, environment=environment, accelerator=accelerator)

    def compiled(run: AnyRun, folder: Path, report: Callable[[Row], None]) -> tuple[Network, list[Row], list[Part]]:
        from emtvb.training import engine

        stream.check_published_stream()
        engine.check_engine()
        return engine.train(run, folder, report, environment)

    return compiled
