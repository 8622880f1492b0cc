"""What a run on a Slurm cluster needs, checked before anything is submitted: a line for each thing, with its remedy."""

from __future__ import annotations

import getpass
import json
import math
import os
import platform
import re
import shlex
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any, Literal, NamedTuple

from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.running import recipes, slurm, surroundings
from emtvb.running.provenance import installed
from emtvb.running.slurm import SITE_FILE, ask

START_SECONDS = 60.0
"""How long a job that tries things out may wait for its start."""
END_SECONDS = 180.0
"""How long it may take from there."""
FILE_SECONDS = 15.0
"""How long its file may take to be seen here."""
BYTES_PER_RUN = 1_000_000
"""On disk, generously: weights, learning curve, TensorBoard events, and a checkpoint under way."""
ONE = "--ntasks=1", "--cpus-per-task=1"
COMMANDS = "sbatch", "squeue", "scancel", "sinfo", "scontrol"
LIBRARIES = "snakemake", "snakemake-executor-plugin-slurm", "torch", "numba", "numpy"
MEMORY = "tmpfs", "ramfs", "devtmpfs"
"""File systems that are one machine's memory."""


class Finding(NamedTuple):
    """One line: how it stands, with what, and what to do where it is not right."""

    level: Literal["ok", "warning", "error"]
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.level:<8}{self.what}: {' '.join(self.text.split())}"


@dataclass(frozen=True)
class Request:
    """What a rule's jobs ask Slurm for, at their first and at their last attempt."""

    rule: str
    first: Mapping[str, Any]
    last: Mapping[str, Any]

    def options(self, asked: Mapping[str, Any]) -> tuple[str, ...]:
        """What an attempt asks for, as options of ``sbatch``."""
        names = {
            "slurm_account": "account",
            "slurm_partition": "partition",
            "qos": "qos",
            "constraint": "constraint",
            "gpu": "gpus",
            "gres": "gres",
            "runtime": "time",
            "mem_mb": "mem",
        }
        return tuple(f"--{option}={asked[name]}" for name, option in names.items() if name in asked)


def examine(experiment: Experiment, profiles: Sequence[str]) -> Iterator[Finding]:
    """Everything that a run needs, the things first on which others rest; jobs are submitted where all else is right.

    Args:
        experiment: What is to be run.
        profiles: Snakemake's profiles, as they are given to it.
    """
    findings = []
    try:
        for finding in _examine(experiment, profiles):
            findings.append(finding)
            yield finding
        if all(finding.level != "error" for finding in findings):
            doubtful = {finding.what for finding in findings if finding.level == "warning"}
            yield from _try_out(experiment, _requests(experiment, profiles)[0], doubtful)
    except InputError as error:
        yield Finding("error", error.what, f"{error.value}: {error.remedy}")


def _examine(experiment: Experiment, profiles: Sequence[str]) -> Iterator[Finding]:
    """What can be told without a job."""
    yield from _software(experiment)
    yield from _disk(experiment)
    requests, options = _requests(experiment, profiles)
    missing = [name for name in COMMANDS if shutil.which(name) is None]
    if missing:
        yield Finding("error", "Slurm", f"no {', '.join(missing)} here; run this on a login node of the cluster")
        return
    settings = slurm.configuration()
    yield Finding("ok", "Slurm", f"{settings.get('SLURM_VERSION', '?')}, its controller answers")
    yield from _stray_output()
    yield from _configuration(settings, options)
    yield from _gpus(experiment, requests)
    account = _account(settings, requests)
    yield account
    if account.level == "error":
        return
    partitions = _partitions(settings)
    # What is wrong with the partition is wrong for every rule, and said once.
    yield from dict.fromkeys(finding for request in requests for finding in _limits(request, partitions))
    yield from _at_once(experiment, requests)


def _stray_output() -> Iterator[Finding]:
    """What this cluster's commands print besides what they are asked for, such as a greeting."""
    words = ask("squeue", "--noheader", f"--user={getpass.getuser()}", f"--name={uuid.uuid4()}").split()
    if words:
        text = f"squeue prints {shorten(' '.join(words), 100)!r} besides what it is asked for; runs leave it out"
        yield Finding("ok", "output", text)


