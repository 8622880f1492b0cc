"""What a job's outputs rest on besides its settings and inputs: the code it ran, files of ours it opened, libraries.

A job writes down what it used (:func:`used`); planning holds the code to what lies here now (:class:`Present`), and
says which libraries are others. Nothing is foreseen: what a deterministic job did not use cannot change its outputs,
and it comes to use something else only after something that it used has changed.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from emtvb.running import source
from emtvb.running.provenance import installed
from emtvb.running.source import BYSTANDERS, COMPANIONS, COMPUTES_NOTHING, LIBRARIES, PACKAGE, counts, digest_of

ROOT = PACKAGE.parents[1]
"""The clone that the package lies in, if it lies in one: where ``workflow/`` lies."""

_FACE = f"{PACKAGE.name}/__init__.py"
_NOT_CODE = (".snakemake", ".git", "logs")
"""Folders of a clone that hold no code."""

_opened: dict[str, bytes | None] = {}
"""Files that this process has opened, in this order; of those of the package, what they held when they were first."""


def listen() -> None:
    """Write down, from now on, every file that this process opens: a module's too, when it is first imported."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and arguments and isinstance(arguments[0], str | bytes | os.PathLike):
        name = os.fsdecode(arguments[0])
        # Without a mode it is os.open, where a relative name may be below another folder: rmtree deletes by such names.
        if arguments[1] is None and not Path(name).is_absolute():
            return
        name = os.path.abspath(name)  # noqa: PTH100 - resolve() would open more
        if name.endswith(".pyc"):
            with contextlib.suppress(ValueError):
                name = importlib.util.source_from_cache(name)
        if name not in _opened:
            _opened[name] = None  # which ends what the next line would begin
            if name.startswith(f"{PACKAGE}{os.sep}"):
                with contextlib.suppress(OSError):
                    _opened[name] = Path(name).read_bytes()


def used(root: Path, results: Path | None = None) -> dict[str, dict[str, str]]:
    """What this process has used so far.

    Args:
        root: The clone of the workflow.
        results: A folder in which no code lies.

    Returns:
        ``code``: a digest of each file of ours that was imported or opened, by its name, as it was when that first
        happened, ``absent`` for one that is not there; ``versions``: of each library that computes and was imported.
    """
    files = {name: file for file in _files(root.resolve()) if (name := key(file, root.resolve(), results))}
    code = {name: source.digest_of(file, _opened.get(str(file))) for name, file in sorted(files.items())}
    if code.get(_FACE) == source.NOTHING:
        del code[_FACE]
    loaded = {name for name in LIBRARIES if name in sys.modules}
    loaded -= {name for loader in loaded for name in BYSTANDERS.get(loader, ())}
    for file in files.values():
        loaded |= {name for name in _imports(file) if name in sys.modules}
    libraries = {library for name in loaded if (library := _library(name, root))}
    libraries |= {companion for library in libraries for companion in COMPANIONS.get(library, ())}
    return {"code": code, "versions": {name: version(name) for name in sorted(libraries)}}


def _files(root: Path) -> Iterator[Path]:
    """Of the files of all modules, and of all that was opened, those in the clone or the package, without links.

    They are some dozens among thousands, so that the others are left out by their names as text. A link that lies among
    our code goes by its own name, wherever it leads.
    """
    named = [getattr(module, "__file__", None) for module in [*sys.modules.values()]]
    # torch has modules in no file, with names like one
    absolute = [name for name in named if isinstance(name, str) and os.path.isabs(name)]  # noqa: PTH117
    package, clone, others = (f"{folder}{os.sep}" for folder in (PACKAGE, root, Path(sys.prefix).resolve()))
    ours = package, f"{clone}workflow{os.sep}"
    for given in [*absolute, *_opened]:
        name = given if given.startswith(ours) else _without_links(given)
        if name.startswith(package) or (name.startswith(clone) and not name.startswith(others)):
            yield Path(name)


_without_links = cache(os.path.realpath)


