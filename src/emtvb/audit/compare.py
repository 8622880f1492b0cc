"""Comparison of a file with the same file made again: to the byte, or in its numbers as far as rounding explains.

What rounding explains, and what a column or an array means, an experiment's kind says (``Rounding``).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np

from emtvb.experiments.checks import Rounding, Tolerance

PICTURES = frozenset({".gif", ".pdf", ".png"})
"""Suffixes of files that show numbers and hold none that can be compared."""
OTHER_GREY = 3.0
"""Of 255: by how much a picture's grey may differ in the mean of 16 x 16 fields. What is drawn three pixels beside its
place differs by 1.4 at most, and of two figures those that are most alike, the same one of two experiments, by 4.3."""


def differences(there: Path, again: Path, name: str, rounding: Rounding | None) -> list[str]:
    """How a file differs from the same one made again, in words; nothing where it does not.

    Args:
        there: The file.
        again: The same, made again.
        name: Its path in the experiment's folder.
        rounding: What rounding may do to it; None where every byte has to be the same.
    """
    if there.read_bytes() == again.read_bytes():
        return []
    try:
        if there.suffix == ".csv":
            found = _differences_of_tables(there, again, name, rounding)
        elif there.suffix == ".npz":
            found = [*_differences_of_arrays(there, again, name, rounding)]
        elif there.suffix in PICTURES:
            found = ["is another picture when made again"]
        else:
            found = [*_differences_of_texts(there, again, name, rounding)]
        return found or (["has other bytes when made again"] if rounding is None else [])
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


def _differences_of_tables(there: Path, again: Path, file: str, rounding: Rounding | None) -> list[str]:
    """Of each row a cell that differs: what crosses a bar comes before any other."""
    (header, *old), (names, *new) = _read_rows(there) or [[]], _read_rows(again) or [[]]
    if header != names:
        return ["has other columns when made again"]
    if len(old) != len(new):
        return [f"has {len(old)} rows, and {len(new)} when made again"]
    found: list[tuple[bool, str]] = []
    for before, now, bars in zip(old, new, _bars_between(rounding, names, old, new), strict=True):
        row = dict(zip(names, now, strict=True))
        wrong = [
            (column not in bars, f"{column} of {now[0]} is {cell or 'none'}, and {made or 'none'} when made again"
             + _bar_in_words(bars, column))
            for column, cell, made in zip(names, before, now, strict=True)
            if cell != made and (rounding is None or not rounding.allows(file, column, cell, row, bars))
        ]  # fmt: skip
        found += sorted(wrong, key=lambda pair: pair[0])[:1]
    return [words for _, words in sorted(found, key=lambda pair: pair[0])]


def crossings(there: Path, again: Path, rounding: Rounding | None) -> list[str]:
    """What rounding moved across a bar in a table that was made again, a line for each cell.

    Args:
        there: The table.
        again: The same, made again, of the same rows and columns.
        rounding: What rounding may do to it; None where it may do nothing.
    """
    if rounding is None or there.read_bytes() == again.read_bytes():
        return []
    (names, *old), (_, *new) = _read_rows(there), _read_rows(again)
    return [
        f"{column} of {now[0]} is {cell}, and {made} when made again{_bar_in_words(bars, column)}"
        for before, now, bars in zip(old, new, rounding.bars_between(names, old, new), strict=True)
        for column, cell, made in zip(names, before, now, strict=True)
        if column in bars and cell != made
    ]


def _bars_between(
    rounding: Rounding | None, names: Sequence[str], old: Sequence[list[str]], new: Sequence[list[str]]
) -> Iterable[Mapping[str, str]]:
    """Of each row the bars between its numbers, as a kind knows them: none, where it knows none."""
    return [{}] * len(new) if rounding is None else rounding.bars_between(names, old, new)


def _bar_in_words(bars: Mapping[str, str], column: str) -> str:
    """The bar that lies between two numbers, in words; nothing where none does."""
    return f", across {bars[column]}" if column in bars else ""


def _read_rows(path: Path) -> list[list[str]]:
    """The cells of a table, its header first; csv.Error where it is none."""
    with path.open(newline="", encoding="utf-8") as table:
        cells = list(csv.reader(table, strict=True))
    for i, row in enumerate(cells, 1):
        if len(row) != len(cells[0]):
            raise csv.Error(f"row {i} has {len(row)} cells, and the first {len(cells[0])}")
    return cells


def _differences_of_arrays(there: Path, again: Path, file: str, rounding: Rounding | None) -> Iterator[str]:
    with np.load(there, allow_pickle=False) as old, np.load(again, allow_pickle=False) as new:
        if sorted(old.files) != sorted(new.files):
            yield "holds other arrays when made again"
            return
        for name in new.files:
            before, now = old[name], new[name]
            text = before.dtype.kind == now.dtype.kind in "US"  # of which the length is part of the type
            if before.shape != now.shape or (before.dtype != now.dtype and not text):
                yield f"{name} has another shape when made again"
            elif rounding is None:
                if before.tobytes() != now.tobytes():
                    yield _first_number(name, before, now)
            elif text:
                if not _same_json(str(before), str(now), rounding.tolerance(file, name)):
                    yield f"{name} says something else when made again"
            elif rounding.is_set(name):
                if not _same_set(before, now, rounding.tolerance(file, name)):
                    yield f"{name} are others when made again"
            else:
                left, right = (rounding.comparable(name, array, new) for array in (before, now))
                most = _largest_allowed(now, rounding.tolerance(file, name))
                if not np.allclose(left, right, rtol=0, atol=most, equal_nan=True):
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
            return allowed.allows(repr(a), repr(b))
        if isinstance(a, dict) and isinstance(b, dict):
            return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
        if isinstance(a, list) and isinstance(b, list):
            return len(a) == len(b) and all(map(alike, a, b))
        return a == b

    return alike(json.loads(before), json.loads(now))


def _differences_of_texts(there: Path, again: Path, file: str, rounding: Rounding | None) -> Iterator[str]:
    before, now = there.read_bytes(), again.read_bytes()
    if rounding is not None and there.suffix == ".json" and _same_json(before, now, rounding.tolerance(file, "")):
        return
    pairs = enumerate(zip_longest(before.split(b"\n"), now.split(b"\n")), 1)
    line = next(number for number, (old, new) in pairs if old != new)
    yield f"is another text from line {line} on when made again"
