"""How the executor judges jobs and what it asks for, without Slurm; tests/cluster has the real one."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from snakemake.iocontainers import Namedlist
from snakemake.settings.types import RemoteExecutionSettings, StorageSettings
from snakemake_interface_common.exceptions import WorkflowError
from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from emtvb.errors import InputError
from emtvb.making import provenance
from emtvb.making.staleness import Records
from emtvb.slurm import commands as slurm
from emtvb.slurm import executor
from emtvb.slurm.states import STATES, InQueue, Meaning
from snakemake_executor_plugin_emtvb_slurm import ExecutorSettings

ROOT = Path(__file__).parents[2]


class Resources(dict):
    """What a job asks for."""

    def __init__(self, fromdict: dict[str, Any]) -> None:
        super().__init__(fromdict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Job(SimpleNamespace):
    """A job as the executor sees it, of rule measure_shard; what Snakemake would say of its errors."""

    __hash__ = object.__hash__

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.messages: list[str] = []

    def is_group(self) -> bool:
        return False

    def register(self, external_jobid: str) -> None: ...

    def log_error(self, msg: str, **more: Any) -> None:
        self.messages.append(msg)


def job(folder: Path, name: str = "a", attempt: int = 1) -> Job:
    def asked(wildcards: object, files: object, attempt: int, skip_evaluation: object) -> Resources:
        return Resources({"mem_mb": min(2000 * attempt, 5000), "mem": "2 GB", "runtime": 30 * attempt})

    return Job(
        rule=SimpleNamespace(
            name="measure_shard",
            script="measure_shard.py",
            expand_resources=asked,
            basedir=SimpleNamespace(get_path_or_uri=lambda secret_free: "workflow/scripts"),
        ),
        input=Namedlist([folder / "weights"]),
        output=Namedlist([folder / "measurements" / f"{name}.csv"]),
        name="measure_shard",
        wildcards=[name],
        threads=1,
        log=[folder / "logs" / f"{name}.log"],
        params={"proof": "1", "runs": [], "revision": None},
        wildcards_dict={},
        attempt=attempt,
        restart_times=3,
        resources=asked(None, None, attempt, None),
    )


def make(one: Job) -> None:
    """Do what the job does."""
    for path in (*one.input, *one.output):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("made")
    recipe = {"rule": "measure_shard", "settings": one.params, "code": {}, "versions": {}}
    provenance.record_job(recipe, {}, list(map(str, one.input)), list(map(str, one.output)), str(one.log[0]), 1)


class Scheduler:
    """Snakemake's scheduler as the executor sees it, and the jobs of which it is told that they failed."""

    def __init__(self) -> None:
        self.failed: list[Job] = []

    def submit_callback(self, job: Job) -> None: ...

    def finish_callback(self, job: Job) -> None: ...

    def error_callback(self, job: Job) -> None:
        self.failed.append(job)


def workflow(folder: Path, array_limit: int = 3, logdir: Path | None = None) -> SimpleNamespace:
    """What Snakemake hands to an executor."""
    return SimpleNamespace(
        dag=None,
        main_snakefile="Snakefile",
        workdir_init=str(folder),
        scheduler=Scheduler(),
        executor_settings=ExecutorSettings(array_limit=array_limit, logdir=logdir, first_look=1, requeue=True),
        execution_settings=SimpleNamespace(latency_wait=0),
        remote_execution_settings=RemoteExecutionSettings(),
        storage_settings=StorageSettings(),
        spawned_job_args_factory=SimpleNamespace(envvars=lambda: {"FOLDER": "/a b"}),
    )


class Watched(executor.Executor):
    """The executor, which notes what it reports, does not pause, and looks at jobs when a test says so."""

    def __init__(self, workflow: SimpleNamespace) -> None:
        self.succeeded: list[str] = []
        self.failed: dict[str, str] = {}
        self.refused: list[str] = []
        self.paused: list[float] = []
        super().__init__(workflow, logging.getLogger("tests"))
        self.known: Any = SimpleNamespace(is_made=lambda one: Records(one.output[0].parents[1], ROOT).is_made(one))

    def _wait_thread(self) -> None:
        """What Snakemake runs in a thread to look at jobs now and then."""

    def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def report_job_success(self, job_info: Any) -> None:
        self.succeeded.append(job_info.external_jobid)
        super().report_job_success(job_info)

    def print_job_error(self, job_info: Any, msg: str | None = None, **more: Any) -> None:
        said = (msg or "").removesuffix(". ")
        if job_info.external_jobid is None:
            self.refused.append(said)
        else:
            self.failed[job_info.external_jobid] = said
        super().print_job_error(job_info, msg, **more)

    def format_job_exec(self, job: Any) -> str:
        return f"run {job.wildcards[0]}"

    @property
    def submitted(self) -> list[str]:
        """Slurm's ids of the jobs that Snakemake is told are submitted."""
        return [info.external_jobid for info in self.active_jobs]

    @property
    def given_up(self) -> list[str]:
        """The jobs that fail without a message."""
        return [one.wildcards[0] for one in self.workflow.scheduler.failed if not one.messages]

    def queued(self, *rows: str, priority: int = 1) -> str:
        """What squeue prints of jobs of this run: their ids, states, nodes and reasons."""
        return "".join(in_queue(f"measure_shard.a.{self.run_uuid}.1", row, priority) for row in rows)

    def look(self, *jobs: Any) -> list[str]:
        """Look at jobs once; the ids of those that are still active."""

        async def active() -> list[str]:
            return [info.external_jobid async for info in self.check_active_jobs(list(jobs))]

        # In a thread: a browser's driver may keep a loop running in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, active()).result()


