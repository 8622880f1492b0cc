"""Asking Slurm, and taking over from a Snakemake that was killed."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from textwrap import shorten
from typing import Any, NamedTuple

from emtvb.errors import InputError
from emtvb.files import check_writable
from emtvb.lock import locked
from emtvb.slurm.states import InQueue, is_over, standing

log = logging.getLogger(__name__)
_held = contextlib.ExitStack()
_LOCK = ".snakemake.lock"
_HOLDER = "EMTVB_SNAKEMAKE"
_FOLDER = "EXPERIMENT_OUTPUT_DIR"
END_SECONDS = 180.0
"""How long to wait for a cancelled job to be gone: Slurm's KillWait is 30 s unless a site changes it."""

COMMANDS = "sbatch", "squeue", "scancel", "scontrol"
"""Without which nothing can be submitted, followed or ended."""

ADDRESS = "SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_CLUSTERS"
"""Variables by which Slurm's commands find their cluster."""

FULL = re.compile(r"(Max|Grp)Submit|^(?!.*[a-z]Limit\b).*submit.*limit", re.IGNORECASE)
"""What Slurm says of a submission where it takes no more jobs of one user; of other limits it says a word more."""

PASSING = re.compile(
    r"timed? ?out|no answer|temporarily|try again|unable to contact|cannot contact|connection (refused|reset)"
    r"|(send|receive|communication|connect|transport) (failure|error)|zero bytes|standby|munge|authentication"
    r"|too many open files|cannot allocate|no route to host|name or service not known|network is",
    re.IGNORECASE,
)
"""What Slurm's commands say where it is Slurm, the network or this machine that fails, and not what was asked."""

_REFUSED = (
    r"invalid|not (permitted|available|allowed|supported)|than permitted|denied|violates|exceeds|\bmust\b|unrecognized"
    r"|can(not| ?not be) satisfied|unsupported"
)
"""Words of Slurm's own messages (`slurm_errno.c`); its commands print the message of an error, and not its number."""
_REMEDIES = (
    (FULL.pattern, "wait for jobs of yours to end; `jobs:` in a profile of your own keeps them fewer"),
    ("reservation", "name another one, or none, in SBATCH_RESERVATION or slurm_extra"),
    (r"time ?limit|walldur|\bwall", "set longest: to the minutes that one job may take"),
    (r"mem(?!ber)", "set most_memory: to the MiB that one job may ask for"),
    (r"account|assoc", "set account: to one of yours (`sacctmgr show associations user=$USER` lists them)"),
    (r"feature|constraint", "set constraint: to a feature that nodes have (`sinfo -o %f` lists them)"),
    (r"gres|gpu|tres", "set gpus: to what a node has, and gpu_partition: to the partition that has them"),
    (r"qos", "set qos: to one of yours (`sacctmgr show associations user=$USER format=qos` lists them)"),
    (
        r"node configuration",
        "set most_memory:, constraint: or gpus: to what a node has (`sinfo -o '%P %m %f %G'` lists it), and "
        "gpu_partition: to the partition that has GPUs",
    ),
    (r"partition", "set partition: to one that takes your jobs (`sinfo` lists them)"),
)


def check_commands() -> None:
    """Raise InputError where Slurm's commands are not here, or may ask other clusters than the one with the jobs."""
    missing = [name for name in COMMANDS if shutil.which(name) is None]
    if missing:
        raise InputError("Slurm", f"no {', '.join(missing)} here", "run this where Slurm is, such as a login node")
    clusters = _environment_of_commands().get("SLURM_CLUSTERS", "")
    if "," in clusters or clusters == "all":
        raise InputError("SLURM_CLUSTERS", clusters, "name one cluster: jobs are looked for where they were submitted")
    try:
        configuration()
    except InputError as error:
        if re.search("no cluster|invalid entry", str(error.value), re.IGNORECASE):
            raise InputError("SLURM_CLUSTERS", clusters, f"no cluster here ({error.value})") from None


_ID = re.compile(r"(\d+)(;\S+)?")
"""What ``sbatch --parsable`` prints: the id of a job, and its cluster."""


