"""Jobs killed by hand, without their node or over their memory: the same command finishes, with the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ..workflow.conftest import Project
from .cluster import Cluster
from .conftest import PATIENCE, SHARDS, Call, job_of, made

pytestmark = [pytest.mark.first, pytest.mark.long]


def test_a_cancelled_job_and_a_lost_node(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    call = submit("--quiet", "reason")  # so that it prints what jobs ask for
    call.wait_for_training(*SHARDS)
    cancelled, _ = job_of(cluster, call.log(SHARDS[0]))
    lost, node = job_of(cluster, call.log(SHARDS[1]))
    assert "_" in cancelled, "shards are submitted as a job array"
    cluster.slurm("scancel", cancelled, check=True)
    cluster.slurm("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test", check=True)
    call.gate.unlink()
    try:
        said = call.finish()
    finally:
        cluster.slurm("scontrol", "update", f"NodeName={node}", "State=RESUME")
    assert f"SLURM-job '{cancelled}' failed, SLURM status is: 'CANCELLED'" in said
    assert job_of(cluster, call.log(SHARDS[0]))[0] != cancelled, "submitted again"
    assert "mem_mb=2000" in said
    assert "mem_mb=4000" not in said, "with no more memory, of which it had enough"
    again, other = job_of(cluster, call.log(SHARDS[1]))
    assert again == lost, "requeued by Slurm under its own id"
    assert other != node
    for shard in SHARDS:
        assert "already trained (1 of 4)" in call.log(shard)
    assert made(project) == undisturbed


def test_a_job_over_its_memory(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    (project.folder / "gate").unlink()
    few = "--retries", "1", "--set-resources", "train_shard:runtime=10"
    call = submit(*few, "train_shard:mem_mb=min(150 * attempt, 160)")
    assert call.process.wait(PATIENCE) != 0
    told = [line for line in call.said().splitlines() if "ran out of memory" in line]
    assert "having asked for 150 MB; tried again with 160" in told[0]
    assert "having asked for 160 MB; raise mem_mb of train_shard under set-resources" in told[-1]
    assert "most_memory: in slurm/site.yaml" in told[-1]

    call = submit(*few, "train_shard:mem_mb=300 if attempt == 1 else 3000")
    said = call.finish()
    failed = re.findall(r"SLURM-job '(\d+_\d+)' failed, SLURM status is: '(?:FAILED|OUT_OF_MEMORY)'", said)
    assert failed
    for job in failed:
        assert (
            "exceeded memory limit" in (project.folder / "slurm-logs" / "rule_train_shard" / f"{job}.log").read_text()
        )
    assert made(project) == undisturbed
