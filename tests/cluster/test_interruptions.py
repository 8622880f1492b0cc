"""A job over its time, Slurm's controller or Snakemake ended: the same command finishes, with the same bytes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ..workflow.conftest import Project
from .cluster import Cluster
from .conftest import PATIENCE, SHARDS, Call, job_of, made

pytestmark = [pytest.mark.first, pytest.mark.long]


@pytest.mark.nightly
def test_a_job_over_its_time(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    call = submit()
    call.wait_for_training(*SHARDS)
    job, _ = job_of(cluster, call.log(SHARDS[0]))
    trainer, other = call.stopped(SHARDS[0]), call.stopped(SHARDS[1])
    assert trainer is not None
    assert other is not None
    assert Path(trainer.cmdline()[0]).parent == Path(sys.executable).parent, "jobs run in Snakemake's environment"
    assert trainer.environ()["OMP_NUM_THREADS"] == "1", "as many threads as the job has CPUs"
    cluster.slurm("scontrol", "update", f"JobId={job}", "TimeLimit=1", check=True)
    call.gate.unlink()  # for the next attempt; this one has stopped
    other.resume()
    said = call.finish()
    assert f"SLURM-job '{job}' failed, SLURM status is: 'TIMEOUT'" in said
    assert "already trained (1 of 4)" in call.log(SHARDS[0])
    assert made(project) == undisturbed


def test_the_controller_is_restarted(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    call = submit()
    call.wait_for_training(*SHARDS)
    cluster.kill_controller()
    cluster.start_controller()
    call.go_on()
    call.finish()
    assert made(project) == undisturbed


def test_snakemake_is_killed_and_started_again(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    first = submit()
    first.wait_for_training(*SHARDS)
    second = submit()
    assert second.process.wait(PATIENCE) != 0
    refusal = [line for line in second.output.read_text().splitlines() if "works on it" in line]
    assert len(refusal) == 1
    assert f"process {first.process.pid}" in refusal[0]
    first.process.kill()
    first.process.wait()
    job, _ = job_of(cluster, first.log(SHARDS[0]))
    first.gate.unlink()
    said = submit().finish()
    assert re.search(
        rf"cancelling Slurm jobs .*\b{job.split('_')[0]}\b.*, left over from a Snakemake that was killed", said
    )
    assert "already trained (1 of 4)" in first.log(SHARDS[0])
    assert made(project) == undisturbed
