"""Is every file what its record says, and what git has? Changed, missing, misplaced and unknown files are named."""

from __future__ import annotations

import csv
import hashlib
import json
import lzma
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

from emtvb.audit import compare
from emtvb.audit.report import AGAIN, FILES, Check, Finding, counted
from emtvb.errors import InputError, printable
from emtvb.making import git, packed_weights, provenance
from emtvb.making.plan import Planned
from emtvb.making.provenance import Record
from emtvb.making.staleness import summary
from emtvb.theory.networks import load_networks
from emtvb.training.shard import Outputs

LEFT_OUT = "left_out.txt"
"""In an experiment's folder: patterns of outputs that are not kept there, one a line, as a publication may need it."""
KINDS: Mapping[str, str] = {"history.csv": "whole learning curves", packed_weights.WEIGHTS: "files of weights"}
"""What may be left out, by a file's name: what can be trained again, and whose digests are published."""
_NOT_OUTPUTS = (
    "logs/*", "interpretation/*", "*/*/runs/*", "report.html", ".*", *(f"audit/{name}" for name in FILES),
)  # fmt: skip
"""No outputs, and no evidence: logs, drawings of `emtvb interpret`, state of trainings, hidden files, audits."""
_KEEP = f"keep the files; only {' and '.join(KINDS)} may be missing"
_ELSEWHERE = "move them elsewhere, or if the workflow makes them: snakemake --force and their paths"
_LINK = "put the file itself there, or take it away"


@dataclass(frozen=True)
class Files:
    """An experiment's files, and what its records say of them.

    Attributes:
        folder: The experiment's folder.
        records: Its records, by their path.
        unreadable: The records that cannot be read, and why not.
    """

    folder: Path
    records: Mapping[Path, Record]
    unreadable: Mapping[Path, InputError]

    @cached_property
    def digests(self) -> dict[str, str]:
        """What each output should be, by name: of several records the latest counts that lies beside it."""
        ordered = sorted(self.records.items(), key=lambda item: (item[0] not in self.misplaced, item[1].made))
        return {output: digest for _, record in ordered for output, digest in record.outputs.items()}

    @cached_property
    def changed(self) -> frozenset[str]:
        """The outputs that are not what their records say."""
        there = {output for output in self.digests if os.path.lexists(self.folder / output)}
        return frozenset(output for output in there if self.digest(output) != self.digests[output])

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

    @cached_property
    def misplaced(self) -> dict[Path, Path]:
        """Records that do not lie beside the outputs that they speak of, each with where it would."""
        places = {
            path: provenance.record_path([self.folder / output for output in record.outputs], record.rule)
            for path, record in self.records.items()
        }
        return {path: place for path, place in places.items() if path != place}

    def may_lack(self, name: str) -> bool:
        """Whether a file may be left out, and is named as one that is."""
        return bool(_kind(name)) and any(fnmatch(name, pattern) for pattern in self.patterns)

    def digest(self, name: str) -> str:
        """A file's digest; nothing where it is none, or cannot be read."""
        try:
            return provenance.sha256(self.folder / name) if (self.folder / name).is_file() else ""
        except OSError:
            return ""

    def committed(self, name: str) -> bytes | None:
        """What git has of a file in its last commit; None where it has nothing."""
        with suppress(OSError):
            done = git.call("-C", str(self.folder), "cat-file", "blob", f"HEAD:./{name}")
            return done.stdout if done.returncode == 0 else None
        return None

    def remedy(self, names: Sequence[str]) -> str:
        """How outputs come back: from git, where its last commit has them, else from a copy, else made again."""
        contents = {name: self.committed(name) for name in names}
        if all(hashlib.sha256(content or b"").hexdigest() == self.digests[name] for name, content in contents.items()):
            return self.checkout(names)
        beside = (self.folder / names[0]).with_name(packed_weights.PACKED)
        if [Path(name).name for name in names] == [packed_weights.WEIGHTS] and packed_weights.is_of(
            beside, self.digests[names[0]]
        ):
            return f"delete it: it is unpacked again from {beside.name}"
        return f"put a copy of it back, or {AGAIN}"

    def checkout(self, names: Iterable[str]) -> str:
        """The call of git that puts files back."""
        return f"git checkout HEAD -- {' '.join(str(self.folder / name) for name in names)}"


