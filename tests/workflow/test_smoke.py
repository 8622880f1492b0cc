"""The smoke experiment from nothing to figures, by the workflow itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open

from .conftest import SMOKE, Project

pytestmark = pytest.mark.first


@pytest.fixture(scope="module")
def results(finished: Project) -> Path:
    return finished.folder / "results" / "smoke"


def test_the_run_table(results: Path) -> None:
    runs = pd.read_csv(results / "runs.csv")
    assert len(runs) == 12
    assert runs["run_id"].is_unique
    assert json.loads((results / "settings.json").read_text())["experiment"] == "smoke"


def test_training_leaves_weights_and_learning_curves(results: Path) -> None:
    for shard, runs in pd.read_csv(results / "runs.csv").groupby("shard"):
        with safe_open(results / "training" / shard / "weights.safetensors", framework="numpy") as stored:
            assert sorted(stored.keys()) == sorted(
                f"{run}/{w}" for run in runs["run_id"] for w in ("W_hh", "W_r", "W_uh")
            )
            for run in runs.itertuples():
                assert stored.get_tensor(f"{run.run_id}/W_uh").shape == (run.hidden_dim, 3)
        history = pd.read_csv(results / "training" / shard / "history.csv")
        assert set(history["run_id"]) == set(runs["run_id"])
        assert {"loss", "accuracy", "horizon", "step"} <= set(history.columns)


def test_networks_learned(results: Path) -> None:
    measurements = pd.read_csv(results / "measurements.csv")
    assert measurements["run_id"].tolist() == pd.read_csv(results / "runs.csv")["run_id"].tolist()
    converged = measurements[measurements["test_accuracy"] > 0.99]
    assert len(converged) >= 6
    assert converged["spectral_error"].count() >= 4
    assert (converged["spectral_error"].dropna() < 0.05).all()
    assert measurements["optimal_spectral_error"].between(0, np.pi).all()
    assert (converged["verdict"] == "linearly stored and editable").mean() > 0.5
    assert (converged["data_edit_success"] > 0.9).mean() > 0.5
    assert (measurements["data_random_edit_success"] < 0.5).all()


def test_the_table_in_three_forms(results: Path) -> None:
    table = pd.read_csv(results / "tables" / "table1.csv")
    assert len(table) == 6
    assert (table["seeds"] == 2).all()
    for suffix in ("md", "tex"):
        assert "mixed" in (results / "tables" / f"table1.{suffix}").read_text()


def test_the_page_holds_networks_that_were_trained(results: Path) -> None:
    text = (results / "edit.html").read_text()
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    shown = [network["id"] for network in data["networks"]]
    assert set(shown) <= set(pd.read_csv(results / "measurements.csv")["run_id"])
    assert 1 <= len(shown) == len(set(shown)) <= 9
    with np.load(results / "measurements" / "page.npz") as stored_arrays:
        assert {f"{name}/W_hh" for name in shown} <= set(stored_arrays.files)


def test_every_job_has_a_log(results: Path) -> None:
    """As each has a record."""
    assert len(list((results / "logs").rglob("*.log"))) == len(list(results.rglob("*.provenance.json"))) > 0


def test_progress_is_visible(finished: Project) -> None:
    assert re.search(r"T1-d3s3_h24\S*: training \(run 1 of 2\)", finished.terminal)
    assert re.search(r"d3s3-\d+-\d+-\d+_h24\S*: trained \(2 of 2\)", finished.terminal)
    assert "(100%) done" in finished.terminal


def test_no_pickles_leave_training(results: Path) -> None:
    outside = [path for path in results.rglob("*") if path.suffix in (".pkl", ".pt", ".pth", ".ckpt")]
    assert outside == []


def test_a_second_run_does_nothing_and_says_so(finished: Project) -> None:
    result = finished.snakemake(*SMOKE)
    assert result.returncode == 0
    assert "Nothing to be done" in result.stderr
    assert finished.planned(*SMOKE) == {}


@pytest.mark.long
def test_reproduce_says_little_and_what_goes_wrong(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    shutil.rmtree(project.folder / "results/smoke/figures")
    command = [sys.executable, "-m", "emtvb", "reproduce", "--cores", "2", "config/smoke.yaml"]
    here = {**os.environ, "PYTHONPATH": str(project.folder / "src")}

    def reproduce() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=project.folder, env=here, capture_output=True, text=True, check=False)

    done = reproduce()
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) < 10
    assert done.stderr.splitlines()[-1].endswith("steps (100%) done")
    assert "Result: " in done.stdout
    (table := project.folder / "results/smoke/tables/table1.csv").unlink()
    project.edit("workflow/scripts/tabulate.py", "import", "raise RuntimeError('broken here')\nimport")
    done = reproduce()
    assert done.returncode == 1
    assert "broken here" in done.stderr
    assert "Error in rule tabulate" in done.stderr
    assert "Result: " not in done.stdout
    assert not table.exists()


@pytest.mark.long
def test_the_report_is_one_page_that_holds_the_figures(finished: Project, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    result = finished.snakemake(*SMOKE, "--report", str(page))
    assert result.returncode == 0, result.stderr
    text = page.read_text()
    assert "data:image/png;charset" in text
    for words in ("What came out", "Answers", "Figures", "composition", "spectrum", "Table 1"):
        assert words in text
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="https?://', text)
