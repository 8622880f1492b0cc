"""Is every file what its record says? Tampered, missing, orphaned and mixed-version files are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from emtvb.audit.report import Check, Finding
from emtvb.errors import InputError
from emtvb.running import provenance
from emtvb.running.provenance import Record

LEFT_OUT = "left_out.txt"
"""In an experiment's folder: patterns of outputs that are not kept there, one a line, as a publication may need it."""

_NOT_OUTPUTS = ("logs/*", "audit/*", "interpretation/*", "training/*/runs/*", "report.html", LEFT_OUT)
_AGAIN = "make it anew: snakemake --force and its path"


def integrity(folder: Path, records: Mapping[Path, Record], damaged: Mapping[Path, str], *, modified: bool) -> Check:
    """Compare every file below an experiment's folder with the records.

    Args:
        folder: The experiment's folder.
        records: Its records, by their path.
        damaged: The records that cannot be read, and why not.
        modified: Whether the present code differs from its commit.
    """
    left_out = _patterns(folder)
    made = {output: record for record in records.values() for output in record.outputs}
    findings = [Finding(_name(path, folder), f"damaged record: {why}") for path, why in damaged.items()]
    missing_on_purpose = 0
    findings += _misplaced(folder, records)
    for record in records.values():
        for output, digest in record.outputs.items():
            path = folder / output
            if not path.is_file():
                if _matches(output, left_out):
                    missing_on_purpose += 1
                else:
                    findings.append(Finding(output, f"missing; {record.rule} made it at {record.made}", _AGAIN))
            elif provenance.sha256(path) != digest:
                findings.append(
                    Finding(output, f"changed after {record.rule} made it at {record.made}: its sha256 differs", _AGAIN)
                )
        findings += _other_versions(record, made, folder)
        if record.dirty and modified:
            problem = f"made from uncommitted changes on {record.commit[:12]}"
            findings.append(Finding(_job(record), problem, "commit them, then run again"))
    findings += [
        Finding(
            name, "no record says who made it", "delete it, or if the workflow makes it: snakemake --force and its path"
        )
        for name in _files(folder)
        if name not in made and not _matches(name, _NOT_OUTPUTS)
    ]
    note = f"{missing_on_purpose} outputs are left out here on purpose ({LEFT_OUT})." if missing_on_purpose else ""
    return Check("integrity", "Is every file what its record says?", len(made), tuple(findings), note)


def read_records(folder: Path) -> tuple[dict[Path, Record], dict[Path, str]]:
    """The records below an experiment's folder, and those that cannot be read with the reason."""
    records: dict[Path, Record] = {}
    damaged: dict[Path, str] = {}
    for path in provenance.record_files(folder):
        try:
            records[path] = provenance.read(path)
        except InputError as error:
            damaged[path] = error.remedy
    return records, damaged


def _misplaced(folder: Path, records: Mapping[Path, Record]) -> Iterator[Finding]:
    """Records that do not lie beside the outputs that they speak of: copied from elsewhere, renamed, swapped."""
    for path, record in records.items():
        place = provenance.record_path([folder / output for output in record.outputs], record.rule)
        if path != place:
            problem = f"is the record of {_job(record)}, which lies elsewhere"
            yield Finding(_name(path, folder), problem, f"move it to {place.name} there, or delete it")


def _other_versions(record: Record, made: Mapping[str, Record], folder: Path) -> Iterator[Finding]:
    """Inputs that a job read in another version than now lies there; those of other experiments have records there."""
    for name, digest in record.inputs.items():
        if name.startswith("../"):
            if not (folder / name).is_file():
                yield Finding(_job(record), f"was made from {name}, which is not there", _AGAIN)
                continue
            now = provenance.sha256(folder / name)
        elif name in made:
            now = made[name].outputs[name]
        else:
            yield Finding(_job(record), f"was made from {name}, of which there is no record", _AGAIN)
            continue
        if now != digest:
            yield Finding(_job(record), f"was made from another version of {name} than is there now", _AGAIN)


def _job(record: Record) -> str:
    """A job by its first output, which is how a reader finds it."""
    return next(iter(record.outputs), record.rule)


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith(provenance.SUFFIX) and not path.name.startswith("."):
            yield _name(path, folder)


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _patterns(folder: Path) -> tuple[str, ...]:
    path = folder / LEFT_OUT
    lines = path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
