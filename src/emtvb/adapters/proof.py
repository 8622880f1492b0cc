"""What is shown of an adapted network before it is used: it is run, and what does not agree is said in one line.

Nothing of it is taken from names: trials are changed and others must stay, a sequence is cut and must go on as it did,
and steps are held to what the network itself gives for a whole sequence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters import states
from emtvb.adapters.steps import Machine, at_step, named_in, stacked
from emtvb.errors import InputError

TIME, TRIALS = 5, 3
"""Steps and trials that are run. No other axis of a network should be as long as both: their order is seen from it."""

_APART = {np.dtype(np.float64): 1e-9}
_AT_ONCE = {np.dtype(np.float64): 1e-6}


NOTHING, WHOLE = -3, 9
"""``UnprovedError.passed`` where nothing was seen, and of a system which is not that of the network's own pass."""


class UnprovedError(InputError):
    """A network that runs, and does not do what a system has to.

    Attributes:
        passed: How many of the checks it passed. The way to call a network that passes most is the closest.
    """

    passed = 0


@dataclass(frozen=True, eq=False)
class Proved:
    """What was learned of a network that passed.

    Attributes:
        example: A state of two trials.
        layout: How states lie in the flat vector.
        noisy: Whether a step gives something else each time, by noise of its own.
        is_aside: Whether this noise can be set aside; without noise it is so.
        outputs: What its steps gave for the inputs that it was proved with.
        is_bare: Whether these are numbers of its state, as they are without a readout.
        is_all: Whether they are all numbers of its state.
        whole: Whether they were held to the network's own pass over the whole sequence.
        steady: Whether a state has the nesting and the shapes of the state before the first input.
        near: Differences of two runs of steps that do not count, as a share of the largest number.
        near_whole: The same of steps and the network's own pass.
    """

    example: Any
    layout: list[states.Leaf]
    noisy: bool
    is_aside: bool
    outputs: np.ndarray
    is_bare: bool
    is_all: bool
    whole: bool
    steady: bool
    near: float
    near_whole: float

    @property
    def state_dim(self) -> int:
        """Real numbers of a state."""
        return sum(leaf.size for leaf in self.layout)


def prove(
    machine: Machine, name: str, inputs: Float[np.ndarray, "time trial input"], must_remember: bool = False
) -> Proved:
    """Run a network on these inputs, and see that it is a system.

    Of a network with noise all is seen without it: where it is torch's, set to its mean; where it is numpy's, drawn
    again from the same state.

    Args:
        machine: The network.
        name: What it is called.
        inputs: :data:`TIME` steps of :data:`TRIALS` trials, no two alike.
        must_remember: Whether its states must depend on inputs before the last.

    Raises:
        UnprovedError: What does not agree; of a step that fails the exception it raises.
    """
    examples = [_after_two(machine, inputs[:2, :trials]) for trials in (2, 3)]
    try:
        layout = states.layout(examples[0], examples[1])
    except InputError as error:
        raise unproved(error.what, str(error.value), error.remedy, -1) from None
    noisy = _is_noisy(machine, inputs[0], layout, False)
    is_aside = not noisy or not _is_noisy(machine, inputs[0], layout, True)
    run = Run(machine, examples[0], layout, noisy, name)
    outputs, every = run(inputs)
    if not np.isfinite(every).all() and not _begins_finite(machine):
        raise unproved("state", "not all of it finite", "give a state of finite numbers", WHOLE)
    if outputs.dtype.kind == "c":
        raise unproved("network", f"{name} gives out {outputs.dtype}", "give out real and imaginary part apart", 0)
    kind = every.dtype
    apart, at_once = _APART.get(kind, 1e-5), _AT_ONCE.get(kind, 1e-3)
    if machine.is_half:
        apart = at_once = 2e-2
    checks = _checks(run, inputs, outputs, every, apart, is_aside)
    for passed, (agrees, what, remedy) in enumerate(checks):
        if not agrees and not _begins_the_same(run):
            remedy = (
                "draw it from a seed of its own: state=lambda trials: np.random.default_rng(0).normal(size=(trials, n))"
            )
            raise unproved("state", "a function that gives another state each time it is called", remedy, passed)
        if not agrees:
            raise unproved("network", f"{name} {what}", remedy, passed)
    passes = machine.at_once(inputs, noisy) if is_aside else []
    for shown in passes:
        if not same_at_once(outputs, shown, at_once):
            what = f"{name} does not give step by step what it gives at once"
            if shown.shape[-1] * TRIALS * TIME != outputs.size and shown.size != outputs.size:
                what += f" (outputs of shape {outputs.shape} and {shown.shape})"
            remedy = "it looks at several steps at once, or keeps what is not in its state"
            raise unproved("network", what, remedy, WHOLE)
    outside = machine.noise_outside(inputs) if passes else ""
    if outside:
        remedy = "its steps would be run without it"
        raise unproved("network", f"{name} {outside}", remedy, WHOLE + 1)
    if must_remember and not _remembers(run, inputs, every):
        raise unproved("network", f"{name} remembers nothing", "return its state", WHOLE)
    steady = states.skeleton(machine.start(2)) == states.skeleton(examples[0])
    columns = [{column.tobytes() for column in array.reshape(-1, array.shape[-1]).T} for array in (outputs, every)]
    is_bare, is_all = columns[0] <= columns[1], columns[0] == columns[1]
    return Proved(examples[0], layout, noisy, is_aside, outputs, is_bare, is_all, bool(passes), steady, apart, at_once)