def integrity(files: Files, jobs: Sequence[Planned], stale: Set[str], root: Path) -> Check:
    """Compare every file below an experiment's folder with the records.

    Args:
        files: The experiment's files.
        jobs: Its jobs.
        stale: What these would make now, as :mod:`currency` says.
        root: The clone of the workflow.
    """
    gone = [job for job in jobs if _is_record_gone(files, job)]
    unread = [job for job in jobs if _record(files, job) in files.unreadable]
    expected = {output for job in [*gone, *unread] for output in job.outputs}
    findings = [
        *(_unreadable(files, path, error) for path, error in files.unreadable.items()),
        *(_without_record(files, job) for job in gone),
        *(Finding(LEFT_OUT, f"`{pattern}` names more than may be left out", _KEEP)
          for pattern in files.patterns if not _kind(pattern)),
        *(Finding(_name(path, files.folder), f"is the record of {job_of(files.records[path])}, which lies elsewhere",
                  f"move it to {place.name} there, or elsewhere") for path, place in files.misplaced.items()),
        *(finding for path, record in files.records.items() if path not in files.misplaced
          for finding in _outputs(files, record)),
        *(finding for record in files.records.values() for finding in _inputs_left_out(files, record)),
        *_strangers(files, {*files.digests, *expected, LEFT_OUT}),
        *(finding for record in files.records.values() if record.shard for finding in _runs(files, record, stale)),
    ]  # fmt: skip
    kinds = counted(Counter(map(_kind, sorted(files.left_out))))
    notes = [f"Left out on purpose ({LEFT_OUT}): {kinds}."] if files.left_out else []
    if uncommitted := _uncommitted(files):
        notes.append(f"Warning: not as in git's last commit: {summary(uncommitted)}.")
    dirty = sorted({job_of(record) for record in files.records.values() if record.dirty})
    if dirty and provenance.git_state(root)[1]:
        notes.append(f"Warning: made from code that is not committed yet: {summary(dirty)}.")
    count = len(files.digests) - len(files.left_out)
    return Check(
        "integrity", "Is every file what its record says?", count, tuple(findings), " ".join(notes),
        of=len(files.digests) if files.left_out else 0,
    )  # fmt: skip


def job_of(record: Record) -> str:
    """A job by its first output, which is how a reader finds it."""
    return next(iter(record.outputs), record.rule)


def _record(files: Files, job: Planned) -> Path:
    """Where a job's record lies."""
    return provenance.record_path([files.folder / output for output in job.outputs], job.rule)


def _is_record_gone(files: Files, job: Planned) -> bool:
    """Whether outputs of a job lie there, and no record speaks of any of them."""
    there = any((files.folder / output).is_file() for output in job.outputs)
    known = _record(files, job) in files.unreadable or not files.digests.keys().isdisjoint(job.outputs)
    return there and not known


def _without_record(files: Files, job: Planned) -> Finding:
    path = _record(files, job)
    missing = [output for output in job.outputs if not ((files.folder / output).is_file() or files.may_lack(output))]
    more = f", and so are {summary(missing)}" if missing else ""
    return Finding(job.title, f"its record, {path.name}, is gone{more}", _record_back(files, path, bool(missing)))


def _unreadable(files: Files, path: Path, error: InputError) -> Finding:
    reason, _, _ = error.remedy.partition(";")
    return Finding(_name(path, files.folder), f"damaged record: {reason}", _record_back(files, path))


def _record_back(files: Files, path: Path, whole: bool = False) -> str:
    """How a record comes back, or its whole folder: from git, where that speaks of what lies here."""
    name = path.relative_to(files.folder).as_posix()
    try:
        outputs = json.loads(files.committed(name) or "")["outputs"]
        if all(
            files.digest(output) == digest for output, digest in outputs.items() if (files.folder / output).exists()
        ):
            return files.checkout([str(Path(name).parent) if whole else name])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return "put a copy of it back, or make its outputs again: snakemake --force and their paths"


def _kind(name: str) -> str:
    """Of which kind that may be left out a file is, or those of a pattern are; empty where it has to be there."""
    return KINDS.get(Path(name).name, "")


