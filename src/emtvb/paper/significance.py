"""How a published number or statement is judged by our runs: consistent, inconsistent, or not determined.

From our seeds it is predicted what 20 seeds would *print* if theirs were like ours: a mean over 20 seeds that are drawn
anew, as often as wanted. Two questions are asked of that, each with an error rate of its own (docs/evidence.md):

- *Consistent*: nine in ten of such means, and those at each end but one in twenty, lie within the margin of what is
  printed (two one-sided tests at 5%, Schuirmann 1987).
- *Inconsistent*: what is printed is outside what they could print, two-sided at 4%, corrected for the number of values
  in the table (Holm 1979).
- Otherwise it is *not determined*.

A seed that is drawn anew is like one of ours, or it is *odd*: lost late in training, or with an error many times as
large as the others of its cell. How often seeds are odd is estimated cell by cell, and drawn towards what other cells
show. A seed and its rounding twins (the same run, one weight of which starts one unit in the last place away) count as
one seed with several outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped
from scipy import special, stats

from emtvb.core.intervals import (
    LEVEL,
    bonferroni_level,
    central_interval,
    clopper_pearson_interval,
    clustered_share_interval,
)
from emtvb.theory.network_verdict import AT_CHANCE

ClaimVerdict = Literal["consistent", "inconsistent", "not determined", "found", "no verdict"]
CLAIM_VERDICTS: tuple[ClaimVerdict, ...] = ("consistent", "inconsistent", "not determined", "found", "no verdict")
"""Printed values have one of the first three. *Found* is what would be consistent by a rule that is younger than the
networks that it judges. The last is of statements that name no rule which could fail: there are shares, with their
intervals."""
Answer = Literal["yes", "no", "not contradicted", "not determined"]
ANSWERS: tuple[Answer, ...] = ("yes", "no", "not contradicted", "not determined")
"""To whether a claim is a tendency, and whether it is universal, which finitely many networks cannot prove."""
Measure = Literal["accuracy", "spectral_error"]

PUBLISHED_SEEDS = 20
FEWEST_SEEDS = 5
"""Fewer seeds say nothing."""

REFUTED = 0.04
"""A p-value below this, corrected, is inconsistent.

With 5%, single errors of T2 with 64 neurons and L2 0 were said to be so in 6% of bootstraps without any deviation.
"""

ACCURACY_MARGIN = 0.05
"""A tenth of the way from chance to perfect."""
ERROR_MARGIN = 2.0
"""A factor."""
COVERAGE_MARGIN = 0.15
"""Three of twenty seeds: such a share of seeds with an error is what ``---`` must exclude."""

WEIGHT = 0.6
"""Of each seed in Dirichlet's distribution of seeds' weights.

With 10 seeds a mean then varies as Student's t has it. With 20 the t would have 0.8, and accuracies of T4 with 64
neurons and L2 0, of which four of 20 seeds are lost, were said to be inconsistent in 6.6% of bootstraps.
"""
LOST = 0.1
"""A seed whose accuracy is so far below the median of its cell is odd: lost."""
LOWEST = 0.8
"""No seed of a trained network ends below this accuracy, unless one of ours does (with 20 seeds the least is 0.592)."""
SPIKED = 4.0
"""An error so many times the median of its cell is odd: a spike."""
SPIKE = 100.0
"""The largest factor of a spike; of the thirteen that were seen, the largest is 68.

