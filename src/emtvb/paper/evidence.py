"""What our runs say about a published number or statement: it agrees, it differs, or it is undecided.

Two questions are answered apart, each with an error rate of its own. *Does it differ?* What is printed lies outside the
95% interval of what 20 seeds would have printed if theirs were like ours, corrected for the number of values in the
table. *Does it agree?* It lies inside, and the whole 90% interval lies within the margin of what is printed (so a truth
that is off by the margin passes in 5% of cases at most), and a printed value off by the margin would have been seen to
differ with a chance of 80%. Otherwise it is *undecided*, and what would decide it is computed.

What would be printed is predicted in one of two ways (docs/evidence.md has both models with their assumptions):

- *exchangeable seeds*: the paper's 20 seeds are other ones from the same population. Accuracies are drawn from ours and
  one more that came out as badly, or as well, as it can, at random weights (Gaffke 2005; Learned-Miller and Thomas
  2019, arXiv 1905.06208). Errors are log-normal with unknown mean and spread (Krishnamoorthy and Mathew 2003), some of
  them spikes.
- *same seeds*: the paper's seeds are ours, and only rounding differs. How much that does is resampled from rounding
  twins: runs that differ from another by one unit in the last place of one weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Shaped
from scipy import stats

Verdict = Literal["agrees", "differs", "undecided"]
VERDICTS: tuple[Verdict, ...] = ("agrees", "differs", "undecided")
Model = Literal["exchangeable seeds", "same seeds"]

PUBLISHED_SEEDS = 20
FEWEST_SEEDS = 5
"""Fewer seeds say nothing."""

LEVEL = 0.95
"""Of every interval."""
SEEN = 0.8
"""Least chance with which a value that is off by the margin would have been seen, for an agreement to mean anything."""

ACCURACY_MARGIN = 0.05
"""A tenth of the way from chance to perfect."""
ERROR_MARGIN = 2.0
"""A factor."""
COVERAGE_MARGIN = 0.15
"""Three of twenty seeds: such a share of seeds with an error is what ``---`` must exclude."""

LOWEST = 0.8
"""No seed of a trained network ends below this accuracy, unless one of ours does (with ten seeds one did: 0.594)."""
UNTRAINED = 0.55
"""A cell whose accuracies are all below this has networks that never trained: at chance, whatever the task."""
SPIKED = 4.0
"""An error so many times the median of its cell counts as a late spike."""
SPIKE = 24.0
"""The largest factor by which a late spike changes an error; the largest of four between published twins is 16.4.

A fifth of their kind is larger than four others with a chance of one in five, as is one of factors from 4 to 24 whose
logarithms are uniform (docs/evidence.md).
"""
LEAST_SPREAD = 0.1
"""Of log errors between seeds; the least of twelve cells is 0.16."""
FEWEST_TWINNED = 5
"""Runs with twins, fewer of which say nothing about rounding."""

TELLING = {"accuracy": 2, "spectral_error": 3}
"""A run and its twins, fewer of which do not tell what rounding does: the middle of a pair is off by half a spike."""

FEWEST_NETWORKS = 10

DIGITS = {"accuracy": 2, "spectral_error": 4}
"""To so many decimals the paper prints."""

_CHANCE = 0.5
_DRAWS = 10_000
_SEED = 2310_02430
_ALPHA = 1 - LEVEL


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
        decides: What would decide it, where it is undecided; else empty.
    """

    verdict: Verdict
    because: str
    value: float
    interval: tuple[float, float] | None
    seeds: int
    p: float = float("nan")
    decides: str = ""


