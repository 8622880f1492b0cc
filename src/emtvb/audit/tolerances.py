"""Tolerances: how far a number may be from the same number made again, as far as rounding explains.

All stand in one table, :data:`TABLE`, which docs/audit.md shows: the rows of each kind of experiment, then those of
all.
"""

from __future__ import annotations

from fnmatch import fnmatch
from functools import cache
from pathlib import PurePosixPath

from emtvb import markdown
from emtvb.experiments import kinds
from emtvb.experiments.kind import Tolerance

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
