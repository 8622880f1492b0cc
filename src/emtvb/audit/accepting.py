"""What the present code makes to the same bytes: every job that is stale by its code alone is run, and compared.

The code may have changed and the outputs not: a name, a module that moved, a faster loop. Jobs run in a scratch folder,
as an audit runs them. It stays until their records are written: so a call that was stopped goes on where it was. A job
whose bytes came out gets the record of that run. Where the machine or the libraries are others than made the results,
the code that made them runs beside, and the two are compared; the record then stays that of the old run, with the
digests of the present code.
"""

from __future__ import annotations

import logging
import os
import shutil
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from emtvb.audit import compare
from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import planned_jobs
from emtvb.audit.integrity import Files
from emtvb.audit.scratch import Scratch, is_training, why_it_failed
from emtvb.errors import InputError
from emtvb.files import check_writable
from emtvb.lock import locked
from emtvb.making import git, present_code, provenance, recorded
from emtvb.making.digests import PACKAGE, short_digest
from emtvb.making.packed_weights import unpack
from emtvb.making.plan import Planned
from emtvb.making.present_code import Present
from emtvb.making.processes import Processes
from emtvb.making.provenance import Record
from emtvb.making.staleness import is_by_code, records_of_results, summary
from emtvb.making.supervised import WAITING

log = logging.getLogger(__name__)

_OF_CODE = ("Snakefile", "workflow", "src", "config", "profiles", "slurm")
"""What of a clone is needed to run an older state of it."""
_EVERY = 10.0
"""Seconds between two words on how far it is."""


@dataclass
class Acceptance:
    """What was shown of one experiment, and is not written yet.

    Attributes:
        folder: The experiment's folder.
        held: Its config.
        scratch: Where its jobs ran.
        renewed: Of each job that came out the same: where its record lies, and the new one.
        refused: What came out otherwise or could not be shown, a line each.
        note: How the bytes were compared where the machine or libraries are others; else empty.
    """

    folder: Path
    held: Held
    scratch: Path
    renewed: dict[Path, Record] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    note: str = ""

    def write(self) -> None:
        """Write the new records, each whole or not at all, and delete the scratch folder."""
        for path, record in self.renewed.items():
            there = provenance.record_path([self.folder / output for output in record.outputs], record.rule)
            provenance.write_record(there, record)
            if path != there:  # its rule has another name now
                path.unlink()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def left(self) -> dict[str, int]:
        """How many jobs are still planned, by rule."""
        return dict(Counter(job.rule for job in planned_jobs(self.folder, self.held) if job.stale))


@dataclass(frozen=True, eq=False)
class _Job:
    """A job that is stale by its code alone: how it is planned, where its record lies, and that record."""

    plan: Planned
    path: Path
    record: Record

    @property
    def title(self) -> str:
        """By its first output."""
        return self.plan.title


def jobs_in_words(rules: Mapping[str, int]) -> str:
    """``24 jobs (12 measure_shard, 12 measure_memory)``."""
    return f"{sum(rules.values())} jobs ({', '.join(f'{count} {rule}' for rule, count in rules.items())})"


def published_folders(root: Path) -> list[Path]:
    """The folders of the experiments that are published with a clone: those that git has, or all without git."""
    said = git.ask_clone(root, "ls-files", "results/*/settings.json")
    names = said.splitlines() if said else [str(path) for path in root.glob("results/*/settings.json")]
    return sorted(Path(os.path.relpath(root / name)).parent for name in names)


def committed_code(root: Path) -> str:
    """The commit that holds the code of a clone, which new records name; empty where git has no clone there.

    Raises:
        InputError: Where the code differs from the last commit.
    """
    commit, is_dirty = provenance.git_state(root)
    if is_dirty:
        raise InputError("code", "not committed", "commit it first: records name the commit that holds it")
    return commit


