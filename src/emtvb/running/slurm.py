"""Asking Slurm, and taking over from a Snakemake that was killed."""

from __future__ import annotations

import atexit
import contextlib
import getpass
import logging
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from emtvb.errors import InputError
from emtvb.files import check_writable
from emtvb.running.lock import locked

log = logging.getLogger(__name__)
_held = contextlib.ExitStack()
_LOCK = ".snakemake.lock"
_HOLDER = "EMTVB_SNAKEMAKE"
END_SECONDS = 180.0
"""How long to wait for a cancelled job to be gone: Slurm's KillWait is 30 s unless a site changes it."""

FAILED = frozenset(
    (
        "BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "LAUNCH_FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED",
        "RECONFIG_FAIL", "REVOKED", "TIMEOUT",
    )
)  # fmt: skip
"""States of a job that is over and did not complete. One that Slurm starts again is PENDING by then."""

NEVER = re.compile(r"PerJob|PartitionTimeLimit|MaxMemPerLimit|BadConstraints")
"""Why a job waits that will not start, however long it waits: it asks for more than it can ever get."""

_REMEDIES = (
    (
        r"submit.*limit|MaxSubmit",
        "wait for jobs of yours to end; `jobs:` in a profile of your own keeps them fewer",
    ),
    (r"time ?limit|walldur|wall", "set longest: to the minutes that one job may take"),
    (r"mem", "set most_memory: to the MiB that one job may ask for"),
    (r"account|assoc", "set account: to one of yours (`sacctmgr show associations user=$USER` lists them)"),
    (r"feature|constraint", "set constraint: to a feature that nodes have (`sinfo -o %f` lists them)"),
    (r"gres|gpu|tres", "set gpus: to what a node has, and gpu_partition: to the partition that has them"),
    (r"qos", "set qos: to one of yours (`sacctmgr show associations user=$USER format=qos` lists them)"),
    (r"partition", "set partition: to one that takes your jobs (`sinfo` lists them)"),
)
_ANY = "set account:, partition:, qos:, constraint:, longest: or most_memory: to what this cluster takes"


def ask(*command: str) -> str:
    """What one of Slurm's commands prints.

    Raises:
        InputError: Where there is no such command, or it fails, with the first line of what it says.
    """
    try:
        done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=120)
    except FileNotFoundError:
        raise InputError(command[0], "not found", "run this where Slurm is, such as a login node") from None
    except subprocess.TimeoutExpired:
        raise InputError(command[0], "no answer in 120 s", "Slurm is busy or down; run again when it answers") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        plain = [re.sub(r"^\w+: (error|fatal): ", "", line) for line in said[-3:]]
        raise InputError(" ".join(command[:3]), "; ".join(plain), "run again when Slurm answers")
    return done.stdout


class InQueue(NamedTuple):
    """How a job stands: its state, its node, and why it waits."""

    state: str
    node: str = ""
    reason: str = ""


def is_over(state: str) -> bool:
    """Whether a job in this state has ended, well or not."""
    return state == "COMPLETED" or state in FAILED


def queue(run: str) -> dict[str, InQueue]:
    """The jobs of one run of Snakemake that Slurm remembers, by their ids; a task of an array is a job of its own.

    Raises:
        InputError: Where Slurm does not answer.
    """
    said = ask("squeue", "--noheader", "--array", "--states=all", f"--name={run}", "--format=%i|%T|%N|%r")
    rows = (line.strip().split("|", 3) for line in said.splitlines())
    return {row[0]: InQueue(*row[1:]) for row in rows if len(row) == 4}


def accounted(jobs: Iterable[str]) -> dict[str, str]:
    """The states that accounting knows of these jobs, by their ids; nothing on a cluster that keeps no accounts."""
    wanted = set(jobs)
    ids = ",".join(sorted({job.split("_")[0] for job in wanted}))
    try:
        said = ask("sacct", "--noheader", "--parsable2", "--allocations", f"--jobs={ids}", "--format=JobID,State")
    except InputError:
        return {}
    found = {}
    for job, _, state in (line.partition("|") for line in said.splitlines()):
        for one in _tasks(job):
            if one in wanted and state:
                found[one] = state.split()[0]  # CANCELLED by 1000
    return found


