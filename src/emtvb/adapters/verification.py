"""A system held to its network on a user's own trials, at their full length.

It is held to ``whole=``, if that was given, and to itself: it is run again, goes on from recorded states, and does so
without the other trials.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.adapters.steps import Machine, run_steps
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
_LENGTHS = 8
"""Lengths at which a network that gives out its last step alone is held to it."""
_SENSITIVE = 100.0
"""Differences count where they are so many times those that rounding makes by itself, in a network that is chaotic."""
_NEAR = {"float64": 1e-9, "float32": 1e-5}
_NEAR_WHOLE = {"float64": 1e-6, "float32": 1e-3}
"""Differences that do not count, of steps made again and of the whole network: shares of what a channel reaches."""
_NEAR_HALF = 2e-2
"""The same in half precision."""
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
        if not self:
            return "verified: no" + (f"; {self.note}" if self.note else "")
        trials, steps = count_and_noun(self.trials, "trial"), count_and_noun(self.length, "step")
        until = "" if self.steps == self.length else f" until step {self.steps}; later rounding decides: it is chaotic"
        return f"verified on {trials} of {steps} against {self.against}{until}"

    def unlike(self, inputs: Float[np.ndarray, "time trial input"], from_start: bool) -> str:
        """How inputs are of another kind than those that it was held on, in words; empty where they are not."""
        if not self or not inputs.size:
            return ""
        if (inputs.min(axis=(0, 1)) < self.lowest).any() or (inputs.max(axis=(0, 1)) > self.highest).any():
            return "numbers beyond those"
        return f"more than {self.length} steps" if from_start and len(inputs) > self.length else ""


def verify_steps(machine: Machine, inputs: Float[np.ndarray, "time trial input"], has_ids: bool = False) -> Verified:
    """Hold a system to its whole network, if there is one, and to itself.

    Args:
        machine: Makes its steps.
        inputs: Of all trials; few of them are run.
        has_ids: Whether they are whole numbers, one a step, which the whole network is given as such, (time, trial).

    Raises:
        InputError: At which step its outputs or states differ first, and by how much.
    """
    x = inputs[:, _drawn_trials(inputs, machine.state_dim)]
    noisy = is_noisy(machine, x)
    outputs = _held_to_itself(machine, x, noisy)
    seen = Verified(
        length=len(x), trials=x.shape[1], noisy=noisy, lowest=inputs.min(axis=(0, 1)), highest=inputs.max(axis=(0, 1))
    )
    if machine.form.whole is None:
        return replace(seen, note="give whole=, the network on whole sequences, to hold it to")
    return _held_to_whole(_Whole(machine, has_ids), x, outputs, seen)


def is_noisy(machine: Machine, inputs: Float[np.ndarray, "time trial input"]) -> bool:
    """Whether a run on the same gives something else where its noise is not drawn again."""
    times = np.unique(np.linspace(0, len(inputs) - 1, _LENGTHS).astype(int)).tolist()
    with machine.drawn_again():
        first, second = run_steps(machine, inputs, times=times), run_steps(machine, inputs, times=times)
    return any(_differing_numbers(a, b, _NEAR, machine).any() for a, b in zip(first, second, strict=True))


def _drawn_trials(inputs: Float[np.ndarray, "time trial input"], size: int) -> Int[np.ndarray, " chosen"]:
    """Which trials are run: those with the largest and smallest inputs, the most and fewest zeros, others by chance."""
    count = inputs.shape[1]
    most = min(TRIALS, count, max(NUMBERS // (len(inputs) * size), 2))
    zeros = (inputs == 0).sum(axis=(0, 2))
    ends = [inputs.max(axis=(0, 2)).argmax(), inputs.min(axis=(0, 2)).argmin(), zeros.argmax(), zeros.argmin()]
    chance = np.random.default_rng(0).permutation(count)
    kept = np.array(list(dict.fromkeys(map(int, [*ends, *chance]))))[:most]
    return kept[np.random.default_rng(1).permutation(most)]


def _held_to_itself(machine: Machine, x: np.ndarray, noisy: bool) -> np.ndarray:
    """Outputs of one run; again it gives the same, and each step, made again from its recorded state, what it gave."""
    name, count = machine.form.name, x.shape[1]
    times = np.arange(len(x) - 1)
    most = max(NUMBERS // (2 * count * machine.state_dim), 1)
    if len(times) > most:
        times = np.random.default_rng(2).choice(times, most, replace=False)
    kept = sorted({int(time) for at in times for time in (at, at + 1)})
    states, outputs = run_steps(machine, x, times=kept, is_drawn_again=True)
    places = {time: place for place, time in enumerate(kept)}
    rng = np.random.default_rng(3)
    faults = []
    # In no order, so that what a network keeps elsewhere is of another time; and of a few trials, others each time,
    # unless its noise is then another.
    for at in rng.permutation(times).tolist():
        trials = np.arange(count) if noisy else rng.permutation(count)[:_AGAIN]
        u, now = x[at + 1 : at + 2, trials], states[places[at]][trials]
        known = states[places[at + 1]][trials][None], outputs[at + 1, trials][None]
        made = run_steps(machine, u, now, is_drawn_again=True)
        for what, part, expected, every in zip(("state", "output"), made, known, (states, outputs), strict=True):
            wrong = _differing_numbers(part, expected, _NEAR, machine, every)
            if wrong.any():
                moved = [
                    run_steps(machine, u, now * (1 + by), is_drawn_again=True) for by in _rounding(machine, outputs)
                ]
                noise = np.max([_distances(other[what == "output"], part) for other in moved], axis=0)
                wrong &= ~(_distances(part, expected) <= _SENSITIVE * noise)
            if wrong.any():
                faults.append((at, f"its next {what} differs by {_distances(part, expected)[wrong].max():.2g}"))
    if faults:
        at, shown = min(faults)
        remedy = "it keeps or counts what is not in its state, or looks at other trials; return all with the state"
        raise InputError("network", f"{name} does not go on from its state of step {at} as it did: {shown}", remedy)
    again = run_steps(machine, x, times=(), is_drawn_again=True)[1]
    if _differing_numbers(again, outputs, _NEAR, machine).any():
        remedy = "it keeps something that is not in its state; return that with the state"
        remedy += ", or draws noise from a generator that it does not name"
        raise InputError("network", f"{name} gives something else for the same inputs when it is run again", remedy)
    if noisy and count > 1:
        _check_alone(machine, x)
    return outputs


def _check_alone(machine: Machine, x: np.ndarray) -> None:
    """Raise InputError where, in a network with noise, the mean of a trial's states changes with another trial."""
    # By means: how many numbers discrete noise draws may depend on other trials, so it is not the same for fewer.
    at, half = len(x) // 2, x.shape[1] // 2
    now = run_steps(machine, x[: at + 1], times=(at,), is_drawn_again=True)[0][0]
    u = x[[min(at + 1, len(x) - 1)]]
    others = u.copy()
    others[:, half:] = x[at, : x.shape[1] - half]
    with machine.drawn_again():
        draws = np.stack(
            [[run_steps(machine, given, now)[0][0, :half] for given in (u, others)] for _ in range(_DRAWS)]
        )
    mean, spread = draws.mean(axis=0), draws.var(axis=0).sum(axis=0)
    error = np.sqrt(spread / _DRAWS) + 1e-5 * np.abs(draws).max()
    if (np.abs(mean[0] - mean[1]) > _STANDARD_ERRORS * error).any():
        shown = f"{machine.form.name} changes one trial when another is changed"
        raise InputError("network", shown, "its trials must not know of each other")


