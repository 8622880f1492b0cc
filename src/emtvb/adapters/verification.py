"""A system held to its network on a user's own trials: to the network's own pass over them, and to runs that go on.

``proof`` sees five steps of noise. What shows later, or on other inputs (a state that is reset every ten steps, a
switch at a certain input, a counter), shows in the trials that a user records, at their full length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from emtvb.adapters.proof import Proved, Run, distance, largest_number, same
from emtvb.adapters.steps import Machine, Passes
from emtvb.core.arguments import describe_error
from emtvb.core.result_tables import counted
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


@dataclass(frozen=True)
class Verified:
    """Whether a system does what its network does, on trials of its user. It is true where it was held to the network.

    It is false where there is nothing that it could be held to but itself: a step is taken as it is.

    Attributes:
        against: What its steps were held to; empty where there is nothing: it is taken as a step, as it was given.
        trials: How many trials.
        steps: Steps of them that were held; fewer than ``length`` of a chaotic network, whose rounding errors grow.
        length: Their steps.
        note: What else is to be said.
    """

    against: str = ""
    trials: int = 0
    steps: int = 0
    length: int = 0
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.against) and self.steps > 0

    def __str__(self) -> str:
        if not self:
            return f"verified: no; taken as a step{self.note}"
        trials, steps = (counted(count, word) for count, word in self._counts())
        until = "" if self.steps == self.length else f" until step {self.steps}; later rounding decides: it is chaotic"
        return f"verified on {trials} of {steps} against {self.against}{until}"

    def _counts(self) -> tuple[tuple[int, str], tuple[int, str]]:
        return (self.trials, "trial"), (self.length, "step")


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


def verify(machine: Machine, learned: Proved, name: str, inputs: Float[np.ndarray, "time trial input"]) -> Verified:
    """Hold a network's steps to its own pass over these trials, and runs that go on from its states to one run.

    Args:
        machine: Makes the steps.
        learned: What was proved of it.
        name: Of the network.
        inputs: Of all trials; few of them are run (:func:`drawn`).

    Raises:
        InputError: At which step its outputs or states differ first, and by how much.
    """
    size = learned.state_dim
    x = inputs[:, drawn(inputs, size)]
    run = Run(machine, learned.example, learned.layout, learned.noisy, name)
    passes = machine.passes(x.shape[2]) if learned.is_aside else Passes()
    halves = np.array_split(np.arange(x.shape[1]), min(2, x.shape[1]))  # each passes without the other's company
    before = [_whole(call, x[:, halves[0]], learned, name) for call in passes.calls]
    times = np.arange(len(x) - 1)
    most = max(NUMBERS // (2 * x.shape[1] * size), 1)
    if len(times) > most:
        times = np.random.default_rng(2).choice(times, most, replace=False)
    outputs = _gone_on(run, x, times, learned)
    if not passes.calls:
        return Verified(passes.name, x.shape[1], len(x), len(x))
    with machine.beginning() as elsewhere:
        outputs = run(x, times=())[0] if elsewhere else outputs
        held = [_held(run, x, outputs, half, passes, learned) for half in halves]
    after = [_whole(call, x[:, halves[0]], learned, name) for call in passes.calls]
    for first, second in zip(before, after, strict=True):
        if not same(first, second, learned.near_whole):
            shown = f"{name} gives something else for the same trials when it is run on them again"
            raise InputError("network", shown, "it keeps something from run to run; write a step without it")
    least = min(held, key=lambda found: found.steps)
    return replace(least, trials=sum(found.trials for found in held)) if least else least


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
            differ, largest = float(distance(made, known).max()), largest_number(every)
            if not differ <= near * largest + 1e-300:
                value = f"{name} does not go on from its state of step {at} as it drives"
                value += f": its {what} differ by {differ:.2g}, of {largest:.2g} at most"
                raise InputError("network", value, "its coast must make the steps of its drive, with inputs of zero")
    return Verified("its own pass", x.shape[1], len(x), len(x))


def _held(
    run: Run,
    x: Float[np.ndarray, "time trial input"],
    outputs: Float[np.ndarray, "time trial output"],
    half: Int[np.ndarray, " chosen"],
    passes: Passes,
    learned: Proved,
) -> Verified:
    """Outputs of steps, of some of these trials, held to the network's own pass over these alone."""
    steps, trials, mine = len(x), len(half), outputs[:, half]
    wholes = [_whole(call, x[:, half], learned, run.name) for call in passes.calls]
    pairs = [
        pair
        for call, whole in zip(passes.calls, wholes, strict=True)
        for pair in _pairs(call, x[:, half], mine, whole, learned, run.name)
    ]
    if not pairs:
        if not passes.is_its:
            return Verified()
        shown = f"{run.name}: outputs of shape {mine.shape}, and {wholes[0].shape} of its own pass"
        raise InputError("network", shown, f"these do not go together; {_REMEDY}")
    every = [(distance(mine[times], whole), times, whole) for times, whole in pairs]
    differ, times, whole = min(every, key=lambda item: float(item[0].mean()))
    near, size = learned.near_whole, largest_number(mine, whole)
    if (differ <= near * size).all():
        return Verified(passes.name, trials, steps, steps)
    moved = [run(x[:, half], times=(), moved=by)[0] for by in _rounding(run, outputs)]
    noise = np.maximum.accumulate(np.max([distance(mine, other) for other in moved], axis=(0, 2)))[times, None]
    wrong = (differ > near * size) & ~(differ <= _SENSITIVE * noise)
    if not wrong.any():
        return Verified(passes.name, trials, int(times[(differ > near * size).any(axis=1).argmax()]), steps)
    at = int(wrong.any(axis=1).argmax())
    by = f"from step {times[at]} on, by {differ[at].max():.2g}, of outputs up to {size:.2g}"
    if not passes.is_its:
        return Verified(note=f", which is not what {passes.name} gives: {by}")
    raise InputError("network", f"{run.name} does not give step by step what it gives at once: {by}", _REMEDY)


