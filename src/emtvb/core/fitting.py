"""The directions in which a network holds variables, and whether it does: ``fit`` and ``judge``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core import numerical_rank, regression
from emtvb.core.arguments import check_type, describe_error
from emtvb.core.data_frames import frame, listed, table
from emtvb.core.decoders import ERROR_RATE, LinearDiscriminants, auc, permutation_p_at, permutation_test
from emtvb.core.intervals import bonferroni, bootstrap_counts, central_interval, deviations, wilson
from emtvb.core.memories import VariableMemories, explained_variance
from emtvb.core.recording import Recording
from emtvb.core.subspaces import BY_NAME, Located, Method, Subspace
from emtvb.core.trials import Trials, repeated, together
from emtvb.core.variables import CONTINUOUS, Times, Variable, as_numbers, checked_times, whole_number
from emtvb.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_DRAWS = 1000
"""Times that trials are drawn again for the interval of an R^2."""
_RARE = 0.5
"""A value is rare that has less than so much of an even share."""
_FOLLOWS, _USED = 0.99, 0.1
"""A variable follows from others that tell so much of its variance, by slopes of more than this (in their spreads)."""

_NOTHING = 1e-6
"""Readings differ by more than this, or not at all; the numbers of a variable differ by about 1."""

ACCURACY, BALANCED, R2 = "accuracy", "balanced accuracy", "R2"
_MEASURES = {ACCURACY: "acc", BALANCED: "bac", R2: "R2 "}


@dataclass(frozen=True, eq=False, repr=False)
class Fitted:
    """Where a network holds its variables: an encoder from values to states, a decoder back.

    Attributes:
        trials: What it was fitted on, and what is for judging.
        memories: The encoder Psi, the decoder Psi* and the centre c, of the variables' numbers.
        times: Where it was fitted.
        classes: Of each variable that has classes, which one is read; None of numbers, and of a task of this package,
            where it is the sign.
        subspaces: Of each variable, what an edit by interchange exchanges.
        method: How it was fitted.
    """

    trials: Trials
    memories: VariableMemories
    times: tuple[int, ...]
    classes: tuple[LinearDiscriminants | None, ...]
    subspaces: tuple[Subspace, ...]
    method: Method = "least squares"

    @property
    def encoder(self) -> Float[np.ndarray, "state number"]:
        """Psi, from the variables' numbers to states."""
        return self.memories.encoder

    @property
    def decoder(self) -> Float[np.ndarray, "number state"]:
        """Psi*, from states, less the centre, to the variables' numbers."""
        return self.memories.decoder

    @property
    def centre(self) -> Float[np.ndarray, " state"]:
        """c, the state that stores nothing."""
        return np.broadcast_to(self.memories.centre, self.memories.encoder.shape[:1])

    def __repr__(self) -> str:
        name = self.method if isinstance(self.method, str) else getattr(self.method, "__name__", repr(self.method))
        names = listed([v.name for v in self.trials.variables])
        where = f"time {self.times[0]}" if len(self.times) == 1 else f"{len(self.times)} times"
        about = f"Fitted to {self.trials.system.name} by {name} at {where}"
        return f"<{about}: {names}; condition {self.memories.condition:.3g}>"

    def _repr_html_(self) -> str:
        rows = [
            (v.name, v.kind, float(np.linalg.norm(self.memories.encoder[:, at])))
            for v, at in zip(self.trials.variables, self.trials.slices, strict=True)
        ]
        return table(repr(self).strip("<>"), ("variable", "kind", "|Psi|"), rows)

    def read(self, states: Float[np.ndarray, "*time state"]) -> np.ndarray:
        """The variables' values that states hold, (..., variable), in the user's units."""
        size = self.memories.encoder.shape[0]
        states = as_numbers(states, "states", f"(..., {size})")
        if not states.ndim or states.shape[-1] != size:
            raise InputError("states", f"shape {states.shape}", f"give (..., {size}), as many numbers as a state has")
        numbers = self.memories.read(states)
        variables = zip(self.trials.variables, self.trials.slices, self.classes, strict=True)
        return together([decoded(v, numbers[..., at], classes) for v, at, classes in variables])

    def on(self, trials: Trials) -> Fitted:
        """The same fit, judged and edited on the test trials of other trials: fewer (``Trials.select``), or new ones.

        What it was fitted on stays, and the training trials of the others are left out.

        Args:
            trials: Of :func:`record`, of the same network and variables.

        Raises:
            InputError: Where variables, states, outputs, tasks or steps are not the same.
        """
        check_type(trials, Trials, "trials", "record")
        own, test = self.trials, trials.test
        names = [[(v.name, v.kind, v.classes.tolist()) for v in some.variables] for some in (own, trials)]
        if names[0] != names[1]:
            shown = ", ".join(f"{v.name} ({v.kind})" for v in trials.variables[:6])
            wanted = ", ".join(f"{v.name} ({v.kind})" for v in own.variables[:6])
            raise InputError("trials", f"of variables {shown}", f"record the same, with the same values: {wanted}")
        if trials.task != own.task:
            raise InputError("trials", "of another task", "give trials of the task that was fitted on, or of none")
        for part, size, wanted_size in (
            ("numbers of state", test.states.shape[2], own.test.states.shape[2]),
            ("outputs", test.outputs.shape[2], own.test.outputs.shape[2]),
            ("steps", trials.steps, own.steps),
        ):
            if size != wanted_size:
                raise InputError("trials", f"with {size} {part}", f"give trials with {wanted_size}")
        if trials.recorded_times != own.recorded_times:
            raise InputError("trials", "with states of other times", "record both with the same times=")
        if trials.variables is not own.variables:
            every = zip(own.variables, trials.variables, own.slices, strict=True)
            numbers = [_same_numbers(fitted, given, test.labels[..., at]) for fitted, given, at in every]
            test = replace(test, labels=np.concatenate(numbers, axis=-1))
        erased = own.erased or trials.erased
        changed = replace(own, system=trials.system, test=test, erased=erased, horizon=trials.horizon)
        return replace(self, trials=replace(changed, repeated=repeated(own.train, test), selection=trials.selection))