def _requests(experiment: Experiment, profiles: Sequence[str]) -> tuple[list[Request], dict[str, Any]]:
    """What the experiment's rules ask for, and the profiles' other options."""
    requests, options = read_profiles(profiles)
    with_architectures = bool(experiment.architecture_runs())
    return [request for request in requests if with_architectures or "architecture" not in request.rule], options


def _software(experiment: Experiment) -> Iterator[Finding]:
    here = {name: installed(name) for name in LIBRARIES}
    versions = [f"{name} {version}" for name, version in here.items() if version != "none"]
    missing = [name for name, version in here.items() if version == "none"]
    if missing:
        yield Finding("error", "versions", f"{', '.join(missing)} not installed; run `make install` in the clone")
    else:
        yield Finding("ok", "versions", f"Python {platform.python_version()}, {', '.join(versions)}")
    for line in surroundings.slow():
        yield Finding("warning", "environment", line)
    try:
        import torch
    except ImportError as error:
        yield Finding("error", "torch", surroundings.of_import(error))
        return
    except Exception as error:  # whatever a broken installation raises
        yield Finding("error", "torch", f"cannot be imported ({error}); run `make install` in the clone")
        return
    built = torch.version.cuda or torch.version.hip
    if not _on_gpu(experiment):
        yield Finding("ok", "torch", f"trains on accelerator: {experiment.accelerator} (trainer: {experiment.trainer})")
    elif built is None:
        problem = f"accelerator: {experiment.accelerator}, but this torch is for CPUs alone; install one for your GPUs"
        yield Finding("error", "torch", problem)
    else:
        yield Finding("ok", "torch", f"for GPUs ({built})")


def _disk(experiment: Experiment) -> Iterator[Finding]:
    """Whether results can be written, and whether they fit."""
    root = surroundings.results_root()
    try:
        surroundings.check_results_root(root)
    except InputError as error:
        yield Finding("error", error.what, f"{error.value}: {error.remedy}")
        return
    folder = next(parent for parent in (root.absolute(), *root.absolute().parents) if parent.is_dir())
    needed, free = len(experiment.runs()) * BYTES_PER_RUN, shutil.disk_usage(folder).free
    remedy = "free some, or name another folder in EXPERIMENT_OUTPUT_DIR"
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(os.urandom(BYTES_PER_RUN))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        yield Finding("error", "disk", f"{folder}: a file of 1 MB cannot be written ({error.strerror}); {remedy}")
        return
    kind = _file_system(folder)
    if kind in MEMORY:
        text = f"{folder} is this machine's memory ({kind}), which no other node sees"
        yield Finding("error", "disk", f"{text}; name a folder on a shared disk in EXPERIMENT_OUTPUT_DIR")
        return
    if free < needed:
        yield Finding("error", "disk", f"{folder}: {_size(free)} free, up to {_size(needed)} needed; {remedy}")
    else:
        yield Finding("ok", "disk", f"{folder}: {_size(free)} free, up to {_size(needed)} needed")


def _file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the file system that a folder lies in; empty where it cannot be told."""
    try:
        rows = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    except OSError:
        return ""
    here = folder.resolve()
    around = [(len(place), kind) for place, kind in rows if here.is_relative_to(re.sub(r"\\040", " ", place))]
    return max(around, default=(0, ""), key=lambda row: row[0])[1]


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def check_profiles(profiles: Sequence[str]) -> None:
    """Raise InputError where one of Snakemake's profiles is not there, before anything is asked."""
    from snakemake.cli import get_profile_dir

    for profile in profiles:
        if not profile or get_profile_dir(profile) is None:
            remedy = "no such profile; name one, and run this in the clone, with the profiles of your call"
            raise InputError("--profile", profile, remedy)


