"""A network is three named arrays: h(t) = tanh(W_hh h(t-1) + W_uh u(t)), o(t) = W_r h(t) (paper section 2)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from safetensors import SafetensorError, safe_open

from emtvb.errors import InputError
from emtvb.files import write_tensors
from emtvb.tasks import Task

NAMES = ("W_uh", "W_hh", "W_r")


@dataclass(frozen=True, eq=False)
class Network:
    """An Elman network without biases.

    Attributes:
        W_uh: Input weights.
        W_hh: Recurrent weights.
        W_r: Readout weights.
    """

    W_uh: Float[np.ndarray, "hidden d"]
    W_hh: Float[np.ndarray, "hidden hidden"]
    W_r: Float[np.ndarray, "d hidden"]

    @property
    def hidden_dim(self) -> int:
        """Neurons."""
        return self.W_hh.shape[0]

    @property
    def d(self) -> int:
        """Dimensions of an input vector."""
        return self.W_uh.shape[1]

    def is_finite(self) -> bool:
        """Whether every weight is a number: training that diverged leaves some that are not."""
        return all(bool(np.isfinite(array).all()) for array in self.arrays().values())

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights by name, in the order in which they are initialised."""
        return {name: getattr(self, name) for name in NAMES}


def rollout(
    network: Network, inputs: Float[np.ndarray, "time batch d"]
) -> tuple[Float[np.ndarray, "time batch hidden"], Float[np.ndarray, "time batch d"]]:
    """Hidden states h(1..time), from h(0) = 0, and outputs."""
    time, batch, _ = inputs.shape
    W_hh = network.W_hh.T
    drive = inputs @ network.W_uh.T
    hidden = np.empty((time, batch, network.hidden_dim), dtype=drive.dtype)
    state = np.zeros((batch, network.hidden_dim), dtype=drive.dtype)
    for t in range(time):
        state = np.tanh(state @ W_hh + drive[t])
        hidden[t] = state
    return hidden, hidden @ network.W_r.T


def signs(outputs: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The vector an output stands for: its signs, an output of exactly 0 counting as +1."""
    return np.where(outputs >= 0, 1, -1).astype(outputs.dtype)


def save_networks(path: Path | str, networks: Mapping[str, Network]) -> None:
    """Write networks as safetensors, each array under ``<run_id>/<name>``, whole or not at all."""
    tensors = {
        f"{run_id}/{name}": array for run_id, network in networks.items() for name, array in network.arrays().items()
    }
    write_tensors(path, tensors, {"format": "emtvb-networks-1"})


def load_networks(path: Path | str, run_ids: Iterable[str] | None = None) -> dict[str, Network]:
    """Read networks back.

    Args:
        path: A file that :func:`save_networks` wrote.
        run_ids: Which; all of them by default.

    Raises:
        InputError: Where the file is missing, damaged or foreign, or lacks a run.
    """
    what = "weights file"
    if not os.path.isfile(path):
        raise InputError(what, str(path), "no such file; train the run first")
    try:
        with safe_open(path, framework="numpy") as stored:
            keys = set(stored.keys())
            found = sorted({key.rpartition("/")[0] for key in keys})
            wanted = found if run_ids is None else list(run_ids)
            if not found or any(f"{run_id}/{name}" not in keys for run_id in found for name in NAMES):
                raise InputError(what, str(path), f"not a network: it must hold <run>/{', <run>/'.join(NAMES)}")
            for run_id in wanted:
                if run_id not in found:
                    raise InputError(what, str(path), f"has no run {run_id}; it holds {_some(found)}")
            arrays = {run_id: [stored.get_tensor(f"{run_id}/{name}") for name in NAMES] for run_id in wanted}
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(what, str(path), f"damaged or not safetensors ({error}); delete it and train again") from None
    return {run_id: _network(f"{path}, {run_id}", *weights) for run_id, weights in arrays.items()}


def check_task(network: Network, task: Task, where: str) -> None:
    """Raise InputError unless the network's vectors have the task's dimensions."""
    if network.d != task.d:
        raise InputError(
            "weights", f"{where}: d = {network.d}", f"task {task.name} has d = {task.d}; give its own task"
        )


def _network(where: str, W_uh: np.ndarray, W_hh: np.ndarray, W_r: np.ndarray) -> Network:
    """A network of arrays that may not be one: shapes must agree, in float32."""
    shapes = f"W_uh {W_uh.shape}, W_hh {W_hh.shape}, W_r {W_r.shape}"
    if not (
        W_uh.ndim == W_hh.ndim == W_r.ndim == 2
        and min(W_uh.shape) > 0
        and W_hh.shape == (W_uh.shape[0],) * 2
        and W_r.shape == W_uh.shape[::-1]
    ):
        remedy = "must be W_uh (hidden, d), W_hh (hidden, hidden), W_r (d, hidden)"
        raise InputError("weights", f"{where}: {shapes}", remedy)
    for name, array in zip(NAMES, (W_uh, W_hh, W_r), strict=True):
        if array.dtype != np.float32:
            raise InputError("weights", f"{where}: {name} is {array.dtype}", "must be float32")
    return Network(W_uh, W_hh, W_r)


def _some(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