def _tasks(job: str) -> Iterable[str]:
    """The ids that Slurm writes as one: 13_[4-6,8%2] are 13_4, 13_5, 13_6 and 13_8."""
    array, bracket, tasks = job.partition("_[")
    if not bracket:
        return [job]
    spans = (part.partition("-")[::2] for part in tasks.rstrip("]").partition("%")[0].split(","))
    return [f"{array}_{task}" for first, last in spans for task in range(int(first), int(last or first) + 1)]


def room(account: str | None, partition: str | None, qos: str | None) -> int | None:
    """How many jobs more Slurm will take with these options; None where it sets no limit.

    Raises:
        InputError: Where Slurm does not answer.
    """
    mine = ask("squeue", "--noheader", "--array", f"--user={getpass.getuser()}", "--format=%i").split()
    limit = submit_limit(account, partition, qos)
    return None if limit is None else max(limit - len(mine), 0)


@cache
def submit_limit(account: str | None, partition: str | None, qos: str | None) -> int | None:
    """How many jobs a user may have in the queue, each task of an array counted; None where nothing limits it."""
    columns = "name,maxsubmitjobsperuser,maxsubmitjobsperaccount,grpsubmitjobs"
    rows = [row[1:3] for row in _associations(account)] + [
        row[1:] for row in _qualities(account, partition, qos, columns)
    ]
    return min((int(number) for row in rows for number in row if number.isdigit()), default=None)


def longest_wall(account: str | None, partition: str | None, qos: str | None) -> tuple[str, float]:
    """The quality of service that gives a job the least time, and how many minutes; no name where none limits it."""
    rows = _qualities(account, partition, qos, "name,maxwall")
    return min(((name, minutes(wall)) for name, wall in rows if wall), key=lambda row: row[1], default=("", math.inf))


@cache
def configuration() -> dict[str, str]:
    """Slurm's configuration.

    Raises:
        InputError: Where Slurm does not answer.
    """
    pairs = (line.split("=", 1) for line in ask("scontrol", "show", "config").splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def _has_limits() -> bool:
    """Whether Slurm holds jobs to the limits of accounts and qualities of service."""
    return bool(re.search("limits|safe|all", configuration().get("AccountingStorageEnforce", "")))


def minutes(text: str) -> float:
    """Slurm's [days-]hours:minutes:seconds in minutes; infinite where it is no time."""
    if not text[:1].isdigit():
        return math.inf
    days, _, rest = text.rpartition("-")
    hours, minutes, seconds = ([0, 0, 0] + [int(part) for part in rest.split(":")])[-3:]
    return int(days or 0) * 1440 + hours * 60 + minutes + seconds / 60


def _associations(account: str | None) -> list[list[str]]:
    """Of this user with an account, the default one if none is given: user, two limits of jobs, default quality."""
    user = getpass.getuser()
    try:
        if not _has_limits():
            return []
        if account is None:
            account = _sacctmgr("user", f"name={user}", columns="defaultaccount")[0][0]
        columns = "user,maxsubmitjobs,grpsubmitjobs,defaultqos"
        found = _sacctmgr("associations", f"account={account}", columns=columns)
    except (InputError, IndexError):
        return []
    return [row for row in found if row[0] in ("", user)]


def _qualities(account: str | None, partition: str | None, qos: str | None, columns: str) -> list[list[str]]:
    """The qualities of service that a job has: the one asked for or the default, and its partition's."""
    default = next((row[3] for row in _associations(account) if row[0] and row[3]), "normal")
    try:
        if not _has_limits():
            return []
        asked = ask("scontrol", "show", "partition", partition) if partition else ""
        names = {qos or default, *re.findall(r"\bQoS=(\S+)", asked)}
        return [row for row in _sacctmgr("qos", columns=columns) if row[0] in names]
    except InputError:
        return []


def _sacctmgr(*what: str, columns: str) -> list[list[str]]:
    said = ask("sacctmgr", "--noheader", "--parsable2", "show", *what, f"format={columns}")
    return [line.split("|") for line in said.splitlines()]


def remedy(said: str) -> str:
    """What to set in slurm/site.yaml after Slurm refused a job or does not start it, by its words."""
    found = next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, said, re.IGNORECASE)), _ANY)
    return found if "`jobs:`" in found else f"in slurm/site.yaml, {found}"


