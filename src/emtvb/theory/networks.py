"""What is done with a network outside of training: run it, and read it back from files that may be anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from emtvb.adapters.elman import rollout
from emtvb.core.recording import nearest_bits
from emtvb.core.task_theory import TaskTheory
from emtvb.errors import InputError
from emtvb.files import open_weights
from emtvb.weights import NAMES, Network, save_networks

__all__ = ["NAMES", "Network", "check_task", "load_networks", "nearest_bits", "rollout", "save_networks"]


def load_networks(path: Path | str, run_ids: Iterable[str] | None = None) -> dict[str, Network]:
    """Read networks back.

    Args:
        path: A file that ``save_networks`` wrote.
        run_ids: Which; all of them by default.

    Raises:
        InputError: Where the file is missing, damaged or foreign, or lacks a run.
    """
    what = "weights file"
    with open_weights(path) as stored:
        keys = set(stored.keys())
        ids = sorted({key.rpartition("/")[0] for key in keys})
        wanted = ids if run_ids is None else list(run_ids)
        if not ids or any(f"{run_id}/{name}" not in keys for run_id in ids for name in NAMES):
            raise InputError(what, str(path), f"not a network: it must hold <run>/{', <run>/'.join(NAMES)}")
        for run_id in wanted:
            if run_id not in ids:
                raise InputError(what, str(path), f"has no run {run_id}; it holds {_first_ids(ids)}")
        arrays = {run_id: [stored.get_tensor(f"{run_id}/{name}") for name in NAMES] for run_id in wanted}
    return {run_id: _checked_network(f"{path}, {run_id}", *weights) for run_id, weights in arrays.items()}


def check_task(network: Network, theory: TaskTheory, where: str) -> None:
    """Raise InputError unless the network's vectors have the task's dimensions."""
    if network.d != theory.d:
        raise InputError(
            "weights", f"{where}: d = {network.d}", f"task {theory.name} has d = {theory.d}; give its own task"
        )


def _checked_network(where: str, W_uh: np.ndarray, W_hh: np.ndarray, W_r: np.ndarray) -> Network:
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


def _first_ids(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
