"""Networks of other packages by the workflow, those that need no package: jobs, records, weights, and an audit."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from ..workflow.conftest import CALL, Project

TINY = """
experiment: tiny
foreign:
  drawn: 300
  trials: 100
  judged: 200
  units: 6
  das_steps: 3
  seeds: [1, 2]
  cells: [gru, rates]
  tasks: [{name: flip-flop, steps: 30}]
"""
JOBS = {
    "draw_trials": 1, "train_foreign": 2, "measure_foreign": 2, "tabulate_foreign": 1, "state_settings": 1,
    "draw_foreign": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.made(tmp_path_factory.mktemp("foreign"), TINY, JOBS)


def command(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    code = "from emtvb.__main__ import main; main()"
    environment = {"PYTHONPATH": str(project.folder / "src"), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=project.folder, capture_output=True, text=True, check=False,
        env=environment,
    )  # fmt: skip


def test_all_that_it_makes_is_there_and_is_not_made_twice(tiny: Project) -> None:
    results = tiny.folder / "results" / "tiny"
    rows = pd.read_csv(results / "tables" / "foreign_networks.csv")
    assert rows["network"].unique().tolist() == [
        f"flip-flop_{cell}_seed{seed}" for cell in ("gru", "rates") for seed in (1, 2)
    ]
    assert (results / "figures" / "foreign.png").is_file()
    assert tiny.planned(*CALL) == {}


def test_other_edits_measure_again_and_train_nothing(tiny: Project) -> None:
    tiny.edit("config/tiny.yaml", "das_steps: 3", "das_steps: 4")
    unchanged = ("draw_trials", "train_foreign")
    assert tiny.planned(*CALL) == {name: count for name, count in JOBS.items() if name not in unchanged}
    tiny.edit("config/tiny.yaml", "das_steps: 4", "das_steps: 3")
    tiny.edit("config/tiny.yaml", "steps: 30", "steps: 31")
    assert tiny.planned(*CALL) == {name: count for name, count in JOBS.items() if name != "draw_trials"}
    tiny.edit("config/tiny.yaml", "steps: 31", "steps: 30")


def test_weights_that_are_gone_come_back_from_the_packed_ones(tiny: Project) -> None:
    packed = command(tiny, "pack", "results/tiny")
    assert packed.returncode == 0, packed.stderr
    weights = tiny.folder / "results" / "tiny" / "networks" / "flip-flop_gru" / "weights.safetensors"
    before = weights.read_bytes()
    weights.unlink()
    assert tiny.planned(*CALL) == {}
    assert weights.read_bytes() == before


def test_an_audit_measures_it_again(tiny: Project) -> None:
    done = command(tiny, "audit", "results/tiny")
    assert "FAILED" not in done.stdout, done.stdout + done.stderr
    assert done.returncode in (0, 3), done.stdout + done.stderr


def test_a_cell_without_its_package_is_planned_and_fails_in_one_line(tiny: Project) -> None:
    tiny.edit("config/tiny.yaml", "cells: [gru, rates]", "cells: [gru, rates, cfc]")
    assert tiny.planned(*CALL)["train_foreign"] == 1
    (tiny.folder / "src" / "ncps.py").write_text("raise ModuleNotFoundError(\"No module named 'ncps'\")\n")
    done = tiny.snakemake(*CALL)
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(said) == 1
    assert 'pip install "emtvb[foreign]"' in said[0]
