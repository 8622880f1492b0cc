"""Is every file what its record says? Tampered, missing, orphaned and mixed-version files are named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from fnmatch import fnmatch
from pathlib import Path

from emtvb.audit import left_out
from emtvb.audit.report import AGAIN, FILES, Check, Finding, counted
from emtvb.errors import InputError
from emtvb.running import packed, provenance
from emtvb.running.provenance import Record
from emtvb.running.records import summary

_NOT_OUTPUTS = (
    "logs/*", "interpretation/*", "training/*/runs/*", "architectures/*/runs/*", "onions/*/runs/*", "report.html",
    ".snakemake.lock", ".planned.json", left_out.LEFT_OUT, *(f"audit/{name}" for name in FILES),
)  # fmt: skip
"""No outputs, and no evidence: logs, drawings of `emtvb interpret`, state of trainings, what Snakemake and audits add.
"""
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
    patterns = left_out.patterns(folder)
    missing = {path for path in record_of if left_out.on_purpose(path, patterns) and not (folder / path).is_file()}
    findings = [Finding(_name(path, folder), f"damaged record: {error.remedy}") for path, error in damaged.items()]
    findings += left_out.too_much(patterns)
    findings += _misplaced(folder, records)
    findings += _told_twice(folder, records)
    for record in records.values():
        for output in record.outputs:
            if not (folder / output).is_file():
                if output not in missing:
                    findings.append(Finding(output, f"missing; {record.rule} made it at {record.made}", AGAIN))
            elif output in changed:
                findings.append(
                    Finding(output, f"changed after {record.rule} made it at {record.made}: its sha256 differs", AGAIN)
                )
        findings += _other_versions(record, record_of, folder)
    as_published = _packed(record_of, folder)
    findings += [
        Finding(
            name, f"does not hold the weights that {record_of[weights].rule} made at {record_of[weights].made}", _PACK
        )
        for name, weights in as_published.items()
        if not packed.is_of(folder / name, record_of[weights].outputs[weights])
    ]
    findings += _strangers(folder, {*record_of, *as_published})
    notes = [f"Left out on purpose ({left_out.LEFT_OUT}): {counted(left_out.counted(missing))}."] if missing else []
    dirty = sorted({job_of(record) for record in records.values() if record.dirty})
    if dirty and provenance.git_state(root)[1]:
        notes.append(f"Warning: made from code that is not committed yet: {summary(dirty)}.")
    question = "Is every file what its record says?"
    count = len(record_of) - len(missing)
    return Check("integrity", question, count, tuple(findings), " ".join(notes), of=len(record_of) if missing else 0)


def _packed(record_of: Mapping[str, Record], folder: Path) -> dict[str, str]:
    """The packed weights that are here, and the weights that each should hold, of which a record tells."""
    beside = {
        Path(name).with_name(packed.PACKED).as_posix(): name for name in record_of if Path(name).name == packed.WEIGHTS
    }
    return {name: weights for name, weights in beside.items() if (folder / name).is_file()}


def damaged_outputs(folder: Path, records: Mapping[Path, Record]) -> set[str]:
    """The outputs that are not what their records say."""
    return {
        output
        for record in records.values()
        for output, digest in record.outputs.items()
        if (folder / output).is_file() and provenance.sha256(folder / output) != digest
    }


def _misplaced(folder: Path, records: Mapping[Path, Record]) -> Iterator[Finding]:
    """Records that do not lie beside the outputs that they speak of: copied from elsewhere, renamed, swapped."""
    for path, record in records.items():
        place = provenance.record_path([folder / output for output in record.outputs], record.rule)
        if path != place:
            problem = f"is the record of {job_of(record)}, which lies elsewhere"
            yield Finding(_name(path, folder), problem, f"move it to {place.name} there, or elsewhere")


def _told_twice(folder: Path, records: Mapping[Path, Record]) -> Iterator[Finding]:
    """Outputs of which more than one record speaks."""
    tellers: dict[str, list[str]] = defaultdict(list)
    for path, record in records.items():
        for output in record.outputs:
            tellers[output].append(_name(path, folder))
    for output, names in tellers.items():
        if len(names) > 1:
            yield Finding(output, f"more than one record speaks of it ({', '.join(names)})", "delete the wrong ones")


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


def _other_versions(record: Record, record_of: Mapping[str, Record], folder: Path) -> Iterator[Finding]:
    """Inputs that a job read in another version than now lies there; those of other experiments have records there."""
    for name, digest in record.inputs.items():
        if name.startswith("../"):
            if not (folder / name).is_file():
                beside = name.removeprefix("../").partition("/")[0]
                remedy = f"put the results of {beside} beside these, or {AGAIN}"
                yield Finding(job_of(record), f"was made from {name}, which is not there", remedy)
                continue
            now = provenance.sha256(folder / name)
        elif name in record_of:
            now = record_of[name].outputs[name]
        else:
            yield Finding(job_of(record), f"was made from {name}, of which there is no record", AGAIN)
            continue
        if now != digest:
            yield Finding(job_of(record), f"was made from another version of {name} than is there now", AGAIN)


def job_of(record: Record) -> str:
    """A job by its first output, which is how a reader finds it."""
    return next(iter(record.outputs), record.rule)


def _name(path: Path, folder: Path) -> str:
    """As it is written where names have to be text, in one line."""
    text = path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