@dataclass(frozen=True, eq=False)
class Sample:
    """Our seeds of one cell, for one of its two numbers.

    Attributes:
        values: Per seed, what enters the mean; NaN where a seed has no error. Seeds 1 to 20 in order, where ``same``.
        same: Whether these are the paper's own 20 seeds.
        alike: Seeds of this cell and of others like it, to which what is unseen here would have had to happen as well:
            of untrained networks, that one learns; of errors, that one is a spike.
        spikes: How many of them are spikes.
        lowest: The least accuracy that a trained network ends with.
        twins: Of every run with twins whose rounding is like that of these, its value and theirs, NaN skipped.
    """

    values: Float[np.ndarray, " seed"]
    same: bool = False
    alike: int = 0
    spikes: int = 0
    lowest: float = LOWEST
    twins: tuple[Float[np.ndarray, " twin"], ...] = ()

    def models(self, what: str) -> tuple[Model, ...]:
        """By which models they can predict what is printed."""
        numbers = np.isfinite(self.values).any()
        twinned = sum(1 for group in self.twins if not numbers or np.isfinite(group).sum() >= TELLING[what])
        can = self.same and twinned >= FEWEST_TWINNED
        return ("same seeds", "exchangeable seeds") if can else ("exchangeable seeds",)

    def grown(self, seeds: int, twinned: int = 0) -> Sample:
        """As many seeds, all the paper's if 20, and as many runs with twins, as if the others came out like these."""
        times = seeds / len(self.values)
        return replace(
            self,
            values=np.resize(self.values, seeds),
            same=seeds >= PUBLISHED_SEEDS,
            alike=round(self.alike * times),
            spikes=round(self.spikes * times),
            twins=tuple(self.twins[i % len(self.twins)] for i in range(twinned)) if twinned else self.twins,
        )


@dataclass(frozen=True, eq=False)
class Prediction:
    """What 20 seeds would have printed if theirs were like ours.

    Attributes:
        model: By which model.
        low: Draws with the worst that is not excluded at the lower end, rounded as printed, ascending.
        high: The same for the upper end.
        none: Chance that no seed has an error, the largest that is not excluded.
        some: Chance that one has, likewise.
    """

    model: Model
    low: Float[np.ndarray, " draw"]
    high: Float[np.ndarray, " draw"]
    none: float = 0.0
    some: float = 1.0

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Of what is printed, at least so likely to hold it."""
        tail = (1 - level) / 2
        return (
            float(np.quantile(self.low, tail, method="lower")),
            float(np.quantile(self.high, 1 - tail, method="higher")),
        )

    def p_value(self, printed: float) -> float:
        """Two-sided, of printing this or something more extreme."""
        below = np.searchsorted(self.low, printed + 1e-12, side="right") + 1
        above = len(self.high) - np.searchsorted(self.high, printed - 1e-12, side="left") + 1
        return min(1.0, 2 * float(min(below, above)) / (len(self.low) + 1))


Value = tuple[Literal["accuracy", "spectral_error"], Sample, float]
"""Which number of a cell, our seeds of it, and what is printed: NaN for ``---``."""


def judge_table(
    values: Iterable[Value], draws: int = _DRAWS, correct: bool = True, advise: bool = True
) -> list[Judgement]:
    """The values of a published table beside ours, in order.

    Args:
        values: All of them: they are the family that the correction is for.
        draws: Of each prediction; fewer than 2,000 times the number of values cannot reach the corrected level.
        correct: Whether to correct for the number of values, after Holm (1979).
        advise: Whether to compute what would decide the undecided ones.
    """
    values = list(values)
    predictions = [_predict(what, sample, draws) for what, sample, _ in values]
    p = np.array([_p_value(*pair) for pair in zip(predictions, values, strict=True)])
    corrected = holm(p) if correct else p
    asked = int(np.isfinite(p).sum()) if correct else 1
    judged = []
    for prediction, value, raw, adjusted in zip(predictions, values, p, corrected, strict=True):
        judgement = _judge(prediction, value, float(raw), float(adjusted))
        if advise and judgement.verdict == "undecided" and len(value[1].values):
            judgement = replace(judgement, decides=what_decides(value, asked))
        judged.append(judgement)
    return judged


def holm(p: Float[np.ndarray, " value"]) -> Float[np.ndarray, " value"]:
    """Holm's (1979) correction; NaN were not asked and do not count."""
    corrected = np.full(len(p), np.nan)
    asked = np.flatnonzero(np.isfinite(p))
    order = asked[np.argsort(p[asked], kind="stable")]
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1)
    return corrected


