"""What a step is, whatever library computes it, and what is found out about a network before its first one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from emtvb.adapters import states
from emtvb.core.arguments import describe_error
from emtvb.errors import InputError

STATE_MAKERS = (
    "init_hidden", "initial_state", "init_state", "default_state", "zero_state", "get_initial_state", "begin_state",
)  # fmt: skip
"""Methods by which modules are known to give a state for so many trials."""


@dataclass(frozen=True, eq=False)
class Passes:
    """How a network is run on whole sequences by itself, where it can be.

    Attributes:
        name: What steps are held to; empty where there is nothing.
        calls: What it gives for inputs (time, trial, input), perhaps with noise set aside, in each order of time and
            trials in which it can be called; none of torch's own cells, whose steps are known.
        is_its: Whether it is the network that was adapted, and not one that a step function names.
    """

    name: str = ""
    calls: tuple[Callable[[np.ndarray, bool], np.ndarray], ...] = ()
    is_its: bool = True


@runtime_checkable
class Machine(Protocol):
    """A step on arrays of one library, torch's or numpy's."""

    def quiet(self) -> AbstractContextManager[Any]:
        """Within it nothing is trained: evaluation mode, no gradients."""

    def array(self, values: np.ndarray) -> Any:
        """An array of the library from one of numpy's, in the network's precision and on its device."""

    def numpy(self, arrays: list[Any]) -> np.ndarray:
        """A stack of the library's arrays as one of numpy's."""

    def start(self, trials: int) -> Any:
        """The state before the first input."""

    def step(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """Output (trials, outputs) and new state."""

    def flat(self, state: Any, layout: list[states.Leaf]) -> Any:
        """A state as (trials, state)."""

    def nested(self, flat: Any, layout: list[states.Leaf]) -> list[Any]:
        """The arrays that a flat state is made of."""

    @property
    def is_half(self) -> bool:
        """Whether its numbers are of half precision."""

    def is_complex(self, array: Any) -> bool:
        """Whether an array holds complex numbers."""

    def is_float(self, array: Any) -> bool:
        """Whether an array holds real numbers."""

    def kept(self, array: Any) -> Any:
        """A copy of an array, or the array, if no step can change it."""

    def still(self, noisy: bool) -> AbstractContextManager[Any]:
        """Within it random numbers are the same each time; if noisy, noise is set aside where that can be done."""

    def settle(self, layout: list[states.Leaf]) -> None:
        """Take what the first state says of the network's precision."""

    def at_once(self, inputs: np.ndarray, noisy: bool) -> list[np.ndarray]:
        """What the network itself gives out for this whole sequence; nothing where it takes single steps."""

    def passes(self, width: int) -> Passes:
        """How the network, which was proved, is run on whole sequences of inputs of so many numbers."""

    def beginning(self) -> AbstractContextManager[bool]:
        """Within it a network begins where its own pass does, though another state was given; whether there was one."""

    def learn(self, width: int, first: np.ndarray | None) -> Any:
        """The first way of calling the network that is proved (``proof.Proved``).

        Args:
            width: Numbers of an input.
            first: The first inputs that it is given, (time, trial, input).
        """

    def jacobian(
        self, flat: np.ndarray, inputs: np.ndarray, example: Any, layout: list[states.Leaf]
    ) -> np.ndarray | None:
        """The derivative of the new state by the old, (trials, state, state); None where it gives none."""


def stacked(stack: Callable[[list[Any]], Any], arrays: list[Any], what: str, name: str) -> Any:
    """Arrays of all steps as one.

    Raises:
        InputError: Where steps give arrays of other shapes.
    """
    shapes = list(dict.fromkeys(tuple(array.shape) for array in arrays))
    if len(shapes) > 1:
        shown = f"{what} of shape {shapes[0]} and then {shapes[1]}"
        raise InputError("network", f"{name}: {shown}", "return (output, state), of the same sizes at every step")
    return stack(arrays)


def arguments(function: Any) -> tuple[str, ...]:
    """The names of what a function is called with; none where they cannot be known."""
    try:
        every = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in every if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))