def unproved(what: str, value: str, remedy: str, passed: int) -> UnprovedError:
    """What does not agree, of a network that passed so many checks."""
    error = UnprovedError(what, value, remedy)
    error.passed = passed
    return error


@dataclass(frozen=True, eq=False)
class Run:
    """Runs of one network, each step in the same noise.

    Attributes:
        machine: It.
        example: A state.
        layout: How states lie in the flat vector.
        noisy: Whether its noise is to be set aside.
        name: What it is called.
    """

    machine: Machine
    example: Any
    layout: list[states.Leaf]
    noisy: bool
    name: str

    def __call__(
        self,
        inputs: Float[np.ndarray, "time trial input"],
        state: Float[np.ndarray, "trial state"] | None = None,
        times: Collection[int] | None = None,
        moved: float = 0.0,
    ) -> tuple[Float[np.ndarray, "time trial output"], Float[np.ndarray, "kept trial state"]]:
        """Outputs after each input and flat states after those of ``times``, by default all.

        Args:
            inputs: What it is given.
            state: Where it begins; by default where the network itself does.
            times: The inputs after which the state is kept, in order.
            moved: Each number of each state is made larger by this share of itself: what rounding does.
        """
        machine, flats, outputs = self.machine, [], []
        with machine.still(self.noisy):
            if state is None:
                now = machine.start(inputs.shape[1])
            else:
                now = states.rebuilt(self.example, machine.nested(machine.array(state), self.layout))
        for time, u in enumerate(inputs):
            with machine.still(self.noisy), at_step(time, len(inputs)):
                output, now = machine.step(machine.inputs(u), now)
            if times is None or time in times:
                flats.append(machine.flat(now, self.layout))
            if moved:
                now = states.rebuilt(now, machine.nested(machine.flat(now, self.layout) * (1 + moved), self.layout))
            outputs.append(machine.kept(output))
        given = stacked(machine.numpy, outputs, "an output", self.name)
        if not flats:
            return given, np.empty((0, inputs.shape[1], sum(leaf.size for leaf in self.layout)), dtype=given.dtype)
        return given, stacked(machine.numpy, flats, "a state", self.name)


def _begins_the_same(run: Run) -> bool:
    """Whether the state before the first input is the same each time, in the same noise."""
    flats = []
    for _ in range(2):
        with run.machine.still(run.noisy):
            start = run.machine.start(TRIALS)
        if not states.leaves(start):
            return True
        flats.append(run.machine.numpy([run.machine.flat(start, run.layout)]))
    return np.array_equal(flats[0], flats[1], equal_nan=True)


def _checks(
    run: Run, x: np.ndarray, outputs: np.ndarray, every: np.ndarray, near: float, is_aside: bool
) -> Iterator[tuple[bool, str, str]]:
    """What has to hold, one after the other: whether it does, what does not agree, and what to write.

    Noise that cannot be set aside is drawn again for the same trials in the same order; they cannot be put in another.
    """
    again = run(x)
    hidden = "it keeps something that is not in its state; return that with the state"
    yield _alike((outputs, every), again, near), "gives something else for the same inputs and the same state", hidden
    moved = x.copy()
    moved[:, 1] = x[::-1, 2]
    others = [0, 2]
    mixed = "its trials must not know of each other: is an axis of trials taken for time?"
    left = tuple(part[:, others] for part in run(moved))
    yield _alike((outputs[:, others], every[:, others]), left, near), "changes one trial when another is changed", mixed
    rest = run(x[2:], every[1])
    unused = "the state that it is handed is not the one that it uses; use it, and return the new one"
    yield _alike((outputs[2:], every[2:]), rest, near), "does not go on from a state as it went on to it", unused
    if not is_aside:
        return
    fewer = run(x[:, :2])
    yield _alike((outputs[:, :2], every[:, :2]), fewer, near), "depends on how many trials there are", mixed
    order = [1, 2, 0]
    turned = run(x[2:][:, order], every[1][order])
    yield _alike((outputs[2:, order], every[2:, order]), turned, near), "mixes the states of its trials", mixed


