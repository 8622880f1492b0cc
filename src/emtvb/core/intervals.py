"""The interval of a mean over networks that differ in their seed: one rule for all tables."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import stats

LEVEL = 0.95
FEWEST = 3
"""Networks below which a mean has no interval: of one there is none, and that of two says no more than both values."""


def mean_interval(values: Float[np.ndarray, " network"]) -> tuple[float, float]:
    """The 95% interval (Student's t) of the mean of independent values.

    Args:
        values: One of each network. Where all are from 0 to 1, as shares are, so are the interval's ends.

    Returns:
        Its ends; NaN of fewer than :data:`FEWEST` values.
    """
    if len(values) < FEWEST:
        return float("nan"), float("nan")
    mean, half = float(values.mean()), float(stats.sem(values) * stats.t.ppf((1 + LEVEL) / 2, len(values) - 1))
    low, high = mean - half, mean + half
    return (max(low, 0.0), min(high, 1.0)) if values.min() >= 0 and values.max() <= 1 else (low, high)