def answer_of(*command: str, script: str | None = None) -> str:
    """What one of Slurm's commands prints. Ctrl-C does not reach it: a job may be on its way.

    Args:
        command: The command and its arguments.
        script: What it reads. Where it then prints no id of a job, what it prints as errors is part of the answer.

    Raises:
        InputError: Where there is no such command, or it fails, with the last lines of what it says.
    """
    shown = " ".join(command[:4])
    try:
        done = subprocess.run(
            command, text=True, errors="replace", capture_output=True, check=False, timeout=120, input=script,
            env=_environment_of_commands(), start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise InputError(shown, error.strerror, "run this where Slurm's commands can be started") from None
    except subprocess.TimeoutExpired:
        raise InputError(shown, "no answer in 120 s", "Slurm is busy or down; run again when it answers") from None
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
        plain = [re.sub(r"^\w+: (error|fatal): ", "", line) for line in lines[-3:]]
        raise InputError(shown, "; ".join(plain), "run again when Slurm answers")
    return done.stdout if script is None or _ID.fullmatch(done.stdout.strip()) else f"{done.stdout} {done.stderr}"


def _environment_of_commands() -> dict[str, str]:
    """This process's, without what would have Slurm's commands hide jobs, wait for one, or make an array of it."""
    # Nor may a variable send elsewhere what a job reads and writes. Within a job, such as one of salloc, nothing of it
    # is handed on. SBATCH_CLUSTERS counts for all commands.
    moot = r"(SQUEUE|SACCT|SINFO|SCANCEL)_|SBATCH_(WAIT|ARRAY_INX|EXPORT|CLUSTERS|INPUT|OUTPUT|ERROR|OPEN_MODE)$"
    if "SLURM_JOB_ID" in os.environ:
        moot += "|SLURM_"
    to_keep = (*ADDRESS, "SLURM_JWT")
    kept = {name: value for name, value in os.environ.items() if name in to_keep or not re.match(moot, name)}
    if clusters := os.environ.get("SBATCH_CLUSTERS"):
        kept["SLURM_CLUSTERS"] = clusters
    return {**kept, "SLURM_BITSTR_LEN": "0"}  # the tasks of an array in full, and not only as far as 64 bytes go


SITE_FILE = "slurm/site.yaml"
"""What a group says of its cluster, in the clone."""
_MARK = "emtvb"
MINE = f"--user={os.getuid()}"
"""Whose jobs are asked for: this process's, whatever LOGNAME says after su or sudo."""


def rows_of_queue(*options: str, columns: str) -> list[list[str]]:
    """The rows that ``squeue`` prints of these columns, and nothing that a site prints besides.

    Raises:
        InputError: Where Slurm does not answer.
    """
    # Without --all a user's own jobs in a hidden partition are left out, and those that wait in one of another group.
    answer = answer_of("squeue", *options, "--all", "--noheader", f"--format={_MARK}|{columns}")
    count = columns.count("|") + 1
    return [line.split("|", count)[1:] for line in answer.splitlines() if line.startswith(f"{_MARK}|")]


def sbatch_options(asked: Mapping[str, Any], threads: int = 1) -> list[str]:
    """What a job asks for by Snakemake's names of resources, as options of ``sbatch``.

    Raises:
        InputError: Of another cluster than the one that is asked how jobs stand, and of options that are not a user's.
    """
    for name in ("slurm_cluster", "cluster", "clusters"):
        if asked.get(name):
            raise InputError(name, asked[name], "set SLURM_CLUSTERS instead, which all of Slurm's commands read")
    extra = shlex.split(str(asked.get("slurm_extra") or ""))
    if own := [word for word in extra if _OWN.match(word)]:
        raise InputError("slurm_extra", own[0], "set by the executor itself; leave it out")
    gpus = asked.get("gpu") or (1 if asked.get("gpu_model") else None)
    values = {
        "account": asked.get("slurm_account"),
        "partition": asked.get("slurm_partition"),
        "qos": asked.get("qos"),
        "constraint": asked.get("constraint"),
        "time": asked.get("runtime"),
        "mem-per-cpu": asked.get("mem_mb_per_cpu"),
        "mem": None if asked.get("mem_mb_per_cpu") else asked.get("mem_mb"),
        "nodes": asked.get("nodes"),
        "ntasks": asked.get("tasks") or 1,
        "cpus-per-task": asked.get("cpus_per_task") or threads,
        "gres": asked.get("gres"),
        "gpus": f"{asked['gpu_model']}:{gpus}" if asked.get("gpu_model") else gpus,
    }
    return [*(f"--{name}={value}" for name, value in values.items() if value), *extra]


_OWN = re.compile(r"--(job-name|output|array|export|parsable|wait|wrap|clusters|chdir)\b|-[JoaWMD]")


def submit(call: Sequence[str], script: str) -> str:
    """Submit a script with ``sbatch --parsable``; returns the job's id.

    Raises:
        InputError: Where that fails, or what is printed is not one id. The job may have been taken all the same.
    """
    answer = answer_of(*call, script=script).strip()
    match = _ID.fullmatch(answer)
    if match is None:
        shown = shorten(" ".join(answer.split()), 200) or "nothing"
        raise InputError("sbatch", f"it printed no id of a job but: {shown}", "see what it prints besides")
    return match[1]


def ids_by_name(name: str) -> list[str]:
    """The ids of jobs with a name, whatever has become of them, but for what Slurm refused; a job array has one.

    Accounting is asked, too, where there is some: the queue may be a copy that is not of now.

    Raises:
        InputError: Where Slurm does not answer.
    """
    rows = rows_of_queue("--states=all", f"--name={name}", columns="%F|%T|%N")
    # Slurm may keep a record of what it refused: it failed, and had no node.
    found = {number for number, state, node in rows if (state, node) != ("FAILED", "")}
    with contextlib.suppress(InputError):
        answer = answer_of("sacct", *_BRIEF, f"--name={name}", "--format=JobID,State,NodeList")
        accounts = [line.split("|") for line in answer.splitlines() if line.count("|") == 2]
        found |= {
            job.split("_")[0]
            for job, state, node in accounts
            if job[:1].isdigit() and (state, node) != ("FAILED", "None assigned")
        }
    return sorted(found)


class Uncancelled(NamedTuple):
    """The ids of jobs that stand although they were cancelled, and what ``scancel`` said."""

    jobs: frozenset[str] = frozenset()
    said: str = ""

    def __str__(self) -> str:
        return f"Slurm jobs {' '.join(whole_arrays(self.jobs))} are not cancelled (scancel: {self.said or 'no word'})"


class JobsOfRuns:
    """The jobs that runs of Snakemake have on Slurm: those with a run's name in theirs.

    An id alone says nothing, for Slurm gives it again, to anybody's job. A job that somebody renames is known by its id
    and the time at which it was submitted.

    Args:
        runs: The names of the runs.
        of: Whose jobs are looked at, as an option of ``squeue``; everybody's by default.
    """

    def __init__(self, runs: Collection[str], *of: str) -> None:
        self._runs, self._of = frozenset(runs), of
        self._names: dict[str, str] = {}
        self._submitted: dict[str, str] = {}

    @property
    def numbers(self) -> frozenset[str]:
        """The ids that were added."""
        return frozenset(self._names)

    def add(self, number: str, name: str) -> None:
        """Add what was submitted: its id, and the name of the submission."""
        self._names[number] = name

    def in_queue(self) -> dict[str, InQueue]:
        """The jobs that Slurm's queue remembers, by their ids; a task of an array is a job of its own.

        Raises:
            InputError: Where Slurm does not answer.
        """
        rows = rows_of_queue(*self._of, "--array", "--states=all", columns="%j|%i|%V|%Q|%T|%N|%r") if self._runs else []
        return {
            job: InQueue(state, node, reason, is_held=priority == "0")
            for name, job, submitted, priority, state, node, reason in rows
            if self._is_one(job, name, submitted)
        }

    def states_by_accounting(self, jobs: Iterable[str]) -> dict[str, str]:
        """The states that accounting knows of these jobs, by their ids; nothing on a cluster that keeps no accounts."""
        wanted = set(jobs)
        ids = ",".join(sorted({job.split("_")[0] for job in wanted}))
        try:
            answer = answer_of("sacct", *_BRIEF, f"--jobs={ids}", "--format=JobID,State,Submit,JobName")
        except InputError:
            return {}
        states = {}
        for job, state, submitted, name in (line.split("|", 3) for line in answer.splitlines() if line.count("|") > 2):
            for one in _single_ids(job):
                if one in wanted and state and self._is_one(one, name, submitted):
                    states[one] = state.split()[0]  # CANCELLED by 1000
        return states

    def states_by_controller(self, jobs: Iterable[str]) -> dict[str, str]:
        """The states that Slurm's controller itself knows of these jobs, by their ids, whatever the queue says.

        Raises:
            InputError: Where it does not answer.
        """
        states: dict[str, str] = {}
        for number in sorted({job.split("_")[0] for job in jobs}):
            try:
                answer = answer_of("scontrol", "--oneliner", "show", "job", number)
            except InputError as error:
                if not _UNKNOWN.search(str(error.value)):
                    raise
                continue
            for line in answer.splitlines():
                fields: dict[str, str] = dict(re.findall(r"(\w+)=(\S+)", line))
                if "JobState" in fields:
                    job = f"{number}_[{fields['ArrayTaskId']}]" if "ArrayTaskId" in fields else number
                    for one in _single_ids(job):
                        if self._is_one(one, fields.get("JobName", ""), fields.get("SubmitTime", "")):
                            states[one] = fields["JobState"]
        return states

    def _is_one(self, job: str, name: str, submitted: str) -> bool:
        """Whether a job that Slurm knows is one of these."""
        if not self._runs.isdisjoint(name.split(".")):
            self._submitted[job] = submitted
            return True
        return self._submitted.get(job) == submitted

    def cancel(self, jobs: Collection[str]) -> Uncancelled:
        """Cancel some of these jobs, and look; one that has ended, or that Slurm has forgotten, is none to cancel.

        Args:
            jobs: Their ids. Of one that the queue does not show, only one with the name of its submission is cancelled.

        Raises:
            InputError: Where Slurm does not answer.
        """
        queue = self.in_queue()
        every = unended(queue)
        shown, unseen = every.intersection(jobs), sorted(set(jobs) - queue.keys())
        said = [_scancel(whole_arrays(shown) if shown == every else sorted(shown))] if shown else []
        left = set()
        for number in self._names.keys() & whole_arrays(unseen):
            some = [job for job in unseen if job.split("_")[0] == number]
            if error := _scancel(some, f"--name={self._names[number]}"):
                said.append(error)
                left |= set(some)
        if shown:
            queue = self.in_queue()
            left |= {job for job in shown & unended(queue) if queue[job].state != "COMPLETING"}
        return Uncancelled(frozenset(left), next(filter(None, said), ""))

    def cancel_all(self, jobs: Collection[str] = ()) -> Uncancelled:
        """The same of all jobs that the queue shows, and of these.

        Raises:
            InputError: Where Slurm does not answer.
        """
        return self.cancel({*jobs, *unended(self.in_queue())})


def unended(queue: Mapping[str, InQueue]) -> set[str]:
    """The ids of jobs that wait, run or are about to end."""
    return {job for job, entry in queue.items() if not is_over(entry.state)}


def whole_arrays(jobs: Iterable[str]) -> list[str]:
    """The ids of jobs, where a job array has one."""
    return sorted({job.split("_")[0] for job in jobs})


_BRIEF = "--noheader", "--parsable2", "--allocations"
_UNKNOWN = re.compile("invalid job id", re.IGNORECASE)


def _scancel(jobs: Sequence[str], *options: str) -> str:
    """Call ``scancel``; returns what it says where it fails, and only the queue can tell what became of the jobs."""
    try:
        answer_of("scancel", *options, *jobs)
    except InputError as error:
        return "" if _UNKNOWN.search(str(error.value)) else str(error.value)
    return ""


def _single_ids(job: str) -> Iterable[str]:
    """The ids that Slurm writes as one: 13_[4-6,8%2] are 13_4, 13_5, 13_6 and 13_8."""
    array, bracket, tasks = job.partition("_[")
    if not bracket:
        return [job]
    spans = (part.partition("-")[::2] for part in tasks.rstrip("]").partition("%")[0].split(","))
    return [
        f"{array}_{task}"
        for first, last in spans
        if first.isdigit() and (last or first).isdigit()  # a list that was cut off ends with "..."
        for task in range(int(first), int(last or first) + 1)
    ]


def room_in_queue() -> int | None:
    """How many jobs more this user may have in the queue; None where Slurm sets no limit for its controller.

    Of the jobs that its controller can hold at all, one user is given half here: it holds others', and some that ended.

    Raises:
        InputError: Where Slurm does not answer.
    """
    held = configuration().get("MaxJobCount", "")
    if not held.isdigit():
        return None
    return max(int(held) // 2 - len(rows_of_queue(MINE, "--array", columns="%i")), 0)


@cache
def configuration() -> dict[str, str]:
    """Slurm's configuration.

    Raises:
        InputError: Where Slurm does not answer.
    """
    pairs = (line.split("=", 1) for line in answer_of("scontrol", "show", "config").splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def remedy(message: str) -> str:
    """What to set in slurm/site.yaml after Slurm refused a job or does not start it, by its words."""
    advice = next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, message, re.IGNORECASE)), None)
    if advice is None or PASSING.search(message):
        return "Slurm names no setting"
    return f"in {SITE_FILE}, {advice}" if advice.startswith("set ") else advice


