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

Times = int | slice | Iterable[int] | np.ndarray
"""A time step, or several of them (:func:`checked_times`)."""

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


def checked_times(times: Times, steps: int, setting: str = "times", noun: str = "times") -> tuple[int, ...]:
    """Times, or places of something else, in order, each of them once.

    Args:
        times: A time, or several; negative ones count from the end, as in Python. Or a slice, or a mask of all times.
        steps: How many times there are.
        setting: Which argument they are.
        noun: What they are.

    Raises:
        InputError: Where they are no such times, or there are none.
    """
    remedy = f"give {noun} from 0 to {steps - 1}"
    if isinstance(times, slice):
        try:
            times = range(steps)[times]
        except (TypeError, ValueError) as error:
            raise InputError(setting, str(times), f"give a slice of whole numbers ({error})") from None
    if isinstance(times, range) and len(times) > steps:
        raise InputError(setting, str(times), remedy)
    given = np.atleast_1d(as_numpy(as_list(times), setting))
    if given.dtype == bool and given.shape == (steps,):
        given = np.flatnonzero(given)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError(setting, given.tolist(), f"give integers from 0 to {steps - 1}, a slice, or a mask of {steps}")
    if not given.size or given.min() < -steps or given.max() >= steps:
        raise InputError(setting, given.tolist()[:8], remedy)
    return tuple(np.unique(np.where(given < 0, given.astype(np.int64) + steps, given)).tolist())


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
