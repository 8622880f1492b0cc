"""``emtvb doctor`` on a cluster: one line for what is wrong, with its remedy, and an exit status."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from emtvb import config
from emtvb.running.doctor import examine

from ..workflow.conftest import Project
from .cluster import ACCOUNT, Cluster

Doctor = Callable[..., tuple[list[str], list[str]]]


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


@pytest.fixture
def doctor(cluster: Cluster, project: Project, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs it in a clone with these lines in slurm/site.yaml: all of its lines, and those of errors."""
    for name in ("SLURM_CONF", "PATH"):
        monkeypatch.setenv(name, cluster.environment[name])
    monkeypatch.chdir(project.folder)

    def run(site: str = "", *profiles: str) -> tuple[list[str], list[str]]:
        Path("slurm/site.yaml").write_text(site)
        lines = [str(finding) for finding in examine(config.load("config/paper.yaml"), profiles or ["slurm"])]
        assert all("\n" not in line for line in lines)
        return lines, [line for line in lines if line.startswith("error")]

    return run


def test_a_healthy_cluster(doctor: Doctor) -> None:
    lines, errors = doctor(f"account: {ACCOUNT}\npartition: main\n")
    assert errors == []
    for what in ("versions", "torch", "disk", "Slurm", "MinJobAge", "account", "train_shard", "measure_shard"):
        assert any(line.split()[1] == f"{what}:" for line in lines), what


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("partition: nowhere\n", "partition: nowhere is no partition of this cluster; set partition: to one of main"),
        ("account: nobody\n", "account: nobody is not an account of"),
        ("acount: lab\n", "acount: lab: Extra inputs are not permitted; the keys are account"),
        ("constraint: gpu9\n", "_shard: Slurm would refuse it"),
    ],
)
def test_one_clear_line_for_what_is_wrong(doctor: Doctor, site: str, says: str) -> None:
    _, errors = doctor(site)
    assert len({line.split(": ", 1)[1] for line in errors}) == 1
    assert says in errors[0]


def test_time_limits_against_what_the_rules_ask(doctor: Doctor) -> None:
    _, errors = doctor("partition: short\n")
    assert "train_shard: asks for 120 minutes, up to 480 when tried again; partition short gives 10" in errors[0]
    assert "set longest: 10" in errors[0]
    assert doctor("partition: short\nlongest: 10\n")[1] == []


def test_a_full_disk(doctor: Doctor, monkeypatch: pytest.MonkeyPatch, full_disk: Path) -> None:
    monkeypatch.setenv("EXPERIMENT_OUTPUT_DIR", str(full_disk))
    _, (error,) = doctor()
    assert "cannot be written (No space left on device); free some, or name another folder" in error


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
