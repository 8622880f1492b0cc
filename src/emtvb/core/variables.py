"""What a network should hold: labels of any kind, and the numbers that stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from emtvb.errors import InputError

BINARY, CATEGORICAL, CONTINUOUS = KINDS = ("binary", "categorical", "continuous")

MOST_CLASSES = 32
"""Integers of more different values are taken for numbers, unless the user says otherwise."""

Kinds = str | Sequence[str] | Mapping[str, str] | None


@dataclass(frozen=True, eq=False)
class Variable:
    """One variable that a network may hold.

    A binary one is stood for by -1 and +1; a categorical one of n classes by the corners of a regular simplex in n - 1
    numbers, all as far from each other, of which binary is the case n = 2; a continuous one by itself, in standard
    deviations from its mean.

    Attributes:
        name: What its user calls it.
        kind: One of :data:`KINDS`.
        classes: Its values, in increasing order; none where it is continuous.
        code: The numbers of each class; of a continuous one nothing.
        mean: Of a continuous one, where it was fitted.
        spread: Its standard deviation there.
    """

    name: str
    kind: str
    classes: np.ndarray
    code: Float[np.ndarray, "value code"]
    mean: float = 0.0
    spread: float = 1.0

    @property
    def size(self) -> int:
        """Numbers that stand for it."""
        return 1 if self.kind == CONTINUOUS else self.code.shape[1]

    def encode(self, values: np.ndarray) -> Float[np.ndarray, "*shape code"]:
        """The numbers that stand for values; NaN for those that are undefined.

        Raises:
            InputError: Where a value is not one of its classes.
        """
        if self.kind == CONTINUOUS:
            if np.asarray(values).dtype.kind not in "biuf":
                shown = ", ".join(map(repr, np.ravel(values)[:1].tolist()))
                raise InputError(f"variable {self.name}", shown, "its values are numbers")
            return ((np.asarray(values, dtype=np.float64) - self.mean) / self.spread)[..., None]
        values = np.asarray(values)
        if (values.dtype.kind in "US") != (self.classes.dtype.kind in "US"):
            shown = ", ".join(map(str, self.classes[:8]))
            raise InputError(f"variable {self.name}", f"{values.ravel()[:1].tolist()}", f"its values are {shown}")
        unknown = undefined(values)
        place = np.minimum(
            np.searchsorted(self.classes, np.where(unknown, self.classes[0], values)), len(self.code) - 1
        )
        wrong = ~unknown & (self.classes[place] != values)
        if wrong.any():
            shown = ", ".join(map(str, self.classes[:8]))
            raise InputError(f"variable {self.name}", values[wrong].ravel()[0].item(), f"its values are {shown}")
        return np.where(unknown[..., None], np.nan, self.code[place])

    def decode(self, numbers: Float[np.ndarray, "*shape code"]) -> np.ndarray:
        """The values that such numbers stand for: the nearest corner, or the number itself in the user's units."""
        if self.kind == CONTINUOUS:
            return numbers[..., 0] * self.spread + self.mean
        if self.size == 1:
            return self.classes[(numbers[..., 0] >= 0).astype(int)]
        return self.classes[(numbers @ self.code.T).argmax(axis=-1)]


def undefined(values: np.ndarray) -> Bool[np.ndarray, "*shape"]:
    """Where a label is NaN: the variable has no value there."""
    return np.isnan(values) if np.issubdtype(values.dtype, np.floating) else np.zeros(values.shape, dtype=bool)


def columns(
    labels: Any, shape: tuple[int, int], names: Sequence[str] | None, batch_first: bool = False
) -> dict[str, np.ndarray]:
    """Labels by the variable's name, each (time, trial).

    Args:
        labels: An array (time, trial, variable), or by name arrays (time, trial), (time, trial, n) or (trial,).
        shape: Of the inputs: time and trials.
        names: Of an array's variables.
        batch_first: Whether trials come before time.

    Raises:
        InputError: Where labels are of another shape.
    """
    if isinstance(labels, Mapping):
        arrays: dict[str, np.ndarray] = {}
        for name, given in labels.items():
            array = _checked(as_numpy(given, f"labels of {name}"), shape, f"labels of {name}", (1, 2, 3), batch_first)
            parts = {str(name): array} if array.ndim == 2 else {f"{name}.{i}": part for i, part in enumerate(array.T)}
            if array.ndim == 3:
                parts = {key: part.T for key, part in parts.items()}
            if twice := sorted(set(parts) & set(arrays)):
                raise InputError("labels", f"{twice[0]} twice", "give each variable a name of its own")
            arrays |= parts
        if names is not None:
            raise InputError("names", str(names), "labels that come by name have theirs; leave names out")
        return arrays
    array = _checked(as_numpy(labels, "labels"), shape, "labels", (3,), batch_first)
    if names is not None and (not isinstance(names, (tuple, list))):
        raise InputError("names", str(names), f"give {array.shape[2]} different ones, one for each variable")
    called = [str(i) for i in range(array.shape[2])] if names is None else [str(name) for name in names]
    if len(set(called)) != array.shape[2] or len(called) != array.shape[2]:
        raise InputError("names", called, f"give {array.shape[2]} different ones, one for each variable")
    return {name: array[..., i] for i, name in enumerate(called)}