class _Whole:
    """A network on whole sequences, called as its author calls it; time is first in what is given and returned here."""

    def __init__(self, machine: Machine, has_ids: bool) -> None:
        whole = machine.form.whole
        assert whole is not None
        self.machine, self._call, self._has_ids = machine, whole, has_ids
        self.name = getattr(whole, "__name__", type(whole).__name__)

    def __call__(self, x: Float[np.ndarray, "time trial input"]) -> np.ndarray:
        """What it gives for these trials, as it gives it."""
        machine = self.machine
        ordered = x.swapaxes(0, 1) if machine.form.batch_first else x
        given = machine.ids(ordered[..., 0]) if self._has_ids else machine.array(ordered)
        try:
            with machine.drawn_again():
                result = self._call(given)
        except MemoryError:
            raise
        except Exception as error:
            shown = f"{self.name} failed on {x.shape[1]} of these trials ({describe_error(error)})"
            remedy = f"it is called with inputs of shape {tuple(given.shape)}{self.turned(len(x))}"
            raise InputError("whole", shown, remedy) from error
        if isinstance(result, (tuple, list)) and len(result):
            result = result[0]
        if isinstance(result, dict):
            key = next(iter(result), "output")
            shown = f"{self.name} gives a dict of {first_names([*map(str, result)])}"
            raise InputError("whole", shown, f'say which: whole=lambda x: net(x)["{key}"]')
        return machine.numpy(machine.checked(result, self.name))

    def by_time(
        self, x: Float[np.ndarray, "time trial input"], width: int
    ) -> tuple[Int[np.ndarray, " kept"], Float[np.ndarray, "kept trial output"]]:
        """Times, and what it gives at them: of all, or where it gives the last alone, of some lengths.

        Raises:
            InputError: Where its outputs are not so wide, or it gives others when it is called again.
        """
        steps, trials = x.shape[:2]
        first, again = self(x), self(x)
        if _differing_numbers(first, again, _NEAR, self.machine).any():
            shown = f"{self.name} gives something else for the same trials when it is run on them again"
            remedy = "it keeps something from run to run, or draws noise from a generator that it does not name"
            raise InputError("whole", shown, remedy)
        is_turned = self.machine.form.batch_first
        order = (trials, steps) if is_turned else (steps, trials)
        if first.shape[:2] == order and first.size == steps * trials * width:
            every = first.reshape(*order, width)
            return np.arange(steps), every.swapaxes(0, 1) if is_turned else every
        if first.shape[:1] == (trials,) and first.size == trials * width:
            times = np.unique(np.linspace(0, steps - 1, _LENGTHS).astype(int))
            lasts = [self(x[: time + 1]).reshape(trials, width) for time in times[:-1]]
            return times, np.stack([*lasts, first.reshape(trials, width)])
        shown = f"{self.name} gives outputs of shape {first.shape}, and the step {width} numbers"
        remedy = f"it must give {(*order, width)}, or the last step's {(trials, width)}{self.turned(steps)}"
        raise InputError("whole", shown, f"give the readout that it has; {remedy}")

    def turned(self, steps: int) -> str:
        """That the axes may be in the other order, where this is not said."""
        return "" if self.machine.form.batch_first or steps == 1 else "; where trials come first say batch_first=True"


