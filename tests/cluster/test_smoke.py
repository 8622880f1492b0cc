"""The smoke experiment, from nothing to figures, on a cluster that keeps no accounts and forgets ended jobs at once."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from ..workflow.conftest import SNAKEMAKE, Project
from .cluster import Cluster
from .conftest import Call

pytestmark = [pytest.mark.first, pytest.mark.long]

SMOKE = ("--configfile", "config/smoke.yaml", "--config", "l2=[0]", "exemplar={compare_l2: null}", "seeds=[1]")


@pytest.fixture(scope="module")
def min_job_age() -> int:
    return 2


@pytest.fixture(scope="module")
def said(cluster: Cluster, clone: Project) -> str:
    return Call(clone, cluster, *SMOKE, "--", "all").finish()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy(tmp_path_factory.mktemp("clone"), compiled=False)
    (project.folder / "slurm" / "site.yaml").write_text("account: lab\n")  # which nobody keeps here
    return project


def logs(clone: Project, rule: str) -> list[str]:
    return [path.read_text() for path in (clone.folder / "results" / "smoke" / "logs" / rule).glob("*.log")]


def test_everything_is_there(said: str, clone: Project) -> None:
    results = clone.folder / "results" / "smoke"
    for name in ("tables/table1.csv", "figures/weights.pdf", "figures/learning.png", "figures/animation/mixed.gif"):
        assert (results / name).stat().st_size > 0
    assert clone.planned(*SMOKE) == {}


def jobs(clone: Project, rule: str) -> set[str]:
    """Slurm's jobs, as the logs of a rule name them."""
    return {re.search(r"Slurm job (\S+) on n\d", text)[1] for text in logs(clone, rule)}  # type: ignore[index]


def test_what_is_ready_at_once_is_one_job_array(said: str, clone: Project) -> None:
    training, measuring = jobs(clone, "train_shard"), jobs(clone, "measure_shard")
    assert len(training) == len(measuring) == 3
    assert len({job.split("_")[0] for job in training if "_" in job}) == 1
    assert "train_shard" in said
    # Snakemake's own number of the workflow is no name of a job.
    long = [line for line in said.splitlines() if re.search("[0-9a-f]{8}-[0-9a-f]{4}", line)]
    assert [line for line in long if "Workflow ID: " not in line] == [], "names that a person reads"
    assert len(said.splitlines()) < 100


def test_compiled_code_stays_in_the_nodes_scratch_space(said: str, cluster: Cluster, clone: Project) -> None:
    assert list(cluster.scratch.glob("emtvb-*/**/*.nbi"))
    assert not list((clone.folder / "src").rglob("*.nbi")), "numba wrote to the clone"


def test_a_job_needs_no_network(clone: Project, said: str, tmp_path: Path) -> None:
    """The workflow's jobs in a network namespace that has not even a loopback device."""
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("taking the network away needs root")
    project = Project.copy(tmp_path)
    measurements = next((clone.folder / "results" / "smoke" / "measurements").glob("*.csv")).name
    target = f"results/smoke/measurements/{measurements}"
    result = subprocess.run(
        ["unshare", "--net", SNAKEMAKE, "--cores", "1", *SMOKE, "--", target],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(project.folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert (project.folder / target).read_bytes() == (clone.folder / target).read_bytes()


def test_the_same_call_again_does_nothing(said: str, cluster: Cluster, clone: Project) -> None:
    assert "Nothing to be done" in Call(clone, cluster, *SMOKE, "--", "all").finish()
