"""An experiment on streams by the workflow: its jobs alone, records, nothing to do afterwards, and an audit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ..workflow.conftest import CALL, Project

pytestmark = [pytest.mark.first, pytest.mark.long]  # a small experiment, to its end

TINY = """
experiment: tiny
seeds_per_shard: 2
streams:
- task: {name: swap, composition: [[1, 1, 1], [2, 0, -1]]}
  dimensions: 2
  hidden_dim: [6, 9]
  seeds: [0, 1]
  episodes: {lengths: [2, 3], outputs: 6, total: 30}
  training: {epochs: 2, batches_per_epoch: 10, batch_size: 4}
"""
JOBS = {
    "state_streams": 1, "train_stream": 2, "measure_stream": 2, "tabulate_streams": 1, "list_digests": 1,
    "draw_stream_recall": 1, "draw_stream_raster": 1, "draw_stream_marker": 1,
    "choose_streams": 1, "draw_page": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.made(tmp_path_factory.mktemp("streams"), TINY, JOBS)


def emtvb(tiny: Project, *words: str) -> subprocess.CompletedProcess[str]:
    code = "from emtvb.__main__ import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tiny.folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(tiny.folder / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )  # fmt: skip


def test_all_that_it_makes_is_there_and_is_not_made_twice(tiny: Project) -> None:
    results = tiny.folder / "results" / "tiny"
    rows = pd.read_csv(results / "measurements.csv")
    assert sorted(rows["hidden_dim"]) == [6, 6, 9, 9]
    assert rows[["recall", "at_marker", "input_age", "edit_within_followed"]].notna().all(axis=None)
    assert (results / "figures" / "stream_recall.png").is_file()
    assert "swap" in (results / "edit.html").read_text()
    assert tiny.planned(*CALL) == {}


def test_another_seed_trains_its_own_job_alone(tiny: Project) -> None:
    tiny.edit("config/tiny.yaml", "seeds: [0, 1]", "seeds: [0, 1, 2]")
    assert {rule: count for rule, count in tiny.planned(*CALL).items() if rule.startswith(("train", "measure"))} == {
        "train_stream": 2, "measure_stream": 2,
    }  # fmt: skip
    tiny.edit("config/tiny.yaml", "seeds: [0, 1, 2]", "seeds: [0, 1]")


def test_networks_are_listed_and_opened(tiny: Project) -> None:
    listed = emtvb(tiny, "networks", "results/tiny")
    assert listed.returncode == 0, listed.stderr
    assert "h9" in listed.stdout
    name = pd.read_csv(tiny.folder / "results" / "tiny" / "runs.csv")["run_id"].iloc[0]
    refused = emtvb(tiny, "interpret", f"results/tiny/{name}")
    assert refused.returncode == 2
    assert "is of another kind, streams" in refused.stderr
    page = emtvb(tiny, "edit", f"results/tiny/{name}", "--page", "--output", "mine")
    assert page.returncode == 0, page.stderr
    assert name in (tiny.folder / "mine" / "edit.html").read_text()
    loads = f"import emtvb; n = emtvb.load('results/tiny/{name}'); print(n, n.task, n.settings.episodes.lengths)"
    opened = subprocess.run(
        [sys.executable, "-c", loads], cwd=tiny.folder, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(tiny.folder / "src"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "trained on swap> None (2, 3)" in opened.stdout


def test_an_audit_measures_and_trains_it_again(tiny: Project) -> None:
    done = emtvb(tiny, "audit", "results/tiny", "--all")
    assert "FAILED" not in done.stdout, done.stdout + done.stderr
    assert done.returncode in (0, 3), done.stdout + done.stderr
    weights = next((tiny.folder / "results" / "tiny" / "training").glob("*h9*/weights.safetensors"))
    other = Path(str(weights).replace("h9", "h6"))
    kept, weights_bytes = weights.read_bytes(), other.read_bytes()
    weights.write_bytes(weights_bytes)
    forged = emtvb(tiny, "audit", "results/tiny", "--quick")
    weights.write_bytes(kept)
    assert forged.returncode == 1, forged.stdout + forged.stderr
    assert "weights.safetensors" in forged.stdout + forged.stderr


def test_one_line_for_a_bad_config(tmp_path: Path) -> None:
    project = Project.copy(tmp_path)
    (project.folder / "config" / "tiny.yaml").write_text(TINY.replace("outputs: 6", "outputs: 0"))
    result = project.snakemake("-n", *CALL)
    assert result.returncode == 1
    assert "streams[0].episodes.outputs: 0" in result.stdout + result.stderr
