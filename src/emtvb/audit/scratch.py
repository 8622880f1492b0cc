"""The workflow itself, run in a scratch folder on copies of what lies in an experiment's folder."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import link_beside
from emtvb.making import provenance, trainings
from emtvb.making.logs import last_errors
from emtvb.making.plan import Planned, outputs_of
from emtvb.making.processes import Processes
from emtvb.making.supervised import WAITING

log = logging.getLogger(__name__)

STEPS = re.compile(r"(\d+) of (\d+) steps \(\d+%\) done")


def is_training(job: Planned) -> bool:
    """Whether a job trains: it is never run here."""
    return trainings.REVISION in job.settings


@dataclass(frozen=True)
class Scratch:
    """A folder in which jobs of an experiment are run; what they made lies there until somebody deletes it.

    Attributes:
        place: The folder, without links.
        folder: The experiment's.
        held: The config that it is held to.
        root: The clone whose workflow and package run there.
    """

    place: Path
    folder: Path
    held: Held
    root: Path

    @property
    def results(self) -> Path:
        """Where the jobs write: the experiment's folder in this one."""
        return self.place / "results" / self.held.name

    def run(
        self, jobs: Sequence[Planned], cores: int, processes: Processes, told: Callable[[int, int], None],
        others: Sequence[Planned] = (), nice: int = 0,
    ) -> tuple[list[Planned], list[str]]:  # fmt: skip
        """Run jobs on copies of what they read, where no other job makes it.

        Args:
            jobs: The jobs; none that trains.
            cores: Jobs at once.
            processes: Takes those that run.
            told: Is told how many of how many jobs are done.
            others: Jobs that were run here before, whose outputs stay.
            nice: The niceness of what runs.

        Returns:
            The jobs that could be run, since all that they read is there; and why any failed, a line each.
        """
        link_beside(self.folder, self.place / "results", self.results.name)
        self.results.mkdir(exist_ok=True)
        for path in {path for job in jobs for path in job.inputs} - outputs_of((*jobs, *others)):
            if not path.startswith("..") and (self.folder / path).is_file():
                _copy_file(self.folder / path, self.results / path)
        # Where a run was killed before it wrote a job's record, its outputs would count as current.
        for path in outputs_of(jobs):
            (self.results / path).unlink(missing_ok=True)
        possible = list(_possible_jobs(jobs, self.results))
        answer = self._call_snakemake(possible, cores, processes, told, nice) if possible else ""
        return possible, last_errors(self.results / "logs", 0.0) or [answer]

    def _call_snakemake(
        self, jobs: Sequence[Planned], cores: int, processes: Processes, told: Callable[[int, int], None], nice: int
    ) -> str:
        """Have Snakemake run some jobs here, and no others; returns its first word on what went wrong."""
        # As it is written: 0 and 0.0 are the same setting, and not the same text in a file.
        shutil.copyfile(self.held.file, self.place / "config.yaml")
        # By the code before, a rule may have had another name.
        rules = ["--allowed-rules", *sorted({job.rule for job in jobs})] if self.root == self.held.root else []
        assert not any(map(is_training, jobs)), "nothing is trained in a scratch folder"
        command = [
            "nice", "-n", str(nice), sys.executable, "-m", "snakemake", "--snakefile", str(self.root / "Snakefile"),
            "--configfile", str(self.place / "config.yaml"),
            "--workflow-profile", str(self.root / "profiles" / "default"),
            "--cores", str(cores), "--quiet", "rules", *rules, "--", *(str(self.results / job.title) for job in jobs),
        ]  # fmt: skip
        here = {name: value for name, value in os.environ.items() if not name.startswith(("SNAKEMAKE_", "SLURM_"))}
        for left in (".snakemake", "temporary"):  # by a call that was killed
            shutil.rmtree(self.place / left, ignore_errors=True)
        (self.place / "temporary").mkdir()  # where Snakemake leaves files if it is killed
        here |= {"EXPERIMENT_OUTPUT_DIR": str(self.place / "results"), "TMPDIR": str(self.place / "temporary")}
        if self.root != self.held.root:
            here["PYTHONPATH"] = str(self.root / "src")
        answer = ""
        with processes.begin(command, self.place, here, self.place / "lock") as process:
            for line in process.stderr or ():
                if step := STEPS.search(line):
                    told(int(step[1]), int(step[2]))
                elif WAITING in line:
                    log.info("%s", line.strip())
                elif not answer and "error: " in line.lower():  # the first says why, and Snakemake's own follow
                    answer = line.strip()
        return answer or f"Snakemake ended with {process.returncode}"


def why_it_failed(job: Planned, errors: Sequence[str]) -> str:
    """Why a job failed: what its own log says among the errors of a run, else the first of them."""
    logs = {"/".join([job.rule, *job.wildcards.values()]), Path(job.title).with_suffix("").as_posix()}
    own = [error for error in errors if not logs.isdisjoint(re.split("[(), ]+", error))]
    return (own or errors)[0].removeprefix("error: ")


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file, unless it is there; all copies have one time, so that none is newer than another."""
    if target.is_file() and provenance.sha256(target) == provenance.sha256(source):
        return
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
