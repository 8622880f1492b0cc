"""What code a file can reach inside the project, and a digest of it that only changes when the code does.

Modules are found by reading source: nothing is imported, so the Snakefile may ask. Comments, formatting and docstrings
do not count, nor what an exception or a log call says where it stands; a data file of the package counts where a module
names it. What a reader of source cannot follow (imports by a name that is put together, star imports, exec, programs
that are started, data files whose name is put together) is refused, so that nothing is missed. A stage's digests go
into its rule's params, into the record beside its outputs, and into the identity of its resumable state.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

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

COMPUTES_NOTHING = frozenset(
    {"click", "jaxtyping", "pydantic", "rich", "rocrate", "safetensors", "snakemake", "tensorboard", "yaml"}
)
"""Libraries, by module, that check, show or write down what others computed. Any that is in neither table counts."""

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
_CONSUMING = frozenset(
    {
        "all",
        "any",
        "dict",
        "enumerate",
        "frozenset",
        "join",
        "list",
        "max",
        "min",
        "set",
        "sorted",
        "sum",
        "tuple",
        "zip",
    }
)
_MAKE_ITERATORS = frozenset({"enumerate", "filter", "iter", "map", "open", "reader", "reversed", "zip"})
_CARRY_VALUES = (
    OSError, UnicodeError, ImportError, AttributeError, StopIteration, StopAsyncIteration, SystemExit,
)  # fmt: skip
"""Exceptions whose arguments become attributes, which a handler may take: a file's name, a place in a text."""
_SAY_ONLY = frozenset(dir(builtins)).union({"InputError"})
"""Exceptions whose arguments are words, but for those that carry values."""

_UNSEEN_ATTRIBUTES = frozenset(
    {
        "__builtins__", "__doc__", "__file__", "__import__", "__loader__", "__path__", "__spec__", "exec_module",
        "import_module", "load_module", "run_module", "run_path", "scriptdir", "spec_from_file_location",
    }
)  # fmt: skip
_UNSEEN_NAMES = _UNSEEN_ATTRIBUTES.union({"compile", "eval", "exec"}) - {"__file__"}
"""What runs code, or finds code, words or files, that a reader does not see."""
_UNSEEN_MODULES = frozenset(
    {"builtins", "code", "codeop", "ctypes", "imp", "pkgutil", "pty", "runpy", "subprocess", "zipimport"}
)
_UNSEEN = re.compile(
    r"sys\.(meta_path|modules|path|path_hooks)|os\.(exec|popen|posix_spawn|spawn|startfile|system)\w*"
    r"|inspect\.get(doc|file|module|source|sourcefile|sourcelines)"
    r"|importlib(?!\.(metadata|resources|util)\b).*|importlib\.util\.(?!find_spec$).*"
    r"|importlib\.resources\.(?!(files|as_file)$).*"
)
"""The same by their full names; ``importlib`` and its parts also where they are not asked for anything by name."""
_FILES = "importlib.resources.files"
_READ_WORDS_ALONE = frozenset({"config.py"})
"""Modules whose docstrings are read, by what no job enters: ``config.as_markdown`` writes docs/config.md."""
_ENDS_A_PATH = frozenset({"open", "read_bytes", "read_text"})
_LEADS_ELSEWHERE = frozenset(
    {"format", "glob", "iterdir", "relative_to", "replace", "rglob", "walk", "with_stem", "with_suffix"}
)
"""Methods of a path that lead to files other than the one that is named."""


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
    home = _home(PACKAGE)
    pending = [PACKAGE / "__init__.py", *(Path(file).resolve() for file in files)]
    # Python finds what lies beside the script, whatever module imports it.
    beside = tuple(dict.fromkeys(file.parent for file in pending[1:] if not file.is_relative_to(PACKAGE)))
    while pending:
        file = pending.pop()
        key = _key(file)
        if key in reached or file in left_out:
            continue
        content = file.read_bytes()
        found = _read(file, _root_of(file, beside), PACKAGE, content)
        reached[key] = digest(found.normal)
        read.append(file)
        pending += found.data
        for named in found.modules:
            name = home.get(named, named)
            pending.extend(_module_files(name, beside))
            if name.startswith(f"{_ROOT}.") and not _is_part(name.split(".")[1]):
                remedy = "what the package says of itself is no code of a stage; leave it to running/"
                raise InputError(_key(file), name, remedy)
            library = _library(name.split(".")[0], beside)
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


