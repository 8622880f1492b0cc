"""Is every file what its record says, and what git has? Changed, missing, misplaced and unknown files are named."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

from emtvb.audit.report import BACK, COPY, FILES, Check, Finding
from emtvb.errors import InputError
from emtvb.making import git, packed_weights, provenance
from emtvb.making.plan import Planned, outputs_of
from emtvb.making.provenance import Record
from emtvb.making.staleness import summary

LEFT_OUT = "left_out.txt"
"""In an experiment's folder: patterns of outputs that are not kept there, one a line, as a publication may need it."""
_NOT_OUTPUTS = (
    "logs/*", "interpretation/*", "*/*/runs/*", "report.html", ".*", *FILES,
)  # fmt: skip
"""No outputs, and no evidence: logs, drawings of `emtvb interpret`, state of trainings, hidden files, audits."""
_PACK = "pack the weights anew: python -m emtvb.making.packed_weights"
_ELSEWHERE = "move them elsewhere, or name the config that made them (--config)"


@dataclass(frozen=True)
class Files:
    """An experiment's files, and what its records say of them.

    Attributes:
        folder: The experiment's folder.
        records: Its records, by their path.
        unreadable: The records that cannot be read, and why not.
        leaves_out: What of them may be left out, by a file's name, and what it is (``Checks.leaves_out``).
        former: What jobs made that the workflow has no more (``Checks.former``).
    """

    folder: Path
    records: Mapping[Path, Record]
    unreadable: Mapping[Path, InputError]
    leaves_out: Mapping[str, str]
    former: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def former_jobs(self) -> list[Planned]:
        """The jobs that the workflow has no more."""
        return [Planned(rule, {}, (), outputs, {}, "", ()) for rule, outputs in self.former.items()]

    @cached_property
    def kept(self) -> frozenset[str]:
        """What they made, with its records: data that no job makes any more."""
        of_jobs = (
            provenance.record_path([Path(output) for output in job.outputs], job.rule) for job in self.former_jobs
        )
        return frozenset(outputs_of(self.former_jobs) | {path.as_posix() for path in of_jobs})

    @cached_property
    def digests(self) -> dict[str, str]:
        """What each output should be, by name: of several records the latest counts."""
        ordered = sorted(self.records.values(), key=lambda record: record.made)
        return {output: digest for record in ordered for output, digest in record.outputs.items()}

    @cached_property
    def changed(self) -> frozenset[str]:
        """The outputs that are not what their records say."""
        there = ((self.folder / output, digest) for output, digest in self.digests.items() if output not in self.absent)
        other = (path for path, digest in there if not path.is_file() or provenance.sha256(path) != digest)
        return frozenset(path.relative_to(self.folder).as_posix() for path in other)

    @cached_property
    def patterns(self) -> list[str]:
        """Patterns of what the experiment's folder says it leaves out."""
        path = self.folder / LEFT_OUT
        lines = path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []
        return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]

    @cached_property
    def absent(self) -> frozenset[str]:
        """The outputs that are not there, left out on purpose or not."""
        return frozenset(output for output in self.digests if not os.path.lexists(self.folder / output))

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The outputs that are missing on purpose."""
        return frozenset(filter(self.may_lack, self.absent))

    @cached_property
    def rejected(self) -> frozenset[str]:
        """The outputs that are changed or missing: nothing else is concluded from them."""
        return self.changed | (self.absent - self.left_out)

    def may_lack(self, name: str) -> bool:
        """Whether a file may be left out, and is named as one that is."""
        return Path(name).name in self.leaves_out and any(fnmatch(name, pattern) for pattern in self.patterns)


def integrity(files: Files, jobs: Sequence[Planned]) -> Check:
    """Compare every file below an experiment's folder with the records.

    Args:
        files: The experiment's files.
        jobs: Its jobs.
    """
    jobs = [*jobs, *files.former_jobs]
    findings = [
        *(_damaged_record(files, path, error) for path, error in files.unreadable.items()),
        *(finding for job in jobs for finding in _output_without_record(files, job)),
        *(finding for record in files.records.values() for finding in _wrong_outputs(files, record)),
        *_unknown_files(files, outputs_of(jobs)),
    ]  # fmt: skip
    kinds = Counter(files.leaves_out[Path(name).name] for name in sorted(files.left_out))
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    notes = [f"Left out on purpose ({LEFT_OUT}): {counts}."] if files.left_out else []
    if kept := [record for record in files.records.values() if not files.kept.isdisjoint(record.outputs)]:
        words = (f"{', '.join(record.outputs)} (by commit {record.commit[:12] or 'unknown'})" for record in kept)
        notes.append(f"Kept as data, which no job makes any more: {summary(words)}.")
    if uncommitted := _uncommitted_files(files):
        notes.append(f"Warning: not as in git's last commit: {summary(uncommitted)}.")
    count = len(files.digests) - len(files.left_out)
    return Check(
        "intact", "Is every file what its record says, and does none contradict another?", {"file": count},
        tuple(findings), " ".join(notes),
        of={"file": len(files.digests)},
    )  # fmt: skip


def _output_without_record(files: Files, job: Planned) -> Iterator[Finding]:
    """A job of whose outputs some lie there, while no record speaks of any."""
    path = provenance.record_path([files.folder / output for output in job.outputs], job.rule)
    there = [output for output in job.outputs if (files.folder / output).is_file()]
    if there and path not in files.unreadable and files.digests.keys().isdisjoint(job.outputs):
        missing = [output for output in job.outputs if output not in there and not files.may_lack(output)]
        more = f", and so are {summary(missing)}" if missing else ""
        yield Finding(job.title, f"its record, {path.name}, is gone{more}", _remedy(files, job.title))


def _damaged_record(files: Files, path: Path, error: InputError) -> Finding:
    """A record that is damaged."""
    name = path.relative_to(files.folder).as_posix()
    return Finding(name, f"damaged record: {error.remedy.partition(';')[0]}", _remedy(files, name))


def _remedy(files: Files, name: str) -> str:
    """What brings a file or a record back; one that is kept cannot be made again."""
    return COPY if name in files.kept else BACK


def _wrong_outputs(files: Files, record: Record) -> Iterator[Finding]:
    """What a job made and is missing, or is not what it made; weights also as they are packed."""
    made = f"{record.rule} made it at {record.made}"
    for output in record.outputs:
        beside = packed_weights.packed_path(files.folder / output)
        if Path(output).name not in packed_weights.PACKABLE or not beside.is_file():
            continue
        if not packed_weights.is_of(beside, files.digests[output]):
            name = beside.relative_to(files.folder).as_posix()
            remedy = BACK if output in files.rejected else _PACK
            yield Finding(name, f"does not hold the weights that {record.rule} made at {record.made}", remedy)
    changed = [output for output in record.outputs if output in files.changed]
    missing = [output for output in record.outputs if output in files.rejected - files.changed]
    if changed:
        no_file = not all((files.folder / output).is_file() for output in changed)
        what = "it is no file any more" if no_file else "its sha256 differs"
        beside = packed_weights.packed_path(files.folder / changed[0])
        is_packed = len(changed) == 1 and packed_weights.is_of(beside, files.digests[changed[0]])
        remedy = f"delete it: it is unpacked again from {beside.name}" if is_packed else _remedy(files, changed[0])
        yield Finding(", ".join(changed), f"changed after {made}: {what}", remedy)
    if missing:
        yield Finding(", ".join(missing), f"missing; {made}", _remedy(files, missing[0]))


def _unknown_files(files: Files, known: Set[str]) -> Iterator[Finding]:
    """Files that no job of the experiment makes, and records of no such file, by their folder; hidden ones, too."""
    packable = [Path(name) for name in known if Path(name).name in packed_weights.PACKABLE]
    expected = {*known, LEFT_OUT, *(packed_weights.packed_path(path).as_posix() for path in packable)}
    unread = {path.relative_to(files.folder).as_posix() for path in files.unreadable}
    speaking = {path for path, record in files.records.items() if not known.isdisjoint(record.outputs)}
    expected |= unread | {path.relative_to(files.folder).as_posix() for path in speaking}
    unknown = defaultdict[str, list[str]](list)
    for path in sorted(files.folder.rglob("*")):
        name = path.relative_to(files.folder).as_posix()
        if path.is_file() and name not in expected and not any(fnmatch(name, pattern) for pattern in _NOT_OUTPUTS):
            unknown[path.parent.as_posix()].append(name)
    for names in unknown.values():
        yield Finding(summary(names), "no job of this experiment, by its config and the workflow, makes it", _ELSEWHERE)


def _uncommitted_files(files: Files) -> list[str]:
    """Files that git has otherwise, and of which no finding speaks."""
    names = git.ask_git(files.folder, "diff", "HEAD", "--name-only", "--relative", "-z") or b""
    return [name for name in names.decode(errors="replace").split("\0") if name and name not in files.rejected]
