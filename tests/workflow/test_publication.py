"""What a clone does with the published results: go on with the sweep, which trains nothing that stands.

That it draws all of it again is an archive's test (tests/test_archive.py).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from .conftest import ROOT, Project

pytestmark = [pytest.mark.first, pytest.mark.long]

PUBLISHED = ("--configfile", "results/paper/settings.json")


@pytest.fixture
def clone(tmp_path: Path) -> Project:
    """A copy with the published results, without what git does not keep."""
    project = Project.copy(tmp_path)
    unkept = shutil.ignore_patterns("runs", "logs", "history.csv", "report.html", "results", "interpretation")
    shutil.copytree(ROOT / "results" / "paper", project.folder / "results" / "paper", ignore=unkept)
    (project.folder / "results" / "twins").mkdir()
    for name in ("runs.csv", "measurements.csv", "tables"):  # what jobs read of the rounding twins beside
        source, target = ROOT / "results" / "twins" / name, project.folder / "results" / "twins" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return project


def test_more_seeds_train_what_is_new_and_nothing_that_stands(clone: Project) -> None:
    """Another block of seeds adds its trainings and measurements to what is stale already, and nothing else."""
    kinds = len({path.name.rpartition("_")[0] for path in (clone.folder / "results/paper/training").iterdir()})
    seeds = pd.read_csv(clone.folder / "results/paper/runs.csv")["seed"].max()
    stale = clone.planned(*PUBLISHED)
    planned = clone.planned(*PUBLISHED, "--config", f"seeds={list(range(1, seeds + 6))}".replace(" ", ""))
    for rule in ("train_shard", "measure_shard"):
        assert planned[rule] - stale[rule] == kinds
    assert planned["look_at_exemplar"] == stale["look_at_exemplar"]


def test_weights_that_the_history_has_alone_are_measured_again_and_trained_by_nobody(tmp_path: Path) -> None:
    """As those of the twins, which have no room in the tree."""
    clone = tmp_path / "clone"
    call = ["git", "clone", "--quiet", "--shared", str(ROOT), str(clone)]
    subprocess.run(call, check=True, timeout=300)
    twins = clone / "results" / "twins"
    records = list(twins.glob("training/*/train_shard.provenance.json"))
    assert records
    assert not list(twins.glob("training/*/weights.safetensors"))
    extraction = clone / "src/emtvb/core/regression.py"
    extraction.write_text(extraction.read_text() + "\nANOTHER = 1\n")
    planned = Project(clone).planned("--configfile", "results/twins/settings.json")
    assert planned["train_shard"] == 0
    assert planned["measure_shard"] == len(records)


def test_the_plans_questions_are_answered_once_all_that_they_are_asked_of_is_there(tmp_path: Path) -> None:
    """Of reference runs that came out as ours: two cells of the published sweep, each in its own experiment."""
    project = Project.copy(tmp_path)
    reference = "--configfile", "config/reference.yaml"
    assert project.planned(*reference)["tabulate_reprints"] == 0
    tables = {name: pd.read_csv(ROOT / "results/paper" / f"{name}.csv") for name in ("runs", "measurements")}
    for experiment, cell in (("reference", "T2_h128_l2-0.001_"), ("reference-odd", "T4_h64_l2-0_")):
        folder = project.folder / "results" / experiment
        folder.mkdir(parents=True)
        for name, table in tables.items():
            table[table["run_id"].str.startswith(cell)].to_csv(folder / f"{name}.csv", index=False)
    for experiment in ("paper", "twins"):
        folder = project.folder / "results" / experiment
        folder.mkdir()
        for name in tables:
            shutil.copy(ROOT / "results" / experiment / f"{name}.csv", folder)
    assert project.planned(*reference)["tabulate_reprints"] == 1
    table = "results/reference/tables/reprints.md"
    result = project.snakemake(table, *reference, "--allowed-rules", "tabulate_reprints")
    assert result.returncode == 0, result.stderr
    rows = (project.folder / table).read_text().splitlines()[2:]
    asked = ["| A", "| B", "| C", "| C", "| D", "| E", "| E", "| whole"]
    later = ["| E, later"] * 2
    assert [row.split(" | ")[0] for row in rows] == asked + later