def key(file: Path, root: Path, results: Path | None = None) -> str | None:
    """The name of a file of ours in a recipe; None for one of others, and for one that does not count.

    Args:
        file: Where it lies, without links.
        root: The clone of the workflow, likewise.
        results: A folder in which no code lies.
    """
    if "__pycache__" in file.parts or file.is_dir():
        return None
    if file.is_relative_to(PACKAGE):
        name = file.relative_to(PACKAGE).as_posix()
        return f"{PACKAGE.name}/{name}" if counts(name) else None
    if not file.is_relative_to(root) or file.is_relative_to(Path(sys.prefix).resolve()):
        return None
    name = file.relative_to(root).as_posix()
    about_packages = "site-packages" in file.parts or any(part.endswith(("-info", ".pth")) for part in file.parts)
    if about_packages or name.partition("/")[0] in _NOT_CODE:
        return None
    if results is not None and file.is_relative_to(results) and not root.is_relative_to(results):
        return None
    if file.parent == root / "workflow" / "scripts":
        return file.name
    return name if "/" in name else f"./{name}"


def place(key: str, root: Path) -> Path:
    """Where a file lies that a recipe names."""
    if key.startswith(f"{PACKAGE.name}/"):
        return PACKAGE.parent / key
    return root / key if "/" in key else root / "workflow" / "scripts" / key


class Present:
    """Our code as it is here now.

    Args:
        root: The clone of the workflow.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._digest = cache(digest_of)

    def changes(self, recipe: Mapping[str, Any]) -> list[str]:
        """The files of a recipe's code that are others now.

        Args:
            recipe: As a record holds it: ``code``.
        """
        code = {**({_FACE: source.NOTHING} if recipe["code"] else {}), **recipe["code"]}
        counting = [key for key in sorted(code) if counts(key.removeprefix(f"{PACKAGE.name}/"))]
        return [key for key in counting if not self._is(key, code[key]) and not _is_of_uncounted(key, code, counting)]

    def _is(self, key: str, digest: str) -> bool:
        """Whether a file still has a digest."""
        return digest == self._digest(place(key, self._root))


def _is_of_uncounted(key: str, code: Mapping[str, str], counting: Sequence[str]) -> bool:
    """Whether a file is the empty ``__init__`` of a package of which nothing else counts: nobody had use of it."""
    folder, _, name = key.rpartition("/")
    if name != "__init__.py" or key == _FACE or code[key] != source.NOTHING:
        return False
    return not any(other != key and other.startswith(f"{folder}/") for other in counting)


def everything(root: Path) -> dict[str, dict[str, str]]:
    """A recipe of all code and libraries here, which no job uses: what two machines can be held to."""
    files = [*PACKAGE.rglob("*"), *(root / "workflow" / "scripts").glob("*")]
    keys = {name: file for file in files if file.is_file() and (name := key(file.resolve(), root.resolve()))}
    return {
        "code": {name: source.digest_of(file) for name, file in sorted(keys.items())},
        "versions": {name: version(name) for name in sorted(source.ALL_LIBRARIES)},
    }


def other_versions(computed_with: Iterable[Mapping[str, str]]) -> str:
    """Which libraries have another version here than jobs computed with, in words: ``torch 2.13.0, here 2.15.0``.

    Args:
        computed_with: ``versions`` of the jobs' recipes.
    """
    found: dict[str, set[str]] = {}
    for before in computed_with:
        for library, number in before.items():
            if number != version(library):
                found.setdefault(library, set()).add(number)
    return "; ".join(
        f"{library} {' and '.join(sorted(versions))}, here {version(library)}"
        for library, versions in sorted(found.items())
    )


@cache
def version(library: str) -> str:
    """A library's installed version without the part that names a build."""
    return installed(library).split("+")[0]


def _library(module: str, root: Path) -> str | None:
    """How the library is called that a module belongs to; None for one that computes nothing, and for no library."""
    if module in LIBRARIES:
        return LIBRARIES[module]
    beside = root / "workflow" / "scripts" / module
    if module in COMPUTES_NOTHING or module in sys.stdlib_module_names or module in ("", PACKAGE.name):
        return None
    if beside.is_dir() or beside.with_suffix(".py").is_file():
        return None
    return _distribution(module)


def _distribution(module: str) -> str:
    """What is installed that a module belongs to; the module's own name where nothing says so."""
    return _owners().get(module, [module])[0]


@cache
def _owners() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


@cache
def _imports(file: Path) -> frozenset[str]:
    """The first names of the modules that a file imports."""
    if file.suffix != ".py" or not file.is_file():
        return frozenset()
    return frozenset(name for node in ast.walk(ast.parse(file.read_bytes())) for name in _first_names(node))


def _first_names(node: ast.AST) -> list[str]:
    """The first names of the modules that a statement imports; none of one that imports nothing."""
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        names = [node.module or ""]
    return [name.partition(".")[0] for name in names]
