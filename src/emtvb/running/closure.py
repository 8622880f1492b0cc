"""What code a file can reach inside the project, and a digest of it that only changes when the code does.

Modules are found by reading source: nothing is imported, so the Snakefile may ask. Comments, formatting and docstrings
do not count, nor what an exception or a log call says; a data file of the package counts where a module names it. What
a reader of source cannot follow (imports by a name that is put together, star imports, exec, data files whose name is
put together) is refused, so that nothing is missed. A stage's digests go into its rule's params, into the record beside
its outputs, and into the identity of its resumable state.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from emtvb.errors import InputError

PACKAGE = Path(__file__).parents[1]
_ROOT = PACKAGE.name

UNCOUNTED = frozenset(
    {
        "errors.py",
        "running/__init__.py",
        "running/closure.py",
        "running/jobs.py",
        "running/lock.py",
        "running/node.py",
        "running/provenance.py",
        "running/recipes.py",
        "running/rules.py",
        "training/events.py",
        "training/progress.py",
    }
)
"""Modules that say, record and wait, and compute nothing: no output of a stage can depend on them."""

LIBRARIES = {
    "llvmlite": "llvmlite",
    "matplotlib": "matplotlib",
    "numba": "numba",
    "numpy": "numpy",
    "pandas": "pandas",
    "PIL": "pillow",
    "pytorch_lightning": "pytorch-lightning",
    "scipy": "scipy",
    "torch": "torch",
}
"""Libraries that compute, by module: whose versions can change an output, and how they are called when installed."""

COMPANIONS = {"matplotlib": ("contourpy", "cycler", "fonttools", "kiwisolver", "pillow", "pyparsing")}
"""Libraries that such a library leaves part of the work to: they lay out figures, set their text and write them."""

ALL_LIBRARIES = frozenset(LIBRARIES.values()).union(*COMPANIONS.values())
"""What a record's environment names."""

_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_PURE = frozenset(
    {
        "abs", "all", "any", "bool", "dict", "enumerate", "float", "format", "frozenset", "int", "isinstance", "len",
        "list", "max", "min", "range", "repr", "round", "set", "sorted", "str", "sum", "tuple", "type", "zip",
    }
)  # fmt: skip
_PURE_METHODS = frozenset(
    {
        "format", "get", "items", "join", "keys", "lower", "lstrip", "partition", "removeprefix", "removesuffix",
        "replace", "rpartition", "rstrip", "split", "splitlines", "strip", "title", "upper", "values",
    }
)  # fmt: skip
_RUNS_TEXT = frozenset({"__import__", "compile", "eval", "exec"})
_IMPORTS_BY_NAME = frozenset(
    {"exec_module", "import_module", "load_module", "run_module", "run_path", "spec_from_file_location"}
)


class Closure(NamedTuple):
    """What files can reach.

    Attributes:
        code: By name, a digest of each of them and of every module and data file of this package that they use,
            directly or not.
        libraries: The libraries that compute among what all of those import, as they are called when installed.
        files: All of those files.
    """

    code: Mapping[str, str]
    libraries: tuple[str, ...]
    files: tuple[Path, ...] = ()


def closure(*files: Path | str, without: Iterable[Path] = ()) -> Closure:
    """What these files can reach, leaving out modules that this use of them never enters, and what only those reach.

    Raises:
        InputError: Where a file does what cannot be followed by reading it.
    """
    left_out = {PACKAGE / name for name in UNCOUNTED} | set(without)
    reached: dict[str, str] = {}
    read: list[Path] = []
    libraries: set[str] = set()
    pending = [PACKAGE / "__init__.py", *(Path(file).resolve() for file in files)]
    while pending:
        file = pending.pop()
        key = _key(file)
        if key in reached or file in left_out:
            continue
        content = file.read_bytes()
        found = _read(file, PACKAGE, content)
        reached[key] = digest(found.normal)
        read.append(file)
        pending += found.data
        for name in found.modules:
            pending.extend(_module_files(name, file))
            library = LIBRARIES.get(name.split(".")[0])
            if library:
                libraries |= {library, *COMPANIONS.get(library, ())}
    # The package's own face is no code of anyone's, as long as it only hands on names.
    if reached.get(f"{_ROOT}/__init__.py") == digest(_empty()):
        del reached[f"{_ROOT}/__init__.py"]
    return Closure(dict(sorted(reached.items())), tuple(sorted(libraries)), tuple(read))


