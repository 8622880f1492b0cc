"""Taking over from a Snakemake that was killed, with a stand-in for Slurm; tests/cluster has the real one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emtvb.errors import InputError
from emtvb.slurm import commands as slurm
from emtvb.slurm.states import InQueue

SQUEUE = """#!/bin/sh
echo "Welcome to Cluster 2026"
while read -r id name; do echo "emtvb|train_shard.$name.1|$id|2026|1|RUNNING|n1|None"; done < {queue}
"""
SCANCEL = """#!/bin/sh
echo "$@" > {folder}/cancelled
: > {queue}
"""


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A queue as a file of lines `id name`; scancel empties it and keeps its arguments."""
    queue = tmp_path / "queue"
    queue.touch()
    (tmp_path / "bin").mkdir()
    for name, text in (("squeue", SQUEUE), ("scancel", SCANCEL)):
        (tmp_path / "bin" / name).write_text(text.format(folder=tmp_path, queue=queue))
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("EMTVB_SNAKEMAKE", "")
    return queue


@pytest.fixture
def take_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None], None]]:
    """Takes the results over as a Snakemake would whose predecessor was killed, and so holds them no longer."""
    held = contextlib.ExitStack()
    monkeypatch.setattr(slurm, "_held", held)

    def call(run: str | None) -> None:
        held.close()
        slurm.take_over(tmp_path / "results", run)

    yield call
    held.close()


def test_the_jobs_of_the_killed_one_are_cancelled_and_no_others(queue: Path, take_over) -> None:
    take_over("first")
    queue.write_text("3 first\n3 first\n4 other\n5 firstborn\n7 first\n")
    take_over("second")
    assert (queue.parent / "cancelled").read_text().split() == ["3", "7"]
    queue.write_text("8 second\n9 first\n")
    take_over("third")
    assert (queue.parent / "cancelled").read_text().split() == ["8"]


def test_one_that_submits_nothing_leaves_them_to_the_next(queue: Path, take_over) -> None:
    take_over("first")
    queue.write_text("3 first\n")
    take_over(None)
    assert not (queue.parent / "cancelled").exists()
    take_over("third")
    assert (queue.parent / "cancelled").read_text().split() == ["3"]