def _pairs(
    call: Callable, x: np.ndarray, outputs: np.ndarray, whole: np.ndarray, learned: Proved, name: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Times, and what the network's own pass gives at them: of all, or where it gives the last alone, of some lengths.

    It may give time first or trials first.
    """
    steps, trials, width = outputs.shape
    order: tuple[int, ...] = whole.shape[:2]
    if whole.size == outputs.size:
        times, is_first = np.arange(steps), order == (steps, trials)
        in_either: list[tuple[np.ndarray, np.ndarray]] = []
        if is_first or order != (trials, steps):
            in_either += [(times, whole.reshape(outputs.shape))]
        if not is_first or steps == trials:
            in_either += [(times, whole.reshape(trials, steps, width).swapaxes(0, 1))]
        return in_either
    if whole.size != trials * width:
        return []
    times = np.unique(np.linspace(0, steps - 1, _LENGTHS).astype(int))
    lasts = [_whole(call, x[: time + 1], learned, name).reshape(trials, width) for time in times[:-1]]
    return [(times, np.stack([*lasts, whole.reshape(trials, width)]))]


_REMEDY = (
    "it looks at several steps at once, or keeps or counts what is not in its state; adapt a function "
    "(input, state) -> (output, state) that has all of this in its state"
)


def _gone_on(run: Run, x: np.ndarray, times: np.ndarray, learned: Proved) -> np.ndarray:
    """Outputs of one run, from each of whose states the next step, made again, gives what it gave in the run.

    Steps are made in no order, so that what a network keeps elsewhere is of another time; and of a few trials, others
    each time, unless its noise can only be drawn again for all of them.

    Raises:
        InputError: Where a step does not.
    """
    rng = np.random.default_rng(3)
    kept = sorted({int(time) for at in times for time in (at, at + 1)})
    outputs, states = run(x, times=kept)
    places = {time: place for place, time in enumerate(kept)}
    count = x.shape[1]
    faults = []
    for at in rng.permutation(times).tolist():
        trials = rng.permutation(count)[:_AGAIN] if learned.is_aside else np.arange(count)
        u, now, then = x[at + 1 : at + 2, trials], states[places[at]][trials], states[places[at + 1]][trials]
        made = run(u, now)
        known = outputs[at + 1, trials], then
        differ = [distance(part, expected[None]) for part, expected in zip(made, known, strict=True)]
        largest = largest_number(outputs), largest_number(states)
        near = [learned.near * size + 1e-300 for size in largest]
        if all((part <= bound).all() for part, bound in zip(differ, near, strict=True)):
            continue
        moved = [run(u, now * (1 + by)) for by in _rounding(run, outputs)]
        for what, part, mine, bound, size, index in zip(
            ("output", "state"), differ, made, near, largest, (0, 1), strict=True
        ):
            noise = np.max([distance(other[index], mine) for other in moved], axis=0)
            wrong = (part > bound) & ~(part <= _SENSITIVE * noise)
            if wrong.any():
                faults.append((at, f"its next {what} differs by {part[wrong].max():.2g}, of {what}s up to {size:.2g}"))
    if faults:
        at, shown = min(faults)
        remedy = "it keeps or counts something that is not in its state; return that with the state"
        raise InputError("network", f"{run.name} does not go on from its state of step {at} as it did: {shown}", remedy)
    return outputs


def _whole(call: Callable[[np.ndarray, bool], np.ndarray], x: np.ndarray, learned: Proved, name: str) -> np.ndarray:
    """A network's own pass over these trials."""
    try:
        return call(x, learned.noisy)
    except MemoryError:
        raise
    except Exception as error:
        shown = f"the own pass of {name} over {x.shape[1]} of these trials failed ({describe_error(error)})"
        raise InputError("network", shown, "give trials that it takes") from error


def _rounding(run: Run, outputs: np.ndarray) -> tuple[float, float]:
    """A few units of the last place of the network's numbers, up and down."""
    unit = 1e-2 if run.machine.is_half else 4 * float(np.finfo(outputs.dtype).eps)
    return unit, -unit
