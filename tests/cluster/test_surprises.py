"""Users and administrators who do what one may do on a cluster: the same call goes on, with the same bytes."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from ..workflow.conftest import Project
from .cluster import Cluster
from .conftest import SHARDS, Call, job_of, made, wait

pytestmark = [pytest.mark.first, pytest.mark.nightly]


@pytest.fixture(scope="module")
def min_job_age() -> int:
    return 2


def test_variables_that_a_user_has_for_slurms_commands(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    """Which hide jobs from ``squeue``, hold ``sbatch`` until its job ends, or make an array of a job."""
    own = {"SQUEUE_PARTITION": "short", "SQUEUE_FORMAT": "%i", "SBATCH_WAIT": "1", "SBATCH_ARRAY_INX": "1-2"}
    call = submit(**own)
    call.wait_for_training(*SHARDS)
    wait(lambda: "submitted train_shard" in call.said(), call.process)
    assert len(cluster.slurm("squeue", "-h", "-r").splitlines()) == 2
    time.sleep(15)  # more than the files of a forgotten job may come late
    call.go_on()
    said = call.finish()
    assert made(project) == undisturbed
    assert "Slurm has forgotten" not in said
    assert "Trying to restart" not in said


def test_a_job_that_is_renamed_a_stopped_snakemake_and_a_requeued_job(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    call = submit()
    call.wait_for_training(*SHARDS)
    first, _ = job_of(cluster, call.log(SHARDS[0]))
    cluster.slurm("scontrol", "update", f"JobId={first}", "JobName=mine", check=True)
    time.sleep(15)
    assert "Slurm has forgotten" not in call.said()
    second, _ = job_of(cluster, call.log(SHARDS[1]))
    cluster.slurm("scontrol", "requeue", second, check=True)
    # Snakemake takes the log of before away: what is there now is the second attempt's.
    wait(lambda: "already trained (1 of 4)" in call.log(SHARDS[1]), call.process)
    call.wait_for_training(*SHARDS)
    call.process.send_signal(signal.SIGSTOP)
    call.go_on()
    wait(lambda: not cluster.slurm("squeue", "-h"))
    time.sleep(5)
    call.process.send_signal(signal.SIGCONT)
    said = call.finish()
    assert made(project) == undisturbed
    assert "Trying to restart" not in said