def _checked(
    array: np.ndarray, shape: tuple[int, int], what: str, axes: tuple[int, ...], batch_first: bool
) -> np.ndarray:
    """Labels as (time, trial) or (time, trial, n)."""
    if array.ndim == 1 and 1 in axes and array.shape == shape[1:]:
        return np.broadcast_to(array, shape)
    if batch_first and array.ndim >= 2:
        array = array.swapaxes(0, 1)
    if array.ndim not in axes or array.shape[:2] != shape or 0 in array.shape:
        a, b, c = (shape[1], shape[0], "trials, steps") if batch_first else (*shape, "steps, trials")
        wanted = f"({a}, {b}, variables)" + (f", ({a}, {b}) or ({shape[1]},)" if 2 in axes else "")
        shown = array.shape if not batch_first or array.ndim < 2 else (array.shape[1], array.shape[0], *array.shape[2:])
        remedy = f"inputs have {shape[0]} steps and {shape[1]} trials: give {wanted} ({c})"
        if array.ndim >= 2 and array.shape[:2] == shape[::-1]:
            remedy += f"; or batch_first={not batch_first}"
        if array.ndim == 1 and 1 not in axes:
            remedy += "; what holds during a whole trial is given by name: {'name': labels}"
        raise InputError(what, f"shape {shown}", remedy)
    return array


def variable(name: str, values: np.ndarray, kind: str | None) -> Variable:
    """A variable, from all values that it takes.

    Raises:
        InputError: Where they are constant, or not of the kind that was asked for.
    """
    if not name.strip() or not name.isprintable():
        raise InputError("labels", f"a variable called {name!r}", "give it a name that can be printed")
    if values.dtype.kind not in "biufUS":
        raise InputError(f"labels of {name}", f"of type {values.dtype}", "give numbers, booleans or words")
    if values.dtype.kind == "U" and (values == "nan").any():
        remedy = "numpy makes a word of NaN; leave out these trials, or give integers with NaN instead of words"
        raise InputError(f"labels of {name}", "the word 'nan'", remedy)
    defined = values[~undefined(values)]
    if np.issubdtype(values.dtype, np.floating) and np.isinf(defined).any():
        raise InputError(f"labels of {name}", "infinite", "give finite numbers, NaN where the variable has no value")
    classes = np.unique(defined)
    if len(classes) < 2:
        shown = f"constant ({classes[0]})" if len(classes) else "undefined everywhere"
        raise InputError(f"labels of {name}", shown, "what never changes cannot be read; leave it out, or vary it")
    numbers = values.dtype.kind in "fiu"
    if kind is None:
        few = len(classes) <= MOST_CLASSES and not np.issubdtype(values.dtype, np.floating)
        kind = BINARY if len(classes) == 2 else CATEGORICAL if few or not numbers else CONTINUOUS
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"kind of {name}", kind, f"give one of {', '.join(KINDS)}")
    if kind == CONTINUOUS:
        if values.dtype.kind not in "fiub":
            raise InputError(f"kind of {name}", kind, f"its labels are of type {values.dtype}; give numbers")
        return Variable(name, kind, classes[:0], np.zeros((0, 0)))
    if kind == BINARY and len(classes) > 2:
        raise InputError(f"labels of {name}", f"{len(classes)} different values", "a binary variable has two")
    return Variable(name, kind, classes, simplex(len(classes)))