def _remembers(run: Run, inputs: np.ndarray, every: np.ndarray) -> bool:
    """Whether states depend on the first input, once another was read."""
    changed = inputs.copy()
    changed[0] = inputs[-1]
    return not np.array_equal(run(changed)[1][1:], every[1:], equal_nan=True)


def _after_two(machine: Machine, inputs: np.ndarray) -> Any:
    """The state after two steps."""
    state = machine.start(inputs.shape[1])
    for time, u in enumerate(inputs):
        with at_step(time, len(inputs)):
            _, state = machine.step(machine.inputs(u), state)
    return state


def _begins_finite(machine: Machine) -> bool:
    """Whether the state before the first input is all of finite numbers."""
    begin = states.leaves(machine.start(TRIALS))
    return all(bool(np.isfinite(machine.numpy([array.real])).all()) for array in begin)


def _is_noisy(machine: Machine, u: np.ndarray, layout: list[states.Leaf], aside: bool) -> bool:
    """Whether two steps from the same beginning differ by their noise, perhaps with noise set aside."""
    runs = []
    with machine.still(aside):
        for _ in range(2):
            output, state = machine.step(machine.inputs(u), machine.start(len(u)))
            parts = machine.kept(output), machine.flat(state, layout)
            runs.append([machine.numpy([part]) for part in parts])
    return not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*runs, strict=True))


def _alike(first: tuple[np.ndarray, ...], second: tuple[np.ndarray, ...], near: float) -> bool:
    """Whether arrays are the same up to such a share of the largest number in them."""
    return all(same(a, b, near) for a, b in zip(first, second, strict=True))


def same(a: np.ndarray, b: np.ndarray, near: float) -> bool:
    """Whether two arrays are of one shape and the same up to such a share of the largest number in them."""
    return a.shape == b.shape and bool(distance(a, b).max(initial=0.0) <= near * largest_number(a, b) + 1e-300)


def distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The largest difference of any number along the last axis; infinite where only one is finite."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    alike = (a == b) | (np.isnan(a) & np.isnan(b))
    differ = np.abs(np.where(finite, a, 0) - np.where(finite, b, 0))
    return np.where(finite | alike, differ, np.inf).max(axis=-1, initial=0.0)


def largest_number(*arrays: np.ndarray) -> float:
    """The largest finite number."""
    return max(float(np.abs(array[np.isfinite(array)]).max(initial=0.0)) for array in arrays)


def differ(first: Proved, second: Proved) -> bool:
    """Whether two ways to run a network, proved with the same inputs, give different outputs."""
    return not same(first.outputs, second.outputs, max(first.near, 1e-5))


def same_at_once(outputs: np.ndarray, shown: np.ndarray, near: float) -> bool:
    """Whether these are the outputs of all steps, in either order, with one axis or two, or those of the last step."""
    turned = outputs.transpose(1, 0, 2)
    forms = [outputs, turned, outputs[-1]]
    return any(shown.size == form.size and same(shown.reshape(form.shape), form, near) for form in forms)


def probe(width: int, trials: np.ndarray | None) -> Iterator[np.ndarray]:
    """Inputs to try a network on: by chance, and where it can take no such numbers, its user's own.

    Args:
        width: Numbers of an input.
        trials: The first inputs that it is given, (time, trial, input).
    """
    yield np.random.default_rng(0).normal(size=(TIME, TRIALS, width))
    if trials is not None and trials.size:
        count = trials.shape[0] * trials.shape[1]
        flat = trials.reshape(count, width)
        chosen = np.random.default_rng(0).permutation(count)[np.arange(TIME * TRIALS) % count]
        yield flat[chosen].reshape(TIME, TRIALS, width)


@contextmanager
def same_noise(function: Any) -> Iterator[None]:
    """Numpy's and Python's random numbers go back to where they were: what is drawn within is drawn again next time."""
    import random

    named = named_in(function)
    modules = [item for item in named if hasattr(item, "named_modules") and not isinstance(item, type)]
    inside = [part for item in modules for part in item.modules()]
    held = [*named, *(value for part in inside for value in vars(part).values())]
    own = [item for item in held if isinstance(item, np.random.Generator)]
    kept = [item.bit_generator.state for item in own]
    common, plain = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(common)
        random.setstate(plain)
        for item, state in zip(own, kept, strict=True):
            item.bit_generator.state = state
