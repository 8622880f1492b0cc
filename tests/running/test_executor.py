"""How the executor judges jobs and what it asks for, without Slurm; tests/cluster has the real one."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from emtvb.errors import InputError
from emtvb.running import executor, provenance, slurm
from emtvb.running.slurm import InQueue

RECIPE = json.dumps({"rule": "measure_shard", "settings": {}, "code": {}, "versions": {}})


class Resources(dict):
    """What a job asks for."""

    def __init__(self, fromdict: dict[str, Any]) -> None:
        super().__init__(fromdict)


class Job(SimpleNamespace):
    """A job as the executor sees it, of rule measure_shard."""

    __hash__ = object.__hash__

    def is_group(self) -> bool:
        return False


def job(folder: Path, name: str = "a", attempt: int = 1) -> Job:
    def asked(wildcards: object, files: object, attempt: int, skip_evaluation: object) -> Resources:
        return Resources({"mem_mb": min(2000 * attempt, 5000), "mem": "2 GB", "runtime": 30 * attempt})

    return Job(
        rule=SimpleNamespace(name="measure_shard", expand_resources=asked),
        input=[folder / "weights"],
        output=[folder / "measurements" / f"{name}.csv"],
        log=[folder / "logs" / f"{name}.log"],
        params=SimpleNamespace(recipe=RECIPE),
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
    provenance.record(one.params.recipe, {}, list(map(str, one.input)), list(map(str, one.output)), str(one.log[0]), 1)


class Watched(executor.Executor):
    """The executor without Snakemake around it."""

    def __init__(self) -> None:
        settings = SimpleNamespace(keep_successful_logs=False, init_seconds_before_status_checks=1)
        self.workflow: Any = SimpleNamespace(
            executor_settings=settings,
            execution_settings=SimpleNamespace(latency_wait=0),
        )
        self.logger = logging.getLogger("tests")
        self.run_uuid = "run"
        self.status_rate_limiter = self
        self._over, self._submitting = threading.Event(), threading.Lock()
        self._silent_since, self._forgotten, self._ran_out, self._said = None, {}, Counter(), set()
        self._next_seconds_between_status_checks = 1
        self.active_jobs: list[Any] = []
        self.array_jobs, self.max_array_size = {"measure_shard"}, 3
        self.succeeded: list[str] = []
        self.failed: dict[str, str] = {}
        self.submitted: list[int] = []

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...

    def report_job_success(self, job_info: Any) -> None:
        self.succeeded.append(job_info.external_jobid)

    def report_job_error(self, job_info: Any, msg: str | None = None, **more: Any) -> None:
        self.failed[job_info.external_jobid] = msg or ""

    def run_job(self, job: Any) -> None:
        self.submitted.append(1)

    def run_array_jobs(self, jobs: list[Any]) -> None:
        self.submitted.append(len(jobs))

    def look(self, *jobs: Any) -> list[str]:
        """Look at jobs once; the ids of those that are still active."""

        async def active() -> list[str]:
            return [info.external_jobid async for info in self.check_active_jobs(list(jobs))]

        # In a thread: a browser's driver may keep a loop running in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, active()).result()


@pytest.fixture
def watched() -> Watched:
    return Watched()


def submitted(one: Job, number: str, log: Path | None = None) -> Any:
    return SimpleNamespace(job=one, external_jobid=number, aux={"slurm_logfile": log} if log else None)


@pytest.fixture
def slurm_says(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What squeue and sacct print; a command that is not there fails."""
    said: dict[str, str] = {}

    def ask(*command: str) -> str:
        if command[0] not in said:
            raise InputError(command[0], "no controller", "wait")
        return said[command[0]]

    monkeypatch.setattr(slurm, "ask", ask)
    return said


def test_snakemake_takes_it_for_slurms() -> None:
    plugin = ExecutorPluginRegistry().get_plugin("slurm")
    before = plugin.executor
    try:
        executor.install()
        assert plugin.executor is executor.Executor
        assert issubclass(executor.Executor, before)
    finally:
        plugin.executor = before


def test_the_queue_says_how_jobs_stand(watched: Watched, tmp_path: Path, slurm_says: dict[str, str]) -> None:
    states = ["RUNNING", "COMPLETED", *sorted(slurm.FAILED), "PENDING", "COMPLETING", "SOMETHING_NEW"]
    slurm_says["squeue"] = "".join(f"7_{i}|{state}|n1|None\n" for i, state in enumerate(states))
    active = watched.look(*(submitted(job(tmp_path), f"7_{i}") for i in range(len(states))))
    assert [states[int(number[2:])] for number in active] == ["RUNNING", "PENDING", "COMPLETING", "SOMETHING_NEW"]
    assert watched.succeeded == ["7_1"]
    assert {states[int(number[2:])] for number in watched.failed} == slurm.FAILED


def test_a_forgotten_job_is_judged_by_its_files(watched: Watched, tmp_path: Path, slurm_says: dict[str, str]) -> None:
    slurm_says["squeue"] = ""
    done, stale, missing, other = (job(tmp_path / name) for name in ("done", "stale", "missing", "other"))
    for one in (done, stale, other):
        make(one)
    stale.input[0].write_text("newer weights")
    other.params.recipe = RECIPE.replace('"code": {}', '"code": {"a.py": "1"}')
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
    slurm_says["sacct"] = "13_1|COMPLETED\n13_[4-5,8%2]|CANCELLED by 0\n14|OUT_OF_MEMORY\n15|RUNNING\n"
    numbers = "13_1", "13_4", "13_5", "13_8", "14", "15"
    assert watched.look(*(submitted(job(tmp_path), number) for number in numbers)) == []
    assert watched.succeeded == ["13_1"]
    assert "CANCELLED" in watched.failed["13_8"]
    assert "ran out of memory" in watched.failed["14"]
    assert "forgotten" in watched.failed["15"], "what accounting takes for running is not, if the queue has no such job"


