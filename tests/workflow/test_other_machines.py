"""Jobs that come into an empty environment, onto a machine without our disk, or onto one without an engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import SMOKE, Project

pytestmark = [pytest.mark.first, pytest.mark.long]

SUBMIT = """#!/bin/sh
env -i PATH=/usr/bin:/bin PYTHONPATH="{package}" sh -c 'cd / && sh "$0" > "$0.out" 2>&1 &' "$1"
echo 1
"""

needs_rsync = pytest.mark.skipif(
    shutil.which("rsync") is None, reason="no rsync here; on Debian: apt-get install rsync"
)


def same(found: Path, finished: Project, *names: str) -> None:
    """Each of these files is there, with the bytes that it has in a finished clone."""
    for name in names:
        assert (found / name).read_bytes() == (finished.folder / "results" / "smoke" / name).read_bytes(), name


@pytest.fixture
def shard(finished: Project) -> str:
    return min(path.name for path in (finished.folder / "results" / "smoke" / "training").iterdir())


def test_a_batch_system_with_an_empty_environment(
    project: Project, finished: Project, tmp_path: Path, shard: str
) -> None:
    """The plugin for any batch system; what a job needs to know stands in its command, but for the copy's package."""
    (project.folder / "submit").write_text(SUBMIT.format(package=project.folder / "src"))
    (project.folder / "submit").chmod(0o755)
    root = tmp_path / "else where"
    names = f"training/{shard}/weights.safetensors", f"measurements/{shard}.csv"
    generic = "--executor", "cluster-generic", "--cluster-generic-submit-cmd", str(project.folder / "submit")
    targets = [str(root / "smoke" / name) for name in names]
    done = project.snakemake(
        *generic, "--jobs", "2", "--latency-wait", "30", *SMOKE, "--", *targets, EXPERIMENT_OUTPUT_DIR=str(root)
    )
    assert done.returncode == 0, done.stderr
    same(root / "smoke", finished, *names)
    assert not (project.folder / "results").exists()


@needs_rsync
def test_a_storage_provider_and_no_shared_disk(project: Project, finished: Project, tmp_path: Path) -> None:
    provider = (
        "--default-storage-provider",
        "fs",
        "--default-storage-prefix",
        str(tmp_path),
        "--shared-fs-usage",
        "none",
    )
    beside = project.folder / "results" / "twins"  # as in a clone, and not in the storage
    beside.mkdir(parents=True)
    for name in ("runs.csv", "measurements.csv"):
        (beside / name).touch()
    done = project.snakemake("tables", *provider, *SMOKE)
    assert done.returncode == 0, done.stderr
    found = tmp_path / "results" / "smoke"
    files = [path for path in found.rglob("*") if path.is_file() and path.suffix != ".lock"]
    names = [path.relative_to(found) for path in files if "logs" not in path.parts]
    assert Path("tables/table1.csv") in names
    assert len(names) > 20
    same(found, finished, *map(str, names))


def test_where_the_engine_cannot_be_had_the_general_trainer_trains_and_the_record_says_so(
    project: Project, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "numba.py").write_text('raise ImportError("no numba on this machine")\n')
    without = {"PYTHONPATH": f"{tmp_path / 'none'}:{project.folder / 'src'}"}
    few = *SMOKE, "--config", "tasks=[T1]", "l2=[0]", "exemplar={compare_l2: null}", "seeds=[1]"
    table = "--", "results/smoke/tables/table1.csv"
    done = project.snakemake(*few, *table, **without)
    assert done.returncode == 0, done.stderr
    results = project.folder / "results" / "smoke"
    (log,) = (results / "logs" / "train_shard").glob("*.log")
    (line,) = [line for line in log.read_text().splitlines() if "trainer: auto takes reference here" in line]
    assert "no numba on this machine" in line
    (record,) = (results / "training").glob("*/train_shard.provenance.json")
    (run,) = json.loads(record.read_text())["runs"].values()
    assert [part["engine"] for part in run["trained"]] == ["general"]
    assert project.planned(*few, *table) == {}, "it is not made again where there is an engine"
    refused = project.snakemake(*few, "trainer=compiled", **without, EXPERIMENT_OUTPUT_DIR=str(tmp_path / "other"))
    assert refused.returncode != 0
    assert "error: trainer: compiled: cannot be had here (ImportError no numba on this machine)" in refused.stderr
