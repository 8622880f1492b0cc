"""Whether a network holds its variables where they were fitted: ``judge``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core import regression
from emtvb.core.arguments import Times, check_type
from emtvb.core.fitting import Fitted, checked_recorded_times, read_numbers
from emtvb.core.memories import VariableMemories, explained_variance
from emtvb.core.permutation import ERROR_RATE, permutation_p_at
from emtvb.core.readings import ACCURACY, BALANCED, R2, Reading, margins_and_targets, r2_at, read_variable, time_means
from emtvb.core.result_tables import first_names, html_table
from emtvb.core.trials import Trials
from emtvb.core.variables import CONTINUOUS
from emtvb.errors import InputError, extra

if TYPE_CHECKING:
    import pandas as pd

_FOLLOWS, _USED = 0.99, 0.1
"""A variable follows from others that tell so much of its variance, by slopes of more than this (in their spreads)."""
_FEW_GROUPS = 6
"""Groups below which intervals that are drawn over them are too short."""
_MEASURES = {ACCURACY: "acc", BALANCED: "bac", R2: "R2 "}


@dataclass(frozen=True)
class TaskJudgement:
    """What is said of a network on a task of this package besides, as in ``measurements.csv``.

    Attributes:
        verdict: In a word of ``theory.network_verdict``.
        test_accuracy: Share of output elements with the right sign.
        unedited_success: Share of sequences that are exact for as long if nothing is edited.
        measures: Of the memories; edits and their controls included (``theory.memory_measures.MemoryMeasures``).
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

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits[:, :, :1] * [1.0, 2.0], labels=bits)  # of the first alone
        >>> emtvb.judge(emtvb.fit(trials)).unreadable
        ('1',)
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
        left = f"; cannot be read: {first_names(self.unreadable)}" if self.unreadable else ""
        return f"<Judgement: {count} of {len(self.readings)} variables can be read{left}>"

    def _repr_html_(self) -> str:
        head = ("variable", "kind", "measure", "score", "95% interval", "chance", "p", "readable at times")
        rows = [
            (r.name, r.kind, r.measure, r.score, f"{r.low:.3f} to {r.high:.3f}", r.chance, f"{r.p:.4f}",
             format_spans(r.times[r.readable_at]))
            for r in self.readings
        ]  # fmt: skip
        return html_table(repr(self).strip("<>"), head, rows, self._notes())

    def __getitem__(self, name: Any) -> Reading:
        """The reading of a variable, by its name or its place."""
        by_name, by_place = isinstance(name, str), type(name) is int
        matches = [r for i, r in enumerate(self.readings) if (by_name and name == r.name) or (by_place and i == name)]
        if not matches:
            shown = ", ".join(r.name for r in self.readings[:12])
            raise InputError("variable", name, f"no such variable; there are {shown} (or a number from 0)")
        return matches[0]

    def to_dataframe(self) -> pd.DataFrame:
        """A row for each variable: kind, measure, score, low and high of its interval, chance, p, auc, readable.

        Raises:
            InputError: Where pandas is not installed.
        """
        with extra("plot"):
            import pandas as pd

        words = ("name", "kind", "measure", "score", "low", "high", "chance", "p", "auc", "readable")
        return pd.DataFrame({word: [getattr(reading, word) for reading in self.readings] for word in words})

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The variables that cannot be read, of those that have a label at these times."""
        return tuple(r.name for r in self.readings if not r.readable and not np.isnan(r.score))

    def __str__(self) -> str:
        lines = [f"{'variable':14} {'kind':12} {'score':>9}  95% interval     chance       p  readable at times"]
        for r in self.readings:
            lines.append(
                f"{r.name:14} {r.kind:12} {_MEASURES[r.measure]} {r.score:6.3f}  [{r.low:6.3f}, {r.high:6.3f}]  "
                f"{r.chance:6.3f}  {r.p:6.4f}  {format_spans(r.times[r.readable_at])}"
            )
        return "\n".join([*lines, *self._notes()])

    def _notes(self) -> list[str]:
        variance = f"their directions span {self.explained_variance:.1%} of the states' variance"
        lines = [f"condition number {self.condition:.3g} (1 is best); {variance}"]
        if self.repeated:
            lines.append(f"{self.repeated:.0%} of the judged trials repeat the inputs of a fitted trial")
        if self.groups:
            few = ", which are too few to trust an interval" if self.groups < _FEW_GROUPS else ""
            lines.append(f"intervals count the {self.groups} groups of the judged trials{few}")
        for names in self.collinear:
            lines.append(f"follow from each other, so that their directions cannot be told apart: {', '.join(names)}")
        if self.unreadable:
            lines.append(f"cannot be read: {', '.join(self.unreadable)}")
        if unknown := [r.name for r in self.readings if np.isnan(r.score)]:
            lines.append(f"no label at these times: {', '.join(unknown)}")
        if self.task:
            lines.append(f"{self.task.verdict}; edits obeyed {self.task.measures.edit_success:.3f}")
        return lines


def judge(fitted: Fitted, times: Times | None = None) -> Judgement:
    """Read the variables in the trials that nothing was fitted on.

    Args:
        fitted: Of :func:`fit`.
        times: Where; by default where it was fitted (of a task: all settled output steps that are tested).

    Returns:
        A reading of each variable (``judged[name]``); printed, a table.

    Raises:
        InputError: Where there are no such times, or no label has a value at any of them.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> print(f'{emtvb.judge(emtvb.fit(trials))["0"].score:.3f}')
        1.000
    """
    check_type(fitted, Fitted, "fitted", "fit")
    trials = fitted.trials
    at_times = _judged_times(fitted, times)
    labels = trials.test.labels[at_times]
    read = _judged_readings(fitted, at_times)
    readings = []
    for v, at, classes in zip(trials.variables, trials.slices, fitted.classes, strict=True):
        if trials.stored[at].all():
            readings.append(
                read_variable(
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
        _explained_share(fitted.memories, trials, at_times),
        trials.repeated,
        _collinear_groups(trials, list(fitted.times)),
        trials.task.judgement_of(trials, fitted.memories) if trials.task and not trials.erased else None,
        0 if trials.test.groups is None else len(np.unique(trials.test.groups)),
    )


def readable_at(fitted: Fitted, variables: Iterable[int], times: Int[np.ndarray, " time"]) -> Bool[np.ndarray, " time"]:
    """At which times what is read of each of these variables goes with its labels, as edits need it.

    By the rule of :attr:`Reading.readable_at`; but classes need not be told better than by chance: an edit adds a
    difference of states, to which the threshold between classes does not matter.
    """
    trials = fitted.trials
    labels, read = trials.test.labels[times], _judged_readings(fitted, times)
    readable = np.ones(len(times), dtype=bool)
    for v, at, classes in ((trials.variables[i], trials.slices[i], fitted.classes[i]) for i in variables):
        if not trials.stored[at].all():
            continue
        numbers, values = read[..., at], labels[..., at]
        p = permutation_p_at(*margins_and_targets(v, numbers, values, classes), trials.test.groups)
        readable &= p < ERROR_RATE / len(times)
        if v.kind == CONTINUOUS:
            guess = time_means(trials.train.labels[times][..., at.start])
            score, chance = r2_at(numbers[..., 0], values[..., 0], guess)
            readable &= score > chance
    return readable


def _judged_readings(fitted: Fitted, times: Int[np.ndarray, " time"]) -> Float[np.ndarray, "time trial number"]:
    """What is read at these times of the trials to judge on."""
    trials = fitted.trials
    return np.stack([read_numbers(fitted.memories, trials.test.states[moment]) for moment in trials.index(times)])


def _explained_share(memories: VariableMemories, trials: Trials, times: Int[np.ndarray, " time"]) -> float:
    """Share of the states' variance inside the span of Psi, a time after the other: ``memories.explained_variance``."""
    inside, total = 0.0, 0.0
    for time, moment in zip(times, trials.index(times), strict=True):
        states = trials.test.states[moment][np.isfinite(trials.test.labels[time]).any(axis=1)]
        size = float(((states - memories.centre) ** 2).sum())
        total += size
        inside += size * explained_variance(memories, states[None]) if len(states) else 0.0
    return inside / total if total else 0.0


def _judged_times(fitted: Fitted, times: Times | None) -> Int[np.ndarray, " time"]:
    trials = fitted.trials
    if times is None and trials.task is not None:
        start = trials.task.theory.settled_step
        return np.arange(start, max(trials.horizon, start + trials.task.s) + 1)
    chosen = np.array(fitted.times if times is None else checked_recorded_times(trials, trials.test, times))
    if not np.isfinite(trials.test.labels[chosen]).any():
        raise InputError("times", chosen.tolist()[:8], "no trial to judge on has a value there; choose others")
    return chosen


def _collinear_groups(trials: Trials, times: list[int]) -> tuple[tuple[str, ...], ...]:
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


def format_spans(times: Sequence[int] | np.ndarray, most: int = 4) -> str:
    """Times as spans, such as 3-17, 20."""
    if len(times) == 0:
        return "nowhere"
    cuts = np.flatnonzero(np.diff(times) > 1) + 1
    parts = [f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in np.split(np.asarray(times), cuts)]
    return ", ".join(parts[:most]) + (f" and {len(parts) - most} more" if len(parts) > most else "")
