"""Comparison of a file with the same file made again: to the byte, or in its numbers as far as rounding explains."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from emtvb.audit.tolerances import tolerance
from emtvb.experiments.kind import Tolerance
from emtvb.paper.claims import Condition, load_claims
from emtvb.theory.network_verdict import ACCURATE

PICTURES = frozenset({".gif", ".pdf", ".png"})
"""Suffixes of files that show numbers and hold none that can be compared."""
OTHER_GREY = 3.0
"""Of 255: by how much a picture's grey may differ in the mean of 16 x 16 fields. What is drawn three pixels beside its
place differs by 1.4 at most, and of two figures those that are most alike, the same one of two experiments, by 4.3."""
LARGE = 1e6
"""Condition numbers above this are not compared."""
SINGULAR = 1e5
"""A basis of a larger condition number is nearly singular: it makes a percent or more of rounding in single precision.
"""
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
            found = _differences_of_tables(there, again, name, exactly)
        elif there.suffix == ".npz":
            found = [*_differences_of_arrays(there, again, name, exactly)]
        elif there.suffix in PICTURES:
            found = ["is another picture when made again"]
        else:
            found = [*_differences_of_texts(there, again, name, exactly)]
        return found or (["has other bytes when made again"] if exactly else [])
    except Exception as error:  # whatever NumPy and others raise of files that may be anything
        return [f"cannot be read ({error})"]


def shows_another(there: Path, again: Path) -> bool:
    """Whether two pictures show something else, whatever other versions of libraries do to letters and edges.

    Args:
        there: A picture; of a PDF nothing is known.
        again: The same, made again.
    """
    if there.suffix == ".pdf":
        return False
    from PIL import Image

    def fields(path: Path) -> np.ndarray:
        with Image.open(path) as image:
            return np.asarray(image.convert("L").resize((16, 16), Image.Resampling.BOX), float)

    try:
        return bool(np.abs(fields(there) - fields(again)).mean() > OTHER_GREY)
    except OSError:  # it is no picture
        return True


def _same_cells(before: str, now: str, allowed: Tolerance) -> bool:
    """Whether two cells are the same text, or the same number but for what a tolerance allows."""
    if before == now:
        return True
    try:
        a, b = float(before or "nan"), float(now or "nan")
    except ValueError:
        return False
    return math.isclose(a, b, rel_tol=allowed.relative, abs_tol=allowed.absolute) or (math.isnan(a) and math.isnan(b))


def _differences_of_tables(there: Path, again: Path, file: str, exactly: bool) -> list[str]:
    """Of each row a cell that differs: what crosses the bar of a claim comes before any other."""
    (header, *old), (names, *new) = _read_rows(there) or [[]], _read_rows(again) or [[]]
    if header != names:
        return ["has other columns when made again"]
    if len(old) != len(new):
        return [f"has {len(old)} rows, and {len(new)} when made again"]
    found: list[tuple[bool, str]] = []
    for before, now, across in zip(old, new, _columns_across(names, old, new), strict=True):
        row = dict(zip(names, now, strict=True))
        solved = number_in(row.get("test_accuracy", "")) >= number_in(row.get("measured_solved", ""))
        wrong = [
            (column not in across, f"{column} of {now[0]} is {cell or 'none'}, and {made or 'none'} when made again"
             + _bar_in_words(across, column))
            for column, cell, made in zip(names, before, now, strict=True)
            if not (cell == made if exactly else _is_within(file, column, solved, cell, row, across))
        ]  # fmt: skip
        found += sorted(wrong, key=lambda pair: pair[0])[:1]
    return [words for _, words in sorted(found, key=lambda pair: pair[0])]


def crossings(there: Path, again: Path) -> list[str]:
    """What rounding moved across the bar of a claim in a table that was made again, a line for each cell.

    Args:
        there: The table.
        again: The same, made again, of the same rows and columns.
    """
    if there.read_bytes() == again.read_bytes():
        return []
    (names, *old), (_, *new) = _read_rows(there), _read_rows(again)
    return [
        f"{column} of {now[0]} is {cell}, and {made} when made again{_bar_in_words(across, column)}"
        for before, now, across in zip(old, new, _columns_across(names, old, new), strict=True)
        for column, cell, made in zip(names, before, now, strict=True)
        if column in across and cell != made
    ]


def _bar_in_words(across: Mapping[str, Condition], column: str) -> str:
    """The bar of a claim that lies between two numbers, in words; nothing where none does."""
    return f", across the bar of a claim ({across[column].in_words()})" if column in across else ""


def _columns_across(
    names: Sequence[str], old: Sequence[list[str]], new: Sequence[list[str]]
) -> Iterator[dict[str, Condition]]:
    """Of each row the columns by which a claim's condition is true before or after, and not both."""
    columns = [*names]
    bar = number_in(dict(zip(names, new[0], strict=True)).get("measured_solved", str(ACCURATE))) if new else ACCURATE
    of = [condition for condition in _bars_of_claims(bar) if {*condition.columns()} <= {*names}]
    if not of:
        yield from ({} for _ in new)
        return
    before, now = (pd.DataFrame(rows, columns=columns).apply(pd.to_numeric, errors="coerce") for rows in (old, new))
    there = before.notna() & now.notna()
    crossed = [(part.true_of(before) != part.true_of(now)) & there[part.columns()].all(axis=1) for part in of]
    for row in range(len(new)):
        here = [condition for condition, where in zip(of, crossed, strict=True) if where[row]]
        yield {column: condition for condition in here for column in condition.columns()}


