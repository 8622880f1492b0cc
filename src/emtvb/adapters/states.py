"""A network's state as a flat vector per trial, whatever it is made of, and back.

A state is arrays in any nesting of tuples, lists and dicts; None is nothing. The first axis of each array is that of
trials. Where an array stands is its name, and the order of names is that in which the state begins: what a step returns
in another order is put into this one (:func:`laid_out_as`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emtvb.errors import InputError

ALONE = "state"
"""The name of a state's only array."""


@dataclass(frozen=True)
class Part:
    """One array of a state.

    Attributes:
        name: Where it stands: its place in a tuple or a list, its key in a dict, with dots between.
        shape: Of one trial.
        is_complex: Whether a number takes two places of the flat vector, its real part and its imaginary part.
        example: An array of it, for its library, dtype and device.
    """

    name: str
    shape: tuple[int, ...]
    is_complex: bool
    example: Any

    @property
    def size(self) -> int:
        """Real numbers of one trial."""
        return math.prod(self.shape) * (2 if self.is_complex else 1)


def named_arrays(state: Any) -> dict[str, Any]:
    """The arrays of a state by their names, from left to right.

    Raises:
        InputError: Where it holds something that is no array, or two arrays have one name.
    """
    found = [(name or ALONE, array) for name, array in _arrays_below(state, "")]
    named = dict(found)
    if len(named) < len(found):
        names = [name for name, _ in found]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("state", f"two arrays called {twice}", "give its keys names that tell them apart")
    return named


def state_parts(state: Any, trials: int) -> list[Part]:
    """The arrays of a state of so many trials, with their names.

    Raises:
        InputError: Where there is none, one does not hold real or complex numbers, or its first axis is not the trials.
    """
    found = named_arrays(state)
    if not found:
        remedy = "it holds no arrays; give a number of zeros, one trial's state, or a function of the number of trials"
        raise InputError("state", f"begins as {state!r:.60}", remedy)
    for name, array in found.items():
        where = f"{name}: " * (name != ALONE)
        if tuple(array.shape)[:1] != (trials,):
            shown = f"{where}shape {tuple(array.shape)} for {trials} trials"
            raise InputError("state", shown, f"the first axis of each of its arrays is the trials: ({trials}, ...)")
        if not any(word in str(array.dtype) for word in ("float", "complex")):  # of numpy, torch and JAX
            shown = f"{where}an array of {array.dtype}"
            raise InputError("state", shown, "its numbers must be real or complex; give floats")
    return [Part(name, tuple(array.shape[1:]), "complex" in str(array.dtype), array) for name, array in found.items()]


def laid_out_as(state: Any, new: Mapping[str, Any]) -> Any:
    """The nesting of a state with other arrays of the same names in it, in whatever order they come."""
    names = iter(named_arrays(state))

    def build(part: Any) -> Any:
        if part is None or hasattr(part, "shape"):
            return None if part is None else new[next(names)]
        if isinstance(part, dict):
            return {key: build(value) for key, value in part.items()}
        built = [build(value) for value in part]
        if hasattr(part, "_fields"):  # a named tuple
            return type(part)(*built)
        return tuple(built) if isinstance(part, tuple) else built

    return build(state)


def _arrays_below(state: Any, name: str) -> list[tuple[str, Any]]:
    """Each array with its name, below this one."""
    if state is None:
        return []
    if hasattr(state, "__array__") or (hasattr(state, "shape") and hasattr(state, "dtype")):
        return [(name, state)]
    if isinstance(state, dict):
        inner = [(str(key), value) for key, value in state.items()]
    elif isinstance(state, (tuple, list)):
        inner = list(zip(getattr(state, "_fields", map(str, range(len(state)))), state, strict=True))
    else:
        shown = f"{type(state).__name__} {state!r}"[:60]
        raise InputError("state", shown, "give arrays or tensors, alone or in tuples, lists or dicts")
    return [found for key, value in inner for found in _arrays_below(value, f"{name}.{key}" if name else key)]
