"""Change what a network holds while it runs, and compare what follows with what should: ``edit``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.errors import InputError
from emtvb.interpret import interventions
from emtvb.interpret.recording import settled
from emtvb.networks import signs
from emtvb.own.fitting import Fitted, wilson
from emtvb.own.steps import of_kind
from emtvb.own.trials import Trials
from emtvb.own.variables import BINARY, CONTINUOUS, as_numpy
from emtvb.tasks import Task

Agrees = Callable[[np.ndarray, np.ndarray], np.ndarray]

TRIAL = "trial"
_CLOSE = 0.5
"""Outputs agree within so many standard deviations of the network's outputs, where they are no signs."""
_ROUNDING = 1e-3
"""Nothing nearer than this share of the largest of these deviations counts as a difference."""
_ALIKE = 0.1
"""Within so many standard deviations two values of a variable are the same, where another trial is looked for, and the
outputs of two futures that someone states."""


@dataclass(frozen=True, eq=False)
class Edits:
    """What came of an edit, an entry per trial and time.

    Followed is a future in which every output vector, for all steps, agrees with the one that was expected.

    Attributes:
        name: What was done.
        trial: The trial, an index of those to judge on.
        time: After which time it was edited.
        before: The variables' values there.
        after: What was asked for.
        outputs: What the network then gave out.
        expected: What should follow from the values after the edit.
        unedited: What the network gives out on the same inputs without it.
        followed: Whether the future was the expected one.
        already: The same without the edit: must be rare, or the edit shows nothing.
        random: The same after a step of the same size in a random direction: a control, which must fail.
        other: The same after a step of the same length along another variable's direction: a control, which must fail;
            empty where there is no other variable.
        ceiling: Whether the network without an edit does what should follow from the values before it: no edit can
            succeed more often. Empty where what is expected comes from other trials.
        size: Of the step, in the state.
        recovered: Share of the squared distance between the expected future and the unedited one that the edit made up
            for: 1 is all, 0 nothing; over all trials. Then of the random step, and of the step along the other variable
            (NaN where there is none).
    """

    name: str
    trial: Int[np.ndarray, " edit"]
    time: Int[np.ndarray, " edit"]
    before: np.ndarray
    after: np.ndarray
    outputs: Float[np.ndarray, "step edit output"]
    expected: Float[np.ndarray, "step edit output"]
    unedited: Float[np.ndarray, "step edit output"]
    followed: Bool[np.ndarray, " edit"]
    already: Bool[np.ndarray, " edit"]
    random: Bool[np.ndarray, " edit"]
    other: Bool[np.ndarray, " control"]
    ceiling: Bool[np.ndarray, " known"]
    size: Float[np.ndarray, " edit"]
    recovered: tuple[float, float, float]

    @property
    def success(self) -> float:
        """Share of edits whose future was the expected one."""
        return float(self.followed.mean())

    def interval(self, which: str = "followed") -> tuple[float, float]:
        """The 95% interval (Wilson) of the share of ``followed``, ``already``, ``random``, ``other`` or ``ceiling``.

        Trials count once, however often they were edited.
        """
        values = getattr(self, which)
        if not len(values):
            return 0.0, 1.0
        low, high = wilson(float(values.mean()), min(len(np.unique(self.trial)), len(values)))
        return float(low), float(high)

    @property
    def controls_fail(self) -> bool:
        """Whether the edit succeeds more often than each control and than no edit, by more than the intervals."""
        controls = [name for name in ("already", "random", "other") if len(getattr(self, name))]
        return all(self.interval(name)[1] < self.interval()[0] for name in controls)

    def __str__(self) -> str:
        rows = {
            "followed, of the edits": "followed",
            "without an edit": "already",
            "random step of the same size": "random",
            "along another variable": "other",
            "as expected if nothing is edited": "ceiling",
        }
        recovered = dict(zip(("followed", "random", "other"), self.recovered, strict=True))
        lines = [
            f"{self.name}: {len(self.trial)} edits in {len(np.unique(self.trial))} trials, {len(self.outputs)} steps"
        ]
        for words, name in rows.items():
            if len(values := getattr(self, name)):
                low, high = self.interval(name)
                share = f"; recovered {recovered[name]:6.3f}" if name in recovered else ""
                lines.append(f"  {words:33} {values.mean():6.3f}  [{low:.3f}, {high:.3f}]{share}")
        return "\n".join(lines)