@cache
def _bars_of_claims(solved: float) -> tuple[Condition, ...]:
    """The conditions of all claims that compare with a number, by the accuracy that solves a task."""
    conditions = [part for claim in load_claims(solved=solved).statements for part in (*claim.over, *claim.holds)]
    return tuple(dict.fromkeys(part for part in conditions if part.bar is not None))


def _is_within(
    file: str, column: str, solved: bool, cell: str, row: Mapping[str, str], across: Mapping[str, Condition]
) -> bool:
    """Whether a cell is what it was but for rounding."""
    if column in ("solved", "verdict") and across:
        return True  # they say on which side of a bar a number is: contradictions.py holds them to their row
    allowed = tolerance(file, column, solved, column in across)
    return _same_cells(cell, row[column], allowed) or (column not in across and _is_undecided(file, column, cell, row))


def _is_undecided(file: str, column: str, cell: str, row: Mapping[str, str]) -> bool:
    """Whether rounding decides the number in a cell of a file, so that it is not compared with its row made again."""
    # A cosine that is rounded past 1 has no angle, and then spectral_error does not exist when it is made again: what
    # lies there has to be that of the best assignment.
    if column == "spectral_error" and not row[column]:
        return bool(cell) and _same_cells(cell, row.get("optimal_spectral_error", ""), tolerance(file, column))
    if math.isnan(number_in(cell)) or math.isnan(number_in(row[column])):
        return False
    if file.endswith("measurements/gradients.csv"):
        return column.startswith(("gradient_trained_", "gradient_gain_")) and _gradient_growth(row) > GROWING
    if row.get("differs") in ("chance", "untrained"):
        return abs(number_in(cell) - number_in(row[column])) <= 0.2
    if column.endswith("condition"):
        return min(number_in(cell), number_in(row[column])) > LARGE
    basis, _, measure = column.partition("_")
    changing = measure == "decoded_map_error" or column in ("power_gain", "power_map_error", "power_shape_error")
    return changing and number_in(row.get(f"{basis}_condition", "")) > SINGULAR


def _gradient_growth(row: Mapping[str, str]) -> float:
    """How much a network's gradients grow within 200 steps, by its row of gradients."""
    return number_in(row.get("gradient_trained_200", ""))


def _read_rows(path: Path) -> list[list[str]]:
    """The cells of a table, its header first; csv.Error where it is none."""
    with path.open(newline="", encoding="utf-8") as table:
        cells = list(csv.reader(table, strict=True))
    for i, row in enumerate(cells, 1):
        if len(row) != len(cells[0]):
            raise csv.Error(f"row {i} has {len(row)} cells, and the first {len(cells[0])}")
    return cells


def number_in(cell: str) -> float:
    """The number in a cell of a table; NaN where it holds none."""
    try:
        return float(cell or "nan")
    except ValueError:
        return math.nan


def _differences_of_arrays(there: Path, again: Path, file: str, exactly: bool) -> Iterator[str]:
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
                if not np.allclose(left, right, rtol=0, atol=_largest_allowed(now, allowed), equal_nan=True):
                    yield f"{name} is another when made again"


def _first_number(name: str, before: np.ndarray, now: np.ndarray) -> str:
    """The first number of an array that is another one."""
    differing = np.argwhere(~((before == now) | ((before != before) & (now != now))))
    if not len(differing) or not before.ndim:
        return f"{name} is another when made again"
    place = tuple(map(int, differing[0]))
    return f"{name}{[*place]} is {before[place]!s}, and {now[place]!s} when made again"


def _largest_allowed(array: np.ndarray, allowed: Tolerance) -> float:
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
    return bool(distances[left, right].max(initial=0) <= _largest_allowed(now, allowed))


def _same_json(before: str | bytes, now: str | bytes, allowed: Tolerance) -> bool:
    """Whether two texts of JSON say the same but for rounding."""

    def alike(a: object, b: object) -> bool:
        if isinstance(a, bool) is not isinstance(b, bool):  # which Python takes for 0 and 1
            return False
        if isinstance(a, float) and isinstance(b, float):
            return _same_cells(repr(a), repr(b), allowed)
        if isinstance(a, dict) and isinstance(b, dict):
            return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
        if isinstance(a, list) and isinstance(b, list):
            return len(a) == len(b) and all(map(alike, a, b))
        return a == b

    return alike(json.loads(before), json.loads(now))


def _differences_of_texts(there: Path, again: Path, file: str, exactly: bool) -> Iterator[str]:
    before, now = there.read_bytes(), again.read_bytes()
    if not exactly and there.suffix == ".json" and _same_json(before, now, tolerance(file, "")):
        return
    pairs = enumerate(zip_longest(before.split(b"\n"), now.split(b"\n")), 1)
    line = next(number for number, (old, new) in pairs if old != new)
    yield f"is another text from line {line} on when made again"
