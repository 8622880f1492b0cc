"""Networks that repeat: what they read, that they learn, and that a training goes on from its checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from emtvb.errors import InputError
from emtvb.experiments.onions import network, training
from emtvb.training import checkpoint

TINY = training.Order("tiny", 12, 3, 3, 3, 32, 300, 0.03, 1.0)


def repeated(trained: network.Repeater, order: training.Order) -> float:
    sequences = network.drawn(order.symbols, order.longest, 200, torch.Generator().manual_seed(9))
    with torch.no_grad():
        outputs = trained(network.shown(sequences, order.symbols))[order.longest :]
    return float((outputs.argmax(dim=2) == sequences).all(dim=0).float().mean())


def test_the_start_symbol_stands_between_the_sequence_and_its_repetition() -> None:
    inputs = network.shown(torch.tensor([[2], [0], [1]]), 3)
    assert inputs.argmax(dim=2).flatten().tolist() == [2, 0, 1, 3, 2, 0]
    assert inputs.shape == (6, 1, 4)
    assert torch.equal(inputs.sum(dim=2), torch.ones(6, 1))


def test_a_tiny_network_learns_and_is_the_same_when_trained_again(tmp_path: Path) -> None:
    first, curve, parts = training.train(TINY, tmp_path / "one")
    again, _, _ = training.train(TINY, tmp_path / "two")
    assert repeated(first, TINY) > 0.9
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
    assert [row.step for row in curve] == [*range(0, 300, 50), 299]
    assert {row.horizon for row in curve} <= {2, 3}
    assert parts[0]["engine"] == "general"


def test_a_training_goes_on_from_its_checkpoint_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, curve, _ = training.train(TINY, tmp_path / "whole")
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", -1.0)
    step = training._Training.advance

    def killed(self: training._Training) -> training.Row:
        if self.steps_done == 120:
            raise KeyboardInterrupt
        return step(self)

    monkeypatch.setattr(training._Training, "advance", killed)
    with pytest.raises(KeyboardInterrupt):
        training.train(TINY, tmp_path / "cut")
    monkeypatch.setattr(training._Training, "advance", step)
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", 1e9)
    resumed, its_curve, _ = training.train(TINY, tmp_path / "cut")
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)
    assert its_curve == curve


def test_the_learning_rate_falls_to_nothing(tmp_path: Path) -> None:
    run = training._Training(TINY)
    run.advance()
    assert run._adam.param_groups[0]["lr"] == TINY.learning_rate
    run.steps_done = TINY.steps // 2
    run.advance()
    assert run._adam.param_groups[0]["lr"] == pytest.approx(TINY.learning_rate / 2)


def test_weights_come_back_from_their_file_and_others_are_one_line(tmp_path: Path) -> None:
    first = network.Repeater(3, 5)
    network.save(tmp_path / "w.safetensors", "it", first)
    again = network.load(tmp_path / "w.safetensors", 3, 5)
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert np.array_equal(one.detach(), other.detach())
    with pytest.raises(InputError, match="holds no network of 6 units and 3 symbols") as caught:
        network.load(tmp_path / "w.safetensors", 3, 6)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such file; train the network first"):
        network.load(tmp_path / "none", 3, 5)
    (tmp_path / "bad").write_bytes(b"not weights")
    with pytest.raises(InputError, match="put it back, or train it again"):
        network.load(tmp_path / "bad", 3, 5)
