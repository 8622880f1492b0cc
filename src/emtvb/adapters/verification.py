"""A system held to its network on a user's own trials, at their full length.

It is held to ``whole=``, if that was given, and to itself: it is run again, goes on from recorded states, and does so
without the other trials. What could not be held is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from emtvb.adapters.agreement import (
    DRAWS,
    NEAR,
    NEAR_WHOLE,
    Rounding,
    Scale,
    coarseness,
    constant_channels,
    differ,
    distances,
    noise_explains,
    tolerance,
)
from emtvb.adapters.held_inputs import HeldInputs, in_order, which_are_cues
from emtvb.adapters.steps import Machine, run_steps
from emtvb.core.arguments import describe_error
from emtvb.core.result_tables import count_and_noun, first_names
from emtvb.errors import InputError

TRIALS = 512
"""Trials that are held to themselves, at most."""
NUMBERS = 10_000_000
"""Numbers of states that are kept of them, at most; trials are fewer then, and at last the times that are gone on from.
"""
NUMBERS_HELD, _CUES = 30_000_000, 4
"""Numbers of states in a run that is held to the whole network, at most, by which trials are fewer in a large one; so
many times more where cues would be left out. So a check takes a few runs of these trials."""
_AGAIN = 8
"""Trials whose next step is made again at each time."""
_LENGTHS = 8
"""Lengths at which a network that gives out its last step alone is held to it."""
_CHANGED, _BASES = 256, 4
"""Numbers of the state that are changed, to see whether outputs depend on them, in so many trials."""
_MOST_LOST = 0.25
"""Trials in which rounding decides are left out where they are fewer; else the steps from the first such on."""
_COARSE = 1e-3
"""Where more of what an output spans may be wrong, that is said."""
_DRAWS, _STANDARD_ERRORS = 100, 6.0
"""Draws of noise whose mean must stay when other trials are changed, and by how much."""


@dataclass(frozen=True, eq=False)
class Verified:
    """Whether a system does what its network does, on trials of its user. It is true where it was held to the network.

    It is false where there is nothing that it could be held to but itself.

    Attributes:
        against: What its steps were held to; empty where there is nothing.
        trials: How many trials were held.
        count: Of how many.
        steps: Steps of them that were held; fewer than ``length`` of a chaotic network, whose rounding errors grow.
        length: Their steps.
        note: Why it is false.
        unheld: What of these trials it was not held to, in words.
        noisy: Whether it has noise of its own.
        inputs: What the inputs of these trials were.
    """

    against: str = ""
    trials: int = 0
    count: int = 0
    steps: int = 0
    length: int = 0
    note: str = ""
    unheld: tuple[str, ...] = ()
    noisy: bool = False
    inputs: HeldInputs | None = None

    def __bool__(self) -> bool:
        return bool(self.against) and self.steps > 0

    def __str__(self) -> str:
        if not self:
            return "verified: no" + (f"; {self.note}" if self.note else "")
        trials, steps = count_and_noun(self.count, "trial"), count_and_noun(self.length, "step")
        until = "" if self.steps == self.length else f" until step {self.steps}; later rounding decides: it is chaotic"
        but = "; but " * bool(self.unheld) + "; ".join(self.unheld)
        return f"verified on {self.trials} of {trials} of {steps} against {self.against}{until}{but}"

    def lacks(self, inputs: Float[np.ndarray, "time trial input"], from_start: bool) -> list[str]:
        """What inputs have that those which it was held on had not, in words; nothing where it was held on none."""
        return [] if not self or self.inputs is None or not inputs.size else self.inputs.lacks(inputs, from_start)


def verify_steps(machine: Machine, inputs: Float[np.ndarray, "time trial input"], has_ids: bool = False) -> Verified:
    """Hold a system to its whole network, if there is one, and to itself.

    Args:
        machine: Makes its steps.
        inputs: Of all trials; where these are many or long only some are run, with each cue among them.
        has_ids: Whether they are whole numbers, one a step, which the whole network is given as such, (time, trial).

    Raises:
        InputError: At which step its outputs or states differ first, and by how much.
    """
    are_cues = which_are_cues(inputs, has_ids)
    order, cues = in_order(inputs, are_cues)
    length, count = inputs.shape[:2]
    numbers = length * machine.state_dim
    itself = _Itself(machine, inputs[:, _mixed(order[: min(TRIALS, max(NUMBERS // numbers, 2))])])
    seen = Verified(count=count, trials=len(order), length=length, noisy=itself.noisy)
    if machine.form.whole is None:
        return replace(seen, note="give whole=, the network on whole sequences, to hold it to")
    most = max(NUMBERS_HELD // numbers, min(cues, _CUES * NUMBERS_HELD // numbers), 2)
    x = inputs[:, _mixed(order[:most])]
    seen = replace(seen, trials=x.shape[1], inputs=HeldInputs.of(x, are_cues))
    seen = _held_to_whole(_Whole(machine, has_ids), x, seen)
    itself.check_again()  # where calls of the whole network changed it
    return replace(seen, unheld=(*seen.unheld, *itself.without_effect())) if seen else seen


def is_noisy(machine: Machine, inputs: Float[np.ndarray, "time trial input"]) -> bool:
    """Whether a run on the same gives something else where its noise is not drawn again.

    Of a network whose runs change something else, such as a count of calls, this is no proof of noise; it is refused.
    """
    times = np.unique(np.linspace(0, len(inputs) - 1, _LENGTHS).astype(int)).tolist()
    with machine.drawn_again():
        first, second = run_steps(machine, inputs, times=times), run_steps(machine, inputs, times=times)
    return any(differ(machine, a, b, Scale(b), NEAR).any() for a, b in zip(first, second, strict=True))


def _mixed(trials: Int[np.ndarray, " trial"]) -> Int[np.ndarray, " trial"]:
    """Trials in another order: what depends on a trial's place is not that of the recording."""
    return np.random.default_rng(1).permutation(trials)


