"""A shard: the runs that one job trains, one after another or in lockstep, each kept as soon as it is done."""

from __future__ import annotations

import csv
import functools
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import safe_open

from emtvb import protocol
from emtvb.files import atomic, check_writable, write_text
from emtvb.protocol import Setup
from emtvb.running.lock import locked
from emtvb.training import curves, engine, history, lockstep, stream
from emtvb.training.checkpoint import Part
from emtvb.training.history import Row
from emtvb.training.progress import Progress
from emtvb.weights import NAMES, Network, save_networks

log = logging.getLogger(__name__)


class Result(NamedTuple):
    """A trained run: its network, its learning curve, and who trained it (``loop.train``)."""

    network: Network
    rows: list[Row]
    parts: Sequence[Part]


Trainer = Callable[[Sequence[Setup], Path, str, Progress], Iterator[tuple[Setup, Result]]]


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
    runs: Sequence[Setup],
    outputs: Outputs,
    version: str,
    trainer: str = "auto",
    environment: Mapping[str, str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Train every run and write the shard's files.

    Beside the weights, ``runs/`` holds checkpoints, TensorBoard events and finished runs. What stands there, made by
    the same code and libraries for the same settings, is not done again.

    Args:
        runs: The shard's runs.
        outputs: Where its files go.
        version: Names the code and the libraries that train: state of another version is left alone.
        trainer: ``reference`` for the reference trainer on Lightning, or how the engine takes its steps: ``compiled``,
            ``torch``, or ``auto`` for compiled where numba can be had; or ``cuda`` for all runs at once on a GPU.
        environment: What is said of this machine in the answer.

    Returns:
        Of each run, by its id: ``weights``, their digest; and ``trained``, who trained it, and for how many seconds.

    Raises:
        InputError: Where this machine has no such trainer.
    """
    state = check_writable(outputs.weights.with_name("runs"))
    # Another process may be one that outlived the workflow that started it.
    with locked(state / ".lock", waiting=f"{state}: another process is training this shard; waiting for it to end"):
        results = _train_all(runs, state, version, trainer, environment or {})
    rows = {run_id: result.rows for run_id, result in results.items()}
    digests = {run_id: result.network.digest() for run_id, result in results.items()}
    save_networks(outputs.weights, {run_id: result.network for run_id, result in results.items()})
    history.write(outputs.history, rows)
    history.write(outputs.outline, {run_id: curves.thin(curve) for run_id, curve in rows.items()})
    with atomic(outputs.digests) as temporary, temporary.open("w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([("run_id", "weights_sha256"), *digests.items()])
    return {run_id: {"weights": digests[run_id], "trained": list(results[run_id].parts)} for run_id in results}


def _train_all(
    runs: Sequence[Setup], state: Path, version: str, trainer: str, environment: Mapping[str, str]
) -> dict[str, Result]:
    """The finished runs, from the state folder where they are there."""
    progress = Progress(len(runs), sum(run.protocol.steps for run in runs))
    results, left = {}, []
    for run in runs:
        result = _finished(run, check_writable(state / run.run_id / version))
        if result is None:
            left.append(run)
        else:
            progress.skip(run, result.rows[-1])
            results[run.run_id] = result
    if left:
        for run, result in _trainer(trainer, environment)(left, state, version, progress):
            _keep(run, state / run.run_id / version, result)
            progress.finish(run, result.rows[-1])
            results[run.run_id] = result
    return {run.run_id: results[run.run_id] for run in runs}


def _trainer(name: str, environment: Mapping[str, str]) -> Trainer:
    """The trainer of this name on this machine."""
    stream.check()
    if name == "cuda":
        lockstep.check_device(name)
        return functools.partial(_together, environment=environment)
    if name == "reference":
        from emtvb.training import reference  # here, because Lightning takes seconds to import

        return functools.partial(_one_by_one, functools.partial(_by_reference, reference.train, environment))
    path, _ = engine.choose(name)
    return functools.partial(_one_by_one, functools.partial(engine.train, engine=path, environment=environment))


def _by_reference(
    train: Callable[..., tuple[Network, list[Row]]],
    environment: Mapping[str, str],
    run: Setup,
    folder: Path,
    report: Callable[[Row], None],
) -> tuple[Network, list[Row], list[Part]]:
    started = time.monotonic()
    network, rows = train(run, folder, report)
    return network, rows, [_part("reference", environment, started)]


def _one_by_one(
    train: Callable[[Setup, Path, Callable[[Row], None]], tuple[Network, list[Row], list[Part]]],
    runs: Sequence[Setup],
    state: Path,
    version: str,
    progress: Progress,
) -> Iterator[tuple[Setup, Result]]:
    """Train one run after another, each when it is asked for."""
    for run in runs:
        progress.start(run)
        yield run, Result(*train(run, state / run.run_id / version, progress.step))


def _together(
    runs: Sequence[Setup], state: Path, version: str, progress: Progress, environment: Mapping[str, str]
) -> Iterator[tuple[Setup, Result]]:
    """Train all runs in lockstep; what is said of their progress speaks of the first, and seconds are those of all."""
    folder = state / "lockstep" / version
    progress.start(runs[0], len(runs))
    started = time.monotonic()
    results = lockstep.train(runs, folder, lambda run_id, row: progress.step(row) if run_id == runs[0].run_id else None)
    part = _part("cuda", environment, started)
    for run in runs:
        yield run, Result(*results[run.run_id], [part])
    for checkpoint in folder.glob("lockstep.*"):
        checkpoint.unlink()


def _part(engine: str, environment: Mapping[str, str], started: float) -> dict[str, Any]:
    return {"engine": engine, **environment, "seconds": round(time.monotonic() - started, 2)}


def _keep(run: Setup, folder: Path, result: Result) -> None:
    """Keep a finished run on the disk; ``run.json`` goes last and vouches for the rest. Checkpoints have served."""
    history.write(folder / "history.csv", {run.run_id: result.rows}, durable=True)
    save_networks(folder / "network.safetensors", {run.run_id: result.network}, durable=True)
    about = {
        "run": protocol.entry(run),
        "files": {name: _sha256(folder / name) for name in ("history.csv", "network.safetensors")},
        "weights": result.network.digest(),
        "trained": list(result.parts),
    }
    write_text(folder / "run.json", json.dumps(about, indent=1) + "\n", durable=True)
    for checkpoint in folder.glob("checkpoint.*"):
        checkpoint.unlink()


def _finished(run: Setup, folder: Path) -> Result | None:
    """A run that was finished before, or None. One that is not as it was kept is trained again, with a word."""
    if not (folder / "run.json").exists():
        return None
    try:
        about = json.loads((folder / "run.json").read_text("utf-8"))
        if about["run"] != protocol.entry(run):
            raise ValueError("it is of other settings")
        for name, digest in about["files"].items():
            if _sha256(folder / name) != digest:
                raise ValueError(f"{name} was changed after it was kept")
        with safe_open(folder / "network.safetensors", framework="numpy") as stored:
            network = Network(*(np.array(stored.get_tensor(f"{run.run_id}/{name}")) for name in NAMES))
        if network.digest() != about["weights"]:
            raise ValueError("its weights have another digest")
        rows = history.read(folder / "history.csv")[run.run_id]
        if [row.step for row in rows] != history.kept_steps(run.protocol.steps):
            raise ValueError("its learning curve has other steps than it should")
        return Result(network, rows, about["trained"])
    except Exception as error:  # whatever damaged bytes lead to
        log.warning("%s: %s; training it again", folder, error)
        return None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