def named_in(function: Any, depth: int = 3) -> list[Any]:
    """What a function holds or names: its object, what it closes over, its arguments so far, the globals it uses.

    Functions among these are looked into as well, so many deep.
    """
    objects: list[Any] = [function]
    while hasattr(function, "func"):  # functools.partial
        objects += [*function.args, *function.keywords.values(), function.func]
        function = function.func
    owner = getattr(function, "__self__", None)
    if owner is not None:
        objects += [owner, *getattr(owner, "__dict__", {}).values()]
    if inspect.ismethod(function) or inspect.isfunction(function):
        seen = inspect.getclosurevars(inspect.unwrap(function))
        named = [*seen.nonlocals.values(), *seen.globals.values()]
        objects += named
        if depth:
            objects += [item for other in named if inspect.isfunction(other) for item in named_in(other, depth - 1)]
    elif hasattr(function, "__dict__"):
        objects += vars(function).values()
    return objects


class Count(int):
    """A number of trials, which knows the inputs that a network is given.

    Attributes:
        shape: Of the inputs.
    """

    shape: Sequence[int] = ()

    @classmethod
    def of(cls, trials: int, shape: Sequence[int]) -> Count:
        """So many trials in inputs of this shape."""
        count = cls(trials)
        count.shape = shape
        return count


Maker = Callable[[Count], Any]


def starts(network: Any, state: Any, zeros: Callable[[int, int], Any], one: Callable[[Any, int], Any]) -> list[Maker]:
    """Ways to make a network's first state for so many trials, the likeliest first.

    Args:
        network: Perhaps with a method of :data:`STATE_MAKERS`, or one inside.
        state: As ``adapt`` is given it; then it is the only way.
        zeros: Makes an array of (trials, n).
        one: An array of one trial for so many.
    """
    if state is not None:
        return [_given(state, zeros, one)]
    owner = getattr(network, "__self__", network)
    inside = list(owner.modules()) if hasattr(owner, "named_modules") else [owner]
    makers = [maker for part in inside for name in STATE_MAKERS if callable(maker := getattr(part, name, None))]
    ways: list[Maker] = []
    for maker in makers[:2]:
        ways += _counted(maker) if takes_count(maker) else [_given(maker, zeros, one)]
    caches = _caches(owner, zeros)
    return [*ways, *([caches] if caches else []), _nothing]


def check_made(
    make: Maker, shape: Sequence[int], is_complex: Callable[[Any], bool], is_float: Callable[[Any], bool]
) -> None:
    """Raise InputError where what was given makes no states of two trials and of three; for where a step failed.

    A step may begin with a state that holds no arrays, so this is nothing to ask before.

    Args:
        make: Makes them.
        shape: Of the inputs of a trial.
        is_complex: Whether an array holds complex numbers.
        is_float: Whether an array holds real numbers.
    """
    try:
        two, three = (make(Count.of(trials, (trials, *shape))) for trials in (2, 3))
    except Exception as error:
        raise failed_state(error) from error
    if not states.leaves(two):
        remedy = "it holds no arrays; give a number, one trial's state, or a function of the number of trials"
        raise InputError("state", f"begins as {two!r:.60}", remedy)
    states.layout(two, three, is_complex, is_float)


def _counted(maker: Callable) -> list[Maker]:
    """A method that is handed the number of trials, or, as tutorials have it, the shape of the inputs."""
    return [lambda count: maker(int(count)), lambda count: maker(count.shape)]


def _given(state: Any, zeros: Callable[[int, int], Any], one: Callable[[Any, int], Any]) -> Maker:
    """What the user says, or what a method that takes no number of trials says."""
    if isinstance(state, (int, np.integer)):
        return lambda trials: zeros(int(trials), int(state))
    if callable(state) and takes_count(state):
        return lambda trials: state(int(trials))
    state = state() if callable(state) else state
    for array in states.leaves(state):
        if len(array.shape) > 1 and array.shape[0] != 1:
            shown = f"an array of shape {tuple(array.shape)}"
            raise InputError("state", shown, "give one trial's, (1, ...), or a function of the number of trials")
    return lambda trials: states.rebuilt(state, [one(array, int(trials)) for array in states.leaves(state)])