def test_a_silent_slurm_loses_no_job_and_is_not_waited_for_for_ever(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    info = submitted(job(tmp_path), "5")
    with caplog.at_level("WARNING", "tests"):
        assert watched.look(info) == watched.look(info) == ["5"]
        slurm_says["squeue"] = "5|RUNNING|n1|None\n"
        assert watched.look(info) == ["5"]
    assert [message.split(" (")[0] for message in caplog.messages] == ["Slurm does not answer", "Slurm answers again"]
    del slurm_says["squeue"]
    watched._silent_since = -executor.PATIENCE - 1
    assert watched.look(info) == []
    assert "no controller" in watched.failed["5"]


def test_what_can_never_start_is_ended(watched: Watched, tmp_path: Path, slurm_says: dict[str, str]) -> None:
    slurm_says["squeue"] = (
        "5|PENDING||QOSMaxWallDurationPerJobLimit\n6|PENDING||Priority\n7|PENDING||JobHeldAdmin\n8|PENDING||PartitionTimeLimit\n"
    )
    assert watched.look(*(submitted(job(tmp_path), number) for number in "5678")) == ["6", "7"]
    assert "set longest:" in watched.failed["5"]
    assert any("scontrol release 7" in text for _, text in watched._said)


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
    slurm_says["squeue"] = f"5_1|{state}|n1|None\n" if state else ""
    assert watched.look(submitted(one, "5_1", tmp_path / "rule" / "wildcards" / "5_1.log")) == []
    again = one.__dict__ | {"attempt": 2, "resources": job(tmp_path, attempt=2).resources}
    one.__dict__.update(again)
    watched._ask_for_more(one)
    assert (one._resources["mem_mb"], one._resources["runtime"]) == (memory, minutes)


def test_who_runs_out_of_memory_at_last_is_told_what_to_raise(
    watched: Watched, tmp_path: Path, slurm_says: dict[str, str]
) -> None:
    slurm_says["squeue"] = "5|OUT_OF_MEMORY|n1|None\n"
    one = job(tmp_path)
    watched.look(submitted(one, "5"))
    assert "having asked for 2000 MB; tried again with 4000" in watched.failed["5"]
    one.attempt, watched._ran_out[one, "mem_mb"], one.resources["mem_mb"] = 4, 3, 5000
    watched.look(submitted(one, "5"))
    for word in ("5000 MB", "raise mem_mb of measure_shard", "most_memory: in slurm/site.yaml"):
        assert word in watched.failed["5"]


@pytest.mark.parametrize(("room", "chunks"), [(None, [3, 3, 1]), (2, [2, 2, 2, 1]), (0, [1] * 7)])
def test_no_more_is_submitted_at_once_than_slurm_takes(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int | None, chunks: list[int]
) -> None:
    monkeypatch.setattr(slurm, "room", lambda *_: room)
    monkeypatch.setattr(slurm, "queue", lambda _: {"1": InQueue("COMPLETED"), "2": InQueue("FAILED")})
    jobs = [job(tmp_path, str(i)) for i in range(7)]
    watched._submit(list(jobs), as_array=True)
    assert watched.submitted == chunks
    watched.submitted.clear()
    watched._submit(list(jobs), as_array=False)
    assert watched.submitted == [1] * 7


def test_it_waits_for_room_as_long_as_jobs_of_its_own_will_make_it(
    watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms, states = iter([0, 0, 2]), iter(["PENDING", "RUNNING"])
    monkeypatch.setattr(executor, "BETWEEN", 0.0)
    monkeypatch.setattr(slurm, "room", lambda *_: next(rooms))
    monkeypatch.setattr(slurm, "queue", lambda _: {"1": InQueue(next(states))})
    watched._submit([job(tmp_path, "a"), job(tmp_path, "b")], as_array=True)
    assert watched.submitted == [2]
    watched._over.set()
    watched._submit([job(tmp_path)], as_array=True)
    assert watched.submitted == [2], "nothing after its end"


def test_what_slurm_refuses_is_one_line_with_its_remedy() -> None:
    text = (
        "SLURM sbatch failed. The error message was 'sbatch: error: Batch job submission failed: Invalid account or "
        "account/partition combination specified'.\n    sbatch call:\n        sbatch --parsable " + "x" * 3000
    )
    said = executor._plain(text)
    assert "\n" not in said
    assert "Invalid account" in said
    assert "set account: to one of yours" in said
    assert len(said) < 400


def test_warnings_about_what_is_done_otherwise_are_dropped(caplog: pytest.LogCaptureFixture) -> None:
    plain = executor._Plain(logging.getLogger("tests"))
    with caplog.at_level("DEBUG", "tests"):
        plain.warning("MinJobAge 2s (< 3s). This may cause 'squeue' to miss recently finished jobs.")
        plain.warning("something else")
    assert caplog.messages == ["something else"]


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
    slurm_says["squeue"] = "13_4|PENDING||Priority\n14|RUNNING|n1|None\n"
    assert slurm.queue("run") == {"13_4": InQueue("PENDING", "", "Priority"), "14": InQueue("RUNNING", "n1", "None")}
