"""Comparison of a file with the same file made again: to the byte, or in its numbers as far as rounding explains."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

import numpy as np

from emtvb.audit.tolerances import tolerance
from emtvb.experiments.kind import Tolerance

PICTURES = frozenset({".gif", ".pdf", ".png"})
"""Suffixes of files that show numbers and hold none that can be compared."""
LARGE = 1e6
"""Condition numbers above this are not compared."""
SINGULAR = 1e5
"""A basis of a larger condition number is nearly singular: it makes a percent or more of rounding in single precision.
"""
ACROSS = 0.0002
"""How far apart two accuracies may be of which one alone solves the task: as far as kernels of other CPUs moved any."""
GROWING = 1e11
"""A network whose gradients grow more than that within 200 steps is chaotic: it makes anything of rounding."""


def differences(there: Path, again: Path, name: str, exactly: bool = False) -> list[str]:
    """How a file differs from the same one made again, in words; nothing where it does not.

    Args:
        there: The file.
        again: The same, made again.
        name: Its path in the experiment's folder.
        exactly: Whether every byte has to be the same, whatever rounding explains.
    """
    if there.read_bytes() == again.read_bytes():
        return []
    try:
        if there.suffix == ".csv":
            found = [*_of_tables(there, again, name, exactly)]
        elif there.suffix == ".npz":
            found = [*_of_arrays(there, again, name, exactly)]
        elif there.suffix in PICTURES:
            found = ["is another picture when made again"]
        else:
            found = [*_of_texts(there, again, name, exactly)]
        return found or (["has other bytes when made again"] if exactly else [])
    except Exception as error:  # whatever NumPy and others raise of files that may be anything
        return [f"cannot be read ({error})"]


def _same(before: str, now: str, allowed: Tolerance) -> bool:
    """Whether two cells are the same text, or the same number but for what a tolerance allows."""
    if before == now:
        return True
    try:
        a, b = float(before or "nan"), float(now or "nan")
    except ValueError:
        return False
    return math.isclose(a, b, rel_tol=allowed.relative, abs_tol=allowed.absolute) or (math.isnan(a) and math.isnan(b))


def _of_tables(there: Path, again: Path, file: str, exactly: bool) -> Iterator[str]:
    """Of each row the first cell that differs."""
    (header, *old), (names, *new) = _rows(there) or [[]], _rows(again) or [[]]
    if header != names:
        yield "has other columns when made again"
        return
    if len(old) != len(new):
        yield f"has {len(old)} rows, and {len(new)} when made again"
        return
    for before, now in zip(old, new, strict=True):
        row = dict(zip(names, now, strict=True))
        solved = _number(row.get("test_accuracy", "")) >= _number(row.get("measured_solved", ""))
        for column, cell, made in zip(names, before, now, strict=True):
            if cell == made if exactly else _is_within(file, column, solved, cell, row):
                continue
            yield f"{column} of {now[0]} is {cell or 'none'}, and {made or 'none'} when made again"
            break


def _is_within(file: str, column: str, solved: bool, cell: str, row: Mapping[str, str]) -> bool:
    """Whether a cell is what it was but for rounding."""
    if column == "test_accuracy" and solved != (_number(cell) >= _number(row.get("measured_solved", ""))):
        return abs(_number(cell) - _number(row[column])) <= ACROSS
    return _same(cell, row[column], tolerance(file, column, solved)) or _is_undecided(file, column, cell, row)


def _is_undecided(file: str, column: str, cell: str, row: Mapping[str, str]) -> bool:
    """Whether rounding decides the number in a cell of a file, so that it is not compared with its row made again."""
    # A cosine that is rounded past 1 has no angle, and then spectral_error does not exist when it is made again: what
    # lies there has to be that of the best assignment.
    if column == "spectral_error" and not row[column]:
        return bool(cell) and _same(cell, row.get("optimal_spectral_error", ""), tolerance(file, column))
    if math.isnan(_number(cell)) or math.isnan(_number(row[column])):
        return False
    if file.endswith("measurements/gradients.csv"):
        return column.startswith(("gradient_trained_", "gradient_gain_")) and _growth(row) > GROWING
    if row.get("differs") in ("chance", "untrained"):
        return abs(_number(cell) - _number(row[column])) <= 0.2
    if column.endswith("condition"):
        return min(_number(cell), _number(row[column])) > LARGE
    basis, _, measure = column.partition("_")
    changing = measure == "decoded_map_error" or column in ("power_gain", "power_map_error", "power_shape_error")
    return changing and _number(row.get(f"{basis}_condition", "")) > SINGULAR


def _growth(row: Mapping[str, str]) -> float:
    """How much a network's gradients grow within 200 steps, by its row of gradients."""
    return _number(row.get("gradient_trained_200", ""))


