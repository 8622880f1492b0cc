"""Whether a file that was made again says the same: to the byte, or in its numbers as far as rounding explains.

How far that is stands in one table, :data:`TABLE`, which docs/audit.md shows.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np

from emtvb.interpret.verdict import ACCURATE

PICTURES = frozenset({".gif", ".pdf", ".png"})
"""Suffixes of files that show numbers and hold none that can be compared."""
SINGULAR = 1e5
"""A basis of a larger condition number is nearly singular: it makes a percent or more of rounding in single precision.
"""
GROWING = 1e11
"""A network whose gradients grow more than that within 200 steps is chaotic: it makes anything of rounding."""
_CELL = re.compile(r"[-+.0-9A-Za-z]*", re.ASCII)
"""A number in a table."""
_MOST = 20
"""Differences that are told of one file."""


@dataclass(frozen=True)
class Tolerance:
    """By how much numbers may differ that are made again.

    Attributes:
        files: In which files, as patterns of their paths.
        values: Which columns or arrays of them, as patterns of names.
        relative: By so much of the larger of the two numbers.
        absolute: Or by so much.
        of_largest: Whether that is of the largest number of the array, instead of the number.
        beyond: Numbers larger than this may be any other that is.
        rounding: Whether a network may also differ by what rounding does to it (:func:`seeds.moved_by_rounding`).
        only: Of which networks or bases alone, as they come out when made again: one of :data:`ONLY`.
        because: Why.
    """

    files: tuple[str, ...]
    values: tuple[str, ...]
    relative: float
    absolute: float = 0.0
    of_largest: bool = False
    beyond: float = math.inf
    rounding: bool = False
    only: str = ""
    because: str = ""


_SOLVING, _SINGULAR, _GROWING, _RANDOM = ONLY = (
    "networks that solve their task",
    f"bases with a condition number above {SINGULAR:,.0f}",
    f"networks whose gradients grow more than {GROWING:,.0f} times in 200 steps",
    "random systems (`chance`) and untrained networks",
)
"""What a tolerance can be for: those of the first are not chaotic, those of the third are."""


_SHARDS, _METHODS = ("measurements/*.csv",), ("measurements/methods/*.csv",)
_SOLUTIONS = ("measurements/solutions/*.csv", "measurements/digits/*.csv")
_OF_STREAMS = (
    "accuracy", "echo", "recall*", "first_*", "at_*", "gone_*", "untrained_*", "input_*", "output_*", "edit_*",
    "due_[0-9]*", "phi_[0-9]*", "marker_*", "silence_*", "blind_*",
)  # fmt: skip
TABLE: tuple[Tolerance, ...] = (
    Tolerance(("measurements/ablations/*.csv",), ("*_dim",), 0, because="counts"),
    Tolerance(("measurements/ablations/*.csv",), ("*_last_within_rest", "held_core_last_within"), 0, 0.05,
              because="without this part of W_hh most networks are chaotic: then rounding decides signs"),
    Tolerance(("measurements/ablations/*.csv",), ("*_within*",), 0, 0.015,
              because="the same, of fewer networks"),
    Tolerance(("measurements/ablations/*.csv",), ("*",), 0, 0.002,
              because="rounding decides some signs"),
    Tolerance(("measurements/gradients.csv",), ("gradient_trained_*", "gradient_gain_100"), 0.99, only=_GROWING,
              because="they are chaotic: rounding grows as their gradients do"),
    Tolerance(("measurements/gradients.csv",), ("*",), 2e-3, because="written with four digits"),
    Tolerance(("measurements/learning.csv", "measurements/ablations.csv"), ("*",), 1e-9, 1e-12,
              because="computed from the same numbers, so only last digits can differ"),
    Tolerance(("measurements/comparison.csv",), ("*",), 0, 0.2, only=_RANDOM,
              because="of eigenvalues that are nearly equal, rounding decides which random angle each gets"),
    Tolerance(("measurements/comparison.csv",), ("dynamics",), 0, 0.02,
              because="the best rotation is searched for, and where the search ends is known to about 0.01"),
    Tolerance(_SHARDS, _OF_STREAMS, 0, 0.02, because="networks on streams: rounding decides the signs of some outputs"),
    Tolerance(_SHARDS, ("*_eigenvalues", "measured_*", "long_term"), 0, because="counts and settings"),
    Tolerance(_SHARDS, ("*spectral_error",), 1e-6, 1e-7,
              because="two equal directions have a cosine of 1 up to rounding: their angle comes out as 0 or 1e-8"),
    Tolerance(_SHARDS, ("largest_modulus",), 1e-6, because="an eigenvalue"),
    Tolerance(_SHARDS, ("test_accuracy",), 0, 1e-4, only=_SOLVING, because="rounding decides a few signs"),
    Tolerance(_SHARDS, ("test_accuracy",), 0, 5e-4, rounding=True,
              because="networks that learned nothing can be chaotic: then rounding decides signs"),
    Tolerance(_SHARDS, ("realisation_gain", "realisation_map_error", "realisation_shape_error",
                        "unobservable_edit_size"), 1e-5, 1e-5,
              because="computed from weights alone"),
    Tolerance(_SHARDS, ("memory_*",), 1e-5, 1e-5, beyond=1e6, only=_SOLVING, because="computed from weights alone"),
    Tolerance(_SHARDS, ("*_success", "*_ignored"), 0, 0.01,
              because="shares of a hundred edits or more, of which one can be undecided"),
    Tolerance(_SHARDS, ("*condition",), 1e-3, beyond=1e6, only=_SOLVING,
              because="if a basis is nearly singular, rounding decides how large its condition number is"),
    Tolerance(_SHARDS, ("*condition",), 0.03, beyond=1e6,
              because="the same; networks that learned nothing can be chaotic besides"),
    Tolerance(_SHARDS, ("*",), 1e-3, 1e-4, only=_SOLVING, because="computed from what the network does"),
    Tolerance(_SHARDS, ("power_gain", "power_map_error", "power_shape_error", "*_decoded_map_error"), 0, math.inf,
              only=_SINGULAR, because="rounding decides what W_hh and decoders are in a basis that is nearly singular"),
    Tolerance(_SHARDS, ("power_*", "realisation_*"), 0.1, 0.01,
              because="networks that learned nothing can be chaotic, and these bases nearly singular"),
    Tolerance(_SHARDS, ("*",), 0.03, 2e-3, because="networks that learned nothing can be chaotic"),
    Tolerance(("measurements/rasters/*.csv", "measurements/markers/*.csv"),
              ("readable", "marker", "silence", "untrained*"), 0, 0.02,
              because="what decoders read from networks on streams, where stored vectors fade"),
    Tolerance(_SOLUTIONS, ("read_*", "least_kept_dimension"), 0, 0.01,
              because="shares of answers, some of which are undecided"),
    Tolerance(_SOLUTIONS, ("*",), 0.01, 1e-5, because="computed from weights, and some from what is hardly there"),
    Tolerance(_METHODS, ("seconds", "k"), 0, beyond=0,
              because="machines differ in speed; if several k are almost equally good, rounding decides which is best"),
    Tolerance(_METHODS, ("edits",), 0, because="a count"),
    Tolerance(_METHODS, ("loss",), 0, 0.02, because="trained by torch, whose rounding depends on the CPU"),
    Tolerance(_METHODS, ("erased",), 0, 0.2,
              because="almost nothing is left after erasing, so rounding decides what a probe reads"),
    Tolerance(_METHODS, ("*",), 0, 0.1,
              because="shares of edits; torch trains the networks and the directions again each time"),
    Tolerance(("measurements/onions/*.csv",), ("units", "seed", "position"), 0, because="counts and settings"),
    Tolerance(("measurements/onions/*.csv",), ("*_p",), 0.1, 1e-9, because="chances, computed from shares"),
    Tolerance(("measurements/onions/*.csv",), ("*",), 0, 0.005,
              because="shares of sequences and edits: where a network is undecided between symbols, rounding decides"),
    Tolerance(("measurements/exemplars/*.npz",), ("about",), 0.01, 1e-7, because="measured, as shards are"),
    Tolerance(("measurements/page.npz",), ("about",), 1e-9, 1e-12, because="settings, and what was measured before"),
    Tolerance(("architectures/*/look.npz",), ("about",), 0.03, 1e-5, because="bases are fitted, some near singular"),
    Tolerance(("measurements/exemplars/*.npz", "measurements/page.npz"),
              ("W_hh", "*/W_hh", "*/W_uh", "*/W_r", "phi", "composition", "inputs", "targets", "theory", "kept",
               "edit_before", "edit_after", "edit_expected"), 0, because="copies, and what a task says"),
    Tolerance(("measurements/exemplars/*.npz", "measurements/page.npz", "architectures/*/look.npz"), ("*",), 1e-3,
              of_largest=True, because="bases: the order of eigenvalues and the sign of directions do not matter"),
    Tolerance(("architectures/*/measurements.csv", "architectures/rnn.csv"), ("*_dim", "*_eigenvalues"), 0,
              because="counts"),
    Tolerance(("architectures/*/measurements.csv", "architectures/rnn.csv"), ("*",), 0.03, 1e-5,
              because="bases are fitted, some near singular"),
    Tolerance(("tables/gradients.csv", "figures/gradients.csv"), ("*",), 1e-9,
              because="computed from the same numbers, however small"),
    Tolerance(("*.csv", "*.json", "*.npz"), ("*",), 1e-9, 1e-12,
              because="computed from the same numbers, so only last digits can differ"),
)  # fmt: skip
"""The first that fits a file, a column and a network counts. Words have to be the same everywhere; texts (Markdown,
LaTeX, HTML, YAML) and pictures to the byte, but pictures are not compared where libraries have other versions."""


def as_markdown() -> str:
    """The table, for docs/audit.md."""
    lines = ["| files | columns or arrays | may differ by | because |", "|---|---|---|---|"]
    for row in TABLE:
        files, values = (", ".join(f"`{one}`" for one in some) for some in (row.files, row.values))
        values += f" of {row.only}" if row.only else ""
        share = f"{row.relative:g} times the {'largest number of the array' if row.of_largest else 'larger number'}"
        most = f"{row.absolute:g}" if math.isfinite(row.absolute) else "any amount"
        most += " if that is more" if row.relative else ""
        by = ", or ".join(filter(None, (share if row.relative else "", most if row.absolute else "")))
        by += " plus five standard errors (see below the table)" if row.rounding else ""
        by += f"; any amount if both numbers are above {row.beyond:g}" if math.isfinite(row.beyond) else ""
        lines.append(f"| {files} | {values} | {by.removeprefix('; ') or 'nothing'} | {row.because} |")
    return "\n".join(lines)


@cache
def tolerance(name: str, values: str, of: frozenset[str] = frozenset()) -> Tolerance:
    """What counts for a column or an array of a file, by its path in the experiment's folder.

    Args:
        name: The file's path.
        values: The column or array.
        of: Which of :data:`ONLY` it is asked of.
    """
    return next(
        row
        for row in TABLE
        if any(PurePosixPath(name).match(files) for files in row.files)
        and any(fnmatch(values, one) for one in row.values)
        and (not row.only or row.only in of)
    )


def differences(there: Path, again: Path, name: str, moved: Callable[[str], float] = lambda _: 0.0) -> list[str]:
    """How a file differs from the same one made again, in words; nothing where it does not.

    Args:
        there: The file.
        again: The same, made again.
        name: Its path in the experiment's folder.
        moved: How far rounding moves a network's test accuracy, by its run id.
    """
    if there.read_bytes() == again.read_bytes():
        return []
    try:
        if there.suffix == ".csv":
            problems = [*_of_tables(there, again, name, moved)]
        elif there.suffix == ".npz":
            problems = [*_of_arrays(there, again, name)]
        elif there.suffix in PICTURES:
            return ["is another picture when made again"]
        else:
            problems = [*_of_texts(there, again, name)]
    except Exception as error:  # whatever NumPy and others raise of files that may be anything
        return [f"cannot be read ({error})"]
    return problems[:_MOST] + ([f"and so on, {len(problems)} times"] if len(problems) > _MOST else [])


def same(one: str, other: str, allowed: Tolerance, more: float = 0.0) -> bool:
    """Whether two cells are the same text, or the same number but for what a tolerance allows.

    Args:
        one: A cell.
        other: Another.
        allowed: The tolerance.
        more: By so much they may differ besides.
    """
    if one == other:
        return True
    if not (_CELL.fullmatch(one) and _CELL.fullmatch(other)):  # Python takes more for numbers than anybody else does
        return False
    try:
        a, b = float(one or "nan"), float(other or "nan")
    except ValueError:
        return False
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    close = math.isclose(a, b, rel_tol=allowed.relative, abs_tol=allowed.absolute + more)
    return close or min(a, b) > allowed.beyond


def _of_tables(there: Path, again: Path, file: str, moved: Callable[[str], float]) -> Iterator[str]:
    """Of each row the first cell that differs."""
    old, new = rows(there), rows(again)
    if [*old[:1]] != [*new[:1]]:
        yield "has other columns when made again"
        return
    if len(old) != len(new):
        yield f"has {len(old) - 1} rows, and {len(new) - 1} when made again"
        return
    if _as_written(there, old) != _as_written(again, new):
        yield "is written otherwise when made again: its line ends or quotation marks are others"
    for before, now in zip(old[1:], new[1:], strict=True):
        row = dict(zip(new[0], now, strict=True))
        for column, one, other in zip(new[0], before, now, strict=True):
            if one == other:
                continue
            allowed = tolerance(file, column, _kinds(row, column))
            if same(one, other, allowed):
                continue
            if allowed.rounding and same(one, other, allowed, moved(now[0])):
                continue
            if column == "spectral_error" and _is_pinned(row, one, other, allowed):
                continue
            yield f"{column} of {now[0]} is {one or 'none'}, and {other or 'none'} when made again"
            break


def _kinds(row: dict[str, str], column: str) -> frozenset[str]:
    """Which of :data:`ONLY` a row's network, and the basis that a column is of, are."""
    asked = {
        _SOLVING: number(row.get("test_accuracy", "")) >= ACCURATE,
        _SINGULAR: number(row.get(f"{column.partition('_')[0]}_condition", "")) > SINGULAR,
        _GROWING: number(row.get("gradient_trained_200", "")) > GROWING,
        _RANDOM: row.get("differs") in ("chance", "untrained"),
    }
    return frozenset(kind for kind, it_is in asked.items() if it_is)


