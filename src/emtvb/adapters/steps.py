"""A step ``(input, state) -> (output, state)`` on many trials, of numpy or of a library whose arrays numpy takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters import states
from emtvb.adapters.naming import Generators, named_in
from emtvb.core.arguments import describe_error
from emtvb.errors import InputError


@dataclass(frozen=True)
class Form:
    """What a network is taken as.

    Attributes:
        name: What it is called.
        call: Its step.
        start: From a number of trials to the state before the first input.
        readout: Of its output; None for none.
        whole: The network on whole sequences; None where none was given.
        batch_first: Whether that takes and gives trials before time.
    """

    name: str
    call: Callable[[Any, Any], Any]
    start: Callable[[int], Any]
    readout: Callable[[Any], Any] | None = None
    whole: Callable[[Any], Any] | None = None
    batch_first: bool = False


class Machine:
    """Makes steps, and lays states out as flat vectors. Here of numpy's arrays and JAX's; of torch's a class below it.

    Attributes:
        form: What it makes steps of.
        parts: The arrays of its state.
        is_half: Whether its numbers are of half precision.
    """

    is_half = False

    def __init__(self, form: Form) -> None:
        self.form = form
        objects = [form.call, form.start, form.readout, form.whole]
        self._generators = Generators([item for given in objects if given is not None for item in named_in(given)])
        self._example = self.start(2)
        self.parts = states.parts(self._example, 2)
        states.parts(self.start(3), 3)
        self._is_settled = False
        first, again = (self.flat(self.start(2)) for _ in range(2))
        if np.isnan(self.numpy(first)).any():
            raise InputError("state", "not all of it numbers", "give a state without NaN")
        if not np.array_equal(self.numpy(first), self.numpy(again)):
            remedy = "draw it from a seed of its own: lambda trials: np.random.default_rng(0).normal(size=(trials, n))"
            raise InputError("state", "a function that gives another state each time it is called", remedy)

    def quiet(self) -> AbstractContextManager[Any]:
        """Within it nothing is trained: evaluation mode, no gradients."""
        return nullcontext()

    def array(self, values: np.ndarray) -> Any:
        """Numpy's numbers as an array of the library, a copy: a step may write into what it is given."""
        return np.array(values)

    def ids(self, values: np.ndarray) -> Any:
        """Whole numbers as an array of the library."""
        return values.astype(np.int64)

    def numpy(self, array: Any) -> np.ndarray:
        """An array of the library as one of numpy's, a copy: a step may write into what it gave out before."""
        return np.array(array)

    def stacked(self, arrays: list[Any]) -> np.ndarray:
        """Arrays of the library as one of numpy's."""
        return np.stack(arrays)

    def kept(self, array: Any) -> Any:
        """A copy in the library: a step may write into what it gave out before."""
        return np.array(array)

    @contextmanager
    def drawn_again(self) -> Iterator[None]:
        """What is drawn within, of all generators that are known, is drawn again next time."""
        with self._generators.kept():
            yield

    def drawn(self) -> list[Any]:
        """Where these generators are."""
        return self._generators.state()

    def start(self, trials: int) -> Any:
        """The state before the first input.

        Raises:
            InputError: Where the function that makes it fails.
        """
        try:
            return self.form.start(trials)
        except InputError:
            raise
        except Exception as error:
            remedy = "it is called with a number of trials, and must return their states"
            raise InputError("state", f"a function that failed ({describe_error(error)})", remedy) from error

    def step(self, inputs: Any, state: Any, where: str = "") -> tuple[Any, Any]:
        """Output (trials, outputs) and new state.

        Args:
            inputs: (trials, inputs), of the library.
            state: Of these trials.
            where: Which step of how many, in words.

        Raises:
            InputError: Where it fails, or does not return an output and a state of the same trials.
        """
        name, trials = self.form.name, len(inputs)
        try:
            result = self.form.call(inputs, state)
        except (InputError, MemoryError):
            raise
        except Exception as error:
            given = ", ".join(f"{key or states.ALONE} {shape}" for key, shape in states.shapes(state).items())
            remedy = f"a step takes many trials: here inputs {tuple(inputs.shape)} and {given}"
            shown = f"{name} failed{where and f' {where}'} ({describe_error(error)})"
            raise InputError("network", shown, remedy) from error
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            count = f"{len(result)} values" if isinstance(result, (tuple, list)) else type(result).__name__
            raise InputError("network", f"{name} returned {count}", "return a pair, (output, state)")
        output, new = result
        if self.form.readout is not None:
            output = self._read_out(self.form.readout, output, trials)
        output = self._checked(output)
        if tuple(output.shape)[:1] != (trials,):
            shown = f"{name} gave out an output of shape {tuple(output.shape)} for {trials} trials"
            raise InputError("network", shown, "return one row for each, (trials, outputs)")
        expected = {key: (trials, *shape[1:]) for key, shape in states.shapes(self._example).items()}
        if states.shapes(new) != expected:
            shown = f"{name}: a state of shapes {_shown(expected)} and then {_shown(states.shapes(new))}"
            raise InputError("network", shown, "return (output, state), of the same sizes at every step")
        if not self._is_settled:
            self._example, self.parts, self._is_settled = new, states.parts(new, trials), True
        return output.reshape(trials, -1), new

    def _read_out(self, readout: Callable[[Any], Any], output: Any, trials: int) -> Any:
        """What a readout makes of an output of so many trials."""
        name = getattr(readout, "__name__", type(readout).__name__)
        try:
            result = readout(output)
        except Exception as error:
            remedy = f"it must take outputs of shape {tuple(getattr(output, 'shape', ()))}"
            raise InputError("readout", f"{name} failed ({describe_error(error)})", remedy) from error
        shape = tuple(getattr(result, "shape", ()))
        if shape[:1] != (trials,):
            shown = "None" if result is None else f"shape {shape} for {trials} trials"
            raise InputError("readout", f"{name} returned {shown}", "return one row for each, (trials, outputs)")
        return result

    def _checked(self, output: Any) -> Any:
        """An output as an array of real numbers without a mask."""
        if np.ma.is_masked(output):
            remedy = "its mask would be lost; return plain arrays: .filled(...)"
            raise InputError("network", f"{self.form.name} returned a masked array", remedy)
        output = np.asarray(output)
        if output.dtype.kind not in "fiub":
            remedy = "give out an array of real numbers"
            raise InputError("network", f"{self.form.name} gives out {output.dtype}", remedy)
        return output

    def flat(self, state: Any) -> Any:
        """A state as (trials, state), each array of it in a row, in the library."""
        rows = []
        for array, part in zip(states.arrays(state), self.parts, strict=True):
            if np.ma.is_masked(array):
                remedy = "its mask would be lost; return plain arrays: .filled(...)"
                raise InputError("network", f"{self.form.name} returned a masked array", remedy)
            row = np.asarray(array).reshape(len(array), -1)
            rows.append(np.concatenate([row.real, row.imag], axis=1) if part.is_complex else row)
        return np.concatenate(rows, axis=1)

    def nested(self, flat: Any) -> Any:
        """The inverse; each array of the library that it was of, such as JAX's."""
        found = []
        for part, row in zip(self.parts, np.split(flat, self._ends()[:-1], axis=1), strict=True):
            if part.is_complex:
                real, imaginary = np.split(row, 2, axis=1)
                row = real + 1j * imaginary
            array = row.astype(part.example.dtype).reshape(len(flat), *part.shape)
            found.append(getattr(part.example, "__array_namespace__", lambda: np)().asarray(array))
        return states.rebuilt(self._example, found)

    def _ends(self) -> list[int]:
        return np.cumsum([part.size for part in self.parts]).tolist()

    @property
    def slices(self) -> dict[str, slice]:
        """Where each array of the state lies in the flat vector."""
        return {part.name: slice(end - part.size, end) for part, end in zip(self.parts, self._ends(), strict=True)}

    @property
    def state_dim(self) -> int:
        """Real numbers of the state."""
        return self._ends()[-1]

    def jacobian(self, flat: np.ndarray, inputs: np.ndarray) -> Float[np.ndarray, "trial state state"] | None:  # noqa: ARG002
        """The derivative of the new state by the old; None where the library gives none."""
        return None