def edit(
    fitted: Fitted,
    at: int | Iterable[int],
    *,
    flip: Any = None,
    set: Any = None,
    swap: Any = None,
    shift: Any = None,
    future: Any = None,
    steps: int | None = None,
    inputs: Any = None,
    agrees: Agrees | None = None,
    most: int = 512,
    seed: int = 0,
) -> Edits:
    """Change variables of a running network through its memories, h + Psi (v' - v), and see what follows.

    A variable is meant by its name or its place; of a task of this package "3.2" is dimension 2 of variable 3, and "3"
    all of variable 3. Give one of flip, set, swap and shift.

    Args:
        fitted: Of :func:`fit`. The trials to judge on are edited, where the change changes something.
        at: After which time, or times.
        flip: Binary variables that get their other value.
        set: {variable: value}, the value that it gets: one for all, or one for each trial to judge on.
        swap: (variable, variable): two variables, or two groups of as many, that exchange their values.
        shift: {variable: number}, what is added to continuous variables.
        future: What should follow: a function of the values (trial, variable) after the edit and of the inputs that
            follow (step, trial, input), which returns outputs (step, trial, output); or "trial": the outputs of another
            trial that holds just these values then, on that trial's inputs; or a task of this package. By default the
            trials' own task, or else "trial".
        steps: Steps after the edit that are compared; by default as many as were recorded, of a task 100.
        inputs: What the network reads after the edit, (step, input) or (step, trial, input); by default what it read
            when it was recorded. Not with "trial".
        agrees: Whether outputs are the expected ones: from both, (step, trial, output), to (step, trial). By default
            every output has the sign that was expected, where only 1 and -1 are expected; otherwise each is within half
            a standard deviation of the network's outputs, and nearer than to what follows without the edit.
        most: Edits; if there could be more, they are chosen by chance.
        seed: Of choices, and of the random direction.

    Raises:
        InputError: Where there is no such time, variable or value, nothing is changed, or nothing to compare with.
    """
    given = {
        word: what
        for word, what in (("flip", flip), ("set", set), ("swap", swap), ("shift", shift))
        if what is not None
    }
    of_kind(fitted, Fitted, "fitted", "fit")
    if len(given) != 1:
        raise InputError("edit", " and ".join(given) or "nothing", "give one of flip, set, swap and shift")
    trials, ((word, what),) = fitted.trials, given.items()
    if isinstance(future, Task) and (trials.task is None or future.composition != trials.task.composition):
        raise InputError("future", future.name, "a task gives the future of trials that were recorded on it")
    source = trials.task or TRIAL if future is None else future
    if source == TRIAL and inputs is not None:
        raise InputError("inputs", "given beside future='trial'", "the other trial has its own; leave them out")
    rng = np.random.default_rng(seed)
    times = np.atleast_1d(np.asarray(at))
    length = _steps(trials, times, steps, source, inputs is not None)
    asked = _asked(fitted, times, word, what)
    donor = None
    if source == TRIAL:
        donor = _donors(trials, asked, rng)
        asked, donor = asked.of(donor >= 0), donor[donor >= 0]
    if len(asked.trial) > most:
        few = np.sort(rng.permutation(len(asked.trial))[:most])
        asked, donor = asked.of(few), None if donor is None else donor[few]
    u = _inputs_after(trials, asked.time, asked.trial if donor is None else donor, length, inputs)
    state = trials.judging.states[asked.time, asked.trial]

    def future_of(step: np.ndarray | float) -> np.ndarray:
        if trials.task is not None and not u.any():
            return trials.system.coast(state + step, length)[1]
        return trials.system.run(u, state + step)[1]

    change = fitted.memories.change(asked.before, asked.after)
    other = _along_another(fitted, change, asked, rng)
    unedited, edited = future_of(0.0), future_of(change)
    random, aside = future_of(interventions.random_step(change, rng)), None if other is None else future_of(other)
    ceiling = np.zeros(0, dtype=bool)
    if donor is None:
        expected = _expected(trials, source, asked.after, u, length, unedited)
        otherwise = _expected(trials, source, asked.before, u, length, unedited)
        parted, ceiling = _ALIKE, _followed(trials, agrees, unedited, otherwise, otherwise, _ALIKE)
    else:
        futures = [trials.judging.outputs[t + 1 : t + 1 + length, i] for t, i in zip(asked.time, donor, strict=True)]
        expected, otherwise, parted = np.stack(futures, axis=1), unedited, _CLOSE
    followed, already, pushed = (
        _followed(trials, agrees, outputs, expected, otherwise, parted) for outputs in (edited, unedited, random)
    )
    return Edits(
        asked.name,
        asked.trial,
        asked.time,
        trials.values(asked.before),
        trials.values(asked.after),
        edited,
        expected,
        unedited,
        followed,
        already,
        pushed,
        np.zeros(0, dtype=bool) if aside is None else _followed(trials, agrees, aside, expected, otherwise, parted),
        ceiling,
        np.linalg.norm(change, axis=1),
        (
            _recovered(edited, expected, unedited),
            _recovered(random, expected, unedited),
            _recovered(aside, expected, unedited),
        ),
    )


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is to be changed: a trial and a time an entry, the numbers before and after, and a name for it."""

    trial: Int[np.ndarray, " edit"]
    time: Int[np.ndarray, " edit"]
    before: Float[np.ndarray, "edit number"]
    after: Float[np.ndarray, "edit number"]
    name: str

    def of(self, entries: np.ndarray) -> _Asked:
        """Some of them."""
        trial, time, before, after = (part[entries] for part in (self.trial, self.time, self.before, self.after))
        return _Asked(trial, time, before, after, self.name)


def _asked(fitted: Fitted, times: np.ndarray, word: str, what: Any) -> _Asked:
    """The changes of all trials at these times that change something."""
    trials = fitted.trials
    time = np.repeat(times, trials.judging.states.shape[1])
    trial = np.tile(np.arange(trials.judging.states.shape[1]), len(times))
    before = trials.judging.theory[time, trial]
    after, name = _after(trials, before, trial, word, what)
    after = _consistent(trials, after, time)
    known = np.isfinite(before[:, trials.kept]).all(axis=1)
    moved = np.abs(fitted.memories.change(np.nan_to_num(before), np.nan_to_num(after))).max(axis=1) > 0
    if not (known & moved).any():
        reason = "changes nothing in any trial" if known.any() else "no trial has a value of every variable then"
        raise InputError(f"edit ({name})", f"at {times.tolist()[:6]}", f"{reason}; choose another time or value")
    return _Asked(trial, time, before, after, name).of(known & moved)


def _steps(trials: Trials, times: np.ndarray, steps: int | None, source: Any, has_inputs: bool) -> int:
    """How many steps are compared."""
    recorded = len(trials.judging.states)
    if not len(times) or times.dtype.kind not in "iu" or times.min() < 0 or times.max() >= recorded:
        raise InputError("at", times.tolist(), f"give times from 0 to {recorded - 1}")
    left = recorded - 1 - int(times.max())
    free = has_inputs or (trials.task is not None and source != TRIAL)
    wanted = (interventions.FUTURE if trials.task else left) if steps is None else steps
    if wanted < 1 or (wanted > left and not free):
        remedy = f"{left} steps were recorded after time {int(times.max())}; edit earlier, or record longer"
        raise InputError("steps", wanted, remedy)
    return int(wanted)


def _after(trials: Trials, before: np.ndarray, trial: np.ndarray, word: str, what: Any) -> tuple[np.ndarray, str]:
    """The numbers that were asked for, and in words what it is."""
    after = before.copy()
    places, variables = trials.places, trials.variables
    if word == "flip":
        found = trials.find(what)
        for i in found:
            if variables[i].kind != BINARY:
                raise InputError("flip", variables[i].name, f"it is {variables[i].kind}; use set or shift")
            after[:, places[i]] *= -1
    elif word == "swap":
        if not isinstance(what, (tuple, list)) or len(what) != 2:
            raise InputError("swap", what, "give two variables")
        first, second = (trials.find(part) for part in what)
        if len(first) != len(second):
            raise InputError("swap", what, f"{len(first)} variables for {len(second)}; give two of a size")
        for i, j in zip(first, second, strict=True):
            a, b = variables[i], variables[j]
            if a.kind != b.kind or (a.kind != CONTINUOUS and not np.array_equal(a.classes, b.classes)):
                raise InputError("swap", f"{a.name} and {b.name}", "they do not take the same values; use set")
            for one, source in ((i, j), (j, i)):
                after[:, places[one]] = variables[one].encode(variables[source].decode(before[:, places[source]]))
            after[np.isnan(before)] = np.nan
        found = first + second
    else:
        if not isinstance(what, Mapping) or not what:
            raise InputError(word, what, f"give {word}={{variable: value}}")
        found = []
        for selector, value in what.items():
            indices = trials.find(selector)
            values = as_numpy(value)
            if values.shape and values.shape[0] == trials.judging.states.shape[1] and len(indices) == 1:
                spread = [values[trial]]
            elif values.shape in ((), (len(indices),)):
                spread = [np.full(len(before), one) for one in np.broadcast_to(values, len(indices))]
            else:
                raise InputError(word, f"{values.shape} values for {selector}", f"give 1 or {len(indices)}")
            for i, one in zip(indices, spread, strict=True):
                if word == "shift":
                    if variables[i].kind != CONTINUOUS:
                        raise InputError("shift", variables[i].name, f"it is {variables[i].kind}; use flip or set")
                    after[:, places[i]] += one[:, None] / variables[i].spread
                else:
                    after[:, places[i]] = variables[i].encode(one)
            found += indices
    shown = [variables[i].name for i in found]
    return after, f"{word} {', '.join(shown[:4])}{', ...' if len(shown) > 4 else ''}"


def _consistent(trials: Trials, after: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Of a task, with all that is a copy of what was changed."""
    if trials.task is not None:
        late = time >= settled(trials.task)
        after[late] = interventions.consistent(trials.task, after[late])
    return after


