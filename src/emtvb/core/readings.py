"""Readings of one variable: its score in trials that nothing was fitted on, interval, chance, and p."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.intervals import (
    bonferroni_level,
    bootstrap_counts,
    central_interval,
    normal_deviations,
    wilson_interval,
)
from emtvb.core.permutation import ERROR_RATE, mean_auc, permutation_test
from emtvb.core.regression import LinearDiscriminants
from emtvb.core.variables import CONTINUOUS, Variable

_DRAWS = 1000
"""Times that trials are drawn again for the interval of an R^2."""
_RARE = 0.5
"""A value is rare that has less than so much of an even share."""

ACCURACY, BALANCED, R2 = "accuracy", "balanced accuracy", "R2"


@dataclass(frozen=True)
class OverallScore:
    """How well a variable can be read over all times that were judged.

    Attributes:
        score: In the reading's measure.
        low: Lower end of its 95% interval.
        high: Upper end. Of an accuracy Wilson's interval, in which a trial counts once however many times it has; of an
            R^2 the trials are drawn again. Where trials come in groups, groups count and are drawn.
        chance: What the time alone tells: the score where labels are exchanged between trials; of an R^2, of the best
            guess at each time that does not look at the state.
        p: How often labels exchanged between trials, or groups, go with what is read as well
            (``permutation.permutation_test``).
        auc: How often a trial with a value is read higher for it than one without; the mean over values. NaN of an R^2.
    """

    score: float
    low: float
    high: float
    chance: float
    p: float
    auc: float


@dataclass(frozen=True, eq=False)
class ScoreAtTimes:
    """How well a variable can be read at each time that was judged.

    Attributes:
        times: They.
        score_at: The score at each.
        low_at: Lower ends of intervals that hold at all of these times together (Bonferroni).
        chance_at: Chance.
        p_at: The p of each time for itself.
    """

    times: Int[np.ndarray, " time"]
    score_at: Float[np.ndarray, " time"]
    low_at: Float[np.ndarray, " time"]
    chance_at: Float[np.ndarray, " time"]
    p_at: Float[np.ndarray, " time"]


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """How well one variable can be read in trials that nothing was fitted on.

    What ``overall`` and ``at_times`` hold can be had without them, too: ``reading.score`` is ``reading.overall.score``.

    Attributes:
        name: The variable.
        kind: Its kind.
        measure: "accuracy" of a binary or categorical one; "balanced accuracy", the mean over its values of the share
            that is read right, where one of them is rare; "R2" of a continuous one.
        overall: Over all times that were judged.
        at_times: At each of them.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> reading = emtvb.judge(emtvb.fit(trials))["0"]
        >>> print(f"{reading.measure} {reading.score:.2f}, by chance {reading.chance:.2f}")
        accuracy 1.00, by chance 0.51
    """

    name: str
    kind: str
    measure: str
    overall: OverallScore
    at_times: ScoreAtTimes

    @property
    def score(self) -> float:
        """Over all times that were judged."""
        return self.overall.score

    @property
    def low(self) -> float:
        """Lower end of its 95% interval."""
        return self.overall.low

    @property
    def high(self) -> float:
        """Upper end."""
        return self.overall.high

    @property
    def chance(self) -> float:
        """What the time alone tells."""
        return self.overall.chance

    @property
    def p(self) -> float:
        """How often exchanged labels go with what is read as well."""
        return self.overall.p

    @property
    def auc(self) -> float:
        """How often a trial with a value is read higher for it than one without; NaN of an R^2."""
        return self.overall.auc

    @property
    def times(self) -> Int[np.ndarray, " time"]:
        """The times that were judged."""
        return self.at_times.times

    @property
    def score_at(self) -> Float[np.ndarray, " time"]:
        """The score at each."""
        return self.at_times.score_at

    @property
    def low_at(self) -> Float[np.ndarray, " time"]:
        """Lower ends of intervals that hold at all of these times together."""
        return self.at_times.low_at

    @property
    def chance_at(self) -> Float[np.ndarray, " time"]:
        """Chance at each."""
        return self.at_times.chance_at

    @property
    def p_at(self) -> Float[np.ndarray, " time"]:
        """The p of each time for itself."""
        return self.at_times.p_at

    def __repr__(self) -> str:
        word = "readable" if self.readable else "cannot be read"
        return f"<{self.name}: {self.measure} {self.score:.3f}, chance {self.chance:.3f}, p {self.p:.4f}: {word}>"

    @property
    def readable(self) -> bool:
        """Whether it can be read at all: of labels that are not, one in a hundred comes out so."""
        return self.p < ERROR_RATE and self.score > self.chance

    @property
    def readable_at(self) -> Bool[np.ndarray, " time"]:
        """At which of the times it can; of labels that are nowhere, one in a hundred comes out so at any of them."""
        return (self.p_at < ERROR_RATE / len(self.times)) & (self.score_at > self.chance_at)


def margins_and_targets(
    v: Variable,
    read: Float[np.ndarray, "time trial code"],
    labels: Float[np.ndarray, "time trial code"],
    classes: LinearDiscriminants | None,
) -> tuple[Float[np.ndarray, "time trial part"], Float[np.ndarray, "time trial part"]]:
    """What of a reading is held against what of a label: numbers; of classes, a part for each value."""
    if v.kind == CONTINUOUS:
        return read, labels
    margins = read @ v.code.T if classes is None else classes.margins(read)
    known = np.isfinite(labels).all(axis=2)
    is_value = np.where(known[..., None], np.eye(len(v.classes))[v.places(labels)], np.nan)
    return margins, is_value / np.maximum(np.nansum(is_value, axis=(0, 1)), 1)


def read_variable(
    v: Variable,
    times: Int[np.ndarray, " time"],
    read: Float[np.ndarray, "time trial code"],
    labels: Float[np.ndarray, "time trial code"],
    classes: LinearDiscriminants | None,
    shown: Float[np.ndarray, "every other code"],
    groups: Int[np.ndarray, " trial"] | None,
) -> Reading:
    """One variable's; ``shown`` are the labels of the trials that guesses are learned from."""
    known = np.isfinite(labels).all(axis=2)
    margins, wanted = margins_and_targets(v, read, labels, classes)
    test = permutation_test(margins, wanted, groups)
    if v.kind == CONTINUOUS:
        r2 = _r2(read[..., 0], labels[..., 0], time_means(shown[times][..., 0]), groups)
        overall = OverallScore(score=r2.score, low=r2.low, high=r2.high, chance=r2.chance, p=test.p, auc=float("nan"))
        at_times = ScoreAtTimes(
            times=times, score_at=r2.score_at, low_at=r2.low_at, chance_at=r2.chance_at, p_at=test.p_at
        )
        return Reading(name=v.name, kind=v.kind, measure=R2, overall=overall, at_times=at_times)
    place = v.places(labels)
    count = len(v.classes)
    is_value = np.where(known[..., None], np.eye(count)[place], np.nan)
    number = np.nansum(is_value, axis=(0, 1))
    chosen = _places_read(v, read) if classes is None else margins.argmax(axis=-1)
    rare = shown[np.isfinite(shown).all(axis=2)]
    share = np.bincount(v.places(rare), minlength=count) / max(len(rare), 1)
    balanced = bool(share.min() < _RARE / count)
    right = np.where(known, chosen == place, False)
    taken = np.eye(count)[chosen].mean(axis=1)  # of trials at each time, the share that is read as each value
    own = np.nan_to_num(is_value)
    hits, guessed = (own * right[..., None]).sum(axis=(0, 1)), (own.sum(axis=1) * taken).sum(axis=0)
    with np.errstate(invalid="ignore"):  # no label at all
        score, chance = (
            float((part[number > 0] / number[number > 0]).mean() if balanced else part.sum() / number.sum())
            for part in (hits, guessed)
        )
    low, high = wilson_interval(score, _independent_count(is_value, balanced, groups))
    score_at, chance_at, low_at = _at_every(is_value, right, taken, balanced, groups)
    auc = mean_auc(margins, is_value)
    return Reading(
        name=v.name,
        kind=v.kind,
        measure=BALANCED if balanced else ACCURACY,
        overall=OverallScore(score=score, low=float(low), high=float(high), chance=chance, p=test.p, auc=auc),
        at_times=ScoreAtTimes(times=times, score_at=score_at, low_at=low_at, chance_at=chance_at, p_at=test.p_at),
    )