The next one is larger than all of them with a chance of one in fourteen; so are 12% of factors from 4 to 100
whose logarithms are uniform (docs/evidence.md).
"""
LEAST_SPREAD = 0.1
"""Of log errors between seeds; the least of twelve cells is 0.16."""

FEWEST_NETWORKS = 10
MISMEASURED = 0.014
"""The share of networks of which measuring with other sequences says the opposite: the largest of the paper's seven
statements, 1 of 72 (``benchmarks/mismeasured.py``; docs/evidence.md has the table)."""

DIGITS: dict[Measure, int] = {"accuracy": 2, "spectral_error": 4}
"""To so many decimals the paper prints."""

_HALF = 0.5
_DRAWS = 10_000
_MOST_DRAWS = 1_000_000
_SEED = 2310_02430
_ALPHA = 1 - LEVEL
_SURE = 10
"""Standard errors between a chance and the level that decides, so that no other generator would decide otherwise."""


@dataclass(frozen=True)
class Judgement:
    """What our runs say about one number or statement.

    Attributes:
        verdict: The answer.
        because: Why, in a line.
        value: Ours; NaN where there is none.
        interval: 95%: for a number, of what the paper would have printed if its seeds were like ours; for a statement,
            of the share of networks for which it holds. None where there is none.
        seeds: Seeds that it speaks of.
        p: Of "the paper's seeds are like ours", before correction; NaN where that was not asked.
    """

    verdict: ClaimVerdict
    because: str
    value: float
    interval: tuple[float, float] | None
    seeds: int
    p: float = float("nan")


@dataclass(frozen=True, eq=False)
class Sample:
    """Our seeds of one cell, for one of its two numbers.

    Attributes:
        values: Per seed, what enters the mean, and the same of its rounding twins; NaN where there is no twin, or no
            error.
        others: Of every other cell like it, how many of its values are odd, and how many there are.
        lowest: The least accuracy that a trained network ends with.
    """

    values: Float[np.ndarray, "seed rounding"]
    others: tuple[tuple[int, int], ...] = ()
    lowest: float = LOWEST

    @property
    def own(self) -> Float[np.ndarray, " seed"]:
        """Of the seeds themselves, without twins."""
        return self.values[:, 0]


def cell_samples(what: Measure, cells: Sequence[np.ndarray]) -> list[Sample]:
    """The cells of a table, each with what the others say of odd seeds.

    Accuracies are drawn towards all cells whose networks trained. Errors are drawn towards cells of their kind: those
    in which every seed gives an error, or the others. Where seeds have lost modes, some have the right number by
    accident, and an error that is many times as large.

    Args:
        what: Which number they are.
        cells: Per cell, its values by seed and rounding; without seeds where there are none.
    """
    if what == "accuracy":
        kinds = [bool(len(of)) and float(np.nanmax(of)) >= AT_CHANCE for of in cells]
    else:
        kinds = [bool(np.isfinite(of[:, 0]).all()) for of in cells]
    counts = [(int(odd_seeds(what, of).sum()), int(np.isfinite(of).sum())) for of in cells]
    trained = [float(np.nanmin(of)) for of, kind in zip(cells, kinds, strict=True) if kind and len(of)]
    lowest = min([LOWEST, *trained]) if what == "accuracy" else LOWEST
    return [
        Sample(
            of,
            tuple(counts[j] for j in range(len(cells)) if j != i and kinds[j] == kinds[i] and counts[j][1]),
            lowest,
        )
        for i, of in enumerate(cells)
    ]


def odd_seeds(what: Measure, values: Float[np.ndarray, "seed rounding"]) -> Bool[np.ndarray, "seed rounding"]:
    """Which values of a cell are odd: accuracies far below the median of its seeds, errors many times that."""
    there = np.sort(values[:, 0][np.isfinite(values[:, 0])])
    if not len(there):
        return np.zeros(values.shape, bool)
    middle = float(there[(len(there) - 1) // 2] + there[len(there) // 2]) / 2  # np.median takes five times as long
    return values < middle - LOST if what == "accuracy" else values > SPIKED * middle


@dataclass(frozen=True, eq=False)
class Prediction:
    """What 20 seeds would print if theirs were like ours.

    Attributes:
        what: Which number.
        means: Of 20 seeds drawn anew, not rounded, ascending.
        none: Chance that no seed has an error, the largest that is not excluded.
        some: Chance that one has, likewise.
    """

    what: Measure
    means: Float[np.ndarray, " draw"]
    none: float = 0.0
    some: float = 1.0

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Of what is printed, rounded as that is."""
        low, high = central_interval(self.means, level, method="nearest")
        return round(low, DIGITS[self.what]), round(high, DIGITS[self.what])

    def p_value(self, printed: float) -> float:
        """Two-sided, of printing this or something more extreme."""
        half = _half_unit(self.what)
        below = int(np.searchsorted(self.means, printed + half, side="right")) + 1
        above = len(self.means) - int(np.searchsorted(self.means, printed - half, side="left")) + 1
        return min(1.0, 2 * float(min(below, above)) / (len(self.means) + 1))

    def beyond(self, printed: float) -> float:
        """How many of the means are off from what is printed by the margin, at the worse end; below 5%: consistent.

        What is printed stands for all that rounds to it, and the farthest of that counts.
        """
        low, high = printed - _half_unit(self.what), printed + _half_unit(self.what)
        if self.what == "accuracy":
            least, most = high - ACCURACY_MARGIN, low + ACCURACY_MARGIN
        else:
            least, most = high / ERROR_MARGIN, low * ERROR_MARGIN
        # a mean on the bound is beyond it, and may lie on it but for rounding
        above = len(self.means) - int(np.searchsorted(self.means, most - 1e-12, side="left"))
        below = int(np.searchsorted(self.means, least + 1e-12, side="right"))
        return max(above, below) / len(self.means)


