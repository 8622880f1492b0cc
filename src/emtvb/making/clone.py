"""The clone that the workflow lies in, and whether the package here fits it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from emtvb.errors import InputError
from emtvb.making.digests import LIBRARIES, PACKAGE
from emtvb.making.recipes import ROOT

_CODE = (".py", ".yaml", ".csv", ".j2", ".mplstyle", ".js", ".mjs", ".css", ".html")


def workflow_root() -> Path:
    """The clone whose workflow is meant outside of Snakemake: the folder that one works in, else the package's own.

    Raises:
        InputError: Where neither holds the workflow.
    """
    here = Path.cwd()
    for root in (here, ROOT):
        if (root / "workflow" / "rules" / "sweep.smk").is_file():  # not any other workflow
            check_package(root)
            return root
    raise InputError("workflow", str(here), "no workflow/ lies here; call this in a clone of the project")


def check_package(root: Path) -> None:
    """Raise InputError unless this package is that of the workflow's clone, or has the same code, and hides nothing.

    Args:
        root: The clone.
    """
    own = root / "src" / PACKAGE.name
    if not own.is_dir():
        raise InputError("package", str(own), "the workflow runs in a clone, which has its package; it is not there")
    if not own.samefile(PACKAGE) and _code_by_name(own) != _code_by_name(PACKAGE):
        remedy = f"the workflow at {root} comes with another version of it; run it with its own (make install there)"
        raise InputError("package", str(PACKAGE), remedy)
    if hidden := next(shadowing_files(root), None):
        raise InputError(
            "code", str(hidden), "has the name of a module, and may be imported in its place; move it away"
        )


def shadowing_files(root: Path) -> Iterator[Path]:
    """Files of a clone that are imported in the place of others, of which no record speaks.

    Args:
        root: The clone.
    """
    there = [*(root / "src" / PACKAGE.name).rglob("*")]
    modules = {path.with_suffix("") for path in there if path.suffix == ".py"}
    for path in there:
        # Python looks for a package of a name, and for a compiled module, before it looks for a file .py.
        compiled = path.name.endswith(tuple(EXTENSION_SUFFIXES)) and path.with_name(path.name.partition(".")[0])
        if (path.parent if path.name == "__init__.py" else compiled) in modules:
            yield path
    # The first three read and check files; pandas imports the next two where they are there, and Python the last two.
    beside = {"pydantic", "safetensors", "yaml", "bottleneck", "numexpr", "sitecustomize", "usercustomize"}
    libraries = {*sys.stdlib_module_names, *LIBRARIES, *beside}
    for folder in ("src", "workflow/scripts"):
        yield from (path for path in (root / folder).glob("*") if path.stem in libraries)


def _code_by_name(package: Path) -> dict[str, bytes]:
    """A package's code and data, by name."""
    files = (path for path in package.rglob("*") if path.suffix in _CODE and path.is_file())
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in files}
