"""What a step is, whatever library computes it, and what is found out about a network before its first one."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from emtvb.adapters import states
from emtvb.core.arguments import describe_error
from emtvb.errors import InputError


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


class Machine(ABC):
    """A step on arrays of one library, torch's or numpy's.

    Args:
        network: A module, or a step function.
        readout: Of its output; None for none.
        state: Where it begins, as ``adapt`` is given it.
        output: Which of several outputs is taken.

    Attributes:
        network: It.
        note: Which of several outputs is taken, where nobody said which; else empty.
        is_half: Whether its numbers are of half precision.
    """

    is_half = False

    def __init__(self, network: Any, readout: Any, state: Any, output: str | int | None) -> None:
        self.network, self.note = network, ""
        self._readout, self._output = readout, output
        self._name = getattr(network, "__name__", type(network).__name__)
        self._is_given = state is not None
        self._make = start_maker(state, self.zeros, self.repeated)

    def quiet(self) -> AbstractContextManager[Any]:
        """Within it nothing is trained: evaluation mode, no gradients."""
        return nullcontext()

    @abstractmethod
    def array(self, values: np.ndarray) -> Any:
        """An array of the library from one of numpy's, in the network's precision and on its device."""

    @abstractmethod
    def zeros(self, trials: int, n: int) -> Any:
        """An array of zeros, (trials, n)."""

    @abstractmethod
    def repeated(self, array: Any, trials: int) -> Any:
        """An array of one trial for so many."""

    def inputs(self, values: np.ndarray) -> Any:
        """Inputs as the network takes them: an array, or the ids of which an embedding makes vectors."""
        return self.array(values)

    @abstractmethod
    def numpy(self, arrays: list[Any]) -> np.ndarray:
        """A stack of the library's arrays as one of numpy's."""

    def start(self, trials: int) -> Any:
        """The state before the first input."""
        return self._make(trials)

    def step(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """Output (trials, outputs) and new state."""
        given, state = self.call(inputs, state)
        self.note = first_of(given, self._output)
        output = selected(given, self._output, self._name)
        if self._readout is not None:
            output = read_out(self._readout, output, len(inputs))
        output = self.checked(output, state)
        check_rows(output.shape, len(inputs))
        return output.reshape(len(inputs), -1), state

    @abstractmethod
    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """What the network gives out, and its new state."""

    @abstractmethod
    def checked(self, output: Any, state: Any) -> Any:
        """An output as an array of the library, unless it or the state is none that can be used."""

    @abstractmethod
    def flat(self, state: Any, layout: list[states.Leaf]) -> Any:
        """A state as (trials, state): each array with its trials first, in a row."""

    @abstractmethod
    def nested(self, flat: Any, layout: list[states.Leaf]) -> list[Any]:
        """The arrays that a flat state is made of."""

    @abstractmethod
    def kept(self, array: Any) -> Any:
        """A copy: a step may write into what it gave out before."""

    @abstractmethod
    def still(self, noisy: bool) -> AbstractContextManager[Any]:
        """Within it random numbers are the same each time; if noisy, noise is set aside where that can be done."""

    def at_once(self, inputs: np.ndarray, noisy: bool) -> list[np.ndarray]:  # noqa: ARG002 - of what takes sequences
        """What the network itself gives out for this whole sequence; nothing where it takes single steps."""
        return []

    def noise_outside(self, inputs: np.ndarray) -> str:  # noqa: ARG002
        """What noise the network's own pass over this sequence adds outside of its step, in words; empty for none."""
        return ""

    def passes(self, width: int) -> Passes:  # noqa: ARG002
        """How the network, which was proved, is run on whole sequences of inputs of so many numbers."""
        return Passes()

    def beginning(self) -> AbstractContextManager[bool]:
        """Within it a network begins where its own pass does, though another state was given; whether there was one."""
        return nullcontext(False)

    @abstractmethod
    def learn(self, width: int, first: np.ndarray | None) -> Any:
        """The first way of calling the network that is proved (``proof.Proved``).

        Args:
            width: Numbers of an input.
            first: The first inputs that it is given, (time, trial, input).
        """

    @abstractmethod
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
    """What a function holds or names: its object, what it closes over, its arguments so far, their defaults, globals.

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
        given = [place.default for place in inspect.signature(function).parameters.values()]
        named = [*seen.nonlocals.values(), *seen.globals.values(), *given]
        objects += named
        if depth:
            objects += [item for other in named if inspect.isfunction(other) for item in named_in(other, depth - 1)]
    elif hasattr(function, "__dict__"):
        objects += vars(function).values()
    return objects


Maker = Callable[[int], Any]
"""Makes the state before the first input, of so many trials."""


def start_maker(state: Any, zeros: Callable[[int, int], Any], repeat: Callable[[Any, int], Any]) -> Maker:
    """A function that makes a network's first state.

    Args:
        state: As ``adapt`` is given it; without it a network begins with None.
        zeros: Makes an array of (trials, n).
        repeat: An array of one trial for so many.

    Raises:
        InputError: Where the state is not that of one trial.
    """
    if state is None:
        return lambda trials: None  # noqa: ARG005 - torch's modules begin with it, however many trials there are
    if isinstance(state, (int, np.integer)):
        return lambda trials: zeros(trials, int(state))
    if callable(state) and takes_count(state):
        return state
    state = state() if callable(state) else state
    for array in states.leaves(state):
        if len(array.shape) > 1 and array.shape[0] != 1:
            shown = f"an array of shape {tuple(array.shape)}"
            raise InputError("state", shown, "give one trial's, (1, ...), or a function of the number of trials")
    return lambda trials: states.rebuilt(state, [repeat(array, trials) for array in states.leaves(state)])


def check_start(make: Maker) -> None:
    """Raise InputError where what was given makes no states of two trials and of three; for where a step failed.

    A step may begin with a state that holds no arrays, so this is nothing to ask before.
    """
    try:
        two, three = make(2), make(3)
    except Exception as error:
        raise failed_state(error) from error
    if not states.leaves(two):
        remedy = "it holds no arrays; give a number, one trial's state, or a function of the number of trials"
        raise InputError("state", f"begins as {two!r:.60}", remedy)
    states.layout(two, three)


def takes_count(function: Callable) -> bool:
    """Whether a function that makes a state is handed the number of trials."""
    try:
        inspect.signature(function).bind(1)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def unpacked(result: Any, name: str) -> tuple[Any, Any]:
    """Output and state that a step returned.

    Raises:
        InputError: Where it is no such pair.
    """
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        shown = f"{len(result)} values" if isinstance(result, (tuple, list)) else type(result).__name__
        remedy = "its state cannot be found: return (output, state)"
        raise InputError("network", f"{name} returned {shown}", remedy)
    return result[0], result[1]


class OutputError(InputError):
    """A network that gives out several things, of which nobody said which is its output, or something else."""


def first_of(result: Any, output: str | int | None) -> str:
    """That the first of several outputs is taken, where nobody said which; else nothing."""
    is_several = isinstance(result, (tuple, list)) and len(result) > 1 and output is None
    return f"its output is the first of {len(result)} things that it gives out (output=0)" if is_several else ""


def selected(result: Any, output: str | int | None, name: str) -> Any:
    """The output among the things that a network gives out: the one that was named, else the first of a tuple.

    Args:
        result: What the network returned.
        output: A key of a dict, or a place in a tuple.
        name: Of the network.

    Raises:
        OutputError: Where there is no such thing, or a dict has several and none was named.
    """
    keys: list[Any] = []
    while isinstance(result, (tuple, list, dict)) and result:
        if not isinstance(result, dict):
            result = dict(enumerate(result))
        elif output is None and len(result) > 1:
            shown = f"{name} gives out several things: {', '.join(map(str, result))}"
            raise OutputError("network", shown, f'say which, such as emtvb.adapt(net, output="{next(iter(result))}")')
        keys = list(result)
        if output is not None and output in keys:
            result, output = result[output], None
        else:
            result = result[keys[0]]
    if output is not None:
        one = "leave it out: it gives out one thing; of a pair the second is its state"
        shown = " or ".join(map(repr, keys)) if keys else one
        raise OutputError("output", repr(output), f"{name} has no such output; give {shown}" if keys else shown)
    return result


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


class StepError(Exception):
    """What a step raised, and at which of how many inputs."""

    def __init__(self, error: Exception, time: int, steps: int) -> None:
        super().__init__(describe_error(error))
        self.place = f", at step {time} of {steps}"


@contextmanager
def at_step(time: int, steps: int) -> Iterator[None]:
    """Within it a step is made; of what it raises is known at which input it was."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:
        raise StepError(error, time, steps) from error


