"""What a run on a Slurm cluster needs: software, disks, and a short job that asks for what the planned jobs ask for."""

from __future__ import annotations

import importlib
import json
import logging
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from emtvb import config
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.making import clone, present_code, recipes, surroundings
from emtvb.making.provenance import installed_version
from emtvb.slurm import commands as slurm
from emtvb.slurm.states import InQueue, Meaning, is_over, standing

log = logging.getLogger(__name__)

START_SECONDS = 60.0
"""How long a trial job may wait for its start."""
END_SECONDS = 180.0
"""How long it may take from there."""
FILE_SECONDS = 15.0
"""How long its file may take to be seen here."""
BYTES_PER_RUN = 1_000_000
"""On disk, generously: weights, learning curve, TensorBoard events, and a checkpoint under way."""
LIBRARIES = "snakemake", "torch", "numba", "numpy"
_LARGEST = "runtime", "mem_mb", "mem_mb_per_cpu", "threads"


class Finding(NamedTuple):
    """One line: how it stands, with what, and what to do where it is not right."""

    level: Literal["ok", "warning", "error"]
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.level:<8}{self.what}: {' '.join(self.text.split())}"


def examine(experiment: Experiment, profiles: Sequence[str]) -> Iterator[Finding]:
    """Everything that a run needs, the things first on which others rest; a job is submitted where all else is right.

    Args:
        experiment: What is to be run.
        profiles: Snakemake's profiles, as they are given to it.
    """
    try:
        right = True
        for part in (_software_findings(), _disk_findings(experiment), _slurm_findings()):
            for finding in part:
                right = right and finding.level != "error"
                yield finding
        if right:
            yield from _try_out(experiment, planned_resources(experiment, profiles))
    except InputError as error:
        yield Finding("error", error.what, f"{error.value}: {error.remedy}")


def _software_findings() -> Iterator[Finding]:
    clone.workflow_root()
    versions = ", ".join(f"{name} {installed_version(name)}" for name in LIBRARIES)
    yield Finding("ok", "versions", f"Python {platform.python_version()}, {versions}")
    for line in surroundings.slowing_variables():
        yield Finding("warning", "environment", line)
    try:
        importlib.import_module("torch")
    except ImportError as error:
        yield Finding("error", "torch", surroundings.of_import(error))
    except Exception as error:  # whatever a broken installation raises
        yield Finding("error", "torch", f"cannot be imported ({error}); run `make install` in the clone")


def _disk_findings(experiment: Experiment) -> Iterator[Finding]:
    """Whether results and temporary files can be written, and whether the results fit."""
    results, needed = surroundings.results_root().absolute(), len(experiment.runs()) * BYTES_PER_RUN
    surroundings.check_results_root(results)
    free = shutil.disk_usage(results).free
    text = f"{results}: {_size_in_words(free)} free, up to {_size_in_words(needed)} needed"
    remedy = "free some, or name another folder in"
    if free < needed:
        yield Finding("error", "disk", f"{text}; {remedy} EXPERIMENT_OUTPUT_DIR")
        return
    scratch = os.environ.get("TMPDIR", "/tmp")
    try:
        with tempfile.TemporaryFile(dir=scratch) as file:
            file.write(os.urandom(BYTES_PER_RUN))
            file.flush()
    except OSError as error:
        problem = f"{scratch}: a file of 1 MB cannot be written ({error.strerror})"
        yield Finding("error", "disk", f"{problem}; {remedy} TMPDIR")
        return
    yield Finding("ok", "disk", text)


