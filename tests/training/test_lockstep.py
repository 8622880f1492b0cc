from __future__ import annotations

import dataclasses
import itertools
import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from emtvb import networks, tasks
from emtvb.errors import InputError
from emtvb.networks import Network
from emtvb.runs import Protocol, Run
from emtvb.training import checkpoint, engine, history, lockstep, reference, shard
from emtvb.training.history import Row

NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU: none here")
DEVICES = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=NEEDS_GPU)])


@pytest.fixture
def runs() -> list[Run]:
    """A mixed batch of 240 steps in three epochs, whose curricula move at different steps or not at all."""
    protocol = Protocol(epochs=3, batches_per_epoch=80, batch_size=8, curriculum=(2, 4, 7), learning_rate=1e-2)
    settings = [("T1", 0.001, 0.6, 5), ("T2", 0.0, 0.7, 1), ("T1", 10.0, 0.98, 2), ("T2", 0.01, 0.98, 3)]
    return [Run(tasks.named(name, 2, 2), 8, *rest, protocol) for name, *rest in settings]


def with_protocol(runs: list[Run], **changes) -> list[Run]:
    return [dataclasses.replace(run, protocol=dataclasses.replace(run.protocol, **changes)) for run in runs]


class KilledError(Exception):
    pass


def bits(results: dict[str, tuple[Network, list[Row]]]) -> dict[str, bytes]:
    return {
        run_id: b"".join(array.tobytes() for array in network.arrays().values())
        for run_id, (network, _) in results.items()
    }


def curves(results: dict[str, tuple[Network, list[Row]]]) -> dict[str, list[Row]]:
    return {run_id: rows for run_id, (_, rows) in results.items()}


def train_in_parts(runs: list[Run], folder: Path, device: str, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    """Train with a checkpoint after every report, and die at the first report from this step on."""
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", -1.0)

    def report(run_id: str, row: Row) -> None:
        if row.step >= stop:
            raise KilledError

    with pytest.raises(KilledError):
        lockstep.train(runs, folder, report, device)


def assert_like_the_reference(runs: list[Run], folder: Path, device: str) -> dict[str, list[Row]]:
    """Weights, losses and horizons as one by one; returns the learning curves."""
    results = lockstep.train(runs, folder / "lockstep", device=device)
    assert list(results) == [run.run_id for run in runs]
    for run in runs:
        expected, curve = reference.train(run, folder / "reference" / run.run_id)
        found, rows = results[run.run_id]
        for name, array in expected.arrays().items():
            np.testing.assert_allclose(found.arrays()[name], array, atol=1e-4)
        assert [(row.step, row.horizon) for row in rows] == [(row.step, row.horizon) for row in curve]
        np.testing.assert_allclose([row.loss for row in rows], [row.loss for row in curve], rtol=1e-4)
    return curves(results)


def every_row(runs: list[Run], folder: Path, device: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Row]]:
    """The learning curves with every batch in them."""
    monkeypatch.setattr(history, "is_kept", lambda step, steps: True)
    return curves(lockstep.train(runs, folder, device=device))


@DEVICES
def test_a_mixed_batch_agrees_with_the_reference(runs: list[Run], tmp_path: Path, device: str) -> None:
    """240 steps with clipping, L2 and moves of the curriculum."""
    found = assert_like_the_reference(runs, tmp_path, device)
    assert {row.horizon for rows in found.values() for row in rows} == {2, 4, 7}