def _half_unit(what: Measure) -> float:
    """Half a unit of the last printed digit."""
    return 0.5 * 10.0 ** -DIGITS[what]


class PrintedValue(NamedTuple):
    """A number that the paper prints of a cell, beside ours.

    Attributes:
        what: Which number of the cell.
        sample: Our seeds of it.
        printed: What is printed: NaN for ``---``.
    """

    what: Measure
    sample: Sample
    printed: float


def judge_table(
    values: Iterable[PrintedValue], draws: int | None = None, correct: bool = True, seed: int = _SEED
) -> list[Judgement]:
    """The values of a published table beside ours, in order.

    Args:
        values: All of them: they are the family that the correction is for.
        draws: Of each prediction; without it, so many that what decides is ten of its standard errors away from 5%.
        correct: Whether to correct for the number of values, after Holm (1979).
        seed: Of the random numbers.
    """
    values = list(values)
    draw = [_Draws(value, [seed, place]) for place, value in enumerate(values)]
    predictions = [of.more(draws or _DRAWS) for of in draw]
    while True:
        p = np.array([_p_value(*pair) for pair in zip(predictions, values, strict=True)])
        corrected, times = holm_correction(p) if correct else (p, np.ones(len(p)))
        if draws:
            break
        unsure = [i for i, of in enumerate(predictions) if of and not _enough_draws(of, values[i], p[i], times[i])]
        if not unsure:
            break
        for i in unsure:
            predictions[i] = draw[i].more(2 * len(draw[i].means))
    judged = zip(predictions, values, p, corrected, strict=True)
    return [_judge(prediction, value, float(raw), float(adjusted)) for prediction, value, raw, adjusted in judged]


def judge_against(
    what: Measure, sample: Sample, printed: Sequence[float], draws: int, seed: int = _SEED
) -> list[ClaimVerdict]:
    """The verdict on each of several values that might be printed beside the same seeds, without correction.

    Args:
        what: Which number.
        sample: Our seeds.
        printed: The values.
        draws: Of the prediction.
        seed: Of the random numbers.
    """
    prediction = _Draws(PrintedValue(what, sample, float("nan")), [seed, 0]).more(draws)
    asked = [PrintedValue(what, sample, value) for value in printed]
    return [_verdict(prediction, value, _p_value(prediction, value)) for value in asked]


def holm_correction(p: Float[np.ndarray, " value"]) -> tuple[Float[np.ndarray, " value"], Float[np.ndarray, " value"]]:
    """Holm's (1979) correction; NaN were not asked and do not count.

    Returns:
        The corrected values, and how many times as large each was made before they were put in order.
    """
    corrected, times = np.full(len(p), np.nan), np.full(len(p), np.nan)
    asked = np.flatnonzero(np.isfinite(p))
    order = asked[np.argsort(p[asked], kind="stable")]
    times[order] = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * times[order]), 1)
    return corrected, times


def _enough_draws(prediction: Prediction, value: PrintedValue, p: float, times: float) -> bool:
    """Whether there are draws enough: what decides is far from 5%, in its standard errors."""
    if not _by_number(value) or not len(prediction.means) or len(prediction.means) >= _MOST_DRAWS:
        return True
    draws = len(prediction.means)

    def far(chance: float, level: float) -> bool:
        error = np.sqrt(max(chance * (1 - chance), 1 / draws) / draws)
        return bool(abs(chance - level) >= _SURE * error)

    beyond = prediction.beyond(value.printed)
    return far(beyond, _ALPHA) and (beyond < _ALPHA or far(p / 2, REFUTED / times / 2))


def _by_number(value: PrintedValue) -> bool:
    """Whether both sides have a number: else it is asked how many seeds have one."""
    return not np.isnan(value.printed) and bool(np.isfinite(value.sample.own).any())


