"""A shard: the runs that one job trains, one after another or in lockstep, each kept as soon as it is done."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from emtvb import networks
from emtvb.closure import code_hash
from emtvb.errors import InputError
from emtvb.files import check_writable
from emtvb.lock import locked
from emtvb.networks import Network
from emtvb.provenance import installed
from emtvb.runs import Run
from emtvb.training import engine, history, lockstep
from emtvb.training.history import Row
from emtvb.training.progress import Progress

log = logging.getLogger(__name__)
Result = tuple[Network, list[Row]]
Trainer = Callable[[Sequence[Run], Path, str, Progress], Iterator[tuple[Run, Result]]]


def train_shard(
    runs: Sequence[Run], weights: Path | str, histories: Path | str, state: Path | str, trainer: str = "auto"
) -> None:
    """Train every run and write the shard's two files.

    Args:
        runs: The shard's runs.
        weights: Where the networks go, as safetensors.
        histories: Where the learning curves go, as CSV.
        state: A folder of this shard's own for checkpoints, TensorBoard events and finished runs. What stands there,
            made by the same code for the same settings, is not done again.
        trainer: ``reference`` for the reference trainer on Lightning, or how the engine takes its steps: ``compiled``,
            ``torch``, or ``auto`` for the first of them that works here; or ``cuda`` for all runs at once on a GPU.

    Raises:
        InputError: Where this machine has no such trainer.
    """
    weights, histories, state = Path(weights), Path(histories), check_writable(state)
    # Another process may be one that outlived the workflow that started it.
    with locked(state / ".lock", waiting=f"{state}: another process is training this shard; waiting for it to end"):
        results = _train_all(runs, state, trainer)
    networks.save_networks(weights, {run_id: network for run_id, (network, _) in results.items()})
    history.write(histories, {run_id: rows for run_id, (_, rows) in results.items()})


def _train_all(runs: Sequence[Run], state: Path, trainer: str) -> dict[str, Result]:
    """The finished runs, from the state folder where they are there."""
    progress = Progress(len(runs), sum(run.protocol.steps for run in runs))
    name, train = _trainer(trainer)
    version = _version(name)
    results, left = {}, []
    for run in runs:
        result = _finished(run, check_writable(state / run.run_id / version))
        if result is None:
            left.append(run)
        else:
            progress.skip(run, result[1][-1])
            results[run.run_id] = result
    for run, result in train(left, state, version, progress):
        _keep(run, state / run.run_id / version, *result)
        progress.finish(run, result[1][-1])
        results[run.run_id] = result
    return {run.run_id: results[run.run_id] for run in runs}


def _trainer(name: str) -> tuple[str, Trainer]:
    """The trainer of this name on this machine, and what it turned out to be."""
    if name == "cuda":
        lockstep.check_device(name)
        return name, _together
    if name == "reference":
        from emtvb.training import reference  # here, because Lightning takes seconds to import

        return name, functools.partial(_one_by_one, reference.train)
    path, _ = engine.choose(name)
    return path, functools.partial(_one_by_one, functools.partial(engine.train, engine=path))


def _one_by_one(
    train: Callable[[Run, Path, Callable[[Row], None]], Result],
    runs: Sequence[Run],
    state: Path,
    version: str,
    progress: Progress,
) -> Iterator[tuple[Run, Result]]:
    """Train one run after another, each when it is asked for."""
    for run in runs:
        progress.start(run)
        yield run, train(run, state / run.run_id / version, progress.step)


def _together(runs: Sequence[Run], state: Path, version: str, progress: Progress) -> Iterator[tuple[Run, Result]]:
    """Train all runs in lockstep; what is said of their progress speaks of the first."""
    if not runs:
        return
    folder = state / "lockstep" / version
    progress.start(runs[0], len(runs))
    results = lockstep.train(runs, folder, lambda run_id, row: progress.step(row) if run_id == runs[0].run_id else None)
    for run in runs:
        yield run, results[run.run_id]
    for checkpoint in folder.glob("lockstep.*"):
        checkpoint.unlink()


def _version(trainer: str) -> str:
    """Names the code and the libraries that determine a run's bits: state of another version is left alone."""
    module = {"reference": "reference.py", "cuda": "lockstep.py"}.get(trainer, "engine.py")
    parts = [
        code_hash(Path(__file__).with_name(module)),
        trainer,
        f"torch {torch.__version__}",
        f"numba {installed('numba')}",
    ]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def _keep(run: Run, folder: Path, network: Network, rows: list[Row]) -> None:
    """Keep a finished run; its network goes last and so vouches for the rest. Checkpoints have served."""
    history.write(folder / "history.csv", {run.run_id: rows})
    networks.save_networks(folder / "network.safetensors", {run.run_id: network})
    for checkpoint in folder.glob("checkpoint.*"):
        checkpoint.unlink()


def _finished(run: Run, folder: Path) -> tuple[Network, list[Row]] | None:
    """A run that was finished before, or None. One that is damaged is trained again, with a word about it."""
    if not (folder / "network.safetensors").exists():
        return None
    try:
        network = networks.load_networks(folder / "network.safetensors", [run.run_id])[run.run_id]
        networks.check_task(network, run.task, str(folder))
        rows = history.read(folder / "history.csv")[run.run_id]
        if [row.step for row in rows] != history.kept_steps(run.protocol.steps):
            raise InputError("learning curve", str(folder / "history.csv"), "has other steps than it should")
        return network, rows
    except Exception as error:  # whatever damaged bytes lead to
        log.warning("%s: %s; training it again", folder, error)
        return None
