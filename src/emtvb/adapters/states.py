"""A network's state as a flat vector per trial, whatever it is made of, and back.

A state is arrays or tensors in any nesting of tuples, lists, dicts, named tuples and dataclasses; None is nothing. Each
array has one axis of trials, wherever it lies: it is the one whose length follows the number of trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from emtvb.errors import InputError


def leaves(state: Any) -> list[Any]:
    """The arrays of a state, from left to right.

    Raises:
        InputError: Where it holds something that is no array.
    """
    if state is None:
        return []
    if hasattr(state, "shape") and hasattr(state, "dtype"):
        return [state]
    parts = _parts(state)
    if parts is None:
        shown = f"{type(state).__name__} {state!r}"[:60]
        raise InputError("state", shown, "give arrays or tensors, alone or in tuples, lists, dicts or dataclasses")
    return [leaf for part in parts for leaf in leaves(part)]


def rebuilt(state: Any, arrays: Sequence[Any]) -> Any:
    """The same nesting with other arrays, in the order of :func:`leaves`."""
    rest = iter(arrays)

    def build(part: Any) -> Any:
        if part is None or hasattr(part, "shape"):
            return None if part is None else next(rest)
        if isinstance(part, dict):
            return {key: build(value) for key, value in part.items()}
        if is_dataclass(part) and not isinstance(part, type):
            return replace(part, **{field.name: build(getattr(part, field.name)) for field in fields(part)})
        built = [build(value) for value in part]
        if hasattr(part, "_fields"):
            return type(part)(*built)
        return tuple(built) if isinstance(part, tuple) else built

    return build(state)


def skeleton(state: Any) -> Any:
    """The nesting of a state, and the shapes of its arrays: equal of states that can stand for each other."""
    if state is None or hasattr(state, "shape"):
        return None if state is None else tuple(state.shape)
    keys = list(state) if isinstance(state, dict) else None
    return type(state), keys, [skeleton(part) for part in _parts(state) or []]


def _parts(state: Any) -> list[Any] | None:
    if isinstance(state, dict):
        return list(state.values())
    if isinstance(state, (tuple, list)):
        return list(state)
    if is_dataclass(state) and not isinstance(state, type):
        return [getattr(state, field.name) for field in fields(state)]
    return None


@dataclass(frozen=True)
class Leaf:
    """How one array of a state lies in the flat vector.

    Attributes:
        shape: Of one trial.
        axis: Where the trials lie.
        is_complex: Whether a number takes two places, its real part and its imaginary part.
        example: The array that it was learned from, for dtype and device.
    """

    shape: tuple[int, ...]
    axis: int
    is_complex: bool
    example: Any

    @property
    def size(self) -> int:
        """Real numbers of one trial."""
        count = 2 if self.is_complex else 1
        for length in self.shape:
            count *= length
        return count


def layout(two: Any, three: Any) -> list[Leaf]:
    """How a state lies in the flat vector, from the states of two and of three trials.

    Raises:
        InputError: Where there is no array, an array does not hold real or complex numbers, or has no axis of trials.
    """
    parts = []
    pairs = list(zip(leaves(two), leaves(three), strict=True)) if len(leaves(two)) == len(leaves(three)) else []
    if not pairs:
        raise InputError("state", "no arrays in it", "give a step (input, state) -> (output, state), and state=")
    for array, other in pairs:
        shape, wider = tuple(array.shape), tuple(other.shape)
        axes = [axis for axis, (a, b) in enumerate(zip(shape, wider, strict=False)) if (a, b) == (2, 3)]
        if len(shape) != len(wider) or len(axes) != 1 or sum(a != b for a, b in zip(shape, wider, strict=True)) != 1:
            shown = f"shapes {shape} and {wider} for 2 and 3 trials"
            raise InputError("state", shown, "each of its arrays needs one axis of trials, as long as they are many")
        kind = str(array.dtype)  # of numpy and of torch
        if "complex" not in kind and "float" not in kind:
            raise InputError("state", f"an array of {array.dtype}", "its numbers must be real or complex; give floats")
        rest = shape[: axes[0]] + shape[axes[0] + 1 :]
        parts.append(Leaf(rest, axes[0], "complex" in kind, array))
    return parts
