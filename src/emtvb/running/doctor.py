"""What a run on a Slurm cluster needs, checked before anything is submitted: a line for each thing, with its remedy."""

from __future__ import annotations

import getpass
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, NamedTuple

from emtvb import config
from emtvb.config import Experiment
from emtvb.errors import InputError
from emtvb.running.slurm import ask

LONGEST_SLEEP = 180
"""Seconds between two looks at the queue, at most (the executor plugin's own limit)."""
BYTES_PER_RUN = 1_000_000
"""On disk, generously: weights, learning curve, TensorBoard events, and a checkpoint under way."""
COMMANDS = "sbatch", "srun", "squeue", "scancel", "sinfo", "scontrol"
LIBRARIES = "snakemake", "snakemake-executor-plugin-slurm", "torch", "numba", "numpy"
SITE_FILE = "slurm/site.yaml"


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

    def options(self) -> list[str]:
        """The first attempt's, as options of ``sbatch``."""
        names = {
            "slurm_account": "account",
            "slurm_partition": "partition",
            "qos": "qos",
            "constraint": "constraint",
            "gpu": "gpus",
            "runtime": "time",
            "mem_mb": "mem",
        }
        return [f"--{option}={self.first[name]}" for name, option in names.items() if name in self.first]


def examine(experiment: Experiment, profiles: Sequence[str]) -> Iterator[Finding]:
    """Everything that a run needs, the things first on which others rest.

    Args:
        experiment: What is to be run.
        profiles: Snakemake's profiles, as they are given to it.
    """
    yield from _software(experiment)
    yield from _disk(experiment)
    missing = [name for name in COMMANDS if shutil.which(name) is None]
    if missing:
        yield Finding("error", "Slurm", f"no {', '.join(missing)} here; run this on a login node of the cluster")
        return
    try:
        settings = _controller()
        yield Finding("ok", "Slurm", f"{settings.get('SLURM_VERSION', '?')}, its controller answers")
        requests, options = read_profiles(profiles)
        if not experiment.architecture_runs():
            requests = [request for request in requests if "architecture" not in request.rule]
        yield from _configuration(settings, options)
        account = _account(settings, requests)
        yield account
        if account.level == "error":
            return
        partitions = _partitions()
        # What is wrong with the partition is wrong for every rule, and said once.
        yield from dict.fromkeys(finding for request in requests for finding in _limits(request, partitions))
    except InputError as error:
        yield Finding("error", error.what, f"{error.value}: {error.remedy}")


