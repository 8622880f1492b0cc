"""The directions in which a network holds variables, and whether it does: ``fit`` and ``judge``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.errors import InputError
from emtvb.interpret import extraction
from emtvb.interpret.judging import MemoryMeasures, explained_variance, unedited_success
from emtvb.interpret.judging import judge as judge_memories
from emtvb.interpret.measure import MeasureSettings, accuracy
from emtvb.interpret.memories import VariableMemories
from emtvb.interpret.recording import settled
from emtvb.interpret.verdict import verdict
from emtvb.own.steps import of_kind
from emtvb.own.trials import Trials
from emtvb.own.variables import CONTINUOUS, Variable

_RESAMPLED = 1000
"""Times that trials are drawn again for the interval of an R^2."""
_CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Fitted:
    """Where a network holds its variables: an encoder from values to states, a decoder back.

    Attributes:
        trials: What it was fitted on, and what is for judging.
        memories: The encoder Psi, the decoder Psi* and the centre c, of the variables' numbers.
        times: Where it was fitted.
    """

    trials: Trials
    memories: VariableMemories
    times: tuple[int, ...]

    def read(self, states: Float[np.ndarray, "*time state"]) -> np.ndarray:
        """The variables' values that states hold, (..., variable), in the user's units."""
        return self.trials.values(self.memories.read(states))


def fit(trials: Trials, times: Iterable[int] | int | None = None) -> Fitted:
    """Find where a network holds its variables, by least squares on the trials for fitting.

    The encoder h ~ Psi v + c and the decoder v ~ Psi* (h - c) are fitted each for itself, over all times at once: what
    is found is where a variable can be read and changed in the same way at all of them. ``interpret.extraction.fit``.

    Args:
        trials: Of :func:`record`.
        times: Where to fit; by default wherever all labels have a value (of a task: settled output steps).

    Raises:
        InputError: Where there are no such times, or too few trials for so many directions of the state.
    """
    of_kind(trials, Trials, "trials", "record")
    steps = len(trials.fitting.states)
    asked: Any = trials.fitted_times if times is None else times
    given = np.asarray(list(asked) if isinstance(asked, Iterable) else [asked])
    if given.size and given.dtype.kind not in "iu":
        raise InputError("times", times, f"give integers from 0 to {steps - 1}")
    chosen = tuple(given.tolist())
    if not chosen or min(chosen) < 0 or max(chosen) >= steps:
        raise InputError("times", list(chosen)[:8], f"give times from 0 to {steps - 1}")
    if not np.isfinite(trials.fitting.theory[list(chosen)]).all(axis=2).any():
        raise InputError("times", list(chosen)[:8], "no trial has a value of every variable there; choose others")
    _check_enough(trials, list(chosen))
    return Fitted(trials, extraction.fit(trials.fitting, list(chosen), trials.kept), chosen)


def _check_enough(trials: Trials, times: list[int]) -> None:
    """Raise InputError where a decoder could fit anything: fewer different things to tell than directions to do it in.

    Within a trial a label counts anew when it changes, and only then.
    """
    theory = trials.fitting.theory[times][..., trials.kept]
    known = np.isfinite(theory).all(axis=2)
    changes = (np.diff(theory, axis=0) != 0).any(axis=2) & known[1:] & known[:-1]
    count = int((known.any(axis=0) + changes.sum(axis=0)).sum())
    states = trials.fitting.states[times][known].astype(np.float64)
    centred = states - states.mean(axis=0)
    spread = np.linalg.eigvalsh(centred.T @ centred)
    needed = int((spread > extraction.ROUNDING**2 * spread.max()).sum()) + 1
    if count < needed:
        wanted = -(-needed * theory.shape[1] // max(count, 1))
        what = f"{theory.shape[1]} to fit on, with {count} different moments in them, for {needed - 1} directions"
        raise InputError("trials", what, f"too few for so many neurons: any label would fit; give at least {wanted}")


@dataclass(frozen=True, eq=False)
class Reading:
    """How well one variable can be read in trials that nothing was fitted on.

    Attributes:
        name: The variable.
        kind: Its kind.
        measure: "accuracy" of a binary or categorical one, "R2" of a continuous one.
        score: Over all times that were judged.
        low: Lower end of its 95% interval.
        high: Upper end. Of an accuracy Wilson's interval, in which a trial counts once however many times it has; of an
            R^2 the trials are drawn again.
        chance: What the time alone tells: the score of the best guess at each time that does not look at the state.
        times: The times that were judged.
        score_at: The score at each.
        low_at: Lower ends of intervals that hold at all of these times together (Bonferroni).
        chance_at: Chance.
    """

    name: str
    kind: str
    measure: str
    score: float
    low: float
    high: float
    chance: float
    times: Int[np.ndarray, " time"]
    score_at: Float[np.ndarray, " time"]
    low_at: Float[np.ndarray, " time"]
    chance_at: Float[np.ndarray, " time"]

    @property
    def readable(self) -> bool:
        """Whether it can be read at all: better than chance by more than the interval."""
        return self.low > self.chance

    @property
    def readable_at(self) -> Bool[np.ndarray, " time"]:
        """At which of the times it can."""
        return self.low_at > self.chance_at


@dataclass(frozen=True)
class TaskJudgement:
    """What is said of a network on a task of this package besides, as in ``measurements.csv``.

    Attributes:
        verdict: In a word of ``interpret.verdict``.
        test_accuracy: Share of output elements with the right sign.
        unedited_success: Share of sequences that are exact for as long if nothing is edited.
        measures: Of the memories; edits and their controls included.
    """

    verdict: str
    test_accuracy: float
    unedited_success: float
    measures: MemoryMeasures


@dataclass(frozen=True, eq=False)
class Judgement:
    """Whether a network holds its variables where they were fitted.

    Attributes:
        readings: A reading of each variable.
        condition: Of the encoder Psi: how unlike in size, and how dependent, its columns are; 1 is best.
        explained_variance: Share of the states' variance in the span of Psi.
        repeated: Share of the judged trials whose inputs are those of a trial that was fitted on: what is read there
            says little of new ones.
        task: More, where the trials are of a task of this package.
    """

    readings: tuple[Reading, ...]
    condition: float
    explained_variance: float
    repeated: float
    task: TaskJudgement | None = None

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The variables that cannot be read."""
        return tuple(reading.name for reading in self.readings if not reading.readable)

    def __str__(self) -> str:
        lines = [f"{'variable':14} {'kind':12} {'score':>9}  95% interval     chance  where it can be read"]
        for r in self.readings:
            lines.append(
                f"{r.name:14} {r.kind:12} {_measure(r.measure)} {r.score:6.3f}  [{r.low:6.3f}, {r.high:6.3f}]  "
                f"{r.chance:6.3f}  {_spans(r.times[r.readable_at])}"
            )
        lines.append(f"condition {self.condition:.3g}; {self.explained_variance:.1%} of the variance in their span")
        if self.repeated:
            lines.append(f"{self.repeated:.0%} of the judged trials have the inputs of a trial that was fitted on")
        if self.unreadable:
            lines.append(f"cannot be read: {', '.join(self.unreadable)}")
        if self.task:
            lines.append(f"{self.task.verdict}; edits obeyed {self.task.measures.edit_success:.3f}")
        return "\n".join(lines)


