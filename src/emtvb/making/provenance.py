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
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, cast

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.making import git
from emtvb.making.digests import LIBRARIES, PACKAGE

SUFFIX = ".provenance.json"
_STATE = ("runs", "logs", "audit")
"""Folders in which no stage's outputs lie: state of trainings, logs, and what is said about the rest."""
LOG_OF_RULE = "give its rule one file in the experiment's folder, logs/<rule>.log"
"""What a job needs to know its experiment's folder."""
_CODE = ("Snakefile", "workflow", "src", "config")


def _name(name: str) -> str:
    """Refuse what no file system can have as a file's name."""
    if not name or "\0" in name or any(len(part.encode()) > 255 for part in name.split("/")):
        raise ValueError("cannot be a file's name")
    return name


def _moment(text: str) -> str:
    """Refuse a time that is none, or that says no time zone."""
    if (when := datetime.fromisoformat(text)).tzinfo is None:
        raise ValueError("says a time without its time zone")
    if not 1970 <= when.year < 9999:
        raise ValueError(f"says a time of the year {when.year}")
    return text


def _inside(name: str) -> str:
    """Refuse the name of a file that lies elsewhere."""
    if name.startswith("/") or ".." in name.split("/"):
        raise ValueError("is no file of the experiment's")
    return name


_Name = Annotated[str, AfterValidator(_name)]
_Output = Annotated[_Name, AfterValidator(_inside)]
_Moment = Annotated[str, AfterValidator(_moment)]
_Seconds = Annotated[float, Field(gt=-1e9, lt=1e9)]
"""No job takes thirty years."""
_EXACTLY = ConfigDict(strict=True, extra="forbid")
_AT_LEAST = ConfigDict(strict=True, extra="allow")


class Recipe(TypedDict):
    """What determines a job's outputs.

    Attributes:
        rule: Its rule.
        settings: The rule's params.
        code: A digest of each file of ours that it used, by name, as ``recipes.used`` gives it. Of older records of
            trainings empty, as ``versions``, where a proof among the settings vouches for the outputs.
        versions: Of each library that computes.
        names: A digest of the names by which the rule hands its inputs and outputs to its script.
    """

    __pydantic_config__ = _EXACTLY  # type: ignore[misc]

    rule: str
    settings: dict[str, Any]
    code: Mapping[_Name, str]
    versions: Mapping[_Name, str]
    names: NotRequired[str]


class Stretch(TypedDict, total=False):
    """A part of a training, done in one go: by which engine, how many seconds long, and on what."""

    __pydantic_config__ = _AT_LEAST  # type: ignore[misc]

    engine: str
    seconds: _Seconds


class Trained(TypedDict, total=False):
    """Of a run: the digest of its weights, and the stretches of its training."""

    __pydantic_config__ = _AT_LEAST  # type: ignore[misc]

    weights: str
    trained: Sequence[Stretch]


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
        runs: Of a training, by run id. They may be older than the record and from another machine.
        since: When a job first made these outputs, to the byte, where it made them again since; else empty.
    """

    __pydantic_config__ = _EXACTLY

    rule: str
    wildcards: Mapping[str, str]
    recipe: Recipe
    inputs: Mapping[_Name, str]
    outputs: Annotated[Mapping[_Output, str], Field(min_length=1)]
    made: _Moment
    seconds: _Seconds
    commit: str
    dirty: bool
    environment: Mapping[str, str]
    runs: Mapping[str, Trained] = field(default_factory=dict)
    since: Literal[""] | _Moment = ""

    @property
    def shard(self) -> str | None:
        """The shard that it trained, as its outputs say; None where it trained none."""
        names = (re.fullmatch(r"training/([^/]+)/digests\.csv", name) for name in self.outputs)
        return next((name[1] for name in names if name), None)


_FORM = TypeAdapter(Record)


def record(
    recipe: Mapping[str, Any],
    wildcards: Mapping[str, str],
    inputs: Sequence[str],
    outputs: Sequence[str],
    log: str,
    seconds: float,
    runs: Mapping[str, Mapping[str, Any]] | None = None,
    root: Path = PACKAGE.parents[1],
    before: Record | None = None,
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
        before: The record that lay there before, as :func:`take_away` gives it.
    """
    folder = experiment_folder(Path(log))
    commit, dirty = git_state(root)
    path = record_path([Path(output) for output in outputs], recipe["rule"])
    digests = {_relative(output, folder): sha256(output) for output in outputs}
    new = Record(
        rule=recipe["rule"],
        wildcards=dict(wildcards),
        recipe=cast("Recipe", recipe),
        inputs={_relative(path, folder): sha256(path) for path in inputs},
        outputs=digests,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 2),
        commit=commit,
        dirty=dirty,
        environment=environment(),
        runs=cast("Mapping[str, Trained]", runs or {}),
        since=_since(before, digests),
    )
    written = {key: value for key, value in asdict(new).items() if value or key not in ("runs", "since")}
    write_text(path, json.dumps(written, indent=1) + "\n")
    return path