def _places_read(v: Variable, read: Float[np.ndarray, "*shape code"]) -> Int[np.ndarray, "*shape"]:
    return np.searchsorted(v.classes, v.decode(read))


def any_of_group(of: Bool[np.ndarray, "*shape trial"], groups: Int[np.ndarray, " trial"] | None) -> np.ndarray:
    """What is true of any trial of a group; of each trial, where they come in none."""
    if groups is None:
        return of
    return np.stack([of[..., groups == group].any(axis=-1) for group in np.unique(groups)], axis=-1)


def _independent_count(
    is_value: Float[np.ndarray, "time trial value"], balanced: bool, groups: Int[np.ndarray, " trial"] | None
) -> float:
    """How many trials, or groups, an accuracy rests on: all, or those that the mean over values comes to."""
    if not balanced:
        return float(any_of_group(np.isfinite(is_value).all(axis=2).any(axis=0), groups).sum())
    units = any_of_group((np.nan_to_num(is_value) > 0).any(axis=0).T, groups).sum(axis=1)
    units = units[units > 0]
    return float(len(units) ** 2 / (1 / units).sum())


def _at_every(
    is_value: Float[np.ndarray, "time trial value"],
    right: Bool[np.ndarray, "time trial"],
    taken: Float[np.ndarray, "time value"],
    balanced: bool,
    groups: Int[np.ndarray, " trial"] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, chance and lower end at each time; NaN where there is no label."""
    own = np.nan_to_num(is_value)
    number = own.sum(axis=1)
    units = any_of_group(own.swapaxes(1, 2) > 0, groups).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        if balanced:
            present = number > 0
            share = np.where(present, (own * right[..., None]).sum(axis=1) / number, 0.0)
            score, chance = (part.sum(axis=1) / present.sum(axis=1) for part in (share, taken * present))
            count = present.sum(axis=1) ** 2 / np.where(present, 1 / units, 0.0).sum(axis=1)
        else:
            every = number.sum(axis=1)
            score, chance = right.sum(axis=1) / every, (taken * number).sum(axis=1) / every
            count = any_of_group((own > 0).any(axis=2), groups).sum(axis=1)
        low = wilson_interval(score, count, bonferroni_level(len(number)))[0]
    return score, np.nan_to_num(chance), low


def time_means(shown: Float[np.ndarray, "time trial"]) -> Float[np.ndarray, " time"]:
    """Mean of the labels that are known at each time; 0 where none is."""
    known = np.isfinite(shown)
    sums = np.where(known, shown, 0).sum(axis=1)
    return sums / np.maximum(known.sum(axis=1), 1)


class _R2(NamedTuple):
    """R^2 with its interval and chance, in all; then R^2, its lower end and chance at each time."""

    score: float
    low: float
    high: float
    chance: float
    score_at: Float[np.ndarray, " time"]
    low_at: Float[np.ndarray, " time"]
    chance_at: Float[np.ndarray, " time"]


def _r2(
    read: Float[np.ndarray, "time trial"],
    truth: Float[np.ndarray, "time trial"],
    guess: Float[np.ndarray, " time"],
    groups: Int[np.ndarray, " trial"] | None,
) -> _R2:
    """R^2 of what is read, against the truth and a guess that does not look at the state."""
    unit = np.arange(truth.shape[1]) if groups is None else np.unique(groups, return_inverse=True)[1]
    units = int(unit.max()) + 1
    weights = np.vstack([np.ones(units), bootstrap_counts(units, _DRAWS)]).T[unit]
    count, total, squares, left, missed = (part @ weights for part in _r2_parts(read, truth, guess))
    missed = missed[:, 0]
    score_at = _r2_of_sums(count, total, squares, left)
    score = _r2_of_sums(count.sum(axis=0), total.sum(axis=0), squares.sum(axis=0), left.sum(axis=0))
    low_at = score_at[:, 0] - normal_deviations(bonferroni_level(len(truth))) * score_at[:, 1:].std(axis=1)
    low, high = central_interval(score[1:])
    chance_at = np.maximum(_r2_of_sums(count[:, 0], total[:, 0], squares[:, 0], missed), 0)
    chance = max(float(_r2_of_sums(count[:, 0].sum(), total[:, 0].sum(), squares[:, 0].sum(), missed.sum())), 0.0)
    return _R2(float(score[0]), low, high, chance, score_at[:, 0], low_at, np.nan_to_num(chance_at))


class _Parts(NamedTuple):
    """What an R^2 is made from: 1 where there is a label, it, its square, what reading and guessing miss, squared."""

    known: Float[np.ndarray, "time trial"]
    total: Float[np.ndarray, "time trial"]
    squares: Float[np.ndarray, "time trial"]
    left: Float[np.ndarray, "time trial"]
    missed: Float[np.ndarray, "time trial"]


def _r2_parts(
    read: Float[np.ndarray, "time trial"], truth: Float[np.ndarray, "time trial"], guess: Float[np.ndarray, " time"]
) -> _Parts:
    """Of each label; 0 where there is none."""
    known = np.isfinite(truth)
    y = np.where(known, truth, 0.0)
    left, missed = (np.where(known, (truth - number) ** 2, 0.0) for number in (read, guess[:, None]))
    return _Parts(known.astype(np.float64), y, y**2, left, missed)


def r2_at(
    read: Float[np.ndarray, "time trial"], truth: Float[np.ndarray, "time trial"], guess: Float[np.ndarray, " time"]
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """R^2 and chance at each time."""
    count, total, squares, left, missed = (part.sum(axis=1) for part in _r2_parts(read, truth, guess))
    chance = np.maximum(_r2_of_sums(count, total, squares, missed), 0)
    return _r2_of_sums(count, total, squares, left), np.nan_to_num(chance)


def _r2_of_sums(count: Any, total: Any, squares: Any, missed: Any) -> Any:
    """R^2: 1 - missed / (squares around the mean); NaN where there is no variance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = squares - total**2 / count
        return np.where(variance > 1e-12 * np.maximum(squares, 1e-300), 1 - missed / variance, np.nan)
