"""Whether what Python has imported is what the files say: our modules and libraries from where they are counted."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterable
from importlib import metadata
from importlib.machinery import SourceFileLoader
from pathlib import Path

from emtvb.errors import InputError
from emtvb.running.source import LIBRARIES, PACKAGE


def check_bytecode(*folders: Path) -> None:
    """Raise InputError where Python would run bytecode of another text than a module's.

    Python takes bytecode for a module's where it names the time and the size of its file. A file that another one of
    the same size was put in place of with that time (``cp -p``, a backup) is not run then, though its text is counted.

    Args:
        folders: Where modules lie, besides the package.
    """
    check_files(source for folder in (PACKAGE, *folders) for source in sorted(folder.rglob("*.py")))


def check_files(sources: Iterable[Path]) -> None:
    """The same of some files. It may open them: a job asks it only of what it uses anyway, since it records that."""
    for source in sources:
        if _is_old(source):
            remedy = "Python would run an earlier text of the same time and size; touch the file"
            raise InputError("bytecode", str(source), remedy)


def _is_old(source: Path) -> bool:
    cached = Path(importlib.util.cache_from_source(str(source)))
    try:
        if source.stat().st_ctime_ns < cached.stat().st_mtime_ns:  # nothing was put in its place since
            return False
        run = SourceFileLoader(source.stem, str(source)).get_code(source.stem)
        return bool(run != compile(source.read_bytes(), str(source), "exec", dont_inherit=True))
    except (OSError, ValueError, EOFError, TypeError, SyntaxError):
        return False  # no bytecode, or none that Python would take


def check_places(libraries: Iterable[str]) -> None:
    """Raise InputError where a module of ours, or a library that computes, was imported from another place than counts.

    Args:
        libraries: As they are called when installed; those that are not imported are nobody's.
    """
    for name, module in [*sys.modules.items()]:
        if name == "emtvb" or name.startswith("emtvb."):
            place = PACKAGE.joinpath(*name.split(".")[1:])
            meant = {(place / "__init__.py").resolve(), place.with_suffix(".py").resolve()}
            file = getattr(module, "__file__", None)
            if file is None or Path(file).resolve() not in meant:
                raise InputError("module", f"{name} of {file}", f"it is no file of {PACKAGE}; unset PYTHONPATH")
    wanted = set(libraries)
    for name, library in LIBRARIES.items():
        file = getattr(sys.modules.get(name), "__file__", None)
        if library in wanted and file is not None and not _is_installed(library, Path(file)):
            remedy = "recorded is the version of another one, which is installed; unset PYTHONPATH"
            raise InputError("library", f"{library} of {file}", remedy)


def _is_installed(library: str, file: Path) -> bool:
    """Whether a library lies where it is installed; one that is installed as a link to a clone lies there."""
    try:
        distribution = metadata.distribution(library)
    except metadata.PackageNotFoundError:
        return True  # its version is "none", and says so
    linked = json.loads(distribution.read_text("direct_url.json") or "{}").get("dir_info", {}).get("editable", False)
    return bool(linked) or file.resolve().is_relative_to(Path(str(distribution.locate_file(""))).resolve())