def in_queue(name: str, row: str, priority: int = 1, submitted: str = "2026-12-02T23:50:48") -> str:
    """What squeue prints of a job: its name, when it was submitted, and its priority besides."""
    number, rest = row.split("|", 1)
    return f"emtvb|{name}|{number}|{submitted}|{priority}|{rest}\n"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Watched]:
    """Starts the executor where Slurm's commands seem to be."""
    monkeypatch.setattr(slurm, "check_commands", lambda: None)
    monkeypatch.setattr(slurm, "configuration", lambda: {"MaxArraySize": "1001"})
    return lambda **settings: Watched(workflow(tmp_path, **settings))


@pytest.fixture
def watched(start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """The executor after it has submitted jobs 0 to 19."""
    watched = start()
    with monkeypatch.context() as patch:
        for number in range(20):
            patch.setattr(slurm, "submit", lambda call, script, number=number: str(number))
            watched._submit_as_one([job(tmp_path, f"submitted{number}")], ["run"])
    assert watched.submitted == [str(number) for number in range(20)]
    return watched


def submitted(one: Job, number: str, log: Path | None = None) -> SubmittedJobInfo:
    return SubmittedJobInfo(one, number, {"slurm_logfile": log} if log else None)


@pytest.fixture
def cancelled() -> list[str]:
    """What ``scancel`` was given, but for what it failed to do."""
    return []


@pytest.fixture
def slurm_says(monkeypatch: pytest.MonkeyPatch, cancelled: list[str]) -> dict[str, str]:
    """What Slurm's commands print; one that is not there fails, and the controller knows no job.

    ``scancel`` takes jobs out of what the queue says, unless there are words with which it fails.
    """
    said: dict[str, str] = {}

    def ask(*command: str, script: str | None = None) -> str:
        if command[0] == "scancel":
            if "scancel" in said:
                raise InputError("scancel", said["scancel"], "wait")
            cancelled.extend(command[1:])
            rows = said.get("squeue", "").splitlines(keepends=True)
            said["squeue"] = "".join(
                row for row in rows if not {*command} & {(job := row.split("|")[2]), job.split("_")[0]}
            )
            return ""
        if command[0] not in said:
            unknown = "Invalid job id specified" if command[0] == "scontrol" else "no controller"
            raise InputError(command[0], unknown, "wait")
        return said[command[0]]

    monkeypatch.setattr(slurm, "answer_of", ask)
    return said


def test_snakemake_finds_it_and_the_profile_sets_what_it_has() -> None:
    plugin = ExecutorPluginRegistry().get_plugin("emtvb-slurm")
    assert plugin.executor is executor.Executor
    profile = yaml.safe_load((ROOT / "slurm" / "config.yaml").read_text())
    settings = {plugin.get_cli_arg(one["name"]).removeprefix("--") for one in plugin.get_settings_info()}
    assert profile["executor"] == "emtvb-slurm"
    assert {key for key in profile if "slurm" in key} <= settings


def test_the_queue_says_how_jobs_stand(watched: Watched, tmp_path: Path, slurm_says: dict[str, str]) -> None:
    states = [*STATES, "SOMETHING_NEW"]
    slurm_says["squeue"] = watched.queued(*(f"7_{i}|{state}|n1|None" for i, state in enumerate(states)))
    active = watched.look(*(submitted(job(tmp_path), f"7_{i}") for i in range(len(states))))

    def those(*meanings: Meaning) -> set[str]:
        return {state for state, meaning in STATES.items() if meaning in meanings}

    assert {states[int(number[2:])] for number in active} == {
        *those(Meaning.RUNS, Meaning.WAITS, Meaning.IN_VAIN), "SOMETHING_NEW"
    }  # fmt: skip
    assert {states[int(number[2:])] for number in watched.succeeded} == those(Meaning.DONE)
    assert {states[int(number[2:])] for number in watched.failed} == those(Meaning.FAILED)


def test_a_forgotten_job_is_judged_by_its_files(watched: Watched, tmp_path: Path, slurm_says: dict[str, str]) -> None:
    slurm_says["squeue"] = ""
    done, stale, missing, other = (job(tmp_path / name) for name in ("done", "stale", "missing", "other"))
    for one in (done, stale, other):
        make(one)
    stale.input[0].write_text("newer weights")
    other.params = {**other.params, "order": {"name": "another"}}
    jobs = [submitted(one, str(i)) for i, one in enumerate((done, stale, missing, other))]
    assert watched.look(*jobs) == []
    assert watched.succeeded == ["0"]
    assert set(watched.failed) == {"1", "2", "3"}
    assert "Slurm has forgotten job 2" in watched.failed["2"]


def test_files_of_a_forgotten_job_may_come_late(watched: Watched, tmp_path: Path, slurm_says: dict[str, str]) -> None:
    slurm_says["squeue"] = ""
    watched.workflow.execution_settings.latency_wait = 60
    one = job(tmp_path)
    assert watched.look(submitted(one, "5")) == ["5"]
    make(one)
    assert watched.look(submitted(one, "5")) == []
    assert watched.succeeded == ["5"]


def test_accounting_is_asked_where_it_is(watched: Watched, tmp_path: Path, slurm_says: dict[str, str]) -> None:
    slurm_says["squeue"] = ""
    accounts = "13_1|COMPLETED", "13_[4-5,8%2]|CANCELLED by 0", "14|OUT_OF_MEMORY", "15|RUNNING"
    slurm_says["sacct"] = "".join(f"{row}|2026|measure_shard.a.{watched.run_uuid}.1\n" for row in accounts)
    numbers = "13_1", "13_4", "13_5", "13_8", "14", "15"
    assert watched.look(*(submitted(job(tmp_path), number) for number in numbers)) == []
    assert watched.succeeded == ["13_1"]
    assert "CANCELLED" in watched.failed["13_8"]
    assert "ran out of memory" in watched.failed["14"]
    assert "forgotten" in watched.failed["15"], "what accounting takes for running the controller would know"


@pytest.mark.parametrize(
    ("sacct", "scontrol"),
    [
        (
            "15|RUNNING|2026|NAME\n13_1|PENDING|2026|NAME\n",
            "JobId=15 JobName=NAME JobState=RUNNING\nJobId=14 ArrayTaskId=1 JobName=NAME JobState=PENDING\n",
        ),
        (
            "",
            "Welcome = all!\nJobId=15 JobName=NAME JobState=COMPLETING\n"
            "JobId=14 ArrayJobId=13 ArrayTaskId=1-4%2 JobName=NAME JobState=PENDING",
        ),
        ("", None),
    ],
)
def test_no_job_runs_twice_where_the_queue_is_empty_and_another_knows_it(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch, sacct: str,
    scontrol: str | None,
) -> None:  # fmt: skip
    """As by a wrapper that answers from a copy; the controller may be silent, and is then waited for."""
    name = f"measure_shard.a.{watched.run_uuid}.1"
    slurm_says |= {"squeue": "", "sacct": sacct.replace("NAME", name)}
    known = (scontrol or "").replace("NAME", name).splitlines()

    def controlled(*command: str) -> str:
        if scontrol is None:
            raise InputError("scontrol", "Unable to contact slurm controller", "wait")
        return "\n".join(known[:-1] if command[-1] == "15" else known[-1:])

    others = slurm.answer_of
    monkeypatch.setattr(slurm, "answer_of", lambda *c, **o: controlled(*c) if c[0] == "scontrol" else others(*c, **o))
    jobs = [submitted(job(tmp_path, name), number) for name, number in (("a", "15"), ("b", "13_1"))]
    for _ in range(3):
        assert watched.look(*jobs) == ["15", "13_1"]
    assert not watched.failed


def test_a_controller_that_never_answers_is_said_once_and_not_waited_for_for_ever(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def controlled(*_: object) -> dict[str, str]:
        raise InputError("scontrol", "no controller", "wait")

    monkeypatch.setattr(slurm.JobsOfRuns, "states_by_controller", controlled)
    slurm_says["squeue"] = ""
    one = submitted(job(tmp_path), "5")
    with caplog.at_level("WARNING", "tests"):
        assert [watched.look(one) for _ in range(3)] == [["5"]] * 3
    (line,) = caplog.messages
    assert "no controller" in line
    monkeypatch.setattr(executor, "PATIENCE", 0.0)
    assert watched.look(one) == []
    assert "forgotten" in watched.failed["5"]


def test_what_is_given_up_is_cancelled_first(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], cancelled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "report_job_error", lambda info, **_: cancelled.append("reported"))
    slurm_says["squeue"] = ""
    watched.look(submitted(job(tmp_path), "5"))
    assert cancelled == [f"--name=measure_shard.submitted5.{watched.run_uuid}.6", "5", "reported"]


def test_a_job_that_is_preempted_or_loses_its_node_uses_up_no_attempt(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "MOST_LOST", 3)
    one = job(tmp_path)
    for state, attempt in (("PREEMPTED", 0), ("NODE_FAIL", 0), ("FAILED", 1), ("BOOT_FAIL", 1), ("PREEMPTED", 2)):
        slurm_says["squeue"] = watched.queued(f"5|{state}|n1|None")
        watched.look(submitted(one, "5"))
        assert one.attempt == attempt
        assert ("uses up no attempt" in watched.failed["5"]) == (state != "FAILED" and attempt < 2)
        one.attempt += 1  # as Snakemake does


IN_VAIN = [
    ("PENDING||InvalidQOS", "set qos:"),
    ("PENDING||InvalidAccount", "set account:"),
    ("PENDING||AccountNotAllowed", "set account:"),
    ("PENDING||QOSNotAllowed", "set qos:"),
    ("PENDING||Job's QOS not permitted to use this partition (long allows long not normal)", "set qos:"),
    ("PENDING||PartitionConfig", "set partition:"),
    ("PENDING||uid 5 not in group permitted to use this partition (a). groups allowed: b", "set partition:"),
    ("PENDING||DependencyNeverSatisfied", "Slurm names no setting"),
    ("PENDING||JobHeldUser", "`scontrol release 5`"),
    ("PENDING||JobHeldAdmin", "ask the cluster's administrators"),
    ("PENDING||job requeued in held state", "`scontrol release 5`"),
    ("PENDING||launch failed requeued held", "`scontrol release 5`"),
    ("PENDING||JobHoldMaxRequeue", "`scontrol release 5`"),
    ("PENDING||ReservationDeleted", "SBATCH_RESERVATION"),
    ("RESV_DEL_HOLD||Reservation r2 was deleted", "SBATCH_RESERVATION"),
    ("REQUEUE_HOLD||None", "`scontrol release 5`"),
    ("SPECIAL_EXIT||job requeued in held state", "`scontrol release 5`"),
    ("STOPPED|n1|None", "`scancel --signal=CONT --full 5`"),
    ("SUSPENDED|n1|None", "ask the cluster's administrators for `scontrol resume 5`"),
]


@pytest.mark.parametrize(("row", "words"), IN_VAIN)
def test_what_waits_in_vain_is_told_once_and_awaited_for_a_while(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch, row: str, words: str,
    cancelled: list[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    state, _, reason = row.split("|")
    one = submitted(job(tmp_path), "5")
    slurm_says["squeue"] = watched.queued(f"5|{row}", priority=0)
    assert watched.look(one) == watched.look(one) == ["5"]
    (line,) = caplog.messages
    assert line.startswith(f"Slurm job 5 waits in vain ({state}, {reason}): ")
    assert words in line
    monkeypatch.setattr(executor, "GRACE", -1.0)
    slurm_says["squeue"] = watched.queued("5|RUNNING|n1|None")
    assert watched.look(one) == ["5"], "it was released"
    slurm_says["squeue"] = watched.queued(f"5|{row}", priority=0)
    assert watched.look(one) == []
    assert cancelled == ["5"]
    assert "so it was cancelled" in watched.failed["5"]
    is_by_hand = "scontrol" in words or "scancel" in words or "ask" in words
    assert ("the same command submits it anew" if is_by_hand else words) in watched.failed["5"]
    is_moved = "launch failed" in row or "MaxRequeue" in row
    assert (one.job.attempt == 0) == is_moved == ("uses up no attempt (1 of 20 times)" in watched.failed["5"])
    assert is_moved or one.job.attempt > one.job.restart_times, "it would wait again"


def test_what_is_not_cancelled_is_not_said_to_be_and_is_not_run_twice(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "GRACE", -1.0)
    slurm_says |= {"squeue": watched.queued("5|PENDING||launch failed requeued held"), "scancel": "no controller"}
    jobs = [submitted(job(tmp_path), number) for number in "56"]
    assert watched.look(*jobs) == []
    assert "is not cancelled (no controller): `scancel 5` ends it" in watched.failed["5"]
    assert "forgotten job 6, and is not cancelled (no controller): `scancel 6`" in watched.failed["6"]
    assert all(one.job.attempt > one.job.restart_times for one in jobs)


def test_many_that_wait_in_vain_alike_are_a_line(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    rows = *(f"7_{task}|PENDING||JobHeldUser" for task in range(4)), "5|PENDING||JobHeldAdmin"
    slurm_says["squeue"] = watched.queued(*rows)
    watched.look(submitted(job(tmp_path), "5"))
    assert [line.split(" waits")[0] for line in caplog.messages] == ["Slurm job 7_0 and 3 more", "Slurm job 5"]


def test_who_is_suspended_for_another_job_waits_for_its_end(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "GRACE", -1.0)
    slurm_says["squeue"] = watched.queued("5|SUSPENDED|n1|None")
    assert watched.look(submitted(job(tmp_path), "5")) == ["5"]


def test_a_silent_slurm_loses_no_job_and_is_not_waited_for_for_ever(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    info = submitted(job(tmp_path), "5")
    with caplog.at_level("WARNING", "tests"):
        assert watched.look(info) == watched.look(info) == ["5"]
        slurm_says["squeue"] = watched.queued("5|RUNNING|n1|None")
        assert watched.look(info) == ["5"]
    assert [message.split(" (")[0] for message in caplog.messages] == ["Slurm does not answer", "Slurm answers again"]
    del slurm_says["squeue"]
    assert watched.look(info) == ["5"]
    monkeypatch.setattr(executor, "PATIENCE", 0.0)
    assert watched.look(info) == []
    assert "no controller" in watched.failed["5"]


def test_what_can_never_start_is_ended_at_once(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], cancelled: list[str]
) -> None:
    reasons = "QOSMaxWallDurationPerJobLimit", "Priority", "JobHeldUser", "PartitionTimeLimit"
    slurm_says["squeue"] = watched.queued(*(f"{5 + i}|PENDING||{reason}" for i, reason in enumerate(reasons)))
    assert watched.look(*(submitted(job(tmp_path), number) for number in "5678")) == ["6", "7"]
    assert cancelled == ["5", "8"]
    assert "set longest:" in watched.failed["5"]


@pytest.mark.parametrize(
    ("state", "line", "memory", "minutes"),
    [
        ("OUT_OF_MEMORY", "", 4000, 30),
        ("FAILED", "slurmstepd: error: Detected 1 oom_kill event in StepId=5.0", 4000, 30),
        ("", "slurmstepd: error: Step 5.0 exceeded memory limit (1 > 0), being killed", 4000, 30),
        ("TIMEOUT", "", 2000, 60),
        ("", "slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 1 DUE TO TIME LIMIT ***", 2000, 60),
        ("CANCELLED", "slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 1 ***", 2000, 30),
        ("NODE_FAIL", "", 2000, 30),
        ("", "", 2000, 30),
    ],
)
def test_more_is_asked_for_only_of_what_a_job_ran_out_of(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], state: str, line: str, memory: int, minutes: int
) -> None:
    (tmp_path / "rule").mkdir()
    (tmp_path / "rule" / "5_1.log").write_text(line)
    one = job(tmp_path)
    slurm_says["squeue"] = watched.queued(f"5_1|{state}|n1|None") if state else ""
    assert watched.look(submitted(one, "5_1", tmp_path / "rule" / "5_1.log")) == []
    one.attempt, one.resources = 2, job(tmp_path, attempt=2).resources
    watched._ask_for_more(one)
    assert (one._resources["mem_mb"], one._resources["runtime"]) == (memory, minutes)


def test_who_runs_out_of_memory_at_last_is_told_what_to_raise(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str]
) -> None:
    slurm_says["squeue"] = watched.queued("5|OUT_OF_MEMORY|n1|None")
    one = job(tmp_path)
    watched.look(submitted(one, "5"))
    assert "having asked for 2000 MB; tried again with 4000" in watched.failed["5"]
    for attempt, memory in ((2, 4000), (3, 5000), (4, 5000)):
        one.attempt, one.resources["mem_mb"] = attempt, memory
        watched.look(submitted(one, "5"))
    for word in ("5000 MB", "raise mem_mb of measure_shard", "most_memory: in slurm/site.yaml"):
        assert word in watched.failed["5"]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Of each submission what its tasks run, in order; Slurm takes them all."""
    scripts: list[list[str]] = []

    def submit(call: Sequence[str], script: str) -> str:
        scripts.append(re.findall("^run (.*)$", script, re.MULTILINE))
        assert (f"--array=1-{len(scripts[-1])}" in call) == (len(scripts[-1]) > 1)
        return str(len(scripts))

    monkeypatch.setattr(slurm, "submit", submit)
    return scripts


@pytest.mark.parametrize(("room", "chunks"), [(None, [3, 3, 1]), (2, [2, 2, 2, 1]), (0, [1] * 7)])
def test_no_more_is_submitted_at_once_than_slurm_takes(
    start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[list[str]],
    room: int | None, chunks: list[int],
) -> None:  # fmt: skip
    monkeypatch.setattr(slurm, "room_in_queue", lambda *_: room)
    ended = {"1": InQueue("COMPLETED"), "2": InQueue("FAILED")}
    monkeypatch.setattr(slurm.JobsOfRuns, "in_queue", lambda _: ended)
    jobs = [job(tmp_path, str(i)) for i in range(7)]
    start()._submit(list(jobs))
    assert list(map(len, taken)) == chunks
    assert [name for names in taken for name in names] == [one.wildcards[0] for one in jobs]


def test_it_waits_for_room_as_long_as_jobs_of_its_own_will_make_it(
    start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[list[str]]
) -> None:
    watched, rooms, states = start(), iter([0, 0, 2]), iter(["PENDING", "RUNNING"])
    monkeypatch.setattr(slurm, "room_in_queue", lambda *_: next(rooms))
    monkeypatch.setattr(slurm.JobsOfRuns, "in_queue", lambda _: {"1": InQueue(next(states))})
    watched._submit([job(tmp_path, "a"), job(tmp_path, "b")])
    assert taken == [["a", "b"]]
    assert len(watched.paused) == 2
    monkeypatch.setattr(slurm.JobsOfRuns, "in_queue", lambda _: {})
    watched.cancel_jobs([])
    watched._submit([job(tmp_path)])
    assert taken == [["a", "b"]], "nothing after its end"


def test_an_array_that_slurm_does_not_take_is_halved_and_grows_again(
    start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user, an account or a quality of service may have so many jobs; who has, Slurm says by refusing more."""
    queue, tried, limit = [0], [], 5
    violates = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"

    def submit(call: Sequence[str], script: str) -> str:
        size = next((int(word.removeprefix("--array=1-")) for word in call if word.startswith("--array")), 1)
        tried.append(size)
        if queue[0] + size > limit:
            raise InputError("sbatch --parsable", f"AssocMaxSubmitJobLimit; {violates}", "wait")
        queue[0] += size
        return str(len(tried))

    sending = start(array_limit=100)
    monkeypatch.setattr(slurm, "submit", submit)
    monkeypatch.setattr(slurm.JobsOfRuns, "in_queue", lambda _: {"1": InQueue("RUNNING")} if queue[0] else {})
    monkeypatch.setattr(sending, "_pause", lambda _: queue.__setitem__(0, 0))  # all that was there has ended
    monkeypatch.setattr(slurm, "room_in_queue", lambda: None)
    sending._submit([job(tmp_path, str(i)) for i in range(14)])
    assert len(sending.submitted) == 14
    assert not sending.refused
    assert tried == [14, 7, 3, 6, 3, 1, 2, 1, 2, 1, 1, 2, 4, 2, 4, 2, 1, 1, 2, 1]
    limit = 0
    sending._submit([job(tmp_path, "alone")])
    queue[0] = 0
    sending._submit([job(tmp_path, "alone")])
    assert "wait for jobs of yours to end" in sending.refused[0], "and nobody's jobs will make room"


@pytest.mark.parametrize(
    ("said", "is_full"),
    [
        ("AssocMaxSubmitJobLimit; Job violates accounting/QOS policy (job submit limit, user's size and/or", True),
        ("QOSGrpSubmitJobsLimit; Job violates", True),
        ("Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)", True),
        ("QOSMaxWallDurationPerJobLimit; Job violates accounting/QOS policy (job submit limit, user's size)", False),
        ("Invalid account", False),
    ],
)
def test_a_full_queue_is_told_from_other_limits(said: str, is_full: bool) -> None:
    assert bool(slurm.FULL.search(said)) == is_full


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("Invalid account or account/partition combination specified", "account:"),
        ("QOSMaxWallDurationPerJobLimit", "longest:"),
        ("Requested time limit is invalid (missing or exceeds some limit)", "longest:"),
        ("Memory specification can not be satisfied", "most_memory:"),
        ("MaxMemPerLimit", "most_memory:"),
        ("Invalid feature specification", "constraint:"),
        ("Invalid generic resource (gres) specification", "gpus:"),
        ("Invalid qos specification", "qos:"),
        ("User's group not permitted to use this partition", "partition:"),
        ("AssocMaxSubmitJobLimit", "jobs:"),
    ],
)
def test_remedies_fit_the_cause(said: str, key: str) -> None:
    assert key in slurm.remedy(said).split(" (")[0]


