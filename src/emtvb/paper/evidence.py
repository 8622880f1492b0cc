"""What few seeds say about a published number: reproduced, not reproduced, or too little to tell.

A published cell is a mean over 20 seeds whose spread is not published, and ours is a mean over fewer or as many. Both
errors count: we ask what 20 seeds like ours could have printed. Accuracies are bounded and have heavy lower tails,
and a handful of equal values says nothing about the tail, so a bootstrap alone would be far too sure of itself.

The bounds here are Gaffke's (2005; see Learned-Miller and Thomas 2019, arXiv 1905.06208), who adds to the seeds at hand
one more that came out as badly, or as well, as it can, and weighs all of them at random (Dirichlet, all ones). The
interval of the mean is the spread of those weighted means; what 20 seeds would print is the spread of the means of 20
draws with those weights. Simulated sweeps (tests/test_evidence.py) hold the rate of false "not reproduced" below 5%,
errors that spread by a factor e between seeds included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Shaped
from scipy import special, stats

Verdict = Literal["reproduced", "not reproduced", "cannot tell"]

PUBLISHED_SEEDS = 20
FEWEST_SEEDS = 5
"""Fewer seeds say nothing."""

LEVEL = 0.95
"""Of every interval."""

ACCURACY_TOLERANCE = 0.05
"""A tenth of the way from chance to perfect."""

ACCURACY_WIDEST = 0.3
ERROR_FACTOR = 2.0
ERROR_WIDEST = 10.0
"""Largest ratio of an interval's ends: an order of magnitude."""

ERROR_REACH = 3.0
"""One more seed's error may be this many times smaller or larger than any of ours."""

FEWEST_NETWORKS = 10

_DRAWS = 4000
_SEED = 2310_02430
_CHANCE = 0.5


@dataclass(frozen=True)
class Judgement:
    """What our seeds say about one number.

    Attributes:
        verdict: By the rule of the function that gave it.
        because: Why, in a line.
        value: Ours; NaN where there is none.
        interval: Its 95% confidence interval; None where there is none.
        seeds: Seeds that it speaks of.
    """

    verdict: Verdict
    because: str
    value: float
    interval: tuple[float, float] | None
    seeds: int


def judge_accuracy(ours: Float[np.ndarray, " seed"], published: float, digits: int = 2) -> Judgement:
    """A published mean accuracy beside ours.

    Reproduced: our mean is within 0.05 of the published one and its interval is no wider than 0.3. Not reproduced: our
    mean is further off, and 20 seeds like ours would not print the published value. Otherwise, and from fewer than 5
    seeds, one cannot tell.

    Args:
        ours: Per seed, the accuracy that enters the mean.
        published: As printed.
        digits: To so many decimals.
    """
    if len(ours) < FEWEST_SEEDS:
        mean = float(ours.mean()) if len(ours) else float("nan")
        return Judgement("cannot tell", _too_few(len(ours)), mean, None, len(ours))
    spread = _spread(ours, low=min(_CHANCE, float(ours.min())), high=max(1.0, float(ours.max())))
    half = 0.5 * 10**-digits
    near = abs(spread.mean - published) <= ACCURACY_TOLERANCE + half
    narrow = spread.interval[1] - spread.interval[0] <= ACCURACY_WIDEST
    verdict, because = _decide(spread, published, half, near, narrow, f"within {ACCURACY_TOLERANCE:g}", digits)
    return Judgement(verdict, because, spread.mean, spread.interval, len(ours))


def judge_error(ours: Float[np.ndarray, " seed"], published: float, digits: int = 4) -> Judgement:
    """A published mean spectral error beside ours.

    Reproduced: our mean is within a factor of 2 of the published one and its interval spans less than a factor of 10.
    Not reproduced: it is further off, and 20 seeds like ours would not print the published value. Otherwise, and from
    fewer than 5 seeds with an error, one cannot tell.

    Where the paper prints that no run gives an error, see :func:`judge_no_error`.

    Args:
        ours: Per seed, the error that enters the mean, in radians; NaN where there is none.
        published: As printed; NaN where it prints that there is none.
        digits: To so many decimals.
    """
    if np.isnan(published):
        return judge_no_error(ours)
    found = ours[np.isfinite(ours)]
    if len(found) < FEWEST_SEEDS:
        mean = float(found.mean()) if len(found) else float("nan")
        because = _too_few(len(ours)) if len(ours) < FEWEST_SEEDS else _too_few_errors(len(found), len(ours))
        return Judgement("cannot tell", because, mean, None, len(found))
    spread = _spread(ours, low=float(found.min()) / ERROR_REACH, high=float(found.max()) * ERROR_REACH)
    half = 0.5 * 10**-digits
    near = (published - half) / ERROR_FACTOR <= spread.mean <= (published + half) * ERROR_FACTOR
    narrow = spread.interval[1] <= ERROR_WIDEST * spread.interval[0]
    verdict, because = _decide(spread, published, half, near, narrow, f"within a factor of {ERROR_FACTOR:g}", digits)
    because += f"; {len(found)} of {len(ours)} seeds give an error"
    return Judgement(verdict, because, spread.mean, spread.interval, len(found))