def digest(text: str) -> str:
    """A short digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class _Found(NamedTuple):
    """What reading a file finds: its code in normal form, the modules that it imports, the data files that it names."""

    normal: str
    modules: tuple[str, ...] = ()
    data: tuple[Path, ...] = ()


def _key(file: Path) -> str:
    """A name that does not depend on where the project lies."""
    return file.relative_to(PACKAGE.parent).as_posix() if file.is_relative_to(PACKAGE) else file.name


@cache
def _read(file: Path, package: Path, content: bytes) -> _Found:
    text = content.decode("utf-8")
    if file.suffix == ".mplstyle":
        return _Found("\n".join(filter(None, (re.sub(r"(^|\s)#.*", "", line).rstrip() for line in text.splitlines()))))
    if file.suffix != ".py":
        return _Found(text)
    tree = ast.parse(text, str(file))
    if file.parent == package and file.name == "__init__.py":
        tree.body = [statement for statement in tree.body if not _only_hands_on(statement)]
    tree = _Normal(tree).visit(tree)
    modules = tuple(_imports(tree, file))
    _refuse_what_cannot_be_followed(tree, file)
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    data = tuple(path for path in _all_data_files(package) if path.name in strings)
    return _Found(_dump(tree), modules, data)


def _dump(tree: ast.AST) -> str:
    """Syntax as text, which is the same whatever Python reads it."""
    empty_fields = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(tree, **empty_fields).replace(", type_params=[]", "")


def _empty() -> str:
    return _dump(ast.Module([], []))


class _Normal(ast.NodeTransformer):
    """A module without what does not run or changes no value: docstrings, what is for type checkers alone, messages."""

    def __init__(self, tree: ast.Module) -> None:
        self._loggers = {
            target.id
            for statement in tree.body
            if isinstance(statement, ast.Assign) and _called(statement.value) == "getLogger"
            for target in statement.targets
            if isinstance(target, ast.Name)
        }

    def visit_If(self, node: ast.If) -> Any:
        """Of a block for type checkers, what runs otherwise."""
        test = node.test
        name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
        if name == "TYPE_CHECKING":
            return [kept for statement in node.orelse if (kept := self.visit(statement)) is not None]
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Nothing of a string alone; of a log call, what it does besides."""
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return None
        if isinstance(value, ast.Call) and self._logs(value.func):
            effects = _effects(*value.args, *(keyword.value for keyword in value.keywords))
            return ast.Expr(ast.Tuple(effects, ast.Load())) if effects else None
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """The exception's class, and what its arguments do besides saying something."""
        if isinstance(node.exc, ast.Call):
            call = node.exc
            effects = _effects(*call.args, *(keyword.value for keyword in call.keywords))
            return ast.Raise(ast.Call(call.func, effects, []), node.cause)
        return self.generic_visit(node)

    def _logs(self, function: ast.expr) -> bool:
        """Whether a function is a logger's, or logging's own."""
        if not isinstance(function, ast.Attribute) or function.attr not in _LOG_METHODS:
            return False
        owner = function.value
        if isinstance(owner, ast.Name):
            return owner.id in self._loggers or owner.id == "logging"
        return _called(owner) == "getLogger"


def _called(node: ast.AST) -> str:
    """The last name of the function that a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _effects(*nodes: ast.AST) -> list[ast.expr]:
    """The parts of a message's expressions that can do more than say something: calls, and names that are given."""
    found: list[ast.expr] = []
    for node in nodes:
        if isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)) or (
            isinstance(node, ast.Call) and not _is_pure(node.func)
        ):
            found.append(node)
        else:
            found += _effects(*ast.iter_child_nodes(node))
    return found