def test_tasks_of_an_array_are_told_apart(slurm_says: dict[str, str]) -> None:
    rows = "13_4|PENDING||Priority", "14|RUNNING|n1|None"
    slurm_says["squeue"] = "".join(in_queue("measure_shard.a.run.1", row) for row in rows)
    assert slurm.JobsOfRuns(["run"]).in_queue() == {
        "13_4": InQueue("PENDING", "", "Priority"),
        "14": InQueue("RUNNING", "n1", "None"),
    }


class Cluster:
    """Slurm for one submission: each call of ``sbatch`` does the next of some things."""

    def __init__(self, *happens: str) -> None:
        self.happens = list(happens)
        self.queue: list[str] = []
        self.scripts: list[str] = []
        self.cancelled: list[str] = []

    def ask(self, *command: str, script: str | None = None) -> str:
        if command[0] == "squeue":
            if self.happens[:1] == ["silence"]:
                self.happens.pop(0)
                raise InputError("squeue", "Unable to contact slurm controller", "wait")
            name = next(word.removeprefix("--name=") for word in command if word.startswith("--name="))
            if self.happens[:1] == ["nothing"]:
                return ""
            return "Welcome!\n" + "".join(
                f"emtvb|{7 + i}|RUNNING|n1\n" for i, queued in enumerate(self.queue) if queued == name
            )
        if command[0] == "sacct":
            if self.happens[:1] != ["nothing"]:
                raise InputError("sacct", "no accounts", "wait")
            self.happens.pop(0)
            name = next(word.removeprefix("--name=") for word in command if word.startswith("--name="))
            return "".join(f"{7 + i}_1|RUNNING|n1\n" for i, queued in enumerate(self.queue) if queued == name)
        assert command[0] == "sbatch"
        assert script is not None
        said, _, taken = self.happens.pop(0).partition(" -> ")
        name = command[command.index("--job-name") + 1]
        if taken:
            self.queue.append(name)
        if not said.startswith("error: "):
            return said
        raise InputError("sbatch", said.removeprefix("error: "), "wait")