def _home(package: Path) -> Mapping[str, str]:
    """Where the names come from that the package itself hands on, by their full names."""
    file = package / "__init__.py"
    for statement in ast.parse(file.read_text("utf-8"), str(file)).body:
        if isinstance(statement, ast.Assign) and [ast.unparse(target) for target in statement.targets] == ["_HOME"]:
            given = ast.literal_eval(statement.value)
            return {f"{_ROOT}.{name}": f"{module}.{name}" for name, module in given.items()}
    return {}


def _is_part(name: str) -> bool:
    """Whether the package has a module or a package of this name."""
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def _library(module: str, beside: Iterable[Path]) -> str | None:
    """How the library is called that a module belongs to; None for one that computes nothing, and for no library."""
    if module in LIBRARIES:
        return LIBRARIES[module]
    known = module in COMPUTES_NOTHING or module in sys.stdlib_module_names or module in ("", _ROOT)
    if known or any(_candidates(folder / module) for folder in beside):
        return None
    return next(iter(metadata.packages_distributions().get(module, [])), module)


def _root_of(file: Path, beside: Iterable[Path]) -> Path:
    """The folder from which a file's module is called by its name."""
    if file.is_relative_to(PACKAGE):
        return PACKAGE.parent
    return next((folder for folder in beside if file.is_relative_to(folder)), file.parent)


def _key(file: Path) -> str:
    """A name that does not depend on where the project lies."""
    return file.relative_to(PACKAGE.parent).as_posix() if file.is_relative_to(PACKAGE) else file.name


@cache
def _read(file: Path, root: Path, package: Path, content: bytes) -> _Found:
    text = content.decode("utf-8")
    if file.suffix == ".mplstyle":
        return _Found("\n".join(filter(None, (re.sub(r"(^|\s)#.*", "", line).rstrip() for line in text.splitlines()))))
    if file.suffix != ".py":
        return _Found(text)
    tree = ast.parse(text, str(file))
    if file.parent == package and file.name == "__init__.py":
        tree.body = [statement for statement in tree.body if not _only_hands_on(statement)]
    tree = _Normal(tree).visit(tree)
    names = _Names(tree, file, root)
    modules = tuple(dict.fromkeys([*names.imported, *names.used(tree)]))
    _refuse_what_cannot_be_followed(tree, file, package, names)
    data = tuple(_named_data(tree, package))
    return _Found(_dump(tree), modules, data)


def _dump(tree: ast.AST) -> str:
    """Syntax as text, which is the same whatever Python reads it."""
    empty_fields = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(tree, **empty_fields).replace(", type_params=[]", "")


def _makes_words(statement: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    """Whether a statement is a function that makes its arguments the words of an InputError, and no more."""
    if not isinstance(statement, ast.FunctionDef) or statement.decorator_list:
        return False
    body = statement.body[1:] if ast.get_docstring(statement, clean=False) is not None else statement.body
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not isinstance(body[0].value, ast.Call):
        return False
    made = body[0].value.func
    return isinstance(made, ast.Name) and made.id == "InputError"


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
        given = _given_names(tree)
        self._loggers = {name for name in self._loggers if given[name] == 1}
        self._own = frozenset(given)
        self._words = {function.name for function in tree.body if _makes_words(function) and given[function.name] == 1}
        self._means_logging = given["logging"] <= 1
        self._means_typing = not any(
            isinstance(node, ast.Name) and node.id == "TYPE_CHECKING" and isinstance(node.ctx, ast.Store)
            for node in ast.walk(tree)
        )
        self._iterators = _iterators(tree)

    def visit_If(self, node: ast.If) -> Any:
        """Of a block for type checkers, what runs otherwise."""
        if self._means_typing and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            return [kept for statement in node.orelse if (kept := self.visit(statement)) is not None]
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Nothing of a string alone; of a log call, what it does besides."""
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return None
        if isinstance(value, ast.Call) and self._logs(value.func):
            effects = self._effects(*value.args, *(keyword.value for keyword in value.keywords))
            return ast.Expr(ast.Tuple(effects, ast.Load())) if effects else None
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """The exception's class, and what its arguments do besides saying something."""
        if isinstance(node.exc, ast.Call):
            call = node.exc
            if not (isinstance(call.func, ast.Name) and (self._says_only(call.func.id) or call.func.id in self._words)):
                return self.generic_visit(node)
            effects = self._effects(*call.args, *(keyword.value for keyword in call.keywords))
            return ast.Raise(ast.Call(call.func, effects, []), node.cause)
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """Without what it says."""
        effects = self._effects(node.msg) if node.msg else []
        return self.generic_visit(ast.Assert(node.test, ast.Tuple(effects, ast.Load()) if effects else None))

    def _says_only(self, exception: str) -> bool:
        """Whether the arguments of an exception are words, and not values that a handler may take."""
        kind = getattr(builtins, exception, None)
        if isinstance(kind, type) and issubclass(kind, _CARRY_VALUES):
            return False
        return exception in _SAY_ONLY and (exception == "InputError" or exception not in self._own)

    def _logs(self, function: ast.expr) -> bool:
        """Whether a function is a logger's, or logging's own."""
        if not isinstance(function, ast.Attribute) or function.attr not in _LOG_METHODS:
            return False
        owner = function.value
        if isinstance(owner, ast.Name):
            return owner.id in self._loggers or (owner.id == "logging" and self._means_logging)
        return _called(owner) == "getLogger"

    def _effects(self, *nodes: ast.AST) -> list[ast.expr]:
        """The parts of a message's expressions that can do more than say something: calls, and names that are given."""
        found: list[ast.expr] = []
        for node in nodes:
            if isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)) or (
                isinstance(node, ast.Call) and not self._is_pure(node)
            ):
                found.append(node)
            else:
                found += self._effects(*ast.iter_child_nodes(node))
        return found

    def _is_pure(self, call: ast.Call) -> bool:
        """Whether a call only looks at its arguments. One that takes an iterator's values leaves none for others."""
        function, name = call.func, _called(call)
        if name in _CONSUMING and any(isinstance(a, ast.Name) and a.id in self._iterators for a in call.args):
            return False
        if isinstance(function, ast.Name):
            return name in _PURE and name not in self._own
        fits = {"get": bool(call.args), "join": bool(call.args), "replace": len(call.args) > 1}
        return isinstance(function, ast.Attribute) and name in _PURE_METHODS and fits.get(name, True)


