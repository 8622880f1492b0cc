"""What a publication may leave out, and what it does leave out.

A folder's own ``left_out.txt`` says which of its files are not kept there. It lies among the results, so whoever made
these wrote it: what it may name at all stands here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from emtvb.audit.report import Finding

LEFT_OUT = "left_out.txt"
"""In an experiment's folder: patterns of outputs that are not kept there, one a line, as a publication may need it."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "whole learning curves": ("training/*/history.csv", "architectures/*/history.csv"),
    "files of weights": ("training/*/weights.safetensors", "architectures/*/weights.safetensors"),
}
"""What may be left out, by kind: files that can be trained again, and whose digests are published."""


def patterns(folder: Path) -> tuple[str, ...]:
    """What an experiment's folder says it leaves out."""
    path = folder / LEFT_OUT
    lines = path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []
    return tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))


def kind(name: str) -> str | None:
    """Of which kind that may be left out a file is; None where it has to be there."""
    return next((kind for kind, allowed in KINDS.items() if any(fnmatch(name, one) for one in allowed)), None)


def on_purpose(name: str, left_out: Iterable[str]) -> bool:
    """Whether a missing output is missing on purpose, and may be."""
    return kind(name) is not None and any(fnmatch(name, pattern) for pattern in left_out)


def too_much(left_out: Iterable[str]) -> Iterator[Finding]:
    """Patterns that name other files than may be left out."""
    for pattern in left_out:
        if kind(pattern) is None:
            allowed = ", ".join(one for patterns in KINDS.values() for one in patterns)
            problem = f"`{pattern}` names more than may be left out"
            yield Finding(LEFT_OUT, problem, f"keep the files; only {allowed} may be missing")


def counted(missing: Iterable[str]) -> dict[str, int]:
    """How many files of each kind are missing."""
    counts = Counter(kind(name) for name in missing)
    return {name: counts[name] for name in KINDS if counts[name]}
