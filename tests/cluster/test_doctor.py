"""``emtvb doctor`` on a cluster: one line for what is wrong, with its remedy."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emtvb import config
from emtvb.slurm import commands as slurm
from emtvb.slurm import doctor as doctors
from emtvb.slurm.doctor import examine

from ..workflow.conftest import Project
from .cluster import ACCOUNT, NODES, Cluster
from .conftest import wait

pytestmark = [pytest.mark.first, pytest.mark.long]

Doctor = Callable[..., tuple[list[str], list[str]]]


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    return "PartitionName=small Nodes=ALL MaxMemPerNode=1000", "EnforcePartLimits=ALL"


@pytest.fixture
def doctor(cluster: Cluster, project: Project, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs it in a clone with these lines in slurm/site.yaml: all of its lines, and those of errors."""
    for name in ("SLURM_CONF", "PATH"):
        monkeypatch.setenv(name, cluster.environment[name])
    monkeypatch.chdir(project.folder)
    slurm.configuration.cache_clear()

    def run(site: str = "", *profiles: str, **changed: Any) -> tuple[list[str], list[str]]:
        Path("slurm/site.yaml").write_text(site)
        experiment = config.load_sweep("config/paper.yaml").model_copy(update=changed)
        lines = [str(finding) for finding in examine(experiment, profiles or ["slurm"])]
        assert all("\n" not in line for line in lines)
        return lines, [line for line in lines if line.startswith("error")]

    return run


def test_a_healthy_cluster(doctor: Doctor) -> None:
    lines, errors = doctor(f"account: {ACCOUNT}\npartition: main\n")
    assert errors == []
    assert [line.split()[1] for line in lines] == ["versions:", "disk:", "Slurm:", "job:"]
    assert "train_shard" in lines[-1]
    assert "train_stream" not in lines[-1], "which this experiment has not"
    assert "this code, and wrote to" in lines[-1]
    assert not list(Path.cwd().glob(".emtvb-doctor*")), "nothing is left"


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("partition: nowhere\n", "set partition: to one that takes your jobs"),
        ("account: nobody\n", "set account: to one of yours"),
        ("acount: lab\n", "acount: unknown key: did you mean account?"),
        ("partition: small\n", "set most_memory:"),
        ("partition: short\n", "set longest:"),
        ("gpus: 1\n", "set gpus: to what a node has, and gpu_partition:"),
    ],
)
def test_one_clear_line_for_what_is_wrong(doctor: Doctor, site: str, says: str) -> None:
    _, (error,) = doctor(site)
    assert says in error


def test_a_full_disk(doctor: Doctor, monkeypatch: pytest.MonkeyPatch, full_disk: Path) -> None:
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(full_disk))
    _, (error,) = doctor()
    assert "No space left on device" in error or "nothing more can be written to its disk" in error


def test_temporary_files_on_a_full_disk(doctor: Doctor, monkeypatch: pytest.MonkeyPatch, full_disk: Path) -> None:
    monkeypatch.setenv("SLURM_TMPDIR", str(full_disk))
    _, (error,) = doctor()
    assert f"TMPDIR: {full_disk}: error: 8 MB cannot be written there (No space left on device)" in error


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "full"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True, check=False)
    if mount.returncode != 0:
        pytest.skip("a full disk is a tmpfs of 64 kB, which only root may mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_second_profile_counts(doctor: Doctor) -> None:
    Path("mine").mkdir()
    Path("mine/config.yaml").write_text("default-resources:\n  slurm_partition: elsewhere\n")
    _, (error,) = doctor("", "slurm", "mine")
    assert "invalid partition" in error


def test_jobs_that_need_a_gpu_and_ask_for_none(doctor: Doctor) -> None:
    _, (error,) = doctor(trainer="reference", accelerator="cuda", follow=[])
    assert "set gpus: to what a node has" in error


def test_why_a_job_does_not_start(doctor: Doctor, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctors, "START_SECONDS", 4.0)
    every = f"NodeName={','.join(NODES)}"
    cluster.slurm("scontrol", "update", every, "State=DRAIN", "Reason=test", check=True)
    try:
        lines, _ = doctor()
    finally:
        cluster.slurm("scontrol", "update", every, "State=RESUME", check=True)
    told = [line for line in lines if "did not start it in 4 s" in line]
    assert all("DRAINED" in line or "ReqNodeNotAvail" in line for line in told)
    assert told
    wait(lambda: not cluster.slurm("squeue", "-h"))


@pytest.mark.parametrize("what", ["clone", "results"])
def test_nodes_that_do_not_see_what_is_here(
    doctor: Doctor, cluster: Cluster, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One node is left, which sees an empty disk in that place."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk of a node's own is a mount, which takes root")
    hidden = Path.cwd()
    if what == "results":
        hidden = Path(tempfile.mkdtemp())
        monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(hidden))
    others = f"NodeName={','.join(NODES[1:])}"
    cluster.kill(f"slurmd-{NODES[0]}")
    cluster.start_node(NODES[0], hidden)
    cluster.slurm("scontrol", "update", others, "State=DRAIN", "Reason=test", check=True)
    try:
        _, errors = doctor()
    finally:
        cluster.slurm("scontrol", "update", others, "State=RESUME", check=True)
        cluster.kill(f"slurmd-{NODES[0]}")
        cluster.start_node(NODES[0])
    says = {"clone": "it does not see this clone", "results": "it is a disk of the node's own"}
    assert errors
    assert all(says[what] in line for line in errors)