class _Itself:
    """A system held to itself: its very first run, to which the later ones are held, and steps from its states.

    Args:
        machine: Makes its steps.
        x: Inputs of the trials.

    Raises:
        InputError: Where it does something else when it is run again, goes on from its state, or sees other trials.
    """

    def __init__(self, machine: Machine, x: Float[np.ndarray, "time trial input"]) -> None:
        self._machine, self._x = machine, x
        times = np.arange(len(x) - 1)
        most = max(NUMBERS // (2 * x.shape[1] * machine.state_dim), 1)
        if len(times) > most:
            times = np.random.default_rng(2).choice(times, most, replace=False)
        self._kept = sorted({int(time) for at in times for time in (at, at + 1)})
        self._first = self._run()
        self._scales = tuple(Scale(part if part.size else np.zeros((1, part.shape[-1]))) for part in self._first)
        self.noisy = is_noisy(machine, x)
        self._check_steps(times)
        self.check_again()
        if self.noisy and x.shape[1] > 1:
            _check_alone(machine, x)

    def _run(self) -> tuple[np.ndarray, np.ndarray]:
        return run_steps(self._machine, self._x, times=self._kept, is_drawn_again=True)

    def _check_steps(self, times: Int[np.ndarray, " time"]) -> None:
        """Raise InputError where a step, made again from its recorded state, gives something else."""
        machine, x, (states, outputs) = self._machine, self._x, self._first
        places = {time: place for place, time in enumerate(self._kept)}
        rng = np.random.default_rng(3)
        faults = []
        # In no order, so that what a network keeps elsewhere is of another time; and of a few trials, others each time,
        # unless its noise is then another.
        for at in rng.permutation(times).tolist():
            trials = np.arange(x.shape[1]) if self.noisy else rng.permutation(x.shape[1])[:_AGAIN]
            u, now = x[at + 1 : at + 2, trials], states[places[at]][trials]
            known = states[places[at + 1]][trials][None], outputs[at + 1, trials][None]
            made = run_steps(machine, u, now, is_drawn_again=True)
            rounding = None
            for i, what in enumerate(("state", "output")):
                apart = distances(made[i], known[i])
                wrong = apart > tolerance(machine, known[i], self._scales[i], NEAR)
                if wrong.any():
                    rounding = rounding or Rounding(machine, u, now, is_drawn_again=True)
                    wrong &= apart > np.maximum(rounding.grown[i], rounding.calm[i])
                if wrong.any():
                    faults.append((at, f"its next {what} differs by {apart[wrong].max():.2g}"))
        if faults:
            at, shown = min(faults)
            remedy = "it keeps or counts what is not in its state, or looks at other trials; return all with the state"
            shown = f"{machine.form.name} does not go on from its state of step {at} as it did: {shown}"
            raise InputError("network", shown, remedy)

    def check_again(self) -> None:
        """Raise InputError where it does not do now what it did in its very first run."""
        for again, first, scale in zip(self._run(), self._first, self._scales, strict=True):
            if differ(self._machine, again, first, scale, NEAR).any():
                remedy = "it keeps something that is not in its state, such as a count of its calls (return that with "
                remedy += "the state, or let it settle first), or draws noise from a generator that it does not name"
                shown = f"{self._machine.form.name} gives something else for the same inputs when it is run again"
                raise InputError("network", shown, remedy)

    def without_effect(self) -> list[str]:
        """How many numbers of the state no output depends on, in words: each is exchanged for another that it had."""
        machine, (states, _) = self._machine, self._first
        if not len(states):
            return []
        place = len(self._kept) // 3
        at, lowest, highest = self._kept[place], states.min(axis=(0, 1)), states.max(axis=(0, 1))
        tried = np.flatnonzero(highest > lowest)
        tried = np.sort(np.random.default_rng(4).permutation(tried)[:_CHANGED])
        reach = np.zeros(len(tried), dtype=bool)
        for trial in range(min(_BASES, self._x.shape[1]) if len(tried) else 0):
            now = np.repeat(states[place, trial : trial + 1], len(tried), axis=0)
            other, own = now.copy(), now[0, tried]
            is_low = own - lowest[tried] < highest[tried] - own
            other[np.arange(len(tried)), tried] = np.where(is_low, highest[tried], lowest[tried])
            steps = max(NUMBERS // (len(tried) * machine.state_dim), 1)
            u = np.repeat(self._x[at + 1 : at + 1 + steps, trial : trial + 1], len(tried), axis=1)
            try:
                with machine.drawn_again():
                    plain = run_steps(machine, u, now, ())[1]
                with machine.drawn_again():
                    changed = run_steps(machine, u, other, ())[1]
            except InputError:  # a state that the network never has
                return ["which numbers of its state reach outputs is not known: it fails in other states"]
            reach |= differ(machine, changed, plain, self._scales[1], NEAR).any(axis=(0, 2))
        if reach.all():
            return []
        return [f"{np.sum(~reach)} of {count_and_noun(len(tried), 'number')} of its state reach no output"]


def _check_alone(machine: Machine, x: np.ndarray) -> None:
    """Raise InputError where, in a network with noise, the mean of a trial's states changes with another trial."""
    # By means: how many numbers discrete noise draws may depend on other trials, so it is not the same for fewer.
    at, half = len(x) // 2, x.shape[1] // 2
    now = run_steps(machine, x[: at + 1], times=(at,), is_drawn_again=True)[0][0]
    u, every = x[[min(at + 1, len(x) - 1)]].copy(), x.reshape(-1, x.shape[2])
    others = u.copy()
    u[:, half:], others[:, half:] = every[every.sum(axis=1).argmin()], every[every.sum(axis=1).argmax()]
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

    def _given(self, x: Float[np.ndarray, "time trial input"]) -> np.ndarray:
        """What it gives for these trials, as it gives it."""
        machine = self.machine
        ordered = x.swapaxes(0, 1) if machine.form.batch_first else x
        given = machine.ids(ordered[..., 0]) if self._has_ids else machine.array(ordered)
        try:
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
            InputError: Where its outputs are not so wide.
        """
        steps, trials = x.shape[:2]
        first = self._given(x)
        is_turned = self.machine.form.batch_first
        order = (trials, steps) if is_turned else (steps, trials)
        if first.shape[:2] == order and first.size == steps * trials * width:
            every = first.reshape(*order, width)
            return np.arange(steps), every.swapaxes(0, 1) if is_turned else every
        if first.shape[:1] == (trials,) and first.size == trials * width:
            times = np.unique(np.linspace(0, steps - 1, _LENGTHS).astype(int))
            lasts = [self._given(x[: time + 1]).reshape(trials, width) for time in times[:-1]]
            return times, np.stack([*lasts, first.reshape(trials, width)])
        shown = f"{self.name} gives outputs of shape {first.shape}, and the step {width} numbers"
        remedy = f"it must give {(*order, width)}, or the last step's {(trials, width)}{self.turned(steps)}"
        raise InputError("whole", shown, f"give the readout that it has; {remedy}")

    def is_noisy(self, x: Float[np.ndarray, "time trial input"], width: int) -> bool:
        """Whether it gives something else where its noise is not drawn again."""
        with self.machine.drawn_again():
            first, second = (self.by_time(x, width)[1] for _ in range(2))
        return bool(differ(self.machine, first, second, Scale(second), NEAR).any())

    def check_again(self, x: np.ndarray, known: np.ndarray) -> None:
        """Raise InputError where it gives something else than this when it is called again."""
        with self.machine.drawn_again():
            again = self.by_time(x, known.shape[-1])[1]
        if differ(self.machine, again, known, Scale(known), NEAR).any():
            shown = f"{self.name} gives something else for the same trials when it is run on them again"
            remedy = "it keeps something from run to run, or draws noise from a generator that it does not name"
            raise InputError("whole", shown, remedy)

    def turned(self, steps: int) -> str:
        """That the axes may be in the other order, where this is not said."""
        return "" if self.machine.form.batch_first or steps == 1 else "; where trials come first say batch_first=True"


def _held_to_whole(whole: _Whole, x: np.ndarray, seen: Verified) -> Verified:
    """What was verified, where outputs are those of the whole network; else an InputError."""
    machine = whole.machine
    with machine.drawn_again():  # in the order in which the whole network draws
        every = run_steps(machine, x, times=())[1]
    with machine.drawn_again():
        times, theirs = whole.by_time(x, every.shape[2])
    whole.check_again(x, theirs)
    own = every[times]
    scale, dtype = Scale(theirs), min(own.dtype, theirs.dtype, key=lambda dtype: dtype.itemsize)
    apart = distances(own, theirs)
    wrong = apart > tolerance(machine, theirs.astype(dtype), scale, NEAR_WHOLE)
    shares = coarseness(machine, dtype, scale, NEAR_WHOLE)
    unheld = _unheld(constant_channels(machine, theirs), scale.few(), shares, times, len(x))
    seen = replace(seen, against=whole.name, steps=len(x), unheld=unheld)
    if constant_channels(machine, theirs).all() and not wrong.any():
        return replace(seen, steps=0, note="its outputs are the same throughout these trials, whatever its state is")
    if not wrong.any():
        return seen
    until = int(times[wrong.any(axis=(1, 2)).argmax()]) + 1
    is_whole_noisy = whole.is_noisy(x[:until], every.shape[2])
    if seen.noisy or is_whole_noisy:
        return _held_in_noise(whole, x, own, theirs, wrong, times, is_whole_noisy, seen)
    for end in (until, len(x)):  # the first such step tells most mistakes
        rounding, place = Rounding(machine, x[:end]), times < end
        contradicts = apart[place] > np.maximum(rounding.calm[1], rounding.grown[1][times[place]])
        _refuse(whole, x, own, theirs, wrong[place] & contradicts, times)
    is_small = wrong & (apart <= rounding.calm[1])
    if is_small.any():
        channels = _outputs(np.asarray(is_small.any(axis=(0, 1))))
        said = f"{channels} held to rounding alone, here up to {apart[is_small].max():.2g}"
        seen, wrong = replace(seen, unheld=(*seen.unheld, said)), wrong & ~is_small
    lost = wrong.any(axis=(0, 2))
    if not lost.any():
        return seen
    if lost.mean() > _MOST_LOST:
        return _chaotic(seen, int(times[wrong.any(axis=(1, 2)).argmax()]))
    left = f"in {count_and_noun(int(lost.sum()), 'other')} rounding decides"
    return replace(seen, trials=seen.trials - int(lost.sum()), unheld=(*seen.unheld, left))


def _chaotic(seen: Verified, until: int) -> Verified:
    """Verified until the step from which on rounding decides."""
    return replace(seen, steps=until, note="rounding decides from its first step on" if not until else "")


def _refuse(
    whole: _Whole, x: np.ndarray, own: np.ndarray, theirs: np.ndarray, wrong: np.ndarray, times: np.ndarray,
    remedy: str = "its step must do all that the network does, with a state that holds all that it keeps or counts",
) -> None:  # fmt: skip
    """Raise InputError where any number is wrong: at which step and channel first."""
    if not wrong.any():
        return
    place, trial, channel = (int(i) for i in np.argwhere(wrong)[0])
    pair = f"{own[place, trial, channel]:.4g} where {whole.name} gives {theirs[place, trial, channel]:.4g}"
    shown = f"{whole.machine.form.name} gives {pair}: at step {times[place]} first, output channel {channel}"
    raise InputError("whole", shown, remedy + whole.turned(len(x)))


def _held_in_noise(
    whole: _Whole,
    x: np.ndarray,
    own: np.ndarray,
    theirs: np.ndarray,
    wrong: np.ndarray,
    times: np.ndarray,
    is_whole_noisy: bool,
    seen: Verified,
) -> Verified:
    """What is said where the two differ and at least one draws noise; an InputError where noise does not explain it."""
    machine, name, width = whole.machine, whole.machine.form.name, own.shape[2]
    if not (seen.noisy and is_whole_noisy):
        one = name if seen.noisy else whole.name
        _refuse(whole, x, own, theirs, wrong, times, f"only {one} draws noise; set it to 0")
    few = x[:, : max(NUMBERS // (2 * DRAWS * len(x) * max(width, machine.state_dim)), 2)]
    with machine.drawn_again():
        draws = [np.stack([run_steps(machine, few, times=())[1][times] for _ in range(DRAWS)])]
        draws += [np.stack([whole.by_time(few, width)[1] for _ in range(DRAWS)])]
    is_explained, channel = noise_explains(*draws)
    if not is_explained:
        shown = f"{name} differs from {whole.name} by more than their noise, most in output channel {channel}"
        raise InputError("whole", shown, "set the noise of both to 0 to see where")
    note = f"its noise is not drawn as {whole.name} draws it; set the noise of both to 0 to hold one to the other"
    return replace(seen, against="", steps=0, note=note)


def _unheld(
    constant: np.ndarray, few: np.ndarray, shares: np.ndarray, times: np.ndarray, length: int
) -> tuple[str, ...]:
    """What outputs do not show on these trials, in words: of these channels, and shares of a span that may be wrong."""
    few = few & ~constant
    coarse = (shares > _COARSE) & ~constant & ~few
    share = shares[coarse].max(initial=0.0)
    said = [
        (len(times) < length, f"at {len(times)} of its lengths"),
        (constant.any(), f"{_outputs(constant)} the same throughout"),
        (few.any(), f"{_outputs(few)} of few values, which a small mistake may leave"),
        (coarse.any(), f"{_outputs(coarse)} not precise: to {share:.1%} of what they span"),
    ]
    return tuple(words for is_so, words in said if is_so)


def _outputs(channels: np.ndarray) -> str:
    """Output channels by their numbers."""
    found = np.flatnonzero(channels).tolist()
    return f"output {found[0]} is" if len(found) == 1 else f"outputs {first_names([*map(str, found)])} are"
