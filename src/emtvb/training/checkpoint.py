"""Checkpoints of training under way: written by rename, trusted only if whole and of the same runs."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import safe_open

from emtvb.files import write_tensors
from emtvb.training.history import Row

EVERY_SECONDS = 20.0
"""Time between two checkpoints, to the end of the batches that are under way: what a killed process loses."""

log = logging.getLogger(__name__)


Part = Mapping[str, Any]
"""One stretch of a training: ``seconds``, and what it ran on, as the caller says."""


class Checkpoint(NamedTuple):
    """Where training stands: arrays by name, the steps done, the learning curves by run, and who trained so far."""

    arrays: Mapping[str, np.ndarray]
    steps_done: int
    histories: Mapping[str, list[Row]]
    parts: Sequence[Part] = ()


def save_checkpoint(path: Path, key: str, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        path: Where to.
        key: What only the same training has.
        checkpoint: What is needed to go on.
    """
    histories = {run_id: [list(row) for row in rows] for run_id, rows in checkpoint.histories.items()}
    about = json.dumps({"key": key, "steps_done": checkpoint.steps_done, "histories": histories,
                        "parts": list(checkpoint.parts)})  # fmt: skip
    metadata = {"about": about, "digest": _digest(about, checkpoint.arrays)}
    write_tensors(path, dict(checkpoint.arrays), metadata, durable=True)


def load_checkpoint(path: Path, key: str, like: Mapping[str, np.ndarray]) -> Checkpoint | None:
    """Read a checkpoint, if there is one; a damaged or foreign one is set aside with a word.

    Args:
        path: Where :func:`save_checkpoint` wrote it.
        key: As it was saved.
        like: Arrays of the names and shapes that it must have.
    """
    if not path.exists():
        return None
    found = _read(path, key, like)
    if isinstance(found, Checkpoint):
        return found
    aside = path.with_suffix(".set-aside")
    path.replace(aside)
    log.warning("%s: %s; set aside as %s, training starts again", path, found, aside.name)
    return None


def _read(path: Path, key: str, like: Mapping[str, np.ndarray]) -> Checkpoint | str:
    """A checkpoint, or what is wrong with it."""
    try:
        with safe_open(path, framework="numpy") as stored:
            metadata = stored.metadata()
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no mapping
        if metadata["digest"] != _digest(metadata["about"], arrays):
            return "its digest is wrong"
        about: dict[str, Any] = json.loads(metadata["about"])
        if about["key"] != key:
            return f"is of {about['key']}"
        if {name: array.shape for name, array in arrays.items()} != {name: array.shape for name, array in like.items()}:
            return "has other arrays"
        histories = {run_id: [Row(*row) for row in rows] for run_id, rows in about["histories"].items()}
        return Checkpoint(arrays, int(about["steps_done"]), histories, about["parts"])
    except Exception as error:  # whatever damaged bytes lead to
        return f"cannot be read ({type(error).__name__})"


def _digest(about: str, arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(about.encode())
    for name in sorted(arrays):
        digest.update(name.encode() + arrays[name].tobytes())
    return digest.hexdigest()