def _p_value(prediction: Prediction | None, value: PrintedValue) -> float:
    what, sample, printed = value
    if prediction is None:
        return float("nan")
    if what == "spectral_error":
        if np.isnan(printed):
            return prediction.none
        if not np.isfinite(sample.own).any():
            return prediction.some
    return prediction.p_value(printed) if len(prediction.means) else float("nan")


def _verdict(prediction: Prediction | None, value: PrintedValue, corrected: float) -> ClaimVerdict:
    """The rule, with a p-value that is corrected or not."""
    _, sample, printed = value
    if prediction is None:
        return "not determined"
    if not _by_number(value):
        agrees = np.isnan(printed) and _most_with_error(sample) < COVERAGE_MARGIN
        return "inconsistent" if corrected < REFUTED else "consistent" if agrees else "not determined"
    if not len(prediction.means):
        return "not determined"
    if prediction.beyond(printed) < _ALPHA:
        return "consistent"
    return "inconsistent" if corrected < REFUTED else "not determined"


def _most_with_error(sample: Sample) -> float:
    """The largest share of seeds with an error that is not excluded at the level."""
    count, seeds = int(np.isfinite(sample.own).sum()), len(sample.own)
    return float(clopper_pearson_interval(count, seeds - count, 1 - 2 * _ALPHA)[1])


def _judge(prediction: Prediction | None, value: PrintedValue, p: float, corrected: float) -> Judgement:
    what, sample, _ = value
    there = sample.own[np.isfinite(sample.own)]
    mean, seeds = float(there.mean()) if len(there) else float("nan"), len(sample.values)
    verdict = _verdict(prediction, value, corrected)
    if prediction is None:
        return Judgement(verdict, _too_few(seeds), mean, None, seeds)
    interval = prediction.interval() if len(prediction.means) else None
    because = _because(prediction, value, p, corrected, verdict)
    if what == "spectral_error":
        because += f"; {len(there)} of {seeds} seeds give an error"
    return Judgement(verdict, because, mean, interval, len(there) if interval else seeds, p)


def _because(prediction: Prediction, value: PrintedValue, p: float, corrected: float, verdict: ClaimVerdict) -> str:
    what, sample, printed = value
    if not _by_number(value):
        if verdict != "inconsistent" and np.isnan(printed):
            most = _most_with_error(sample)
            if verdict == "consistent":
                return f"at most {most:.0%} of seeds have one, at level {LEVEL:.0%}"
            return f"a share of {most:.0%} of seeds with one is not excluded"
        theirs = "none of 20" if np.isnan(printed) else "one or more of 20"
        return (
            f"seeds like ours would give an error to {theirs} with chance {p:.2g} at most ({corrected:.2g} corrected)"
        )
    if not len(prediction.means):
        return "one error has no spread"
    digits = DIGITS[what]
    likes, narrow = (
        f"{low:.{digits}f} to {high:.{digits}f}"
        for low, high in (prediction.interval(), prediction.interval(1 - 2 * _ALPHA))
    )
    because = f"20 seeds like ours would print {likes}, in nine cases of ten {narrow}"
    if verdict == "consistent":
        return f"{because}: {_margin(what)} of what is printed"
    if verdict == "inconsistent":
        return f"{because} (p = {p:.2g}, {corrected:.2g} corrected)"
    return because


def _margin(what: str) -> str:
    return f"within {ACCURACY_MARGIN:g}" if what == "accuracy" else f"within a factor of {ERROR_MARGIN:g}"