def _held_to_whole(whole: _Whole, x: np.ndarray, outputs: np.ndarray, seen: Verified) -> Verified:
    """What was verified, with how many steps of these outputs are those of the whole network; else an InputError."""
    machine, name = whole.machine, whole.machine.form.name
    if seen.noisy:  # in the order in which the whole network draws, and not each step's again
        with machine.drawn_again():
            outputs = run_steps(machine, x, times=())[1]
    times, theirs = whole.by_time(x, outputs.shape[2])
    own = outputs[times]
    wrong = _differing_numbers(own, theirs, _NEAR_WHOLE, machine)
    if not wrong.any():
        return replace(seen, against=whole.name, steps=len(x))
    if seen.noisy:
        note = f"its noise is not drawn as {whole.name} draws it; set the noise of both to 0 to hold one to the other"
        return replace(seen, note=note)
    moved = [run_steps(machine, x, times=(), moved=by)[1] for by in _rounding(machine, outputs)]
    noise = np.maximum.accumulate(np.max([_distances(outputs, other) for other in moved], axis=0).max(axis=1))
    contradicts = wrong & ~(_distances(own, theirs) <= _SENSITIVE * noise[times][:, None])
    if not contradicts.any():
        return replace(seen, against=whole.name, steps=int(times[wrong.any(axis=(1, 2)).argmax()]))
    place, trial, channel = (int(i) for i in np.argwhere(contradicts)[0])
    pair = f"{own[place, trial, channel]:.4g} where {whole.name} gives {theirs[place, trial, channel]:.4g}"
    shown = f"{name} gives {pair}: at step {times[place]} first, output channel {channel}"
    remedy = "its step must do all that the network does, with a state that holds all that it keeps or counts"
    raise InputError("whole", shown, remedy + whole.turned(len(x)))


def _differing_numbers(
    made: np.ndarray, expected: np.ndarray, near: dict[str, float], machine: Machine, every: np.ndarray | None = None
) -> Bool[np.ndarray, ...]:
    """Which numbers differ by more than rounding: each channel, the last axis, by its own scale, that of all of it."""
    scale = np.abs(expected if every is None else every)
    scale = np.where(np.isfinite(scale), scale, 0).reshape(-1, scale.shape[-1]).max(axis=0, initial=0.0)
    share = _NEAR_HALF if machine.is_half else near.get(str(made.dtype), near["float32"])
    bound = share * np.maximum(scale.astype(np.float64), _SMALL * scale.max(initial=0.0)) + 1e-300
    alike = (made == expected) | (np.isnan(made) & np.isnan(expected))
    return ~(alike | (_distances(made, expected) <= bound))


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far numbers are apart; NaN where one is not finite."""
    with np.errstate(invalid="ignore"):
        return np.abs(a.astype(np.float64) - b)


def _rounding(machine: Machine, outputs: np.ndarray) -> tuple[float, float]:
    """A few units of the last place of the network's numbers, up and down."""
    unit = 1e-2 if machine.is_half else 4 * float(np.finfo(outputs.dtype).eps)
    return unit, -unit
