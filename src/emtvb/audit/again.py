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
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from emtvb import config
from emtvb.audit import alone, compare
from emtvb.audit.currency import link_beside
from emtvb.audit.held import Held
from emtvb.audit.processes import Processes, check_space
from emtvb.audit.report import AGAIN, Check, Finding
from emtvb.interpret.measure import MeasureSettings
from emtvb.interpret.verdict import OTHERWISE
from emtvb.paper.claims import Condition, Statement
from emtvb.running import trainings
from emtvb.running.jobs import last_errors
from emtvb.running.packed import WEIGHTS
from emtvb.running.plan import Planned, import_path
from emtvb.running.records import summary
from emtvb.runs import Run
from emtvb.streams.runs import AnyRun
from emtvb.training.shard import Outputs

SHARE = 1 / 3
"""Of the shards, measured again by default."""
NEAR = 0.001
"""A network lies next to a bar of the paper's claims where it is off by this part of the bar, or less."""
OFF = 1e-6
"""Radians: a published spectral error further from that of the best assignment is looked at again."""

log = logging.getLogger(__name__)

_LAST = 19
"""The niceness of what runs where nothing else does."""
_COMPARES = "run_methods"
_NOT_HERE = "what it is made from is not here"
_STEPS = re.compile(r"(\d+) of (\d+) steps \(\d+%\) done")


def trains(job: Planned) -> bool:
    """Whether a job trains: it is never run here."""
    return trainings.REVISION in job.settings


def reads_weights(job: Planned) -> bool:
    """Whether a job is one of the first run, which makes files from weights, or trains small networks to compare on."""
    return job.rule == _COMPARES or any(Path(path).name == WEIGHTS for path in job.inputs)


def draw(
    shards: Mapping[str, Sequence[AnyRun]], measured: Mapping[str, Mapping[str, str]], statements: Sequence[Statement],
    findings: Iterable[Finding], share: float, seed: int,
) -> tuple[dict[str, str], dict[str, list[Run]]]:  # fmt: skip
    """Choose what is measured again.

    Args:
        shards: The experiment's runs, by shard.
        measured: What lies there of each run, by run id.
        statements: What the paper says, whose bars count.
        findings: What is wrong; the shards that it names, or of which it names a network, are taken.
        share: Of the shards, drawn by chance; one of them at least, unless it is 0.
        seed: Draws them.

    Returns:
        Shards of which all networks are measured, each with what brought it in, in words; and networks of others, by
        shard, that lie next to a bar (:func:`is_near`), and are measured alone.
    """
    by_chance = random.Random(seed).sample(sorted(shards), math.ceil(share * len(shards)))
    chosen = dict.fromkeys(by_chance, f"drawn by seed {seed}")
    text = " ".join(f"{finding.subject} {finding.problem}" for finding in findings)
    words = set(re.findall(r"[\w.-]+", text))
    words |= {Path(word).stem for word in words}
    close: dict[str, list[Run]] = {}
    for shard, part in shards.items():
        if not words.isdisjoint((shard, *(run.run_id for run in part))):
            chosen.setdefault(shard, "named by a finding")
        near = [run for run in part if isinstance(run, Run) and is_near(measured.get(run.run_id, {}), statements)]
        if near and shard not in chosen:
            close[shard] = near
    return chosen, close


def is_near(row: Mapping[str, str], statements: Sequence[Statement]) -> bool:
    """Whether a network's measurements lie where little decides.

    That is, where it solves its task and stores otherwise than the theory says; where it nearly solves it or does, and
    a measure is next to a bar of a claim; or where its published spectral error is not that of the best assignment.
    """
    if row.get("verdict") == OTHERWISE:
        return True
    error, best = (compare.number(row.get(name, "")) for name in ("spectral_error", "optimal_spectral_error"))
    if abs(error - best) > OFF:
        return True
    if not compare.number(row.get("test_accuracy", "")) > 0.98:
        return False
    conditions = [condition for claim in statements for condition in (*claim.over, *claim.holds)]
    return any(_is_next_to(condition, row) for condition in conditions)


def _is_next_to(condition: Condition, row: Mapping[str, str]) -> bool:
    bar = condition.at_least if condition.at_least is not None else condition.below
    if bar is None or condition.minus or condition.of:
        return False
    return abs(compare.number(row.get(condition.column, "")) - bar) <= NEAR * abs(bar)


