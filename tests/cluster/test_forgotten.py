"""Jobs that Slurm forgets before anyone asks how they ended: the same call goes on, with the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ..workflow.conftest import Project
from .cluster import NODES, Cluster
from .conftest import SHARDS, Call, job_of, made, wait

pytestmark = [pytest.mark.first, pytest.mark.nightly]


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


def of(cluster: Cluster, state: str) -> list[str]:
    return cluster.slurm("squeue", "-h", "-r", "-t", state, "-o", "%i").split()


def at_work(cluster: Cluster, call: Call, *shards: str) -> str:
    """The job that has stopped in the midst of one of these shards."""
    wait(lambda: any(call.stopped(shard) for shard in shards), call.process)
    return next(job_of(cluster, call.log(shard))[0] for shard in shards if call.stopped(shard))


def test_it_waits_for_none_of_them(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    state(cluster, *NODES[1:], state="DRAIN")  # one node is left: the other shard's task waits
    call = submit("--quiet", "reason")  # so that it prints what jobs ask for
    job = at_work(cluster, call, *SHARDS)
    wait(lambda: bool(of(cluster, "pending")), call.process)
    cluster.slurm("scancel", job.split("_")[0], check=True)  # the whole array
    wait(lambda: call.said().count("Trying to restart job") == 2, call.process)

    job = at_work(cluster, call, *SHARDS)
    wait(lambda: bool(of(cluster, "pending")), call.process)
    (waiting,) = of(cluster, "pending")
    cluster.slurm("scancel", waiting, check=True)
    wait(lambda: call.said().count("Trying to restart job") == 3, call.process)

    urgent = "--output=/dev/null", "--wrap=sleep 1000"
    cluster.slurm("sbatch", "-p", "urgent", "-w", NODES[0], "--mem=10", *urgent, check=True)
    wait(lambda: call.said().count("Trying to restart job") == 4, call.process)
    assert "'PREEMPTED'" in call.said() or f"Slurm has forgotten job {job}" in call.said()

    state(cluster, *NODES[1:], state="RESUME")
    call.wait_for_training(*SHARDS)
    cluster.kill_controller()
    call.go_on()
    records = [Path(call.folder, f"results/faults/training/{shard}/train_shard.provenance.json") for shard in SHARDS]
    wait(lambda: all(path.exists() for path in records), call.process)  # both end while nobody can be asked
    wait(lambda: "Slurm does not answer" in call.said(), call.process)
    cluster.start_controller()
    said = call.finish()
    assert said.count("Slurm does not answer") == said.count("Slurm answers again") == 1
    assert "mem_mb=2000" in said
    assert "mem_mb=4000" not in said, "none of them ran out of memory"
    assert made(project) == undisturbed