def _rows(path: Path) -> list[list[str]]:
    """The cells of a table, its header first; csv.Error where it is none."""
    with path.open(newline="", encoding="utf-8") as table:
        cells = list(csv.reader(table, strict=True))
    for i, row in enumerate(cells, 1):
        if len(row) != len(cells[0]):
            raise csv.Error(f"row {i} has {len(row)} cells, and the first {len(cells[0])}")
    return cells


def _number(cell: str) -> float:
    """The number in a cell of a table; NaN where it holds none."""
    try:
        return float(cell or "nan")
    except ValueError:
        return math.nan


def _of_arrays(there: Path, again: Path, file: str, exactly: bool) -> Iterator[str]:
    with np.load(there, allow_pickle=False) as old, np.load(again, allow_pickle=False) as new:
        if sorted(old.files) != sorted(new.files):
            yield "holds other arrays when made again"
            return
        for name in new.files:
            before, now, allowed = old[name], new[name], tolerance(file, name)
            text = before.dtype.kind == now.dtype.kind in "US"  # of which the length is part of the type
            if before.shape != now.shape or (before.dtype != now.dtype and not text):
                yield f"{name} has another shape when made again"
            elif exactly:
                if before.tobytes() != now.tobytes():
                    yield _first_number(name, before, now)
            elif text:
                if not _same_json(str(before), str(now), allowed):
                    yield f"{name} says something else when made again"
            elif name.endswith("eigenvalues"):  # in no order of their own
                if not _same_set(before, now, allowed):
                    yield f"{name} are others when made again"
            else:
                left, right = (_without_signs(name, array, new) for array in (before, now))
                if not np.allclose(left, right, rtol=0, atol=_most(now, allowed), equal_nan=True):
                    yield f"{name} is another when made again"


def _first_number(name: str, before: np.ndarray, now: np.ndarray) -> str:
    """The first number of an array that is another one."""
    differing = np.argwhere(~((before == now) | ((before != before) & (now != now))))
    if not len(differing) or not before.ndim:
        return f"{name} is another when made again"
    place = tuple(map(int, differing[0]))
    return f"{name}{[*place]} is {before[place]!s}, and {now[place]!s} when made again"


def _most(array: np.ndarray, allowed: Tolerance) -> float:
    """By how much any number of an array may differ."""
    return max(allowed.absolute, allowed.relative * float(np.abs(array[np.isfinite(array)]).max(initial=0)))


def _without_signs(name: str, array: np.ndarray, arrays: np.lib.npyio.NpzFile) -> np.ndarray:
    """An array; of W_hh in memories without the signs of the components after these, which are anyone's."""
    if name != "W_hh_in_memories":
        return array
    memories, array = len(arrays["phi"]), array.copy()
    array[memories:] = np.abs(array[memories:])
    array[:, memories:] = np.abs(array[:, memories:])
    return array


def _same_set(before: np.ndarray, now: np.ndarray, allowed: Tolerance) -> bool:
    """Whether complex numbers are the same in some order."""
    from scipy.optimize import linear_sum_assignment

    distances = np.abs(before[:, None] - now[None])
    if not np.isfinite(distances).all():
        return bool(np.array_equal(before, now, equal_nan=True))
    left, right = linear_sum_assignment(distances)
    return bool(distances[left, right].max(initial=0) <= _most(now, allowed))


def _same_json(before: str | bytes, now: str | bytes, allowed: Tolerance) -> bool:
    """Whether two texts of JSON say the same but for rounding."""

    def alike(a: object, b: object) -> bool:
        if isinstance(a, bool) is not isinstance(b, bool):  # which Python takes for 0 and 1
            return False
        if isinstance(a, float) and isinstance(b, float):
            return _same(repr(a), repr(b), allowed)
        if isinstance(a, dict) and isinstance(b, dict):
            return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
        if isinstance(a, list) and isinstance(b, list):
            return len(a) == len(b) and all(map(alike, a, b))
        return a == b

    return alike(json.loads(before), json.loads(now))


def _of_texts(there: Path, again: Path, file: str, exactly: bool) -> Iterator[str]:
    before, now = there.read_bytes(), again.read_bytes()
    if not exactly and there.suffix == ".json" and _same_json(before, now, tolerance(file, "")):
        return
    pairs = enumerate(zip_longest(before.split(b"\n"), now.split(b"\n")), 1)
    line = next(number for number, (old, new) in pairs if old != new)
    yield f"is another text from line {line} on when made again"