def start_maker(
    state: Any, zeros: Callable[[int, int], Any], repeat: Callable[[Any, int], Any]
) -> Callable[[int], Any]:
    """A function that makes a network's first state.

    Args:
        state: As ``adapt`` is given it.
        zeros: Makes an array of (trials, n).
        repeat: An array of one trial, (1, ...), for so many.

    Raises:
        InputError: Where the state is not that of one trial.
    """
    if isinstance(state, (int, np.integer)):
        return lambda trials: zeros(trials, int(state))
    if callable(state) and _takes_count(state):
        return state
    one = state() if callable(state) else state
    found = [array[None] if len(array.shape) < 2 else array for array in states.arrays(one)]
    for array in found:
        if array.shape[0] != 1:
            shown = f"an array of shape {tuple(array.shape)}"
            raise InputError("state", shown, "give one trial's, (1, ...), or a function of the number of trials")
    return lambda trials: states.rebuilt(one, [repeat(array, trials) for array in found])


def _takes_count(function: Callable) -> bool:
    """Whether a function that makes a state is handed the number of trials."""
    try:
        inspect.signature(function).bind(1)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def numpy_machine(form: Form, state: Any) -> Machine:
    """A step of numpy's arrays, or of JAX's, which begins with this state."""

    def repeat(array: Any, trials: int) -> Any:
        return np.repeat(array, trials, axis=0)

    start = start_maker(state, lambda trials, n: np.zeros((trials, n)), repeat)
    return Machine(replace(form, start=start))


