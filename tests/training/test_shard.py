from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest

from emtvb import networks
from emtvb.networks import Network
from emtvb.runs import Run
from emtvb.training import engine, history, shard
from emtvb.training.progress import Progress, duration


def train(runs: list[Run], folder: Path) -> dict[str, Network]:
    shard.train_shard(runs, folder / "weights.safetensors", folder / "history.csv", folder / "runs")
    return networks.load_networks(folder / "weights.safetensors")


@pytest.fixture
def runs(tiny_run: Run) -> list[Run]:
    return [dataclasses.replace(tiny_run, seed=seed, l2=l2) for seed in (1, 2) for l2 in (0.0, 0.1)]


def test_a_runs_bits_do_not_depend_on_its_shard(runs: list[Run], tmp_path: Path) -> None:
    together = train(runs, tmp_path / "together")
    assert list(together) == sorted(run.run_id for run in runs)
    for run in reversed(runs):
        alone = train([run], tmp_path / f"alone{run.seed}{run.l2}")[run.run_id]
        for name, array in alone.arrays().items():
            assert array.tobytes() == together[run.run_id].arrays()[name].tobytes()


def test_only_new_runs_are_trained(runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    original = engine.train

    def count(run: Run, *rest, **settings):
        trained.append(run.run_id)
        return original(run, *rest, **settings)

    monkeypatch.setattr(engine, "train", count)
    train(runs[:2], tmp_path)
    before = (tmp_path / "history.csv").read_text()
    train(runs, tmp_path)
    assert trained == [run.run_id for run in runs]
    assert (tmp_path / "history.csv").read_text().startswith(before)


def test_the_reference_trainer_does_it_too_and_keeps_its_own_state(runs: list[Run], tmp_path: Path) -> None:
    ours = train(runs[:1], tmp_path)[runs[0].run_id]
    arguments = runs[:1], tmp_path / "r.safetensors", tmp_path / "r.csv", tmp_path / "runs"
    shard.train_shard(*arguments, "reference")
    theirs = networks.load_networks(tmp_path / "r.safetensors")[runs[0].run_id]
    np.testing.assert_allclose(ours.W_hh, theirs.W_hh, atol=1e-4)
    assert len(list((tmp_path / "runs" / runs[0].run_id).iterdir())) == 2


@pytest.mark.parametrize("file", ["network.safetensors", "history.csv"])
@pytest.mark.parametrize("cut", [3, 30])
def test_a_damaged_finished_run_is_trained_again(
    runs: list[Run], tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, cut: int
) -> None:
    before = train(runs[:1], tmp_path)[runs[0].run_id]
    (kept,) = (tmp_path / "runs").glob(f"*/*/{file}")
    kept.write_bytes(kept.read_bytes()[:-cut])
    with caplog.at_level(logging.WARNING):
        after = train(runs[:1], tmp_path)[runs[0].run_id]
    assert "training it again" in caplog.text
    assert before.W_hh.tobytes() == after.W_hh.tobytes()


def test_the_learning_curves_are_kept(runs: list[Run], tmp_path: Path) -> None:
    train(runs[:2], tmp_path)
    curves = history.read(tmp_path / "history.csv")
    assert list(curves) == [run.run_id for run in runs[:2]]
    for rows in curves.values():
        assert [row.step for row in rows] == [0, 50, 59]
        assert all(0 <= row.accuracy <= 1 and row.loss > 0 for row in rows)


def test_progress_says_where_it_stands(
    tiny_run: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 5.0, 20.0, 40.0])
    monkeypatch.setattr("emtvb.training.progress.time.monotonic", lambda: next(clock))
    progress = Progress(2, 120)
    with caplog.at_level(logging.INFO):
        progress.start(tiny_run)
        for step in (10, 11, 30, 50):
            progress.step(history.Row(step, 0.5, 0.75, 4))
        progress.finish(tiny_run, history.Row(59, 0.1, 0.995, 4))
        progress.start(tiny_run)
    assert "step 31 of 60 (51%), horizon 4, accuracy 0.750, loss 0.5000" in caplog.text
    assert "step 51 of 60 (85%)" in caplog.text
    assert "run 2 of 2; 1 converged, mean accuracy 0.995" in caplog.text
    assert "70 s left" in caplog.text  # one step a second, 9 + 1 and another 60 to go
    assert "trained (1 of 2)" in caplog.text


def test_progress_of_runs_in_lockstep(
    tiny_run: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 20.0])
    monkeypatch.setattr("emtvb.training.progress.time.monotonic", lambda: next(clock))
    progress = Progress(2, 120)
    with caplog.at_level(logging.INFO):
        progress.start(tiny_run, together=2)
        for step in (10, 30):
            progress.step(history.Row(step, 0.5, 0.75, 4))
    assert "training and 1 other in lockstep (run 1 of 2)" in caplog.text
    assert "30 s left" in caplog.text  # one step of both a second


def test_durations_are_words() -> None:
    assert [duration(s) for s in (4.4, 89, 600, 12000)] == ["4 s", "89 s", "10 min", "3 h 20 min"]
