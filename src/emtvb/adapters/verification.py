"""A system held to its network on a user's own trials, at their full length.

It is held to ``whole=``, if that was given, and to itself: it is run again, goes on from recorded states, and does so
without the other trials.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from emtvb.adapters.steps import Machine, run
from emtvb.core.arguments import describe_error
from emtvb.core.result_tables import count_and_noun, first_names
from emtvb.errors import InputError

TRIALS = 512
"""Trials that are run, at most."""
NUMBERS = 10_000_000
"""Numbers of states that are kept of them, at most; trials are fewer then, and at last the times that are gone on from.
So a check takes a few runs of these trials, however many are recorded."""
_AGAIN = 8
"""Trials whose next step is made again at each time."""
_AHEAD = 2
"""Steps that a system which drives by itself goes on: rounding has no time to grow in them."""
_LENGTHS = 8
"""Lengths at which a network that gives out its last step alone is held to it."""
_SENSITIVE = 100.0
"""Differences count where they are so many times those that rounding makes by itself, in a network that is chaotic."""
_NEAR = {"float64": 1e-9, "float32": 1e-5}
_NEAR_WHOLE = {"float64": 1e-6, "float32": 1e-3}
"""Differences that do not count, of steps made again and of the whole network: shares of what a channel reaches."""
_SMALL = 1e-4
"""A channel's scale is this share of the largest number at least: below that, numbers are what rounding left."""
_DRAWS, _STANDARD_ERRORS = 100, 6.0
"""Draws of noise whose mean must stay when other trials are changed, and by how much."""


@dataclass(frozen=True, eq=False)
class Verified:
    """Whether a system does what its network does, on trials of its user. It is true where it was held to the network.

    It is false where there is nothing that it could be held to but itself.

    Attributes:
        against: What its steps were held to; empty where there is nothing.
        trials: How many trials.
        steps: Steps of them that were held; fewer than ``length`` of a chaotic network, whose rounding errors grow.
        length: Their steps.
        note: What else is to be said.
        noisy: Whether it has noise of its own.
        lowest: Of these trials the smallest number of each input.
        highest: The largest.
    """

    against: str = ""
    trials: int = 0
    steps: int = 0
    length: int = 0
    note: str = ""
    noisy: bool = False
    lowest: np.ndarray = field(default_factory=lambda: np.zeros(0))
    highest: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __bool__(self) -> bool:
        return bool(self.against) and self.steps > 0

    def __str__(self) -> str:
        note = f"; {self.note}" if self.note else ""
        if not self:
            return f"verified: no{note}"
        trials, steps = count_and_noun(self.trials, "trial"), count_and_noun(self.length, "step")
        until = "" if self.steps == self.length else f" until step {self.steps}; later rounding decides: it is chaotic"
        return f"verified on {trials} of {steps} against {self.against}{until}{note}"

    def unlike(self, inputs: Float[np.ndarray, "time trial input"], from_start: bool) -> str:
        """How inputs are of another kind than those that it was held on, in words; empty where they are not."""
        if not self or not self.lowest.size or not inputs.size:
            return ""
        if (inputs.min(axis=(0, 1)) < self.lowest).any() or (inputs.max(axis=(0, 1)) > self.highest).any():
            return "numbers beyond those"
        return f"more than {self.length} steps" if from_start and len(inputs) > self.length else ""


