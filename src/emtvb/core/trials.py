"""A network at work beside what it should hold: ``Trials``, some to fit a decoder on and others to test it on."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.arguments import Times, as_bool, as_numbers, checked_times, refuse_keywords
from emtvb.core.labels import Labels
from emtvb.core.memories import VariableMemories
from emtvb.core.recording import Recording
from emtvb.core.result_tables import first_names, html_table
from emtvb.core.systems import AbsentSystem, Runnable, Weights, check_weights
from emtvb.core.task_theory import TaskTheory
from emtvb.core.variables import Kinds, Variable
from emtvb.errors import InputError

HELD_OUT = 512
"""Sequences of a task to judge on."""


@runtime_checkable
class LabelledTask(Hashable, Protocol):
    """A task that brings its own trials, with what a network should hold in them: ``record(system, task)``.

    The state that it asks for, m(t), is a stack of s variables of d elements, each -1 or +1. What measures a network on
    a task knows the task by this alone, for it is the task that calls it (``theory.task_trials``).
    """

    @property
    def name(self) -> str:
        """What users call it."""

    @property
    def d(self) -> int:
        """Elements of a variable, and numbers of an input and of an output."""

    @property
    def s(self) -> int:
        """Variables, and inputs."""

    @property
    def composition(self) -> tuple[Any, ...]:
        """What tells it from other tasks of its size."""

    @property
    def theory(self) -> TaskTheory:
        """What should be stored, and what follows from it."""

    def targets(self, inputs: Float[np.ndarray, "s batch d"], horizon: int) -> Float[np.ndarray, "horizon batch d"]:
        """The right outputs after inputs."""

    def batch(
        self, rng: np.random.Generator, batch_size: int, horizon: int
    ) -> tuple[Float[np.ndarray, "time batch d"], Float[np.ndarray, "time batch d"]]:
        """Random inputs and the right outputs over both phases, each zero in the other's."""

    def random_sequences(self, half: int, count: int, seed: int) -> Float[np.ndarray, "s batch d"]:
        """Random inputs, of the half to fit on or of that to judge on (``core.recording``)."""

    def trials_of(self, system: Runnable, horizon: int) -> Trials:
        """A network on its trials, with so many output steps in those to judge on.

        Raises:
            InputError: Where the network is of another size, or diverges.
        """

    def judgement_of(self, trials: Trials, memories: VariableMemories) -> Any:
        """What is said besides of a network on its trials (``judging.TaskJudgement``).

        Args:
            trials: Of :meth:`trials_of`.
            memories: Of the network.
        """


