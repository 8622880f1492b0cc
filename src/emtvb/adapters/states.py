"""A network's state as a flat vector per trial, whatever it is made of, and back.

A state is arrays in any nesting of tuples, lists and dicts; None is nothing. The first axis of each array is that of
trials.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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


def state_arrays(state: Any) -> list[Any]:
    """The arrays of a state, from left to right.

    Raises:
        InputError: Where it holds something that is no array.
    """
    return [array for _, array in _named_arrays(state, "")]


def state_parts(state: Any, trials: int) -> list[Part]:
    """The arrays of a state of so many trials, with their names.

    Raises:
        InputError: Where there is none, one does not hold real or complex numbers, or its first axis is not the trials.
    """
    found = _named_arrays(state, "")
    if not found:
        remedy = "it holds no arrays; give a number of zeros, one trial's state, or a function of the number of trials"
        raise InputError("state", f"begins as {state!r:.60}", remedy)
    for name, array in found:
        where = f"{name}: " * bool(name)
        if tuple(array.shape)[:1] != (trials,):
            shown = f"{where}shape {tuple(array.shape)} for {trials} trials"
            raise InputError("state", shown, f"the first axis of each of its arrays is the trials: ({trials}, ...)")
        if not any(word in str(array.dtype) for word in ("float", "complex")):  # of numpy, torch and JAX
            shown = f"{where}an array of {array.dtype}"
            raise InputError("state", shown, "its numbers must be real or complex; give floats")
    return [Part(name or ALONE, tuple(array.shape[1:]), "complex" in str(array.dtype), array) for name, array in found]


def state_of_arrays(state: Any, new: Sequence[Any]) -> Any:
    """The same nesting with other arrays, in the order of :func:`state_arrays`."""
    rest = iter(new)

    def build(part: Any) -> Any:
        if part is None or hasattr(part, "shape"):
            return None if part is None else next(rest)
        if isinstance(part, dict):
            return {key: build(value) for key, value in part.items()}
        built = [build(value) for value in part]
        if hasattr(part, "_fields"):  # a named tuple
            return type(part)(*built)
        return tuple(built) if isinstance(part, tuple) else built

    return build(state)


def shapes_by_name(state: Any) -> dict[str, tuple[int, ...]]:
    """The shape of each array by its name: equal of states that can stand for each other."""
    return {name or ALONE: tuple(array.shape) for name, array in _named_arrays(state, "")}


def _named_arrays(state: Any, name: str) -> list[tuple[str, Any]]:
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
    return [found for key, value in inner for found in _named_arrays(value, f"{name}.{key}" if name else key)]
