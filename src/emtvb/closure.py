"""What code a file can reach inside the project, and a hash of it that only changes when the code does.

Modules are found by reading source: nothing is imported, so the Snakefile may ask. Comments, formatting and docstrings
do not count; a data file of the package counts where a module names it. A stage's hash goes into its rule's params and
into the identity of its resumable state.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
_ROOT = PACKAGE.name


def code_hash(*files: Path | str) -> str:
    """A digest of the files and of every module of this package that they import, directly or not."""
    reached: dict[str, str] = {}
    pending = [Path(file).resolve() for file in files]
    while pending:
        file = pending.pop()
        key = _key(file)
        if key not in reached:
            reached[key], further = _read(file, file.stat().st_mtime_ns)
            pending.extend(further)
    digest = hashlib.sha256()
    for key in sorted(reached):
        digest.update(f"{key}\0{reached[key]}\0".encode())
    return digest.hexdigest()[:16]


def _key(file: Path) -> str:
    """A name that does not depend on where the project lies."""
    return str(file.relative_to(PACKAGE.parent)) if file.is_relative_to(PACKAGE) else file.name


@cache
def _read(file: Path, mtime: int) -> tuple[str, list[Path]]:  # noqa: ARG001 - mtime is part of the cache's key
    """A file's code in normal form, and the package's files that it imports or names."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return text, []
    tree = ast.parse(text, str(file))
    reached = [path for name in _imports(tree) for path in _module_files(name)] + _data_files(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [statement for statement in node.body if not _is_text(statement)]
    return ast.dump(tree), reached


def _is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a string alone: a docstring, or what stands below an attribute to describe it."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _data_files(tree: ast.AST) -> list[Path]:
    """The package's data files whose name stands in the code as a string."""
    names = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return [path for path in _all_data_files(PACKAGE) if path.name in names]


@cache
def _all_data_files(package: Path) -> list[Path]:
    skipped = {".py", ".pyc"}
    return sorted(path for path in package.rglob("*.*") if path.suffix not in skipped and path.is_file())


def _module_files(name: str) -> Iterator[Path]:
    """The files that importing a dotted name runs: the packages on the way, and the module."""
    parts = name.split(".")
    if parts[0] != _ROOT:
        return
    for depth in range(1, len(parts) + 1):
        base = PACKAGE.joinpath(*parts[1:depth])
        for candidate in (base / "__init__.py", base.with_suffix(".py")):
            if candidate.is_file():
                yield candidate
