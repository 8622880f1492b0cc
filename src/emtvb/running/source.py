"""A digest of a source file that only changes when what it does changes.

Comments, formatting and docstrings do not count, nor what an exception, an assertion or a log call says, also where the
words reach it by a local name. Of data files every byte counts, but for comments in a style sheet of matplotlib's.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

PACKAGE = Path(__file__).parents[1]
_ROOT = PACKAGE.name


def counts(name: str) -> bool:
    """Whether an output can depend on a file of the package, by its name relative to the package.

    What runs jobs, reports errors and says progress computes nothing; what unpacks weights does. What is promised is
    among a training's settings, and where the classes of an architecture lie among those of jobs that look them up.
    """
    others = ("architectures/registry.py", "errors.py", "promises.py", "training/events.py", "training/progress.py")
    return name == "running/packed.py" or not (name.startswith("running/") or name in others)


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
"""Libraries that compute, by module: whose versions can change an output, and how they are called when installed."""

COMPANIONS = {
    "matplotlib": ("contourpy", "cycler", "fonttools", "kiwisolver", "pillow", "pyparsing"),
    "pandas": ("bottleneck", "numexpr"),
}
"""Libraries that such a library leaves part of the work to, some of them only where they are installed."""

BYSTANDERS = {"lightning_fabric": ("PIL", "matplotlib", "scipy")}
"""Modules that a module loads along and computes nothing with: they count where a file of ours imports them, too."""

COMPUTES_NOTHING = frozenset(
    {"click", "jaxtyping", "pydantic", "rich", "safetensors", "snakemake", "tensorboard", "yaml"}
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
_SHOWING = frozenset({"bool", "format", "isinstance", "len", "repr", "str", "type"})
"""Those functions that take no values from an iterator which they are handed."""
_MAKE_ITERATORS = frozenset({"DictReader", "enumerate", "filter", "iter", "map", "open", "reader", "reversed", "zip"})
_CARRY_VALUES = (
    OSError, UnicodeError, ImportError, AttributeError, KeyError, StopIteration, StopAsyncIteration, SystemExit,
    BaseExceptionGroup,
)  # fmt: skip
"""Exceptions whose arguments are values, which a handler may take: a file's name, a place in a text, other exceptions.
"""
_SAY_ONLY = frozenset(dir(builtins)).union({"InputError"})
"""Exceptions whose arguments are words, but for those that carry values."""
_TAKE_ALL_NAMES = frozenset({"eval", "exec", "locals", "vars"})
"""Functions that can take a name's value without naming it."""
_WAITING = "waiting"
"""The keyword by which such words are handed on (``running.lock.locked``)."""
ABSENT = "absent"
"""Stands for the digest of a file that is not there."""


def digest_of(file: Path, content: bytes | None = None) -> str:
    """The digest of a file.

    Args:
        file: Where it lies.
        content: What it holds; by default as it lies there, ``ABSENT`` where it does not.
    """
    if content is None:
        try:
            content = file.read_bytes()
        except OSError:
            return ABSENT
    return _digest(file.suffix, file.parent == PACKAGE and file.name == "__init__.py", content)


