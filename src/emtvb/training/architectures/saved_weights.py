"""Trained networks of other architectures as safetensors files: one network a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from emtvb.core.systems import System
from emtvb.errors import InputError
from emtvb.files import open_weights, write_tensors
from emtvb.theory.protocol import Setup


@runtime_checkable
class Trained(System, Protocol):
    """A trained network of an architecture: a dataclass of float32 arrays, and a system that can be interpreted."""

    @classmethod
    def shapes(cls, d: int, hidden_dim: int) -> dict[str, tuple[int, ...]]:
        """The arrays' shapes by name, in the order of the class's fields, for d dimensions and a size."""

    def linearise(self) -> Float[np.ndarray, "state state"]:
        """The derivative of a step without input at its fixed point, the origin."""


def save_trained(path: Path | str, run_id: str, network: Trained) -> None:
    """Write a network, whole or not at all."""
    write_tensors(path, dict(vars(network)), {"format": "emtvb-architecture-1", "run_id": run_id})


def digest_of_arrays(network: Trained) -> str:
    """sha256 of the bytes of its arrays, one after the other in their class's order: row by row, as they are stored."""
    found = hashlib.sha256()
    for array in vars(network).values():
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def load_trained(path: Path | str, run: Setup, kind: type[Any]) -> Trained:
    """Read the network of a run back, of the class that its architecture has.

    Raises:
        InputError: Where the file is missing, damaged, or of another run.
    """
    what = "weights file"
    with open_weights(path) as stored:
        about = stored.metadata() or {}
        arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no mapping
    if about.get("run_id") != run.run_id:
        raise InputError(what, str(path), f"is of run {about.get('run_id', 'unknown')}, not {run.run_id}")
    wanted = kind.shapes(run.task.d, run.hidden_dim)
    if {name: array.shape for name, array in arrays.items()} != wanted or any(
        array.dtype != np.float32 for array in arrays.values()
    ):
        raise InputError(what, str(path), f"not the float32 arrays {', '.join(wanted)} of {run.run_id}; train it again")
    network: Trained = kind(**arrays)
    return network
