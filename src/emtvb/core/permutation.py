"""Ranks of readings: a permutation test with a known rate of errors, and the area under the curve (AUC)."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

ERROR_RATE = 0.01
"""How often a label that has nothing to do with the state may come out as readable."""
_PERMUTED = 1999
"""Times that labels are exchanged between trials."""
_MOST_TRIALS = 512
"""Trials that take part in that; more would make it slow and no surer."""
_ROUNDING = 1e-5
"""Readings nearer than this share of their spread are the same."""


@dataclass(frozen=True, eq=False)
class PermutationTest:
    """Whether readings have to do with labels, given the time.

    Attributes:
        p: How often labels that are exchanged between whole trials (or groups) go together with the readings as well.
        p_at: The same at each time for itself (by the normal distribution, Hoeffding 1951).
    """

    p: float
    p_at: Float[np.ndarray, " time"]


def permutation_test(
    read: Float[np.ndarray, "time trial part"],
    wanted: Float[np.ndarray, "time trial part"],
    groups: Int[np.ndarray, " trial"] | None = None,
) -> PermutationTest:
    """Test the sum, over times and parts, of the products of the readings' ranks with what is wanted.

    Trials are what is independent: all that a trial is labelled with is exchanged for all that another one is. So
    neither time, nor how labels follow each other within a trial, nor the number of rare values can make a label
    readable; the level is exact for labels that are independent of the states. Ranks within a time, because a threshold
    on what is read tells even the exclusive or of two stored bits in three of four cases.

    Groups are what is independent, where trials are not: labels that are the same in all trials of a group are
    exchanged between whole groups, and labels that differ within groups are exchanged within each of them.

    Args:
        read: What is read; of classes, a part for each.
        wanted: What it should go together with; NaN where there is no label.
        groups: The group of each trial, a number from 0; None where each trial is independent.
    """
    ranks, z, within = _exchangeable_units(read, wanted, groups)
    p_at = _at_each(ranks, z, within)
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.permutation(ranks.shape[1])[:_MOST_TRIALS])
    a, b = (part[:, chosen].transpose(1, 0, 2).reshape(len(chosen), -1) for part in (ranks, z))
    together, within = a @ b.T, within[chosen]  # the sum after any exchange is a sum of entries of this
    seen = float(np.trace(together))
    rows = np.argsort(within, kind="stable")
    others = np.array([together[rows, _exchanged_order(within, rng)].sum() for _ in range(_PERMUTED)])
    # the same terms in another order differ by rounding, and count as equal
    near = 1e-9 * float(np.abs(together).sum()) / len(chosen)
    return PermutationTest((1 + int((others >= seen - near).sum())) / (1 + _PERMUTED), p_at)


def permutation_p_at(
    read: Float[np.ndarray, "time trial part"],
    wanted: Float[np.ndarray, "time trial part"],
    groups: Int[np.ndarray, " trial"] | None = None,
) -> Float[np.ndarray, " time"]:
    """``p_at`` of :func:`permutation_test` alone, without exchanging anything."""
    return _at_each(*_exchangeable_units(read, wanted, groups))


def _exchangeable_units(
    read: Float[np.ndarray, "time trial part"],
    wanted: Float[np.ndarray, "time trial part"],
    groups: Int[np.ndarray, " trial"] | None,
) -> tuple[Float[np.ndarray, "time unit part"], Float[np.ndarray, "time unit part"], Int[np.ndarray, " unit"]]:
    """Ranks, what is wanted, and within what they are exchanged; the units are trials, or groups with summed ranks."""
    known = np.isfinite(wanted)
    ranks = ranks_at_each_time(read)
    ranks -= ranks.mean(axis=1, keepdims=True)
    z = np.where(known, wanted, 0.0)
    mean = z.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    z = np.where(known, z - mean, 0.0)
    if groups is None:
        return ranks, z, np.zeros(read.shape[1], dtype=int)
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    if (z != z[:, first[group]]).any():
        return ranks, z, group
    sums = np.stack([ranks[:, group == number].sum(axis=1) for number in range(len(first))], axis=1)
    return sums, z[:, first], np.zeros(len(first), dtype=int)


def _exchanged_order(within: Int[np.ndarray, " unit"], rng: np.random.Generator) -> Int[np.ndarray, " unit"]:
    """Units in an order by chance, those of one group after those of another."""
    if not within.any():
        return rng.permutation(len(within))
    return np.lexsort((rng.random(len(within)), within))


def _at_each(ranks: np.ndarray, z: np.ndarray, within: np.ndarray) -> Float[np.ndarray, " time"]:
    """One-sided p at each time: mean and variance of the sum under all exchanges are known."""
    seen, variance = np.zeros(len(ranks)), np.zeros(len(ranks))
    for group in np.unique(within):
        r, y = (part[:, within == group] for part in (ranks, z))
        r, y = r - r.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        seen += (r * y).sum(axis=(1, 2))
        pairs = np.einsum("tic,tid->tcd", r, r) * np.einsum("tic,tid->tcd", y, y)
        variance += pairs.sum(axis=(1, 2)) / max(r.shape[1] - 1, 1)
    spread = np.sqrt(variance)
    size = np.where(spread > 1e-12, seen / np.maximum(spread, 1e-12), -np.inf)
    return np.array([1 - NormalDist().cdf(value) if np.isfinite(value) else 1.0 for value in size.tolist()])


def ranks_at_each_time(
    read: Float[np.ndarray, "time trial part"], known: Bool[np.ndarray, "time trial part"] | None = None
) -> Float[np.ndarray, "time trial part"]:
    """Ranks of trials at each time, from 1; equal readings share theirs, and those that are not known come last."""
    spread = read.reshape(-1, read.shape[2]).std(axis=0)
    steps = np.round(read / np.where(spread > 0, _ROUNDING * spread, 1.0))
    return np.asarray(
        stats.rankdata(steps if known is None else np.where(known, steps, np.inf), axis=1), dtype=np.float64
    )


def mean_auc(read: Float[np.ndarray, "time trial value"], is_value: Float[np.ndarray, "time trial value"]) -> float:
    """How often a trial with a value is read higher for it than one without, at the same time; the mean over values.

    Args:
        read: How much speaks for each value.
        is_value: 1, 0, or NaN where there is no label.
    """
    known = np.isfinite(is_value)
    ranks = ranks_at_each_time(read, known)
    own = np.where(known, is_value, 0.0)
    with_it = own.sum(axis=1)
    above = (ranks * own).sum(axis=1) - with_it * (with_it + 1) / 2
    pairs = (with_it * (known.sum(axis=1) - with_it)).sum(axis=0)
    if not (pairs > 0).any():
        return float("nan")
    return float((above.sum(axis=0)[pairs > 0] / pairs[pairs > 0]).mean())
