"""Small made-up exemplars of any size, learning curves, and tables of distinct numbers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from emtvb.experiments.architectures.figures import architectures
from emtvb.figures.data import Exemplar, exemplar_from
from emtvb.paper.forest import COLUMNS

Rows = Sequence[tuple[int, int, int]]
"""f as (variable, dimension, sign), one row per output dimension."""

SIZES = [(3, 3), (6, 7), (1, 5), (4, 1), (8, 8)]
"""(d, s)."""


def make_arrays(
    d: int = 3,
    s: int = 3,
    rows: Rows | None = None,
    *,
    task: str = "T1",
    noise: float = 0.02,
    time: int = 40,
    kept: bool = True,
    **about: Any,
) -> dict[str, np.ndarray]:
    """An exemplar's arrays: a linear network that stores variables as a task says, but for some noise.

    Args:
        d: Dimensions.
        s: Variables.
        rows: f; by default a copy of the oldest variable.
        task: Its name.
        noise: Standard deviation of what is added to every array that training would give.
        time: Steps.
        kept: Whether the task has variable memories at all.
        about: Replaces entries of ``about``.
    """
    rng = np.random.default_rng(d * 100 + s)
    memory, hidden_dim = s * d, s * d + 5
    composition = np.zeros((d, memory))
    for j, (variable, dimension, sign) in enumerate(rows or [(1, j, 1) for j in range(d)]):
        composition[j, (variable - 1) * d + dimension] = sign
    phi = np.vstack([np.eye(memory, k=d)[: memory - d], composition])
    vectors = [np.zeros(d)] * (s - 1) + list(rng.choice([-1.0, 1.0], size=(s, d)))
    while len(vectors) < time + s - 1:
        vectors.append(composition @ np.concatenate(vectors[-s:]))
    theory = np.stack([np.concatenate(vectors[t : t + s]) for t in range(time)])
    basis, _ = np.linalg.qr(rng.normal(size=(hidden_dim, hidden_dim)))
    psi = basis[:, :memory]
    hidden = 0.1 * theory @ psi.T + noise * 0.1 * rng.normal(size=(time, hidden_dim))
    W_hh = psi @ phi @ psi.T + noise * rng.normal(size=(hidden_dim, hidden_dim))
    in_output_phase = (np.arange(time) >= s)[:, None]
    inputs = np.where(in_output_phase, 0, theory[:, -d:])
    targets = np.where(in_output_phase, theory[:, -d:], 0)
    phi_eigenvalues = np.linalg.eigvals(phi).astype(np.complex128)
    keep = np.full(memory, kept)
    entries = {
        "run_id": f"{task}_h{hidden_dim}_l2-0_thr-0.98_seed1", "task": task, "d": d, "s": s, "hidden_dim": hidden_dim,
        "l2": 0, "threshold": 0.98, "seed": 1, "modulus": 0.9, "test_accuracy": 0.9998, "spectral_error": 0.0005,
        "optimal_spectral_error": 0.0005, "power_gain": 1.2, "power_shape_error": 0.2,
        "data_gain": 1.5, "data_shape_error": 0.3,
        "realisation_gain": 1.4, "realisation_shape_error": 0.1, "verdict": "linearly stored and editable",
        "edits": ["flip", "nothing"], "edit_times": [8, 9],
        "edit_bases": ["by data", "the paper's"], "edit_notes": ["", "1 of 2 such flips fail"],
    }  # fmt: skip
    futures = (
        theory[-1:] * np.array([[1], [-1]]) @ np.stack([np.linalg.matrix_power(phi, k + 1)[-d:].T for k in range(20)])
    )
    futures = futures.transpose(1, 0, 2)  # edit, step, d
    return {
        "about": np.array(json.dumps(entries | about)),
        "composition": composition,
        "phi": phi,
        "phi_eigenvalues": phi_eigenvalues[np.abs(phi_eigenvalues) > 0.5],
        "network_eigenvalues": np.linalg.eigvals(W_hh),
        "W_hh": W_hh.astype(np.float32),
        "kept": keep,
        "W_hh_in_scaled_memories": 1.2 * psi.T @ W_hh @ psi,
        "inputs": inputs,
        "hidden": hidden.astype(np.float32),
        "outputs": hidden @ psi[:, -d:] * 10,
        "targets": targets,
        "memories": hidden @ psi * keep,
        "data_memories": 10 * hidden @ psi * keep,
        "W_hh_in_data_memories": 1.5 * psi.T @ W_hh @ psi,
        "W_hh_in_realised_memories": 1.4 * psi.T @ W_hh @ psi,
        "theory": theory,
        "edit_before": theory[[-1, -1]],
        "edit_after": theory[[-1, -1]] * np.array([[-1], [1]]),
        "edit_past": theory[[-1, -1]][:, None, -d:] * np.ones((2, 3, 1)),
        "edit_outputs": futures[::-1] + noise * rng.normal(size=futures.shape),
        "edit_expected": futures[::-1],
        "edit_unedited": futures[[0, 0]],
    }


def make_exemplar(d: int = 3, s: int = 3, rows: Rows | None = None, **settings: Any) -> Exemplar:
    """The exemplar of :func:`make_arrays`."""
    return exemplar_from(make_arrays(d, s, rows, **settings))


_ERRORS = (
    "spectral_error", "optimal_spectral_error", "power_gain", "power_shape_error", "data_gain", "data_shape_error",
    "realisation_gain",    "realisation_shape_error",
)  # fmt: skip


def make_broken(d: int = 3, s: int = 3) -> Exemplar:
    """An exemplar of a network that did not converge: NaN, infinities, nothing long-term."""
    arrays = make_arrays(d, s, kept=False, task="T2", **dict.fromkeys(_ERRORS, float("nan")), test_accuracy=0.5)
    for name in (
        "W_hh_in_scaled_memories", "W_hh_in_data_memories", "hidden", "memories", "data_memories",
        "network_eigenvalues", "outputs", "edit_outputs",
    ):  # fmt: skip
        arrays[name] = arrays[name].copy()
        arrays[name].flat[0] = np.nan
        arrays[name].flat[-1] = np.inf
    arrays["network_eigenvalues"][1:-1] *= 0.1
    return exemplar_from(arrays | {"phi_eigenvalues": np.zeros(0)})


def make_curves(
    tasks: Sequence[str] = ("T1", "T2"),
    hidden_dims: Sequence[int] = (32, 64),
    l2s: Sequence[float] = (0.0, 0.1),
    seeds: int = 3,
    steps: int = 1000,
) -> pd.DataFrame:
    """Learning curves with settings, as ``with_settings`` gives them."""
    rng = np.random.default_rng(0)
    step = np.r_[np.arange(0, steps, 50), steps - 1]
    frames = []
    for task in tasks:
        for hidden_dim in hidden_dims:
            for l2 in l2s:
                for seed in range(1, seeds + 1):
                    accuracy = 0.5 + 0.5 * (1 - np.exp(-step / steps * hidden_dim / 10 / (1 + 20 * l2)))
                    accuracy -= 0.02 * rng.random(step.size)
                    horizon = np.array([10, 20, 40, 60, 100])[(accuracy * 4.999).astype(int)]
                    curve = {"step": step, "loss": 1.01 - accuracy**2, "accuracy": accuracy, "horizon": horizon}
                    settings = {"hidden_dim": hidden_dim, "l2": l2, "threshold": 0.98, "seed": seed}
                    run_id = f"{task}_h{hidden_dim}_l2-{l2}_thr-0.98_seed{seed}"
                    frames.append(pd.DataFrame(curve).assign(run_id=run_id, task=task, **settings))
    return pd.concat(frames, ignore_index=True)


def crossed(factors: Mapping[Any, Sequence[Any]], *ascending: Sequence[str]) -> pd.DataFrame:
    """A row for each combination of factors, with random numbers between 0.1 and 0.9.

    Args:
        factors: By column, or by several columns together, the values that occur.
        ascending: Columns of numbers; those of one group ascend in each row.
    """
    rng = np.random.default_rng(0)
    names = [name for column in factors for name in (column if isinstance(column, tuple) else (column,))]
    together = [
        [value if isinstance(column, tuple) else (value,) for value in values] for column, values in factors.items()
    ]
    rows = [[value for part in parts for value in part] for parts in itertools.product(*together)]
    table = pd.DataFrame(rows, columns=names)
    for group in ascending:
        table[list(group)] = np.sort(rng.uniform(0.1, 0.9, (len(rows), len(group))))
    return table


def make_cells(tasks: Sequence[str]) -> pd.DataFrame:
    """The rows of a forest plot: two cells per task, three seeds each, the last of which has no error."""
    rng = np.random.default_rng(0)
    found = []
    for task, l2, (measure, least) in itertools.product(
        tasks, (0.0, 0.001), (("accuracy", 0.8), ("spectral_error", 1e-3))
    ):
        about = {"task": task, "hidden_dim": 64, "l2": l2, "measure": measure}
        low, *seeds, printed, high = np.sort(rng.uniform(least, 1.2 * least, 6))
        seeds = seeds if measure == "accuracy" else [*seeds[:2], float("nan")]
        found += [{**about, "kind": "seed", "seed": i + 1, "value": value} for i, value in enumerate(seeds)]
        counts = {"with_value": int(np.isfinite(seeds).sum()), "seeds": 3, "verdict": "not determined"}
        found.append({**about, "kind": "ours", "value": np.nanmean(seeds), "low": low, "high": high, **counts})
        ends = {"low": printed - 0.02 * least, "high": printed + 0.01 * least}
        found.append({**about, "kind": "printed", "value": printed, **ends})
    return pd.DataFrame(found, columns=COLUMNS).astype({"seed": "Int64", "with_value": "Int64", "seeds": "Int64"})


LOOK_KEPT = np.array([0, 2, 3])
"""The elements with a memory, of those of :func:`make_look`'s network."""


def make_look(task: str = "T1", run_id: str = "lstm_x", diverged: bool = False) -> architectures.Look:
    """A network of another architecture, which did not learn."""
    about = {
        "run_id": run_id, "architecture": run_id.partition("_")[0], "task": task, "d": 2, "s": 2, "modulus": 0.9,
        "verdict": "did not learn", "test_accuracy": 0.5, "decoding_accuracy": 0.5, "edit_success": 0.0,
        "random_edit_success": 0.0,
    }  # fmt: skip
    rng = np.random.default_rng(0)
    step = [np.full((3, 3), np.nan) if diverged else rng.normal(size=(3, 3)).round(3) for _ in architectures.MAPS]
    found = np.zeros(0, complex) if diverged else rng.normal(size=5) + 1j * rng.normal(size=5)
    phi_eigenvalues = np.exp(2j * np.pi * np.arange(3) / 3)
    kept = np.isin(np.arange(4), LOOK_KEPT)
    return architectures.Look(
        about, kept, np.eye(3), phi_eigenvalues, found, dict(zip(architectures.MAPS, step, strict=True))
    )
