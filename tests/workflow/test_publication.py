"""What a clone does with the published results: go on with the sweep, which trains nothing that stands.

That it draws all of it again is an archive's test (tests/test_archive.py).
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from emtvb.making.plan import plan_jobs

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


def test_another_experiment_is_read_once_all_that_is_asked_of_it_is_there(tmp_path: Path) -> None:
    """By the paper's sweep alone: its law of memories is tested on networks beside it."""
    cycles = tmp_path / "results" / "cycles"
    (cycles / "tables").mkdir(parents=True)

    def beside(name: str) -> list[str]:
        jobs = plan_jobs(ROOT / "config" / f"{name}.yaml", ROOT, tmp_path / "results" / name)
        (memory,) = (job for job in jobs if job.rule == "tabulate_memory")
        return [path for path in memory.inputs if path.startswith("..")]

    (cycles / "digests.csv").touch()
    assert beside("paper") == []
    (cycles / "tables" / "memory.csv").touch()
    assert beside("paper") == ["../cycles/tables/memory.csv", "../cycles/digests.csv"]
    assert beside("reference") == []