@pytest.fixture
def send(
    start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Watched, Cluster]]:
    def call(*happens: str, jobs: int = 2) -> tuple[Watched, Cluster]:
        cluster, watched = Cluster(*happens), start()
        monkeypatch.setattr(slurm, "answer_of", cluster.ask)
        monkeypatch.setattr(executor, "BETWEEN", 0.0)
        watched._submit_as_one([job(tmp_path, f"s{i}") for i in range(jobs)], [f"run {i}" for i in range(jobs)])
        return watched, cluster

    return call


PASSING = "error: Batch job submission failed: Socket timed out on send/recv operation"
BUSY = "error: Slurm temporarily unable to accept job, sleeping and retrying; Resource temporarily unavailable"


@pytest.mark.parametrize(
    ("happens", "submissions"),
    [
        (["7 -> taken"], 1),
        (["Welcome to Cluster 2026\n7\n -> taken"], 1),
        ([" -> taken"], 1),
        ([PASSING + " -> taken"], 1),
        ([PASSING + " -> taken", "silence", "silence"], 1),
        ([PASSING + " -> taken", "nothing"], 1),
        ([PASSING, "7 -> taken"], 2),
        ([PASSING, BUSY, "error: Something new", "7 -> taken"], 4),
        (["Welcome to Cluster 2026\n", "7 -> taken"], 2),
    ],
)
def test_a_submission_that_fails_for_a_while_or_cannot_be_read_is_made_once_and_uses_up_no_retry(
    send: Callable[..., tuple[Watched, Cluster]], happens: list[str], submissions: int
) -> None:
    watched, cluster = send(*happens)
    assert watched.submitted == ["7_1", "7_2"]
    assert not watched.refused
    assert len(cluster.queue) == 1
    pauses = [pause for pause in watched.paused if pause]
    assert len(pauses) == submissions - 1
    assert all(later > earlier for earlier, later in itertools.pairwise(pauses))


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("Invalid account or account/partition combination specified", "in slurm/site.yaml, set account:"),
        ("Requested node configuration is not available", "most_memory:"),
        ("Access/permission denied", "Slurm names no setting"),
        ("More processors requested than permitted", "Slurm names no setting"),
    ],
)
def test_what_slurm_refuses_is_one_line_with_its_remedy(
    send: Callable[..., tuple[Watched, Cluster]], monkeypatch: pytest.MonkeyPatch, said: str, word: str
) -> None:
    monkeypatch.setattr(slurm.JobsOfRuns, "in_queue", lambda _: {})
    watched, _ = send(f"error: Batch job submission failed: {said}")
    assert not watched.submitted
    (line,) = watched.refused
    assert said in line
    assert word in line
    assert "\n" not in line
    assert watched.given_up == ["s1"], "of the others nothing more is said"