@dataclass(frozen=True, eq=False, repr=False)
class Trials:
    """A network's states and outputs, and the labels of what it should hold there.

    A time t is an index of the time steps: what stands there is after the t-th input (from 0) was read. Of a task of
    this package it is output steps after the last input.

    Attributes:
        system: The network.
        variables: What it should hold.
        train: What is fitted on. Its ``labels`` are the variables' numbers, NaN where one has no value.
        test: What is judged on and edited.
        stored: Which numbers can be stored at all; of labels all, of a task what persists.
        fit_times: Times to fit at, by default.
        task: The task, where it is one of this package.
        horizon: Its output steps that are tested.
        repeated: Share of the test trials whose inputs are those of a training trial.
        recorded_times: The times whose states were recorded, if not those of all: ``states`` has these alone
            (:meth:`index`), outputs and labels have every time.
        erased: Whether something was taken out of the states, which are then no longer the network's own.
        selection: Of a task, which of its test sequences are here; None for all.
        weights: The network's, when it was recorded (``Runnable.weights``): it is edited with no others.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> trials.train.states.shape, trials.test.states.shape
        ((5, 40, 3), (5, 40, 3))
    """

    system: Runnable
    variables: tuple[Variable, ...]
    train: Recording
    test: Recording
    stored: Bool[np.ndarray, " number"]
    fit_times: tuple[int, ...]
    task: LabelledTask | None = None
    horizon: int = 0
    repeated: float = 0.0
    recorded_times: tuple[int, ...] | None = None
    erased: bool = False
    selection: Int[np.ndarray, " test"] | None = None
    weights: Weights = ()

    @classmethod
    def of(
        cls,
        states: Any,
        labels: Any,
        outputs: Any = None,
        *,
        names: Sequence[str] | None = None,
        kinds: Kinds = None,
        batch_first: bool = False,
        split: Any = 0.5,
        seed: int = 0,
        groups: Any = None,
        **unknown: Any,
    ) -> Trials:
        """States that were recorded elsewhere, such as of neurons or by another library, beside labels.

        They can be fitted and judged; what runs the network (``edit``, ``linearise``) needs :func:`emtvb.record`.

        Args:
            states: (time, trial, state), finite numbers.
            labels: As ``record`` takes them.
            outputs: (time, trial, output), where there are some.
            names: As for ``record``, with the other arguments.
            kinds: The same.
            batch_first: Whether trials come before time in all of these.
            split: The same.
            seed: The same.
            groups: The same.
            **unknown: Arguments of other libraries, which are refused with what there is here.

        Raises:
            InputError: Where shapes do not agree, numbers are not finite, or labels cannot be used.
        """
        refuse_keywords("Trials.of", unknown)
        batch_first = as_bool(batch_first, "batch_first")
        h = _time_first(states, "states", batch_first)
        y = np.zeros((*h.shape[:2], 0), h.dtype) if outputs is None else _time_first(outputs, "outputs", batch_first)
        if y.shape[:2] != h.shape[:2]:
            shown = f"{y.shape[0]} steps of {y.shape[1]} trials"
            raise InputError("outputs", shown, f"states have {h.shape[0]} steps and {h.shape[1]} trials")
        known = Labels.of(
            labels, (len(h), h.shape[1]), names=names, kinds=kinds, batch_first=batch_first, split=split, seed=seed,
            groups=groups,
        )  # fmt: skip
        train, test = ((h[:, chosen], y[:, chosen]) for chosen in (known.train, ~known.train))
        system = AbsentSystem(
            "recorded states", h.shape[2], "record the network itself: record(system, inputs, labels)"
        )
        return cls.labelled(system, known, train, test)

    @classmethod
    def labelled(
        cls,
        system: Runnable,
        labels: Labels,
        train: tuple[np.ndarray, np.ndarray],
        test: tuple[np.ndarray, np.ndarray],
        inputs: Float[np.ndarray, "time trial input"] | None = None,
        times: tuple[int, ...] | None = None,
    ) -> Trials:
        """States and outputs of the training trials and of the test trials, beside labels of both.

        Args:
            system: Whose they are.
            labels: Of all trials.
            train: States (recorded, trial, state) and outputs (time, trial, output) of the training trials.
            test: Those of the test trials.
            inputs: Of all trials, where they are known.
            times: The times whose states were recorded, if not those of all.

        Raises:
            InputError: Where a variable does not vary among the training trials, or all are never defined at once.
        """
        labels = labels.scaled()
        numbers = labels.numbers()
        train_part, test_part = (
            Recording(
                *arrays,
                numbers[:, chosen],
                None if inputs is None else inputs[:, chosen],
                None if labels.groups is None else labels.groups[chosen],
            )
            for arrays, chosen in ((train, labels.train), (test, ~labels.train))
        )
        defined = np.flatnonzero(np.isfinite(train_part.labels).all(axis=2).any(axis=1)).tolist()
        if not defined:
            raise InputError("labels", "never all defined at once", "record these variables apart from each other")
        fit_times = tuple(time for time in defined if times is None or time in times)
        if not fit_times:
            shown = f"all defined at times {first_names([*map(str, defined)])} alone"
            raise InputError("labels", shown, "give times= of these")
        labels.check_seen(fit_times)
        return cls(
            system,
            labels.variables,
            train_part,
            test_part,
            np.ones(numbers.shape[2], dtype=bool),
            fit_times,
            repeated=share_repeated(train_part, test_part),
            recorded_times=times,
            weights=system.weights(),
        )

    def __repr__(self) -> str:
        times, count, size = self.test.states.shape
        names = first_names([f"{v.name} ({v.kind})" for v in self.variables])
        parts = f"{self.train.states.shape[1]} trials to fit on, {count} to judge on, {self.steps} steps"
        some = "" if self.recorded_times is None else f" at {times} of them"
        return f"<Trials of {self.system.name}: {parts}, {size} numbers of state{some}; {names}>"

    def _repr_html_(self) -> str:
        values = [
            ", ".join(map(str, v.classes[:8])) or f"mean {v.mean:.3g}, spread {v.spread:.3g}" for v in self.variables
        ]
        rows = [(v.name, v.kind, value) for v, value in zip(self.variables, values, strict=True)]
        return html_table(repr(self).strip("<>").rpartition(";")[0], ("variable", "kind", "values"), rows)

    def select(self, trials: Times) -> Trials:
        """The same with some of the test trials alone; the training trials stay.

        Args:
            trials: Their numbers, negative ones from the end, as in Python; or a slice, or a mask of all test trials.

        Raises:
            InputError: Where there is no such trial, or none is left.
        """
        chosen = np.array(checked_times(trials, self.test.outputs.shape[1], "trials", "numbers"))
        selection = None
        if self.task is not None:
            selection = chosen if self.selection is None else self.selection[chosen]
        test = self.test.select(chosen)
        return replace(self, test=test, repeated=share_repeated(self.train, test), selection=selection)

    def check_weights(self) -> None:
        """Refuse to run a network that was trained on since it was recorded.

        Raises:
            InputError: Where its weights are not those that these states were recorded with.
        """
        check_weights(self.system, self.weights)

    @property
    def test_inputs(self) -> Float[np.ndarray, "time batch input"]:
        """Inputs of the test trials.

        Raises:
            InputError: Where states were given without inputs.
        """
        if self.test.inputs is None:
            raise InputError("inputs", "none", "these trials have states alone; record the network on its inputs")
        return self.test.inputs

    @property
    def steps(self) -> int:
        """How many time steps there are of the trials to judge on."""
        return len(self.test.outputs)

    def index(self, times: Any) -> Any:
        """Where the states of times stand in ``train.states`` and ``test.states``; an index, or an array of them.

        Raises:
            InputError: Where states of one of these times were not kept.
        """
        if self.recorded_times is None:
            return times
        asked, recorded = np.asarray(times), np.asarray(self.recorded_times)
        left = ~np.isin(asked, recorded)
        if left.any():
            shown = ", ".join(map(str, np.unique(asked[left])[:4]))
            remedy = f"their states were not kept; record(times=) kept those of {first_names([*map(str, recorded)])}"
            raise InputError("times", shown, remedy)
        return np.searchsorted(recorded, asked)

    def samples(
        self, times: list[int], numbers: np.ndarray | None = None
    ) -> tuple[Float[np.ndarray, "sample state"], Float[np.ndarray, "sample number"]]:
        """States of the trials to fit on at these times, and the variables' numbers there, in double precision.

        Args:
            times: They.
            numbers: Which numbers have to be known (a mask, or their indices); those that can be stored by default.
                A state for which one of them is NaN is no sample.

        Raises:
            InputError: Where states of one of these times were not kept.
        """
        labels = self.train.labels[times]
        known = np.isfinite(labels[..., self.stored if numbers is None else numbers]).all(axis=2)
        states = self.train.states[self.index(times)]
        return states[known].astype(np.float64), labels[known].astype(np.float64)

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where each variable's numbers stand."""
        ends = np.cumsum([variable.size for variable in self.variables])
        return tuple(slice(end - v.size, end) for v, end in zip(self.variables, ends.tolist(), strict=True))

    def values(self, numbers: Float[np.ndarray, "*shape number"]) -> np.ndarray:
        """The variables' values, (..., variable): in a common type, or objects where there is none."""
        return stack_values([v.decode(numbers[..., at]) for v, at in zip(self.variables, self.slices, strict=True)])

    def find(self, selector: Any) -> list[int]:
        """The variables that a selector means: a name, an index, the first part of names with a dot, or several.

        Raises:
            InputError: Where there is no such variable.
        """
        names = [variable.name for variable in self.variables]
        if isinstance(selector, (list, tuple)):
            return [index for part in selector for index in self.find(part)]
        if isinstance(selector, (int, np.integer)) and not isinstance(selector, bool) and 0 <= selector < len(names):
            return [int(selector)]
        group = []
        if isinstance(selector, str):
            group = [i for i, name in enumerate(names) if name == selector]
            group = group or [i for i, name in enumerate(names) if name.rpartition(".")[0] == selector != ""]
        if not group:
            shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
            raise InputError("variable", selector, f"no such variable; there are {shown} (or a number from 0)")
        return group


