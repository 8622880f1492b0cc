"""Trained networks of other architectures as safetensors files: one network a file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from emtvb.architectures.lstm import LSTM
from emtvb.architectures.s4 import S4
from emtvb.errors import InputError
from emtvb.files import write_tensors
from emtvb.protocol import Setup

CLASSES: dict[str, type[LSTM] | type[S4]] = {"lstm": LSTM, "s4": S4}
"""The classes of architectures by name."""


def save(path: Path | str, run_id: str, network: LSTM | S4) -> None:
    """Write a network, whole or not at all."""
    write_tensors(path, dict(vars(network)), {"format": "emtvb-architecture-1", "run_id": run_id})


def digest(network: LSTM | S4) -> str:
    """sha256 of the bytes of its arrays, one after the other in their class's order: row by row, as they are stored."""
    found = hashlib.sha256()
    for array in vars(network).values():
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def load(path: Path | str, run: Setup, architecture: str) -> LSTM | S4:
    """Read the network of a run back.

    Raises:
        InputError: Where the file is missing, damaged, or of another run.
    """
    what = "weights file"
    if not os.path.isfile(path):
        raise InputError(what, str(path), "no such file; train the run first")
    try:
        with safe_open(path, framework="numpy") as stored:
            about = stored.metadata() or {}
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise InputError(
            what,
            str(path),
            f"cannot be read ({error}); make it a file that you may read"
            if isinstance(error, PermissionError)
            else f"damaged or not safetensors ({error}); put it back, or delete it and its record and train again",
        ) from None
    if about.get("run_id") != run.run_id:
        raise InputError(what, str(path), f"is of run {about.get('run_id', 'unknown')}, not {run.run_id}")
    kind = CLASSES[architecture]
    wanted = kind.shapes(run.task.d, run.hidden_dim)
    if {name: array.shape for name, array in arrays.items()} != wanted or any(
        array.dtype != np.float32 for array in arrays.values()
    ):
        raise InputError(what, str(path), f"not the float32 arrays {', '.join(wanted)} of {run.run_id}; train it again")
    return kind(**arrays)