def what_decides(value: Value, asked: int = 1) -> str:
    """The least that would give another verdict than undecided, if what is added came out like what is there.

    Args:
        value: An undecided one.
        asked: How many values the table has: a difference then has to be as many times less likely.
    """
    what, sample, printed = value
    for seeds, twinned in _more(sample):
        more = sample.grown(seeds, twinned)
        prediction = _predict(what, more, _DRAWS // 5)
        p = _p_value(prediction, (what, more, printed))
        verdict = _judge(prediction, (what, more, printed), p, p * asked).verdict
        if verdict != "undecided":
            twins = f"{_and_twins(twinned)} ({len(sample.twins)} now)" if twinned else ""
            return f"{seeds} seeds{twins} would, if they come out like these ({verdict})"
    if not sample.twins:
        return "more seeds would not, if they come out like these; all 20 with rounding twins may (there are no twins)"
    return "neither all 20 seeds nor twins of 320 runs would, if they come out like these"


def reach(value: Value, asked: int = 1) -> str:
    """Which verdicts can occur at all with as many seeds and twins, and at what cost those that cannot.

    For "agrees" ours are taken to have come out at what is printed, spread as they are; for "differs", as far from it
    as they can.

    Args:
        value: The published value and our seeds.
        asked: How many values the table has.
    """
    what, sample, _ = value
    if not len(sample.values):
        return ""
    steps = [(len(sample.values), 0), *_more(sample)]
    said = []
    for verdict in ("agrees", "differs"):
        for seeds, twinned in steps:
            if _reached(what, sample.grown(seeds, twinned), value[2], verdict, asked):
                now = (seeds, twinned) == steps[0]
                said.append(f"{verdict}: " + ("with these" if now else f"with {seeds} seeds" + _and_twins(twinned)))
                break
        else:
            said.append(f"{verdict}: not with 20 seeds" + _and_twins(steps[-1][1]))
    return "; ".join(said)


def _and_twins(twinned: int) -> str:
    return f" and {twinned} runs with twins" if twinned else ""


def _reached(
    what: Literal["accuracy", "spectral_error"], sample: Sample, printed: float, verdict: str, asked: int
) -> bool:
    has = np.isfinite(sample.values)
    if what == "accuracy":
        printed = (
            float(sample.values.mean()) if verdict == "agrees" else 1.0 if sample.values.mean() < 0.75 else _CHANCE
        )
        printed = round(printed, DIGITS[what])
    elif np.isnan(printed):
        sample = replace(sample, values=np.full(len(has), np.nan if verdict == "agrees" else 0.001))
    elif verdict == "agrees" or has.any():
        values = sample.values if has.any() else np.full(len(has), printed)
        sample = replace(sample, values=values)
        printed = float(np.nanmean(values)) * (1 if verdict == "agrees" else 1000)
        printed = max(round(printed, DIGITS[what]), 1e-4)
    value = what, sample, printed
    prediction = _predict(what, sample, _DRAWS // 5)
    p = _p_value(prediction, value)
    return _judge(prediction, value, p, p * asked).verdict == verdict


def _more(sample: Sample) -> Iterator[tuple[int, int]]:
    """Seeds and runs with twins, in the order of their cost."""
    have = len(sample.values)
    yield from ((seeds, 0) for seeds in (10, 15, PUBLISHED_SEEDS) if seeds > have)
    if sample.twins:
        yield from ((PUBLISHED_SEEDS, n) for n in (10, 20, 40, 80, 160, 320) if n > len(sample.twins))


def _p_value(prediction: Prediction | None, value: Value) -> float:
    what, sample, printed = value
    if prediction is None:
        return float("nan")
    if what == "spectral_error":
        if np.isnan(printed):
            return prediction.none
        if not np.isfinite(sample.values).any():
            return prediction.some
    return prediction.p_value(printed) if len(prediction.low) else float("nan")


def _judge(prediction: Prediction | None, value: Value, p: float, corrected: float) -> Judgement:
    what, sample, printed = value
    found = sample.values[np.isfinite(sample.values)]
    mean, seeds = float(found.mean()) if len(found) else float("nan"), len(sample.values)
    if prediction is None:
        return Judgement("undecided", _too_few(seeds), mean, None, seeds)
    digits = DIGITS[what]
    interval = prediction.interval() if len(prediction.low) else None
    of = f"; {len(found)} of {seeds} seeds give an error" if what == "spectral_error" else ""

    def said(verdict: Verdict, because: str) -> Judgement:
        return Judgement(verdict, because + of, mean, interval, len(found) if interval else seeds, p)

    chance = f"p = {p:.2g}, {corrected:.2g} corrected"
    if what == "spectral_error" and (np.isnan(printed) or not len(found)):
        return _judge_coverage(prediction.model, sample, printed, p, corrected, said)
    if interval is None:
        return said("undecided", "one error has no spread")
    likes = f"{prediction.model} would print {interval[0]:.{digits}f} to {interval[1]:.{digits}f}"
    if corrected < _ALPHA:
        return said("differs", f"{likes} ({chance})")
    if p < _ALPHA:
        return said("undecided", f"{likes}, but among so many values one may lie outside by chance ({chance})")
    inner = prediction.interval(1 - 2 * _ALPHA)
    if not _within(what, inner, printed):
        narrow = f"the 90% interval, {inner[0]:.{digits}f} to {inner[1]:.{digits}f}"
        return said("undecided", f"{likes}; {narrow}, is not all {_margin(what)} of what is printed")
    if (seen := _power(what, prediction)) < SEEN:
        return said("undecided", f"{likes}; a value off by the margin would be seen with a chance of {seen:.0%} only")
    return said("agrees", f"{likes}, all {_margin(what)} of what is printed")


def _judge_coverage(
    model: Model, sample: Sample, printed: float, p: float, corrected: float, said: Callable[[Verdict, str], Judgement]
) -> Judgement:
    """Where either side has no error at all."""
    found = int(np.isfinite(sample.values).sum())
    theirs = "none of 20" if np.isnan(printed) else "one or more of 20"
    chance = f"{model} would give an error to {theirs} with chance {p:.2g} at most ({corrected:.2g} corrected)"
    if corrected < _ALPHA:
        return said("differs", chance)
    if np.isnan(printed) and p >= _ALPHA:
        seeds = max(len(sample.values), sample.alike if found == 0 else 0)
        most = float(stats.beta.ppf(LEVEL, found + 1, seeds - found))
        if most < COVERAGE_MARGIN:
            return said("agrees", f"at most {most:.0%} of seeds have one, at level {LEVEL:.0%}")
        return said("undecided", f"a share of {most:.0%} of seeds with one is not excluded")
    return said("undecided", chance)


def _margin(what: str) -> str:
    return f"within {ACCURACY_MARGIN:g}" if what == "accuracy" else f"within a factor of {ERROR_MARGIN:g}"


def _within(what: str, interval: tuple[float, float], printed: float) -> bool:
    """Whether an interval lies strictly within the margin of what is printed."""
    low, high = interval
    if what == "accuracy":
        return max(high - printed, printed - low) < ACCURACY_MARGIN - 1e-9
    return low * ERROR_MARGIN > printed * (1 + 1e-9) and high < printed * ERROR_MARGIN * (1 - 1e-9)


def _power(what: str, prediction: Prediction) -> float:
    """The chance to see that a printed value is off by the margin, up or down; where it cannot be, the other alone."""
    low, high = prediction.interval()
    if what == "spectral_error":
        return float(min((prediction.low * ERROR_MARGIN > high).mean(), (prediction.high / ERROR_MARGIN < low).mean()))
    down = float((prediction.high - ACCURACY_MARGIN < low - 1e-9).mean())
    up = prediction.low + ACCURACY_MARGIN
    return down if np.median(up) > 1 else min(down, float((up > high + 1e-9).mean()))


def _predict(what: str, sample: Sample, draws: int) -> Prediction | None:
    """By the model that is sharper for these seeds, whatever is printed; None where there are too few of them."""
    if len(sample.values) < FEWEST_SEEDS:
        return None
    return min((_by_model(what, model, sample, draws) for model in sample.models(what)), key=lambda p: _width(what, p))


def _width(what: str, prediction: Prediction) -> float:
    if not len(prediction.low):
        return float("inf")
    low, high = prediction.interval()
    return high - low if what == "accuracy" else (high + 1e-9) / (low + 1e-9)


def _by_model(what: str, model: Model, sample: Sample, draws: int) -> Prediction:
    same = model == "same seeds"
    if what == "accuracy":
        low, high = (_rounded_accuracies if same else _other_accuracies)(sample, draws)
        return Prediction(model, _printed(low, what), _printed(high, what))
    none, some = _coverage(model, sample)
    found = np.log(sample.values[np.isfinite(sample.values)])
    if len(found) < (1 if same else 2):
        return Prediction(model, np.zeros(0), np.zeros(0), none, some)
    low, high = (_rounded_errors if same else _other_errors)(found, sample, draws)
    return Prediction(model, _printed(low, what), _printed(high, what), none, some)


def _printed(draws: np.ndarray, what: str) -> np.ndarray:
    return np.sort(np.round(draws, DIGITS[what]))


def _other_accuracies(sample: Sample, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of 20 drawn from ours and one more, at the lowest or the highest end, at Dirichlet's weights."""
    values = sample.values
    trained = float(values.max()) >= UNTRAINED
    lowest = min(sample.lowest if trained else _CHANCE, float(values.min()))
    counts = _counts(len(values), len(values) if trained else max(sample.alike, len(values)), draws)
    highest = max(1.0, float(values.max()))
    low, high = (counts @ np.append(values, end) / PUBLISHED_SEEDS for end in (lowest, highest))
    return low, high


def _other_errors(found: np.ndarray, sample: Sample, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of the errors of 20 log-normal seeds, of which as large a share has one as of ours; above, with spikes."""
    noise = _noise(len(found), draws)
    spread = max(float(found.std(ddof=1)), LEAST_SPREAD) * np.sqrt((len(found) - 1) / noise.chi2)
    middle = found.mean() - noise.of_mean * spread / np.sqrt(len(found))
    share = _beta(len(found) + 0.5, len(sample.values) - len(found) + 0.5, draws)
    there = noise.there < share[:, None]
    there[:, 0] = True  # printed is a number: there is one at least
    errors = np.exp(np.minimum(middle[:, None] + spread[:, None] * noise.of_seed, np.log(np.pi))) * there
    alike = max(sample.alike, len(found))
    rate = _beta(1 + sample.spikes, alike - sample.spikes, draws)
    spikes = np.exp(_log_spikes(noise.spiked / rate[:, None]))
    return errors.sum(axis=1) / there.sum(axis=1), (errors * spikes).sum(axis=1) / there.sum(axis=1)


def _rounded_accuracies(sample: Sample, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of our 20 seeds, each rounded differently, as twins are, or as far off as they were not seen to be."""
    here, there, unseen = _rounding(sample.twins, draws)
    shown = np.clip(sample.values + there - here, 0, 1)
    ends = min(sample.lowest, float(sample.values.min())), 1.0
    low, high = (np.where(unseen < 1, end, shown).mean(axis=1) for end in ends)
    return low, high


def _rounded_errors(found: np.ndarray, sample: Sample, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """The same for the errors of those seeds that have one: our mean times the ratio of two roundings of it.

    Both are rounded anew: errors times the ratio of each seed's would be too large, those that rounding made large
    counting most.
    """
    logs = tuple(np.log(group[np.isfinite(group)]) for group in sample.twins)
    roundings = _rounding(tuple(group for group in logs if len(group) >= TELLING["spectral_error"]), draws)
    here, there, unseen = (part[:, : len(found)] for part in roundings)
    spikes = _log_spikes(unseen)
    ours = np.exp(found).mean() / np.exp(found + here).mean(axis=1)
    low, high = (
        ours * np.exp(found + np.where(unseen < 1, sign * spikes, there)).mean(axis=1) for sign in (-1, 1)
    )  # fmt: skip
    return low, high


def _rounding(twins: tuple[np.ndarray, ...], draws: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per draw and seed: how two roundings of one run differ from its mean; below 1 where the second was never seen."""
    every = np.concatenate([group - group.mean() for group in twins])
    one, other, unseen = _pairs(tuple(map(len, twins)), draws)
    return every[one], every[other], unseen


def _log_spikes(places: np.ndarray) -> np.ndarray:
    """Logarithms of spikes' factors: uniform where their places are, from 0 to 1, and no spike from there on."""
    return np.where(places < 1, np.log(SPIKED) + places * np.log(SPIKE / SPIKED), 0.0)


@lru_cache(maxsize=8)
def _pairs(sizes: tuple[int, ...], draws: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per draw and seed, two different runs of one group, by their place among all; below 1 for one never seen.

    That is as likely as one that was missed by as many pairs as there are that share no run.
    """
    rng = np.random.default_rng([_SEED, *sizes])
    shape = draws, PUBLISHED_SEEDS
    chosen = _urn(rng, len(sizes), draws)
    size = np.array(sizes)[chosen]
    start = (np.cumsum(sizes) - sizes)[chosen]
    one = (rng.random(shape) * size).astype(int)
    other = (one + 1 + (rng.random(shape) * (size - 1)).astype(int)) % size
    rate = _beta(1, sum(size // 2 for size in sizes), draws)
    return start + one, start + other, rng.random(shape) / rate[:, None]


def _coverage(model: Model, sample: Sample) -> tuple[float, float]:
    """The chances that none and that some of the paper's 20 seeds have an error, each the largest not excluded."""
    has = np.isfinite(sample.values)
    found, seeds = int(has.sum()), len(has)
    if model == "same seeds":
        flips = sum(1 for group in sample.twins if 0 < np.isfinite(group).sum() < len(group))
        shape = 1 + flips, max(len(sample.twins) - flips, 1)
        lost = stats.betabinom.pmf(found, found, *shape) if found else 1.0
        return float(lost), 1.0 if found else float(1 - stats.betabinom.pmf(0, seeds, *shape))
    none = stats.betabinom.pmf(0, PUBLISHED_SEEDS, found, seeds - found + 1) if found else 1.0
    like = max(seeds, sample.alike if not found else 0)
    some = 1 - stats.betabinom.pmf(0, PUBLISHED_SEEDS, found + 1, like - found) if found < seeds else 1.0
    return float(none), float(some)


@dataclass(frozen=True, eq=False)
class _Noise:
    chi2: np.ndarray
    of_mean: np.ndarray
    of_seed: np.ndarray = field(repr=False)
    there: np.ndarray = field(repr=False)
    spiked: np.ndarray = field(repr=False)


@lru_cache(maxsize=24)
def _noise(found: int, draws: int) -> _Noise:
    rng = np.random.default_rng([_SEED, found])
    shape = draws, PUBLISHED_SEEDS
    return _Noise(
        rng.chisquare(found - 1, draws), rng.normal(size=draws), rng.normal(size=shape), rng.random(shape),
        rng.random(shape),
    )  # fmt: skip


@lru_cache(maxsize=256)
def _beta(a: float, b: float, draws: int) -> np.ndarray:
    return np.random.default_rng([_SEED, round(2 * a), round(2 * b)]).beta(a, b, draws)


@lru_cache(maxsize=24)
def _counts(seeds: int, alike: int, draws: int) -> np.ndarray:
    """How often each of so many seeds and one more is among 20; the one more as if it had been missed by ``alike``."""
    rng = np.random.default_rng([_SEED, seeds, alike])
    weights = rng.dirichlet(np.ones(seeds), draws)
    last = rng.beta(1, alike, draws)[:, None]
    return rng.multinomial(PUBLISHED_SEEDS, np.hstack([weights * (1 - last), last])).astype(float)


def _urn(rng: np.random.Generator, things: int, draws: int) -> np.ndarray:
    """Per draw, 20 of so many things at Dirichlet's weights, drawn one after another from Polya's urn."""
    chosen = rng.integers(things, size=(draws, PUBLISHED_SEEDS))
    for i in range(1, PUBLISHED_SEEDS):
        again = rng.random(draws) < i / (things + i)
        chosen[again, i] = chosen[again, rng.integers(i, size=int(again.sum()))]
    return chosen


def judge_share(
    holds: Bool[np.ndarray, " network"], seed: Shaped[np.ndarray, " network"], at_least: float, among: int = 1
) -> Judgement:
    """A statement about networks, each of which it either holds for or not.

    Agrees: the 95% interval of the share for which it holds lies at or above ``at_least``. Differs: it lies below.
    Otherwise, and from fewer than 5 seeds or 10 networks, it is undecided. Each of the two is wrong in 2.5% of cases.

    Args:
        holds: For which networks it does.
        seed: Theirs.
        at_least: Of what share it should hold.
        among: Groups of networks that are asked apart, where one that differs refutes the whole: so many times less
            often may one of them be said to differ by chance.

    The interval is Clopper and Pearson's for the effective number of networks (Korn and Graubard 1998), seeds being the
    clusters: networks that share a seed share their initial weights and their batches.
    """
    networks, seeds = len(holds), len(np.unique(seed))
    share = float(holds.mean()) if networks else float("nan")
    if seeds < FEWEST_SEEDS or networks < FEWEST_NETWORKS:
        because = f"networks: {networks}, seeds: {seeds}; {FEWEST_NETWORKS} of {FEWEST_SEEDS} are the fewest that tell"
        return Judgement("undecided", because, share, None, seeds, decides=_enough(networks, seeds, at_least))
    low, high = share_interval(holds, seed)
    because = f"holds for {int(holds.sum())} of {networks} networks, {low:.0%} to {high:.0%}"
    verdict = _share_verdict(holds, seed, at_least, among)
    decides = _more_seeds(holds, seed, at_least, among) if verdict == "undecided" else ""
    return Judgement(verdict, because, share, (low, high), seeds, decides=decides)


def _share_verdict(holds: np.ndarray, seed: np.ndarray, at_least: float, among: int) -> Verdict:
    """The rule of :func:`judge_share`, where there are enough networks."""
    if share_interval(holds, seed)[0] >= at_least:
        return "agrees"
    return "differs" if share_interval(holds, seed, _ALPHA / 2 / among)[1] < at_least else "undecided"


def seeds_that_could_agree(networks: int, seeds: int, at_least: float, most: int = 400) -> int | None:
    """The fewest seeds with which "agrees" is reached where a statement holds for all, at as many networks a seed.

    None where that needs more than ``most``, or there are no networks.
    """
    if not networks or at_least >= 1:
        return None
    each = networks / seeds
    for count in range(FEWEST_SEEDS, most + 1):
        n = round(each * count)
        if n >= FEWEST_NETWORKS and stats.beta.ppf(_ALPHA / 2, _effective(float(n), n, count), 1) >= at_least:
            return count
    return None


def _enough(networks: int, seeds: int, at_least: float) -> str:
    needed = seeds_that_could_agree(networks, seeds, at_least)
    return f"{needed} seeds could, with as many networks a seed" if needed else ""


def _more_seeds(holds: np.ndarray, seed: np.ndarray, at_least: float, among: int) -> str:
    """How many seeds would decide, if the others came out like these."""
    clusters = len(np.unique(seed))
    for times in (2, 3, 4, 6, 8, 12, 16):
        again = np.concatenate([seed.astype(float) + i * (seed.max() + 1) for i in range(times)])
        verdict = _share_verdict(np.tile(holds, times), again, at_least, among)
        if verdict != "undecided":
            return f"about {clusters * times} seeds would, if they come out like these ({verdict})"
    return f"not even {clusters * 16} seeds would, if they come out like these"


def share_interval(
    holds: Bool[np.ndarray, " network"], seed: Shaped[np.ndarray, " network"], tail: float = _ALPHA / 2
) -> tuple[float, float]:
    """The interval of a share, seeds being clusters of networks (:func:`judge_share`); 0 to 1 for a single seed."""
    if len(np.unique(seed)) < 2:
        return 0.0, 1.0
    networks, share = len(holds), holds.mean()
    _, cluster = np.unique(seed, return_inverse=True)
    clusters = int(cluster.max()) + 1
    rest = np.bincount(cluster, weights=holds - share)
    variance = clusters / (clusters - 1) * (rest**2).sum() / networks**2
    effective = min(share * (1 - share) / variance, networks) if variance > 0 else float(networks)
    effective = _effective(effective, networks, clusters)
    yes, no = share * effective, (1 - share) * effective
    low = float(stats.beta.ppf(tail, yes, no + 1)) if yes > 0 else 0.0
    high = float(stats.beta.isf(tail, yes + 1, no)) if no > 0 else 1.0
    return low, high


def _effective(effective: float, networks: int, clusters: int) -> float:
    """Korn and Graubard's correction for the degrees of freedom."""
    tail = _ALPHA / 2
    return effective * float(stats.t.isf(tail, networks - 1) / stats.t.isf(tail, clusters - 1)) ** 2


def _too_few(seeds: int) -> str:
    if seeds == 0:
        return "none of its runs is in this experiment"
    return f"{seeds} seed{'s' * (seeds != 1)}; {FEWEST_SEEDS} are the fewest that tell"
