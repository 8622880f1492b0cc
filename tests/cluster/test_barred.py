"""Jobs that Slurm bars, holds, suspends or cancels for others': one clear line each, or the same bytes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from emtvb.slurm import executor

from ..workflow.conftest import Project
from .cluster import ACCOUNT, NODES, Cluster
from .conftest import HERE, PATIENCE, SHARDS, Call, hand_on_to_nodes, job_of, made, wait
from .test_forgotten import at_work, of, state


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    partitions = "PartitionName=urgent Nodes=ALL PriorityTier=10", "PartitionName=special Nodes=ALL"
    return "PreemptType=preempt/partition_prio", "PreemptMode=CANCEL", *partitions


def update(cluster: Cluster, *what: str) -> None:
    cluster.slurm("scontrol", "update", *what, check=True)


def test_who_is_preempted_held_or_suspended_goes_on_and_uses_up_no_retry(
    project: Project, cluster: Cluster, submit: Callable[..., Call], undisturbed: dict[str, bytes]
) -> None:
    state(cluster, *NODES[1:], state="DRAIN")  # one node is left: the other shard's task waits
    call = submit("--retries", "0")
    urgent = "sbatch", "-p", "urgent", "-w", NODES[0], "--mem=10", "--output=/dev/null", "--wrap=true"
    for times in (1, 2):
        at_work(cluster, call, *SHARDS)
        cluster.slurm(*urgent, check=True)
        wait(lambda times=times: call.said().count("SLURM status is: 'PREEMPTED'; it is run again") == times)
    wait(lambda: bool(of(cluster, "pending")), call.process)
    held = of(cluster, "pending")[0]
    cluster.slurm("scontrol", "hold", held, check=True)
    wait(lambda: f"Slurm holds job {held} back" in call.said(), call.process)
    cluster.slurm("scontrol", "release", held, check=True)
    state(cluster, *NODES[1:], state="RESUME")
    call.wait_for_training(*SHARDS)
    job, _ = job_of(cluster, call.log(SHARDS[0]))
    call.go_on()
    cluster.slurm("scontrol", "suspend", job, check=True)
    wait(lambda: not of(cluster, "running"), call.process)
    cluster.slurm("scontrol", "resume", job, check=True)
    call.finish()
    assert made(project) == undisturbed


def test_what_slurm_will_never_start_is_ended_in_a_line_with_its_remedy(project: Project, cluster: Cluster) -> None:
    """Of each job something changed after Slurm took it. All but the last may pass within five minutes."""
    for name in ("passing", "tight"):
        cluster.slurm("sacctmgr", "-i", "add", "qos", name, check=True)
    everyone = "sacctmgr", "-i", "modify", "account", ACCOUNT, "set", "qos+=passing,tight"
    cluster.slurm(*everyone, check=True)
    state(cluster, *NODES, state="DRAIN")
    (project.folder / "slurm" / "site.yaml").write_text(f"account: {ACCOUNT}\n")
    hand_on_to_nodes(project, cluster)
    given = "--configfile", str(HERE / "experiment.yaml"), "--config", "seeds_per_shard=2", "--until", "train_shard"
    call = Call(project, cluster, *given, "--emtvb-slurm-array-limit", "1")
    wait(lambda: len(of(cluster, "pending")) == 4, call.process)
    qos, partition, dependent, long = of(cluster, "pending")
    update(cluster, f"JobId={qos}", "QOS=passing")
    cluster.slurm("sacctmgr", "-i", "delete", "qos", "passing", check=True)
    update(cluster, f"JobId={partition}", "Partition=special")
    update(cluster, "PartitionName=special", "AllowQos=special")
    failed = cluster.slurm("sbatch", "--parsable", "--hold", "--output=/dev/null", "--wrap=true", check=True).strip()
    cluster.slurm("scancel", failed, check=True)
    update(cluster, f"JobId={dependent}", f"Dependency=afterok:{failed}")
    update(cluster, f"JobId={long}", "QOS=tight")
    cluster.slurm("sacctmgr", "-i", "modify", "qos", "tight", "set", "MaxWall=1", check=True)
    begun = time.monotonic()
    state(cluster, *NODES, state="RESUME")
    assert call.process.wait(PATIENCE) != 0
    assert time.monotonic() - begun >= executor.GRACE
    told = dict(re.findall(r"Slurm would never start job (\S+) (\(.*)", call.said()))
    assert told.keys() == {qos, partition, dependent, long}
    for job, words in (
        (qos, r"\(InvalidQOS\), .*set qos:"),
        (partition, r"\(Job's QOS not permitted to use this partition .*set qos:"),
        (dependent, r"\(DependencyNeverSatisfied\)"),
        (long, r"\(QOSMaxWallDurationPerJobLimit\), .*set longest:"),
    ):
        assert re.search(words, told[job])
    assert "Trying to restart" not in call.said(), "it would wait again"
    assert not cluster.slurm("squeue", "-h")