def judge(fitted: Fitted, trained_horizon: int | None = None) -> Judgement:
    """Read the variables in the trials that nothing was fitted on.

    Args:
        fitted: Of :func:`fit`.
        trained_horizon: Of a task of this package, the longest horizon that was trained, beyond which reading is judged
            apart.
    """
    of_kind(fitted, Fitted, "fitted", "fit")
    trials = fitted.trials
    times = _judged_times(trials)
    states, theory = trials.judging.states[times], trials.judging.theory[times]
    read = fitted.memories.read(states)
    readings = []
    for v, at in zip(trials.variables, trials.places, strict=True):
        if trials.kept[at].all():
            shown = None if trials.task else trials.fitting.theory[times][..., at]
            readings.append(_reading(v, times, read[..., at], theory[..., at], shown))
    known = states[np.isfinite(theory).all(axis=2)]
    return Judgement(
        tuple(readings),
        fitted.memories.condition,
        explained_variance(fitted.memories, known[None]),
        trials.repeated,
        _judged_on_task(fitted, trained_horizon) if trials.task else None,
    )


def _judged_times(trials: Trials) -> Int[np.ndarray, " time"]:
    if trials.task is None:
        return np.flatnonzero(np.isfinite(trials.judging.theory).any(axis=(1, 2)))
    start = settled(trials.task)
    return np.arange(start, max(trials.horizon, start + trials.task.s) + 1)


def _judged_on_task(fitted: Fitted, trained_horizon: int | None) -> TaskJudgement:
    trials = fitted.trials
    assert trials.task is not None
    task, horizon = trials.task, trials.horizon
    test_accuracy = accuracy(trials.system, task, horizon, MeasureSettings.sequences)
    trained = horizon if trained_horizon is None else trained_horizon
    measures = judge_memories(trials.system, task, fitted.memories, trials.judging, trained, horizon)
    unedited = unedited_success(trials.judging, task, horizon)
    word = verdict(test_accuracy, measures.worst_decoding_accuracy, measures.edit_success, unedited)
    return TaskJudgement(word, test_accuracy, unedited, measures)