def read_profiles(profiles: Sequence[str]) -> tuple[list[Request], dict[str, Any]]:
    """What each rule's jobs ask for by these profiles, and the profiles' other options.

    Raises:
        InputError: Where a profile cannot be read.
    """
    from snakemake.cli import get_profile_dir
    from snakemake.profiles import ProfileConfigFileParser

    check_profiles(profiles)
    options: dict[str, Any] = {}
    for file in (get_profile_dir(profile)[1] for profile in profiles):
        try:
            with file.open(encoding="utf-8") as text:
                options |= ProfileConfigFileParser().parse(text)
        except Exception as error:  # whatever a template in it raises
            problem = re.sub(r"^.*InputError: ", "", str(error).replace("\n", " "))
            raise InputError("profile", str(file), f"{problem}; mend it") from None
    of_rules: dict[str, dict[str, str]] = {}
    try:
        attempts = int(options.get("retries", 0)) + 1
        defaults = dict(entry.split("=", 1) for entry in options.get("default-resources", []))
        for entry in options.get("set-resources", []):
            name, value = entry.split("=", 1)
            rule, resource = name.split(":", 1)
            of_rules.setdefault(rule, dict(defaults))[resource] = value
    except (ValueError, TypeError, AttributeError) as error:
        remedy = f"its retries, default-resources or set-resources cannot be read ({error}); mend them"
        raise InputError("profile", ", ".join(profiles), remedy) from None
    requests = [Request(rule, _evaluate(asked, 1), _evaluate(asked, attempts)) for rule, asked in of_rules.items()]
    return requests, options


def _evaluate(resources: Mapping[str, str], attempt: int) -> dict[str, Any]:
    """Resources as Snakemake evaluates them: Python where it is Python, else text; times in minutes."""
    from snakemake.resources import Resource

    values: dict[str, Any] = {}
    for name, text in resources.items():
        try:
            value = eval(text, {"attempt": attempt})
        except Exception:
            value = text
        values[name] = Resource.parse_human_friendly(name, value)
    return values


def _configuration(settings: Mapping[str, str], options: Mapping[str, Any]) -> Iterator[Finding]:
    """How Snakemake learns that jobs ended, and whether shards can be job arrays."""
    match = re.match(r"\d+", settings.get("MinJobAge", ""))
    age = f"Slurm forgets ended jobs after {match[0] if match else '?'} s"
    yield Finding("ok", "MinJobAge", f"{age}; what is forgotten is judged by accounting or by its files")
    size = settings.get("MaxArraySize", "")
    if size.isdigit() and int(size) < 3 and options.get("slurm-array-jobs"):
        yield Finding("warning", "MaxArraySize", f"{size}: no arrays here, so shards are submitted one by one")


def _on_gpu(experiment: Experiment) -> set[str]:
    """The rules whose jobs need a GPU."""
    return experiment.on_accelerator() if experiment.accelerator in ("gpu", "cuda") else set()


def _gpus(experiment: Experiment, requests: Sequence[Request]) -> Iterator[Finding]:
    """Whether training jobs ask for a GPU where they need one."""
    asking = {request.rule for request in requests if {"gpu", "gres"} & set(request.first)}
    needing = _on_gpu(experiment)
    for rule in sorted(needing - asking):
        remedy = f"set gpus: 1, and gpu_partition: to the partition that has them, in {SITE_FILE}"
        yield Finding("error", rule, f"accelerator: {experiment.accelerator}, but its jobs ask for no GPU; {remedy}")
    if experiment.accelerator != "auto" and not needing:
        for rule in sorted(asking):
            remedy = f"take gpus: out of {SITE_FILE}, or set trainer: reference and accelerator: cuda in the config"
            yield Finding("warning", rule, f"asks for a GPU, and nothing trains on one; {remedy}")


def _at_once(experiment: Experiment, requests: Sequence[Request]) -> Iterator[Finding]:
    """How many jobs Slurm takes at once from one user."""
    limits = [limit for request in requests if (limit := slurm.submit_limit(*_place(request.first))) is not None]
    most, shards = min(limits, default=None), len(experiment.shards())
    if most == 0:
        yield Finding("error", "MaxSubmitJobs", f"Slurm takes no jobs from you; {slurm.remedy('account')}")
    elif most is not None and most < shards:
        text = f"Slurm takes {most} of your jobs at once; the {shards} shards are submitted as others end"
        yield Finding("warning", "MaxSubmitJobs", text)


