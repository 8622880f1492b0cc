"""On a cluster with accounting, Lightning in its jobs: the networks are those of a training without Slurm."""

from __future__ import annotations

from pathlib import Path

import pytest

from emtvb import config
from emtvb.training.shard import train_shard

from ..workflow.conftest import Project
from .cluster import ACCOUNT, Cluster
from .conftest import Call

REFERENCE = (
    "--configfile", "config/smoke.yaml",
    "--config", "l2=[0]", "exemplar={compare_l2: null}", "seeds=[1]", "trainer=reference",
)  # fmt: skip


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


def test_the_reference_trainer_in_accounted_jobs(cluster: Cluster, project: Project, tmp_path: Path) -> None:
    (project.folder / "slurm" / "site.yaml").write_text(f"account: {ACCOUNT}\npartition: short\nlongest: 10\n")
    Call(project, cluster, *REFERENCE, "--", "all").finish()
    jobs = cluster.slurm("sacct", "-X", "-n", "-P", "--format=account,partition,state,timelimit").split()
    assert set(jobs) == {f"{ACCOUNT}|short|COMPLETED|00:10:00"}
    assert len(jobs) == 6

    experiment = config.load(project.folder / "results" / "smoke" / "settings.json")
    for shard, runs in experiment.shards().items():
        here = tmp_path / "without" / shard
        train_shard(runs, here / "weights", here / "history", here / "runs", "reference")
        trained = project.folder / "results" / "smoke" / "training" / shard
        assert (trained / "weights.safetensors").read_bytes() == (here / "weights").read_bytes()