def _is_pinned(row: dict[str, str], one: str, other: str, allowed: Tolerance) -> bool:
    """Whether rounding decides that an error is missing here, and the published one is that of the best assignment.

    A cosine that is rounded past 1 has no angle, and then the published error does not exist. One that is missing among
    the published ones is no such case: whoever took it out would say so.
    """
    if other or not one or row.get("network_eigenvalues") != row.get("phi_eigenvalues"):
        return False
    best = (row.get("optimal_spectral_error", ""), row.get("matched_spectral_error", ""))
    return all(same(one, known, allowed) for known in best)


def rows(path: Path) -> list[list[str]]:
    """The cells of a table, its header first.

    Raises:
        csv.Error: Where it is none.
    """
    with path.open(newline="", encoding="utf-8") as table:
        cells = list(csv.reader(table, strict=True))
    if cells and len(set(cells[0])) < len(cells[0]):
        raise csv.Error("two columns have one name")
    for number, row in enumerate(cells, 1):
        if len(row) != len(cells[0]):
            raise csv.Error(f"row {number} has {len(row)} cells, and the first {len(cells[0])}")
    return cells


def _as_written(path: Path, cells: list[list[str]]) -> bool:
    """Whether a table is written as tables are: with no more quotation marks than it needs, and plain line ends."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(cells)
    return path.read_bytes() == text.getvalue().encode()


def number(cell: str) -> float:
    """The number in a cell of a table; NaN where it holds none."""
    try:
        return float(cell or "nan")
    except ValueError:
        return math.nan


def _of_arrays(there: Path, again: Path, file: str) -> Iterator[str]:
    with np.load(there, allow_pickle=False) as old, np.load(again, allow_pickle=False) as new:
        if sorted(old.files) != sorted(new.files):  # an archive may hold two of a name
            yield "holds other arrays when made again"
            return
        for name in new.files:
            before, now, allowed = old[name], new[name], tolerance(file, name)
            text = before.dtype.kind == now.dtype.kind in "US"  # of which the length is part of the type
            if before.shape != now.shape or (before.dtype != now.dtype and not text):
                yield f"{name} has another shape when made again"
            elif now.dtype.kind in "US":
                if not _same_json(str(before), str(now), allowed):
                    yield f"{name} says something else when made again"
            elif name.endswith("eigenvalues"):  # in no order of their own
                if not _same_set(before, now, allowed):
                    yield f"{name} are others when made again"
            else:
                one, other = (_without_signs(name, array, new) for array in (before, now))
                if not np.allclose(one, other, rtol=allowed.relative, atol=_absolute(now, allowed), equal_nan=True):
                    yield f"{name} is another when made again"


def _absolute(array: np.ndarray, allowed: Tolerance) -> float:
    """By how much any number of an array may differ."""
    if not allowed.of_largest:
        return allowed.absolute
    return allowed.relative * float(np.abs(array[np.isfinite(array)]).max(initial=0))


def _without_signs(name: str, array: np.ndarray, arrays: np.lib.npyio.NpzFile) -> np.ndarray:
    """An array; of W_hh in memories without the signs of the components after these, which are anyone's."""
    if name != "W_hh_in_memories":
        return array
    memories, array = len(arrays["phi"]), array.copy()
    array[memories:] = np.abs(array[memories:])
    array[:, memories:] = np.abs(array[:, memories:])
    return array