def _same_numbers(
    fitted: Variable, given: Variable, numbers: Float[np.ndarray, "*shape code"]
) -> Float[np.ndarray, "*shape code"]:
    """A variable's numbers of other trials as those of the trials that were fitted on stand for the same values."""
    if fitted.kind != CONTINUOUS or (fitted.mean, fitted.spread) == (given.mean, given.spread):
        return numbers
    return fitted.encode(given.decode(numbers))


def fit(trials: Trials, times: Times | None = None, *, method: Method = "least squares") -> Fitted:
    """Find where a network holds its variables, on the training trials.

    By least squares the encoder h ~ Psi v + c and the decoder v ~ Psi* (h - c) are fitted each for itself, over all
    times at once: what is found is where a variable can be read and changed in the same way at all of them.
    ``interpret.extraction.fit``.

    Args:
        trials: Of :func:`record`.
        times: Where to fit; by default wherever all labels have a value (of a task: settled output steps).
        method: "least squares"; "class means", differences of the means of each value's states; ``emtvb.DAS()``, a
            rotation that is learned by exchanging states (torch networks); or a function of the trials and the times
            that returns ``emtvb.Located``. Whatever found it is judged and edited in the same way.

    Raises:
        InputError: Where there is no such time or method, or too few trials for so many directions of the state.
    """
    check_type(trials, Trials, "trials", "record")
    chosen = _checked_times(trials, trials.train, trials.fit_times if times is None else times)
    if not np.isfinite(trials.train.labels[list(chosen)]).all(axis=2).any():
        raise InputError("times", list(chosen)[:8], "no trial has a value of every variable there; choose others")
    if isinstance(method, str) and method == "least squares":
        _check_enough(trials, list(chosen))
    located = _located(trials, list(chosen), method)
    memories = located.memories
    subspaces = located.subspaces
    if subspaces is None:
        subspaces = tuple(Subspace(memories.encoder[:, at], memories.decoder[at]) for at in trials.slices)
    return Fitted(trials, memories, chosen, _classes(trials, memories, list(chosen)), subspaces, method)