def digest(text: str) -> str:
    """A short digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def _digest(suffix: str, is_face: bool, content: bytes) -> str:
    try:
        if suffix == ".py":
            return digest(_code(content, is_face))
        text = content.decode("utf-8")
    except (ValueError, SyntaxError, RecursionError):  # Python says more, where it is run
        return hashlib.sha256(content).hexdigest()[:12]
    if suffix == ".mplstyle":
        comment = re.compile(r'(?:^|\s)#(?=[^"]*(?:"[^"]*"[^"]*)*$).*')  # not within quotation marks
        text = "\n".join(filter(None, (comment.sub("", line).rstrip() for line in text.splitlines())))
    return digest(text)


def _code(content: bytes, is_face: bool) -> str:
    """A module in normal form.

    Args:
        content: Its source.
        is_face: Whether it is the package's own ``__init__``, whose names and imports on demand do not count.
    """
    tree = ast.parse(content)
    if is_face:
        tree.body = [statement for statement in tree.body if not _only_hands_on(statement)]
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)):
        return _dump(tree)  # any name may be another's
    return _dump(_Normal(tree).visit(tree))


NOTHING = digest("Module(body=[], type_ignores=[])")
"""The digest of a module of which nothing counts."""


def _dump(tree: ast.AST) -> str:
    """Syntax as text, which is the same whatever Python reads it."""
    empty_fields = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    for node in ast.walk(tree):
        if getattr(node, "type_params", None) == []:  # which Python 3.11 does not have
            del node.type_params  # type: ignore[attr-defined]
    return ast.dump(tree, **empty_fields)


def _makes_words(statement: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    """Whether a statement is a function that makes its arguments the words of an InputError, and no more."""
    match statement:
        case ast.FunctionDef(decorator_list=[]):
            match _without_docstring(statement):
                case [ast.Return(value=ast.Call(func=ast.Name(id="InputError")))]:
                    return True
    return False


class _Normal(ast.NodeTransformer):
    """A module without what does not run or changes no value: docstrings, what is for type checkers alone, messages."""

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        self._loggers = {
            target.id
            for statement in tree.body
            if isinstance(statement, ast.Assign) and called(statement.value) == "getLogger"
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        given = _given_names(nodes)
        self._loggers = {name for name in self._loggers if given[name] == 1}
        self._own = frozenset(given)
        self._makers = {function.name for function in tree.body if _makes_words(function) and given[function.name] == 1}
        self._means_logging = given["logging"] <= 1
        self._modules = {
            (alias.asname or alias.name).partition(".")[0]
            for node in nodes
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        self._means_typing = given["TYPE_CHECKING"] == sum(
            (alias.asname or alias.name) == "TYPE_CHECKING"
            for node in nodes
            if isinstance(node, ast.ImportFrom) and node.module == "typing"
            for alias in node.names
        )
        self._iterators = _iterators(nodes)
        self._from_uncounted = _from_uncounted(nodes)
        self._left_out: set[ast.AST] = set()
        self._reads_words = any(_reads_docstrings(node) for node in nodes)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Without local names that hold nothing but words of messages."""
        self._left_out.update(self._words_alone(node))
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        """Nothing of what gives such a name its words."""
        return None if node in self._left_out else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Without what is said while another process is waited for."""
        if isinstance(node.func, ast.Name) and node.func.id in self._from_uncounted:
            kept = [
                word
                for word in node.keywords
                if word.arg != _WAITING or not _is_text(word.value) or self._effects(word.value)
            ]
            node = ast.Call(node.func, node.args, kept)
        return self.generic_visit(node)

    def _words_alone(self, function: ast.FunctionDef) -> set[ast.AST]:
        """What gives texts to names that are given nothing else, and are used in messages alone."""
        nodes = list(ast.walk(function))
        said = {inner for node in nodes for part in self._words(node) for inner in ast.walk(part)}
        texts: dict[ast.AST, str] = {}  # by statement and by target, in the order of ast.walk: outer ones first
        shown, others = set[str](), set[str]()
        for node in nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name) as target], value=value) if _is_text(
                    value
                ) and not self._effects(value):
                    texts |= {node: name, target: name}
                case ast.Name(id=name, ctx=ast.Load()) if node in said:
                    shown.add(name)
                case ast.Name(id=name) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)) if node not in texts:
                    others.add(name)
                case ast.Global(names=names) | ast.Nonlocal(names=names):
                    others.update(names)
                case ast.ClassDef():
                    others.update(_given_names([*ast.walk(node)]))
                case ast.Constant(value=str(text)):
                    others.update(re.findall(r"@(\w+)", text))  # as pandas takes names
        if not _TAKE_ALL_NAMES.isdisjoint(shown | others):
            return set()
        return {node for node, name in texts.items() if name in shown - others}

    def _words(self, node: ast.AST) -> list[ast.expr]:
        """What a statement says and no more: the arguments of an exception or a log call, the words of an assertion."""
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=args, keywords=keywords)) if self._says_only(name):
                pass
            case ast.Expr(value=ast.Call(func=function, args=args, keywords=keywords)) if self._logs(function):
                pass
            case ast.Assert(msg=ast.expr() as message):
                return [message]
            case _:
                return []
        return [*args, *(keyword.value for keyword in keywords)]

    def visit_If(self, node: ast.If) -> Any:
        """Of a block for type checkers, what runs otherwise."""
        if self._means_typing and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            return [kept for statement in node.orelse if (kept := self.visit(statement)) is not None]
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Nothing of a string alone; of a log call, what it does besides."""
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return node if self._reads_words else None
        if isinstance(value, ast.Call) and self._logs(value.func):
            effects = self._effects(*self._words(node))
            return ast.Expr(ast.Tuple(effects, ast.Load())) if effects else None
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """The exception's class, and what its arguments do besides saying something."""
        if words := self._words(node):
            return ast.Raise(ast.Call(node.exc.func, self._effects(*words), []), node.cause)  # type: ignore[union-attr]
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """Without what it says."""
        effects = self._effects(*self._words(node))
        return self.generic_visit(ast.Assert(node.test, ast.Tuple(effects, ast.Load()) if effects else None))

    def _says_only(self, exception: str) -> bool:
        """Whether the arguments of an exception are words, and not values that a handler may take."""
        if exception in self._makers:
            return True
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
        return called(owner) == "getLogger"

    def _effects(self, *nodes: ast.AST) -> list[ast.expr]:
        """The parts of a message's expressions that can do more than say something: calls, and names that are given.

        An expression that names an iterator is one of them, since it may take the values, unless it only shows the
        iterator (:func:`_shows`).
        """
        effects: list[ast.expr] = []
        for node in nodes:
            if (
                isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom))
                or (isinstance(node, ast.Call) and not self._is_pure(node))
                or self._is_iterator(node)
            ):
                effects.append(node)  # type: ignore[arg-type]
            else:
                shows = _shows(node)
                parts = ast.iter_child_nodes(node)
                effects += self._effects(*(part for part in parts if not (shows and self._is_iterator(part))))
        return effects

    def _is_iterator(self, node: ast.AST) -> bool:
        """Whether an expression may stand for something whose values can be taken once."""
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        return name in self._iterators

    def _is_pure(self, call: ast.Call) -> bool:
        """Whether a call only looks at its arguments."""
        function, name = call.func, called(call)
        if isinstance(function, ast.Name):
            return name in _PURE and name not in self._own
        if isinstance(function, ast.Attribute) and getattr(function.value, "id", "") in self._modules:
            return False  # os.replace
        fits = {"get": bool(call.args), "join": bool(call.args), "replace": len(call.args) > 1}
        return isinstance(function, ast.Attribute) and name in _PURE_METHODS and fits.get(name, True)