def _outputs(files: Files, record: Record) -> Iterator[Finding]:
    """What a job made and is missing, or is not what it made; weights also as they are packed."""
    made = f"{record.rule} made it at {record.made}"
    damaged = set()
    for output, digest in record.outputs.items():
        beside = (files.folder / output).with_name(packed_weights.PACKED)
        if (
            Path(output).name == packed_weights.WEIGHTS
            and beside.is_file()
            and not packed_weights.is_of(beside, digest)
        ):
            name = beside.relative_to(files.folder).as_posix()
            whole = files.digest(output) == digest
            remedy = "delete it, and pack the weights anew: emtvb pack" if whole else "put a copy of it back"
            with suppress(lzma.LZMAError, EOFError):
                if hashlib.sha256(packed_weights.unpacked(files.committed(name) or b"")).hexdigest() == digest:
                    remedy = files.checkout([name])
            yield Finding(
                printable(name), f"does not hold the weights that {record.rule} made at {record.made}", remedy
            )
            damaged |= {output} & files.absent  # which only comes from there
    changed = [output for output in record.outputs if output in files.changed]
    missing = [output for output in record.outputs if output in files.rejected - files.changed - damaged]
    if changed:
        no_file = not all((files.folder / output).is_file() for output in changed)
        what = "it is no file any more" if no_file else "its sha256 differs"
        yield Finding(", ".join(changed), f"changed after {made}: {what}", files.remedy(changed))
    if missing:
        yield Finding(", ".join(missing), f"missing; {made}", files.remedy(missing))


def _inputs_left_out(files: Files, record: Record) -> Iterator[Finding]:
    """Inputs of a job in another version than was left out; :mod:`currency` holds all others to what lies here."""
    for name, digest in record.inputs.items():
        if name in files.left_out and digest != files.digests[name]:
            yield Finding(job_of(record), f"was made from another version of {name} than was left out", AGAIN)


def _strangers(files: Files, known: Set[str]) -> Iterator[Finding]:
    """Links, and files of which no record speaks, by their folder; hidden ones, too."""
    folder, unknown = files.folder, defaultdict[str, list[str]](list)
    records = {*files.records, *files.unreadable}
    beside = {
        Path(name).with_name(packed_weights.PACKED).as_posix()
        for name in known
        if Path(name).name == packed_weights.WEIGHTS
    }
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(fnmatch(name, pattern) for pattern in _NOT_OUTPUTS):
            continue
        if path.is_symlink():
            if name not in files.rejected:
                yield Finding(printable(name), f"is a link to {path.readlink()}, not part of the results", _LINK)
        elif path.is_file() and path not in records and name not in known | beside:
            unknown[path.parent.as_posix()].append(name)
    for names in unknown.values():
        yield Finding(printable(summary(names)), "no record says what made it", _ELSEWHERE)


def _runs(files: Files, record: Record, stale: Collection[str]) -> Iterator[Finding]:
    """Files of a shard that speak of other networks than the record of its training, though each is as it was made.

    Args:
        files: The experiment's files.
        record: The record of the training.
        stale: Files that the workflow would make now.
    """
    folder, shard = files.folder, record.shard or ""
    said = {run_id: about.get("weights", "") for run_id, about in record.runs.items()}
    own = Outputs.of(folder, shard)
    tables = {own.digests, folder / "measurements" / f"{shard}.csv"}
    for path in sorted({*tables, *folder.glob(f"measurements/*/{shard}.csv"), own.weights}):
        name = path.relative_to(folder).as_posix()
        if name in files.rejected | {*stale} or not path.is_file():
            continue
        try:
            if path == own.weights:
                listed = {run_id: network.digest() for run_id, network in load_networks(path).items()}
            else:
                header, *rows = compare.rows(path) or [[]]
                listed = {row[header.index("run_id")]: row[-1] for row in rows}
                if path in tables and len(listed) < len(rows):
                    yield Finding(name, "has more than one row of a run", AGAIN)
        except (InputError, OSError, ValueError, csv.Error) as error:
            yield Finding(name, f"cannot be read ({error})", AGAIN)
            continue
        wrong = {*listed} - {*said} if path not in {*tables, own.weights} else {*listed} ^ {*said}
        if path in (own.weights, own.digests):
            wrong |= {run_id for run_id in listed if listed[run_id] != said.get(run_id)}
        if wrong:
            problem = f"speaks of other networks than the record of their training: {summary(sorted(wrong))}"
            yield Finding(name, problem, AGAIN)


def _uncommitted(files: Files) -> list[str]:
    """Files that git has otherwise, and of which no finding speaks."""
    with suppress(OSError):
        done = git.call("-C", str(files.folder), "diff", "HEAD", "--name-only", "--relative", "-z")
        names = done.stdout.decode(errors="replace").split("\0") if done.returncode == 0 else []
        return [printable(name) for name in names if name and name not in files.rejected]
    return []


def _name(path: Path, folder: Path) -> str:
    return printable(path.relative_to(folder).as_posix())