def recompute(
    folder: Path, held: Held, jobs: Sequence[Planned], drawn: Mapping[str, str], close: Mapping[str, Sequence[Run]],
    by_rounding: Callable[[str], float], cores: int, processes: Processes, other_versions: Collection[str] = (),
) -> Check:  # fmt: skip
    """Run everything again but trainings, and compare.

    Args:
        folder: The experiment's folder.
        held: The config that it is held to.
        jobs: Its jobs.
        drawn: Shards of which all networks are measured again, as of :func:`draw`.
        close: Networks of others that are measured again, likewise.
        by_rounding: How far rounding moves a network's test accuracy, by its run id.
        cores: Jobs at once, of each of the two runs.
        processes: Takes those that run.
        other_versions: Files that were made with other versions of libraries than are here; pictures among them are not
            compared.
    """
    shards = {job.wildcards["shard"] for job in jobs if "shard" in job.wildcards}
    first = [
        job for job in jobs
        if not trains(job) and reads_weights(job) and job.wildcards.get("shard", "") in {*drawn, ""}
    ]  # fmt: skip
    second = [job for job in jobs if not trains(job) and not reads_weights(job)]
    asked = close if jobs else {}
    here = {shard: runs for shard, runs in asked.items() if Outputs.of(folder, shard).weights.is_file()}
    # All at once. Jobs of the second run wait for one another; those of the first do not, and take what is left. So no
    # core waits, and jobs seldom take turns on one, which costs time.
    every = tables, measurements, single = [
        Comparison(folder, held, by_rounding, cores, processes, other_versions) for _ in range(3)
    ]
    with ThreadPoolExecutor(3) as pool, processes:
        begun = [
            pool.submit(tables.run, second, "tables, figures and pages"),
            pool.submit(measurements.run, first, "measurements", _LAST),
            pool.submit(single.measure_alone, here),
        ]
        for run in begun:
            run.result()
    single.leave([run.run_id for shard, runs in asked.items() if shard not in here for run in runs], _NOT_HERE)
    left = [file for comparison in every for file in comparison.incomparable]
    notes = []
    if shards:
        why = summary(f"{count} {why}" for why, count in Counter(drawn.values()).items())
        notes.append(f"Measured again: all networks of {len(shards & drawn.keys())} of {len(shards)} shards, {why}.")
        if here:
            names = summary(run.run_id for runs in here.values() for run in runs)
            notes.append(f"Measured again besides, since they are close cases: {names}.")
    for reason in dict.fromkeys(why for _, why in left):
        notes.append(f"Not compared, since {reason}: {summary(path for path, why in left if why == reason)}.")
    return Check(
        name="made again",
        question="Does every file come out again, as the workflow makes it of what lies here?",
        checked=sum(comparison.compared for comparison in every),
        findings=tuple(finding for comparison in every for finding in comparison.findings),
        note=" ".join(notes),
        how="recomputed",
        of=sum(len(job.outputs) for job in jobs if not trains(job)),
        incomparable=len(left),
    )


