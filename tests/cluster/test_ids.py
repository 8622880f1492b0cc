"""Ids that Slurm gives again, and a ``scancel`` that fails: nobody else's job is ended, and what stands is said."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ..workflow.conftest import Project
from .cluster import Cluster
from .conftest import PATIENCE, SHARDS, Call, jobs_by_shard, made, wait
from .test_forgotten import of

pytestmark = [pytest.mark.first, pytest.mark.nightly]


@pytest.fixture(scope="module")
def min_job_age() -> int:
    return 2


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    return "FirstJobId=100", "MaxJobId=106"


def foreign_job(cluster: Cluster, number: str) -> None:
    """Let a job of nobody's run get this id."""
    for _ in range(20):
        job = cluster.slurm("sbatch", "--parsable", "--hold", "--job-name=foreign", "--output=/dev/null", "--wrap=true")
        if job.strip() == number:
            return
        cluster.slurm("scancel", job.strip(), check=True)
        time.sleep(1)
    raise AssertionError(f"no job has got the id {number}")


def test_a_job_that_has_got_an_id_of_this_run_survives_it_and_a_scancel_that_fails_is_said(
    cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes], project: Project, tmp_path: Path
) -> None:
    """Ids wrap at six, and Slurm forgets jobs at once."""
    one_by_one = "--emtvb-slurm-array-limit", "1"
    call = submit(*one_by_one)
    call.wait_for_training(*SHARDS)
    by_shard, trainer = jobs_by_shard(cluster), call.stopped(SHARDS[0])
    assert trainer is not None
    call.gate.unlink()
    trainer.resume()  # and the other one does not go on
    number = by_shard[SHARDS[0]]
    wait(lambda: not cluster.slurm("squeue", "-h", "-t", "all", "-j", number), call.process)
    foreign_job(cluster, number)
    call.process.send_signal(signal.SIGINT)
    assert call.process.wait(PATIENCE) != 0
    wait(lambda: not jobs_by_shard(cluster))
    assert of(cluster, "pending") == [number]
    assert "not cancelled" not in call.said()

    commands = tmp_path / "failing"
    commands.mkdir()
    (commands / "scancel").write_text("#!/bin/sh\necho 'scancel: error: not today' >&2\nexit 1\n")
    (commands / "scancel").chmod(0o755)
    call = submit(*one_by_one, PATH=f"{commands}:{os.environ['PATH']}")
    wait(lambda: bool(of(cluster, "running")), call.process)
    (left,) = of(cluster, "running")
    call.process.send_signal(signal.SIGINT)
    assert call.process.wait(PATIENCE) != 0
    assert f"Slurm jobs {left} are not cancelled (scancel: not today); the next call cancels them" in call.said()
    said = submit(*one_by_one).finish()
    assert f"cancelling Slurm jobs {left}, left over from a Snakemake that was killed" in said
    assert of(cluster, "pending") == [number]
    assert made(project) == undisturbed
