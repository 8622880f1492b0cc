"""Plain functions of numpy arrays as steps, and of arrays that numpy takes, such as JAX's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from emtvb.adapters import states
from emtvb.adapters.input_orders import check_order
from emtvb.adapters.proof import TRIALS, Proved, probe, prove, same_noise
from emtvb.adapters.steps import Machine, StepError, arguments, check_start, failed, unpacked
from emtvb.errors import InputError


class NumpyMachine(Machine):
    """A step of numpy arrays."""

    def __init__(self, network: Callable, readout: Any, state: Any, output: str | int | None) -> None:
        super().__init__(network, readout, state, output)
        self._step = network

    def array(self, values: np.ndarray) -> np.ndarray:
        """A copy: a function may write into what it is given."""
        return np.array(values)

    def zeros(self, trials: int, n: int) -> np.ndarray:
        """Of double precision."""
        return np.zeros((trials, n))

    def repeated(self, array: np.ndarray, trials: int) -> np.ndarray:
        """Along the first axis."""
        return np.repeat(array[None] if array.ndim < 2 else array, trials, axis=0)

    def numpy(self, arrays: list[np.ndarray]) -> np.ndarray:
        """The stack of them."""
        return np.stack(arrays)

    def call(self, inputs: np.ndarray, state: Any) -> tuple[Any, Any]:
        """The function's own."""
        return unpacked(self._step(inputs, state), self._name)

    def checked(self, output: Any, state: Any) -> np.ndarray:
        """An array without a mask."""
        if np.ma.is_masked(output) or any(isinstance(array, np.ma.MaskedArray) for array in states.leaves(state)):
            remedy = "its mask would be lost; return plain arrays: .filled(...)"
            raise InputError("network", f"{self._name} returned a masked array", remedy)
        return np.asarray(output)

    def flat(self, state: Any, layout: list[states.Leaf]) -> np.ndarray:
        """Each array with its trials first, in a row."""
        rows = []
        for array, leaf in zip(states.leaves(state), layout, strict=True):
            row = np.moveaxis(array, leaf.axis, 0).reshape(array.shape[leaf.axis], -1)
            rows.append(np.concatenate([row.real, row.imag], axis=1) if leaf.is_complex else row)
        return np.concatenate(rows, axis=1)

    def nested(self, flat: np.ndarray, layout: list[states.Leaf]) -> list[Any]:
        """The inverse; each array of the library that it was of, such as JAX's."""
        arrays = []
        for leaf, row in zip(
            layout, np.split(flat, np.cumsum([leaf.size for leaf in layout])[:-1], axis=1), strict=True
        ):
            if leaf.is_complex:
                real, imaginary = np.split(row, 2, axis=1)
                row = real + 1j * imaginary
            array = row.astype(leaf.example.dtype).reshape(len(flat), *leaf.shape)
            library = getattr(leaf.example, "__array_namespace__", lambda: np)()
            arrays.append(library.asarray(np.moveaxis(array, 0, leaf.axis)))
        return arrays

    def kept(self, array: np.ndarray) -> np.ndarray:
        """A copy: a function may write into what it gave out before."""
        return np.array(array)

    @contextmanager
    def still(self, noisy: bool) -> Iterator[None]:  # noqa: ARG002 - numpy's noise cannot be set aside, only repeated
        """The random numbers of numpy, and of the generators that the function holds, are drawn again each time."""
        with same_noise(self.network):
            yield

    def _check_takes_many(self, inputs: np.ndarray) -> None:
        """Raise InputError where the step, which failed on several trials, takes a single one."""
        two = self._make(2)
        layout = states.layout(two, self._make(3))
        row = [array[(slice(None),) * leaf.axis + (0,)] for array, leaf in zip(states.leaves(two), layout, strict=True)]
        try:
            _, state = unpacked(self._step(inputs[0, 0], states.rebuilt(two, row)), self._name)
            fits = [np.shape(array) for array in states.leaves(state)] == [array.shape for array in row]
        except Exception:  # whatever it raises of one trial, it raised of several before
            return
        if fits:
            remedy = "make it take many, (trial, input) and (trial, state): h @ W.T for W @ h"
            if hasattr(two, "shape"):
                line = "lambda u, h: tuple(np.stack(part) for part in zip(*map(step, u, h)))"
                remedy += f"; or call it for each: emtvb.adapt({line}, state=...), where step is {self._name}"
            raise InputError("network", f"{self._name} takes a single trial", remedy)

    def jacobian(self, *_: Any, **__: Any) -> None:
        """Numpy has none."""
        return

    def learn(self, width: int, first: np.ndarray | None) -> Proved:
        """From steps that it makes."""
        kind = np.float64 if first is None or first.dtype.kind != "f" else first.dtype
        error: InputError | None = None
        for inputs in probe(width, first):
            try:
                with self.still(False):
                    proved = prove(self, self._name, inputs.astype(kind))
            except InputError as fault:
                raise fault from None
            except Exception as raised:
                if self._is_given:
                    check_start(self._make)
                if self._is_given and isinstance(raised, StepError):
                    self._check_takes_many(inputs.astype(kind))
                error = failed(self._name, (TRIALS, width), raised, self._is_given)  # the last is of its user's inputs
                continue
            step = self._step

            def prove_read(read: Callable, inputs: np.ndarray = inputs, step: Callable = step) -> Proved:
                self._step = read
                with same_noise(step):
                    return prove(self, self._name, inputs.astype(kind), must_remember=True)

            try:
                check_order(step, arguments(step), self._name, "np.zeros", proved, prove_read)
            finally:
                self._step = step
            return proved
        assert error is not None
        raise error