def _time_first(values: Any, what: str, batch_first: bool) -> np.ndarray:
    """Numbers of recorded trials, (time, trial, number)."""
    order = "(trial, time, number)" if batch_first else "(time, trial, number)"
    array = as_numbers(values, what, order)
    if array.ndim != 3 or not array.size:
        raise InputError(what, f"shape {array.shape}", f"give an array of shape {order}")
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    return array.swapaxes(0, 1) if batch_first else array


def share_repeated(train: Recording, test: Recording) -> float:
    """The share of test trials whose inputs are those of a training trial; 0 where these are not known."""
    if train.inputs is None or test.inputs is None:
        return 0.0
    known = {np.ascontiguousarray(train.inputs[:, i]).tobytes() for i in range(train.inputs.shape[1])}
    trials = (np.ascontiguousarray(test.inputs[:, i]).tobytes() for i in range(test.inputs.shape[1]))
    return float(np.mean([trial in known for trial in trials]))


def stack_values(values: list[np.ndarray]) -> np.ndarray:
    """Values of several variables, (..., variable): in a common type, or objects where there is none."""
    if len({array.dtype.kind for array in values}) > 1 and not all(a.dtype.kind in "fiub" for a in values):
        values = [array.astype(object) for array in values]
    return np.stack(values, axis=-1)


