"""The workflow as a module of somebody else's, on a cluster."""

from __future__ import annotations

import re
from pathlib import Path

from ..workflow.conftest import Project
from ..workflow.test_elsewhere import Elsewhere
from .cluster import Cluster
from .conftest import Call


def test_jobs_of_a_module_run_on_a_cluster(project: Project, cluster: Cluster, tmp_path: Path) -> None:
    """Snakemake runs no ``onstart`` of a module, so nothing there may rest on what that does."""
    (project.folder / "slurm" / "site.yaml").write_text("account: lab\n")  # which nobody keeps here
    parent = tmp_path / "parent"
    parent.mkdir()
    results = Elsewhere(parent, project.folder, "bindings", 'config["emtvb"]', " as emtvb_*").results
    Call(project, cluster, "--", "bindings/results/tiny/measurements.csv", place=parent).finish()
    assert (results / "measurements.csv").is_file()
    logs = [path.read_text() for path in (results / "logs" / "train_shard").glob("*.log")]
    assert logs
    assert all(re.search(r"Slurm job \S+ on n\d", log) for log in logs)