def _shown(shapes: dict[str, tuple[int, ...]]) -> str:
    """Shapes of a state in words."""
    return ", ".join(f"{name}: {shape}" if name else str(shape) for name, shape in shapes.items()) or "none"


def run(
    machine: Machine,
    inputs: Float[np.ndarray, "time trial input"],
    state: Float[np.ndarray, "trial state"] | None = None,
    times: Sequence[int] | None = None,
    *,
    is_drawn_again: bool = False,
    moved: float = 0.0,
) -> tuple[Float[np.ndarray, "kept trial state"], Float[np.ndarray, "time trial output"]]:
    """States after the inputs of some times, by default all, and outputs after each.

    Args:
        machine: Makes the steps.
        inputs: What it is given.
        state: Where it begins; by default where the network itself does.
        times: The inputs after which the state is kept, in order.
        is_drawn_again: Whether each step draws the same noise.
        moved: Each number of each state is made larger by this share of itself, as rounding does.
    """
    flats, outputs = [], []
    again = machine.drawn_again if is_drawn_again else nullcontext
    with again():
        now = machine.start(inputs.shape[1]) if state is None else machine.nested(machine.array(state))
    for time, u in enumerate(inputs):
        with again():
            output, now = machine.step(machine.array(u), now, f"at step {time} of {len(inputs)}")
        if times is None or time in times:
            flats.append(machine.flat(now))
        if moved:
            now = machine.nested(machine.flat(now) * (1 + moved))
        outputs.append(machine.kept(output))
    widths = list(dict.fromkeys(output.shape[1] for output in outputs))
    if len(widths) > 1:
        shown = f"{machine.form.name}: outputs of {widths[0]} numbers and then of {widths[1]}"
        raise InputError("network", shown, "return (output, state), of the same sizes at every step")
    given = machine.stacked(outputs)
    if not flats:
        return np.empty((0, inputs.shape[1], machine.state_dim), dtype=given.dtype), given
    return machine.stacked(flats), given
