"""What rounding does to what is measured of networks: how far numbers may be from the same numbers made again.

All tolerances stand in one table, :data:`TABLE`, which docs/audit.md shows: the rows of each kind of experiment, then
those of all. What no tolerance says, :class:`RoundingOfNetworks` does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from functools import cache
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from emtvb import markdown
from emtvb.experiments import kinds
from emtvb.experiments.checks import Rounding, Tolerance
from emtvb.paper.claims import Condition, load_claims
from emtvb.theory.network_verdict import ACCURATE

LARGE = 1e6
"""Condition numbers above this are not compared."""
SINGULAR = 1e5
"""A basis of a larger condition number is nearly singular: it makes a percent or more of rounding in single precision.
"""
GROWING = 1e11
"""A network whose gradients grow more than that within 200 steps is chaotic: it makes anything of rounding."""

_MEASURED = tuple(dict.fromkeys(pattern for kind in kinds.all_kinds() for pattern in kind.measurements))
_ARRAYS = tuple(dict.fromkeys(pattern for kind in kinds.all_kinds() for pattern in kind.arrays))
TABLE: tuple[Tolerance, ...] = (
    Tolerance(_MEASURED, ("*",), 0, 2e-4, "kernels of other CPUs moved 115 accuracies by no more", across=True),
    *(row for kind in kinds.all_kinds() for row in kind.tolerances),
    Tolerance(_MEASURED, ("*_dim", "*_eigenvalues", "measured_*", "long_term", "seed"), 0, 0, "counts and settings"),
    Tolerance(_MEASURED, ("test_accuracy",), 0, 0.001, "five times what kernels of other CPUs moved"),
    Tolerance(_MEASURED, ("*_success", "*_ignored"), 0, 0.01, "shares of edits, of which one can be undecided"),
    Tolerance(_MEASURED, ("*spectral_error", "largest_modulus"), 1e-5, 1e-6, "eigenvalues, from weights alone"),
    Tolerance(_MEASURED, ("*",), 1e-3, 1e-4, "rounding decides a few signs", solved=True),
    Tolerance(_MEASURED, ("power_*", "realisation_*"), 0.1, 0.02, "chaotic networks in nearly singular bases"),
    Tolerance(_MEASURED, ("*",), 0.03, 0.02, "networks that learned nothing can be chaotic"),
    Tolerance(_ARRAYS, ("*W_hh", "*W_uh", "*W_r", "phi", "composition", "inputs", "targets", "theory", "kept",
                        "edit_before", "edit_after", "edit_expected"), 0, 0, "copies, and what a task says"),
    Tolerance(_ARRAYS, ("about",), 0.03, 1e-5, "measured, as above"),
    Tolerance(_ARRAYS, ("*",), 1e-3, 0, "the largest of an array; eigenvalues have no order, directions no sign"),
    Tolerance(("measurements/weight_distances.csv",), ("*",), 0.03, 0, "rounding decides where a search ends"),
    Tolerance(("*.csv", "*.json", "*.npz"), ("*",), 1e-9, 1e-12, "computed from the same numbers"),
)  # fmt: skip
"""The first that fits a file, a column and a network counts. Words have to be the same everywhere; texts (Markdown,
LaTeX, HTML, YAML) and pictures to the byte, but pictures need not where libraries have other versions."""

_KINDS = {"measurements of networks": _MEASURED, "arrays (`.npz`)": _ARRAYS}


def as_markdown() -> str:
    """The table, for docs/audit.md."""
    rows = []
    for row in TABLE:
        named = [f"`{pattern}`" for pattern in row.files if pattern not in (*_MEASURED, *_ARRAYS)]
        kinds = [name for name, files in _KINDS.items() if {*files} <= {*row.files}]
        files = ", ".join([*kinds, *named])
        values = ", ".join(f"`{pattern}`" for pattern in row.values)
        values += " of networks that solve their task" if row.solved else ""
        values += " across the bar of a claim" if row.across else ""
        most = (f"{row.relative:g} of the number" if row.relative else "", f"{row.absolute:g}" if row.absolute else "")
        rows.append((files, values, " or ".join(filter(None, most)) or "nothing", row.because))
    return markdown.table(["files", "values", "may differ by", "because"], rows)


@cache
def tolerance(name: str, values: str, solved: bool = False, across: bool = False) -> Tolerance:
    """What counts for a column or an array of a file, by its path in the experiment's folder.

    Args:
        name: The file's path.
        values: The column or array.
        solved: Whether it is of a network that solves its task.
        across: Whether the two numbers lie on either side of the bar of a claim.
    """
    return next(
        row
        for row in TABLE
        if any(PurePosixPath(name).match(files) for files in row.files)
        and any(fnmatch(values, pattern) for pattern in row.values)
        and solved >= row.solved
        and across >= row.across
    )


def number_in(cell: str) -> float:
    """The number in a cell of a table; NaN where it holds none."""
    try:
        return float(cell or "nan")
    except ValueError:
        return math.nan


def is_solved(row: Mapping[str, str]) -> bool:
    """Whether a row of measurements is of a network that solves its task, by the bar that stands beside it."""
    return number_in(row.get("test_accuracy", "")) >= number_in(row.get("measured_solved", ""))


class RoundingOfNetworks:
    """What rounding may do to measurements of networks and to their arrays (:class:`checks.Rounding`)."""

    def bars_between(
        self, names: Sequence[str], old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]
    ) -> Iterator[Mapping[str, str]]:
        """Of each row the columns by which a claim's condition is true before or after, and not both; with the bar."""
        first = dict(zip(names, new[0], strict=True)) if new else {}
        bar = number_in(first.get("measured_solved", str(ACCURATE)))
        of = [condition for condition in _bars_of_claims(bar) if {*condition.columns()} <= {*names}]
        if not of:
            yield from ({} for _ in new)
            return
        before, now = (pd.DataFrame(rows, columns=list(names)).apply(_as_numbers) for rows in (old, new))
        there = before.notna() & now.notna()
        crossed = [(part.true_of(before) != part.true_of(now)) & there[part.columns()].all(axis=1) for part in of]
        for row in range(len(new)):
            here = [condition for condition, where in zip(of, crossed, strict=True) if where[row]]
            yield {column: f"the bar of a claim ({part.in_words()})" for part in here for column in part.columns()}

    def allows(self, file: str, column: str, cell: str, row: Mapping[str, str], bars: Mapping[str, str]) -> bool:
        """Whether a cell is what it was but for rounding."""
        if column in ("solved", "verdict") and bars:
            return True  # they say on which side of a bar a number is: contradictions.py holds them to their row
        allowed = tolerance(file, column, is_solved(row), column in bars)
        return allowed.allows(cell, row[column]) or (column not in bars and _is_undecided(file, column, cell, row))

    def tolerance(self, file: str, array: str) -> Tolerance:
        """By how much the numbers of an array may differ."""
        return tolerance(file, array)

    def is_set(self, array: str) -> bool:
        """Whether the numbers of an array are in no order of their own: eigenvalues are not."""
        return array.endswith("eigenvalues")

    def comparable(self, name: str, array: np.ndarray, beside: Mapping[str, np.ndarray]) -> np.ndarray:
        """An array; W_hh in memories without the signs of the components after these, which are anyone's."""
        if name != "W_hh_in_memories":
            return array
        memories, array = len(beside["phi"]), array.copy()
        array[memories:] = np.abs(array[memories:])
        array[:, memories:] = np.abs(array[:, memories:])
        return array


@cache
def _bars_of_claims(solved: float) -> tuple[Condition, ...]:
    """The conditions of all claims that compare with a number, by the accuracy that solves a task."""
    conditions = [part for claim in load_claims(solved=solved).statements for part in (*claim.over, *claim.holds)]
    return tuple(dict.fromkeys(part for part in conditions if part.bar is not None))


def _as_numbers(column: pd.Series) -> pd.Series:
    """The numbers in a column of text; NaN where it holds none."""
    return pd.to_numeric(column, errors="coerce")


def _is_undecided(file: str, column: str, cell: str, row: Mapping[str, str]) -> bool:
    """Whether rounding decides the number in a cell of a file, so that it is not compared with its row made again."""
    # A cosine that is rounded past 1 has no angle, and then spectral_error does not exist when it is made again: what
    # lies there has to be that of the best assignment.
    if column == "spectral_error" and not row[column]:
        return bool(cell) and tolerance(file, column).allows(cell, row.get("optimal_spectral_error", ""))
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


OF_NETWORKS: Rounding = RoundingOfNetworks()
"""As every kind whose experiments train networks has it."""
