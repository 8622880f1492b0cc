"""``emtvb doctor`` on a cluster: one line for what is wrong, with its remedy, and an exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..workflow.conftest import Project
from .cluster import ACCOUNT, Cluster

EMTVB = Path(sys.executable).with_name("emtvb")
Doctor = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture(scope="module")
def accounting() -> bool:
    return True


@pytest.fixture
def doctor(cluster: Cluster, project: Project) -> Doctor:
    """Runs it with these lines in slurm/site.yaml: exit status, its lines, and those of errors."""

    def run(site: str = "", *arguments: str, **environment: str) -> tuple[int, list[str], list[str]]:
        (project.folder / "slurm" / "site.yaml").write_text(site)
        variables = {**cluster.environment, "PYTHONPATH": str(project.folder / "src"), **environment}
        result = subprocess.run(
            [EMTVB, "doctor", *arguments],
            cwd=project.folder,
            env=variables,
            text=True,
            capture_output=True,
            check=False,
        )
        assert "Traceback" not in result.stderr, result.stderr
        lines = result.stdout.splitlines()
        return result.returncode, lines, [line for line in lines if line.startswith("error")]

    return run


def test_a_healthy_cluster(doctor: Doctor) -> None:
    status, lines, errors = doctor(f"account: {ACCOUNT}\npartition: main\n", "config/paper.yaml")
    assert (status, errors) == (0, [])
    for what in ("versions", "torch", "disk", "Slurm", "MinJobAge", "account", "train_shard", "measure_shard"):
        assert any(line.split()[1] == f"{what}:" for line in lines), what


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("partition: nowhere\n", "partition: nowhere is no partition of this cluster; set partition: to one of main"),
        ("account: nobody\n", "account: nobody is not an account of"),
        ("acount: lab\n", "acount: lab: Extra inputs are not permitted; the keys are account"),
        ("constraint: gpu9\n", "train_shard: Slurm would refuse it"),
    ],
)
def test_one_clear_line_for_what_is_wrong(doctor: Doctor, site: str, says: str) -> None:
    status, _, errors = doctor(site)
    assert status == 1
    assert any(says in line for line in errors), errors
    assert len({line.split(":", 1)[1] for line in errors}) == 1


def test_time_limits_against_what_the_rules_ask(doctor: Doctor) -> None:
    status, _, errors = doctor("partition: short\n")
    assert status == 1
    assert "train_shard: asks for 120 minutes, up to 480 when tried again; partition short gives 10" in errors[0]
    assert "set longest: 10" in errors[0]
    assert doctor("partition: short\nlongest: 10\n")[0] == 0


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "full"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True, check=False)
    if mount.returncode != 0:
        pytest.skip("a full disk is a tmpfs of 64 kB, which only root may mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(doctor: Doctor, full_disk: Path) -> None:
    status, _, errors = doctor("", EXPERIMENT_OUTPUT_DIR=str(full_disk))
    assert status == 1
    (error,) = errors
    assert "cannot be written (No space left on device); free some, or name another folder" in error


def test_slurm_that_does_not_answer(doctor: Doctor, tmp_path: Path) -> None:
    conf = tmp_path / "slurm.conf"
    conf.write_text(
        "ClusterName=gone\nSlurmctldHost=localhost\nSlurmctldPort=1\nMessageTimeout=1\nSlurmctldTimeout=1\n"
    )
    status, _, errors = doctor("", SLURM_CONF=str(conf))
    assert status == 1
    assert len(errors) == 1


def test_a_machine_without_slurm(doctor: Doctor) -> None:
    status, _, (error,) = doctor("", PATH=os.fspath(Path(sys.executable).parent))
    assert status == 1
    assert "run this on a login node" in error


def test_a_second_profile_counts(doctor: Doctor, project: Project) -> None:
    mine = project.folder / "mine"
    mine.mkdir()
    (mine / "config.yaml").write_text("default-resources:\n  slurm_partition: elsewhere\n")
    status, _, (error,) = doctor("", "--profile", "slurm", "--profile", "mine")
    assert status == 1
    assert "elsewhere is no partition" in error
