"""Finished runs in a shard's state folder: kept as soon as they are trained, and taken again instead of training."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import safe_open

from emtvb.files import write_text
from emtvb.theory.orders import run_to_entry
from emtvb.theory.protocol import Setup
from emtvb.theory.stream_order import StreamSetup
from emtvb.training import history
from emtvb.training.checkpoint import Part
from emtvb.training.history import Row
from emtvb.weights import NAMES, Network, save_networks

log = logging.getLogger(__name__)


class Result(NamedTuple):
    """A trained run.

    Attributes:
        network: Its weights.
        rows: Its learning curve; of a run that was published without it, what is left of it.
        parts: Who trained it (``loop.train_to_end``).
    """

    network: Network
    rows: list[Row]
    parts: Sequence[Part]


def general_version(version: str) -> str:
    """What the general trainer's runs are filed under where it trained in the engine's place, and their bits differ."""
    return f"{version}-general"


def keep_run(run: Setup | StreamSetup, folder: Path, result: Result) -> None:
    """Keep a finished run on the disk; ``run.json`` goes last and vouches for the rest. Checkpoints have served.

    Args:
        run: Its settings.
        folder: Where to.
        result: What came of it.
    """
    history.write_history(folder / "history.csv", {run.run_id: result.rows}, durable=True)
    save_networks(folder / "network.safetensors", {run.run_id: result.network}, durable=True)
    about = {
        "run": run_to_entry(run),
        "files": {name: _sha256(folder / name) for name in ("history.csv", "network.safetensors")},
        "weights": result.network.digest(),
        "trained": list(result.parts),
    }
    write_text(folder / "run.json", json.dumps(about, indent=1) + "\n", durable=True)
    for checkpoint in folder.glob("checkpoint.*"):
        checkpoint.unlink()


def read_kept_run(run: Setup | StreamSetup, folder: Path) -> Result | None:
    """A run that was finished before, or None. One that is not as it was kept is left alone, with a word.

    Args:
        run: Its settings.
        folder: Where :func:`keep_run` kept it.
    """
    if not (folder / "run.json").exists():
        return None
    try:
        about = json.loads((folder / "run.json").read_text("utf-8"))
        if about["run"] != run_to_entry(run):
            raise ValueError("it is of other settings")
        for name, digest in about["files"].items():
            if _sha256(folder / name) != digest:
                raise ValueError(f"{name} was changed after it was kept")
        with safe_open(folder / "network.safetensors", framework="numpy") as stored:
            network = Network(*(np.array(stored.get_tensor(f"{run.run_id}/{name}")) for name in NAMES))
        if network.digest() != about["weights"]:
            raise ValueError("its weights have another digest")
        rows = history.read_history(folder / "history.csv")[run.run_id]
        if not rows or rows[-1].step != run.protocol.steps - 1:
            raise ValueError("its learning curve does not reach the end")
        return Result(network, rows, about["trained"])
    except Exception as error:  # whatever damaged bytes lead to
        log.warning("%s: %s; training it again", folder, error)
        return None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
