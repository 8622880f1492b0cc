"""One job on a real Slurm, as before every commit; ``test_smoke.py`` runs a whole experiment on one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emtvb import config
from emtvb.training.shard import Outputs, train_shard

from ..workflow.conftest import ROOT, Project
from .cluster import Cluster
from .conftest import Call, hand_on_to_nodes

pytestmark = pytest.mark.first


def test_a_job_of_slurm_trains_the_same_bytes(project: Project, cluster: Cluster, tmp_path: Path) -> None:
    experiment = config.load_sweep(ROOT / "config" / "smoke.yaml")
    shard, runs = next(iter(experiment.shards().items()))
    folder = Path("results") / "smoke" / "training" / shard
    names = [str(folder / name) for name in ("weights.safetensors", "history.csv")]
    (project.folder / "slurm" / "site.yaml").write_text("account: lab\n")  # which nobody keeps here
    hand_on_to_nodes(project, cluster)
    Call(project, cluster, "--configfile", "config/smoke.yaml", "--", *names).finish()
    here = Outputs.of(tmp_path / "here", shard)
    train_shard(runs, here, "here")
    assert [(project.folder / name).read_bytes() for name in names] == [
        path.read_bytes() for path in (here.weights, here.history)
    ]
    log = project.folder / "results" / "smoke" / "logs" / "train_shard" / f"{shard}.log"
    assert re.search(r"Slurm job \S+ on n\d", log.read_text())
    assert (project.folder / folder / "train_shard.provenance.json").is_file()
    assert not list((project.folder / "src").rglob("*.nbi")), "numba wrote to the clone"