def _located(trials: Trials, times: list[int], method: Method) -> Located:
    """What a method says, held to the sizes that it must have."""
    if isinstance(method, str):
        if method not in BY_NAME:
            raise InputError("method", method, f"give one of {', '.join(BY_NAME)}, emtvb.DAS() or a function")
        return BY_NAME[method](trials, times)
    if isinstance(method, type):
        raise InputError("method", f"the class {method.__name__}", f"make one of it: {method.__name__}()")
    if not callable(method):
        raise InputError("method", method, f"give one of {', '.join(BY_NAME)}, emtvb.DAS() or a function")
    name = getattr(method, "__name__", type(method).__name__)
    try:
        result = method(trials, times)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            "method", f"{name} failed ({describe_error(error)})", "it is called with the trials and a list of times"
        ) from error
    result = Located(result) if isinstance(result, VariableMemories) else result
    size, numbers = trials.train.states.shape[2], trials.stored.size
    if not isinstance(result, Located) or not isinstance(result.memories, VariableMemories):
        raise InputError("method", f"{name} returned {type(result).__name__}", "return emtvb.Located(memories)")
    memories = result.memories
    shapes = [getattr(part, "shape", None) for part in (memories.encoder, memories.decoder)]
    if None not in shapes and shapes != [(size, numbers), (numbers, size)]:
        remedy = f"Psi is ({size}, {numbers}), Psi* ({numbers}, {size}): states and the variables' numbers"
        raise InputError("method", f"{name} returned memories of shapes {shapes[0]} and {shapes[1]}", remedy)
    _check_array(name, "memories.encoder", memories.encoder, (size, numbers))
    _check_array(name, "memories.decoder", memories.decoder, (numbers, size))
    is_number = isinstance(memories.centre, (int, float)) and not isinstance(memories.centre, bool)
    centre = np.full(size, memories.centre, dtype=np.float64) if is_number else memories.centre
    _check_array(name, "memories.centre", centre, (size,))
    kept = memories.stored
    if not isinstance(kept, np.ndarray) or kept.dtype != bool or kept.shape != (numbers,) or not kept.any():
        raise InputError("method", f"{name} returned memories.stored {kept!r:.60}", "give trials.stored")
    if result.subspaces is not None:
        _check_subspaces(name, result.subspaces, len(trials.variables), size)
    return result


def _check_subspaces(name: str, subspaces: Any, variables: int, size: int) -> None:
    """Raise InputError unless these are subspaces of states of this size, one of each variable."""
    if not isinstance(subspaces, (tuple, list)):
        shown = f"{name} returned subspaces of type {type(subspaces).__name__}"
        raise InputError("method", shown, "give a tuple of emtvb.Subspace, one of each variable")
    if len(subspaces) != variables:
        shown = f"{name} returned {len(subspaces)} subspaces"
        raise InputError("method", shown, f"give {variables}, one of each variable")
    for i, subspace in enumerate(subspaces):
        if not isinstance(subspace, Subspace):
            shown = f"{name} returned subspaces[{i}] of type {type(subspace).__name__}"
            raise InputError("method", shown, "give emtvb.Subspace(into, out)")
        count = (getattr(subspace.into, "shape", None) or (1,))[-1]
        _check_array(name, f"subspaces[{i}].into", subspace.into, (size, count))
        _check_array(name, f"subspaces[{i}].out", subspace.out, (count, size))


def _check_array(name: str, part: str, array: Any, shape: tuple[int, ...]) -> None:
    """Raise InputError unless a method returned an array of numpy's of this shape, of real and finite numbers."""
    fault = None
    if not isinstance(array, np.ndarray):
        fault = f"of type {type(array).__name__}"
    elif array.shape != shape:
        fault = f"of shape {array.shape}"
    elif array.dtype.kind not in "fiu":
        fault = f"of type {array.dtype}"
    elif not np.isfinite(array).all():
        fault = "that is not finite"
    if fault is not None:
        remedy = f"give a numpy array of finite, real numbers, {shape}"
        raise InputError("method", f"{name} returned {part} {fault}", remedy)


def _numbers(
    memories: VariableMemories, states: Float[np.ndarray, "*shape state"]
) -> Float[np.ndarray, "*shape number"]:
    """What is read of states, up to :data:`_NOTHING`: where nothing is left of a variable, rounding reads like it."""
    return np.round(memories.read(states) / _NOTHING) * _NOTHING


def decoded(v: Variable, numbers: Float[np.ndarray, "*shape code"], classes: LinearDiscriminants | None) -> np.ndarray:
    """A variable's values from what is read."""
    return v.decode(numbers) if classes is None else v.classes[classes.scores(numbers).argmax(axis=-1)]


