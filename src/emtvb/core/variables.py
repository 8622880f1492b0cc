"""What a network should hold: labels of any kind, and the numbers that stand for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.errors import InputError

BINARY, CATEGORICAL, CONTINUOUS = KINDS = ("binary", "categorical", "continuous")

MOST_CLASSES = 32
"""Integers of more different values are taken for numbers, unless the user says otherwise."""

MISSING = "\0missing"
"""The word that stands for a word that is missing; no label can be it, for it cannot be printed."""

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
        unknown = is_undefined(values)
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

    def places(self, numbers: Float[np.ndarray, "*shape code"]) -> Int[np.ndarray, "*shape"]:
        """The place of each label's class, from the label's numbers."""
        return (np.nan_to_num(numbers) @ self.code.T).argmax(axis=-1)


def is_undefined(values: np.ndarray) -> Bool[np.ndarray, "*shape"]:
    """Where a label is NaN, or a word is missing: the variable has no value there."""
    if values.dtype.kind == "U":
        return np.asarray(values == MISSING)
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)


def infer_variable(name: str, values: np.ndarray, kind: str | None) -> Variable:
    """A variable, from all values that it takes.

    Raises:
        InputError: Where they are constant, or not of the kind that was asked for.
    """
    if not name.strip() or not name.isprintable():
        raise InputError("labels", f"a variable called {name!r}", "give it a name that can be printed")
    if values.dtype.kind not in "biufUS":
        remedy = "give numbers, booleans or words, of one kind; None or NaN where one is missing"
        raise InputError(f"labels of {name}", f"of type {values.dtype}", remedy)
    if values.dtype.kind == "U" and (values == "nan").any():
        remedy = "numpy makes a word of NaN; where a word is missing give None: np.array(labels, dtype=object)"
        raise InputError(f"labels of {name}", "the word 'nan'", remedy)
    defined = values[~is_undefined(values)]
    if np.issubdtype(values.dtype, np.floating) and np.isinf(defined).any():
        raise InputError(f"labels of {name}", "infinite", "give finite numbers, NaN where the variable has no value")
    classes = np.unique(defined)
    if len(classes) < 2:
        shown = f"constant ({classes[0]})" if len(classes) else "undefined everywhere"
        raise InputError(f"labels of {name}", shown, "what never changes cannot be read; leave it out, or vary it")
    numbers = values.dtype.kind in "fiu"
    if kind is None:
        # A whole number beside NaN was an integer: numpy has no integers that are missing.
        whole = values.dtype.kind != "f" or (defined.size < values.size and bool((defined % 1 == 0).all()))
        few = len(classes) <= MOST_CLASSES and whole
        kind = BINARY if len(classes) == 2 else CATEGORICAL if few or not numbers else CONTINUOUS
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"kind of {name}", kind, f"give one of {', '.join(KINDS)}")
    if kind == CONTINUOUS:
        if values.dtype.kind not in "fiub":
            raise InputError(f"kind of {name}", kind, f"its labels are of type {values.dtype}; give numbers")
        return Variable(name, kind, classes[:0], np.zeros((0, 0)))
    if kind == BINARY and len(classes) > 2:
        raise InputError(f"labels of {name}", f"{len(classes)} different values", "a binary variable has two")
    return Variable(name, kind, classes, simplex_corners(len(classes)))


def simplex_corners(n: int) -> Float[np.ndarray, "n code"]:
    """Corners of a regular simplex around the origin, at distance 1 from it; -1 and +1 for two."""
    corners = np.zeros((n, n - 1))
    for i in range(n - 1):
        height = np.sqrt(1 - (corners[i] ** 2).sum())
        corners[i, i] = height
        corners[i + 1 :, i] = (-1 / (n - 1) - corners[i + 1 :, :i] @ corners[i, :i]) / height
    return -corners