def _size_in_words(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _slurm_findings() -> Iterator[Finding]:
    slurm.check_commands()
    yield Finding("ok", "Slurm", f"{slurm.configuration().get('SLURM_VERSION', '?')}, its controller answers")


def planned_resources(experiment: Experiment, profiles: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The most that the jobs ask for that Slurm would get now, by their rules.

    Raises:
        InputError: Where Snakemake cannot plan them, such as with a profile that is not there; it says why.
    """
    # A plan does not say which rules run here; the profile names the others.
    remote = yaml.safe_load((clone.workflow_root() / "slurm" / "config.yaml").read_text("utf-8"))["set-threads"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config.json")
        file.write_text(config.dump_settings(experiment), encoding="utf-8")
        given = [word for profile in profiles for word in ("--profile", profile)]
        # What jobs ask for stands in what a profile may keep quiet.
        options = "--dry-run", "--nocolor", "--quiet", "reason"
        command = [sys.executable, "-m", "snakemake", *options, *given, "--configfile", str(file)]
        done = subprocess.run(
            command, text=True, errors="replace", check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    if done.returncode != 0:
        raise InputError("snakemake --dry-run", slurm.last_words(done.stdout), "mend that first")
    jobs: dict[str, dict[str, Any]] = {}
    for block in re.split(r"^(?=rule \w+:$)", done.stdout, flags=re.MULTILINE)[1:]:
        rule = block[5 : block.index(":")]
        lines = dict(re.findall(r"^ +(resources|threads): (.*)$", block, re.MULTILINE))
        if rule in remote and "resources" in lines:
            values: dict[str, Any] = dict(re.findall(r"(\w+)=(.*?)(?=, \w+=|$)", lines["resources"]))
            values["threads"] = lines.get("threads", 1)
            before = jobs.get(rule, {})
            most = {name: max(int(values[name]), before.get(name, 0)) for name in _LARGEST if name in values}
            jobs[rule] = values | most
    return jobs


@dataclass
class _Trial:
    """A job that tries out what the jobs of some rules ask for."""

    file: Path
    rules: list[str] = field(default_factory=list)
    asked: dict[str, Any] = field(default_factory=dict)
    job: str = ""
    node: str = ""
    reason: str = ""
    waiting: InQueue = field(default_factory=lambda: InQueue("PENDING"))
    started: bool = False
    ended: float | None = None

    @property
    def stands(self) -> Meaning:
        """How its job stands, where it has not ended."""
        return standing(self.waiting).meaning


def _trials_of_places(jobs: dict[str, dict[str, Any]], folder: Path, run: str) -> list[_Trial]:
    """One trial for all jobs, with the most that any asks for; more where they do not run in the same place."""
    trials: dict[tuple[str, ...], _Trial] = {}
    for rule, asked in jobs.items():
        place = slurm.sbatch_options({name: value for name, value in asked.items() if name not in _LARGEST})
        trial = trials.setdefault(tuple(place), _Trial(folder / f".{run}-{len(trials)}"))
        trial.rules.append(rule)
        trial.asked = asked | {name: max(asked[name], trial.asked.get(name, 0)) for name in _LARGEST if name in asked}
    return [*trials.values()]


def _try_out(experiment: Experiment, jobs: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    """Run a short job that imports the package and writes where results go."""
    if not jobs:
        text = "no jobs for Slurm: all is there already; to run it anew, name an empty folder in EXPERIMENT_OUTPUT_DIR"
        yield Finding("ok", "plan", text)
        return
    folder = surroundings.results_root().absolute()
    run = f"emtvb-doctor-{uuid.uuid4().hex[:12]}"
    logs = Path("slurm-logs")
    logs.mkdir(exist_ok=True)
    trials = _trials_of_places(jobs, folder, run)
    jobs_of_run = slurm.JobsOfRuns([run], slurm.MINE)
    try:
        for number, trial in enumerate(trials):
            name = f"doctor.{run}.{number}"
            call = "sbatch", "--parsable", f"--job-name={name}", f"--output={logs}/doctor-%j.log", "--export=ALL"
            script = f"#!/bin/sh\n{_trial_command(trial, experiment)}\n"
            try:
                trial.job = slurm.submit((*call, *slurm.sbatch_options(trial.asked, trial.asked["threads"])), script)
            except InputError as error:
                trial.reason = str(error.value)
                if not slurm.is_refusal(trial.reason):
                    trial.job = next(iter(slurm.ids_by_name(name)), "")
        _wait_for_trials(jobs_of_run, [trial for trial in trials if trial.job])
        findings = [finding for trial in trials if (finding := _finding_of_trial(trial, logs))]
        yield from findings
        if not findings:
            where = " and ".join(f"{', '.join(trial.rules)} (on {trial.node or 'a node'})" for trial in trials)
            yield Finding("ok", "job", f"ran with what {where} ask for, with this code, and wrote to {folder}")
    finally:
        if left := [trial.job for trial in trials if trial.job and trial.ended is None]:
            uncancelled = jobs_of_run.cancel(left)
            if uncancelled.jobs:
                log.warning("%s", uncancelled)
        for trial in trials:
            trial.file.unlink(missing_ok=True)


def _trial_command(trial: _Trial, experiment: Experiment) -> str:
    """What such a job runs, with the Python that the jobs of a run are started with."""
    accelerator = sorted({name for rule, name in experiment.accelerators().items() if rule in trial.rules})
    return shlex.join([sys.executable, "-m", "emtvb.slurm.probe", str(trial.file), *accelerator])


def _wait_for_trials(jobs: slurm.JobsOfRuns, trials: Sequence[_Trial]) -> None:
    """Wait until jobs have ended, or have not started in time."""
    begun = time.monotonic()
    while open_trials := [trial for trial in trials if trial.ended is None]:
        queue = jobs.in_queue()
        now = time.monotonic()
        for trial in open_trials:
            entry = queue.get(trial.job)  # none: Slurm has forgotten it
            trial.node = (entry and entry.node) or trial.node
            if entry is None or is_over(entry.state):
                trial.started, trial.ended = True, now
            else:
                trial.waiting = entry
                trial.started = trial.started or trial.stands is Meaning.RUNS
        waiting = [trial for trial in open_trials if not trial.started and trial.stands is not Meaning.NEVER]
        running = [trial for trial in open_trials if trial.started and trial.ended is None]
        if not (waiting and now - begun < START_SECONDS) and not (running and now - begun < END_SECONDS):
            return
        time.sleep(1)


def _finding_of_trial(trial: _Trial, logs: Path) -> Finding | None:
    """What is wrong, by what a job left; nothing where nothing is."""
    rules, log, where = ", ".join(trial.rules), logs / f"doctor-{trial.job}.log", f"a job on {trial.node or 'a node'}"
    if not trial.job:
        return Finding("error", rules, f"Slurm refuses it ({trial.reason}); {slurm.remedy(trial.reason)}")
    if not trial.started:
        if trial.stands in (Meaning.NEVER, Meaning.IN_VAIN):
            remedy = slurm.remedy_of_waiting(trial.job, trial.waiting)
            text = f"Slurm would never start it ({trial.waiting}); {remedy}"
            return Finding("error", rules, text)
        text = f"Slurm took it, but did not start it in {START_SECONDS:.0f} s ({trial.waiting})"
        return Finding("warning", rules, f"{text}; ask about that reason, unless the cluster is busy")
    if trial.ended is None:
        return Finding("warning", rules, f"{where} did not end in {END_SECONDS:.0f} s; {log} may say why")
    while not _is_seen(trial.file) and time.monotonic() - trial.ended < FILE_SECONDS:
        time.sleep(0.5)
    if _is_seen(trial.file):
        there = json.loads(trial.file.read_text())
        here = json.loads(json.dumps(present_code.recipe_of_everything(recipes.ROOT)))
        other = [part for part in ("code", "versions") if there[part] != here[part]]
        if other:
            text = f"{where} has other {' and '.join(other)} than are here"
            return Finding("error", rules, f"{text}; the clone and its .venv have to lie on a disk that all nodes see")
        log.unlink(missing_ok=True)
        return None
    output = log.read_text(errors="replace").strip() if _is_seen(log) else ""
    if re.search("^wrote ", output, re.MULTILINE):
        text = f"{where} wrote to {trial.file.parent}, which is not seen here: it is a disk of the node's own"
        return Finding("error", "disk", f"{text}; name a folder on a shared disk in EXPERIMENT_OUTPUT_DIR")
    if not output:
        text = f"{where} left no log: it does not see this clone ({Path.cwd()}), or may not write to it"
        return Finding("error", rules, f"{text}; move the clone to a disk that all nodes see")
    return Finding("error", rules, f"{where} failed ({slurm.last_words(output)}); {_remedy_by_log(output, trial)}")


def _is_seen(path: Path) -> bool:
    """Whether a file is there, asking a network file system anew."""
    try:
        return path in path.parent.iterdir()
    except OSError:
        return False


def _remedy_by_log(output: str, trial: _Trial) -> str:
    """What to do about a job that failed, by its log."""
    if str(trial.file) in output and re.search("PermissionError|OSError|FileNotFound", output):
        return "name a folder that the nodes can write to in EXPERIMENT_OUTPUT_DIR"
    if re.search("^TMPDIR: ", output, re.MULTILINE):
        return "name another folder in TMPDIR, or tell the administrators"
    if re.search("^accelerator: ", output, re.MULTILINE):
        return slurm.remedy("gpu")
    if re.search("memory|oom", output, re.IGNORECASE):
        return "raise mem_mb in a profile of your own, or most_memory: in " + slurm.SITE_FILE
    if re.search("No module named|No such file|not found|ImportError", output):
        return f"the nodes have to see {sys.executable} and this clone: move both to a disk that all nodes see"
    return f"slurm-logs/doctor-{trial.job}.log has all of it"
