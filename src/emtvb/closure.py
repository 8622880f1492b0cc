"""What code a file can reach inside the project, and a hash of it that only changes when the code does.

Modules are found by reading source: nothing is imported, so the Snakefile may ask. Comments, formatting and docstrings
do not count; a data file of the package counts where a module names it. A stage's hash goes into its rule's params,
into the record beside its outputs, and into the identity of its resumable state.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parent
_ROOT = PACKAGE.name

UNCOUNTED = frozenset(
    {"__init__.py", "closure.py", "errors.py", "jobs.py", "provenance.py", "training/events.py", "training/progress.py"}
)
"""Modules that say and record what happens and compute nothing: no output of a stage can depend on them."""

LIBRARIES = {
    "llvmlite": "llvmlite",
    "matplotlib": "matplotlib",
    "numba": "numba",
    "numpy": "numpy",
    "pandas": "pandas",
    "pytorch_lightning": "pytorch-lightning",
    "scipy": "scipy",
    "torch": "torch",
}
"""Libraries that compute, by module: whose versions can change an output, and how they are called when installed."""


class Closure(NamedTuple):
    """What files can reach.

    Attributes:
        code: By name, a digest of each of them and of every module and data file of this package that they use,
            directly or not.
        libraries: The libraries that compute among what all of those import, as they are called when installed.
    """

    code: Mapping[str, str]
    libraries: tuple[str, ...]


def closure(*files: Path | str, without: Iterable[Path] = ()) -> Closure:
    """What these files can reach, leaving out modules that this use of them never enters, and what only those reach."""
    left_out = {PACKAGE / name for name in UNCOUNTED} | set(without)
    reached: dict[str, str] = {}
    libraries: set[str] = set()
    pending = [Path(file).resolve() for file in files]
    while pending:
        file = pending.pop()
        key = _key(file)
        if key not in reached and file not in left_out:
            reached[key], modules = _read(file, file.stat().st_mtime_ns)
            for name in modules:
                pending.extend(_module_files(name))
                library = LIBRARIES.get(name.split(".")[0])
                libraries |= {library} if library else set()
            pending.extend(_data_files(file, file.stat().st_mtime_ns))
    code = {key: digest(text) for key, text in sorted(reached.items())}
    return Closure(code, tuple(sorted(libraries)))


def code_hash(*files: Path | str) -> str:
    """One digest of all the code that these files can reach."""
    return digest(json.dumps(closure(*files).code))


def digest(text: str) -> str:
    """A short digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _key(file: Path) -> str:
    """A name that does not depend on where the project lies."""
    return str(file.relative_to(PACKAGE.parent)) if file.is_relative_to(PACKAGE) else file.name


@cache
def _read(file: Path, mtime: int) -> tuple[str, tuple[str, ...]]:
    """A file's code in normal form, and the modules that it imports."""
    if file.suffix != ".py":
        return file.read_text(encoding="utf-8"), ()
    tree = _parse(file, mtime)
    return _normal_form(tree), tuple(_imports(tree, file))


def _normal_form(tree: ast.Module) -> str:
    """A module's syntax as text, which is the same whatever Python reads it."""
    empty_fields = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(tree, **empty_fields).replace(", type_params=[]", "")


@cache
def _data_files(file: Path, mtime: int) -> list[Path]:
    """The package's data files whose name stands in a module as a string."""
    if file.suffix != ".py":
        return []
    nodes = ast.walk(_parse(file, mtime))
    names = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return [path for path in _all_data_files(PACKAGE) if path.name in names]


@cache
def _parse(file: Path, mtime: int) -> ast.Module:  # noqa: ARG001 - mtime is part of the cache's key
    """A module's syntax without what does not run: docstrings, and what is there for type checkers alone."""
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [statement for statement in node.body if not _is_idle(statement)]
    return tree


def _is_idle(statement: ast.stmt) -> bool:
    """Whether a statement does nothing: a string alone, or a block for type checkers."""
    if isinstance(statement, ast.If):
        return isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imports(tree: ast.AST, file: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = ".".join([*_package(file, node.level), *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _package(file: Path, level: int) -> tuple[str, ...]:
    """The package that so many leading dots mean in a module of ours."""
    if level == 0 or not file.is_relative_to(PACKAGE):
        return ()
    return file.relative_to(PACKAGE.parent).parts[:-level]


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