def drawn(inputs: Float[np.ndarray, "time trial input"], size: int) -> Int[np.ndarray, " chosen"]:
    """Which trials are run: those with the largest and smallest inputs, the most and fewest zeros, others by chance.

    Args:
        inputs: Of all.
        size: Numbers of a state.
    """
    count = inputs.shape[1]
    most = min(TRIALS, count, max(NUMBERS // (len(inputs) * size), 2))
    zeros = (inputs == 0).sum(axis=(0, 2))
    ends = [inputs.max(axis=(0, 2)).argmax(), inputs.min(axis=(0, 2)).argmin(), zeros.argmax(), zeros.argmin()]
    chance = np.random.default_rng(0).permutation(count)
    order = np.array(list(dict.fromkeys(map(int, [*ends, *chance]))))
    kept = order[:most]
    return kept[np.random.default_rng(1).permutation(most)]


def verify(machine: Machine, inputs: Float[np.ndarray, "time trial input"], has_ids: bool = False) -> Verified:
    """Hold a network's steps to the whole network, and runs that go on from its states to one run.

    Args:
        machine: Makes the steps.
        inputs: Of all trials; few of them are run (:func:`drawn`).
        has_ids: Whether they are whole numbers, which the whole network is given as such, (time, trial).

    Raises:
        InputError: At which step its outputs or states differ first, and by how much.
    """
    whole = machine.form.whole
    x = inputs[:, drawn(inputs, machine.state_dim)]
    noisy = is_noisy(machine, x)
    outputs = _held_to_itself(machine, x, noisy)
    seen = Verified(
        length=len(x), trials=x.shape[1], noisy=noisy, lowest=inputs.min(axis=(0, 1)), highest=inputs.max(axis=(0, 1))
    )
    if whole is None:
        return replace(seen, note="give whole=, the network on whole sequences, to hold it to")
    called = getattr(whole, "__name__", type(whole).__name__)
    halves = np.array_split(np.arange(x.shape[1]), min(2, x.shape[1]))  # each passes without the other's company
    given = [_whole(machine, x[:, half], called, has_ids) for half in halves]
    again = _whole(machine, x[:, halves[0]], called, has_ids)
    if not _alike(given[0], again) and not noisy:
        shown = f"{called} gives something else for the same trials when it is run on them again"
        raise InputError("whole", shown, "it keeps something from run to run, or has noise that the step has not")
    if noisy:
        return _held_with_noise(machine, x[:, halves[0]], given[0], seen, called, has_ids)
    steps = len(x)
    for half, found in zip(halves, given, strict=True):
        steps = min(steps, _held(machine, x, outputs, half, found, called, has_ids))
    return replace(seen, against=called, steps=steps)


def is_noisy(machine: Machine, inputs: Float[np.ndarray, "time trial input"]) -> bool:
    """Whether a run draws noise that its outputs, or some of its states, depend on."""
    times = np.unique(np.linspace(0, len(inputs) - 1, _LENGTHS).astype(int)).tolist()
    with machine.drawn_again():
        before = machine.drawn()
        first = run(machine, inputs, times=times)
        if _same(before, machine.drawn()):
            return False
        return not all(_alike(a, b) for a, b in zip(first, run(machine, inputs, times=times), strict=True))


def verify_coasting(
    run: Callable[..., tuple[np.ndarray, np.ndarray]],
    takes_inputs: bool,
    name: str,
    inputs: Float[np.ndarray, "time trial input"],
    size: int,
) -> Verified:
    """Hold a system that drives and coasts by itself to itself: from some of its states it goes on as it drove.

    Args:
        run: States and outputs for inputs, perhaps from a state.
        takes_inputs: Whether it goes on with inputs; else with zeros.
        name: Of the system.
        inputs: Of all trials; few of them are run (:func:`drawn`).
        size: Numbers of its state.

    Raises:
        InputError: From which step on it does not.
    """
    x = inputs[:, drawn(inputs, size)]
    for at in sorted({0, len(x) // 2, len(x) - 2} - {-1, len(x) - 1}):
        given = x[: at + 1 + _AHEAD].copy()
        if not takes_inputs:
            given[at + 1 :] = 0
        states, outputs = run(given)
        after, shown = run(given[at + 1 :], states[at])
        near = 1e-6 if states.dtype == np.float64 else 1e-3
        for what, made, known, every in (
            ("outputs", shown, outputs[at + 1 :], outputs),
            ("states", after, states[at + 1 :], states),
        ):
            differ, largest = float(distance(made, known).max()), _largest(every)
            if not differ <= near * largest + 1e-300:
                value = f"{name} does not go on from its state of step {at} as it drives"
                value += f": its {what} differ by {differ:.2g}, of {largest:.2g} at most"
                raise InputError("network", value, "its coast must make the steps of its drive, with inputs of zero")
    return Verified("its own pass", x.shape[1], len(x), len(x))


def _held_to_itself(machine: Machine, x: np.ndarray, noisy: bool) -> np.ndarray:
    """Outputs of one run; again it gives the same, and each step, made again from its recorded state, what it gave.

    Steps are made in no order, so that what a network keeps elsewhere is of another time; and of a few trials, others
    each time, unless its noise is then another.

    Raises:
        InputError: Where a step does not.
    """
    name, count = machine.form.name, x.shape[1]
    times = np.arange(len(x) - 1)
    most = max(NUMBERS // (2 * count * machine.state_dim), 1)
    if len(times) > most:
        times = np.random.default_rng(2).choice(times, most, replace=False)
    kept = sorted({int(time) for at in times for time in (at, at + 1)})
    states, outputs = run(machine, x, times=kept, is_drawn_again=True)
    places = {time: place for place, time in enumerate(kept)}
    rng = np.random.default_rng(3)
    faults = []
    for at in rng.permutation(times).tolist():
        trials = np.arange(count) if noisy else rng.permutation(count)[:_AGAIN]
        u, now = x[at + 1 : at + 2, trials], states[places[at]][trials]
        known = states[places[at + 1]][trials][None], outputs[at + 1, trials][None]
        made = run(machine, u, now, is_drawn_again=True)
        for what, part, expected, every in zip(("state", "output"), made, known, (states, outputs), strict=True):
            wrong = _wrong(part, expected, every, _NEAR, machine)
            if part.shape == expected.shape and wrong.any():
                moved = [run(machine, u, now * (1 + by), is_drawn_again=True) for by in _rounding(machine, outputs)]
                noise = np.max([np.abs(_numbers(other[what == "output"]) - part) for other in moved], axis=0)
                wrong &= ~(np.abs(_numbers(part) - expected) <= _SENSITIVE * noise)
            if wrong.any():
                differ = f"by {np.abs(_numbers(part) - expected)[wrong].max():.2g}" if wrong.ndim > 2 else "in size"
                faults.append((at, f"its next {what} differs {differ}"))
    if faults:
        at, shown = min(faults)
        remedy = "it keeps or counts what is not in its state, or looks at other trials; return all with the state"
        raise InputError("network", f"{name} does not go on from its state of step {at} as it did: {shown}", remedy)
    again = run(machine, x, times=(), is_drawn_again=True)[1]
    if not _alike(again, outputs):
        remedy = "it keeps something that is not in its state; return that with the state"
        remedy += ", or draws noise from a generator that it does not name"
        raise InputError("network", f"{name} gives something else for the same inputs when it is run again", remedy)
    if noisy:
        _check_alone(machine, x)
    return outputs


def _check_alone(machine: Machine, x: np.ndarray) -> None:
    """Raise InputError where, in a network with noise, the mean of a trial's states changes with another trial."""
    count = x.shape[1]
    if count < 2:
        return
    at = len(x) // 2
    states = run(machine, x[: at + 1], times=(at,), is_drawn_again=True)[0]
    u = x[-1:] if at == len(x) - 1 else x[at + 1 : at + 2]
    others = u.copy()
    others[:, count // 2 :] = x[at, : count - count // 2][None]
    first, now = slice(0, count // 2), states[0]
    with machine.drawn_again():
        draws = np.stack([[run(machine, given, now)[0][0, first] for given in (u, others)] for _ in range(_DRAWS)])
    mean, spread = draws.mean(axis=0), draws.var(axis=0).sum(axis=0)
    error = np.sqrt(spread / _DRAWS) + 1e-5 * _largest(draws)
    if (np.abs(mean[0] - mean[1]) > _STANDARD_ERRORS * error).any():
        shown = f"{machine.form.name} changes one trial when another is changed"
        raise InputError("network", shown, "its trials must not know of each other")


def _held(
    machine: Machine,
    x: Float[np.ndarray, "time trial input"],
    outputs: Float[np.ndarray, "time trial output"],
    half: Int[np.ndarray, " chosen"],
    whole: np.ndarray,
    called: str,
    has_ids: bool,
) -> int:
    """How many steps of outputs, of some of these trials, are those of the whole network.

    Raises:
        InputError: Where they are not: the first step and channel.
    """
    mine, name = outputs[:, half], machine.form.name
    times, theirs = _by_time(machine, x[:, half], mine, whole, called, has_ids)
    own = mine[times]
    wrong = _wrong(own, theirs, theirs, _NEAR_WHOLE, machine)
    if not wrong.any():
        return len(x)
    moved = [run(machine, x[:, half], times=(), moved=by)[1] for by in _rounding(machine, outputs)]
    noise = np.maximum.accumulate(np.max([np.abs(_numbers(mine) - other) for other in moved], axis=0).max(axis=1))
    contradicts = wrong & ~(np.abs(_numbers(own) - theirs) <= _SENSITIVE * noise[times][:, None])
    if not contradicts.any():
        return int(times[wrong.any(axis=(1, 2)).argmax()])
    place = int(contradicts.any(axis=(1, 2)).argmax())
    trial, channel = (int(i) for i in np.argwhere(contradicts[place])[0])
    pair = f"{own[place, trial, channel]:.4g} where {called} gives {theirs[place, trial, channel]:.4g}"
    shown = f"{name} gives {pair}: at step {times[place]} first, output channel {channel}"
    remedy = "its step must do all that the network does, with a state that holds all that it keeps or counts"
    raise InputError("whole", shown, remedy + _turned(machine, len(x)))


def _turned(machine: Machine, steps: int) -> str:
    """That the axes may be in the other order, where this is not said."""
    return "" if machine.form.batch_first or steps == 1 else "; where trials come first say batch_first=True"


def _held_with_noise(
    machine: Machine, x: np.ndarray, whole: np.ndarray, seen: Verified, called: str, has_ids: bool
) -> Verified:
    """A network with noise: held to the whole one where both draw it alike, in the order of their steps."""
    with machine.drawn_again():
        mine = run(machine, x, times=())[1]
    times, theirs = _by_time(machine, x, mine, whole, called, has_ids)
    if not _wrong(mine[times], theirs, theirs, _NEAR_WHOLE, machine).any():
        return replace(seen, against=called, trials=x.shape[1], steps=len(x))
    note = f"its noise is not drawn as {called} draws it; set the noise of both to 0 to hold one to the other"
    return replace(seen, note=note)


def _by_time(
    machine: Machine, x: np.ndarray, outputs: np.ndarray, whole: np.ndarray, called: str, has_ids: bool
) -> tuple[Int[np.ndarray, " time"], Float[np.ndarray, "time trial output"]]:
    """Times, and what the whole network gives at them: of all, or where it gives the last alone, of some lengths.

    Raises:
        InputError: Where its outputs are of another shape.
    """
    steps, trials, width = outputs.shape
    order = (trials, steps) if machine.form.batch_first else (steps, trials)
    if whole.shape[:2] == order and whole.size == outputs.size:
        every = whole.reshape(*order, width)
        return np.arange(steps), every.swapaxes(0, 1) if machine.form.batch_first else every
    if whole.shape[:1] == (trials,) and whole.size == trials * width:
        times = np.unique(np.linspace(0, steps - 1, _LENGTHS).astype(int))
        lasts = [_whole(machine, x[: time + 1], called, has_ids).reshape(trials, width) for time in times[:-1]]
        return times, np.stack([*lasts, whole.reshape(trials, width)])
    wanted = f"({', '.join(map(str, order))}, {width})"
    shown = f"{called} gives outputs of shape {whole.shape}, and the step {width} numbers"
    remedy = f"give the readout that it has; it must give {wanted}, or the last step's ({trials}, {width})"
    raise InputError("whole", shown, remedy + _turned(machine, steps))


def _whole(machine: Machine, x: np.ndarray, called: str, has_ids: bool) -> np.ndarray:
    """What the whole network gives for these trials."""
    assert machine.form.whole is not None
    ordered = x.swapaxes(0, 1) if machine.form.batch_first else x
    given = machine.ids(ordered[..., 0]) if has_ids else machine.array(ordered)
    try:
        with machine.drawn_again():
            result = machine.form.whole(given)
    except MemoryError:
        raise
    except Exception as error:
        shown = f"{called} failed on {x.shape[1]} of these trials ({describe_error(error)})"
        remedy = f"it is called with inputs of shape {tuple(given.shape)}"
        raise InputError("whole", shown, remedy + _turned(machine, len(x))) from error
    if isinstance(result, (tuple, list)) and len(result):
        result = result[0]
    if isinstance(result, dict):
        key = next(iter(result), "output")
        shown = f"{called} gives a dict of {first_names([*map(str, result)])}"
        raise InputError("whole", shown, f'say which: whole=lambda x: net(x)["{key}"]')
    return machine.numpy(result)


def _wrong(
    made: np.ndarray, expected: np.ndarray, every: np.ndarray, near: dict[str, float], machine: Machine
) -> np.ndarray:
    """Which numbers differ by more than rounding, each channel by its own scale."""
    if made.shape != expected.shape:
        return np.ones(1, dtype=bool)
    share = 2e-2 if machine.is_half else near.get(str(made.dtype), near["float32"])
    a, b = _numbers(made), _numbers(expected)
    sizes = np.abs(np.where(np.isfinite(every), every, 0)).reshape(-1, every.shape[-1]).max(axis=0, initial=0.0)
    bound = share * np.maximum(sizes, _SMALL * sizes.max(initial=0.0)) + 1e-300
    alike = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        return ~(alike | (np.abs(a - b) <= bound))


def _numbers(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64)


def _alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two runs on the same gave the same, up to rounding."""
    if first.shape != second.shape:
        return False
    near = 1e-9 if first.dtype == np.float64 else 1e-5
    return bool(distance(first, second).max(initial=0.0) <= near * max(_largest(first), _largest(second)) + 1e-300)


def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The largest difference of any number along the last axis; infinite where only one is finite."""
    a, b = _numbers(a), _numbers(b)
    finite = np.isfinite(a) & np.isfinite(b)
    alike = (a == b) | (np.isnan(a) & np.isnan(b))
    differ = np.abs(np.where(finite, a, 0) - np.where(finite, b, 0))
    return np.where(finite | alike, differ, np.inf).max(axis=-1, initial=0.0)


def _largest(array: np.ndarray) -> float:
    """The largest finite number."""
    return float(np.abs(array[np.isfinite(array)]).max(initial=0.0))


def _rounding(machine: Machine, outputs: np.ndarray) -> tuple[float, float]:
    """A few units of the last place of the network's numbers, up and down."""
    unit = 1e-2 if machine.is_half else 4 * float(np.finfo(outputs.dtype).eps)
    return unit, -unit


def _same(first: Any, second: Any) -> bool:
    """Whether generators are where they were."""
    if isinstance(first, dict):
        return all(_same(first[key], second[key]) for key in first)
    if isinstance(first, (tuple, list)):
        return all(_same(a, b) for a, b in zip(first, second, strict=True))
    return bool(np.all(np.asarray(first) == np.asarray(second)))