def test_one_that_is_killed_while_it_cancels_leaves_the_rest_to_the_next(
    queue: Path, take_over, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_over("first")
    queue.write_text("3 first\n")
    scancel = queue.parent / "bin" / "scancel"
    works = scancel.read_text()
    scancel.write_text("#!/bin/sh\n")
    monkeypatch.setattr(slurm, "END_SECONDS", 0.0)
    with pytest.raises(InputError, match="3: cancelled, but they do not end"):
        take_over("second")
    scancel.write_text(works)
    take_over("third")
    assert (queue.parent / "cancelled").read_text().split() == ["3"]


def test_that_jobs_which_are_left_over_could_not_be_cancelled_is_said(
    queue: Path, take_over, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_over("first")
    queue.write_text("3 first\n")
    (queue.parent / "bin" / "scancel").write_text("#!/bin/sh\necho 'scancel: error: not today' >&2; exit 1\n")
    monkeypatch.setattr(slurm, "END_SECONDS", 0.0)
    with pytest.raises(InputError, match=r"Slurm jobs: 3: cannot be cancelled \(scancel: not today\)"):
        take_over("second")


def test_what_a_site_prints_besides_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A greeting, with bars and numbers in it, before and after what each command prints."""
    greeting = "Welcome to Cluster 2026 | your quota: | 17\n| 5 | 6 | 7 |\n"
    said = {
        "squeue": "emtvb|train_shard.run.1|7_1|2026|1|RUNNING|n1|None\nemtvb|t.other.1|8|2026|1|RUNNING|n1|None\n",
        "sacct": "7_1|COMPLETED|2026|train_shard.run.1\n",
        "scontrol": "AccountingStorageEnforce = associations,limits\nMaxJobCount = 20\n",
    }
    monkeypatch.setattr(slurm, "answer_of", lambda *command, **_: greeting + said[command[0]] + greeting)
    slurm.configuration.cache_clear()
    jobs = slurm.JobsOfRuns(["run"])
    assert jobs.in_queue() == {"7_1": InQueue("RUNNING", "n1", "None")}
    assert jobs.states_by_accounting(["7_1"]) == {"7_1": "COMPLETED"}
    assert slurm.room_in_queue() == 8
    slurm.configuration.cache_clear()


def test_what_the_controller_knows_of_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*command: str) -> str:
        if command[-1] == "15":
            raise InputError("scontrol", "slurm_load_jobs error: Invalid job id specified", "wait")
        tasks = "JobId=13 ArrayJobId=13 ArrayTaskId=4-5%2 JobName=a.run.1 JobState=PENDING Reason=None\n"
        return f"Welcome!\n{tasks}JobId=16 ArrayJobId=13 ArrayTaskId=1 JobName=a.run.1 JobState=RUNNING Reason=None\n"

    monkeypatch.setattr(slurm, "answer_of", ask)
    assert slurm.JobsOfRuns(["run"]).states_by_controller(["13_1", "13_4", "15"]) == {
        "13_1": "RUNNING",
        "13_4": "PENDING",
        "13_5": "PENDING",
    }
    assert not slurm.JobsOfRuns(["other"]).states_by_controller(["13_1"])


def test_the_tasks_of_an_array_as_slurm_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that Slurm cut off says nothing of the rest."""
    said = "13_[1,4-6%2]|PENDING", "14_[1,7,...]|PENDING", "15|FAILED"
    monkeypatch.setattr(slurm, "answer_of", lambda *_, **__: "".join(f"{row}|2026|a.run.1\n" for row in said))
    jobs = ["13_1", "13_5", "13_7", "14_1", "14_7", "14_8", "15"]
    assert {*slurm.JobsOfRuns(["run"]).states_by_accounting(jobs)} == {"13_1", "13_5", "14_1", "14_7", "15"}
    assert not slurm.JobsOfRuns(["other"]).states_by_accounting(jobs)


def test_a_greeting_in_another_encoding_is_read() -> None:
    assert slurm.answer_of("printf", r"\351t\351 7") == "\N{REPLACEMENT CHARACTER}t\N{REPLACEMENT CHARACTER} 7"


@pytest.mark.parametrize(("held", "room"), [("30", 13), ("2", 0), ("", None)])
def test_no_user_fills_the_controller(monkeypatch: pytest.MonkeyPatch, held: str, room: int | None) -> None:
    monkeypatch.setattr(slurm, "answer_of", lambda *_, **__: "emtvb|7_1\nemtvb|7_2\n")
    monkeypatch.setattr(slurm, "configuration", lambda: {"MaxJobCount": held})
    assert slurm.room_in_queue() == room


@pytest.mark.parametrize("said", ["17\n", "17;cluster\n", "\n17\n"])
def test_the_id_of_a_submission(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(slurm, "answer_of", lambda *_, **__: said)
    assert slurm.submit(["sbatch"], "") == "17"


@pytest.mark.parametrize("said", ["", "2026\n17\n", "Submitted batch job 17 to a cluster of 3\n", "Job 17"])
def test_an_id_is_not_guessed(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(slurm, "answer_of", lambda *_, **__: said)
    with pytest.raises(InputError, match=" ".join(said.split()) or "nothing"):
        slurm.submit(["sbatch"], "")


def test_what_is_said_instead_of_an_id_is_quoted(queue: Path) -> None:
    sbatch = queue.parent / "bin" / "sbatch"
    sbatch.write_text("#!/bin/sh\necho 'lua: no such project' >&2\n")
    sbatch.chmod(0o755)
    with pytest.raises(InputError, match="no id of a job but: lua: no such project"):
        slurm.submit(["sbatch"], "#!/bin/sh\n")
    sbatch.write_text("#!/bin/sh\necho 17\necho 'a warning' >&2\n")
    assert slurm.submit(["sbatch"], "#!/bin/sh\n") == "17"


@pytest.mark.parametrize("name", ["SBATCH_ERROR", "SBATCH_INPUT", "SBATCH_OUTPUT", "SBATCH_OPEN_MODE", "SBATCH_WAIT"])
def test_no_variable_sends_elsewhere_what_a_job_reads_and_writes(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "/elsewhere")
    assert "/elsewhere" not in slurm.answer_of("env")


def test_a_slurm_that_fails_is_one_line(queue: Path, take_over) -> None:
    take_over("first")
    (queue.parent / "bin" / "squeue").write_text("#!/bin/sh\necho first >&2; echo 'no controller' >&2; exit 1\n")
    with pytest.raises(InputError, match=r"squeue .*no controller: run again when Slurm answers"):
        take_over("second")
    with pytest.raises(InputError, match="nothing-like-it: No such file"):
        slurm.answer_of("nothing-like-it")


def test_variables_that_change_what_slurms_commands_do_are_not_handed_on(
    queue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (queue.parent / "bin" / "squeue").write_text("#!/bin/sh\nenv\n")
    names = "SQUEUE_PARTITION", "SQUEUE_USERS", "SACCT_FORMAT", "SBATCH_WAIT", "SBATCH_ARRAY_INX"
    for name in names:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("SBATCH_ACCOUNT", "a user's own")
    said = slurm.answer_of("squeue")
    assert "SBATCH_ACCOUNT=a user's own" in said
    assert not any(name in said for name in names)


def test_whose_jobs_are_asked_for_does_not_hang_on_a_name(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After su or sudo, LOGNAME may still be somebody else's."""
    monkeypatch.setenv("LOGNAME", "somebody")
    (queue.parent / "bin" / "squeue").write_text('#!/bin/sh\necho "emtvb|$*|run|1|RUNNING|n1"\n')
    for answer in (
        slurm.rows_of_queue(slurm.MINE, columns="%j"),
        slurm.rows_of_queue(slurm.MINE, columns="%F|%j"),
    ):
        assert f"--user={os.getuid()} " in answer[0][0]
        assert "--all" in answer[0][0], "jobs in a hidden partition are the user's, too"


def test_one_cluster_is_asked_where_jobs_are_sent_to(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (queue.parent / "bin" / "squeue").write_text("#!/bin/sh\nenv\n")
    monkeypatch.setenv("SBATCH_CLUSTERS", "other")
    said = slurm.answer_of("squeue").split()
    assert "SLURM_CLUSTERS=other" in said
    assert "SBATCH_CLUSTERS=other" not in said
    monkeypatch.setenv("SBATCH_CLUSTERS", "one,other")
    for name in slurm.COMMANDS:
        (queue.parent / "bin" / name).write_text(
            "#!/bin/sh\necho \"No cluster 'other' known by database.\" >&2; exit 1\n"
        )
        (queue.parent / "bin" / name).chmod(0o755)
    with pytest.raises(InputError, match="SLURM_CLUSTERS: one,other: name one cluster"):
        slurm.check_commands()
    monkeypatch.setenv("SBATCH_CLUSTERS", "other")
    slurm.configuration.cache_clear()
    with pytest.raises(InputError, match="SLURM_CLUSTERS: other: no cluster here"):
        slurm.check_commands()


def test_nothing_of_a_job_around_it_is_handed_on(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a shell of salloc."""
    (queue.parent / "bin" / "squeue").write_text("#!/bin/sh\nenv\n")
    names = {"SLURM_JOB_ID": False, "SLURM_MEM_PER_NODE": False, "SLURM_CONF": True, "SLURM_JWT": True}
    for name in names:
        monkeypatch.setenv(name, "7")
    said = slurm.answer_of("squeue").split()
    assert {name: f"{name}=7" in said for name in names} == names


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        ({"runtime": 30, "mem_mb": 2000}, "--time=30 --mem=2000 --ntasks=1 --cpus-per-task=1"),
        (
            {"slurm_account": "a", "slurm_partition": "p,q", "qos": "x", "constraint": "c&d", "gres": "gpu:a100:1"},
            "--account=a --partition=p,q --qos=x --constraint=c&d --ntasks=1 --cpus-per-task=1 --gres=gpu:a100:1",
        ),
        ({"gpu": 2, "gpu_model": "a100"}, "--ntasks=1 --cpus-per-task=1 --gpus=a100:2"),
        ({"mem_mb": 5, "mem_mb_per_cpu": 7}, "--mem-per-cpu=7 --ntasks=1 --cpus-per-task=1"),
        ({"slurm_extra": "--mail-user='a b'"}, "--ntasks=1 --cpus-per-task=1 --mail-user=a b"),
    ],
)
def test_what_a_job_asks_for_as_options_of_sbatch(asked: dict[str, object], options: str) -> None:
    assert " ".join(slurm.sbatch_options(asked)) == options


@pytest.mark.parametrize("extra", ["--array=1-3", "-o x", "--job-name=mine", "--clusters=other", "--wait"])
def test_options_that_are_not_a_users_are_refused(extra: str) -> None:
    with pytest.raises(InputError, match="slurm_extra"):
        slurm.sbatch_options({"slurm_extra": extra})


def test_a_second_holder_is_refused_and_jobs_know_whose_they_are(
    queue: Path, take_over, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results"
    assert not slurm.is_superseded(results)
    take_over("first")
    assert f"process {os.getpid()}" in os.environ["EMTVB_SNAKEMAKE"]
    assert not slurm.is_superseded(results)
    with pytest.raises(InputError, match=f"process {os.getpid()} on .* works on it"):
        slurm.take_over(results, "second")
    monkeypatch.setenv("EMTVB_SNAKEMAKE", "Snakemake (process 1 on elsewhere)")
    assert slurm.is_superseded(results)
    monkeypatch.delenv("EMTVB_SNAKEMAKE")
    assert not slurm.is_superseded(results)


def test_another_users_results_are_not_taken_over(
    queue: Path, take_over, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(slurm, "locked", refuse)
    with pytest.raises(InputError, match="another user works there"):
        take_over("first")


def test_a_job_writes_where_it_was_planned_to_or_not_at_all(
    queue: Path, take_over, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", "elsewhere")
    assert set(slurm.hand_over(tmp_path)) == {"EXPERIMENT_OUTPUT_DIR", "EMTVB_SNAKEMAKE"}
    assert os.environ["EXPERIMENT_OUTPUT_DIR"] == str(tmp_path)
    take_over("first")
    slurm.check_job(tmp_path / "results")
    with pytest.raises(InputError, match="planned for another folder"):
        slurm.check_job(tmp_path / "others")
    with monkeypatch.context() as module:  # of which Snakemake runs no onstart
        module.setenv("EMTVB_SNAKEMAKE", "")
        slurm.check_job(tmp_path / "others")
    with monkeypatch.context() as empty:
        empty.setenv("EXPERIMENT_OUTPUT_DIR", "")
        with pytest.raises(InputError, match="EXPERIMENT_OUTPUT_DIR: not set"):
            slurm.check_job(tmp_path / "results")
    for name in ("EXPERIMENT_OUTPUT_DIR", "EMTVB_SNAKEMAKE"):
        with monkeypatch.context() as without:
            without.delenv(name)
            with pytest.raises(InputError, match=f"{name}: not set"):
                slurm.check_job(tmp_path / "results")