def remedy_of_waiting(job: str, entry: InQueue) -> str:
    """What lets a job go on that waits in vain: somebody's command, or another setting."""
    return standing(entry).remedy.format(job=job) or remedy(entry.reason)


def remedy_of_ended(entry: InQueue) -> str:
    """What to do about a job that was cancelled since it waited in vain: another setting, or to ask for it again."""
    is_by_hand = bool(standing(entry).remedy) and "reserv" not in entry.reason.lower()
    return "the same command submits it anew" if is_by_hand else remedy(entry.reason)


def is_refusal(message: str) -> bool:
    """Whether Slurm will refuse a job as often as it is asked, by its words; a full queue is no such reason."""
    if PASSING.search(message) or FULL.search(message):
        return False
    return any(re.search(pattern, message, re.IGNORECASE) for pattern in (_REFUSED, *(row[0] for row in _REMEDIES)))


def last_words(output: str) -> str:
    """The line of a failed job's log that says most: the last one about an error, else the last one of all."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not _HOLLOW.search(line)]
    telling = [line for line in lines if _TELLING.search(line)]
    return shorten((telling or lines or [""])[-1], 300)


_TELLING = re.compile(
    r"error\b|exception\b|not found|no such|denied|no space|quota exceeded|killed|cannot|clock|illegal|fatal|\bfault\b",
    re.IGNORECASE,
)
_HOLLOW = re.compile(
    r"Error in (rule|file)|Exited with|error message|error details|(Workflow|CalledProcess)Error:?$"
    r"|at least one job did not|CalledProcessError in|returned non-zero exit|^\s*File |^\s+\w+:( |$)",
    re.IGNORECASE,
)
"""What Snakemake and Slurm say of every job that fails."""


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
    except PermissionError:
        remedy = f"another user works there, by {path}; name a folder of your own in EXPERIMENT_OUTPUT_DIR"
        raise InputError("results folder", str(results), remedy) from None
    runs = path.read_text(encoding="utf-8").splitlines()[1:]
    if run is not None:
        _cancel_runs(runs)
        runs = [run]
    holder = f"Snakemake (process {os.getpid()} on {socket.gethostname()}, since {datetime.now():%Y-%m-%d %H:%M:%S})"
    path.write_text("\n".join([holder, *runs]), encoding="utf-8")
    os.environ[_HOLDER] = holder  # which its jobs inherit


def is_superseded(results: Path) -> bool:
    """Whether this process is a job of a Snakemake that was killed, and of which another one took over since."""
    ours = os.environ.get(_HOLDER)
    path = results / _LOCK
    return bool(ours) and path.exists() and path.read_text(encoding="utf-8").splitlines()[:1] != [ours]


def hand_over(root: Path) -> tuple[str, ...]:
    """Let each job's own command say where its results go and whose job it is, whatever environment it comes into.

    Args:
        root: The folder of all results.

    Returns:
        The variables that jobs are to be handed, as Snakemake's ``envvars`` names them.
    """
    os.environ[_FOLDER] = str(root)
    os.environ.setdefault(_HOLDER, "")  # until this Snakemake takes over, which it never does as somebody's module
    return _FOLDER, _HOLDER


def check_job(results: Path) -> None:
    """Raise InputError in a job that would write elsewhere than it was planned to; its Snakemake holds its results.

    Of a module nobody holds the results, since Snakemake does not run a module's ``onstart``.

    Args:
        results: The experiment's folder, as this job sees it, on a disk that Snakemake sees, too.
    """
    there = {_FOLDER: bool(os.environ.get(_FOLDER)), _HOLDER: _HOLDER in os.environ}
    missing = [name for name, is_there in there.items() if not is_there]
    if missing:
        remedy = "this job's command does not set it; use an executor that hands on what a workflow names as envvars"
        raise InputError(missing[0], "not set", remedy)
    if os.environ[_HOLDER] and not (results / _LOCK).exists():
        remedy = (
            "no Snakemake works on it from there: this job was planned for another folder, or does not see its disk"
        )
        raise InputError("results folder", str(results), remedy)


def _cancel_runs(runs: Collection[str]) -> None:
    """Cancel the jobs of these runs of Snakemake, and wait until they are gone."""
    jobs = JobsOfRuns(runs)  # another user's too, who worked in the same folder
    left = unended(jobs.in_queue())
    if not left:
        return
    log.warning("cancelling Slurm jobs %s, left over from a Snakemake that was killed", " ".join(whole_arrays(left)))
    uncancelled = jobs.cancel(left)
    deadline = time.monotonic() + END_SECONDS
    while left := unended(jobs.in_queue()):
        if time.monotonic() > deadline:
            how = "cancelled, but they do not end"
            if uncancelled.jobs and uncancelled.said:
                how = f"cannot be cancelled (scancel: {uncancelled.said})"
            raise InputError("Slurm jobs", " ".join(whole_arrays(left)), f"{how}; run again later")
        time.sleep(1)