def kinds_of(names: Sequence[str], kinds: Kinds) -> dict[str, str | None]:
    """The kind that the user gave each variable; None where it is to be seen from the labels.

    Raises:
        InputError: Where a kind is given for no variable, or not one for each.
    """
    if kinds is None or isinstance(kinds, str):
        return dict.fromkeys(names, kinds)
    if isinstance(kinds, Mapping):
        for name in kinds:
            if name not in names and not any(other.startswith(f"{name}.") for other in names):
                raise InputError("kinds", name, f"no such variable; there are {', '.join(names)}")
        return {name: kinds.get(name, kinds.get(name.rpartition(".")[0])) for name in names}
    if not isinstance(kinds, (tuple, list)) or len(kinds) != len(names):
        raise InputError("kinds", str(kinds), f"give {len(names)}, one for each variable")
    return dict(zip(names, kinds, strict=True))


def simplex(n: int) -> Float[np.ndarray, "n code"]:
    """Corners of a regular simplex around the origin, at distance 1 from it; -1 and +1 for two."""
    corners = np.zeros((n, n - 1))
    for i in range(n - 1):
        height = np.sqrt(1 - (corners[i] ** 2).sum())
        corners[i, i] = height
        corners[i + 1 :, i] = (-1 / (n - 1) - corners[i + 1 :, :i] @ corners[i, :i]) / height
    return -corners


def as_numpy(values: Any, what: str) -> np.ndarray:
    """An array of numpy's, of a tensor too.

    Raises:
        InputError: Where it is none, such as lists of different lengths, or a tensor that numpy has no word for.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise InputError(what, "a masked array", "its mask would be lost; fill it, labels with NaN: values.filled(...)")
    if getattr(getattr(values, "device", None), "type", None) == "meta":
        raise InputError(what, "on torch's meta device", "it has no numbers there; give an array with numbers")
    if getattr(values, "is_quantized", False):
        raise InputError(what, f"quantised ({values.dtype})", "give plain numbers: .dequantize()")
    if str(getattr(values, "layout", "torch.strided")) != "torch.strided":
        raise InputError(what, f"a sparse tensor ({values.layout})", "give all of its numbers: .to_dense()")
    try:
        if hasattr(values, "detach"):
            values = values.detach().cpu()
            values = values.float() if str(values.dtype).startswith(_SHORT) else values
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        if "inhomogeneous" in str(error):
            raise InputError(what, "lists of different lengths", "give an array of one shape") from None
        raise InputError(what, shorten(str(error), 160, placeholder=" ..."), "give an array of numbers") from None


_SHORT = ("torch.bfloat16", "torch.float16", "torch.float8")
"""Kinds of numbers of torch's that numpy does not have, or not all of it; single precision holds them."""


def as_list(values: Any) -> Any:
    """What can be gone through and is no array, such as a set or a generator, as a list; all else as it is."""
    is_plain = hasattr(values, "__array__") or isinstance(values, (str, bytes, Mapping))
    return list(values) if isinstance(values, Iterable) and not is_plain else values


def checked_times(times: Iterable[int] | int, steps: int, setting: str = "times") -> tuple[int, ...]:
    """Times in order, each of them once.

    Raises:
        InputError: Where they are no integers from 0 to steps - 1, or there are none.
    """
    if isinstance(times, range) and len(times) > steps:
        raise InputError(setting, str(times), f"give times from 0 to {steps - 1}")
    given = np.atleast_1d(as_numpy(as_list(times), setting))
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError(setting, given.tolist(), f"give integers from 0 to {steps - 1}")
    if not given.size or given.min() < 0 or given.max() >= steps:
        raise InputError(setting, given.tolist()[:8], f"give times from 0 to {steps - 1}")
    return tuple(np.unique(given).tolist())


def as_numbers(values: Any, what: str, shape: str) -> np.ndarray:
    """An array of finite numbers.

    Raises:
        InputError: Where it is none.
    """
    array = as_numpy(values, what)
    if array.dtype.kind not in "fiub":
        raise InputError(what, f"of type {array.dtype}", f"give numbers, {shape}")
    if not np.isfinite(array).all():
        raise InputError(what, "not all of them finite", f"give finite numbers, {shape}")
    return array


def flag(value: Any, what: str) -> bool:
    """True or False, and nothing that is taken for them.

    Raises:
        InputError: Where it is neither.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(what, repr(value), "give True or False")
    return bool(value)


def whole_number(value: Any, what: str, least: int) -> int:
    """A whole number, so large at least.

    Raises:
        InputError: Where it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(what, value, f"give a whole number, {least} or more")
    return int(value)
