"""Ranks of readings among trials, and the area under the curve (AUC) that follows from them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy import stats

_ROUNDING = 1e-5
"""Readings nearer than this share of their spread are the same."""


def ranked(
    read: Float[np.ndarray, "time trial part"], known: Bool[np.ndarray, "time trial part"] | None = None
) -> Float[np.ndarray, "time trial part"]:
    """Ranks of trials at each time, from 1; equal readings share theirs, and those that are not known come last."""
    spread = read.reshape(-1, read.shape[2]).std(axis=0)
    steps = np.round(read / np.where(spread > 0, _ROUNDING * spread, 1.0))
    return np.asarray(
        stats.rankdata(steps if known is None else np.where(known, steps, np.inf), axis=1), dtype=np.float64
    )


def auc(read: Float[np.ndarray, "time trial value"], is_value: Float[np.ndarray, "time trial value"]) -> float:
    """How often a trial with a value is read higher for it than one without, at the same time; the mean over values.

    Args:
        read: How much speaks for each value.
        is_value: 1, 0, or NaN where there is no label.
    """
    known = np.isfinite(is_value)
    ranks = ranked(read, known)
    own = np.where(known, is_value, 0.0)
    with_it = own.sum(axis=1)
    above = (ranks * own).sum(axis=1) - with_it * (with_it + 1) / 2
    pairs = (with_it * (known.sum(axis=1) - with_it)).sum(axis=0)
    if not (pairs > 0).any():
        return float("nan")
    return float((above.sum(axis=0)[pairs > 0] / pairs[pairs > 0]).mean())
