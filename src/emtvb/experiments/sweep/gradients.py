"""How far back in time gradients reach: before training and after it.

What is asked is the derivative of the output o(T) by the state k steps before, do(T)/dh(T-k) = W_r J(T) ... J(T-k+1)
with the Jacobian J(t) = diag(1 - h(t)^2) W_hh of a step: the chain that backpropagation through time multiplies. The
gradient of any loss of o(T) is a weighted sum of its rows. Measured is its Frobenius norm, root mean square over test
sequences, as a share of |W_r|, its norm at lag 0: 1 where nothing is lost, towards 0 where gradients vanish.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from emtvb.theory import networks
from emtvb.theory.literature_columns import FOLLOWED as COLUMNS
from emtvb.theory.literature_columns import GAIN, LAGS, WHEN, gradient_column
from emtvb.theory.networks import Network
from emtvb.theory.tasks import Task

SEQUENCES = 4
"""Random test sequences."""
_SEED = 2402_10163


def gradient_norms(
    network: Network, task: Task, horizon: int, lags: Sequence[int] = LAGS, sequences: int = SEQUENCES
) -> Float[np.ndarray, " lag"]:
    """The norm of do(T)/dh(T-k) at each lag k, as a share of that at lag 0; NaN beyond the horizon.

    Args:
        network: Its weights, finite.
        task: What it is run on.
        horizon: T, in output steps: the last one of the test.
        lags: k, ascending.
        sequences: Random test sequences.
    """
    x, _ = task.batch(np.random.default_rng(_SEED), sequences, horizon)
    exact = network.double()
    states, _ = networks.rollout(exact, x.astype(np.float64))
    slopes = 1 - states**2
    rows = np.broadcast_to(exact.W_r, (sequences, *exact.W_r.shape))
    start, sizes = float(np.linalg.norm(exact.W_r)), np.full(len(lags), np.nan)
    for lag in range(1, min(horizon, max(lags)) + 1):
        rows = (rows * slopes[-lag][:, None, :]) @ exact.W_hh
        if lag in lags:
            sizes[list(lags).index(lag)] = np.sqrt((rows**2).sum(axis=(1, 2)).mean()) / start if start else 0.0
    return sizes


def gradient_row(
    run_id: str, initial: Network, trained: Network, task: Task, horizon: int, known: MutableMapping[Any, np.ndarray]
) -> dict[str, object]:
    """A row of ``measurements/gradients.csv``; what diverged has no numbers.

    Args:
        run_id: The run.
        initial: Its weights before training.
        trained: Those after it.
        task: What it was trained on.
        horizon: Output steps of the accuracy test.
        known: Norms by task, horizon and weights, so that a network of several runs is followed once: runs of one seed
            begin with the same. Those of this run are added.
    """
    sizes = {}
    for when, network in zip(WHEN, (initial, trained), strict=True):
        same = task, horizon, network.digest()
        if same not in known:
            known[same] = gradient_norms(network, task, horizon) if network.is_finite() else np.full(len(LAGS), np.nan)
        sizes[when] = known[same]
    before, after = (sizes[when][LAGS.index(100)] for when in WHEN)
    with np.errstate(divide="ignore"):
        gain = np.log10(after) - np.log10(before) if before > 0 else np.nan
    row: dict[str, object] = {"run_id": run_id}
    row |= {
        gradient_column(when, lag): _four_digits(value)
        for when in WHEN
        for lag, value in zip(LAGS, sizes[when], strict=True)
    }
    return {**row, GAIN: _four_digits(float(gain))}


def gradients_as_table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Rows of :func:`gradient_row` as a table."""
    return pd.DataFrame(rows, columns=["run_id", *COLUMNS])


def _four_digits(value: float) -> float:
    """Four digits: more is rounding."""
    return float(f"{value:.4g}")
