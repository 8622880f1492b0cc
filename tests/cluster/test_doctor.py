"""``emtvb doctor`` on a cluster: one line for what is wrong, with its remedy."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from emtvb import config
from emtvb.running import doctor as doctors
from emtvb.running import slurm
from emtvb.running.doctor import examine

from ..workflow.conftest import Project
from .cluster import ACCOUNT, NODES, Cluster
from .conftest import wait

Doctor = Callable[..., tuple[list[str], list[str]]]


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


@pytest.fixture(scope="module")
def settings() -> tuple[str, ...]:
    return "MaxArraySize=2", "PartitionName=small Nodes=ALL MaxMemPerNode=1000"


@pytest.fixture
def doctor(cluster: Cluster, project: Project, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs it in a clone with these lines in slurm/site.yaml: all of its lines, and those of errors."""
    for name in ("SLURM_CONF", "PATH"):
        monkeypatch.setenv(name, cluster.environment[name])
    monkeypatch.chdir(project.folder)
    for asked in (slurm.submit_limit, slurm.configuration):
        asked.cache_clear()

    def run(site: str = "", *profiles: str, **changed: str) -> tuple[list[str], list[str]]:
        Path("slurm/site.yaml").write_text(site)
        experiment = config.load("config/paper.yaml").model_copy(update=changed)
        lines = [str(finding) for finding in examine(experiment, profiles or ["slurm"])]
        assert all("\n" not in line for line in lines)
        return lines, [line for line in lines if line.startswith("error")]

    return run


def test_a_healthy_cluster(doctor: Doctor) -> None:
    lines, errors = doctor(f"account: {ACCOUNT}\npartition: main\n")
    assert errors == []
    for what in ("versions", "torch", "disk", "Slurm", "MinJobAge", "account", "train_shard", "measure_shard", "jobs"):
        assert any(line.split()[1] == f"{what}:" for line in lines), what
    assert any(
        "up to 8000 when tried again; a node of partition main gives 4000; set most_memory: 4000" in x for x in lines
    )
    assert "this code, and wrote to" in lines[-1]
    assert not list(Path.cwd().glob(".emtvb-doctor*")), "nothing is left"
    assert [line for line in lines if "MaxArraySize" in line and "one by one" in line]


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("partition: nowhere\n", "partition: nowhere is no partition of this cluster; set partition: to one of main"),
        ("account: nobody\n", "account: nobody is not an account of"),
        ("acount: lab\n", "acount: unknown key: did you mean account?"),
        ("constraint: gpu9\n", "set constraint: to a feature that nodes have"),
        ("qos: none-such\n", "set qos: to one of yours"),
        ("partition: small\n", "a node of partition small gives 1000; set most_memory: 1000"),
    ],
)
def test_one_clear_line_for_what_is_wrong(doctor: Doctor, site: str, says: str) -> None:
    _, errors = doctor(site)
    assert len({line.split(": ", 1)[1].rpartition("; ")[2] for line in errors}) == 1, "one remedy"
    assert says in errors[0]


def test_time_limits_against_what_the_rules_ask(doctor: Doctor) -> None:
    _, errors = doctor("partition: short\n")
    assert "train_shard: asks for 120 minutes, up to 480 when tried again; partition short gives 10" in errors[0]
    assert "set longest: 10" in errors[0]
    assert doctor("partition: short\nlongest: 10\n")[1] == []


def test_a_full_disk(doctor: Doctor, monkeypatch: pytest.MonkeyPatch, full_disk: Path) -> None:
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(full_disk))
    _, (error,) = doctor()
    assert "No space left on device" in error


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "full"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True, check=False)
    if mount.returncode != 0:
        pytest.skip("a full disk is a tmpfs of 64 kB, which only root may mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_too_small(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5 * 10**8))
    _, (error,) = doctor()
    assert "500 MB free, up to 1.9 GB needed" in error


def test_slurm_that_does_not_answer(doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    conf = tmp_path / "slurm.conf"
    conf.write_text(
        "ClusterName=gone\nSlurmctldHost=localhost\nSlurmctldPort=1\nMessageTimeout=1\nSlurmctldTimeout=1\n"
    )
    monkeypatch.setenv("SLURM_CONF", str(conf))
    assert len(doctor()[1]) == 1


def test_a_machine_without_slurm(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    _, (error,) = doctor()
    assert "run this on a login node" in error


def test_a_second_profile_counts(doctor: Doctor) -> None:
    Path("mine").mkdir()
    Path("mine/config.yaml").write_text("default-resources:\n  slurm_partition: elsewhere\n")
    _, (error,) = doctor("", "slurm", "mine")
    assert "elsewhere is no partition" in error


def test_a_quality_of_service_that_gives_less_time(doctor: Doctor, cluster: Cluster) -> None:
    cluster.slurm("sacctmgr", "-i", "modify", "qos", "normal", "set", "MaxWall=20", check=True)
    try:
        _, errors = doctor()
    finally:
        cluster.slurm("sacctmgr", "-i", "modify", "qos", "normal", "set", "MaxWall=-1", check=True)
    assert "quality of service normal gives 20; set longest: 20 in slurm/site.yaml" in errors[0]


def test_results_in_memory_a_gpu_that_nobody_asks_for_and_few_jobs_at_once(
    doctor: Doctor, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", "/dev/shm/results")
    user = cluster.slurm("id", "-un").strip()
    cluster.slurm("sacctmgr", "-i", "modify", "user", user, "set", "MaxSubmitJobs=3", check=True)
    try:
        lines, errors = doctor(trainer="reference", accelerator="cuda")
    finally:
        cluster.slurm("sacctmgr", "-i", "modify", "user", user, "set", "MaxSubmitJobs=-1", check=True)
    assert [line for line in errors if "which no other node sees" in line and "EXPERIMENT_OUTPUT_DIR" in line]
    assert [line for line in errors if "its jobs ask for no GPU; set gpus: 1" in line]
    assert [line for line in lines if "Slurm takes 3 of your jobs at once" in line]


def test_why_a_job_does_not_start(doctor: Doctor, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctors, "START_SECONDS", 4.0)
    every = f"NodeName={','.join(NODES)}"
    cluster.slurm("scontrol", "update", every, "State=DRAIN", "Reason=test", check=True)
    try:
        lines, _ = doctor("most_memory: 2000\n")
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
        _, errors = doctor("most_memory: 2000\nlongest: 120\n")
    finally:
        cluster.slurm("scontrol", "update", others, "State=RESUME", check=True)
        cluster.kill(f"slurmd-{NODES[0]}")
        cluster.start_node(NODES[0])
    says = {"clone": "it does not see this clone", "results": "it is a disk of the node's own"}
    assert errors
    assert all(says[what] in line for line in errors)