def test_what_fails_for_ever_ends_at_last_and_is_not_blamed_on_the_site(
    send: Callable[..., tuple[Watched, Cluster]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "PATIENCE", -1.0)
    watched, _ = send(PASSING)
    assert all("Socket timed out" in line and "site.yaml" not in line for line in watched.refused)
    monkeypatch.setattr(executor, "UNCLEAR", -1.0)
    watched, _ = send("error: Something new")
    assert all("Something new" in line and "site.yaml" not in line for line in watched.refused)


def test_a_record_of_a_refused_job_is_not_taken_for_the_job(
    start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slurm keeps one of a job that asks for a node that no partition has; and of a refusal in words yet unheard of."""
    rows = ["emtvb|7|FAILED|"]
    said = ["Requested node configuration is not available", "Something new"]

    def ask(*command: str, script: str | None = None) -> str:
        if command[0] == "squeue":
            return "\n".join(rows)
        raise InputError("sbatch --parsable", said[0], "wait")

    monkeypatch.setattr(slurm, "answer_of", ask)
    monkeypatch.setattr(executor, "UNCLEAR", -1.0)
    for _ in range(2):
        watched = start()
        watched._submit_as_one([job(tmp_path)], ["run"])
        (line,) = watched.refused
        assert said.pop(0) in line
        assert not watched.submitted


def test_what_slurm_refuses_is_asked_once_for_the_run(
    start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(*command: str, script: str | None = None) -> str:
        asked.append(command[0])
        raise InputError("sbatch --parsable", "Batch job submission failed: Invalid account", "wait")

    monkeypatch.setattr(slurm, "answer_of", ask)
    watched = start()
    jobs = [job(tmp_path, name) for name in "abcd"]
    watched._submit_as_one(jobs[:2], ["run"] * 2)
    watched._submit_as_one(jobs[2:], ["run"] * 2)
    assert asked == ["sbatch"]
    assert len(watched.refused) == 1
    assert watched.given_up == ["b", "c", "d"]
    assert all(one.attempt > one.restart_times for one in jobs), "which Snakemake does not try again"
    other = job(tmp_path, "e")
    other.resources["runtime"] = 5
    watched._submit_as_one([other], ["run"])
    assert asked == ["sbatch"] * 2, "what asks for something else may be taken"


def test_without_slurm_it_ends_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorkflowError, match=r"Slurm: no sbatch, squeue, .* here: run this where Slurm is"):
        Watched(workflow(tmp_path))


def test_logs_that_can_lie_nowhere_are_one_line_before_any_job(start: Callable[..., Watched], tmp_path: Path) -> None:
    (tmp_path / "slurm-logs").write_text("a file")
    with pytest.raises(WorkflowError, match=r"exists: .*slurm-logs"):
        start()


@pytest.mark.long
def test_a_job_needs_no_room_for_a_solver(watched: Watched, tmp_path: Path) -> None:
    """Snakemake in a job, where TMPDIR is full: the usual scheduler would write its problem there."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a full disk is a mount, which takes root")
    (tmp_path / "Snakefile").write_text("rule a:\n    output: 'a'\n    shell: 'echo > {output}'\n")
    (tmp_path / "full").mkdir()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "full")}
    fill = 'mount -t tmpfs -o size=4k none full; cat /dev/zero > full/file; exec "$@"'
    for options, is_made in (("--executor local", False), (watched.additional_general_args(), True)):
        command = [sys.executable, "-m", "snakemake", "--cores", "1", *options.split()]
        within = ["unshare", "--mount", "sh", "-c", fill, "sh", *command]
        subprocess.run(within, cwd=tmp_path, env=environment, capture_output=True, check=False)
        assert (tmp_path / "a").exists() == is_made


