"""What a job's outputs rest on besides its settings and inputs: the code it ran, files of ours it opened, libraries.

A job writes down what it used (:func:`recipe_of_process`), what runs it included; planning holds this to what lies
here now (``present_code.py``). Nothing is foreseen: what a deterministic job did not use cannot change its outputs, and
it comes to use something else only after something that it used has changed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from emtvb.errors import InputError
from emtvb.making.digests import LIBRARIES, PACKAGE, digest_of, short_digest
from emtvb.making.provenance import installed_version

ROOT = PACKAGE.parents[1]
"""The clone that the package lies in, if it lies in one: where ``workflow/`` lies."""

_NOT_CODE = (".snakemake", ".git", "logs", "results")
"""Folders of a clone that hold no code."""

STOPPED = "stopped; the same command goes on"
"""What a job says that Ctrl-C or SIGTERM ended."""

_opened: dict[str, bytes | None] = {}
"""Files that this process has opened, in this order; of our code, what they held when they were first opened."""
_code = {f"{PACKAGE}{os.sep}"}
"""Folders of our code: the package, and where the script lies that runs."""


def listen() -> None:
    """Write down, from now on, every file that this process opens: a module's too, when it is first imported.

    Before the job's own words begin, an interruption is a line as well (:func:`say_interruption`).
    """
    sys.excepthook = say_interruption
    if script := getattr(sys.modules["__main__"], "__file__", None):
        _code.add(f"{Path(script).resolve().parent}{os.sep}")
        _remember_file(os.path.realpath(script))
    sys.addaudithook(_hear_event)


def say_interruption(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A ``sys.excepthook`` that says in a line that Ctrl-C came, while modules are imported or jobs are planned.

    Args:
        kind: Of what was raised.
        error: What was raised.
        trace: Where.
    """
    if kind is KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def _remember_file(name: str) -> None:
    _opened[name] = None  # which ends what the next line would begin
    if name.startswith(tuple(_code)):
        with contextlib.suppress(OSError):
            _opened[name] = Path(name).read_bytes()


def _hear_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and arguments and isinstance(arguments[0], str | bytes | os.PathLike):
        name = os.fsdecode(arguments[0])
        # Without a mode it is os.open, where a relative name may be below another folder: rmtree deletes by such names.
        if arguments[1] is None and not Path(name).is_absolute():
            return
        name = os.path.realpath(name)
        if name.endswith(".pyc"):
            with contextlib.suppress(ValueError):
                name = importlib.util.source_from_cache(name)
        if name not in _opened:
            _remember_file(name)


def recipe_of_process(root: Path, results: Path | None = None) -> dict[str, dict[str, str]]:
    """What this process has used so far.

    Args:
        root: The clone of the workflow.
        results: A folder in which no code lies.

    Returns:
        ``code``: a digest of each file of ours that was imported or opened, by its name, as it was when that first
        happened, ``absent`` for one that is not there; ``versions``: of each library that computes and was imported.
    """
    files = {
        name: file for file in _files_of_ours(root.resolve()) if (name := name_in_recipe(file, root.resolve(), results))
    }
    code = {name: digest_of(file, _opened.get(str(file))) for name, file in sorted(files.items())}
    libraries = {library for module, library in LIBRARIES.items() if module in sys.modules}
    return {"code": code, "versions": {library: version_here(library) for library in sorted(libraries)}}


def plain_params(params: Any, rule: str) -> dict[str, Any]:
    """A rule's params by name, as plain data that JSON can hold.

    Args:
        params: As Snakemake hands them to jobs.
        rule: The rule's name.

    Raises:
        InputError: Of one without a name, or that is no plain data: no record could tell it from another.
    """
    try:
        values: dict[str, Any] = json.loads(json.dumps(dict(params.items()), sort_keys=True, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InputError("params", rule, f"no plain data, which a record could hold ({error})") from None
    if len(values) < len(params):
        raise InputError("params", rule, "one of this rule has no name, and would be in no record; write name=value")
    return values


def digest_of_names(inputs: Any, outputs: Any) -> str:
    """A digest of the names by which a rule hands its inputs and outputs to its script."""
    named = [
        [[name, 1 if isinstance(value, str) else len(value)] for name, value in files.items()]
        for files in (inputs, outputs)
    ]
    return short_digest(json.dumps(named).encode())


def _files_of_ours(root: Path) -> Iterator[Path]:
    """Of the files of all modules, and of all that was opened, those in the clone or the package."""
    named = [getattr(module, "__file__", None) for module in [*sys.modules.values()]]
    # torch has modules in no file, with names like one
    absolute = [os.path.realpath(name) for name in named if isinstance(name, str) and os.path.isabs(name)]  # noqa: PTH117
    package, clone, others = (f"{folder}{os.sep}" for folder in (PACKAGE, root, Path(sys.prefix).resolve()))
    for name in [*absolute, *_opened]:  # some dozens among thousands, which are left out by their names as text
        if name.startswith(package) or (name.startswith(clone) and not name.startswith(others)):
            yield Path(name)


def name_in_recipe(file: Path, root: Path, results: Path | None = None) -> str | None:
    """The name of a file of ours in a recipe; None for one of others.

    Args:
        file: Where it lies, without links.
        root: The clone of the workflow, likewise.
        results: A folder in which no code lies.
    """
    if "__pycache__" in file.parts or file.is_dir():
        return None
    if file.is_relative_to(PACKAGE):
        return f"{PACKAGE.name}/{file.relative_to(PACKAGE).as_posix()}"
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


@cache
def version_here(library: str) -> str:
    """A library's installed version without the part that names a build."""
    return installed_version(library).split("+")[0]
