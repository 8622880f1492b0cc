"""Plain functions of numpy arrays as steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from emtvb.errors import InputError
from emtvb.own import states
from emtvb.own.steps import check_rows, failed, maker, unpacked


class NumpyMachine:
    """A step of numpy arrays."""

    def __init__(self, network: Callable, readout: Any, state: Any) -> None:
        self._call, self._readout = network, readout
        self._name = getattr(network, "__name__", type(network).__name__)
        self._make = maker(network, state, lambda trials, n: np.zeros((trials, n)), _repeat)

    def quiet(self) -> AbstractContextManager[Any]:
        """Nothing to be done."""
        return nullcontext()

    def array(self, values: np.ndarray) -> np.ndarray:
        """Itself."""
        return values

    def numpy(self, arrays: list[np.ndarray]) -> np.ndarray:
        """The stack of them."""
        return np.stack(arrays)

    def start(self, trials: int) -> Any:
        """What the given state says."""
        return self._make(trials)

    def step(self, inputs: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """One call."""
        output, state = unpacked(self._call(inputs, state), self._name)
        output = np.asarray(output if self._readout is None else self._readout(output))
        check_rows(output.shape, len(inputs))
        return output.reshape(len(inputs), -1), state

    def flat(self, state: Any, layout: list[states.Leaf]) -> np.ndarray:
        """Each array with its trials first, in a row."""
        rows = []
        for array, leaf in zip(states.leaves(state), layout, strict=True):
            row = np.moveaxis(array, leaf.axis, 0).reshape(array.shape[leaf.axis], -1)
            rows.append(np.concatenate([row.real, row.imag], axis=1) if leaf.is_complex else row)
        return np.concatenate(rows, axis=1)

    def nested(self, flat: np.ndarray, layout: list[states.Leaf]) -> list[np.ndarray]:
        """The inverse."""
        arrays = []
        for leaf, row in zip(
            layout, np.split(flat, np.cumsum([leaf.size for leaf in layout])[:-1], axis=1), strict=True
        ):
            if leaf.is_complex:
                real, imaginary = np.split(row, 2, axis=1)
                row = real + 1j * imaginary
            array = row.astype(leaf.example.dtype, copy=False).reshape(len(flat), *leaf.shape)
            arrays.append(np.moveaxis(array, 0, leaf.axis))
        return arrays

    def learn(self, example: np.ndarray) -> tuple[Any, list[states.Leaf]]:
        """From steps of two and of three trials."""
        found = []
        for trials in (2, 3):
            inputs = np.zeros((trials, *example.shape), dtype=example.dtype)
            try:
                _, state = self.step(inputs, self.start(trials))
                _, state = self.step(inputs, state)
            except InputError:
                raise
            except Exception as error:
                raise failed(self._name, inputs.shape, error) from None
            found.append(state)
        return found[0], states.layout(
            found[0], found[1], np.iscomplexobj, lambda a: np.issubdtype(a.dtype, np.floating)
        )

    def jacobian(self, *_: Any, **__: Any) -> None:
        """Numpy has none."""
        return


def _repeat(array: np.ndarray, trials: int) -> np.ndarray:
    return np.repeat(array[None] if array.ndim < 2 else array, trials, axis=0)