@contextmanager
def only_call(root: Path) -> Iterator[None]:
    """Be the only call in a clone, which waits for another one; temporary files lie where the next call deletes them.

    Args:
        root: The clone.

    Raises:
        InputError: Where nothing can be written in the clone.
    """
    place = check_writable(_place_of_scratch(root)) / "temporary"
    with locked(place.parent.with_suffix(".lock"), waiting=WAITING):
        shutil.rmtree(place, ignore_errors=True)  # by a call that was killed
        place.mkdir()
        tempfile.tempdir = str(place)
        try:
            yield
        finally:
            tempfile.tempdir = None
            shutil.rmtree(place, ignore_errors=True)


def _place_of_scratch(root: Path) -> Path:
    """Where all lies that is not written yet."""
    return root.resolve() / ".snakemake" / "accept"


def show(folder: Path, held: Held, cores: int) -> Acceptance:
    """Run all jobs of an experiment that are stale by their code alone, and compare every byte; write no record.

    Args:
        folder: The experiment's folder.
        held: Its config.
        cores: Jobs at once.

    Raises:
        InputError: Where a file is not what its record says, the workflow cannot be planned, or the code is not
            committed, or changes meanwhile.
    """
    log.info("%s: what is stale?", folder)
    commit = committed_code(held.root)
    unpack(folder)
    known = records_of_results(folder, held.root, held.kind.read_run)
    known.refuse(sorted(known.damaged))
    files = Files(folder, *recorded.read_all(folder), held.kind.leaves_out, held.kind.former)
    by_output = {output: (path, record) for path, record in files.records.items() for output in record.outputs}
    jobs = [
        _Job(plan, *by_output[plan.title]) for plan in planned_jobs(folder, held)
        if plan.title in by_output and _is_stale_by_code_alone(plan, by_output[plan.title][1], files)
    ]  # fmt: skip
    accepted = Acceptance(folder, held, _place_of_scratch(held.root) / _name_of_scratch(folder))
    if jobs:
        _show_jobs(accepted, jobs, cores)
        if commit != committed_code(held.root):
            raise InputError("code", "another commit", "changed while this ran; call it again")
        for path, record in accepted.renewed.items():
            shown = {**record.shown, "commit": commit} if record.shown else {}
            accepted.renewed[path] = replace(record, commit=commit, dirty=False, shown=shown)
    return accepted


def _name_of_scratch(folder: Path) -> str:
    """A name for the scratch folder of an experiment's folder, wherever that lies."""
    return f"{folder.name}-{short_digest(str(folder.resolve()).encode())}"


def _is_stale_by_code_alone(job: Planned, record: Record, files: Files) -> bool:
    if is_training(job) or not files.rejected.isdisjoint({*job.inputs, *job.outputs}):
        return False
    same = {*job.inputs} == {*record.inputs} and {*job.outputs} == {*record.outputs}
    return same and bool(job.changes) and all(map(is_by_code, job.changes))


def _show_jobs(accepted: Acceptance, jobs: Sequence[_Job], cores: int) -> None:
    """Run jobs, by the old code, too, where that is needed; sort them into renewed and refused."""
    folder, held = accepted.folder, accepted.held
    now = _Ran(Scratch(accepted.scratch / "now", folder, held, held.root))
    now.run(jobs, cores)
    found = {job.title: now.differences(job.plan, job.record, folder) for job in jobs}
    elsewhere = {
        job: where
        for job in jobs
        if job.title in now.made and (where := _made_elsewhere(job.record, differs=bool(found[job.title])))
    }
    if elsewhere:
        before, commit = _ran_before(accepted, [*elsewhere], cores)
        why = summary(sorted({*elsewhere.values()}))
        accepted.note = f"Compared with what the code of {commit[:12]} makes here, since {why}."
        for job in elsewhere:
            old = before.made.get(job.title)
            found[job.title] = (
                [before.why_missing(job.plan)] if old is None
                else now.differences(job.plan, old, before.scratch.results)
            )  # fmt: skip
    refused: dict[tuple[str, str], list[str]] = {}
    for job in jobs:
        for subject, why in found[job.title]:
            refused.setdefault((job.plan.rule, why), []).append(subject)
        if not found[job.title]:
            made = now.made[job.title]
            accepted.renewed[job.path] = (
                _shown_record(job.record, job.plan, made) if job in elsewhere
                else replace(made, seconds=min(made.seconds, job.record.seconds))  # beside others it takes longer
            )  # fmt: skip
    accepted.refused = [f"{rule}: {summary(subjects)}: {why}" for (rule, why), subjects in refused.items()]