def _same_set(one: np.ndarray, other: np.ndarray, allowed: Tolerance) -> bool:
    """Whether complex numbers are the same in some order."""
    from scipy.optimize import linear_sum_assignment

    distances = np.abs(one[:, None] - other[None])
    if not np.isfinite(distances).all():
        return bool(np.array_equal(one, other, equal_nan=True))
    rows, columns = linear_sum_assignment(distances)
    return bool(distances[rows, columns].max(initial=0) <= _absolute(other, allowed))


def _same_json(one: str, other: str, allowed: Tolerance) -> bool:
    """Whether two texts of JSON say the same but for rounding."""

    def alike(a: object, b: object) -> bool:
        if isinstance(a, bool) is not isinstance(b, bool):  # which Python takes for 0 and 1
            return False
        if isinstance(a, float) and isinstance(b, float):
            return same(repr(a), repr(b), allowed)
        if isinstance(a, dict) and isinstance(b, dict):
            return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
        if isinstance(a, list) and isinstance(b, list):
            return len(a) == len(b) and all(map(alike, a, b))
        return a == b

    return alike(*(json.loads(text, object_pairs_hook=_once) for text in (one, other)))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A mapping in JSON; a ValueError where a key is in it twice."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


def _of_texts(there: Path, again: Path, file: str) -> Iterator[str]:
    one, other = there.read_text("utf-8"), again.read_text("utf-8")
    if there.suffix == ".json" and _same_json(one, other, tolerance(file, "")):
        return
    old, new = one.splitlines(), other.splitlines()
    for before, now in zip(old, new, strict=False):
        if before != now:
            at = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), 0)
            yield f"says {_cut(before, at)}, and {_cut(now, at)} when made again"
            return
    if len(old) != len(new):
        yield f"has {len(old)} lines, and {len(new)} when made again"
    else:
        yield "ends its lines otherwise when made again"


def _cut(line: str, at: int) -> str:
    return re.sub(r"\s+", " ", f"`{line[max(at - 20, 0) : at + 20].strip()}`")