def record_again(trials: Trials, system: Runnable) -> Trials:
    """Another network on the same trials, beside the same labels.

    Raises:
        InputError: Where it does not take such inputs, gives out vectors of another size, or diverges.
    """
    if trials.task is not None:
        every = trials.task.trials_of(system, trials.horizon)
        return every if trials.selection is None else every.select(trials.selection)
    parts = []
    for first in (trials.train, trials.test):
        assert first.inputs is not None
        states, outputs = system.run(first.inputs, times=trials.recorded_times)
        check_finite(states, outputs, trials.recorded_times)
        if outputs.shape != first.outputs.shape:
            shown = f"gives out {outputs.shape[2]} numbers"
            raise InputError("network", shown, f"give one that gives out {first.outputs.shape[2]}")
        parts.append(replace(first, states=states, outputs=outputs))
    return replace(trials, system=system, train=parts[0], test=parts[1], weights=system.weights())


def check_finite(states: np.ndarray, outputs: np.ndarray, times: tuple[int, ...] | None = None) -> None:
    """Raise InputError where states or outputs are not finite, and from which time on."""
    if not np.isfinite(outputs).all():
        bad = int((~np.isfinite(outputs).all(axis=(1, 2))).argmax())
        remedy = "check the readout, weights and inputs, or record fewer steps"
        if np.isfinite(states).all():
            raise InputError("outputs", f"not finite from time {bad} on", remedy)
    if not np.isfinite(states).all():
        bad = int((~np.isfinite(states).all(axis=(1, 2))).argmax())
        shown = f"not finite from time {bad if times is None else times[bad]} on"
        raise InputError("states", shown, "the network diverged; check weights and inputs, or record fewer steps")