def judge_whole(values: Sequence[PrintedValue], draws: int = _DRAWS, seed: int = _SEED) -> Judgement:
    """All values of one kind together: is what is printed, as a whole, what seeds like ours would print?

    Of errors the geometric mean of printed over ours is asked, of accuracies the mean difference, over the values that
    can be predicted. Consistent and inconsistent as for single values: the 90% interval lies within the margin of no
    deviation, or the 95% interval does not hold it.

    Args:
        values: Of one measure.
        draws: Of the whole table.
        seed: Of the random numbers.

    Returns:
        ``value`` and ``interval`` are of the factor, or the difference, by which what is printed is off.
    """
    what = values[0][0] if values else "accuracy"
    asked = [(i, value) for i, value in enumerate(values) if _by_number(value)]
    off: list[np.ndarray] = []
    for i, value in asked:
        one = _Draws(value, [seed, i])
        if one.more(draws) is None or not len(one.means):
            continue
        printed = value.printed
        off.append(np.log(printed / one.means) if what == "spectral_error" else printed - one.means)
    if not off:
        return Judgement("not determined", "none of its values can be predicted from these runs", float("nan"), None, 0)
    together = np.mean(off, axis=0)
    (low, high), (inner_low, inner_high) = central_interval(together), central_interval(together, 1 - 2 * _ALPHA)
    middle = float(np.median(together))
    margin = np.log(ERROR_MARGIN) if what == "spectral_error" else ACCURACY_MARGIN
    p = min(1.0, 2 * (min((together <= 0).sum(), (together >= 0).sum()) + 1) / (draws + 1))
    of = np.exp if what == "spectral_error" else float
    seeds = max(len(value.sample.values) for _, value in asked)
    shown = [f"{of(x):.2f}" if what == "spectral_error" else f"{of(x):+.3f}" for x in (middle, inner_low, inner_high)]
    because = (
        f"what is printed is {'' if what == 'spectral_error' else 'off by '}{shown[0]}"
        f"{' times what seeds like ours would print' if what == 'spectral_error' else ''}, in nine cases of ten "
        f"{shown[1]} to {shown[2]}, over {len(off)} values"
    )
    inside = max((together >= margin).mean(), (together <= -margin).mean()) < _ALPHA
    verdict: ClaimVerdict = "consistent" if inside else "inconsistent" if p < _ALPHA else "not determined"
    return Judgement(verdict, because, float(of(middle)), (float(of(low)), float(of(high))), seeds, p)


def judge_rounding(values: Sequence[PrintedValue], draws: int = 4000, seed: int = _SEED) -> Judgement:
    """Whether printed accuracies differ from ours by no more than rounding makes of the same seeds.

    In each cell every seed is moved by the difference of a run and its twin: one of the cell's own, or, with the weight
    of one pair, one of any cell. So what rounding does is the cell's, drawn towards the others.

    Args:
        values: Accuracies of cells whose networks trained.
        draws: Of the whole table.
        seed: Of the random numbers.

    Returns:
        ``value`` is the root mean square of printed less ours, ``interval`` the 95% of that of the same seeds rounded
        otherwise, ``p`` how many of these are as large.
    """
    samples = [sample for _, sample, _ in values]
    moves = [(of.values[:, 1:] - of.values[:, :1])[np.isfinite(of.values[:, 1:])] for of in samples]
    whole = all(len(of.values) == PUBLISHED_SEEDS for of in samples)
    if not samples or not whole or not all(map(len, moves)):
        return Judgement("not determined", "not all 20 seeds are here, or no twins of them", float("nan"), None, 0)
    rng = np.random.default_rng([seed, 1])
    every = np.concatenate(moves)
    same, others = np.zeros(draws), np.zeros(draws)
    observed = 0.0
    for place, (value, own) in enumerate(zip(values, moves, strict=True)):
        shape = draws, PUBLISHED_SEEDS
        pick = rng.integers(len(own) + 1, size=shape)
        moved = np.where(pick < len(own), np.append(own, 0)[pick], every[rng.integers(len(every), size=shape)])
        moved *= rng.choice([-1, 1], size=shape)  # theirs or ours is the one that was moved
        mean = float(value.sample.own.mean())
        again = np.clip(value.sample.own + moved, 0, 1).mean(axis=1)
        other = _Draws(value, [seed, place])
        other.more(draws)
        digits = DIGITS["accuracy"]
        same += (np.round(again, digits) - mean) ** 2
        others += (np.round(other.means, digits) - mean) ** 2
        observed += (value.printed - mean) ** 2
    same, others = np.sqrt(same / len(values)), np.sqrt(others / len(values))
    size = float(np.sqrt(observed / len(values)))
    p, by_others = (float((of >= size).sum() + 1) / (draws + 1) for of in (same, others))
    low, high = central_interval(same)
    because = (
        f"root mean square {size:.4f}; our seeds rounded otherwise would have {low:.4f} to {high:.4f} (p = {p:.2g}), "
        f"other seeds like ours as much in {by_others:.0%} of cases"
    )
    verdict: ClaimVerdict = "inconsistent" if p < _ALPHA else "consistent"
    return Judgement(verdict, because, size, (low, high), PUBLISHED_SEEDS, p)