def _donors(trials: Trials, asked: _Asked, rng: np.random.Generator) -> Int[np.ndarray, " edit"]:
    """For each edit another trial that holds at that time what was asked for; -1 where there is none."""
    scale = np.concatenate([np.full(v.size, _ALIKE if v.kind == CONTINUOUS else 1e-6) for v in trials.variables])
    found = np.full(len(asked.trial), -1)
    for i, (trial, time, after) in enumerate(zip(asked.trial, asked.time, asked.after, strict=True)):
        held = trials.judging.theory[time]
        alike = (np.abs(held - after) <= scale)[:, trials.kept].all(axis=1)
        alike[trial] = False
        if alike.any():
            found[i] = rng.choice(np.flatnonzero(alike))
    if (found < 0).all():
        remedy = "no other trial holds just these values then; give future= as a function, or record more trials"
        raise InputError("future", TRIAL, remedy)
    return found


def _inputs_after(trials: Trials, time: np.ndarray, trial: np.ndarray, length: int, given: Any) -> np.ndarray:
    """What is read after the edits, (step, edit, input)."""
    if given is None:
        if trials.task is not None:
            return np.zeros((length, len(time), trials.inputs.shape[2]), dtype=trials.inputs.dtype)
        return np.stack([trials.inputs[t + 1 : t + 1 + length, i] for t, i in zip(time, trial, strict=True)], axis=1)
    u = as_numpy(given)
    width = trials.inputs.shape[2]
    if u.shape == (length, width):
        return np.repeat(u[:, None], len(time), axis=1).astype(trials.inputs.dtype)
    if u.shape == (length, trials.inputs.shape[1], width):
        return u[:, trial].astype(trials.inputs.dtype)
    wanted = f"({length}, {width}) or ({length}, {trials.inputs.shape[1]}, {width})"
    raise InputError("inputs", f"shape {u.shape}", f"give {wanted}: steps, trials to judge on, inputs")


