"""Jobs that Slurm bars, holds, suspends or cancels for others': one clear line each, or the same bytes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

import pytest

from emtvb.slurm import executor

from ..workflow.conftest import Project
from .cluster import ACCOUNT, NODES, Cluster
from .conftest import HERE, PATIENCE, SHARDS, Call, job_of, made, wait
from .test_forgotten import at_work, of, state

pytestmark = [pytest.mark.first, pytest.mark.nightly]


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    return (
        "PreemptType=preempt/partition_prio",
        "PreemptMode=CANCEL",
        "PartitionName=urgent Nodes=ALL PriorityTier=10",
        "PartitionName=special Nodes=ALL",
        "PartitionName=closed Nodes=ALL AllowAccounts=others",
        "PartitionName=others Nodes=ALL AllowGroups=root",
    )


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
    wait(lambda: f"Slurm job {held} waits in vain (PENDING, JobHeldAdmin)" in call.said(), call.process)
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


BARRED = """\
set-resources:
  train_shard:
    slurm_partition: "{'T1_h64_l2-0_seed1': 'closed', 'T1_h64_l2-0_seed2': 'others'}.get(wildcards.shard, 'main')"
    slurm_account: "'second' if wildcards.shard == 'T1_h64_l2-0_seed3' else 'lab'"
    qos: "'foreign' if wildcards.shard == 'T1_h64_l2-0_seed4' else 'normal'"
"""
USER = "games"
# An ordinary user to Slurm, who may read and write all files.
AS_USER = (
    "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups",
    "--inh-caps=+dac_override,+dac_read_search", "--ambient-caps=+dac_override,+dac_read_search",
)  # fmt: skip


@pytest.mark.skipif(os.getuid() != 0, reason="another user takes root")
def test_what_slurm_will_never_start_is_ended_in_a_line_with_its_remedy(project: Project, cluster: Cluster) -> None:
    """An ordinary user's jobs, most of them barred after Slurm took them. All but the last may pass in five minutes."""
    for account in ("second", "others"):
        cluster.slurm("sacctmgr", "-i", "add", "account", account, "Cluster=throwaway", check=True)
    cluster.slurm("sacctmgr", "-i", "add", "user", USER, f"Account={ACCOUNT},second", check=True)
    for name in ("passing", "tight", "foreign"):
        cluster.slurm("sacctmgr", "-i", "add", "qos", name, check=True)
    cluster.slurm("sacctmgr", "-i", "modify", "account", ACCOUNT, "set", "qos+=passing,tight", check=True)
    update(cluster, "PartitionName=main", "State=DOWN")
    (project.folder / "mine").mkdir()
    (project.folder / "mine" / "config.yaml").write_text(BARRED)
    given = "--configfile", str(HERE / "experiment.yaml"), "--config", "seeds_per_shard=1", "--until", "train_shard"
    profile = "--profile", "mine", "--emtvb-slurm-array-limit", "1"
    call = Call(project, cluster, *given, *profile, within=AS_USER, HOME=str(project.folder))
    wait(lambda: len(of(cluster, "pending")) == 7, call.process)

    def waiting(partition: str, account: str = ACCOUNT) -> list[str]:
        return cluster.slurm("squeue", "-h", "-p", partition, "-A", account, "-o", "%i").split()

    (account,), (group,), (gone,) = waiting("closed"), waiting("others"), waiting("main", "second")
    qos, partition, dependent, long = waiting("main")
    ended = f"update slurm_acct.throwaway_job_table set time_end = unix_timestamp(), state = 3 where id_job = {gone}"
    cluster.slurm(*cluster.database, ended, check=True)  # else nobody takes the user out of the account
    cluster.slurm("sacctmgr", "-i", "delete", "user", USER, "where", "account=second", check=True)
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
    update(cluster, "PartitionName=main", "State=UP")
    assert call.process.wait(PATIENCE) != 0
    assert time.monotonic() - begun >= executor.GRACE
    (refused,) = re.findall(r"Slurm refused a job .*", call.said())
    assert re.search(r"Invalid qos specification.*set qos:", refused)
    told = dict(re.findall(r"Slurm job (\S+) waits in vain (\(.*so it was cancelled.*)", call.said()))
    reasons = {
        account: r"\(PENDING, PartitionConfig\), .*set partition:",
        group: r"\(PENDING, uid \d+ not in group permitted to use this partition .*set partition:",
        gone: r"\(PENDING, InvalidAccount\), .*set account:",
        qos: r"\(PENDING, InvalidQOS\), .*set qos:",
        partition: r"\(PENDING, Job's QOS not permitted to use this partition .*set qos:",
        dependent: r"\(PENDING, DependencyNeverSatisfied\)",
        long: r"\(PENDING, QOSMaxWallDurationPerJobLimit\), .*set longest:",
    }
    assert told.keys() == reasons.keys()
    for job, words in reasons.items():
        assert re.search(words, told[job])
    assert "Trying to restart" not in call.said(), "it would wait again"
    assert not cluster.slurm("squeue", "-h")