class _Draws:
    """Means of 20 seeds drawn anew, as many as are asked for: more are added to those that there are.

    Args:
        value: Our seeds.
        seed: Of the random numbers.
    """

    _CHUNK = 50_000

    def __init__(self, value: PrintedValue, seed: Sequence[int]) -> None:
        self._what, self._sample, _ = value
        self._rng = np.random.default_rng(seed)
        self.means: np.ndarray = np.zeros(0)

    def more(self, draws: int) -> Prediction | None:
        """A prediction by so many draws in all; None where there are too few seeds."""
        sample, what = self._sample, self._what
        if len(sample.values) < FEWEST_SEEDS:
            return None
        mean = _of_accuracies if what == "accuracy" else _of_errors
        parts = [self.means]
        left = draws - len(self.means)
        while left > 0:
            chunk = mean(sample, self._rng, min(left, self._CHUNK))
            if chunk is None:
                break
            parts.append(chunk)
            left -= len(chunk)
        self.means = np.concatenate(parts)
        none, some = 0.0, 1.0
        if what == "spectral_error":
            none, some = _coverage(int(np.isfinite(sample.own).sum()), len(sample.own))
        return Prediction(what, np.sort(self.means), none, some)


def _of_accuracies(sample: Sample, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Means of 20 seeds like ours, some of which are lost besides, as often as seeds of all cells together are.

    A seed is one of ours at a random weight, Dirichlet's, and one of its roundings; it is lost to anywhere down to the
    lowest accuracy of all cells.
    """
    values = sample.values
    there = np.isfinite(values)
    roundings = np.take_along_axis(values, np.argsort(~there, axis=1, kind="stable"), axis=1)
    chosen = _drawn_seeds(rng, len(values), draws)
    which = (rng.random(chosen.shape) * there.sum(axis=1)[chosen]).astype(int)
    seeds = roundings[chosen, which]
    if np.nanmax(values) >= AT_CHANCE:
        count, of = np.sum([(int(odd_seeds("accuracy", values).sum()), int(there.sum())), *sample.others], axis=0)
        lost = rng.random(seeds.shape) < rng.beta(0.5 + count, 0.5 + of - count, draws)[:, None]
        lowest = min(sample.lowest, float(np.nanmin(values)))
        seeds[lost] -= rng.random(int(lost.sum())) * (seeds[lost] - lowest)
    return np.asarray(seeds.mean(axis=1))


def _drawn_seeds(rng: np.random.Generator, seeds: int, draws: int) -> Shaped[np.ndarray, "draw seed"]:
    """Per draw, 20 of our seeds at Dirichlet's weights: one after another from Polya's urn, by their places."""
    chosen = np.ascontiguousarray(rng.integers(seeds, size=(draws, PUBLISHED_SEEDS)).T)
    every = np.arange(draws)
    for i in range(1, PUBLISHED_SEEDS):
        again = rng.random(draws) < i / (WEIGHT * seeds + i)
        earlier = (rng.random(draws) * i).astype(int)
        chosen[i] = np.where(again, chosen[earlier, every], chosen[i])
    return np.ascontiguousarray(chosen.T)


def _of_errors(sample: Sample, rng: np.random.Generator, draws: int) -> np.ndarray | None:
    """Means of the errors of 20 seeds like ours, those that have one: log-normal, or spikes.

    The logarithms' mean and variance are unknown (Krishnamoorthy and Mathew 2003); as large a share has an error as of
    ours; the chance of a spike is the cell's, drawn towards those of other cells; its factor is from 4 to 100, evenly
    in its logarithm. None from fewer than two errors that are no spikes. The variance is divided by two less than is
    usual, since logarithms of errors are skewed: with the usual one, errors of T4 with 128 neurons that were off by the
    margin were said to be consistent in 6% of bootstraps.
    """
    values = sample.values
    spiked = odd_seeds("spectral_error", values)
    logs = np.log(np.where(spiked, np.nan, values))
    logs = logs[np.isfinite(logs).any(axis=1)]
    count = len(logs)
    if count < 2:
        return None
    roundings = np.isfinite(logs).sum(axis=1, keepdims=True)
    middle = float((np.nansum(logs, axis=1, keepdims=True) / roundings).mean())
    variance = float(np.nansum((logs - middle) ** 2 / roundings)) / max(count - 3, 1)
    spread = max(np.sqrt(variance), LEAST_SPREAD) * np.sqrt((count - 1) / rng.chisquare(count - 1, draws))
    middles = middle - rng.normal(size=draws) * spread / np.sqrt(count)
    shape = draws, PUBLISHED_SEEDS
    with_error = int(np.isfinite(sample.own).sum())
    share = rng.beta(with_error + 0.5, len(values) - with_error + 0.5, draws)  # Jeffreys' prior
    there = rng.random(shape) < share[:, None]
    there[:, 0] = True  # printed is a number: there is one at least
    rate = _odd_chances((int(spiked.sum()), int(np.isfinite(values).sum())), sample.others, rng, draws)
    factors = rng.uniform(np.log(SPIKED), np.log(SPIKE), shape)
    moved = np.where(rng.random(shape) < rate[:, None], factors, spread[:, None] * rng.normal(size=shape))
    errors = np.exp(np.minimum(middles[:, None] + moved, np.log(np.pi))) * there
    return np.asarray(errors.sum(axis=1) / there.sum(axis=1))


def _odd_chances(
    own: tuple[int, int], others: Sequence[tuple[int, int]], rng: np.random.Generator, draws: int
) -> Float[np.ndarray, " draw"]:
    """Chances that a value of this cell is odd: those of cells have a beta distribution, which the cells tell of.

    Its mean has Jeffreys' prior, the logarithm of its strength (a number of values) a flat one; both are on a grid, on
    which everything is exact. Cells alike are pooled so; where they are not, a cell's own values decide.
    """
    weights = _grid_weights(own, tuple(sorted(others)))
    a, b = _grid()
    place = rng.choice(len(a), size=draws, p=weights)
    count, of = own
    return np.asarray(rng.beta(a[place] + count, b[place] + of - count))


@lru_cache(maxsize=1)
def _grid() -> tuple[np.ndarray, np.ndarray]:
    mean, strength = np.meshgrid(np.geomspace(1e-4, 0.5, 40), np.geomspace(2, 2000, 16), indexing="ij")
    return (mean * strength).ravel(), ((1 - mean) * strength).ravel()


@lru_cache(maxsize=4096)
def _log_beta(count: int, of: int) -> Float[np.ndarray, " place"]:
    """The logarithm of the beta function at each place of the grid, of so many odd values among so many."""
    a, b = _grid()
    return np.asarray(special.betaln(a + count, b + of - count))


@lru_cache(maxsize=4096)
def _grid_weights(own: tuple[int, int], others: tuple[tuple[int, int], ...]) -> Float[np.ndarray, " place"]:
    a, b = _grid()
    logs = 0.5 * np.log(a / (a + b)) - 0.5 * np.log(b / (a + b))  # Jeffreys' in the mean, whose logarithm is even here
    for count, of in (own, *others):
        logs = logs + _log_beta(count, of) - _log_beta(0, 0)
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


@lru_cache(maxsize=4096)
def _coverage(count: int, seeds: int) -> tuple[float, float]:
    """The chances that none and that some of the paper's 20 seeds have an error, each the largest not excluded.

    Args:
        count: How many of our seeds have one.
        seeds: Ours.
    """
    none = stats.betabinom.pmf(0, PUBLISHED_SEEDS, count, seeds - count + 1) if count else 1.0
    some = 1 - stats.betabinom.pmf(0, PUBLISHED_SEEDS, count + 1, seeds - count) if count < seeds else 1.0
    return float(none), float(some)


def judge_share(
    holds: Bool[np.ndarray, " network"], seed: Shaped[np.ndarray, " network"], at_least: float, among: int = 1
) -> Judgement:
    """A statement about networks, each of which it either holds for or not.

    Consistent: the 95% interval of the share for which it holds lies at or above ``at_least``. Inconsistent: it lies
    below. Otherwise, and from fewer than 5 seeds or 10 networks, it is not determined. Each of the two is wrong in 2.5%
    of cases.

    Args:
        holds: For which networks it does.
        seed: Theirs.
        at_least: Of what share it should hold.
        among: Groups of networks that are asked apart, where one that is inconsistent refutes the whole: so many
            times less often may one of them be said to be so by chance.

    The interval is Clopper and Pearson's for the effective number of networks (Korn and Graubard 1998), seeds being the
    clusters: networks that share a seed share their initial weights and their batches.
    """
    networks, seeds = len(holds), len(np.unique(seed))
    share = float(holds.mean()) if networks else float("nan")
    if seeds < FEWEST_SEEDS or networks < FEWEST_NETWORKS:
        because = f"networks: {networks}, seeds: {seeds}; {FEWEST_NETWORKS} of {FEWEST_SEEDS} are the fewest that tell"
        return Judgement("not determined", because, share, None, seeds)
    low, high = clustered_share_interval(holds, seed)
    because = f"holds for {int(holds.sum())} of {networks} networks, {low:.0%} to {high:.0%}"
    verdict = _share_verdict(holds, seed, at_least, among)
    return Judgement(verdict, because, share, (low, high), seeds)


def share_alone(holds: Bool[np.ndarray, " network"], seed: Shaped[np.ndarray, " network"]) -> Judgement:
    """A statement that names no share which could fail: the share for which it holds, and its interval.

    Args:
        holds: For which networks it does.
        seed: Theirs.
    """
    low, high = clustered_share_interval(holds, seed)
    because = f"holds for {int(holds.sum())} of {len(holds)} networks, {low:.0%} to {high:.0%}"
    return Judgement("no verdict", because, float(holds.mean()), (low, high), len(np.unique(seed)))


class Answers(NamedTuple):
    """What can be said of a claim about networks whose source names no share (:func:`answer_by_group`).

    Attributes:
        tendency: Whether it holds for most networks.
        universality: Whether it holds for all; never yes.
    """

    tendency: Answer
    universality: Answer


def answer_by_group(groups: Sequence[tuple[Bool[np.ndarray, " _"], Shaped[np.ndarray, " _"]]]) -> Answers:
    """Whether a claim holds for most networks, and whether for all, in each of several groups that are asked apart.

    Tendency: yes, where the 95% interval of the share for which it holds lies above one half in every group; no, where
    it lies below in one. Universality: no, where in one group the interval lies below what measuring leaves of a share
    of 1 (:data:`MISMEASURED`), so that there are more exceptions than networks that may be measured wrong; otherwise it
    is not contradicted.
    Each *no* is corrected for the number of groups. With fewer than 5 seeds or 10 networks in a group it says neither
    yes nor no.

    Args:
        groups: For which networks it holds, and their seeds.
    """
    if not groups or any(len(np.unique(s)) < FEWEST_SEEDS or len(s) < FEWEST_NETWORKS for _, s in groups):
        return Answers("not determined", "not determined")
    lowest = min(clustered_share_interval(holds, seed)[0] for holds, seed in groups)
    highest = min(clustered_share_interval(holds, seed, bonferroni_level(len(groups)))[1] for holds, seed in groups)
    most: Answer = "yes" if lowest > _HALF else "no" if highest < _HALF else "not determined"
    return Answers(most, "no" if highest < 1 - MISMEASURED else "not contradicted")


BADGES = (
    "consistent", "found", "most, perhaps all", "most, not all", "not determined", "not most", "inconsistent",
)  # fmt: skip
"""What is said of claims in a word or two."""


def badge_of_claim(verdict: ClaimVerdict, tendency: Answer | Literal[""], universality: Answer | Literal[""]) -> str:
    """What is said of a claim: its verdict; where it has none, for how many networks it holds.

    Args:
        verdict: Of the claim.
        tendency: Whether it holds for most networks; empty where that is not asked.
        universality: Whether it holds for all, likewise.

    Returns:
        One of :data:`BADGES`.
    """
    if verdict != "no verdict":
        return verdict
    if tendency == "yes":
        return "most, not all" if universality == "no" else "most, perhaps all"
    return "not most" if tendency == "no" else "not determined"


def _share_verdict(holds: np.ndarray, seed: np.ndarray, at_least: float, among: int) -> ClaimVerdict:
    """The rule of :func:`judge_share`, where there are enough networks."""
    if clustered_share_interval(holds, seed)[0] >= at_least:
        return "consistent"
    return (
        "inconsistent"
        if clustered_share_interval(holds, seed, bonferroni_level(among))[1] < at_least
        else "not determined"
    )


def _too_few(seeds: int) -> str:
    if seeds == 0:
        return "none of its runs is in this experiment"
    return f"{seeds} seed{'s' * (seeds != 1)}; {FEWEST_SEEDS} are the fewest that tell"
