"""The change that a user asks of ``edit``: checked, and as the variables' numbers before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.arguments import as_bool, as_numbers, as_numpy, refuse_keywords
from emtvb.core.trials import Trials
from emtvb.core.variables import BINARY, CONTINUOUS
from emtvb.errors import InputError

_NOTHING = 1e-12
"""A smaller change of a variable's numbers is none."""
_VERBS = ("flip", "set", "swap", "shift")


class Change(TypedDict, total=False):
    """What ``edit`` changes: one of flip, set, swap and shift.

    Attributes:
        flip: Binary variables that get their other value.
        set: {variable: value}, the value that it gets: one for all, or one for each test trial.
        swap: (variable, variable): two variables, or two groups of as many, that exchange their values.
        shift: {variable: number}, what is added to continuous variables.
        interchange: Whether the value is not told but exchanged: taken from the state of another trial that has it.
        part: The part of the state in which alone the variables are found anew and edited.
    """

    flip: Any
    set: Any
    swap: Any
    shift: Any
    interchange: bool
    part: str


@dataclass(frozen=True)
class NamedChange:
    """A change in a word.

    Attributes:
        name: flip, set, swap or shift.
        value: What the user gave it.
        interchange: Whether values are exchanged with other trials.
    """

    name: str
    value: Any
    interchange: bool


def parse_change(change: Mapping[str, Any]) -> NamedChange:
    """The one change among keywords.

    Raises:
        TypeError: Where a keyword is none of :class:`Change`.
        InputError: Where there is no change, or more than one.
    """
    refuse_keywords("edit", {name: value for name, value in change.items() if name not in Change.__annotations__})
    given = [name for name in _VERBS if change.get(name) is not None]
    if len(given) != 1:
        raise InputError("edit", " and ".join(given) or "nothing", "give one of flip, set, swap and shift")
    return NamedChange(given[0], change[given[0]], as_bool(change.get("interchange", False), "interchange"))


@dataclass(frozen=True, eq=False)
class Request:
    """Changes that are asked for, an entry per trial and time.

    Attributes:
        trial: The trial.
        time: After which time it is edited.
        before: The variables' numbers there.
        after: The numbers that are asked for.
        name: The change in words.
        variables: The variables that are changed.
    """

    trial: Int[np.ndarray, " edit"]
    time: Int[np.ndarray, " edit"]
    before: Float[np.ndarray, "edit number"]
    after: Float[np.ndarray, "edit number"]
    name: str
    variables: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.trial)

    def select(self, entries: Int[np.ndarray, " entry"] | Bool[np.ndarray, " edit"]) -> Request:
        """Some entries, by number or by a mask."""
        trial, time, before, after = (array[entries] for array in (self.trial, self.time, self.before, self.after))
        return replace(self, trial=trial, time=time, before=before, after=after)


def request_edits(trials: Trials, times: Int[np.ndarray, " time"], change: NamedChange) -> Request:
    """All changes of test trials at these times that change something.

    Raises:
        InputError: Where there is no such variable or value, or nothing is changed.
    """
    count = trials.test.states.shape[1]
    time, trial = np.repeat(times, count), np.tile(np.arange(count), len(times))
    before = trials.test.labels[time, trial]
    if isinstance(change.value, (list, tuple)) and not len(change.value):
        raise InputError(change.name, str(change.value), "name at least one variable")
    if change.name == "flip":
        after, variables = _flipped(trials, before, change.value)
    elif change.name == "swap":
        after, variables = _swapped(trials, before, change.value)
    else:
        after, variables = _assigned(trials, before, trial, change)
    if len(set(variables)) < len(variables):
        raise InputError(change.name, str(change.value), "names a variable twice; name each once")
    names = [trials.variables[i].name for i in variables]
    name = f"{change.name} {', '.join(names[:4])}{', ...' if len(names) > 4 else ''}"
    copies = (np.abs(after - before)[:, ~trials.stored] > _NOTHING).any(axis=1)
    after = after if trials.task is None else trials.task.theory.with_copies(after, time)
    known = np.isfinite(before[:, trials.stored]).all(axis=1)
    moved = np.abs(np.nan_to_num(after) - np.nan_to_num(before))[:, trials.stored].max(axis=1) > _NOTHING
    if not (known & moved).any():
        if (known & copies).any():
            reason = "what comes later does not depend on it alone"
        elif known.any():
            reason = "changes nothing in any trial"
        else:
            reason = "no trial has a value of every variable then"
        raise InputError(f"edit ({name})", f"at {times.tolist()[:6]}", f"{reason}; choose another time or value")
    return Request(trial, time, before, after, name, tuple(variables)).select(known & moved)


