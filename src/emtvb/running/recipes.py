"""The part of a job's recipe that does not depend on its experiment: code and library versions, by rule."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from emtvb import __version__
from emtvb.errors import InputError
from emtvb.running import closure as reading
from emtvb.running.closure import PACKAGE, Closure, closure
from emtvb.running.provenance import installed
from emtvb.running.rules import Rule, read_rules

ROOT = PACKAGE.parents[1]
"""The clone that the package lies in, if it lies in one: where ``workflow/`` lies."""

CHECKOUTS = Path(".snakemake", "emtvb")
"""Where clones lie, below the folder that one works in, of a workflow that Snakemake reads out of a git repository."""

_CODE = (".py", ".yaml", ".csv", ".j2", ".mplstyle", ".js", ".mjs", ".css", ".html")

_OTHERS = {
    "compiled": ("reference.py", "lockstep.py", "plain.py"),
    "torch": ("reference.py", "lockstep.py", "kernel.py"),
    "reference": ("lockstep.py", "engine.py", "kernel.py", "plain.py"),
    "cuda": ("reference.py", "engine.py", "kernel.py"),
}
"""By what trains, the modules of the training package that it never enters."""


class Recipe(str):
    """A job's recipe as JSON text, which Snakemake shows and remembers by digests of its parts.

    A job reads the text. What Snakemake compares, keeps and prints as a reason is a param's ``repr``: so that is short.
    """

    __slots__ = ()

    @classmethod
    def of(cls, recipe: Mapping[str, Any]) -> Recipe:
        """The text of a recipe."""
        return cls(json.dumps(recipe, sort_keys=True))

    def __repr__(self) -> str:
        """The rule, and digests of all else."""
        recipe = json.loads(self)
        parts = {name: json.dumps(part, sort_keys=True) for name, part in recipe.items() if name != "rule"}
        digests = (f"{name} {hashlib.sha256(part.encode()).hexdigest()[:12]}" for name, part in sorted(parts.items()))
        return f"{recipe.get('rule')}: {', '.join(digests)}"


def code_and_versions(rule: str, trainer: str, root: Path = ROOT) -> dict[str, Any]:
    """``code``: a digest of the rule and of each file that its script can reach; ``versions``: of what computes there.

    Args:
        rule: A rule with a script.
        trainer: The experiment's ``trainer``, whose engine counts and no other.
        root: The clone that holds the workflow.

    Raises:
        InputError: Where the code does what cannot be followed.
    """
    found = rules(root)[rule]
    assert found.script is not None, rule
    reached = _reached(found.script, trainer)
    return _parts({f"rule {rule}": reading.digest(found.text), **reached.code}, reached)


def training_version(recipe: Mapping[str, Any]) -> str:
    """Names the code and the libraries that determine the bits of a training: what its kept state is filed under.

    Neither the rule nor its script are part of it, which decide where files go.

    Args:
        recipe: The recipe of a training job, or :func:`of_training`'s.
    """
    code = {name: value for name, value in recipe["code"].items() if name.startswith(f"{PACKAGE.name}/")}
    engine = engine_of(recipe["settings"].get("trainer", ""))
    told = json.dumps([code, recipe["versions"], engine], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def of_training(trainer: str) -> dict[str, Any]:
    """The recipe of a training outside the workflow; its version is the one that the workflow's trainings have."""
    reached = _reached(PACKAGE / "training" / "shard.py", trainer)
    return {**_parts(dict(reached.code), reached), "settings": {"trainer": trainer}}


def workflow_root(place: Path | None = None) -> Path:
    """The clone whose workflow is meant outside of Snakemake: the folder that one works in, else the package's own.

    The folder that one works in may also hold a workflow that uses this one out of a git repository.

    Args:
        place: Where one works; the present folder by default.

    Raises:
        InputError: Where neither holds the workflow.
    """
    here = place or Path.cwd()
    used = sorted((here / CHECKOUTS).glob("*"), key=lambda path: path.stat().st_mtime, reverse=True)
    candidates = (here, *used, ROOT)
    for root in candidates:
        if (root / "workflow" / "rules").is_dir():
            check_package(root)
            return root
    raise InputError("workflow", str(here), "no workflow/ lies here; call this in a clone of the project")


def check_package(root: Path, version: str = __version__) -> None:
    """Raise InputError unless the workflow at ``root`` and this package are of one version.

    A clone comes with its package: where another is imported, their code has to be the same. A workflow that was
    deployed without it names the version that it needs.

    Args:
        root: Where the workflow lies.
        version: Of the package that the workflow is written for.
    """
    own = root / "src" / PACKAGE.name
    if own.is_dir() and not own.samefile(PACKAGE) and _contents(own) != _contents(PACKAGE):
        remedy = f"the workflow at {root} comes with another version of it; run it with its own (make install there)"
        raise InputError("package", str(PACKAGE), remedy)
    if not own.is_dir() and version != __version__:
        raise InputError("package", f"{PACKAGE.name} {__version__}", f"the workflow needs {version}; install that")


def check_python(root: Path, python: str = sys.executable) -> None:
    """Raise InputError unless Snakemake can start jobs with this Python, for the workflow at ``root``.

    It puts Python's path into a shell's command as it is, and takes braces in a path for its own.
    """
    odd = sorted(set(python) & set(" \t\n'\"\\()<>|&;$`*?[]{}!~")) or sorted({*str(root)} & {*"{}"})
    if odd:
        folder = str(root) if not set(odd) & set(python) else python
        raise InputError(
            "folder", folder, f"Snakemake starts no job with {odd[0]!r} in this path; move the clone, make install"
        )


def _contents(package: Path) -> dict[str, bytes]:
    """A package's code and data, by name."""
    files = (path for path in package.rglob("*") if path.suffix in _CODE and path.is_file())
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in files}


def engine_of(trainer: str) -> str:
    """What trains where an experiment says ``trainer``: ``auto`` is compiled, but torch where numba cannot be had."""
    if trainer != "auto":
        return trainer
    return "torch" if "none" in (version("numba"), version("llvmlite")) else "compiled"


@cache
def version(library: str) -> str:
    """A library's installed version without the part that names a build."""
    return installed(library).split("+")[0]


@cache
def rules(root: Path) -> Mapping[str, Rule]:
    """The workflow's rules."""
    return read_rules(root)


def forget() -> None:
    """Read rules and versions anew when they are next asked for: a job that ends sees what has changed since."""
    rules.cache_clear()
    version.cache_clear()


def _reached(script: Path, trainer: str) -> Closure:
    return closure(script, without=[PACKAGE / "training" / name for name in _OTHERS[engine_of(trainer)]])


def _parts(code: Mapping[str, str], reached: Closure) -> dict[str, Any]:
    return {"code": dict(code), "versions": {name: version(name) for name in reached.libraries}}