def _software(experiment: Experiment) -> Iterator[Finding]:
    versions = [f"{name} {metadata.version(name)}" for name in LIBRARIES if _is_installed(name)]
    missing = [name for name in LIBRARIES if not _is_installed(name)]
    if missing:
        yield Finding("error", "versions", f"{', '.join(missing)} not installed; run `make install` in the clone")
    else:
        yield Finding("ok", "versions", f"Python {platform.python_version()}, {', '.join(versions)}")
    try:
        import torch
    except Exception as error:  # whatever a broken installation raises
        yield Finding("error", "torch", f"cannot be imported ({error}); run `make install` in the clone")
        return
    if experiment.trainer != "cuda":
        yield Finding("ok", "torch", f"trains on the CPU (trainer: {experiment.trainer})")
    elif torch.version.cuda is None:
        yield Finding("error", "torch", "trainer: cuda, but this torch has no CUDA; install one that does")
    else:
        yield Finding("ok", "torch", f"CUDA {torch.version.cuda}")


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _disk(experiment: Experiment) -> Iterator[Finding]:
    """Whether results can be written, and whether they fit."""
    root = config.results_root()
    try:
        config.check_results_root(root)
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
    if free < needed:
        yield Finding("error", "disk", f"{folder}: {_size(free)} free, up to {_size(needed)} needed; {remedy}")
    else:
        yield Finding("ok", "disk", f"{folder}: {_size(free)} free, up to {_size(needed)} needed")


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _controller() -> dict[str, str]:
    """Slurm's configuration."""
    pairs = (line.split("=", 1) for line in ask("scontrol", "show", "config").splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def read_profiles(profiles: Sequence[str]) -> tuple[list[Request], dict[str, Any]]:
    """What each rule's jobs ask for by these profiles, and the profiles' other options.

    Raises:
        InputError: Where a profile cannot be read.
    """
    from snakemake.cli import get_profile_dir
    from snakemake.profiles import ProfileConfigFileParser

    options: dict[str, Any] = {}
    for profile in profiles:
        found = get_profile_dir(profile)
        if found is None:
            raise InputError("profile", profile, "not found; run this in the clone, with the profiles of your call")
        try:
            with found[1].open(encoding="utf-8") as file:
                options |= ProfileConfigFileParser().parse(file)
        except Exception as error:  # whatever a template in it raises
            said = re.sub(r"^.*InputError: ", "", str(error).replace("\n", " "))
            raise InputError("profile", str(found[1]), f"{said}; mend it") from None
    attempts = int(options.get("retries", 0)) + 1
    defaults = dict(entry.split("=", 1) for entry in options.get("default-resources", []))
    of_rules: dict[str, dict[str, str]] = {}
    for entry in options.get("set-resources", []):
        name, value = entry.split("=", 1)
        rule, resource = name.split(":", 1)
        of_rules.setdefault(rule, dict(defaults))[resource] = value
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
    """Whether Snakemake learns that jobs ended, and finds Slurm from within them."""
    found = re.match(r"\d+", settings.get("MinJobAge", ""))
    age = int(found[0]) if found else 300
    soonest = 3 * int(options.get("slurm-init-seconds-before-status-checks", 40))
    remedy = (
        f"ask the administrators for {2 * LONGEST_SLEEP}; till then, if a run stands still, stop it and call it again"
    )
    if age < soonest:
        text = f"Slurm forgets ended jobs after {age} s, too soon to see how array tasks ended"
        yield Finding("error", "MinJobAge", f"{text}; pass --slurm-array-jobs none to Snakemake, or {remedy}")
    elif age <= LONGEST_SLEEP:
        yield Finding("warning", "MinJobAge", f"{age} s, but up to {LONGEST_SLEEP} s pass between two looks; {remedy}")
    else:
        yield Finding("ok", "MinJobAge", f"{age} s, longer than the {LONGEST_SLEEP} s between two looks at the queue")
    usual = Path("/etc/slurm/slurm.conf"), Path("/run/slurm/conf/slurm.conf")
    if "SLURM_CONF" in os.environ and not any(path.exists() for path in usual):
        text = "the executor plugin takes it away inside jobs, where srun may then not find Slurm"
        yield Finding("warning", "SLURM_CONF", f"{text}; if jobs fail so, ask for {usual[0]} on the nodes")


def _account(settings: Mapping[str, str], requests: Sequence[Request]) -> Finding:
    """Whether jobs have an account to be charged to."""
    if not settings.get("AccountingStorageType", "").endswith("slurmdbd"):
        return Finding("ok", "accounting", "none here, and none is needed: squeue says how jobs end")
    user = getpass.getuser()
    listed = ask("sacctmgr", "--noheader", "--parsable2", "show", "associations", f"user={user}", "format=account")
    mine = sorted(set(listed.split()))
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
    """A partition: whether it is up, its time limit in minutes, and what happens to preempted jobs."""

    state: str
    minutes: float
    preempt: str
    is_default: bool


def _partitions() -> dict[str, Partition]:
    found = {}
    for line in ask("scontrol", "--oneliner", "show", "partition").splitlines():
        fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
        found[fields["PartitionName"]] = Partition(
            fields.get("State", "?"),
            _minutes(fields.get("MaxTime", "UNLIMITED")),
            fields.get("PreemptMode", "OFF"),
            fields.get("Default") == "YES",
        )
    return found


def _minutes(text: str) -> float:
    """Slurm's [days-]hours:minutes:seconds in minutes."""
    if not text[:1].isdigit():
        return float("inf")
    days, _, rest = text.rpartition("-")
    hours, minutes, seconds = ([0, 0, 0] + [int(part) for part in rest.split(":")])[-3:]
    return int(days or 0) * 1440 + hours * 60 + minutes + seconds / 60


def _limits(request: Request, partitions: Mapping[str, Partition]) -> Iterator[Finding]:
    """Whether a rule's jobs fit their partition, by its limits and by Slurm's own word."""
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
    first, last = request.first.get("runtime", 0), request.last.get("runtime", 0)
    if last > partition.minutes:
        text = (
            f"asks for {first} minutes, up to {last} when tried again; partition {name} gives {partition.minutes:.0f}"
        )
        level: Literal["error", "warning"] = "error" if first > partition.minutes else "warning"
        yield Finding(level, rule, f"{text}; set longest: {partition.minutes:.0f} in {SITE_FILE}")
        if level == "error":
            return
    if partition.preempt == "CANCEL":
        text = f"{name} cancels preempted jobs, for which Snakemake then waits forever"
        yield Finding("warning", "partition", f"{text}; set another one, or call a run that stands still again")
    try:
        ask("sbatch", "--test-only", "--ntasks=1", "--cpus-per-task=1", *request.options(), "--wrap", "true")
    except InputError as error:
        refusal = re.sub(r"^.*(sbatch: error|failure): ", "", str(error.value))
        yield Finding(
            "error", rule, f"Slurm would refuse it ({refusal}); set account:, partition: or qos: in {SITE_FILE}"
        )
        return
    memory = request.first.get("mem_mb", "?")
    yield Finding("ok", rule, f"{first} minutes and {memory} MB fit partition {name}, and Slurm would take it")
