"""Does everything come out again? The workflow itself runs in a scratch folder, and the folders are compared.

It runs twice: once from the trained weights, which measures networks; and once from what was measured, which makes
tables, figures and pages. So each file is made again of the files that are published, and what rounding moves in one
stage moves nothing in the next.
"""

from __future__ import annotations

import logging
import math
import os
import random
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emtvb.audit import compare
from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import link_beside, remade_outputs
from emtvb.audit.integrity import Files
from emtvb.audit.report import AGAIN, NOT_ASKED, Check, Finding, chance_to_miss
from emtvb.making import provenance, recipes, trainings
from emtvb.making.jobs import last_errors
from emtvb.making.packed_weights import PACKABLE, PACKED
from emtvb.making.plan import Planned, outputs_of
from emtvb.making.processes import Processes, check_space
from emtvb.making.provenance import Record
from emtvb.making.staleness import summary

SHARE = 1 / 3
"""Of the shards, measured again by default."""

log = logging.getLogger(__name__)

_LAST = 19
"""The niceness of what runs where nothing else does."""
_NOT_HERE = "what they are made from is not here"
_STEPS = re.compile(r"(\d+) of (\d+) steps \(\d+%\) done")


def is_training(job: Planned) -> bool:
    """Whether a job trains: it is never run here."""
    return trainings.REVISION in job.settings


def reads_weights(job: Planned) -> bool:
    """Whether a job is one of the first run, which makes files from weights, or measures a network that it makes."""
    makes_its_own = not job.inputs and bool(job.wildcards) and job.title.startswith("measurements/")
    return makes_its_own or any(Path(path).name in (*PACKABLE, PACKED) for path in job.inputs)


def draw_shards(shards: Collection[str], share: float, seed: int, first: Collection[str] = ()) -> list[str]:
    """The shards of which all networks are measured again.

    Args:
        shards: The experiment's.
        share: Of these, drawn by chance; one of them at least, unless it is 0.
        seed: Draws them.
        first: Those that are drawn before any other, such as what was accepted without a run.
    """
    chance, count = random.Random(seed), math.ceil(share * len(shards))
    before = chance.sample(sorted({*shards} & {*first}), min(count, len({*shards} & {*first})))
    return sorted([*before, *chance.sample(sorted({*shards} - {*first}), count - len(before))])


def make_again(
    files: Files, held: Held, jobs: Sequence[Planned], drawn: Collection[str], seed: int, cores: int,
    processes: Processes,
) -> Check:  # fmt: skip
    """Run everything again but trainings, and compare.

    What the workflow would make anyway is not made again; nor is what is not intact, or what is made from that.
    Pictures that differ and were made with other versions of libraries count as not checked.

    Args:
        files: The experiment's files.
        held: The config that it is held to.
        jobs: Its jobs; none, where nothing is to be made again.
        drawn: Shards of which all networks are measured again, as of :func:`draw_shards`.
        seed: Drew them.
        cores: Jobs at once, of each of the two runs.
        processes: Takes those that run.
    """
    question = "Does what lies here come out again: files as the workflow makes them, and runs trained from nothing?"
    if not jobs:
        return Check("made again", question, {"file": 0}, (), NOT_ASKED)
    shards = {job.wildcards["shard"] for job in jobs if "shard" in job.wildcards}
    every = [job for job in jobs if not is_training(job)]
    named = {*files.rejected, *remade_outputs(jobs)}
    whole = [job for job in every if named.isdisjoint(job.outputs) and files.rejected.isdisjoint(job.inputs)]
    some = [job for job in whole if not reads_weights(job) or job.wildcards.get("shard", "") in {*drawn, ""}]
    others = (record for record in files.records.values() if recipes.other_versions([record.recipe["versions"]]))
    other_versions = {output for record in others for output in record.outputs}
    tables, measurements = both = run_again(files, held, some, cores, processes, other_versions=other_versions)
    for job in every:
        if job not in whole and job.wildcards.get("shard", "") in {*drawn, ""}:
            tables.leave(job.outputs, "they, or what they are made from, are named above")
    left = tables.unchecked | measurements.unchecked
    notes = []
    if shards:
        done = {job.wildcards["shard"] for job in some if reads_weights(job) and "shard" in job.wildcards}
        notes.append(f"Measured again: {len(done)} of {len(shards)} shards (drawn by seed {seed}): "
                     f"{summary(sorted(done)) or 'none'}.")  # fmt: skip
    if crossings := [words for part in both for words in part.crossings]:
        notes.append(f"Moved by rounding: {summary(crossings)}.")
    for reason in dict.fromkeys(left.values()):
        notes.append(f"Not checked, since {reason}: {summary(path for path, why in left.items() if why == reason)}.")
    return Check(
        name="made again", question=question, checked={"file": sum(part.compared for part in both)},
        findings=tuple(finding for part in both for finding in part.results()), note=" ".join(notes),
        of={"file": sum(len(job.outputs) for job in every)}, unchecked=len(left),
        drawn=tuple(sorted(done)) if shards else (),
        missed=chance_to_miss(len(done), len(shards), "shard's measurements") if shards else "",
    )  # fmt: skip


