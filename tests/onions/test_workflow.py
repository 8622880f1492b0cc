"""Networks that repeat by the workflow: their jobs alone, records, nothing to do afterwards, and an audit."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from ..workflow.conftest import CALL, Project

TINY = """
experiment: tiny
onions:
  symbols: 3
  longest: 2
  batch_size: 16
  trials: 150
  judged: 60
  edits: 8
  seeds: [1, 2]
  sizes: [{units: 8, steps: 60}]
"""
JOBS = {"train_repeater": 2, "measure_onion": 2, "tabulate_onions": 1, "state_settings": 1, "draw_onions": 1}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.made(tmp_path_factory.mktemp("onions"), TINY, JOBS)


def test_all_that_it_makes_is_there_with_its_record_and_is_not_made_twice(tiny: Project) -> None:
    results = tiny.folder / "results" / "tiny"
    rows = pd.read_csv(results / "tables" / "onions.csv")
    assert rows["network"].unique().tolist() == ["gru8_seed1", "gru8_seed2"]
    assert len(pd.read_csv(results / "tables" / "onion_networks.csv")) == 2
    assert set(pd.read_csv(results / "tables" / "onion_claims.csv")["verdict"]) == {"no verdict", "not determined"}
    assert (results / "figures" / "onions.png").is_file()
    assert tiny.planned(*CALL) == {}


def test_other_edits_measure_again_and_train_nothing(tiny: Project) -> None:
    tiny.edit("config/tiny.yaml", "edits: 8", "edits: 9")
    assert tiny.planned(*CALL) == {name: count for name, count in JOBS.items() if name != "train_repeater"}
    tiny.edit("config/tiny.yaml", "edits: 9", "edits: 8")
    tiny.edit("config/tiny.yaml", "steps: 60", "steps: 61")
    assert tiny.planned(*CALL) == JOBS
    tiny.edit("config/tiny.yaml", "steps: 61", "steps: 60")


def test_weights_that_are_gone_come_back_from_the_packed_ones(tiny: Project) -> None:
    code = "from emtvb.__main__ import main; main()"
    environment = {"PYTHONPATH": str(tiny.folder / "src"), "PATH": "/usr/bin:/bin"}
    packed = subprocess.run(
        [sys.executable, "-c", code, "pack", "results/tiny"], cwd=tiny.folder, capture_output=True, text=True,
        check=False, env=environment,
    )  # fmt: skip
    assert packed.returncode == 0, packed.stderr
    weights = tiny.folder / "results" / "tiny" / "onions" / "gru8_seed1" / "weights.safetensors"
    before = weights.read_bytes()
    weights.unlink()
    assert tiny.planned(*CALL) == {}
    assert weights.read_bytes() == before


def test_an_audit_measures_it_again(tiny: Project) -> None:
    code = "from emtvb.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "audit", "results/tiny"], cwd=tiny.folder, capture_output=True, text=True,
        check=False, env={"PYTHONPATH": str(tiny.folder / "src"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "FAILED" not in done.stdout, done.stdout + done.stderr
    assert done.returncode in (0, 3), done.stdout + done.stderr