def take_away(outputs: Sequence[str], rule: str, log: str) -> Record | None:
    """Delete the records of outputs that are about to be made anew; returns the rule's own one, if it can be read.

    Of a job that is killed, none is to speak. A job may also make by now what another rule made before.

    Args:
        outputs: The outputs.
        rule: The rule that makes them.
        log: The job's log file, as :func:`record` has it.
    """
    folder = experiment_folder(Path(log))
    own = record_path([Path(output) for output in outputs], rule)
    try:
        before = read(own)
    except InputError:
        before = None
    own.unlink(missing_ok=True)
    mine = {_relative(output, folder) for output in outputs}
    for path in {record_path([Path(output)], rule) for output in outputs}:
        with contextlib.suppress(InputError):
            if mine.issuperset(read(path).outputs):
                path.unlink()
    return before


def _since(before: Record | None, outputs: Mapping[str, str]) -> str:
    """When the record that lay there says that these bytes were first made; empty where it speaks of others."""
    return (before.since or before.made) if before and dict(before.outputs) == dict(outputs) else ""


def trained_by(records: Iterable[Record]) -> dict[str, int]:
    """How many runs each engine trained, by its name; of a run that several trained, all of theirs."""
    engines: Counter[str] = Counter()
    for record in records:
        for about in record.runs.values():
            names = dict.fromkeys(str(part.get("engine", "unknown")) for part in about.get("trained", ()))
            engines[" and ".join(names) or "unknown"] += 1
    return dict(engines.most_common())


def record_path(outputs: Sequence[Path], rule: str) -> Path:
    """Where a job's record lies: beside its outputs, by their common name, or by its rule's where they have none."""
    stems = {output.stem for output in outputs}
    return outputs[0].parent / f"{stems.pop() if len(stems) == 1 else rule}{SUFFIX}"


def read(path: Path) -> Record:
    """A record.

    Raises:
        InputError: Where it is damaged.
    """
    try:
        record = _FORM.validate_json(path.read_bytes())
        if record.recipe["rule"] != record.rule:
            raise ValueError("its recipe is not of its rule")
        if not (record.recipe["code"] or record.recipe["settings"].get("proof")):
            raise ValueError("its recipe names no code, and no proof that vouches for its outputs")
        return record
    except (OSError, ValueError) as error:
        reason = _in_words(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(
            "record", str(path), f"cannot be read ({reason}); snakemake --force and its outputs' paths write it anew"
        ) from None


def _in_words(error: ValidationError) -> str:
    """What is wrong first, and where in a record."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def record_files(folder: Path) -> Iterator[Path]:
    """The records below an experiment's folder."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _STATE)
        paths = (Path(place) / name for name in sorted(files) if name.endswith(SUFFIX))
        yield from (path for path in paths if path.is_file() or path.is_symlink())  # no pipe, which nobody may write to


def read_all(folder: Path) -> tuple[dict[Path, Record], dict[Path, InputError]]:
    """The records below an experiment's folder, and what is wrong with those that cannot be read."""
    records: dict[Path, Record] = {}
    damaged: dict[Path, InputError] = {}
    for path in record_files(folder):
        try:
            records[path] = read(path)
        except InputError as error:
            damaged[path] = error
    return records, damaged


def sha256(path: Path | str) -> str:
    """The sha256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_state(root: Path = PACKAGE.parents[1]) -> tuple[str, bool]:
    """The commit of a clone, and whether its code differs from it; empty and False where there is no clone."""
    commit = git.ask_clone(root, "rev-parse", "HEAD")
    there = [name for name in _CODE if (root / name).exists()]
    changed = git.ask_clone(root, "status", "--porcelain", "--untracked-files=all", "--", *there)
    return (commit or "").strip(), bool(commit and changed)


def environment() -> dict[str, str]:
    """What a job ran on."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu(),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        **{name: installed(name) for name in sorted(LIBRARIES.values())},
    }


def installed(library: str) -> str:
    """A library's installed version; "none" where it is not installed."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "none"


def _cpu() -> str:
    """The processor, as exactly as Linux tells it: virtual machines share names. Elsewhere, what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
    except OSError:
        return platform.processor()
    about = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    vectors = [name for name in ("avx2", "fma", "avx512f") if name in about.get("flags", "").split()]
    names = [about.get(key, "") for key in ("model name", "cpu family", "model")]
    return " ".join([*names, *vectors]).strip() or platform.processor()


def experiment_folder(log: Path) -> Path:
    """The experiment's folder of one of its log files.

    Raises:
        InputError: Where it is in no folder ``logs``.
    """
    folder = next((parent.parent for parent in log.parents if parent.name == "logs"), None)
    if folder is None:
        raise InputError("log", str(log), f"in no folder logs; {LOG_OF_RULE}")
    return folder


def _relative(path: str, folder: Path) -> str:
    return os.path.relpath(path, folder)
