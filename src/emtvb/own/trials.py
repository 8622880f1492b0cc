"""A network at work beside what it should hold: ``record``. Some trials are for fitting, the others for judging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from emtvb.errors import InputError
from emtvb.interpret import extraction, recording
from emtvb.interpret.judging import held_out
from emtvb.interpret.recording import FITTING, Recording
from emtvb.own.adapting import Adapted, Wrapped, adapt
from emtvb.own.variables import (
    BINARY,
    CONTINUOUS,
    Kinds,
    Variable,
    as_numpy,
    columns,
    kinds_of,
    simplex,
    undefined,
    variable,
)
from emtvb.tasks import Task


@dataclass(frozen=True, eq=False)
class Trials:
    """A network's states and outputs, and the labels of what it should hold there.

    A time t is an index of the time steps: what stands there is after the t-th input (from 0) was read. Of a task of
    this package it is output steps after the last input.

    Attributes:
        system: The network.
        variables: What it should hold.
        fitting: What is fitted on; ``theory`` are the variables' numbers, NaN where one has no value.
        judging: What is judged on.
        inputs: Of the trials to judge on, the input at each time.
        kept: Which numbers can be stored at all; of labels all, of a task what persists.
        fitted_times: Times to fit at, by default.
        task: The task, where it is one of this package.
        horizon: Its output steps that are tested.
        repeated: Share of the trials to judge on whose inputs are those of a trial that is fitted on.
    """

    system: Adapted | Wrapped
    variables: tuple[Variable, ...]
    fitting: Recording
    judging: Recording
    inputs: Float[np.ndarray, "time trial input"]
    kept: Bool[np.ndarray, " number"]
    fitted_times: tuple[int, ...]
    task: Task | None = None
    horizon: int = 0
    repeated: float = 0.0

    @property
    def places(self) -> tuple[slice, ...]:
        """Where each variable's numbers stand."""
        ends = np.cumsum([variable.size for variable in self.variables])
        return tuple(slice(end - v.size, end) for v, end in zip(self.variables, ends.tolist(), strict=True))

    def values(self, numbers: Float[np.ndarray, "*shape number"]) -> np.ndarray:
        """The variables' values, (..., variable): in a common type, or objects where there is none."""
        decoded = [v.decode(numbers[..., at]) for v, at in zip(self.variables, self.places, strict=True)]
        if len({array.dtype.kind for array in decoded}) > 1 and not all(a.dtype.kind in "fiub" for a in decoded):
            decoded = [array.astype(object) for array in decoded]
        return np.stack(decoded, axis=-1)

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
        if selector in names:
            return [names.index(selector)]
        group = [i for i, name in enumerate(names) if "." in name and name.rpartition(".")[0] == selector]
        if not group:
            shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
            raise InputError("variable", selector, f"no such variable; there are {shown} (or a number from 0)")
        return group


def record(
    system: Any,
    inputs: Any,
    labels: Any = None,
    *,
    names: Sequence[str] | None = None,
    kinds: Kinds = None,
    fit_share: float = 0.5,
    seed: int = 0,
    horizon: int = 200,
) -> Trials:
    """Run a network on inputs, or on a task of this package, beside what it should hold.

    Args:
        system: Of :func:`adapt`, or what it takes.
        inputs: (time, trial, input), numbers (``x.swapaxes(0, 1)`` where trials come first); or a ``Task``, whose
            sequences and labels are then made here.
        labels: (time, trial, variable): the value of each variable after the input of that time; or a dict from names
            to arrays (time, trial), or (time, trial, n) for n variables ``name.0``, ``name.1``, ... NaN: no value then.
        names: Of the variables, where labels are one array; "0", "1", ... by default.
        kinds: "binary", "categorical" or "continuous", for all, for each, or by name. By default two values are binary,
            other numbers with a point continuous, and integers and words categorical.
        fit_share: Share of the trials to fit on; the others are for judging.
        seed: Chooses which.
        horizon: Output steps of a task's test.

    Returns:
        The trials, which :func:`fit` takes.

    Raises:
        InputError: Where shapes do not agree, a variable is constant, states are not finite, or trials are too few.
    """
    system = adapt(system)
    if isinstance(inputs, Task):
        if labels is not None or names is not None or kinds is not None:
            raise InputError("labels", "given beside a task", "a task has its own; leave them out")
        return _of_task(system, inputs, horizon)
    if labels is None or (isinstance(labels, dict) and not labels):
        raise InputError("labels", "none", "say what the network should hold, (time, trial, variable), or give a Task")
    x = _checked_inputs(as_numpy(inputs))
    given = columns(labels, x.shape[:2], names)
    kind = kinds_of(list(given), kinds)
    variables = [variable(name, values, kind[name]) for name, values in given.items()]
    fitted = _split(x.shape[1], fit_share, seed)
    states, outputs = system.drive(x)
    _check_finite(states)
    variables = [_scaled(v, given[v.name][:, fitted]) for v in variables]
    theory = np.concatenate([v.encode(given[v.name]) for v in variables], axis=-1)
    fitting, judging = (Recording(states[:, part], outputs[:, part], theory[:, part]) for part in (fitted, ~fitted))
    times = tuple(np.flatnonzero(np.isfinite(fitting.theory).all(axis=2).any(axis=1)).tolist())
    if not times:
        raise InputError("labels", "never all defined at once", "record these variables apart from each other")
    for v in variables:
        _check_seen(v, given[v.name][:, fitted][list(times)])
    return Trials(
        system,
        tuple(variables),
        fitting,
        judging,
        x[:, ~fitted],
        np.ones(theory.shape[2], dtype=bool),
        times,
        repeated=_repeated(x[:, fitted], x[:, ~fitted]),
    )


