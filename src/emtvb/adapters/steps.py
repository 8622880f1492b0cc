"""A step ``(input, state) -> (output, state)`` on many trials, of numpy or of a library whose arrays numpy takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters import states
from emtvb.adapters.naming import Generators, named_in
from emtvb.core.arguments import as_numpy, describe_error
from emtvb.core.result_tables import first_names
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

    @property
    def functions(self) -> list[Any]:
        """What it computes with."""
        return [given for given in (self.call, self.state, self.readout, self.whole) if callable(given)]


class Machine:
    """Makes steps, and lays states out as flat vectors. Here of numpy's arrays and JAX's; of torch's a class below it.

    A state has one layout, that in which it begins first: a step is given each state in that nesting, and the flat
    vector has its arrays in that order, however a step orders what it returns.

    Attributes:
        form: What it makes steps of.
        parts: The arrays of its state.
        is_half: Whether its numbers are of half precision.
    """

    is_half = False

    def __init__(self, form: Form) -> None:
        self.form = form
        self._generators = Generators(named_in(*form.functions))
        self._is_settled = False
        self._example = self._began(2)
        self.parts = states.state_parts(self._example, 2)
        states.state_parts(self.start(3), 3)
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

    def flat_states(self, values: np.ndarray) -> Any:
        """Flat states of numpy as an array of the library, in their own precision: parts of a state may be wider."""
        return self.array(values)

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
        """The state before the first input, in its one layout; after the first step in the precision of its results.

        Raises:
            InputError: Where the function that makes it fails, or it is not that of one trial.
        """
        named = states.named_arrays(self._began(trials))
        names = [part.name for part in self.parts]
        if named.keys() != set(names):
            shown = f"{first_names(names)} of 2 trials, and {first_names([*named])} of {trials}"
            raise InputError("state", shown, "give the same arrays of any number of trials")
        if self._is_settled:
            named = {part.name: self.like(named[part.name], part.example) for part in self.parts}
        return states.laid_out_as(self._example, named)

    def _began(self, trials: int) -> Any:
        """The state before the first input, as it was given."""
        state = self.form.state
        if isinstance(state, (int, np.integer)):
            return self.zeros(trials, int(state))
        if not callable(state):
            named = states.named_arrays(state)
            found = {name: array[None] if len(array.shape) < 2 else array for name, array in named.items()}
            for array in found.values():
                if len(array) != 1:
                    shown = f"an array of shape {tuple(array.shape)}"
                    raise InputError(
                        "state", shown, "give one trial's, (1, ...), or a function of the number of trials"
                    )
            return states.laid_out_as(state, {name: self.repeated(array, trials) for name, array in found.items()})
        try:
            return state(trials)
        except InputError:
            raise
        except Exception as error:
            remedy = "it is called with a number of trials, and must return their states"
            raise InputError("state", f"a function that failed ({describe_error(error)})", remedy) from error

    def step(self, inputs: Any, state: Any, where: str = "") -> tuple[Any, Any]:
        """Output (trials, outputs) and new state, in its one layout.

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
            given = f"inputs {tuple(inputs.shape)} and {_in_words(_shapes(states.named_arrays(state)))}"
            shown = f"{name} failed{where and f' {where}'} ({describe_error(error)})"
            remedy = f"a step takes many trials: here {given}{self._library(state)}"
            raise InputError("network", shown, remedy) from error
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            count = f"{len(result)} values" if isinstance(result, (tuple, list)) else type(result).__name__
            raise InputError("network", f"{name} returned {count}", "return a pair, (output, state)")
        output, new = result
        if self.form.readout is not None:
            output = self._read_out(self.form.readout, output)
        output = self.checked(output, name)
        named = states.named_arrays(new)
        if not self._is_settled:  # once: those of torch have to leave its device for it
            for array in (output, *named.values()):
                as_numpy(array, "network")
        if tuple(output.shape)[:1] != (trials,):
            shown = f"{name} gave out an output of shape {tuple(output.shape)} for {trials} trials"
            raise InputError("network", shown, "return one row for each, (trials, outputs)")
        expected = {part.name: (trials, *part.shape) for part in self.parts}
        if _shapes(named) != expected:
            shown = f"{name}: {_in_words(expected)} and then {_in_words(_shapes(named)) or 'no state'}"
            raise InputError("network", shown, "return (output, state), of the same sizes at every step")
        new = states.laid_out_as(self._example, named)
        if not self._is_settled:
            self.parts, self._is_settled = states.state_parts(new, trials), True
        return output.reshape(trials, -1), new

    def _library(self, state: Any) -> str:
        """That a failed step was given numpy's arrays, where it may be one of torch's."""
        is_numpys = all(isinstance(array, np.ndarray) for array in states.named_arrays(state).values())
        known = is_numpys and "torch" in sys.modules
        return "; they are numpy's: if it computes with torch, give its state= as tensors" if known else ""

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
        rows, named = [], states.named_arrays(state)
        for part in self.parts:
            array = named[part.name]
            row = array.reshape(len(array), -1)
            rows += [row.real, row.imag] if part.is_complex else [row]
        return self.joined(rows)

    def nested(self, flat: Any) -> Any:
        """The inverse; each array in its own precision, of the library that it was of."""
        found, places = {}, self.slices
        for part in self.parts:
            row = flat[:, places[part.name]]
            if part.is_complex:
                half = part.size // 2
                row = row[:, :half] + 1j * row[:, half:]
            found[part.name] = self.like(row.reshape(len(flat), *part.shape), part.example)
        return states.laid_out_as(self._example, found)

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


def _shapes(named: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of each array by its name."""
    return {name: tuple(array.shape) for name, array in named.items()}


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
        now = machine.start(inputs.shape[1]) if state is None else machine.nested(machine.flat_states(state))
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