def _shows(node: ast.AST) -> bool:
    """Whether an expression takes no values from an iterator that it names."""
    match node:
        case ast.FormattedValue() | ast.Subscript() | ast.Compare(ops=[ast.Is() | ast.IsNot()]):
            return True
    return called(node) in _SHOWING


def _is_text(node: ast.expr) -> bool:
    """Whether an expression is a text that is written there, however it is put together."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.IfExp(body=one, orelse=other):
            return _is_text(one) and _is_text(other)
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            return _is_text(one) and _is_text(other)
    return False


def _from_uncounted(nodes: list[ast.AST]) -> frozenset[str]:
    """Names that a module takes from modules of the package that do not count."""
    return frozenset(
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(f"{_ROOT}.")
        and not counts((node.module or "").partition(".")[2].replace(".", "/") + ".py")
        for alias in node.names
    )


def called(node: ast.AST) -> str:
    """The last name of the function that a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _given_names(nodes: list[ast.AST]) -> Counter[str]:
    """How often each name is given in a module: assigned, imported, defined, taken as an argument."""
    given: Counter[str] = Counter()
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                given[name] += 1
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                given[name] += 1
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                given.update((alias.asname or alias.name).partition(".")[0] for alias in aliases)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                given[name] += 1
            case ast.MatchMapping(rest=str(name)):
                given[name] += 1
    return given


def _iterators(nodes: list[ast.AST]) -> frozenset[str]:
    """Names that may stand for something whose values can be taken once."""
    yielding = {node.name for node in nodes if isinstance(node, ast.FunctionDef) and _yields(node)}
    names: set[str] = set()
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value) if (
                isinstance(value, ast.GeneratorExp) or called(value) in _MAKE_ITERATORS | yielding
            ):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
                names.update(target.attr for target in targets if isinstance(target, ast.Attribute))
            case ast.arg(arg=name, annotation=kind) | ast.AnnAssign(target=ast.Name(id=name), annotation=kind) if (
                kind is not None and re.search(r"\b(Iterator|Iterable|Generator|IO|TextIO)\b", ast.unparse(kind))
            ):
                names.add(name)
            case ast.With(items=items):
                names.update(item.optional_vars.id for item in items if isinstance(item.optional_vars, ast.Name))
    return frozenset(names)


def _yields(function: ast.FunctionDef) -> bool:
    """Whether a function gives its values one after another."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))


def _reads_docstrings(node: ast.AST) -> bool:
    """Whether an expression may read what a docstring says."""
    match node:
        case (
            ast.Name(id="__doc__")
            | ast.Attribute(attr="__doc__" | "getdoc")
            | ast.Constant(value="__doc__")
            | ast.alias(name="getdoc")
        ):
            return True
    return False


def _only_hands_on(statement: ast.stmt) -> bool:
    """Whether a statement of the package's own ``__init__`` can change nothing: version, names, imports on demand."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="__version__" | "__all__" | "_HOME")], value=value):
            literal = ast.Constant, ast.List, ast.Dict, ast.expr_context
            return all(isinstance(node, literal) for node in ast.walk(value))
        case ast.FunctionDef(name=name, args=args):
            statement = ast.FunctionDef(name, args, _without_docstring(statement), [], None)
    return digest(ast.unparse(ast.fix_missing_locations(statement))) in _HANDS_ON


_HANDS_ON = frozenset({"3da9d7824cbc", "3be29ae0a84f", "942d3fb3557d", "a6284e6d3d43", "9e77b3746ea0"})
"""Digests of the other statements there: two imports, what has a job listen, two functions that import on demand."""


def _without_docstring(function: ast.FunctionDef) -> list[ast.stmt]:
    return function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