@DEVICES
def test_every_step_and_horizon_is_the_engines(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    found = every_row(runs, tmp_path / "lockstep", device, monkeypatch)
    moves = set()
    for run in runs:
        _, rows, _ = engine.train(run, tmp_path / run.run_id, engine="torch")
        assert [(row.step, row.horizon) for row in found[run.run_id]] == [(row.step, row.horizon) for row in rows]
        np.testing.assert_allclose([row.loss for row in found[run.run_id]], [row.loss for row in rows], rtol=1e-4)
        one_output = 1 / (run.protocol.batch_size * run.task.d * run.protocol.curriculum[0])
        accuracies = [[row.accuracy for row in curve] for curve in (found[run.run_id], rows)]
        np.testing.assert_allclose(*accuracies, atol=1.5 * one_output)
        moves.add(tuple(a.step for a, b in itertools.pairwise(rows) if a.horizon != b.horizon))
    assert len(moves) == len(runs)


@DEVICES
@pytest.mark.parametrize("changes", [{"gradient_clip": None}, {"curriculum": (5, 2, 3, 3)}, {"batches_per_epoch": 1}])
def test_other_protocols(runs: list[Run], tmp_path: Path, device: str, changes: dict) -> None:
    """Without clipping; a curriculum that also goes down; epochs of one batch, whose horizons do not lag."""
    assert_like_the_reference(with_protocol(runs[:2], **changes), tmp_path, device)


@DEVICES
def test_horizons_lag_by_one_batch_within_an_epoch(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    eager = [dataclasses.replace(run, threshold=-1.0) for run in runs[:2]]
    eager = with_protocol(eager, epochs=2, batches_per_epoch=3, curriculum=(1, 2, 3, 4, 5))
    found = every_row(eager, tmp_path, device, monkeypatch)
    assert [[row.horizon for row in rows] for rows in found.values()] == [[1, 1, 2, 4, 4, 5]] * 2


@DEVICES
def test_a_batch_of_one(runs: list[Run], tmp_path: Path, device: str) -> None:
    assert_like_the_reference(runs[:1], tmp_path, device)


def test_the_papers_first_steps(tmp_path: Path) -> None:
    protocol = Protocol(epochs=1, batches_per_epoch=3)
    runs = [Run(tasks.named(name), 64, 0.001, 0.98, 1, protocol) for name in ("T3", "T4")]
    found = assert_like_the_reference(runs, tmp_path, "cpu")
    assert found[runs[0].run_id][0].loss == pytest.approx(1.00142, abs=1e-5)


@DEVICES
@pytest.mark.parametrize("stop", [0, 79, 100, 239])
def test_killed_and_resumed_gives_the_same_bytes(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, stop: int
) -> None:
    whole = lockstep.train(runs, tmp_path / "whole", device=device)
    train_in_parts(runs, tmp_path / "parts", device, monkeypatch, stop)
    steps: list[int] = []
    again = lockstep.train(runs, tmp_path / "parts", lambda _, row: steps.append(row.step), device)
    assert bits(whole) == bits(again)
    assert curves(whole) == curves(again)
    assert steps[0] >= stop - 50


def make_foreign(path: Path) -> None:
    """A checkpoint of other runs."""
    checkpoint.save(path, "3 runs (0) on cpu", checkpoint.Checkpoint(load_file(path), 150, {}))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (make_foreign, "is of 3 runs (0) on cpu"),
        (flip_a_bit, "its digest is wrong"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "cannot be read"),
    ],
    ids=["foreign", "bit", "torn"],
)
def test_a_bad_checkpoint_is_set_aside(
    runs: list[Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    damage,
    says: str,
) -> None:
    whole = lockstep.train(runs, tmp_path / "whole", device="cpu")
    train_in_parts(runs, tmp_path / "parts", "cpu", monkeypatch, 120)
    damage(tmp_path / "parts" / "lockstep.safetensors")
    with caplog.at_level(logging.WARNING):
        again = lockstep.train(runs, tmp_path / "parts", device="cpu")
    assert bits(whole) == bits(again)
    assert says in caplog.text
    assert (tmp_path / "parts" / "lockstep.set-aside").exists()


def test_another_batchs_checkpoint_is_not_taken(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    train_in_parts(runs, tmp_path, "cpu", monkeypatch, 120)
    with caplog.at_level(logging.WARNING):
        lockstep.train(runs[::-1], tmp_path, device="cpu")
    assert "is of 4 runs" in caplog.text


def test_tensorboard_can_read_the_events(runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train_in_parts(runs, tmp_path, "cpu", monkeypatch, 120)
    for run_id, (_, rows) in lockstep.train(runs, tmp_path, device="cpu").items():
        events = EventAccumulator(str(tmp_path / run_id / "tensorboard")).Reload()
        assert [event.step for event in events.Scalars("accuracy")] == [row.step for row in rows]
        np.testing.assert_allclose([event.value for event in events.Scalars("loss")], [row.loss for row in rows])


def test_no_runs(tmp_path: Path) -> None:
    assert lockstep.train([], tmp_path, device="cpu") == {}


def test_runs_must_be_of_one_size(runs: list[Run], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="of one protocol, task size and number of neurons"):
        lockstep.train([runs[0], dataclasses.replace(runs[1], hidden_dim=9)], tmp_path, device="cpu")


def train_shard(runs: list[Run], folder: Path) -> dict[str, Network]:
    shard.train_shard(runs, shard.Outputs.of(folder, "x"), "version", "cuda")
    return networks.load_networks(shard.Outputs.of(folder, "x").weights)


def test_without_a_gpu_it_is_one_line(runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError) as caught:
        train_shard(runs, tmp_path)
    assert str(caught.value) == "trainer: cuda: torch finds no CUDA GPU on this machine; use auto"


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=NEEDS_GPU)])
def test_a_shard_in_lockstep_trains_what_is_not_finished(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, device: str
) -> None:
    original, batches = lockstep.train, []

    def train(runs, folder, report):
        batches.append([run.run_id for run in runs])
        return original(runs, folder, report, device)

    monkeypatch.setattr(lockstep, "check_device", lambda _: None)
    monkeypatch.setattr(lockstep, "train", train)
    with caplog.at_level(logging.INFO):
        first = train_shard(runs[:3], tmp_path)
        both = train_shard([runs[3], *runs[:3]], tmp_path)
        train_shard(runs, tmp_path)
    assert batches == [[run.run_id for run in runs[:3]], [runs[3].run_id]]
    assert f"{runs[0].run_id}: training and 2 others in lockstep (run 1 of 3)" in caplog.text
    assert first[runs[0].run_id].W_hh.tobytes() == both[runs[0].run_id].W_hh.tobytes()
    assert list(history.read(shard.Outputs.of(tmp_path, "x").history)) == [run.run_id for run in runs]
    assert not list(tmp_path.rglob("lockstep.*"))
