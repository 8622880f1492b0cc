"""Beside every output, who made it: a record, written by rename right after the outputs, that needs nothing else.

A job's record lies in the folder of its outputs as ``<name>.provenance.json`` and says its recipe (its settings, the
code that it used and the versions of the libraries that computed), the sha256 of every input and output, and when, how
long, from which commit and on what it ran.
Paths in it are relative to the experiment's folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, NotRequired, cast

from typing_extensions import TypedDict

from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.making import git
from emtvb.making.digests import LIBRARIES, PACKAGE

SUFFIX = ".provenance.json"
_CODE = ("Snakefile", "workflow", "src", "config")


class Recipe(TypedDict):
    """What determines a job's outputs.

    Attributes:
        rule: Its rule.
        settings: The rule's params.
        code: A digest of each file of ours that it used, by name, as ``recipes.recipe_of_process`` gives it. Of older
            records of trainings empty, as ``versions``, where a proof among the settings vouches for the outputs.
        versions: Of each library that computes.
        names: A digest of the names by which the rule hands its inputs and outputs to its script.
    """

    rule: str
    settings: dict[str, Any]
    code: Mapping[str, str]
    versions: Mapping[str, str]
    names: NotRequired[str]


@dataclass(frozen=True)
class Record:
    """Who made a job's outputs.

    Attributes:
        rule: The rule.
        wildcards: Its wildcards' values.
        recipe: What determines the outputs.
        inputs: sha256 of every input, by path relative to the experiment's folder.
        outputs: The same of every output.
        made: When it ended, UTC, ISO 8601.
        seconds: How long it took.
        commit: The commit of the clone; empty where there is none.
        dirty: Whether the clone's code differed from that commit.
        environment: Interpreter, platform, CPU, threads and versions of all libraries that compute.
        runs: Of a training, by run id: the digest of its weights, and the stretches of its training, each done in one
            go by an engine. They may be older than the record and from another machine.
        shown: Where the outputs were made by other code, and it was shown that the code of ``commit`` makes the same
            bytes, by ``emtvb accept`` or, of trainings, by the engine's proof: that ``commit``, and ``made_by``, that
            of the code that made them. All else but the recipe's code is of the run that made them.
    """

    rule: str
    wildcards: Mapping[str, str]
    recipe: Recipe
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    made: str
    seconds: float
    commit: str
    dirty: bool
    environment: Mapping[str, str]
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)

    @property
    def shard(self) -> str | None:
        """The shard that it trained, as its outputs say; None where it trained none."""
        names = (re.fullmatch(r"training/([^/]+)/digests\.csv", name) for name in self.outputs)
        return next((name[1] for name in names if name), None)


def record_job(
    recipe: Mapping[str, Any],
    wildcards: Mapping[str, str],
    inputs: Sequence[str],
    outputs: Sequence[str],
    log: str,
    seconds: float,
    runs: Mapping[str, Mapping[str, Any]] | None = None,
    root: Path = PACKAGE.parents[1],
) -> Path:
    """Write the record of a job that has just made its outputs; returns its path.

    Args:
        recipe: The job's recipe.
        wildcards: The values of its rule's wildcards.
        inputs: Its input files.
        outputs: Its output files.
        log: Its log file, which lies in the experiment's folder, below ``logs/``.
        seconds: How long it took.
        runs: Who trained its runs.
        root: The clone of the workflow that ran it.
    """
    folder = experiment_folder(Path(log))
    commit, dirty = git_state(root)
    path = record_path([Path(output) for output in outputs], recipe["rule"])
    new = Record(
        rule=recipe["rule"],
        wildcards=dict(wildcards),
        recipe=cast("Recipe", recipe),
        inputs={_relative_path(path, folder): sha256(path) for path in inputs},
        outputs={_relative_path(output, folder): sha256(output) for output in outputs},
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 2),
        commit=commit,
        dirty=dirty,
        environment=environment(),
        runs=runs or {},
    )
    write_record(path, new)
    return path


def write_record(path: Path, record: Record) -> None:
    """Write a record, whole or not at all; without what few have, where it has none."""
    written = {key: value for key, value in asdict(record).items() if value or key not in ("runs", "shown")}
    write_text(path, json.dumps(written, indent=1) + "\n")


def take_away(outputs: Sequence[str], rule: str, log: str) -> None:
    """Delete the records of outputs that are about to be made anew.

    Of a job that is killed, none is to speak. A job may also make by now what another rule made before.

    Args:
        outputs: The outputs.
        rule: The rule that makes them.
        log: The job's log file, as :func:`record_job` has it.
    """
    folder = experiment_folder(Path(log))
    record_path([Path(output) for output in outputs], rule).unlink(missing_ok=True)
    mine = {_relative_path(output, folder) for output in outputs}
    for path in {record_path([Path(output)], rule) for output in outputs}:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # whatever lies there as one
            if mine.issuperset(json.loads(path.read_bytes())["outputs"]):
                path.unlink()


def record_path(outputs: Sequence[Path], rule: str) -> Path:
    """Where a job's record lies: beside its outputs, by their common name, or by its rule's where they have none."""
    stems = {output.stem for output in outputs}
    return outputs[0].parent / f"{stems.pop() if len(stems) == 1 else rule}{SUFFIX}"


def sha256(path: Path | str) -> str:
    """The sha256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_state(root: Path = PACKAGE.parents[1]) -> tuple[str, bool]:
    """The commit of a clone, and whether its code differs from it; empty and False where there is no clone."""
    commit = git.ask_clone(root, "rev-parse", "HEAD")
    return (commit or "").strip(), bool(commit and _code_differs(root))


def _code_differs(root: Path) -> bool:
    """Whether git does not have the files of a clone's code as they are; a config of one's own is none."""
    there = [name for name in _CODE if (root / name).exists()]
    said = git.ask_clone(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *there)
    return any(line and not line.startswith("?? config/") for line in (said or "").split("\0"))


def environment() -> dict[str, str]:
    """What a job ran on."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": _processor_name(),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        **{name: installed_version(name) for name in sorted(LIBRARIES.values())},
    }


def installed_version(library: str) -> str:
    """A library's installed version; "none" where it is not installed."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "none"


def _processor_name(about: Path = Path("/proc/cpuinfo")) -> str:
    """The processor, as exactly as the system tells it: virtual machines share names, and ARM's have numbers alone."""
    if sys.platform == "darwin":
        asked = "sysctl", "-n", "machdep.cpu.brand_string"
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    try:
        lines = about.read_text().partition("\n\n")[0].splitlines()
    except OSError:
        return platform.processor()
    said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    # The first three are those of x86, the others those of ARM.
    keys = "model name", "cpu family", "model", "CPU implementer", "CPU variant", "CPU part", "CPU revision"
    names = [said[key] for key in keys if key in said]
    vectors = [name for name in ("avx2", "fma", "avx512f") if name in said.get("flags", "").split()]
    return " ".join([*names, *vectors]) or platform.processor()


def experiment_folder(log: Path) -> Path:
    """The experiment's folder of one of its log files.

    Raises:
        InputError: Where it is in no folder ``logs``.
    """
    folder = next((parent.parent for parent in log.parents if parent.name == "logs"), None)
    if folder is None:
        remedy = "in no folder logs; give its rule one file in the experiment's folder, logs/<rule>.log"
        raise InputError("log", str(log), remedy)
    return folder


def _relative_path(path: str, folder: Path) -> str:
    return os.path.relpath(path, folder)