def _classes(trials: Trials, memories: VariableMemories, times: list[int]) -> tuple[LinearDiscriminants | None, ...]:
    """How each variable's values are told from what is read, learned where the memories were."""
    if trials.task is not None:
        return (None,) * len(trials.variables)
    states, labels = trials.samples(times)
    read = _numbers(memories, states)
    classes: list[LinearDiscriminants | None] = []
    for v, at in zip(trials.variables, trials.slices, strict=True):
        place = None if v.kind == CONTINUOUS else _places(v, labels[:, at])
        few = place is None or len(np.unique(place)) < len(v.classes)
        classes.append(None if place is None or few else LinearDiscriminants.fit(read[:, at], place, len(v.classes)))
    return tuple(classes)


def _places(v: Variable, labels: Float[np.ndarray, "*shape code"]) -> Int[np.ndarray, "*shape"]:
    """The place of each label's class."""
    return (np.nan_to_num(labels) @ v.code.T).argmax(axis=-1)


def _check_enough(trials: Trials, times: list[int]) -> None:
    """Raise InputError where a decoder could fit anything: fewer different moments than directions to tell them by."""
    count, trained = numerical_rank.moments(trials, times), trials.train.labels.shape[1]
    states, _ = trials.samples(times)
    centred = states - states.mean(axis=0)
    spread = np.linalg.eigvalsh(centred.T @ centred)
    needed = int((spread > regression.ROUNDING**2 * spread.max()).sum()) + 1
    if count < needed:
        wanted = -(-needed * trained // max(count, 1))
        what = f"{trained} to fit on, with {count} different moments in them, for {needed - 1} directions"
        raise InputError("trials", what, f"too few for so many neurons: any label would fit; give at least {wanted}")


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """How well one variable can be read in trials that nothing was fitted on.

    Attributes:
        name: The variable.
        kind: Its kind.
        measure: "accuracy" of a binary or categorical one; "balanced accuracy", the mean over its values of the share
            that is read right, where one of them is rare; "R2" of a continuous one.
        score: Over all times that were judged.
        low: Lower end of its 95% interval.
        high: Upper end. Of an accuracy Wilson's interval, in which a trial counts once however many times it has; of an
            R^2 the trials are drawn again. Where trials come in groups, groups count and are drawn.
        chance: What the time alone tells: the score where labels are exchanged between trials; of an R^2, of the best
            guess at each time that does not look at the state.
        p: How often labels exchanged between trials, or groups, go with what is read as well
            (``decoding.permutation_test``).
        auc: How often a trial with a value is read higher for it than one without; the mean over values. NaN of an R^2.
        times: The times that were judged.
        score_at: The score at each.
        low_at: Lower ends of intervals that hold at all of these times together (Bonferroni).
        chance_at: Chance.
        p_at: p at each time for itself.
    """

    name: str
    kind: str
    measure: str
    score: float
    low: float
    high: float
    chance: float
    p: float
    auc: float
    times: Int[np.ndarray, " time"]
    score_at: Float[np.ndarray, " time"]
    low_at: Float[np.ndarray, " time"]
    chance_at: Float[np.ndarray, " time"]
    p_at: Float[np.ndarray, " time"]

    def __repr__(self) -> str:
        word = "readable" if self.readable else "cannot be read"
        return f"<{self.name}: {self.measure} {self.score:.3f}, chance {self.chance:.3f}, p {self.p:.4f}: {word}>"

    @property
    def readable(self) -> bool:
        """Whether it can be read at all: of labels that are not, one in a hundred comes out so."""
        return self.p < ERROR_RATE and (self.measure != R2 or self.score > self.chance)

    @property
    def readable_at(self) -> Bool[np.ndarray, " time"]:
        """At which of the times it can; of labels that are nowhere, one in a hundred comes out so at any of them."""
        better = self.score_at > self.chance_at if self.measure == R2 else np.ones(len(self.times), dtype=bool)
        return (self.p_at < ERROR_RATE / len(self.times)) & better


@dataclass(frozen=True)
class TaskJudgement:
    """What is said of a network on a task of this package besides, as in ``measurements.csv``.

    Attributes:
        verdict: In a word of ``interpret.verdict``.
        test_accuracy: Share of output elements with the right sign.
        unedited_success: Share of sequences that are exact for as long if nothing is edited.
        measures: Of the memories; edits and their controls included (``interpret.judging.MemoryMeasures``).
    """

    verdict: str
    test_accuracy: float
    unedited_success: float
    measures: Any


@dataclass(frozen=True, eq=False, repr=False)
class Judgement:
    """Whether a network holds its variables where they were fitted.

    Attributes:
        readings: A reading of each variable.
        condition: Of the encoder Psi: how unlike in size, and how dependent, its columns are; 1 is best.
        explained_variance: Share of the states' variance in the span of Psi.
        repeated: Share of the judged trials whose inputs are those of a trial that was fitted on: what is read there
            says little of new ones.
        collinear: Groups of variables that follow from each other: their directions cannot be told apart.
        task: More, where the trials are of a task of this package.
        groups: How many groups the judged trials come in; 0 where each trial is independent.
    """

    readings: tuple[Reading, ...]
    condition: float
    explained_variance: float
    repeated: float
    collinear: tuple[tuple[str, ...], ...] = ()
    task: TaskJudgement | None = None
    groups: int = 0

    def __repr__(self) -> str:
        count = sum(reading.readable for reading in self.readings)
        left = f"; cannot be read: {listed(self.unreadable)}" if self.unreadable else ""
        return f"<Judgement: {count} of {len(self.readings)} variables can be read{left}>"

    def _repr_html_(self) -> str:
        head = ("variable", "kind", "measure", "score", "95% interval", "chance", "p", "readable at times")
        rows = [
            (r.name, r.kind, r.measure, r.score, f"{r.low:.3f} to {r.high:.3f}", r.chance, f"{r.p:.4f}",
             _spans(r.times[r.readable_at]))
            for r in self.readings
        ]  # fmt: skip
        return table(repr(self).strip("<>"), head, rows, self._notes())

    def to_dataframe(self, over_time: bool = False) -> pd.DataFrame:
        """A row for each variable: what its reading says over all times.

        Args:
            over_time: A row for each variable and time instead: score, low, chance, p and readable there.
        """
        if over_time:
            columns = {
                "score": "score_at",
                "low": "low_at",
                "chance": "chance_at",
                "p": "p_at",
                "readable": "readable_at",
            }
            names = np.repeat([r.name for r in self.readings], [len(r.times) for r in self.readings])
            times = np.concatenate([r.times for r in self.readings])
            values = {key: np.concatenate([getattr(r, name) for r in self.readings]) for key, name in columns.items()}
            return frame({"variable": names, "time": times, **values})
        words = ("kind", "measure", "score", "low", "high", "chance", "p", "auc", "readable")
        every = {word: [getattr(r, word) for r in self.readings] for word in words}
        return frame({"variable": [r.name for r in self.readings], **every})

    def plot(self) -> Figure:
        """A figure: each variable's score with its interval beside chance, and over time."""
        from emtvb.core import plotting

        return plotting.readings(self)

    def __getitem__(self, name: Any) -> Reading:
        """The reading of a variable, by its name or its place."""
        by_name, by_place = isinstance(name, str), type(name) is int
        matches = [r for i, r in enumerate(self.readings) if (by_name and name == r.name) or (by_place and i == name)]
        if not matches:
            shown = ", ".join(r.name for r in self.readings[:12])
            raise InputError("variable", name, f"no such variable; there are {shown} (or a number from 0)")
        return matches[0]

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The variables that cannot be read."""
        return tuple(reading.name for reading in self.readings if not reading.readable)

    def __str__(self) -> str:
        lines = [f"{'variable':14} {'kind':12} {'score':>9}  95% interval     chance       p  readable at times"]
        for r in self.readings:
            lines.append(
                f"{r.name:14} {r.kind:12} {_MEASURES[r.measure]} {r.score:6.3f}  [{r.low:6.3f}, {r.high:6.3f}]  "
                f"{r.chance:6.3f}  {r.p:6.4f}  {_spans(r.times[r.readable_at])}"
            )
        return "\n".join([*lines, *self._notes()])

    def _notes(self) -> list[str]:
        variance = f"their directions span {self.explained_variance:.1%} of the states' variance"
        lines = [f"condition number {self.condition:.3g} (1 is best); {variance}"]
        if self.repeated:
            lines.append(f"{self.repeated:.0%} of the judged trials repeat the inputs of a fitted trial")
        if self.groups:
            lines.append(f"intervals and p count the {self.groups} groups of the judged trials")
        for names in self.collinear:
            lines.append(f"follow from each other, so that their directions cannot be told apart: {', '.join(names)}")
        if self.unreadable:
            lines.append(f"cannot be read: {', '.join(self.unreadable)}")
        if self.task:
            lines.append(f"{self.task.verdict}; edits obeyed {self.task.measures.edit_success:.3f}")
        return lines


def judge(fitted: Fitted, times: Times | None = None, *, trained_horizon: int | None = None) -> Judgement:
    """Read the variables in the trials that nothing was fitted on.

    Args:
        fitted: Of :func:`fit`.
        times: Where; by default where it was fitted (of a task: all settled output steps that are tested).
        trained_horizon: Of a task of this package, the longest horizon that was trained, beyond which reading is judged
            apart.

    Raises:
        InputError: Where there are no such times, or no label has a value at any of them.
    """
    check_type(fitted, Fitted, "fitted", "fit")
    trials = fitted.trials
    if trained_horizon is not None:
        whole_number(trained_horizon, "trained_horizon", 1)
        if trials.task is None:
            raise InputError("trained_horizon", trained_horizon, "it is of a task of this package; leave it out")
    at_times = _judged_times(fitted, times)
    labels = trials.test.labels[at_times]
    read = np.stack([_numbers(fitted.memories, trials.test.states[moment]) for moment in trials.index(at_times)])
    readings = []
    for v, at, classes in zip(trials.variables, trials.slices, fitted.classes, strict=True):
        if trials.stored[at].all():
            readings.append(
                _reading(
                    v,
                    at_times,
                    read[..., at],
                    labels[..., at],
                    classes,
                    trials.train.labels[..., at],
                    trials.test.groups,
                )
            )
    return Judgement(
        tuple(readings),
        fitted.memories.condition,
        _explained(fitted.memories, trials, at_times),
        trials.repeated,
        _collinear(trials, list(fitted.times)),
        trials.task.judged(trials, fitted.memories, trained_horizon) if trials.task else None,
        0 if trials.test.groups is None else len(np.unique(trials.test.groups)),
    )


def readable_at(fitted: Fitted, variables: Iterable[int], times: Int[np.ndarray, " time"]) -> Bool[np.ndarray, " time"]:
    """At which times each of these variables can be read, by the rule of :attr:`Reading.readable_at`."""
    trials = fitted.trials
    labels = trials.test.labels[times]
    read = np.stack([_numbers(fitted.memories, trials.test.states[moment]) for moment in trials.index(times)])
    readable = np.ones(len(times), dtype=bool)
    for v, at, classes in ((trials.variables[i], trials.slices[i], fitted.classes[i]) for i in variables):
        if not trials.stored[at].all():
            continue
        numbers, values = read[..., at], labels[..., at]
        readable &= permutation_p_at(*_tested(v, numbers, values, classes), trials.test.groups) < ERROR_RATE / len(
            times
        )
        if v.kind == CONTINUOUS:
            guess = _means(trials.train.labels[times][..., at.start])
            score, chance = _r2_at(numbers[..., 0], values[..., 0], guess)
            readable &= score > chance
    return readable


def _tested(
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
    is_value = np.where(known[..., None], np.eye(len(v.classes))[_places(v, labels)], np.nan)
    return margins, is_value / np.maximum(np.nansum(is_value, axis=(0, 1)), 1)


def _explained(memories: VariableMemories, trials: Trials, times: Int[np.ndarray, " time"]) -> float:
    """Share of the states' variance inside the span of Psi, a time after the other: ``memories.explained_variance``."""
    inside, total = 0.0, 0.0
    for time, moment in zip(times, trials.index(times), strict=True):
        states = trials.test.states[moment][np.isfinite(trials.test.labels[time]).all(axis=1)]
        size = float(((states - memories.centre) ** 2).sum())
        total += size
        inside += size * explained_variance(memories, states[None]) if len(states) else 0.0
    return inside / total if total else 0.0


def _judged_times(fitted: Fitted, times: Times | None) -> Int[np.ndarray, " time"]:
    trials = fitted.trials
    if times is None and trials.task is not None:
        start = trials.task.settled()
        return np.arange(start, max(trials.horizon, start + trials.task.s) + 1)
    chosen = np.array(fitted.times if times is None else _checked_times(trials, trials.test, times))
    if not np.isfinite(trials.test.labels[chosen]).any():
        raise InputError("times", chosen.tolist()[:8], "no trial to judge on has a value there; choose others")
    return chosen


def _checked_times(trials: Trials, part: Recording, times: Times) -> tuple[int, ...]:
    """Times whose states were recorded in a part of the trials."""
    chosen = checked_times(times, len(part.outputs))
    trials.index(chosen)
    return chosen


def _collinear(trials: Trials, times: list[int]) -> tuple[tuple[str, ...], ...]:
    """Groups of variables of which one is a linear function of the others, up to :data:`_FOLLOWS` of its variance."""
    labels = trials.train.labels[times][..., trials.stored]
    labels = labels[np.isfinite(labels).all(axis=2)]
    owner = np.concatenate([np.full(v.size, i) for i, v in enumerate(trials.variables)])[trials.stored]
    labels = (labels - labels.mean(axis=0)) / np.where(labels.std(axis=0) > 0, labels.std(axis=0), 1.0)
    groups: list[set[int]] = []
    for i in dict.fromkeys(owner.tolist()):
        own, others = labels[:, owner == i], labels[:, owner != i]
        if not others.shape[1] or len(labels) <= others.shape[1]:
            continue
        following = regression.least_squares(others, own, rcond=1e-6)
        left = ((own - following.predict(others)) ** 2).sum(axis=0) / np.maximum((own**2).sum(axis=0), 1e-300)
        if left.min() < 1 - _FOLLOWS:
            used = np.abs(following.weights[:, left < 1 - _FOLLOWS]).max(axis=1) > _USED
            groups.append({i, *owner[owner != i][used].tolist()})
    merged: list[set[int]] = []
    for group in groups:
        touching = [other for other in merged if other & group]
        merged = [other for other in merged if not other & group] + [group.union(*touching)]
    return tuple(tuple(trials.variables[i].name for i in sorted(group)) for group in merged)


def _reading(
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
    margins, wanted = _tested(v, read, labels, classes)
    test = permutation_test(margins, wanted, groups)
    if v.kind == CONTINUOUS:
        parts = _r2(read[..., 0], labels[..., 0], _means(shown[times][..., 0]), groups)
        return Reading(v.name, v.kind, R2, *parts[:4], test.p, float("nan"), times, *parts[4:], test.p_at)
    place = _places(v, labels)
    count = len(v.classes)
    is_value = np.where(known[..., None], np.eye(count)[place], np.nan)
    number = np.nansum(is_value, axis=(0, 1))
    chosen = _places_read(v, read) if classes is None else margins.argmax(axis=-1)
    rare = shown[np.isfinite(shown).all(axis=2)]
    share = np.bincount(_places(v, rare), minlength=count) / max(len(rare), 1)
    balanced = bool(share.min() < _RARE / count)
    right = np.where(known, chosen == place, False)
    taken = np.eye(count)[chosen].mean(axis=1)  # of trials at each time, the share that is read as each value
    own = np.nan_to_num(is_value)
    hits, guessed = (own * right[..., None]).sum(axis=(0, 1)), (own.sum(axis=1) * taken).sum(axis=0)
    score, chance = (
        float((part[number > 0] / number[number > 0]).mean() if balanced else part.sum() / number.sum())
        for part in (hits, guessed)
    )
    low, high = wilson(score, _independent(is_value, balanced, groups))
    score_at, chance_at, low_at = _at_every(is_value, right, taken, balanced, groups)
    return Reading(
        v.name,
        v.kind,
        BALANCED if balanced else ACCURACY,
        score,
        float(low),
        float(high),
        chance,
        test.p,
        auc(margins, is_value),
        times,
        score_at,
        low_at,
        chance_at,
        test.p_at,
    )


def _places_read(v: Variable, read: Float[np.ndarray, "*shape code"]) -> Int[np.ndarray, "*shape"]:
    return np.searchsorted(v.classes, v.decode(read))


def by_group(of: Bool[np.ndarray, "*shape trial"], groups: Int[np.ndarray, " trial"] | None) -> np.ndarray:
    """What is true of any trial of a group; of each trial, where they come in none."""
    if groups is None:
        return of
    return np.stack([of[..., groups == group].any(axis=-1) for group in np.unique(groups)], axis=-1)


def _independent(
    is_value: Float[np.ndarray, "time trial value"], balanced: bool, groups: Int[np.ndarray, " trial"] | None
) -> float:
    """How many trials, or groups, an accuracy rests on: all, or those that the mean over values comes to."""
    if not balanced:
        return float(by_group(np.isfinite(is_value).all(axis=2).any(axis=0), groups).sum())
    units = by_group((np.nan_to_num(is_value) > 0).any(axis=0).T, groups).sum(axis=1)
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
    units = by_group(own.swapaxes(1, 2) > 0, groups).sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        if balanced:
            present = number > 0
            share = np.where(present, (own * right[..., None]).sum(axis=1) / number, 0.0)
            score, chance = (part.sum(axis=1) / present.sum(axis=1) for part in (share, taken * present))
            count = present.sum(axis=1) ** 2 / np.where(present, 1 / units, 0.0).sum(axis=1)
        else:
            every = number.sum(axis=1)
            score, chance = right.sum(axis=1) / every, (taken * number).sum(axis=1) / every
            count = by_group((own > 0).any(axis=2), groups).sum(axis=1)
        low = wilson(score, count, bonferroni(len(number)))[0]
    return score, np.nan_to_num(chance), low


def _means(shown: Float[np.ndarray, "time trial"]) -> Float[np.ndarray, " time"]:
    known = np.isfinite(shown)
    sums = np.where(known, shown, 0).sum(axis=1)
    return sums / np.maximum(known.sum(axis=1), 1)


def _r2(
    read: Float[np.ndarray, "time trial"],
    truth: Float[np.ndarray, "time trial"],
    guess: Float[np.ndarray, " time"],
    groups: Int[np.ndarray, " trial"] | None,
) -> tuple[float, float, float, float, np.ndarray, np.ndarray, np.ndarray]:
    """R^2 with its interval and chance, in all; then R^2, its lower end and chance at each time."""
    unit = np.arange(truth.shape[1]) if groups is None else np.unique(groups, return_inverse=True)[1]
    units = int(unit.max()) + 1
    weights = np.vstack([np.ones(units), bootstrap_counts(units, _DRAWS)]).T[unit]
    count, total, squares, left, missed = (part @ weights for part in _sums(read, truth, guess))
    missed = missed[:, 0]
    score_at = _share(count, total, squares, left)
    score = _share(count.sum(axis=0), total.sum(axis=0), squares.sum(axis=0), left.sum(axis=0))
    low_at = score_at[:, 0] - deviations(bonferroni(len(truth))) * score_at[:, 1:].std(axis=1)
    low, high = central_interval(score[1:])
    chance_at = np.maximum(_share(count[:, 0], total[:, 0], squares[:, 0], missed), 0)
    chance = max(float(_share(count[:, 0].sum(), total[:, 0].sum(), squares[:, 0].sum(), missed.sum())), 0.0)
    return float(score[0]), low, high, chance, score_at[:, 0], low_at, np.nan_to_num(chance_at)


def _sums(
    read: Float[np.ndarray, "time trial"], truth: Float[np.ndarray, "time trial"], guess: Float[np.ndarray, " time"]
) -> tuple[Float[np.ndarray, "time trial"], ...]:
    """What an R^2 is made from where there is a label: 1, it, its square, what reading and guessing miss, squared."""
    known = np.isfinite(truth)
    y = np.where(known, truth, 0.0)
    missed = (np.where(known, (truth - number) ** 2, 0.0) for number in (read, guess[:, None]))
    return (known.astype(np.float64), y, y**2, *missed)


def _r2_at(
    read: Float[np.ndarray, "time trial"], truth: Float[np.ndarray, "time trial"], guess: Float[np.ndarray, " time"]
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """R^2 and chance at each time."""
    count, total, squares, left, missed = (part.sum(axis=1) for part in _sums(read, truth, guess))
    chance = np.maximum(_share(count, total, squares, missed), 0)
    return _share(count, total, squares, left), np.nan_to_num(chance)


def _share(count: Any, total: Any, squares: Any, missed: Any) -> Any:
    """R^2: 1 - missed / (squares around the mean); NaN where there is no variance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = squares - total**2 / count
        return np.where(variance > 1e-12 * np.maximum(squares, 1e-300), 1 - missed / variance, np.nan)


def _spans(times: Sequence[int] | np.ndarray, most: int = 4) -> str:
    """Times as spans, such as 3-17, 20."""
    if len(times) == 0:
        return "nowhere"
    cuts = np.flatnonzero(np.diff(times) > 1) + 1
    parts = [f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in np.split(np.asarray(times), cuts)]
    return ", ".join(parts[:most]) + (f" and {len(parts) - most} more" if len(parts) > most else "")
