"""Whether a file that was made again says the same: to the byte, or in its numbers where rounding may differ."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

PICTURES = frozenset({".gif", ".pdf", ".png"})
"""Suffixes of files that show numbers and hold none that can be compared."""


def difference(there: Path, made: Path, relative: float = 1e-9) -> str:
    """How a file differs from the same one made again, in words; empty where it does not.

    Tables and arrays may differ by rounding, since libraries choose how to sum by the CPU; other files may not.

    Args:
        there: The file.
        made: The same, made again.
        relative: By how much of it a number may differ.
    """
    if there.read_bytes() == made.read_bytes():
        return ""
    try:
        if there.suffix == ".csv":
            return _of_tables(there, made, relative)
        if there.suffix == ".npz":
            return _of_arrays(there, made, relative)
        if there.suffix in PICTURES:
            return "is another picture when made again"
        return _of_texts(there, made)
    except (OSError, ValueError, KeyError, csv.Error) as error:
        return f"cannot be read ({error})"


def same(one: str, other: str, relative: float, absolute: float = 0.0) -> bool:
    """Whether two cells are the same text, or the same number but for so much."""
    if one == other:
        return True
    try:
        a, b = float(one or "nan"), float(other or "nan")
    except ValueError:
        return False
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def _of_tables(there: Path, made: Path, relative: float) -> str:
    old, new = _rows(there), _rows(made)
    if [*old[:1]] != [*new[:1]]:
        return "has other columns when made again"
    if len(old) != len(new):
        return f"has {len(old) - 1} rows, and {len(new) - 1} when made again"
    largest = [_largest(column) for column in zip(*new[1:], strict=True)]
    for before, now in zip(old[1:], new[1:], strict=True):
        for name, one, other, most in zip(new[0], before, now, largest, strict=True):
            if not same(one, other, relative, relative * most):
                return f"{name} of {now[0]} is {one or 'none'}, and {other or 'none'} when made again"
    return ""


def _rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.reader(table, strict=True))


def _largest(column: tuple[str, ...]) -> float:
    """The largest number of a column, to which rounding errors of the others are relative; 0 where it holds text."""
    return max(_finite(column), default=0.0)


def _finite(column: tuple[str, ...]) -> Iterator[float]:
    for cell in column:
        try:
            value = abs(float(cell or "nan"))
        except ValueError:
            continue
        if math.isfinite(value):
            yield value


def _of_arrays(there: Path, made: Path, relative: float) -> str:
    with np.load(there, allow_pickle=False) as old, np.load(made, allow_pickle=False) as new:
        if set(old.files) != set(new.files):
            return "holds other arrays when made again"
        for name in new.files:
            before, now = old[name], new[name]
            text = before.dtype.kind == now.dtype.kind in "US"  # of which the length is part of the type
            if before.shape != now.shape or (before.dtype != now.dtype and not text):
                return f"{name} has another shape when made again"
            if now.dtype.kind in "US":
                if not _same_text(str(before), str(now), relative):
                    return f"{name} says something else when made again"
            elif name.endswith("eigenvalues"):  # in no order of their own
                if not _same_set(before, now, relative):
                    return f"{name} are others when made again"
            elif name == "W_hh_in_memories":
                if not _same_but_signs(before, now, len(new["phi"]), relative):
                    return f"{name} is another when made again"
            elif not np.allclose(before, now, rtol=relative, atol=relative * _size(now), equal_nan=True):
                return f"{name} is another when made again"
    return ""


def _same_but_signs(one: np.ndarray, other: np.ndarray, memories: int, relative: float) -> bool:
    """Whether two matrices are the same but for the signs of the components after the memories, which are anyone's."""
    before, now = one.copy(), other.copy()
    for array in (before, now):
        array[memories:] = np.abs(array[memories:])
        array[:, memories:] = np.abs(array[:, memories:])
    return bool(np.allclose(before, now, rtol=relative, atol=relative * _size(now), equal_nan=True))


def _size(array: np.ndarray) -> float:
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def _same_set(one: np.ndarray, other: np.ndarray, relative: float) -> bool:
    """Whether each number of one array has its own in the other."""
    distances = np.abs(one[:, None] - other[None])
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(distances)
    return bool(distances[rows, columns].max(initial=0) <= relative * max(_size(other), 1e-300))


def _same_text(one: str, other: str, relative: float) -> bool:
    """Whether two texts of JSON say the same but for rounding."""

    def alike(a: object, b: object) -> bool:
        if isinstance(a, float) and isinstance(b, float):
            return same(repr(a), repr(b), relative, relative)
        if isinstance(a, dict) and isinstance(b, dict):
            return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
        return a == b

    return alike(json.loads(one), json.loads(other))


def _of_texts(there: Path, made: Path) -> str:
    old, new = there.read_text("utf-8").splitlines(), made.read_text("utf-8").splitlines()
    for before, now in zip(old, new, strict=False):
        if before != now:
            at = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), 0)
            return f"says {_cut(before, at)}, and {_cut(now, at)} when made again"
    return f"has {len(old)} lines, and {len(new)} when made again"


def _cut(line: str, at: int) -> str:
    return re.sub(r"\s+", " ", f"`{line[max(at - 20, 0) : at + 20].strip()}`")