def _made_elsewhere(record: Record, differs: bool) -> str:
    """Why the bytes of a record may not come out here though the code makes the same; empty where they should.

    Args:
        record: The record.
        differs: Whether they did not: CPUs of one kind mostly make the same.
    """
    here, there = provenance.environment(), record.environment
    names = ["machine", *(["cpu"] if differs else [])]
    others = [
        f"made on {there[name]}, here {here[name]}" for name in names if there.get(name, here[name]) != here[name]
    ]
    return "; ".join(filter(None, [present_code.other_versions([record.recipe["versions"]]), *others]))


def _shown_record(old: Record, job: Planned, made: Record) -> Record:
    """The record of the run that made the outputs, with the recipe's code of now, and what the job is called now."""
    by = old.shown.get("made_by") or f"{old.commit}{', with uncommitted changes' * old.dirty}"
    recipe = {**made.recipe, "versions": old.recipe["versions"]}
    return replace(
        old, rule=job.rule, wildcards=job.wildcards, recipe=cast("Any", recipe),
        inputs={path: old.inputs[path] for path in job.inputs},
        outputs={path: old.outputs[path] for path in job.outputs},
        shown={"made_by": by},
    )  # fmt: skip


class _Ran:
    """Jobs that were run in a scratch folder, by this call or an earlier one.

    Attributes:
        scratch: The folder.
        made: By title, the record of each job that has run there, with the code of now.
    """

    def __init__(self, scratch: Scratch) -> None:
        self.scratch = scratch
        self.made: dict[str, Record] = {}
        self._present = _code_in(scratch.root)
        self._possible: set[str] = set()
        self._errors: list[str] = []

    def run(self, jobs: Sequence[_Job], cores: int) -> None:
        """Run those of the jobs that no earlier call has run, and say how far it is.

        Args:
            jobs: The jobs.
            cores: Jobs at once.
        """
        self.scratch.results.mkdir(parents=True, exist_ok=True)
        self._find_made(jobs)
        folder, kept = self.scratch.folder, len(self.made)
        waiting = [job for job in jobs if job.title not in self.made]
        if not waiting:
            return

        def time_left(some: Iterable[_Job]) -> str:
            minutes = sum(job.record.seconds for job in some) / cores / 60
            return f"about {max(1, round(minutes))} min on {cores} cores"

        earlier = f", and {kept} ran in an earlier call" * bool(kept)
        log.info("%s: %d jobs to run%s: %s", folder, len(waiting), earlier, time_left(waiting))
        said = time.monotonic()

        def tell(done: int, of: int) -> None:
            nonlocal said
            if done < of and time.monotonic() - said < _EVERY:
                return
            said = time.monotonic()
            left = [job for job in waiting if not (self.scratch.results / job.title).is_file()]
            log.info("%s: %d of %d jobs: %s", folder, done, of, time_left(left))

        with Processes() as processes:
            plans = [job.plan for job in jobs]
            possible, self._errors = self.scratch.run(
                [job.plan for job in waiting], cores, processes, tell, others=plans
            )
        self._possible = {job.title for job in possible}
        self._find_made(jobs)

    def _find_made(self, jobs: Iterable[_Job]) -> None:
        read = recorded.read_all(self.scratch.results)[0].values()
        by_output = {name: record for record in read for name in record.outputs}
        self.made = {
            job.title: by_output[job.title]
            for job in jobs
            if job.title in by_output and self._is_of_now(by_output[job.title], job.plan)
        }

    def _is_of_now(self, record: Record, job: Planned) -> bool:
        """Whether a record here is of this job and of the code of now, and speaks of the files that lie here."""
        files = {**record.inputs, **record.outputs}
        if self.scratch.root == self.scratch.held.root:  # by the code before, rules may say the same otherwise
            asked = {"rule": job.rule, "settings": job.settings, "names": job.names}
            if asked != {name: record.recipe.get(name) for name in asked}:
                return False
        return (
            {*files} == {*job.inputs, *job.outputs}
            and not record.dirty
            and not self._present.changes(record.recipe)
            and all(_has_digest(self.scratch.results / name, digest) for name, digest in files.items())
        )

    def why_missing(self, job: Planned) -> tuple[str, str]:
        """A job that has not run here, and why."""
        there = self.scratch.results
        if job.title not in self._possible:
            return job.title, "not shown, since what it is made from is not here"
        if not all((there / path).is_file() for path in job.inputs):
            return job.title, "not shown, since what it is made from did not come out"
        if all((there / path).is_file() for path in job.outputs):
            return job.title, "not shown, since the code, or what it is made from, changed while it ran"
        return job.title, f"fails now ({why_it_failed(job, self._errors)})"

    def differences(self, job: Planned, reference: Record, there: Path) -> list[tuple[str, str]]:
        """Where what a job made here differs from another run of it, and how; nothing where all bytes are the same.

        Args:
            job: The job.
            reference: The record of the other run.
            there: The folder of its files.
        """
        made = self.made.get(job.title)
        if made is None:
            return [self.why_missing(job)]
        if {*made.inputs.items()} != {*reference.inputs.items()}:
            return [(job.title, "not shown, since what it is made from does not come out again")]
        return [
            (path, summary(compare.differences(there / path, self.scratch.results / path, path, None)))
            for path in job.outputs
            if made.outputs[path] != reference.outputs[path]
        ]