def _reading(
    v: Variable,
    times: Int[np.ndarray, " time"],
    read: Float[np.ndarray, "time trial code"],
    theory: Float[np.ndarray, "time trial code"],
    shown: Float[np.ndarray, "time other code"] | None,
) -> Reading:
    """One variable's; ``shown`` are the trials that guesses are learned from, None where every guess is a coin's."""
    known = np.isfinite(theory).all(axis=2)
    if v.kind == CONTINUOUS:
        guess = np.zeros(len(times)) if shown is None else _means(shown[..., 0])
        parts = _r2(read[..., 0], theory[..., 0], known, np.broadcast_to(guess[:, None], known.shape))
        return Reading(v.name, v.kind, "R2", *parts[:4], times, *parts[4:])
    right = v.decode(read) == v.decode(np.nan_to_num(theory))
    chance_at = np.full(len(times), 1 / len(v.classes)) if shown is None else _guessed(v, shown, theory, known)
    weights = known.sum(axis=1)
    of_trial = known.any(axis=0)
    score = float(right[known].mean())
    low, high = wilson(score, int(of_trial.sum()))
    with np.errstate(invalid="ignore", divide="ignore"):
        score_at = (right & known).sum(axis=1) / weights
    chance = float(np.average(chance_at[weights > 0], weights=weights[weights > 0]))
    low_at = wilson(score_at, weights, _at_each(len(times)))[0]
    return Reading(
        v.name, v.kind, "accuracy", score, float(low), float(high), chance, times, score_at, low_at, chance_at
    )


def _guessed(v: Variable, shown: np.ndarray, theory: np.ndarray, known: np.ndarray) -> Float[np.ndarray, " time"]:
    """Accuracy at each time of the commonest value there among the shown, or of the commonest of all: the better."""
    truth = v.decode(np.nan_to_num(theory))
    found = []
    for guess in (_commonest(v, shown), _commonest(v, shown.reshape(1, -1, v.size))):
        with np.errstate(invalid="ignore"):
            found.append(((truth == v.classes[guess][:, None]) & known).sum(axis=1) / known.sum(axis=1))
    return np.nan_to_num(np.maximum(*found))


def _at_each(times: int) -> float:
    """The confidence at each of so many times, for all of them together."""
    return 1 - (1 - _CONFIDENCE) / times


def _commonest(v: Variable, shown: Float[np.ndarray, "time trial code"]) -> Int[np.ndarray, " time"]:
    known = np.isfinite(shown).all(axis=2)
    counts = [((np.abs(shown - corner) < 1e-9).all(axis=2) & known).sum(axis=1) for corner in v.code]
    return np.argmax(counts, axis=0)


def _means(shown: Float[np.ndarray, "time trial"]) -> Float[np.ndarray, " time"]:
    known = np.isfinite(shown)
    sums = np.where(known, shown, 0).sum(axis=1)
    return sums / np.maximum(known.sum(axis=1), 1)


def _r2(
    read: Float[np.ndarray, "time trial"],
    truth: Float[np.ndarray, "time trial"],
    known: Bool[np.ndarray, "time trial"],
    guess: Float[np.ndarray, "time trial"],
) -> tuple[float, float, float, float, np.ndarray, np.ndarray, np.ndarray]:
    """R^2 with its interval and chance, in all; then R^2, its lower end and chance at each time."""
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(truth.shape[1], np.full(truth.shape[1], 1 / truth.shape[1]), size=_RESAMPLED)
    weights = np.vstack([np.ones(truth.shape[1]), drawn]).T
    y = np.where(known, truth, 0.0)
    sums = [known.astype(float), y, y**2, np.where(known, (truth - read) ** 2, 0.0)]
    count, total, squares, left = (part @ weights for part in sums)
    missed = np.where(known, (truth - guess) ** 2, 0.0).sum(axis=1)
    score_at = _share(count, total, squares, left)
    score = _share(count.sum(axis=0), total.sum(axis=0), squares.sum(axis=0), left.sum(axis=0))
    z = NormalDist().inv_cdf((1 + _at_each(len(truth))) / 2)
    low_at = score_at[:, 0] - z * score_at[:, 1:].std(axis=1)
    low, high = np.quantile(score[1:], [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    chance_at = np.maximum(_share(count[:, 0], total[:, 0], squares[:, 0], missed), 0)
    chance = max(float(_share(count[:, 0].sum(), total[:, 0].sum(), squares[:, 0].sum(), missed.sum())), 0.0)
    return float(score[0]), float(low), float(high), chance, score_at[:, 0], low_at, np.nan_to_num(chance_at)


def _share(count: Any, total: Any, squares: Any, missed: Any) -> Any:
    """R^2: 1 - missed / (squares around the mean); NaN where there is no variance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = squares - total**2 / count
        return np.where(variance > 1e-12 * np.maximum(squares, 1e-300), 1 - missed / variance, np.nan)


def wilson(share: Any, count: Any, confidence: float = _CONFIDENCE) -> tuple[Any, Any]:
    """Wilson's interval, at 95% by default, of a share of so many; of arrays too.

    Of shares within trials it is too wide rather than too narrow: none varies more than one that is 0 or 1.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, count = np.asarray(share, dtype=np.float64), np.asarray(count, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
        half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - half, middle + half


def _measure(name: str) -> str:
    return "R2 " if name == "R2" else "acc"


def _spans(times: Sequence[int] | np.ndarray, most: int = 4) -> str:
    """Times as spans, such as 3-17, 20."""
    if len(times) == 0:
        return "nowhere"
    cuts = np.flatnonzero(np.diff(times) > 1) + 1
    parts = [f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in np.split(np.asarray(times), cuts)]
    return ", ".join(parts[:most]) + (f" and {len(parts) - most} more" if len(parts) > most else "")
