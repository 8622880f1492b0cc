"""A shard: the runs that one job trains, one after another, each kept as soon as it is done."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import torch

from emtvb import networks
from emtvb.closure import code_hash
from emtvb.errors import InputError
from emtvb.files import check_writable
from emtvb.networks import Network
from emtvb.sweep import Run
from emtvb.training import history, reference
from emtvb.training.history import Row
from emtvb.training.progress import Progress

log = logging.getLogger(__name__)


def train_shard(runs: Sequence[Run], weights: Path | str, histories: Path | str, state: Path | str) -> None:
    """Train every run and write the shard's two files.

    Args:
        runs: The shard's runs.
        weights: Where the networks go, as safetensors.
        histories: Where the learning curves go, as CSV.
        state: A folder of this shard's own for checkpoints, TensorBoard events and finished runs. What stands there,
            made by the same code for the same settings, is not done again.
    """
    weights, histories, state = Path(weights), Path(histories), check_writable(state)
    progress = Progress(len(runs), sum(run.protocol.steps for run in runs))
    results = {}
    for run in runs:
        folder = check_writable(state / run.run_id / _code_version())
        result = _finished(run, folder)
        if result is None:
            progress.start(run)
            result = reference.train(run, folder, progress.step)
            _keep(run, folder, *result)
            progress.finish(run)
        else:
            progress.skip(run)
        results[run.run_id] = result
    networks.save_networks(weights, {run_id: network for run_id, (network, _) in results.items()})
    history.write(histories, {run_id: rows for run_id, (_, rows) in results.items()})


def _code_version() -> str:
    """Names the code and the library that determine a run's bits: state of another version is left alone."""
    return hashlib.sha256(f"{code_hash(__file__)} torch {torch.__version__}".encode()).hexdigest()[:12]


def _keep(run: Run, folder: Path, network: Network, rows: list[Row]) -> None:
    """Keep a finished run; its network goes last and so vouches for the rest. The checkpoint has served."""
    history.write(folder / "history.csv", {run.run_id: rows})
    networks.save_networks(folder / "network.safetensors", {run.run_id: network})
    (folder / "checkpoint.ckpt").unlink(missing_ok=True)


def _finished(run: Run, folder: Path) -> tuple[Network, list[Row]] | None:
    """A run that was finished before, or None. One that is damaged is trained again, with a word about it."""
    if not (folder / "network.safetensors").exists():
        return None
    try:
        network = networks.load_networks(folder / "network.safetensors", [run.run_id])[run.run_id]
        networks.check_network(network, str(folder), run.task)
        return network, history.read(folder / "history.csv")[run.run_id]
    except (InputError, OSError, KeyError, ValueError) as error:
        log.warning("%s; training it again", error)
        return None
