"""Does everything come out again? The workflow itself runs in a scratch folder, and the folders are compared.

It runs twice: once from the trained weights, which measures networks; and once from what was measured, which makes
tables, figures and pages. So each file is made again of the files that are published, and what rounding moves in one
stage moves nothing in the next.
"""

from __future__ import annotations

import logging
import math
import random
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from emtvb.audit import compare
from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import remade_outputs
from emtvb.audit.integrity import Files
from emtvb.audit.report import AGAIN, NOT_ASKED, Check, Finding, chance_to_miss
from emtvb.audit.scratch import Scratch, is_training, why_it_failed
from emtvb.making import present_code, recorded
from emtvb.making.packed_weights import PACKABLE, PACKED
from emtvb.making.plan import Planned
from emtvb.making.processes import Processes, check_space
from emtvb.making.staleness import summary

SHARE = 1 / 3
"""Of the shards, measured again by default."""

log = logging.getLogger(__name__)

_LAST = 19
"""The niceness of what runs where nothing else does."""
_NOT_HERE = "what they are made from is not here"


def reads_weights(job: Planned) -> bool:
    """Whether a job is one of the first run, which makes files from weights, or measures a network that it makes."""
    makes_its_own = not job.inputs and bool(job.wildcards) and job.title.startswith("measurements/")
    return makes_its_own or any(Path(path).name in (*PACKABLE, PACKED) for path in job.inputs)


def draw_shards(shards: Collection[str], share: float, seed: int) -> list[str]:
    """The shards of which all networks are measured again.

    Args:
        shards: The experiment's.
        share: Of these, drawn by chance; one of them at least, unless it is 0.
        seed: Draws them.
    """
    return sorted(random.Random(seed).sample(sorted(shards), math.ceil(share * len(shards))))


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
    others = (record for record in files.records.values() if present_code.other_versions([record.recipe["versions"]]))
    other_versions = {output for record in others for output in record.outputs}
    tables, measurements = both = run_again(files, held, some, cores, processes, other_versions)
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
    files: Files, held: Held, some: Sequence[Planned], cores: int, processes: Processes, other_versions: Collection[str]
) -> tuple[Comparison, Comparison]:
    """Run some jobs and compare: those that make files from what was measured, and beside them those that measure.

    Args:
        files: The experiment's files.
        held: The config that it is held to.
        some: The jobs.
        cores: Jobs at once, of each of the two runs.
        processes: Takes those that run.
        other_versions: Files that were made with other versions of libraries than are here.
    """
    # Both at once. Jobs of the first run wait for one another; those of the second do not, and take what is left.
    named = {output: record.recipe["code"].keys() for record in files.records.values() for output in record.outputs}
    tables = Comparison(files.folder, held, cores, processes, "tables, figures and pages", 0, other_versions, named)
    measurements = Comparison(files.folder, held, cores, processes, "measurements", _LAST, other_versions, named)
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
        named: By output, the files of ours that its record names.
        compared: How many files came out.
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
    named: Mapping[str, Collection[str]] = field(default_factory=dict)
    compared: int = 0
    findings: list[Finding] = field(default_factory=list)
    crossings: list[str] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unchecked: dict[str, str] = field(default_factory=dict)

    def run(self, some: Sequence[Planned]) -> None:
        """Run some jobs in a folder that holds what the others made, and compare what they make."""
        with tempfile.TemporaryDirectory() as name:
            scratch = Scratch(Path(name).resolve(), self.folder, self.held, self.held.root)
            possible, errors = scratch.run(some, self.cores, self.processes, self._say_step, nice=self.nice)
            for job in some:
                if job not in possible:
                    self.leave(job.outputs, _NOT_HERE)
            for job in possible:
                self._compare_outputs(job, scratch.results, errors)
            self._compare_records(possible, scratch.results)

    def _say_step(self, done: int, of: int) -> None:
        log.info("%s: %s of %s jobs", self.what, done, of)

    def results(self) -> Iterator[Finding]:
        """What came out otherwise, and what failed: what failed for one reason is one finding."""
        yield from self.findings
        for why, titles in self.failed.items():
            yield Finding(summary(titles), f"cannot be made again ({why})", AGAIN)

    def _compare_outputs(self, job: Planned, again: Path, errors: Sequence[str]) -> None:
        """Compare what a job made again, in a folder; the errors of that run say why it did not."""
        if not all((again / path).is_file() for path in job.outputs):
            if not all((again / path).is_file() for path in job.inputs):
                self.leave(job.outputs, "what they are made from did not come out")
                return
            why = why_it_failed(job, errors)
            check_space(why)
            self.failed[why].append(job.title)
            return
        for path in job.outputs:
            there = self.folder / path
            if not there.is_file():
                continue  # as integrity says
            rounding = self.held.kind.rounding()
            problems = compare.differences(there, again / path, path, rounding)
            excused = path in self.other_versions and Path(path).suffix in compare.PICTURES
            if problems and excused and not compare.shows_another(there, again / path):
                self.leave([path], "other versions of libraries draw other pictures")
                continue
            self.compared += 1
            if problems:
                self.findings.append(Finding(path, summary(problems), AGAIN))
            elif path.endswith(".csv"):
                moved = compare.crossings(there, again / path, rounding)
                self.crossings += [f"{path}: {words}" for words in moved]

    def _compare_records(self, jobs: Iterable[Planned], again: Path) -> None:
        """Find the records that do not name all files of ours that their jobs used again.

        Planning finds those alone that a job cannot have left unused: no files that are read, no late imports.
        """
        titles, lacking = {job.title for job in jobs}, defaultdict[str, list[str]](list)
        for record in recorded.read_all(again)[0].values():
            title = next(iter(record.outputs))
            if title in titles and title in self.named:
                for name in record.recipe["code"].keys() - {*self.named[title]}:
                    lacking[name].append(title)
        for name, found in sorted(lacking.items()):
            self.findings.append(Finding(summary(sorted(found)), f"used {name}, which the record does not name", AGAIN))

    def leave(self, files: Iterable[str], why: str) -> None:
        """Leave some files uncompared."""
        self.unchecked |= dict.fromkeys(files, why)