def run_again(
    files: Files, held: Held, some: Sequence[Planned], cores: int, processes: Processes, **how: Any
) -> tuple[Comparison, Comparison]:
    """Run some jobs and compare: those that make files from what was measured, and beside them those that measure.

    Args:
        files: The experiment's files.
        held: The config that it is held to.
        some: The jobs.
        cores: Jobs at once, of each of the two runs.
        processes: Takes those that run.
        how: As :class:`Comparison` has it.
    """
    # Both at once. Jobs of the first run wait for one another; those of the second do not, and take what is left.
    tables = Comparison(files.folder, held, cores, processes, "tables, figures and pages", **how)
    measurements = Comparison(files.folder, held, cores, processes, "measurements", _LAST, **how)
    with ThreadPoolExecutor(2) as pool, processes:
        begun = [
            pool.submit(tables.run, [job for job in some if not reads_weights(job)]),
            pool.submit(measurements.run, [job for job in some if reads_weights(job)]),
        ]
        for run in begun:
            run.result()
    return tables, measurements


@dataclass
class Comparison:
    """Files of an experiment that are made again, and what comes of it.

    Attributes:
        folder: The experiment's folder.
        held: The config that it is held to.
        cores: Jobs at once.
        processes: Takes those that run.
        what: What they make, in words.
        nice: The niceness of what runs.
        other_versions: Files that were made with other versions of libraries than are here.
        exactly: Whether every byte has to come out again, and not only all numbers but for rounding.
        baseline: Another clone; what its code makes here is compared with, and not what lies in the folder.
        compared: How many files came out.
        again: By title, the record of each job all of whose files came out.
        findings: What came out otherwise.
        crossings: What rounding moved across the bar of a claim, in words.
        failed: Jobs that failed, by why.
        unchecked: Files that could not be compared, each with why.
    """

    folder: Path
    held: Held
    cores: int
    processes: Processes
    what: str = "files"
    nice: int = 0
    other_versions: Collection[str] = ()
    exactly: bool = False
    baseline: Path | None = None
    compared: int = 0
    again: dict[str, Record] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    crossings: list[str] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unchecked: dict[str, str] = field(default_factory=dict)

    def run(self, some: Sequence[Planned]) -> None:
        """Run some jobs in a folder that holds what the others made, and compare what they make."""
        with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as beside:
            there = self.folder
            if self.baseline is not None:
                there, _, _ = self._run_in_folder(Path(beside).resolve(), some, self.baseline)
            again, possible, errors = self._run_in_folder(Path(name).resolve(), some, self.held.root)
            for job in some:
                if job not in possible:
                    self.leave(job.outputs, _NOT_HERE)
            for job in possible:
                self._compare_outputs(job, there, again, errors)

    def _run_in_folder(self, place: Path, some: Sequence[Planned], root: Path) -> tuple[Path, list[Planned], list[str]]:
        """Run some jobs in a folder by the workflow of a clone: where they wrote, which ran, and why any failed."""
        again = place / "results" / self.held.name
        link_beside(self.folder, place / "results", again.name)
        again.mkdir()
        for path in {path for job in some for path in job.inputs} - outputs_of(some):
            if not path.startswith("..") and (self.folder / path).is_file():
                _copy_file(self.folder / path, again / path)
        possible = list(_possible_jobs(some, again))
        answer = self._call_snakemake(place, possible, root) if possible else ""
        return again, possible, last_errors(again / "logs", 0.0) or [answer]

    def results(self) -> Iterator[Finding]:
        """What came out otherwise, and what failed: what failed for one reason is one finding."""
        yield from self.findings
        for why, titles in self.failed.items():
            yield Finding(summary(titles), f"cannot be made again ({why})", AGAIN)

    def _call_snakemake(self, place: Path, jobs: Sequence[Planned], root: Path) -> str:
        """Have Snakemake run some jobs in a folder, and no others; returns its first word on what went wrong."""
        # As it is written: 0 and 0.0 are the same setting, and not the same text in a file.
        shutil.copyfile(self.held.file, place / "config.yaml")
        # By the code before, a rule may have had another name.
        rules = ["--allowed-rules", *sorted({job.rule for job in jobs})] if root == self.held.root else []
        assert not any(map(is_training, jobs)), "an audit trains nothing in its scratch folder"
        targets = [str(place / "results" / self.held.name / job.title) for job in jobs]
        command = [
            "nice", "-n", str(self.nice), sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"),
            "--configfile", str(place / "config.yaml"), "--workflow-profile", str(root / "profiles" / "default"),
            "--cores", str(self.cores), "--quiet", "rules", *rules, "--", *targets,
        ]  # fmt: skip
        here = {name: value for name, value in os.environ.items() if not name.startswith(("SNAKEMAKE_", "SLURM_"))}
        (place / "temporary").mkdir()  # where Snakemake leaves files if it is killed
        here |= {"EXPERIMENT_OUTPUT_DIR": str(place / "results"), "TMPDIR": str(place / "temporary")}
        if root != self.held.root:
            here["PYTHONPATH"] = str(root / "src")
        answer = ""
        with self.processes.begin(command, place, here) as process:
            for line in process.stderr or ():
                if step := _STEPS.search(line):
                    log.info("%s: %s of %s jobs", self.what, step[1], step[2])
                elif not answer and "error: " in line.lower():  # the first says why, and Snakemake's own follow
                    answer = line.strip()
        return answer or f"Snakemake ended with {process.returncode}"

    def _compare_outputs(self, job: Planned, there: Path, again: Path, errors: Sequence[str]) -> None:
        """Compare what a job made again, in a folder, with another; the errors of that run say why it did not."""
        if not all((again / path).is_file() for path in job.outputs):
            if not all((again / path).is_file() for path in job.inputs):
                self.leave(job.outputs, "what they are made from did not come out")
                return
            logs = {"/".join([job.rule, *job.wildcards.values()]), Path(job.title).with_suffix("").as_posix()}
            own = [error for error in errors if not logs.isdisjoint(re.split("[(), ]+", error))]
            why = (own or errors)[0].removeprefix("error: ")
            check_space(why)
            self.failed[why].append(job.title)
            return
        if self.exactly and any(_are_different(there / path, again / path) for path in job.inputs):
            self.leave(job.outputs, "what they are made from does not come out again")
            return
        if self.exactly and not all((there / path).is_file() for path in job.outputs):
            self.leave(job.outputs, "they are not here to compare with")
            return
        before = len(self.findings)
        for path in job.outputs:
            if not (there / path).is_file():
                continue  # as integrity says
            rounding = self.held.kind.rounding()
            problems = compare.differences(there / path, again / path, path, rounding, self.exactly)
            excused = path in self.other_versions and Path(path).suffix in compare.PICTURES
            if problems and excused and not compare.shows_another(there / path, again / path):
                self.leave([path], "other versions of libraries draw other pictures")
                continue
            self.compared += 1
            if problems:
                self.findings.append(Finding(path, summary(problems), AGAIN))
            elif path.endswith(".csv"):
                moved = compare.crossings(there / path, again / path, rounding)
                self.crossings += [f"{path}: {words}" for words in moved]
        if self.exactly and len(self.findings) == before:
            record = provenance.record_path([again / output for output in job.outputs], job.rule)
            self.again[job.title] = provenance.read_record(record)

    def leave(self, files: Iterable[str], why: str) -> None:
        """Leave some files uncompared."""
        self.unchecked |= dict.fromkeys(files, why)


def _are_different(there: Path, again: Path) -> bool:
    """Whether a file is another in two folders; not where one of them does not have it."""
    return there.is_file() and again.is_file() and provenance.sha256(there) != provenance.sha256(again)


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file; all copies have one time, so that none is newer than another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    os.utime(target, (1e9, 1e9))


def _possible_jobs(jobs: Sequence[Planned], place: Path) -> Iterator[Planned]:
    """The jobs whose inputs lie in a folder, or are made by other such jobs."""
    waiting, outputs = list(jobs), set[str]()
    while True:
        ready = [job for job in waiting if all(path in outputs or (place / path).is_file() for path in job.inputs)]
        if not ready:
            return
        yield from ready
        outputs |= outputs_of(ready)
        waiting = [job for job in waiting if job not in ready]