def _expected(
    trials: Trials, source: Any, numbers: np.ndarray, u: np.ndarray, length: int, like: np.ndarray
) -> np.ndarray:
    """The outputs that should follow from these numbers, from a task or a function."""
    if isinstance(source, Task):
        return interventions.future(source, numbers, length).astype(np.float64)
    if not callable(source):
        raise InputError("future", source, "give a function (values, inputs) -> outputs, 'trial' or a task")
    found = as_numpy(_asked_of("future", source, trials.values(numbers), u))
    if found.shape != like.shape or found.dtype.kind not in "fiub":
        shown = f"a function that returned {found.dtype} of shape {found.shape}"
        raise InputError("future", shown, f"give outputs (step, trial, output) = {like.shape}")
    return found.astype(np.float64)


def _asked_of(setting: str, function: Callable, *arguments: np.ndarray) -> Any:
    """What a function of the user's says; where it fails, one line."""
    name = getattr(function, "__name__", type(function).__name__)
    try:
        return function(*arguments)
    except InputError:
        raise
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        shapes = " and ".join(str(argument.shape) for argument in arguments)
        raise InputError(setting, f"{name} failed ({said})", f"it is called with arrays of shape {shapes}") from error


def _followed(
    trials: Trials,
    agrees: Agrees | None,
    outputs: np.ndarray,
    expected: np.ndarray,
    otherwise: np.ndarray,
    parted: float,
) -> Bool[np.ndarray, " edit"]:
    """Whether outputs are the expected ones at every step, and not those that follow otherwise.

    The two futures count as different where they are parted by so many standard deviations: a network's own outputs by
    more than those that someone states, for they are never quite the same.
    """
    if agrees is not None:
        agreed = np.asarray(_asked_of("agrees", agrees, outputs, expected))
        if agreed.shape != outputs.shape[:2]:
            raise InputError("agrees", f"returned shape {agreed.shape}", f"give (step, trial) = {outputs.shape[:2]}")
    elif (np.abs(expected) == 1).all():
        agreed = (signs(outputs) == expected).all(axis=2)
    else:
        spread = trials.judging.outputs.reshape(-1, outputs.shape[2]).astype(np.float64).std(axis=0)
        least, apart = _ROUNDING * spread.max(), np.abs(expected - otherwise)
        near = np.maximum(_CLOSE * spread, least)
        near = np.where(apart > np.maximum(parted * spread, least), np.minimum(near, apart / 2), near)
        agreed = (np.abs(outputs - expected) <= near).all(axis=2)
    return np.asarray(agreed.astype(bool).all(axis=0))