def test_another_cluster_is_refused(start: Callable[..., Watched], tmp_path: Path) -> None:
    one = job(tmp_path)
    one.resources["slurm_cluster"] = "other"
    watched = start()
    watched._submit_as_one([one], ["run"])
    assert watched.refused[0].startswith("slurm_cluster: other: set SLURM_CLUSTERS instead")


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("/var/spool/job7/slurm_script: 4: /venv/bin/python3.11: not found\n", "python3.11: not found"),
        ("Building DAG of jobs...\nWorkflowError in rule measure_shard in file a.smk, line 1:\n"
         "Output a.csv has older modification time (1) than input b. This could indicate a clock skew problem\n"
         "Exiting because a job execution failed. See below for error messages\n"
         "WorkflowError:\nAt least one job did not complete successfully.\n", "a clock skew problem"),
        ("Illegal instruction\nsrun: error: n1: task 0: Exited with exit code 132\n", "Illegal instruction"),
        ("Building DAG of jobs...\nSelect jobs to execute...\n", "Select jobs to execute..."),
        ("13:00:00 error: [Errno 122] Disk quota exceeded: 'a'\nError in rule x:\n    message: None\n"
         "    output: /no such/error.csv\n", "error: [Errno 122] Disk quota exceeded"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_failed_job_has_last_words(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], log: str, words: str
) -> None:
    (tmp_path / "5.log").write_text(log)
    slurm_says["squeue"] = watched.queued("5|FAILED|n1|NonZeroExitCode")
    watched.look(submitted(job(tmp_path), "5", tmp_path / "5.log"))
    assert words in watched.failed["5"]
    assert ("last words" in watched.failed["5"]) == bool(log)