def judge_no_error(ours: Float[np.ndarray, " seed"]) -> Judgement:
    """A published ``---``: no run gives an error.

    Reproduced: none of at least 5 seeds gives one. Not reproduced: so many give one that 20 seeds like ours would all
    be without one with a chance below 2.5%. Otherwise one cannot tell.

    The chance is that of 20 draws with Gaffke's weights, one more seed without an error added to ours.
    """
    found, seeds = int(np.isfinite(ours).sum()), len(ours)
    mean = float(np.nanmean(ours)) if found else float("nan")
    if seeds < FEWEST_SEEDS:
        return Judgement("cannot tell", _too_few(seeds), mean, None, seeds)
    if found == 0:
        return Judgement("reproduced", f"none of {seeds} seeds gives an error", mean, None, seeds)
    rest = seeds - found + 1
    chance = np.exp(special.betaln(found, rest + PUBLISHED_SEEDS) - special.betaln(found, rest))
    because = (
        f"{found} of {seeds} seeds give an error; {PUBLISHED_SEEDS} like them would give none with chance {chance:.2g}"
    )
    verdict: Verdict = "not reproduced" if chance < (1 - LEVEL) / 2 else "cannot tell"
    return Judgement(verdict, because, mean, None, seeds)


def judge_share(
    holds: Bool[np.ndarray, " network"], seed: Shaped[np.ndarray, " network"], at_least: float
) -> Judgement:
    """A statement about networks, each of which it either holds for or not.

    Reproduced: the interval of the share for which it holds lies at or above ``at_least``. Not reproduced: it lies
    below. Otherwise, and from fewer than 5 seeds or 10 networks, one cannot tell.

    The interval is Clopper and Pearson's for the effective number of networks (Korn and Graubard 1998), seeds being the
    clusters: networks that share a seed share their initial weights and their batches.
    """
    networks, seeds = len(holds), len(np.unique(seed))
    share = float(holds.mean()) if networks else float("nan")
    if seeds < FEWEST_SEEDS or networks < FEWEST_NETWORKS:
        because = f"networks: {networks}, seeds: {seeds}; {FEWEST_NETWORKS} of {FEWEST_SEEDS} are the fewest that tell"
        return Judgement("cannot tell", because, share, None, seeds)
    low, high = _share_interval(holds, seed)
    verdict: Verdict = "cannot tell"
    if low >= at_least:
        verdict = "reproduced"
    elif high < at_least:
        verdict = "not reproduced"
    because = f"holds for {int(holds.sum())} of {networks} networks, {low:.0%} to {high:.0%}"
    return Judgement(verdict, because, share, (low, high), seeds)


@dataclass(frozen=True)
class _Spread:
    mean: float
    interval: tuple[float, float]
    printed: tuple[float, float]


def _spread(values: Float[np.ndarray, " seed"], low: float, high: float) -> _Spread:
    """Gaffke's bounds of the mean of these (NaN skipped) and of means of 20 like them; one more seed is low or high."""
    weights, drawn = _weights(len(values))
    return _Spread(float(np.nanmean(values)), _bounds(weights, values, low, high), _bounds(drawn, values, low, high))


@cache
def _weights(seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of so many seeds and one more, the same at every call, and how often each is among 20 drawn by them."""
    rng = np.random.default_rng(_SEED)
    weights = rng.dirichlet(np.ones(seeds + 1), _DRAWS)
    return weights, rng.multinomial(PUBLISHED_SEEDS, weights)


def _bounds(weights: np.ndarray, values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    return (
        float(np.quantile(_means(weights, np.append(values, low)), tail)),
        float(np.quantile(_means(weights, np.append(values, high)), 1 - tail)),
    )


def _means(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Weighted means of the values that are there, where the weights meet any."""
    weights = weights[:, np.isfinite(values)]
    weights = weights[weights.any(axis=1)]
    return weights @ values[np.isfinite(values)] / weights.sum(axis=1)


def _decide(
    spread: _Spread, published: float, half: float, near: bool, narrow: bool, tolerance: str, digits: int
) -> tuple[Verdict, str]:
    (low, high), paper = spread.printed, f"{published:.{digits}f}"
    likes = f"{PUBLISHED_SEEDS} seeds like ours would print {low:.{digits}f} to {high:.{digits}f}"
    if near and narrow:
        return "reproduced", f"{tolerance} of {paper}"
    if near:
        return "cannot tell", f"{tolerance} of {paper}, but the interval is too wide to mean it"
    if published + half < low or published - half > high:
        return "not reproduced", f"not {tolerance} of {paper}; {likes}"
    return "cannot tell", f"not {tolerance} of {paper}, but {likes}"


def _share_interval(holds: np.ndarray, seed: np.ndarray) -> tuple[float, float]:
    networks, share = len(holds), holds.mean()
    _, cluster = np.unique(seed, return_inverse=True)
    clusters = int(cluster.max()) + 1
    rest = np.bincount(cluster, weights=holds - share)
    variance = clusters / (clusters - 1) * (rest**2).sum() / networks**2
    effective = min(share * (1 - share) / variance, networks) if variance > 0 else float(networks)
    tail = (1 - LEVEL) / 2
    effective *= (stats.t.isf(tail, networks - 1) / stats.t.isf(tail, clusters - 1)) ** 2
    yes, no = share * effective, (1 - share) * effective
    low = float(stats.beta.ppf(tail, yes, no + 1)) if yes > 0 else 0.0
    high = float(stats.beta.isf(tail, yes + 1, no)) if no > 0 else 1.0
    return low, high


def _too_few(seeds: int) -> str:
    if seeds == 0:
        return "none of its runs is in this experiment"
    return f"{seeds} seed{'s' * (seeds != 1)}; {FEWEST_SEEDS} are the fewest that tell"


def _too_few_errors(found: int, seeds: int) -> str:
    return f"only {found} of {seeds} seeds give an error; {FEWEST_SEEDS} are the fewest that tell"