def _called(node: ast.AST) -> str:
    """The last name of the function that a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _given_names(tree: ast.AST) -> Counter[str]:
    """How often each name is given in a module: assigned, imported, defined, taken as an argument."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found[name] += 1
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] += 1
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found.update((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case ast.ExceptHandler(name=str(name)):
                found[name] += 1
    return found


def _iterators(tree: ast.AST) -> frozenset[str]:
    """Names that may stand for something whose values can be taken once."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if (
                isinstance(value, ast.GeneratorExp) or _called(value) in _MAKE_ITERATORS
            ):
                found.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.arg(arg=name, annotation=kind) | ast.AnnAssign(target=ast.Name(id=name), annotation=kind) if (
                kind is not None and re.search(r"\b(Iterator|Iterable|Generator|IO|TextIO)\b", ast.unparse(kind))
            ):
                found.add(name)
            case ast.With(items=items):
                found.update(item.optional_vars.id for item in items if isinstance(item.optional_vars, ast.Name))
    return frozenset(found)


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


class _Names:
    """What a module's names stand for, where they stand for modules and what is in them.

    Attributes:
        imported: All modules that it imports, and all names that it takes from them, in full, with the statement.
    """

    def __init__(self, tree: ast.AST, file: Path, root: Path) -> None:
        self.imported: dict[str, ast.stmt] = {}
        self._full = {"__file__": "__file__"}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.imported[alias.name] = node
                    self._full[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                package = file.relative_to(root).parts[: -node.level] if node.level else ()
                module = ".".join([*package, *([node.module] if node.module else [])])
                if any(alias.name == "*" for alias in node.names):
                    raise _cannot_follow(file, node, f"from {module} import *", "import what it needs by name")
                names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
                self.imported |= dict.fromkeys(names, node)
                self._full |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in node.names}

    def full(self, node: ast.AST) -> str:
        """What a name, or a name with attributes, stands for; empty where it stands for nothing that is imported."""
        if isinstance(node, ast.Name):
            return self._full.get(node.id, "")
        if isinstance(node, ast.Attribute):
            owner = self.full(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        return ""

    def used(self, tree: ast.AST) -> Iterator[str]:
        """What it asks modules of ours for by attribute."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and self.full(node).startswith(f"{_ROOT}."):
                yield self.full(node)


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _named_data(tree: ast.AST, package: Path) -> Iterator[Path]:
    """The data files of the package that strings name: by their name, or by the end of their path."""
    ends = {re.sub(r"^(\.{0,2}/)+", "", text) for text in _strings(tree)}
    for path in _all_data_files(package):
        parts = path.relative_to(package.parents[1]).parts
        if any("/".join(parts[i:]) in ends for i in range(len(parts))):
            yield path


def _refuse_what_cannot_be_followed(tree: ast.AST, file: Path, package: Path, names: _Names) -> None:
    """Raise InputError where code is run, or a file of the package is opened, whose name does not stand there."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for name, statement in names.imported.items():
        if name.partition(".")[0] in _UNSEEN_MODULES or (name != "importlib" and _UNSEEN.fullmatch(name)):
            remedy = "import our modules by their names, and start no program"
            raise _cannot_follow(file, statement, f"import {name}", remedy)
    for node in ast.walk(tree):
        if unseen := _unseen(node, parents.get(node), names, file):
            raise _cannot_follow(file, node, unseen, "import the module by its name, and start no program")
        is_files = isinstance(node, ast.Call) and names.full(node.func) == _FILES
        if is_files or (isinstance(node, ast.Name) and node.id == "__file__"):
            place = node
            while place in parents and not isinstance(parents[place], ast.stmt) and _goes_on(parents[place], place):
                place = parents[place]
            if not _names_a_file(place, names, package) or not (is_files or file.is_relative_to(package)):
                remedy = "write the data file's whole name as one string beside it, and keep it in the package"
                raise _cannot_follow(file, node, ast.unparse(place)[:60], remedy)
        if isinstance(node, ast.ExceptHandler) and node.name:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Attribute) and ast.unparse(inner) == f"{node.name}.args":
                    remedy = "what an exception says is not counted; give it an attribute, in a class of its own"
                    raise _cannot_follow(file, inner, ast.unparse(inner), remedy)


def _unseen(node: ast.AST, parent: ast.AST | None, names: _Names, file: Path) -> str:
    """What a name or attribute stands for, if that is something with which a reader loses track."""
    if isinstance(node, ast.Name) and node.id in _UNSEEN_NAMES:
        return node.id
    if isinstance(node, ast.Attribute) and node.attr in _UNSEEN_ATTRIBUTES:
        return "" if node.attr == "__doc__" and file.name in _READ_WORDS_ALONE else ast.unparse(node)[:60]
    full = names.full(node)
    if full == "sys.modules" and isinstance(parent, ast.Attribute) and parent.attr == "get":
        return ""  # whether something was imported
    if isinstance(parent, ast.Attribute) and full in ("importlib", "importlib.util", "importlib.resources"):
        return ""
    if full == _FILES:
        return "" if isinstance(parent, ast.Call) and parent.func is node else full
    return full if _UNSEEN.fullmatch(full) or full in ("importlib.util", "importlib.resources") else ""


def _goes_on(parent: ast.AST, place: ast.AST) -> bool:
    """Whether an expression only builds the path further, of which ``place`` is the beginning."""
    if isinstance(parent, ast.Call):
        return place is parent.func or _called(parent) == "Path"
    if isinstance(parent, ast.BinOp):
        return place is parent.left
    if isinstance(parent, ast.Attribute):
        return parent.attr not in _ENDS_A_PATH
    return isinstance(parent, ast.Subscript)


def _names_a_file(place: ast.AST, names: _Names, package: Path) -> bool:
    """Whether a path that begins at the package ends in the name of a data file that is there, as it is."""
    for node in ast.walk(place):
        match node:
            case ast.JoinedStr() | ast.FormattedValue():
                return False
            case ast.BinOp(op=op) if not isinstance(op, ast.Div):
                return False
            case ast.Attribute(attr=name) if name in _LEADS_ELSEWHERE:
                return False
            case ast.Name() if not names.full(node):
                return False
    return any(_named_data(place, package))


def _cannot_follow(file: Path, node: ast.AST, found: str, remedy: str) -> InputError:
    where = f"{_key(file)}, line {getattr(node, 'lineno', '?')}"
    return InputError(where, found, f"what this needs cannot be known by reading it; {remedy}")


@cache
def _all_data_files(package: Path) -> list[Path]:
    skipped = {".py", ".pyc"}
    return sorted(path for path in package.rglob("*") if path.suffix not in skipped and path.is_file())


def _module_files(name: str, beside: Iterable[Path]) -> Iterator[Path]:
    """The files that importing a dotted name runs: the packages on the way, and the module.

    Args:
        name: The module, or something in it.
        beside: Folders of scripts, from which modules can be imported, too.
    """
    parts = name.split(".")
    for base in [PACKAGE.parent] if parts[0] == _ROOT else beside:
        for depth in range(1, len(parts) + 1):
            yield from _candidates(base.joinpath(*parts[:depth]))


def _candidates(base: Path) -> list[Path]:
    return [path for path in (base / "__init__.py", base.with_name(f"{base.name}.py")) if path.is_file()]