def cancel(jobs: Iterable[str]) -> None:
    """Cancel jobs; one that has ended meanwhile, or that Slurm has forgotten, is none to cancel."""
    with contextlib.suppress(InputError):
        ask("scancel", *jobs)


def take_over(results: Path, run: str | None) -> None:
    """Be the only Snakemake that works on these results until this process ends, and cancel what others left over.

    Who holds the results finds in their lock file which Slurm jobs a killed one may have left over. What those
    jobs did is not lost, since training goes on from its checkpoints.

    Args:
        results: The experiment's folder.
        run: The name of the Slurm jobs that this Snakemake will submit; None if it submits none.

    Raises:
        InputError: Where another Snakemake is at work, Slurm does not answer, or jobs do not end.
    """
    path = check_writable(results) / _LOCK
    try:
        _held.enter_context(locked(path))
    except BlockingIOError:
        holder = "".join(path.read_text(encoding="utf-8").splitlines()[:1]) or "another Snakemake"
        raise InputError("results folder", str(results), f"{holder} works on it; wait for its end") from None
    runs = path.read_text(encoding="utf-8").splitlines()[1:]
    if run is not None:
        _cancel(runs)
        runs = [run]
    holder = f"Snakemake (process {os.getpid()} on {socket.gethostname()}, since {datetime.now():%Y-%m-%d %H:%M:%S})"
    path.write_text("\n".join([holder, *runs]), encoding="utf-8")
    os.environ[_HOLDER] = holder  # which its jobs inherit


def is_superseded(results: Path) -> bool:
    """Whether this process is a job of a Snakemake that was killed, and of which another one took over since."""
    ours = os.environ.get(_HOLDER)
    path = results / _LOCK
    return ours is not None and path.exists() and path.read_text(encoding="utf-8").splitlines()[:1] != [ours]


def _cancel(runs: Collection[str]) -> None:
    """Cancel the jobs of these runs of Snakemake, and wait until they are gone."""
    left = _jobs(runs)
    if not left:
        return
    log.warning("cancelling Slurm jobs %s, left over from a Snakemake that was killed", " ".join(left))
    cancel(left)
    deadline = time.monotonic() + END_SECONDS
    while left := _jobs(runs):
        if time.monotonic() > deadline:
            raise InputError("Slurm jobs", " ".join(left), "cancelled, but they do not end; run again later")
        time.sleep(1)


def _jobs(runs: Collection[str]) -> list[str]:
    """Slurm's ids of their jobs that wait, run or are about to end."""
    if not runs:
        return []
    return sorted(
        set(ask("squeue", "-h", f"--user={getpass.getuser()}", f"--name={','.join(runs)}", "-o", "%F").split())
    )


def is_around_another_task() -> bool:
    """Whether this Snakemake only starts another one, for a task of a job array that is not its first.

    The executor plugin starts a task's command inside a Snakemake with the first task's, which waits for the first
    task's outputs and removes them if the other task fails (snakemake-executor-plugin-slurm, issue 447).
    """
    task, first = (os.environ.get(f"SLURM_ARRAY_TASK_{name}") for name in ("ID", "MIN"))
    return task != first and any(argument.startswith("--slurm-jobstep-array-execs") for argument in sys.argv)


def stand_in_results(shards: Iterable[str]) -> Path:
    """A folder for such a Snakemake to take for the results: what it waits for is there, what it removes is nothing."""
    folder = Path(tempfile.mkdtemp(prefix="emtvb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    named = {argument.removeprefix("train_shard:shard=") for argument in sys.argv}
    for shard in named.intersection(shards) or shards:
        outputs = (
            f"training/{shard}/weights.safetensors",
            f"training/{shard}/history.csv",
            f"measurements/learning/{shard}.csv",
            f"training/{shard}/digests.csv",
        )
        for path in map(folder.joinpath, outputs):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return folder