def _is_pure(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _PURE
    return isinstance(function, ast.Attribute) and function.attr in _PURE_METHODS


def _only_hands_on(statement: ast.stmt) -> bool:
    """Whether a statement of the package's own ``__init__`` can change nothing: version, names, imports on demand."""
    if isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets):
        names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
        return names <= {"__version__", "__all__", "_HOME"} and _is_literal(statement.value)
    if isinstance(statement, ast.FunctionDef):
        bare = ast.FunctionDef(statement.name, statement.args, _without_docstring(statement), [], None)
        return digest(ast.unparse(ast.fix_missing_locations(bare))) in _LAZY
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


_LAZY = frozenset({"3be29ae0a84f", "942d3fb3557d"})
"""Digests of the functions in the package's ``__init__`` that import a name when it is first asked for."""


def _without_docstring(function: ast.FunctionDef) -> list[ast.stmt]:
    first = function.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return function.body[1:] if said else function.body


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _imports(tree: ast.AST, file: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = ".".join([*_package(file, node.level), *([node.module] if node.module else [])])
            if any(alias.name == "*" for alias in node.names):
                raise _cannot_follow(file, node, f"from {module} import *", "import what it needs by name")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _refuse_what_cannot_be_followed(tree: ast.AST, file: Path) -> None:
    """Raise InputError where code is run, or a file of the package is opened, whose name does not stand there."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        name = _called(node)
        if isinstance(node, ast.Call) and (
            (name in _RUNS_TEXT and isinstance(node.func, ast.Name)) or name in _IMPORTS_BY_NAME
        ):
            raise _cannot_follow(file, node, f"{name}(...)", "import the module by its name")
        if (isinstance(node, ast.Name) and node.id == "__file__") or (name == "files" and _is_of_resources(node)):
            place = node
            while place in parents and not isinstance(parents[place], ast.stmt) and _goes_on(parents[place], place):
                place = parents[place]
            if not _names_a_file(place):
                remedy = "write the data file's whole name as one string beside it"
                raise _cannot_follow(file, node, ast.unparse(place)[:60], remedy)


def _is_of_resources(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and "resources" in ast.unparse(node.func)


def _goes_on(parent: ast.AST, place: ast.AST) -> bool:
    """Whether an expression only builds the path further, of which ``place`` is the beginning."""
    if isinstance(parent, ast.Call):
        return place is parent.func or _called(parent) == "Path"
    if isinstance(parent, ast.BinOp):
        return place is parent.left
    return isinstance(parent, (ast.Attribute, ast.Subscript))


def _names_a_file(place: ast.AST) -> bool:
    """Whether a path that begins at the package holds at least one name, and all of them as they are."""
    named = [node for node in ast.walk(place) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    put_together = [node for node in ast.walk(place) if isinstance(node, (ast.JoinedStr, ast.FormattedValue))]
    variables = [node.id for node in ast.walk(place) if isinstance(node, ast.Name)]
    return bool(named) and not put_together and {*variables} <= {"Path", "__file__", "resources", "importlib"}


def _cannot_follow(file: Path, node: ast.AST, found: str, remedy: str) -> InputError:
    where = f"{_key(file)}, line {getattr(node, 'lineno', '?')}"
    return InputError(where, found, f"what this needs cannot be known by reading it; {remedy}")


def _package(file: Path, level: int) -> tuple[str, ...]:
    """The package that so many leading dots mean in a module of ours."""
    if level == 0 or not file.is_relative_to(PACKAGE):
        return ()
    return file.relative_to(PACKAGE.parent).parts[:-level]


@cache
def _all_data_files(package: Path) -> list[Path]:
    skipped = {".py", ".pyc"}
    return sorted(path for path in package.rglob("*") if path.suffix not in skipped and path.is_file())


def _module_files(name: str, importer: Path) -> Iterator[Path]:
    """The files that importing a dotted name runs: the packages on the way, and the module.

    A script may also import what lies beside it.
    """
    parts = name.split(".")
    if parts[0] == _ROOT:
        base, rest = PACKAGE, parts[1:]
    elif importer.is_relative_to(PACKAGE):
        return
    else:
        base, rest = importer.parent / parts[0], parts[1:]
        yield from _candidates(base)
    for depth in range(len(rest) + 1):
        yield from _candidates(base.joinpath(*rest[:depth]))


def _candidates(base: Path) -> Iterator[Path]:
    for candidate in (base / "__init__.py", base.with_suffix(".py")):
        if candidate.is_file():
            yield candidate
