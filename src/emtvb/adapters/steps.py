"""A step ``(input, state) -> (output, state)`` on many trials, of numpy or of a library whose arrays numpy takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters import states
from emtvb.adapters.naming import Generators, named_in
from emtvb.core.arguments import as_numpy, describe_error
from emtvb.errors import InputError


@dataclass(frozen=True)
class Form:
    """What a network is taken as.

    Attributes:
        name: What it is called.
        call: Its step.
        state: Where it begins: a number of zeros, one trial's state, or a function of the number of trials.
        readout: Of its output; None for none.
        whole: The network on whole sequences; None where none was given.
        batch_first: Whether that takes and gives trials before time.
    """

    name: str
    call: Callable[[Any, Any], Any]
    state: Any
    readout: Callable[[Any], Any] | None = None
    whole: Callable[[Any], Any] | None = None
    batch_first: bool = False

    def named(self) -> list[Any]:
        """What its functions hold or name."""
        functions = [given for given in (self.call, self.state, self.readout, self.whole) if callable(given)]
        return [item for function in functions for item in named_in(function)]


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
        self._generators = Generators(form.named())
        self._example = self.start(2)
        self.parts = states.state_parts(self._example, 2)
        states.state_parts(self.start(3), 3)
        self._is_settled = False
        first, again = (self.numpy(self.flat(self.start(2))) for _ in range(2))
        if np.isnan(first).any():
            raise InputError("state", "not all of it numbers", "give a state without NaN")
        if not np.array_equal(first, again):
            remedy = "draw it from a seed of its own: lambda trials: np.random.default_rng(0).normal(size=(trials, n))"
            raise InputError("state", "a function that gives another state each time it is called", remedy)

    def quiet(self) -> AbstractContextManager[Any]:
        """Within it nothing is trained: evaluation mode, no gradients."""
        return nullcontext()

    @contextmanager
    def drawn_again(self) -> Iterator[None]:
        """What is drawn within, of all generators that are known, is drawn again next time."""
        with self._generators.kept():
            yield

    def array(self, values: np.ndarray) -> Any:
        """Numpy's numbers as an array of the library, a copy: a step may write into what it is given."""
        return np.array(values)

    def zeros(self, trials: int, n: int) -> Any:
        """Zeros in the library, (trials, n)."""
        return np.zeros((trials, n))

    def repeated(self, array: Any, trials: int) -> Any:
        """An array of one trial, (1, ...), for so many."""
        return np.repeat(array, trials, axis=0)

    def ids(self, values: np.ndarray) -> Any:
        """Whole numbers as an array of the library."""
        return values.astype(np.int64)

    def stacked(self, arrays: list[Any]) -> np.ndarray:
        """Arrays of the library as one of numpy's."""
        return np.stack(arrays)

    def numpy(self, array: Any) -> np.ndarray:
        """An array of the library as one of numpy's."""
        return self.stacked([array])[0]

    def joined(self, arrays: list[Any]) -> Any:
        """Arrays of the library beside each other, a copy: a step may write into what it gave out before."""
        return np.concatenate([as_numpy(array, "network") for array in arrays], axis=1)

    def like(self, array: Any, example: Any) -> Any:
        """An array with the precision of another one, and of its library, such as JAX."""
        return getattr(example, "__array_namespace__", lambda: np)().asarray(array.astype(example.dtype))

    def checked(self, output: Any, name: str) -> Any:
        """What something of this name gave out, as an array of real numbers."""
        output = as_numpy(output, "network")
        if output.dtype.kind not in "fiub":
            raise InputError("network", f"{name} gives out {output.dtype}", "give out real numbers")
        return output if output.dtype.kind == "f" else output.astype(np.float64)

    def start(self, trials: int) -> Any:
        """The state before the first input.

        Raises:
            InputError: Where the function that makes it fails, or it is not that of one trial.
        """
        state = self.form.state
        if isinstance(state, (int, np.integer)):
            return self.zeros(trials, int(state))
        if not callable(state):
            found = [array[None] if len(array.shape) < 2 else array for array in states.state_arrays(state)]
            for array in found:
                if len(array) != 1:
                    shown = f"an array of shape {tuple(array.shape)}"
                    raise InputError(
                        "state", shown, "give one trial's, (1, ...), or a function of the number of trials"
                    )
            return states.state_of_arrays(state, [self.repeated(array, trials) for array in found])
        try:
            return state(trials)
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
            given = f"inputs {tuple(inputs.shape)} and {_in_words(states.shapes_by_name(state))}"
            shown = f"{name} failed{where and f' {where}'} ({describe_error(error)})"
            raise InputError("network", shown, f"a step takes many trials: here {given}") from error
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            count = f"{len(result)} values" if isinstance(result, (tuple, list)) else type(result).__name__
            raise InputError("network", f"{name} returned {count}", "return a pair, (output, state)")
        output, new = result
        if self.form.readout is not None:
            output = self._read_out(self.form.readout, output)
        output = self.checked(output, name)
        if not self._is_settled:  # once: those of torch have to leave its device for it
            for array in (output, *states.state_arrays(new)):
                as_numpy(array, "network")
        if tuple(output.shape)[:1] != (trials,):
            shown = f"{name} gave out an output of shape {tuple(output.shape)} for {trials} trials"
            raise InputError("network", shown, "return one row for each, (trials, outputs)")
        expected = {key: (trials, *shape[1:]) for key, shape in states.shapes_by_name(self._example).items()}
        if states.shapes_by_name(new) != expected:
            shown = f"{name}: {_in_words(expected)} and then {_in_words(states.shapes_by_name(new)) or 'no state'}"
            raise InputError("network", shown, "return (output, state), of the same sizes at every step")
        if not self._is_settled:
            self._example, self.parts, self._is_settled = new, states.state_parts(new, trials), True
        return output.reshape(trials, -1), new

    def _read_out(self, readout: Callable[[Any], Any], output: Any) -> Any:
        """What a readout makes of an output."""
        try:
            return readout(output)
        except Exception as error:
            shown = f"{getattr(readout, '__name__', type(readout).__name__)} failed ({describe_error(error)})"
            remedy = f"it must take outputs of shape {tuple(getattr(output, 'shape', ()))}"
            raise InputError("readout", shown, remedy) from error

    def flat(self, state: Any) -> Any:
        """A state as (trials, state), each array of it in a row, in the library."""
        rows = []
        for array, part in zip(states.state_arrays(state), self.parts, strict=True):
            row = array.reshape(len(array), -1)
            rows += [row.real, row.imag] if part.is_complex else [row]
        return self.joined(rows)

    def nested(self, flat: Any) -> Any:
        """The inverse; each array in its own precision, of the library that it was of."""
        found = []
        for part, place in zip(self.parts, self.slices.values(), strict=True):
            row = flat[:, place]
            if part.is_complex:
                half = part.size // 2
                row = row[:, :half] + 1j * row[:, half:]
            found.append(self.like(row.reshape(len(flat), *part.shape), part.example))
        return states.state_of_arrays(self._example, found)

    @property
    def slices(self) -> dict[str, slice]:
        """Where each array of the state lies in the flat vector."""
        ends = np.cumsum([part.size for part in self.parts]).tolist()
        return {part.name: slice(end - part.size, end) for part, end in zip(self.parts, ends, strict=True)}

    @property
    def state_dim(self) -> int:
        """Real numbers of the state."""
        return sum(part.size for part in self.parts)

    def jacobian(self, flat: np.ndarray, inputs: np.ndarray) -> Float[np.ndarray, "trial state state"] | None:  # noqa: ARG002
        """The derivative of the new state by the old; None where the library gives none."""
        return None


def _in_words(shapes: dict[str, tuple[int, ...]]) -> str:
    """Shapes of a state in words."""
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())


def run_steps(
    machine: Machine,
    inputs: Float[np.ndarray, "time trial input"],
    state: Float[np.ndarray, "trial state"] | None = None,
    times: Sequence[int] | None = None,
    *,
    is_drawn_again: bool = False,
    change: Callable[[Any], Any] | None = None,
) -> tuple[Float[np.ndarray, "kept trial state"], Float[np.ndarray, "time trial output"]]:
    """States after the inputs of some times, by default all, and outputs after each.

    Args:
        machine: Makes the steps.
        inputs: What it is given.
        state: Where it begins; by default where the network itself does.
        times: The inputs after which the state is kept, in order.
        is_drawn_again: Whether each step draws the same noise.
        change: What becomes of a flat state, in the library, before the next step; by default it stays.
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
        if change is not None:
            now = machine.nested(change(machine.flat(now)))
        outputs.append(machine.joined([output]))
    given = machine.stacked(outputs)
    if not flats:
        return np.empty((0, inputs.shape[1], machine.state_dim), dtype=given.dtype), given
    return machine.stacked(flats), given
