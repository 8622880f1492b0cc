"""Accounts, no arrays, two jobs at once, and Lightning in them: the networks are those of a training without Slurm."""

from __future__ import annotations

from pathlib import Path

import pytest

from emtvb import config
from emtvb.training.shard import Outputs, train_shard

from ..workflow.conftest import Project
from .cluster import ACCOUNT, Cluster
from .conftest import PATIENCE, Call, accounted

pytestmark = [pytest.mark.first, pytest.mark.nightly]

REFERENCE = (
    "--configfile", "config/smoke.yaml",
    "--config", "l2=[0]", "exemplar={compare_l2: null}", "seeds=[1]", "trainer=reference",
    "--", "results/smoke/settings.json", "results/smoke/measurements.csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    gpu_node = "NodeName=g1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=7999 CPUs=1 RealMemory=4000 Gres=gpu:1"
    return "MaxArraySize=2", "GresTypes=gpu", gpu_node, "PartitionName=gpu Nodes=g1"


def test_the_reference_trainer_in_accounted_jobs(cluster: Cluster, project: Project, tmp_path: Path) -> None:
    (project.folder / "slurm" / "site.yaml").write_text(f"account: {ACCOUNT}\npartition: short\nlongest: 10\n")
    user = cluster.slurm("id", "-un").strip()
    cluster.slurm("sacctmgr", "-i", "modify", "user", user, "set", "MaxSubmitJobs=2", check=True)
    said = Call(project, cluster, *REFERENCE).finish()
    assert said.count("Slurm takes no more jobs of yours at once") == 1
    jobs = accounted(cluster, "account,partition,state,timelimit")
    assert set(jobs) == {f"{ACCOUNT}|short|COMPLETED|00:10:00"}
    assert len(jobs) == 6

    experiment = config.load_sweep(project.folder / "results" / "smoke" / "settings.json")
    for shard, runs in experiment.shards().items():
        here = Outputs.of(tmp_path / "without", shard)
        train_shard(runs, here, "without", "reference")
        trained = project.folder / "results" / "smoke" / "training" / shard
        assert (trained / "weights.safetensors").read_bytes() == here.weights.read_bytes()


def test_a_job_without_an_account(cluster: Cluster, project: Project) -> None:
    cluster.slurm("sacctmgr", "-i", "modify", "user", cluster.slurm("id", "-un").strip(), "set", "MaxSubmitJobs=-1")
    (project.folder / "slurm" / "site.yaml").write_text("account: nobody\n")
    call = Call(project, cluster, *REFERENCE)
    assert call.process.wait(PATIENCE) != 0
    (told,) = [line for line in call.said().splitlines() if "Slurm refused a job (" in line]
    assert "Invalid account" in told
    assert "set account: to one of yours" in told


def test_a_gpu_in_a_partition_that_has_none(cluster: Cluster, project: Project) -> None:
    """Slurm refuses such a job, and keeps a record of it under its name, as of a job that failed."""
    (project.folder / "slurm" / "site.yaml").write_text("gpus: 1\n")
    call = Call(project, cluster, *REFERENCE)
    assert call.process.wait(PATIENCE) != 0
    (told,) = [line for line in call.said().splitlines() if "Slurm refused a job (" in line]
    assert "Requested node configuration is not available" in told
    assert "gpu_partition: to the partition that has GPUs" in told
    assert "Trying to restart" not in call.said(), "it would be refused again"
    assert "FAILED" in cluster.slurm("squeue", "-h", "--states=all", "-o", "%T").split()
