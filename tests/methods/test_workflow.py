"""A benchmark of methods by the workflow: its jobs alone, records, nothing to do afterwards, and an audit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ..workflow.conftest import CALL, Project

TINY = """
experiment: tiny
methods:
  das_k: [1]
  das_steps: 5
  networks:
    - {name: plain, kind: store}
    - {name: learned, kind: flip-flop, units: 4, steps: 3}
"""
JOBS = {"run_methods": 2, "tabulate_methods": 1, "state_settings": 1, "draw_methods": 1}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.made(tmp_path_factory.mktemp("methods"), TINY, JOBS)


def test_all_that_it_makes_is_there_with_its_record_and_is_not_made_twice(tiny: Project) -> None:
    results = tiny.folder / "results" / "tiny"
    table = pd.read_csv(results / "tables" / "methods.csv")
    assert table["network"].unique().tolist() == ["plain", "learned"]
    assert (results / "figures" / "methods.png").is_file()
    records = {path.name.partition(".")[0] for path in results.rglob("*.provenance.json")}
    assert records == {"plain", "learned", "methods", "settings"}
    assert tiny.planned(*CALL) == {}


def test_another_setting_makes_its_network_again_alone(tiny: Project) -> None:
    tiny.edit("config/tiny.yaml", "kind: store}", "kind: store, condition: 2}")
    assert tiny.planned(*CALL) == {**JOBS, "run_methods": 1}
    tiny.edit("config/tiny.yaml", "kind: store, condition: 2}", "kind: store}")


def test_an_audit_makes_it_again_whatever_time_it_takes(tiny: Project) -> None:
    code = "from emtvb.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "audit", "results/tiny"], cwd=tiny.folder, capture_output=True, text=True,
        check=False, env={"PYTHONPATH": str(tiny.folder / "src"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "FAILED" not in done.stdout, done.stdout + done.stderr
    assert done.returncode in (0, 3), done.stdout + done.stderr


def test_a_missing_published_network_is_one_line(tmp_path: Path) -> None:
    project = Project.copy(tmp_path)
    result = project.snakemake("-n", "--configfile", "config/methods.yaml")
    assert result.returncode == 1
    assert "methods.published: results/paper: no such experiment" in result.stdout + result.stderr