def test_a_job_that_is_tried_again_with_the_same_time_is_not_said_to_need_more(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str]
) -> None:
    slurm_says["squeue"] = watched.queued("5|TIMEOUT|n1|None")
    one = job(tmp_path)
    one.resources["runtime"] = 60  # all that a site gives
    watched.look(submitted(one, "5"))
    assert watched.failed["5"].endswith("having asked for 60 minutes; tried again with the same")


def test_jobs_have_names_that_a_person_reads_and_that_tell_runs_and_submissions_apart(
    send: Callable[..., tuple[Watched, Cluster]],
) -> None:
    watched, cluster = send("Welcome -> taken")
    assert cluster.queue == [f"measure_shard.s0+1.{watched.run_uuid}.1"]
    other, cluster = send("Welcome -> taken", jobs=1)
    assert cluster.queue == [f"measure_shard.s0.{other.run_uuid}.1"]
    assert other.run_uuid != watched.run_uuid


def test_a_percent_sign_in_a_clones_path_is_one_in_the_log_files(
    start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Sequence[str]] = []
    monkeypatch.setattr(slurm, "submit", lambda call, script: (calls.append(call), "7")[1])
    start(logdir=tmp_path / "100%j")._submit_as_one([job(tmp_path)], ["run"])
    (call,) = calls
    assert call[call.index("--output") + 1] == f"{tmp_path}/100%%j/rule_measure_shard/%j.log"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=200), min_size=1, max_size=60))
def test_each_task_runs_its_own_command_and_no_others(texts: list[str]) -> None:
    """However long they are, and whatever is in them."""
    commands = [f"printf %s {shlex.quote(text)} && test \"$FOLDER\" = '/a $b'" for text in texts]
    script = executor._job_script(commands, {"FOLDER": "/a $b"})
    for task in {1, len(texts)}:
        variables = {"SLURM_ARRAY_TASK_ID": str(task)} if len(texts) > 1 else {}
        done = subprocess.run(["/bin/sh"], input=script.encode(), env=variables, capture_output=True, check=False)
        assert done.returncode == 0
        assert done.stdout == texts[task - 1].encode()
    if len(texts) > 1:
        assert subprocess.run(["/bin/sh"], input=script.encode(), env={}, check=False).returncode != 0


def test_no_script_is_longer_than_slurm_takes(
    start: Callable[..., Watched], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[list[str]]
) -> None:
    monkeypatch.setattr(slurm, "room_in_queue", lambda *_: None)
    monkeypatch.setattr(executor, "_SCRIPT_BYTES", 2 * len("run x"))
    watched = start(array_limit=100)
    watched._submit([job(tmp_path, name) for name in "abcde"])
    assert taken == [["a", "b"], ["c", "d"], ["e"]]
    taken.clear()
    watched._submit([job(tmp_path, "a name longer than that")])
    assert taken == [["a name longer than that"]]