def _code_in(root: Path) -> Present:
    """The code of a clone, and of its package if it has one of its own."""
    sources = root / "src"
    return Present(root, sources) if (sources / PACKAGE.name).is_dir() else Present(root)


def _has_digest(path: Path, digest: str) -> bool:
    return path.is_file() and provenance.sha256(path) == digest


def _ran_before(accepted: Acceptance, jobs: Sequence[_Job], cores: int) -> tuple[_Ran, str]:
    """Run jobs by the code that made what lies in a folder: what they made, and the commit that has it."""
    folder, held, code = accepted.folder, accepted.held, accepted.scratch / "code"
    said = git.ask_clone(held.root, "log", "-1", "--format=%H", "HEAD", "--", str(folder.resolve()))
    commit = (said or "").strip()
    _extract_code(held.root, commit, code)
    before = _code_in(code)
    if changes := sorted({name for job in jobs for name in before.changes(job.record.recipe)}):
        remedy = f"{summary(changes)} at {commit[:12]} is not what made what lies here; commit code, then its records"
        raise InputError("accept", str(folder), remedy)
    ran = _Ran(Scratch(accepted.scratch / "before", folder, held, code))
    log.info("%s: the code of %s, which made what lies here, runs beside", folder, commit[:12])
    ran.run(jobs, cores)
    return ran, commit


def _extract_code(root: Path, commit: str, place: Path) -> None:
    """Put the code of a commit into a folder, which is left as it is where it holds that commit already."""
    mark = place / ".commit"
    if mark.is_file() and mark.read_text() == commit:
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    archive = place / "code.tar"
    there = (git.ask_clone(root, "ls-tree", "--name-only", commit) or "").splitlines()
    if not commit or git.ask_git(root, "archive", "-o", str(archive), commit, *{*_OF_CODE} & {*there}) is None:
        raise InputError("accept", str(root), "no commit has the code that made what lies here, to be compared with")
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    archive.unlink()
    mark.write_text(commit)