def _along_another(fitted: Fitted, change: np.ndarray, asked: _Asked, rng: np.random.Generator) -> np.ndarray | None:
    """Steps of the same lengths along the directions of variables that no edit changes."""
    places, kept = fitted.trials.places, fitted.trials.kept
    left = (np.abs(asked.after - asked.before) < 1e-9).all(axis=0) & kept
    others = [i for i in range(len(places)) if left[places[i]].all()]
    columns = [fitted.memories.basis[:, places[i]] for i in others]
    columns = [column for column in columns if np.linalg.norm(column) > 0]
    if not columns:
        return None
    chosen = rng.integers(len(columns), size=len(change))
    steps = np.stack([columns[i] @ rng.choice([-1.0, 1.0], size=columns[i].shape[1]) for i in chosen])
    return steps * (np.linalg.norm(change, axis=1) / np.linalg.norm(steps, axis=1))[:, None]


def _recovered(outputs: np.ndarray | None, expected: np.ndarray, unedited: np.ndarray) -> float:
    """Share of the squared distance from the expected future that is made up for."""
    distance = float(((unedited.astype(np.float64) - expected) ** 2).sum())
    if outputs is None or not distance:
        return float("nan")
    return 1 - float(((outputs.astype(np.float64) - expected) ** 2).sum()) / distance