@dataclass
class Comparison:
    """Files of an experiment that are made again, and what comes of it.

    Attributes:
        folder: The experiment's folder.
        held: The config that it is held to.
        by_rounding: How far rounding moves a network's test accuracy, by its run id.
        cores: Jobs at once.
        processes: Takes those that run.
        other_versions: Files that were made with other versions of libraries than are here.
        compared: How many files came out.
        findings: What came out otherwise.
        incomparable: Files that could not be compared, each with why.
    """

    folder: Path
    held: Held
    by_rounding: Callable[[str], float]
    cores: int
    processes: Processes
    other_versions: Collection[str] = ()
    compared: int = 0
    findings: list[Finding] = field(default_factory=list)
    incomparable: list[tuple[str, str]] = field(default_factory=list)

    def run(self, some: Sequence[Planned], what: str, nice: int = 0) -> None:
        """Run some jobs in a folder that holds what the others made, and compare what they make.

        Args:
            some: The jobs.
            what: They make, in words.
            nice: The niceness of what runs.
        """
        with tempfile.TemporaryDirectory() as name:
            place = Path(name).resolve()
            again = place / "results" / self.held.experiment.experiment
            link_beside(self.folder, place / "results", again.name)
            anew = {path for job in some for path in job.outputs}
            for path in {path for job in some for path in job.inputs} - anew:
                if not path.startswith("..") and (self.folder / path).is_file():
                    _copy(self.folder / path, again / path)
            possible = list(_possible(some, again))
            for job in some:
                if job not in possible:
                    self.leave(job.outputs, _NOT_HERE)
            answer = self._snakemake(place, possible, what, nice) if possible else ""
            errors = last_errors(again / "logs", 0.0)
            for job in possible:
                self._compare(job, again, errors or [answer])

    def measure_alone(self, close: Mapping[str, Sequence[Run]]) -> None:
        """Measure single networks, and compare what is measured.

        Args:
            close: Their runs, by shard, of which the weights are here.
        """
        how = MeasureSettings(**self.held.experiment.interpretation.model_dump())
        for shard, runs in close.items():
            self.findings += alone.remeasure(self.folder, shard, runs, how, self.by_rounding, self.processes)

    def _snakemake(self, place: Path, jobs: Sequence[Planned], what: str, nice: int) -> str:
        """Have Snakemake run some jobs in a folder, and no others; returns its last word on what went wrong."""
        (place / "config.json").write_text(config.dump(self.held.experiment), encoding="utf-8")
        rules = sorted({job.rule for job in jobs})
        assert not any(map(trains, jobs)), "an audit trains nothing in its scratch folder"
        targets = [str(place / "results" / self.held.experiment.experiment / job.title) for job in jobs]
        root = self.held.root
        command = [
            "nice", "-n", str(nice), sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"),
            "--configfile", str(place / "config.json"), "--workflow-profile", str(root / "profiles" / "default"),
            "--cores", str(self.cores), "--quiet", "rules", "--allowed-rules", *rules, "--", *targets,
        ]  # fmt: skip
        here = {name: value for name, value in os.environ.items() if not name.startswith(("SNAKEMAKE_", "SLURM_"))}
        (place / "temporary").mkdir()  # where Snakemake leaves files if it is killed
        here |= {"EXPERIMENT_OUTPUT_DIR": str(place / "results"), "PYTHONPATH": import_path(root)}
        here |= {"TMPDIR": str(place / "temporary")}
        answer = ""
        with self.processes.begin(command, place, here) as process:
            for line in process.stderr or ():
                if step := _STEPS.search(line):
                    log.info("%s: %s of %s jobs", what, step[1], step[2])
                elif "error" in line.lower():
                    answer = line.strip()
        return answer or f"Snakemake ended with {process.returncode}"

    def _compare(self, job: Planned, again: Path, errors: Sequence[str]) -> None:
        """Compare what a job made again, in a folder; the errors of that run say why it did not."""
        if not all((again / path).is_file() for path in job.outputs):
            if not all((again / path).is_file() for path in job.inputs):
                self.leave(job.outputs, "what it is made from did not come out")
                return
            logs = {"/".join([job.rule, *job.wildcards.values()]), Path(job.title).with_suffix("").as_posix()}
            own = [error for error in errors if not logs.isdisjoint(re.split("[(), ]+", error))]
            why = (own or errors)[0].removeprefix("error: ")
            check_space(why)
            self.findings.append(Finding(job.title, f"cannot be made again ({why})", AGAIN))
            return
        for path in job.outputs:
            if not (self.folder / path).is_file():
                continue  # as integrity says
            if path in self.other_versions and Path(path).suffix in compare.PICTURES:
                self.leave([path], "other versions of libraries draw other pictures")
                continue
            self.compared += 1
            problems = compare.differences(self.folder / path, again / path, path, self.by_rounding)
            self.findings += [Finding(path, problem, AGAIN) for problem in problems]

    def leave(self, files: Iterable[str], why: str) -> None:
        """Leave some files uncompared."""
        self.incomparable += [(path, why) for path in files]


def _copy(source: Path, target: Path) -> None:
    """Copy a file; all copies have one time, so that none is newer than another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    os.utime(target, (1e9, 1e9))


def _possible(jobs: Sequence[Planned], place: Path) -> Iterator[Planned]:
    """The jobs whose inputs lie in a folder, or are made by other such jobs."""
    waiting, outputs = list(jobs), set[str]()
    while True:
        ready = [job for job in waiting if all(path in outputs or (place / path).is_file() for path in job.inputs)]
        if not ready:
            return
        yield from ready
        outputs |= {path for job in ready for path in job.outputs}
        waiting = [job for job in waiting if job not in ready]
