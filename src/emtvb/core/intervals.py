"""Intervals at a level, 95% by default: one function for each kind of quantity.

- The share of independent trials, edits or networks of which something is true: :func:`wilson_interval`.
- The same where no interval may err more often than it says, as a verdict asks: :func:`clopper_pearson_interval`; of
  networks of which several have one seed: :func:`clustered_share_interval`.
- The mean of a number over networks: :func:`mean_interval`; their median: :func:`median_interval`.
- Any other statistic of trials, groups or seeds: :func:`bootstrap_counts`, and :func:`central_interval` of what comes
  out. The latter also of what is drawn from a prediction.
- Several intervals that are to hold together: each at the level that :func:`bonferroni_level` gives.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped
from scipy import stats

LEVEL = 0.95
FEWEST = 3
"""Networks or seeds below which a mean has no interval: of one there is none, and that of two says no more than both
values."""
DRAWS = 2000
"""Times that a bootstrap draws."""


def wilson_interval(share: Any, count: Any, level: float = LEVEL) -> tuple[Any, Any]:
    """Wilson's (1927) interval of the share of independent trials of which something is true.

    On average over shares it holds the true one as often as it says (Brown, Cai and DasGupta 2001). Of shares within
    trials, of which none varies more than one that is 0 or 1, it is too wide rather than too narrow.

    Args:
        share: The share that was seen; a number or an array.
        count: Of so many trials; it need not be whole, as an effective number of trials is not.
        level: How often the interval holds the true share.

    Returns:
        The lower and the upper end, from 0 to 1, in the shape of both together; NaN of no trials.
    """
    share, count = np.asarray(share, dtype=np.float64), np.asarray(count, dtype=np.float64)
    z = normal_deviations(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
        half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)


def clopper_pearson_interval(holds: Any, fails: Any, level: float = LEVEL) -> tuple[Any, Any]:
    """Clopper and Pearson's (1934) interval of a share, which never holds the true one less often than it says.

    Args:
        holds: Of how many it is true; a number or an array.
        fails: Of how many not. Neither needs to be whole.
        level: How often the interval holds the true share at least, and half of the rest for each end alone.

    Returns:
        The lower and the upper end, in the shape of both together; 0 where it is true of none, 1 where of all.
    """
    holds, fails = np.asarray(holds, dtype=np.float64), np.asarray(fails, dtype=np.float64)
    tail = (1 - level) / 2
    low = np.where(holds > 0, stats.beta.ppf(tail, holds, fails + 1), 0.0)
    high = np.where(fails > 0, stats.beta.isf(tail, holds + 1, fails), 1.0)
    return low[()], high[()]  # of numbers no arrays


def clustered_share_interval(
    holds: Bool[np.ndarray, " network"], cluster: Shaped[np.ndarray, " network"], level: float = LEVEL
) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share of networks that come in clusters, such as those of one seed.

    Networks of a cluster that are more alike than others count as fewer (Korn and Graubard 1998): the effective number
    of networks is by how much clusters differ, corrected for the degrees of freedom, and never above their number.

    Args:
        holds: Of which networks it is true.
        cluster: The cluster of each.
        level: How often the interval holds the true share at least.

    Returns:
        The lower and the upper end; 0 and 1 of a single cluster.
    """
    names, number = np.unique(cluster, return_inverse=True)
    networks, clusters = len(holds), len(names)
    if clusters < 2:
        return 0.0, 1.0
    share = holds.mean()
    rest = np.bincount(number, weights=holds - share)
    variance = clusters / (clusters - 1) * (rest**2).sum() / networks**2
    effective = min(share * (1 - share) / variance, networks) if variance > 0 else float(networks)
    tail = (1 - level) / 2
    effective *= float(stats.t.isf(tail, networks - 1) / stats.t.isf(tail, clusters - 1)) ** 2
    low, high = clopper_pearson_interval(share * effective, (1 - share) * effective, level)
    return float(low), float(high)


def mean_interval(values: Float[np.ndarray, " network"], level: float = LEVEL) -> tuple[float, float]:
    """Student's (1908) interval of the mean of independent values.

    Args:
        values: One of each network, or seed.
        level: How often the interval holds the true mean, of normal values.

    Returns:
        The lower and the upper end, within 0 and 1 where all values are, as shares are; NaN of fewer than
        :data:`FEWEST` values.
    """
    if len(values) < FEWEST:
        return float("nan"), float("nan")
    least, largest = (0.0, 1.0) if values.min() >= 0 and values.max() <= 1 else (-np.inf, np.inf)
    mean, half = float(values.mean()), float(stats.sem(values) * stats.t.ppf((1 + level) / 2, len(values) - 1))
    return max(mean - half, least), min(mean + half, largest)


def median_interval(values: Float[np.ndarray, " seed"], level: float = LEVEL) -> tuple[float, float]:
    """Interval of the median of independent values, whatever their distribution: two of the values themselves.

    By the binomial distribution of how many lie below the median (Conover 1999, section 3.2).

    Args:
        values: One of each network, or seed.
        level: How often the interval holds the true median at least.

    Returns:
        The lower and the upper end; NaN where the values are too few for any, at 95% fewer than six.
    """
    ordered, end = np.sort(values), int(stats.binom.ppf((1 - level) / 2, len(values), 0.5))
    return (float(ordered[end - 1]), float(ordered[-end])) if end else (float("nan"), float("nan"))


def bootstrap_counts(units: int, draws: int = DRAWS, seed: int = 0) -> Int[np.ndarray, "draw unit"]:
    """How often each of some units is drawn where as many are drawn with replacement (Efron 1979).

    A statistic that is made from sums over units is made anew from these counts as weights, all draws at once.

    Args:
        units: How many there are: what is independent of each other, such as trials, groups of trials, or seeds.
        draws: How often as many are drawn.
        seed: Of the random numbers.
    """
    return np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=draws)


def central_interval(
    drawn: Float[np.ndarray, " draw"] | Int[np.ndarray, " draw"],
    level: float = LEVEL,
    method: Literal["linear", "nearest"] = "linear",
) -> tuple[float, float]:
    """Quantiles between which the central share of all draws lies: of a bootstrap, the percentile interval.

    Args:
        drawn: Values of a statistic, by bootstraps or by draws from a prediction.
        level: The share.
        method: As for :func:`numpy.quantile`; ``nearest`` gives two of the values themselves.
    """
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method=method)
    return float(low), float(high)


def bonferroni_level(count: int, level: float = LEVEL) -> float:
    """Level of each of so many intervals that all hold together at a level at least."""
    return 1 - (1 - level) / count


def normal_deviations(level: float) -> float:
    """Standard deviations on either side of its mean within which a normal variable lies so often: 1.96 at 95%."""
    return NormalDist().inv_cdf((1 + level) / 2)