def test_a_job_that_slurm_takes_long_after_its_submission_failed_is_cancelled(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], cancelled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm_says["squeue"] = watched.queued(
        "7_1|RUNNING|n1|None", "21_1|RUNNING|n1|None", "22|PENDING||None", "23|FAILED||None"
    )
    monkeypatch.setattr(slurm, "room_in_queue", lambda: None)

    def submit(call: Sequence[str], script: str) -> str:
        assert watched.look(submitted(job(tmp_path), "7_1")) == ["7_1"]
        assert not cancelled, "one of them may just be submitted"
        return "20"

    monkeypatch.setattr(slurm, "submit", submit)
    watched._submit([job(tmp_path)])
    assert watched.submitted[-1] == "20"
    watched.look(submitted(job(tmp_path), "7_1"))
    assert cancelled == ["21_1", "22"]


def test_a_job_that_is_renamed_is_not_lost(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], cancelled: list[str]
) -> None:
    info = submitted(job(tmp_path), "7_1")
    slurm_says["squeue"] = watched.queued("7_1|RUNNING|n1|None")
    assert watched.look(info) == ["7_1"]
    slurm_says["squeue"] = in_queue("mine", "7_1|RUNNING|n1|None") + in_queue("others", "8|COMPLETED|n1|None")
    assert watched.look(info) == ["7_1"]
    assert not watched.failed
    watched.cancel_jobs([info])
    assert cancelled == ["7"]


def test_another_job_that_has_got_an_id_of_this_run_is_left_alone(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], cancelled: list[str]
) -> None:
    """The ids of a cluster wrap round, or its controller has lost its state."""
    one, other = submitted(job(tmp_path), "5"), submitted(job(tmp_path), "6")
    slurm_says["squeue"] = watched.queued("5|RUNNING|n1|None", "6|RUNNING|n1|None")
    assert watched.look(one, other) == ["5", "6"]
    foreign = in_queue("others", "5|RUNNING|n1|None", submitted="2026-12-03T01:00:00")
    slurm_says["squeue"] = foreign + watched.queued("6|RUNNING|n1|None")
    slurm_says["sacct"] = "5|RUNNING|2026-12-03T01:00:00|others\n"
    slurm_says["scontrol"] = "JobId=5 JobName=others JobState=RUNNING SubmitTime=2026-12-03T01:00:00\n"
    assert watched.look(one, other) == ["6"]
    assert "forgotten job 5" in watched.failed["5"]
    by_name = [f"--name=measure_shard.submitted5.{watched.run_uuid}.6", "5"]
    assert cancelled == by_name
    watched.cancel_jobs([one, other])
    assert cancelled == [*by_name, "6", *by_name]
    cancelled.clear()
    slurm_says["squeue"] = foreign
    watched.cancel_jobs([])
    assert not cancelled


def test_at_an_interruption_it_is_said_what_is_not_cancelled(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    rows = "7_1|RUNNING|n1|None", "7_2|PENDING||Priority", "8|COMPLETED|n1|None", "9|COMPLETING|n1|None"
    slurm_says |= {"squeue": watched.queued(*rows), "scancel": "no controller"}
    watched.cancel_jobs([submitted(job(tmp_path), "7_1")])
    assert caplog.messages == ["Slurm jobs 7 are not cancelled (scancel: no controller); the next call cancels them"]
    del slurm_says["scancel"]
    watched.cancel_jobs([submitted(job(tmp_path), "7_1")])
    assert len(caplog.messages) == 1


def test_how_jobs_stand_is_a_line_a_minute(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    waiting = "7_2|PENDING||Priority", "7_3|PENDING||Priority", "8|PENDING||AssocGrpCPUMinutesLimit"
    slurm_says["squeue"] = watched.queued("7_1|RUNNING|n1|None", *waiting, "6|FAILED||")
    with caplog.at_level("INFO", "tests"):
        for over in (False, True, False, False):  # the minute
            with monkeypatch.context() as patch:
                patch.setattr(executor, "PROGRESS", 0.0 if over else executor.PROGRESS)
                watched.look(submitted(job(tmp_path), "7_1"))
    assert caplog.messages == ["on Slurm 1 jobs run and 3 wait (Priority, AssocGrpCPUMinutesLimit)"]


def test_only_what_runs_is_called_running_and_an_unknown_state_is_named(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(executor, "PROGRESS", 0.0)
    rows = (
        "1|RUNNING|n1|None", "2|COMPLETING|n1|None", "3|CONFIGURING|n1|None", "4|SUSPENDED|n1|None",
        "5|STOPPED|n1|None", "6|RESV_DEL_HOLD||Reservation r2 was deleted", "7|PENDING||BadConstraints",
        "8|DREAMING||None", "9|TIMEOUT||None",
    )  # fmt: skip
    slurm_says["squeue"] = watched.queued(*rows)
    with caplog.at_level("INFO", "tests"):
        assert watched.look(submitted(job(tmp_path), "8")) == ["8"]
    assert caplog.messages[0] == (
        "on Slurm 2 jobs run and 2 wait (CONFIGURING, SUSPENDED)"
        "; 3 wait in vain (STOPPED, RESV_DEL_HOLD, BadConstraints); of unknown state: 1 DREAMING"
    )


def test_of_a_silent_slurm_it_is_said_what_was_asked_and_how(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SLURM_CONF", "/some/slurm.conf")
    with caplog.at_level("WARNING", "tests"):
        for _ in range(2):
            watched.look(submitted(job(tmp_path), "5"))
    (line,) = caplog.messages
    assert "squeue" in line
    assert "SLURM_CONF=/some/slurm.conf" in line
    assert "no controller" in line
