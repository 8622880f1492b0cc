"""Jobs that Slurm forgets before anyone asks how they ended: the same call goes on, with the same bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ..workflow.conftest import Project
from .cluster import NODES, Cluster
from .conftest import SHARDS, Call, job_of, made, wait


@pytest.fixture(scope="module")
def min_job_age() -> int:
    return 2


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    return (
        "PreemptType=preempt/partition_prio",
        "PreemptMode=CANCEL",
        "PartitionName=urgent Nodes=ALL PriorityTier=10",
    )


def state(cluster: Cluster, *nodes: str, state: str) -> None:
    cluster.slurm("scontrol", "update", f"NodeName={','.join(nodes)}", f"State={state}", "Reason=test", check=True)


def pending(cluster: Cluster) -> list[str]:
    return cluster.slurm("squeue", "-h", "-r", "-t", "pending", "-o", "%i").split()


def restarted(cluster: Cluster, call: Call, shard: str) -> psutil.Process:
    """The process that trains a shard in one of the two jobs that are left, stopped in the midst of it."""
    wait(
        lambda: "Slurm job" in call.log(shard) and job_of(cluster, call.log(shard))[0] in running(cluster), call.process
    )
    process = call.trainer(job_of(cluster, call.log(shard))[0])
    process.suspend()
    return process


def running(cluster: Cluster) -> list[str]:
    return cluster.slurm("squeue", "-h", "-r", "-t", "running", "-o", "%i").split()


def test_it_waits_for_none_of_them(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    state(cluster, *NODES[1:], state="DRAIN")  # one node is left: the other shard's task waits
    call = submit()
    call.wait_for_training(SHARDS[0])
    first, node = job_of(cluster, call.log(SHARDS[0]))
    call.trainer(first).suspend()  # it is to be there still when it is preempted
    (waiting,) = pending(cluster)
    assert waiting.split("_")[0] == first.split("_")[0]
    cluster.slurm("scancel", waiting, check=True)
    wait(lambda: pending(cluster) not in ([], [waiting]), call.process)

    cluster.slurm("sbatch", "-p", "urgent", "-w", node, "--mem=10", "--output=/dev/null", "--wrap=sleep 1", check=True)
    wait(lambda: "'PREEMPTED'" in call.said() or f"forgotten job {first}" in call.said(), call.process)

    wait(lambda: len(pending(cluster)) == 1, call.process)
    cluster.slurm("scancel", *pending(cluster), *running(cluster), check=True)
    wait(lambda: call.said().count("Trying to restart job") == 4, call.process)

    state(cluster, *NODES[1:], state="RESUME")
    records = [Path(call.folder, f"results/faults/training/{shard}/train_shard.provenance.json") for shard in SHARDS]
    both = [restarted(cluster, call, shard) for shard in SHARDS]
    cluster.kill("slurmctld")
    for trainer in both:
        trainer.resume()
    wait(lambda: all(path.exists() for path in records), call.process)  # both end while nobody can be asked
    time.sleep(5)
    cluster.start_controller()
    said = call.finish()
    assert said.count("Slurm does not answer") == said.count("Slurm answers again") == 1
    assert "mem_mb=4000" not in said, "none of them ran out of memory"
    assert made(project) == undisturbed
