"""The digest of a source file: comments, formatting and docstrings do not change it, and all else does."""

from __future__ import annotations

import ast
import hashlib
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]

LIBRARIES = {
    "lightning_fabric": "pytorch-lightning",
    "llvmlite": "llvmlite",
    "matplotlib": "matplotlib",
    "numba": "numba",
    "numpy": "numpy",
    "pandas": "pandas",
    "PIL": "pillow",
    "scipy": "scipy",
    "torch": "torch",
}
"""The libraries that compute: the module of each, and its name where it is installed. Records name their versions."""

ABSENT = "absent"
"""Stands for the digest of a file that is not there."""


def digest_of(file: Path, content: bytes | None = None) -> str:
    """The digest of a file: of a Python module what it does, of any other file all its bytes.

    Args:
        file: Where it lies.
        content: What it holds; by default as it lies there, ``ABSENT`` where it does not.
    """
    if content is None:
        try:
            content = file.read_bytes()
        except OSError:
            return ABSENT
    return _digest_of_content(file.suffix, content)


def short_digest(content: bytes) -> str:
    """A short digest of bytes."""
    return hashlib.sha256(content).hexdigest()[:12]


@cache
def _digest_of_content(suffix: str, content: bytes) -> str:
    if suffix == ".py":
        try:
            return short_digest(_syntax_as_text(ast.parse(content)).encode())
        except (ValueError, SyntaxError, RecursionError):  # Python says more, where it is run
            pass
    return short_digest(content)


def _syntax_as_text(tree: ast.Module) -> str:
    """A module's syntax as text, without strings that stand alone: the same from Python 3.11 to 3.13."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            if isinstance(statements := getattr(node, name, None), list):
                setattr(node, name, [statement for statement in statements if not _is_string(statement)])
        if getattr(node, "type_params", None) == []:  # a field that Python 3.11 does not have
            del node.type_params  # type: ignore[attr-defined]
    return ast.dump(tree, **({"show_empty": True} if sys.version_info >= (3, 13) else {}))


def _is_string(statement: ast.stmt) -> bool:
    """Whether a statement is a string alone: a docstring, or one that describes the name above it."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