def _failure(name: str, when: str, error: Exception) -> str:
    """What was raised, and where, of a network that failed."""
    place, reason = (error.place, str(error)) if isinstance(error, StepError) else ("", describe_error(error))
    return f"{name} failed {when}{place} ({reason})"


def failed(name: str, shape: tuple[int, ...], error: Exception, is_given: bool = False) -> InputError:
    """A step that raised something when it was tried: in one line, with what may help.

    Args:
        name: Of the network.
        shape: Of the inputs.
        error: What it raised.
        is_given: Whether its first state was given.
    """
    shown = _failure(name, "when tried", error)
    if is_given:
        remedy = f"a step (input, state) -> (output, state) on inputs of shape {shape} and the state given must do"
        return InputError("network", shown, remedy)
    remedy = (
        f"a step on inputs of shape {shape} must do; its state cannot be found otherwise: give state= (a number, "
        "one trial's state, or a function of the number of trials)"
    )
    return InputError("network", shown, remedy)


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
        raise InputError("network", _failure(name, "on these inputs", error), remedy) from error


def check_rows(shape: Sequence[int], trials: int) -> None:
    """Raise InputError unless an output has a row for each trial, perhaps within a sequence of one step."""
    if not _has_rows(shape, trials):
        shown = f"output of shape {tuple(shape)} for {trials} trials"
        raise InputError("network", shown, "return one row for each, (trials, outputs)")


def _has_rows(shape: Sequence[int], trials: int) -> bool:
    return list(shape[:1]) == [trials] or list(shape[:2]) == [1, trials]