def _caches(network: Any, zeros: Callable[[int, int], Any]) -> Maker | None:
    """What a step of mambapy begins with: no state, and a convolution that has read zeros; one of each layer."""
    config = getattr(network, "config", None)
    inner, width = getattr(config, "d_inner", None), getattr(config, "d_conv", None)
    if not isinstance(inner, int) or not isinstance(width, int):
        return None
    layers = getattr(network, "layers", None)

    def cache(trials: int) -> tuple[None, Any]:
        return None, zeros(int(trials), inner * (width - 1)).reshape(int(trials), inner, width - 1)

    return cache if layers is None else lambda trials: [cache(trials) for _ in layers]


def _nothing(trials: int) -> None:  # noqa: ARG001 - torch's modules begin with it, however many trials there are
    return None


def takes_count(function: Callable) -> bool:
    """Whether a function that makes a state is handed the number of trials."""
    try:
        inspect.signature(function).bind(1)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


class UnpairedError(InputError):
    """A step that returned something else than (output, state).

    Attributes:
        count: How many values it returned; 1 of what is no tuple.
    """

    count = 1


def unpacked(result: Any, name: str) -> tuple[Any, Any]:
    """Output and state that a step returned.

    Raises:
        UnpairedError: Where it is no such pair.
    """
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        count = len(result) if isinstance(result, (tuple, list)) else 1
        shown = f"{count} values" if isinstance(result, (tuple, list)) else type(result).__name__
        error = UnpairedError(
            "network", f"{name} returned {shown}", "its state cannot be found: return (output, state)"
        )
        error.count = count
        raise error
    return result[0], result[1]


def read_out(readout: Callable[[Any], Any], output: Any, trials: int) -> Any:
    """What a readout makes of an output of so many trials.

    Raises:
        InputError: Where it fails, or makes something without a row for each trial of an output that has them.
    """
    shape = tuple(getattr(output, "shape", ()))
    name = getattr(readout, "__name__", type(readout).__name__)
    try:
        result = readout(output)
        result_shape = tuple(result.shape) if hasattr(result, "shape") else np.shape(result)
    except Exception as error:
        raise InputError(
            "readout", f"{name} failed ({describe_error(error)})", f"it must take outputs of shape {shape}"
        ) from error
    if _has_rows(shape, trials) and not _has_rows(result_shape, trials):
        shown = "None" if result is None else f"shape {result_shape} for {trials} trials"
        raise InputError("readout", f"{name} returned {shown}", "return one row for each, (trials, outputs)")
    return result


def failed_state(error: Exception) -> InputError:
    """A function of states that raised something: in one line."""
    remedy = "it is called with a number of trials, and must return their states"
    return InputError("state", f"a function that failed ({describe_error(error)})", remedy)


def failed(name: str, shape: tuple[int, ...], error: Exception, is_given: bool = False) -> InputError:
    """A step that raised something: in one line, with what may help.

    Args:
        name: Of the network.
        shape: Of the inputs.
        error: What it raised.
        is_given: Whether its first state was given.
    """
    reason = describe_error(error)
    if is_given:
        remedy = f"a step (input, state) -> (output, state) on inputs of shape {shape} and the state given must do"
        return InputError("network", f"{name} failed ({reason})", remedy)
    remedy = (
        f"a step on inputs of shape {shape} must do; its state cannot be found otherwise: give state= (a number, "
        "one trial's state, or a function of the number of trials)"
    )
    return InputError("network", f"{name} failed ({reason})", remedy)


@contextmanager
def failing(name: str, shape: tuple[int, ...]) -> Iterator[None]:
    """Within it what a network raises on its user's trials is an InputError.

    Args:
        name: Of the network.
        shape: Of the inputs of one step.
    """
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:
        remedy = f"its step must take the inputs of each step alone, of shape {shape}, whatever comes before and after"
        raise InputError("network", f"{name} failed on these inputs ({describe_error(error)})", remedy) from error


def check_rows(shape: Sequence[int], trials: int) -> None:
    """Raise InputError unless an output has a row for each trial, perhaps within a sequence of one step."""
    if not _has_rows(shape, trials):
        shown = f"output of shape {tuple(shape)} for {trials} trials"
        raise InputError("network", shown, "return one row for each, (trials, outputs)")


def _has_rows(shape: Sequence[int], trials: int) -> bool:
    return list(shape[:1]) == [trials] or list(shape[:2]) == [1, trials]