def _place(asked: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """The account, partition and quality of service that a job asks for."""
    account, partition, qos = (asked.get(name) for name in ("slurm_account", "slurm_partition", "qos"))
    return (
        None if account is None else str(account),
        None if partition is None else str(partition).split(",")[0],
        None if qos is None else str(qos),
    )


def _account(settings: Mapping[str, str], requests: Sequence[Request]) -> Finding:
    """Whether jobs have an account to be charged to."""
    if not settings.get("AccountingStorageType", "").endswith("slurmdbd"):
        return Finding("ok", "accounting", "none here, and none is needed: the queue and the files say how jobs end")
    user = getpass.getuser()
    mine = sorted({row[0] for row in slurm.sacctmgr("associations", f"user={user}", columns="account,user") if row[0]})
    wanted = {str(request.first["slurm_account"]) for request in requests if "slurm_account" in request.first}
    for account in sorted(wanted):
        if account.lower() not in mine:
            remedy = f"set account: to one of yours ({', '.join(mine) or 'none'}) in {SITE_FILE}"
            return Finding("error", "account", f"{account} is not an account of {user}; {remedy}")
    if "associations" in settings.get("AccountingStorageEnforce", "") and not mine:
        return Finding("error", "account", f"{user} has none, and jobs need one here; ask the administrators")
    chosen = ", ".join(sorted(wanted)) or f"{user}'s default (of {', '.join(mine) or 'none'})"
    return Finding("ok", "account", f"{chosen}, kept by slurmdbd")


class Partition(NamedTuple):
    """A partition: whether it is up, its time limit in minutes, and the MiB that a job of one CPU can have."""

    state: str
    minutes: float
    memory: float
    is_default: bool


def _partitions(settings: Mapping[str, str]) -> dict[str, Partition]:
    nodes: dict[str, float] = {}
    for name, memory in slurm.table("sinfo", columns="%R|%m"):
        nodes[name] = max(nodes.get(name, 0.0), _number(memory))
    partitions = {}
    for line in re.findall(r"^PartitionName=.*", ask("scontrol", "--oneliner", "show", "partition"), re.MULTILINE):
        fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
        name = fields["PartitionName"]
        limits = [
            _number(of.get(limit, "")) for of in (settings, fields) for limit in ("MaxMemPerNode", "MaxMemPerCPU")
        ]
        partitions[name] = Partition(
            fields.get("State", "?"),
            slurm.minutes(fields.get("MaxTime", "UNLIMITED")),
            min([nodes.get(name, math.inf), *limits]),
            fields.get("Default") == "YES",
        )
    return partitions


def _number(text: str) -> float:
    """A number at the beginning of a text; infinite where there is none, or 0 as Slurm writes no limit."""
    match = re.match(r"\d+", text)
    return float(match[0]) if match and int(match[0]) else math.inf


def _limits(request: Request, partitions: Mapping[str, Partition]) -> Iterator[Finding]:
    """Whether a rule's jobs fit their partition by its limits, at the last attempt too."""
    rule = request.rule
    default = next((name for name, partition in partitions.items() if partition.is_default), None)
    name = request.first.get("slurm_partition", default)
    if name is None:
        yield Finding(
            "error", "partition", f"none is the default; set partition: in {SITE_FILE} ({', '.join(partitions)})"
        )
        return
    for one in str(name).split(","):
        if one not in partitions:
            remedy = f"set partition: to one of {', '.join(partitions)} in {SITE_FILE}"
            yield Finding("error", "partition", f"{one} is no partition of this cluster; {remedy}")
            return
    partition = partitions[str(name).split(",")[0]]
    if partition.state != "UP":
        yield Finding("error", "partition", f"{name} is {partition.state}; set another one in {SITE_FILE}, or wait")
        return
    account, _, qos = _place(request.first)
    quality, wall = slurm.longest_wall(account, str(name).split(",")[0], qos)
    giver, minutes = f"partition {name}", partition.minutes
    if wall < minutes:
        giver, minutes = f"quality of service {quality}", wall
    for resource, unit, most, whose, key in (
        ("runtime", "minutes", minutes, giver, "longest"),
        ("mem_mb", "MB", partition.memory, f"a node of partition {name}", "most_memory"),
    ):
        first, last = request.first.get(resource, 0), request.last.get(resource, 0)
        if last > most:
            text = f"asks for {first} {unit}, up to {last} when tried again; {whose} gives {most:.0f}"
            level: Literal["error", "warning"] = "error" if first > most else "warning"
            yield Finding(level, rule, f"{text}; set {key}: {most:.0f} in {SITE_FILE}")
            if level == "error":
                return
    first, memory = request.first.get("runtime", 0), request.first.get("mem_mb", "?")
    yield Finding("ok", rule, f"{first} minutes and {memory} MB fit partition {name}")


def _remedy(message: str, asked: Mapping[str, Any]) -> str:
    """What to set after Slurm refused a job; of what no node has, it often does not say what it was."""
    if "node configuration" in message and not re.search("memory|gres", message, re.IGNORECASE):
        message = next((name for name in ("constraint", "gpu", "gres") if name in asked), "memory")
    return slurm.remedy(message)


@dataclass
class _Trial:
    """A job that tries out what a rule asks for."""

    rules: list[str]
    asked: Mapping[str, Any]
    file: Path | None
    job: str = ""
    node: str = ""
    reason: str = ""
    started: bool = False
    ended: float | None = None


def _try_out(experiment: Experiment, requests: Sequence[Request], doubtful: Container[str]) -> Iterator[Finding]:
    """Run a short job with each rule's options: it imports the package and writes where results go.

    With the options of the last attempt a job has only to start, and is left out for rules of which that is doubtful.
    """
    root = surroundings.results_root().absolute()
    folder = next(parent for parent in (root, *root.parents) if parent.is_dir())
    run = f"emtvb-doctor-{uuid.uuid4().hex[:12]}"
    logs = Path("slurm-logs")
    logs.mkdir(exist_ok=True)
    trials: dict[tuple[str, ...], _Trial] = {}
    for request in requests:
        options = request.options(request.first)
        trial = trials.setdefault(options, _Trial([], request.first, folder / f".{run}-{len(trials)}"))
        trial.rules.append(request.rule)
    for request in requests:
        options = request.options(request.last)
        if options not in trials and request.rule not in doubtful:
            trials[options] = _Trial([f"{request.rule}, tried again"], request.last, None)
    try:
        for number, (options, trial) in enumerate(trials.items()):
            command = "true" if trial.file is None else _command(trial, experiment)
            name = f"doctor.{run}.{number}"
            call = "sbatch", "--parsable", f"--job-name={name}", f"--output={logs}/doctor-%j.log", "--export=ALL"
            try:
                trial.job = slurm.submit((*call, *ONE, *options), f"#!/bin/sh\n{command}\n")
            except InputError as error:
                trial.reason = str(error.value)
                trial.job = next(iter(slurm.named(name)), "")
        for reason in {trial.reason for trial in trials.values() if trial.job and trial.reason}:
            yield Finding("ok", "sbatch", f"{reason}; the job was found by its name, as those of a run are")
        _wait(run, [trial for trial in trials.values() if trial.job])
        findings = [finding for trial in trials.values() for finding in _judge(trial, logs)]
        yield from findings
        if not findings:
            nodes = sorted({trial.node for trial in trials.values() if trial.node})
            where = ", ".join(nodes) or "the nodes"
            yield Finding("ok", "jobs", f"ran on {where}, with this code, and wrote to {folder}")
    finally:
        slurm.cancel([trial.job for trial in trials.values() if trial.job and trial.ended is None])
        for trial in trials.values():
            if trial.file is not None:
                trial.file.unlink(missing_ok=True)


def _command(trial: _Trial, experiment: Experiment) -> str:
    """What such a job runs, with the Python that the jobs of a run are started with."""
    trains = experiment.accelerator != "cpu" and experiment.on_accelerator() & {*trial.rules}
    accelerator = [experiment.accelerator] if trains else []
    return shlex.join([sys.executable, "-m", "emtvb.running.probe", str(trial.file), *accelerator])


def _wait(run: str, trials: Sequence[_Trial]) -> None:
    """Wait until jobs have ended, or have not started in time."""
    begun = time.monotonic()
    while open_ones := [trial for trial in trials if trial.ended is None]:
        queue = slurm.queue(run)
        now = time.monotonic()
        for trial in open_ones:
            state, node, reason = queue.get(trial.job, slurm.InQueue("FORGOTTEN"))
            trial.node = node or trial.node
            if state == "PENDING":
                trial.reason = reason
            elif state == "FORGOTTEN" or slurm.is_over(state):
                trial.started, trial.ended = True, now
            else:
                trial.started = True
        waiting = [trial for trial in open_ones if not trial.started and not slurm.NEVER.search(trial.reason)]
        running = [trial for trial in open_ones if trial.started and trial.ended is None]
        if not (waiting and now - begun < START_SECONDS) and not (running and now - begun < END_SECONDS):
            return
        time.sleep(1)


def _judge(trial: _Trial, logs: Path) -> Iterator[Finding]:
    """What is wrong, by what a job left; nothing where nothing is."""
    rules, log = " and ".join(trial.rules), logs / f"doctor-{trial.job}.log"
    level: Literal["error", "warning"] = "error" if trial.file is not None else "warning"
    if not trial.job:
        refusal = re.sub(r"(allocation failure|Batch job submission failed): ", "", trial.reason)
        yield Finding(level, rules, f"Slurm would refuse it ({refusal}); {_remedy(refusal, trial.asked)}")
        return
    if not trial.started:
        if slurm.NEVER.search(trial.reason) or "Invalid" in trial.reason:
            yield Finding(level, rules, f"Slurm would never start it ({trial.reason}); {slurm.remedy(trial.reason)}")
        elif trial.file is not None or trial.reason not in ("None", "Priority", "Resources"):
            text = f"Slurm took it, but did not start it in {START_SECONDS:.0f} s ({trial.reason})"
            yield Finding("warning", rules, f"{text}; ask about that reason, unless the cluster is busy")
        return
    if trial.file is None:
        log.unlink(missing_ok=True)
        return
    if trial.ended is None:
        text = f"a job on {trial.node} did not end in {END_SECONDS:.0f} s"
        yield Finding("warning", rules, f"{text}; {log} may say why")
        return
    while not _seen(trial.file) and time.monotonic() - trial.ended < FILE_SECONDS:
        time.sleep(0.5)
    where = f"a job on {trial.node or 'a node'}"
    if _seen(trial.file):
        there = json.loads(trial.file.read_text())
        here = json.loads(json.dumps(recipes.everything(recipes.ROOT)))
        other = [part for part in ("code", "versions") if there[part] != here[part]]
        if other:
            text = f"{where} has other {' and '.join(other)} than are here"
            yield Finding("error", rules, f"{text}; the clone and its .venv have to lie on a disk that all nodes see")
        else:
            log.unlink(missing_ok=True)
        return
    output = log.read_text(errors="replace").strip().splitlines() if _seen(log) else []
    if any(line.startswith("wrote ") for line in output):
        text = f"{where} wrote to {trial.file.parent}, which is not seen here: it is a disk of the node's own"
        yield Finding("error", "disk", f"{text}; name a folder on a shared disk in EXPERIMENT_OUTPUT_DIR")
    elif not output:
        text = f"{where} left no log: it does not see this clone ({Path.cwd()}), or may not write to it"
        yield Finding("error", rules, f"{text}; move the clone to a disk that all nodes see")
    else:
        errors = [line for line in output if re.search(r"Error|error:|no GPU", line) and "Exited with" not in line]
        text = f"{where} failed ({(errors or output)[-1].strip()})"
        yield Finding("error", rules, f"{text}; {_cure(' '.join(output), trial)}")


def _seen(path: Path) -> bool:
    """Whether a file is there, asking a network file system anew."""
    try:
        return path in path.parent.iterdir()
    except OSError:
        return False


def _cure(output: str, trial: _Trial) -> str:
    """What to do about a job that failed, by its log."""
    if (
        trial.file is not None
        and str(trial.file) in output
        and re.search("PermissionError|OSError|FileNotFound", output)
    ):
        return "name a folder that the nodes can write to in EXPERIMENT_OUTPUT_DIR"
    if re.search("^accelerator: ", output, re.MULTILINE):
        return slurm.remedy("gpu")
    if re.search("memory|oom", output, re.IGNORECASE):
        return "raise mem_mb in a profile of your own, or most_memory: in " + SITE_FILE
    if "PYTHONPATH" in os.environ and re.search("ImportError|ModuleNotFound", output):
        return f"jobs inherit PYTHONPATH ({os.environ['PYTHONPATH']}), where Python looks first: unset it"
    if re.search("No module named|No such file|not found|ImportError", output):
        return f"the nodes have to see {sys.executable} and this clone: move both to a disk that all nodes see"
    return f"slurm-logs/doctor-{trial.job}.log has all of it"