_Changed = tuple[Float[np.ndarray, "edit number"], list[int]]
"""The numbers after a change, and the variables that it names."""


def _flipped(trials: Trials, before: Float[np.ndarray, "edit number"], selector: Any) -> _Changed:
    """Binary variables with their other value."""
    after, indices = before.copy(), trials.find(selector)
    for i in indices:
        v = trials.variables[i]
        if v.kind != BINARY:
            remedy = "use set or shift" if v.kind == CONTINUOUS else "use set"
            raise InputError("flip", v.name, f"it is {v.kind}; {remedy}")
        after[:, trials.slices[i]] *= -1
    return after, indices


def _swapped(trials: Trials, before: Float[np.ndarray, "edit number"], pair: Any) -> _Changed:
    """Two variables, or groups of as many, with each other's values."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise InputError("swap", pair, "give two variables")
    first, second = (trials.find(selector) for selector in pair)
    if len(first) != len(second):
        raise InputError("swap", pair, f"{len(first)} variables for {len(second)}; give two of a size")
    after = before.copy()
    for i, j in zip(first, second, strict=True):
        a, b = trials.variables[i], trials.variables[j]
        if a.kind != b.kind or (a.kind != CONTINUOUS and not np.array_equal(a.classes, b.classes)):
            raise InputError("swap", f"{a.name} and {b.name}", "they do not take the same values; use set")
        at, there = trials.slices[i], trials.slices[j]
        after[:, at], after[:, there] = a.encode(b.decode(before[:, there])), b.encode(a.decode(before[:, at]))
        after[np.isnan(before)] = np.nan
    return after, first + second


def _assigned(
    trials: Trials, before: Float[np.ndarray, "edit number"], trial: Int[np.ndarray, " edit"], change: NamedChange
) -> _Changed:
    """Variables with a value that is set, or a number that is added."""
    if not isinstance(change.value, Mapping) or not change.value:
        raise InputError(change.name, change.value, f"give {change.name}={{variable: value}}")
    after, every = before.copy(), []
    for selector, value in change.value.items():
        indices = trials.find(selector)
        for i, values in zip(indices, _spread(trials, trial, change.name, selector, value, indices), strict=True):
            v, at = trials.variables[i], trials.slices[i]
            if change.name == "set":
                after[:, at] = v.encode(values)
                continue
            if values.dtype.kind not in "iuf":
                raise InputError("shift", f"{selector}: {value!r:.60}", "give a number to be added")
            if v.kind != CONTINUOUS:
                remedy = "use flip or set" if v.kind == BINARY else "use set"
                raise InputError("shift", v.name, f"it is {v.kind}; {remedy}")
            after[:, at] += values[:, None] / v.spread
        every += indices
    return after, every


def _spread(
    trials: Trials, trial: Int[np.ndarray, " edit"], name: str, selector: Any, value: Any, indices: list[int]
) -> list[np.ndarray]:
    """The value of each edit, of each of some variables: one for all, one for each variable, or one for each trial."""
    count, values = trials.test.states.shape[1], as_numpy(value, name)
    if values.dtype.kind not in "biufUS":
        raise InputError(name, f"{selector}: {value!r:.60}", "give a value, or one for each trial to judge on")
    if values.dtype.kind not in "US":
        values = as_numbers(values, f"{name}: {selector}", "one, or one for each trial to judge on")
    if values.shape and values.shape[0] == count and len(indices) == 1:
        return [values[trial]]
    if values.shape in ((), (len(indices),)):
        return [np.full(len(trial), number) for number in np.broadcast_to(values, len(indices))]
    most = count if len(indices) == 1 else len(indices)
    raise InputError(name, f"values of shape {values.shape} for {selector}", f"give 1 value or {most}")
