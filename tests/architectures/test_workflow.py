"""Other architectures by the workflow: asked for, they are trained, measured and drawn; not asked for, nothing is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ..workflow.conftest import Project

pytestmark = [pytest.mark.first, pytest.mark.long]  # a small experiment, to its end

TINY = """
experiment: tiny
dimensions: 3
variables: 3
tasks: [T1]
hidden_dim: [16]
l2: [0]
threshold: [0.98]
seeds: [1]
training: {epochs: 1, batches_per_epoch: 1500, batch_size: 32, learning_rate: 0.005, curriculum: [3, 6, 12, 24, 48]}
interpretation: {horizon: 96, sequences: 64}
architectures: {lstm: 40, gru: 40, s4: 6}
"""
MINE = {"train_architecture": 3, "measure_architecture": 3, "aggregate_architectures": 1, "draw_architectures": 1,
        "measure_rnn": 1, "compare_architectures": 1}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.copy(tmp_path_factory.mktemp("tiny"))
    (project.folder / "config" / "tiny.yaml").write_text(TINY)
    result = project.snakemake("architectures", "--configfile", "config/tiny.yaml")
    assert result.returncode == 0, result.stderr
    return project


def test_they_learn_and_obey_edits(tiny: Project) -> None:
    results = tiny.folder / "results" / "tiny"
    table = pd.read_csv(results / "architectures" / "measurements.csv").set_index("architecture")
    assert list(table.index) == ["lstm", "gru", "s4"]
    assert (table["test_accuracy"] > 0.99).all()
    assert (table["worst_decoding_accuracy"] > 0.95).all()
    assert (table["edit_success"] > 0.9).all()
    assert (table["random_edit_success"] < 0.3).all()
    assert table["origin_map_error"]["s4"] < 0.1 < table["origin_map_error"]["lstm"]
    rnn = pd.read_csv(results / "architectures" / "rnn.csv")
    assert set(rnn.columns) == set(table.reset_index().columns)
    assert rnn["architecture"].tolist() == ["rnn"]
    assert rnn["test_accuracy"].between(0.4, 1).all()
    page = (results / "architectures" / "comparison.md").read_text()
    assert "| RNN 1 | LSTM 1 | GRU 1 | S4 1 |" in page
    assert (results / "figures" / "architectures.pdf").read_bytes().startswith(b"%PDF")
    drawn = pd.read_csv(results / "figures" / "architectures.csv")
    assert set(drawn["run_id"]) == set(table["run_id"])


def test_every_job_leaves_a_record(tiny: Project) -> None:
    records = {path.name for path in (tiny.folder / "results" / "tiny" / "architectures").rglob("*.provenance.json")}
    assert records == {f"{name}.provenance.json" for name in ("train_architecture", "measure_architecture",
                                                              "measurements", "rnn", "comparison")}  # fmt: skip


def test_a_second_run_does_nothing(tiny: Project) -> None:
    assert tiny.planned("architectures", "--configfile", "config/tiny.yaml") == {}


def test_another_size_trains_that_architecture_alone(tiny: Project) -> None:
    jobs = tiny.planned(
        "architectures", "--configfile", "config/tiny.yaml", "--config", "architectures={lstm: 40, gru: 40, s4: 5}"
    )
    others = {name: count for name, count in MINE.items() if name != "measure_rnn"}
    assert jobs == {**others, "train_architecture": 1, "measure_architecture": 1, "architectures": 1}


def test_nothing_is_planned_without_them(tmp_path: Path) -> None:
    assert not set(MINE) & set(Project.copy(tmp_path).planned("--configfile", "config/smoke.yaml"))
