"""One network looked at closely: the arrays that figures (b) to (e) of the paper show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb import networks
from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.interpret.linearisation import linearise
from emtvb.interpret.memories import power_iteration, residual_components
from emtvb.networks import Network
from emtvb.runs import Run

STEPS = 200
"""Time steps of the recorded rollout, input phase included (the published notebook's)."""

_SHOWN = ("test_accuracy", "spectral_error", "optimal_spectral_error", "memory_map_error")
"""The measurements that figures state."""

_PICTURE = (
    "..#.#.#.",
    "..#####.",
    "........",
    "..#####.",
    "........",
    "..###.#.",
    "..#.###.",
    "........",
)
"""The digits 3-1-5 as the published notebook feeds them: one line per time step, one column per dimension."""


def picture(s: int, d: int) -> Float[np.ndarray, "s d"]:
    """The 3-1-5 picture as s input vectors of d elements, +1 where it is black; other sizes by nearest neighbour."""
    marks = np.array([[1.0 if mark == "#" else -1.0 for mark in line] for line in _PICTURE], dtype=np.float32)
    return marks[np.arange(s) * 8 // s][:, np.arange(d) * 8 // d]


def look(run: Run, network: Network, measurements: Mapping[str, Any], modulus: float) -> dict[str, np.ndarray]:
    """The arrays of one exemplar.

    Args:
        run: Which run it is.
        network: Its trained weights.
        measurements: Its row of measurements, by column.
        modulus: Eigenvalues with a larger modulus are long-term.

    Returns:
        By name: ``about`` (JSON text: run_id, task, d, s, hidden_dim, l2, threshold, seed,
        modulus and the measurements),
        ``composition`` (d, memory), ``phi`` (memory, memory), ``phi_eigenvalues``, ``network_eigenvalues``, ``W_hh``,
        ``kept`` (memory), ``W_hh_in_memories`` (memory + up to ten residual components, squared), ``inputs`` (time, d),
        ``hidden`` (time, hidden), ``outputs`` (time, d), ``targets`` (time, d; 0 in the input phase), ``memories``
        (time, memory: Psi* h), and ``theory`` (time, memory: the task's own state m).

    Raises:
        InputError: Where the network's weights are not finite.
    """
    if not network.is_finite():
        raise InputError("exemplar", run.run_id, "its training diverged and left no network; choose another exemplar")
    task = run.task
    u = picture(task.s, task.d)[:, None, :]
    horizon = max(STEPS - task.s, 1)
    x = np.zeros((task.s + horizon, 1, task.d), dtype=np.float32)
    x[: task.s] = u
    targets = task.targets(u, horizon)
    hidden, outputs = (array[:, 0] for array in networks.rollout(network, x))
    weights = linearise(network).astype(np.float64)
    memories = power_iteration(network, task)
    residual = residual_components(memories, hidden.astype(np.float64))
    basis = np.hstack([memories.basis, residual])
    dual = np.vstack([memories.dual, residual.T])
    about = {
        "run_id": run.run_id,
        "task": task.name,
        "d": task.d,
        "s": task.s,
        "hidden_dim": run.hidden_dim,
        "l2": run.l2,
        "threshold": run.threshold,
        "seed": run.seed,
        "modulus": modulus,
        **{name: float(measurements[name]) for name in _SHOWN},
    }
    return {
        "about": np.array(json.dumps(about)),
        "composition": task.composition_matrix(),
        "phi": task.transition(),
        "phi_eigenvalues": task.eigenvalues(),
        "network_eigenvalues": np.linalg.eigvals(weights),
        "W_hh": network.W_hh,
        "kept": memories.kept,
        "W_hh_in_memories": dual @ weights @ basis,
        "inputs": x[:, 0],
        "hidden": hidden,
        "outputs": outputs,
        "targets": np.concatenate([np.zeros((task.s, task.d), dtype=np.float32), targets[:, 0]]),
        "memories": memories.read(hidden),
        "theory": _stacked(np.concatenate([u[:, 0], targets[:, 0]]), task.s),
    }


def save(path: Path | str, arrays: dict[str, np.ndarray]) -> None:
    """Write an exemplar as .npz, whole or not at all."""
    with atomic(path) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]


def _stacked(vectors: Float[np.ndarray, "time d"], s: int) -> Float[np.ndarray, "time memory"]:
    """m(t): the last s vectors at each time, the newest last, zeros before the first."""
    padded = np.concatenate([np.zeros((s - 1, vectors.shape[1]), dtype=vectors.dtype), vectors])
    return np.stack([padded[t : t + s].ravel() for t in range(len(vectors))])