def _of_task(system: Adapted | Wrapped, task: Task, horizon: int) -> Trials:
    """The sequences that the workflow fits and judges on."""
    if system.input_dim not in (None, task.d):
        raise InputError("task", f"{task.name} has d = {task.d}", f"{system.name} takes {system.input_dim} inputs")
    if horizon < 1:
        raise InputError("horizon", horizon, "give output steps, 1 or more")
    times = extraction.fitting_times(task)
    fitting = recording.record(system, task, recording.sequences(task, FITTING, extraction.SEQUENCES, 0), times[-1])
    judging = held_out(system, task, horizon)
    if fitting.outputs.shape[2] != task.d:
        shown = f"gives out {fitting.outputs.shape[2]} numbers"
        raise InputError("readout", shown, f"{task.name} has d = {task.d}; give adapt the readout")
    _check_finite(judging.states)
    signs, code = np.array([-1.0, 1.0]), simplex(2)
    names = [f"{v}.{k}" for v in range(1, task.s + 1) for k in range(task.d)]
    variables = tuple(Variable(name, BINARY, signs, code) for name in names)
    silence = np.zeros((len(judging.states), judging.states.shape[1], task.d), dtype=np.float32)
    return Trials(system, variables, fitting, judging, silence, task.persistent(), tuple(times), task, horizon)


def _checked_inputs(x: np.ndarray) -> np.ndarray:
    if x.ndim != 3 or 0 in x.shape:
        raise InputError("inputs", f"shape {x.shape}", "give an array of shape (time, trial, input)")
    if x.dtype.kind not in "fiub" or not np.isfinite(x).all():
        raise InputError("inputs", f"{x.dtype}, not all of them finite numbers", "give finite numbers")
    return x if x.dtype.kind == "f" else x.astype(np.float32)


def _split(trials: int, share: float, seed: int) -> Bool[np.ndarray, " trial"]:
    """Which trials are fitted on."""
    if not isinstance(share, (int, float)) or not 0 < share < 1:
        raise InputError("fit_share", share, "give a number between 0 and 1")
    count = round(trials * share)
    if count < 2 or trials - count < 2:
        raise InputError("trials", trials, "too few to fit on one part and judge on another; give at least 4")
    fitted = np.zeros(trials, dtype=bool)
    fitted[np.random.default_rng(seed).permutation(trials)[:count]] = True
    return fitted


def _check_finite(states: np.ndarray) -> None:
    if not np.isfinite(states).all():
        bad = ~np.isfinite(states).all(axis=(1, 2))
        shown = f"not finite from time {int(bad.argmax())} on"
        raise InputError("states", shown, "the network diverged; check weights and inputs, or record fewer steps")


def _scaled(v: Variable, values: np.ndarray) -> Variable:
    """A continuous variable in standard deviations of these values."""
    if v.kind != CONTINUOUS:
        return v
    known = values[~undefined(values)].astype(np.float64)
    if not known.size or not known.std() > 0:
        raise InputError(f"labels of {v.name}", "constant in the trials to fit on", "give more trials")
    return replace(v, mean=float(known.mean()), spread=float(known.std()))


def _check_seen(v: Variable, values: np.ndarray) -> None:
    """Raise InputError where a class is in no trial that is fitted on."""
    seen = np.unique(values[~undefined(values)])
    missing = [value for value in v.classes if value not in seen]
    if missing or len(seen) < 2:
        shown = f"{missing[0]} is in no trial to fit on" if missing else "constant in the trials to fit on"
        raise InputError(f"labels of {v.name}", shown, "give more trials, or another seed")


def _repeated(fitted: np.ndarray, judged: np.ndarray) -> float:
    known = {np.ascontiguousarray(fitted[:, i]).tobytes() for i in range(fitted.shape[1])}
    return float(np.mean([np.ascontiguousarray(judged[:, i]).tobytes() in known for i in range(judged.shape[1])]))
