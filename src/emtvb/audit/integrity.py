"""Is every file what its record says? Tampered, missing, orphaned and mixed-version files are named."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from fnmatch import fnmatch
from pathlib import Path

from emtvb.audit.report import AGAIN, FILES, Check, Finding, counted
from emtvb.errors import InputError, printable
from emtvb.running import packed, provenance
from emtvb.running.provenance import Record
from emtvb.running.records import summary

LEFT_OUT = "left_out.txt"
"""In an experiment's folder: patterns of outputs that are not kept there, one a line, as a publication may need it."""
KINDS: Mapping[str, str] = {"history.csv": "whole learning curves", packed.WEIGHTS: "files of weights"}
"""What may be left out, by a file's name: what can be trained again, and whose digests are published. It stands here,
and not in a folder: what lies there, whoever made the results wrote."""
_NOT_OUTPUTS = (
    "logs/*", "interpretation/*", "training/*/runs/*", "architectures/*/runs/*", "onions/*/runs/*", "report.html",
    ".snakemake.lock", *(f"audit/{name}" for name in FILES),
)  # fmt: skip
"""No outputs, and no evidence: logs, drawings of `emtvb interpret`, state of trainings, what Snakemake and audits add.
"""
_KEEP = f"keep the files; only {' and '.join(KINDS)} may be missing"
_PACK = "take it out of the repository again, or pack the weights anew: emtvb pack"


def integrity(
    folder: Path, records: Mapping[Path, Record], damaged: Mapping[Path, InputError], changed: Set[str], root: Path
) -> Check:
    """Compare every file below an experiment's folder with the records.

    Args:
        folder: The experiment's folder.
        records: Its records, by their path.
        damaged: The records that cannot be read, and why not.
        changed: The outputs that are not what their records say, as of :func:`damaged_outputs`.
        root: The clone of the workflow.
    """
    record_of = {output: record for record in records.values() for output in record.outputs}
    patterns = _left_out(folder)
    left_out = {name for name in record_of if _is_left_out(name, patterns) and not (folder / name).is_file()}
    weights = {Path(name) for name in record_of if Path(name).name == packed.WEIGHTS}
    findings = [
        *(Finding(_name(path, folder), f"damaged record: {error.remedy}") for path, error in damaged.items()),
        *(Finding(LEFT_OUT, f"`{one}` names more than may be left out", _KEEP) for one in patterns if not _kind(one)),
        *_misplaced(folder, records),
    ]
    for record in records.values():
        findings += _outputs(folder, record, changed, left_out)
        findings += _inputs_left_out(record, record_of, left_out)
    beside = (path.with_name(packed.PACKED).as_posix() for path in weights)
    findings += _strangers(folder, {*record_of, *beside, LEFT_OUT})
    kinds = counted(Counter(_kind(name) for name in sorted(left_out)))
    notes = [f"Left out on purpose ({LEFT_OUT}): {kinds}."] if left_out else []
    dirty = sorted({job_of(record) for record in records.values() if record.dirty})
    if dirty and provenance.git_state(root)[1]:
        notes.append(f"Warning: made from code that is not committed yet: {summary(dirty)}.")
    question = "Is every file what its record says?"
    count = len(record_of) - len(left_out)
    return Check("integrity", question, count, tuple(findings), " ".join(notes), of=len(record_of) if left_out else 0)


def _left_out(folder: Path) -> list[str]:
    """Patterns of what an experiment's folder says it leaves out."""
    path = folder / LEFT_OUT
    lines = path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _kind(name: str) -> str:
    """Of which kind that may be left out a file is, or those of a pattern are; empty where it has to be there."""
    return KINDS.get(Path(name).name, "")


def _is_left_out(name: str, patterns: Sequence[str]) -> bool:
    """Whether an output that is missing is so on purpose, and may be."""
    return _kind(name) != "" and any(fnmatch(name, pattern) for pattern in patterns)


def _outputs(folder: Path, record: Record, changed: Set[str], left_out: Set[str]) -> Iterator[Finding]:
    """What a job made and is missing, or is not what it made; weights also as they are packed."""
    by = f"{record.rule} made it at {record.made}"
    for output, digest in record.outputs.items():
        if output in changed:
            what = "its sha256 differs" if (folder / output).is_file() else "it is no file any more"
            yield Finding(output, f"changed after {by}: {what}", AGAIN)
        elif output not in left_out and not (folder / output).is_file():
            yield Finding(output, f"missing; {by}", AGAIN)
        beside = (folder / output).with_name(packed.PACKED)
        if Path(output).name == packed.WEIGHTS and beside.is_file() and not packed.is_of(beside, digest):
            problem = f"does not hold the weights that {record.rule} made at {record.made}"
            yield Finding(_name(beside, folder), problem, _PACK)


def _inputs_left_out(record: Record, record_of: Mapping[str, Record], left_out: Set[str]) -> Iterator[Finding]:
    """Inputs of a job in another version than was left out; :mod:`currency` holds all others to what lies here."""
    for name, digest in record.inputs.items():
        if name in left_out and digest != record_of[name].outputs[name]:
            yield Finding(job_of(record), f"was made from another version of {name} than was left out", AGAIN)


def damaged_outputs(folder: Path, records: Mapping[Path, Record]) -> set[str]:
    """The outputs that are not what their records say."""
    return {
        output
        for record in records.values()
        for output, digest in record.outputs.items()
        if os.path.lexists(folder / output) and _digest(folder / output) != digest
    }


def _digest(path: Path) -> str:
    """A file's digest; nothing where it is none, or cannot be read."""
    try:
        return provenance.sha256(path) if path.is_file() else ""
    except OSError:
        return ""


def _misplaced(folder: Path, records: Mapping[Path, Record]) -> Iterator[Finding]:
    """Records that do not lie beside the outputs that they speak of: copied from elsewhere, renamed, swapped."""
    for path, record in records.items():
        place = provenance.record_path([folder / output for output in record.outputs], record.rule)
        if path != place:
            problem = f"is the record of {job_of(record)}, which lies elsewhere"
            yield Finding(_name(path, folder), problem, f"move it to {place.name} there, or elsewhere")


def _strangers(folder: Path, known: Set[str]) -> Iterator[Finding]:
    """Files of which no record speaks, and what is no file at all; what begins with a dot is like any other."""
    records = set(provenance.record_files(folder))
    place = "put the file itself there, or take it away"
    for path in sorted(folder.rglob("*")):
        name = _name(path, folder)
        if any(fnmatch(name, pattern) for pattern in _NOT_OUTPUTS):
            continue
        if path.is_symlink():
            yield Finding(name, f"is a link to {path.readlink()}, which is not part of the results", place)
        elif path.is_file():
            if path not in records and name not in known:
                remedy = "move it elsewhere, or if the workflow makes it: snakemake --force and its path"
                yield Finding(name, "no record says who made it", remedy)
        elif not path.is_dir():
            yield Finding(name, "is neither a file nor a folder", place)
        elif not os.access(path, os.R_OK | os.X_OK):
            yield Finding(name, "is a folder that cannot be looked into", "let whoever audits read it")


def job_of(record: Record) -> str:
    """A job by its first output, which is how a reader finds it."""
    return next(iter(record.outputs), record.rule)


def _name(path: Path, folder: Path) -> str:
    return printable(path.relative_to(folder).as_posix())
