"""Other architectures on the general trainer."""

from __future__ import annotations

import dataclasses
import pkgutil
from pathlib import Path

import numpy as np
import pytest
import torch

from emtvb.config.architectures import ARCHITECTURES, network_class
from emtvb.theory import tasks
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.theory.runs import Protocol
from emtvb.training import checkpoint, general
from emtvb.training.architectures.saved_weights import Trained
from emtvb.training.history import Row


class KilledError(Exception):
    pass


def train(run: ArchitectureRun, folder: Path, report=None) -> tuple[Trained, list[Row]]:
    return general.train_architecture(run, network_class(run.architecture), kind(run), folder, report)[:2]


def kind(run: ArchitectureRun) -> type[torch.nn.Module]:
    return pkgutil.resolve_name(ARCHITECTURES[run.architecture].module)


def bits(network: Trained) -> bytes:
    return b"".join(array.tobytes() for array in vars(network).values())


@pytest.fixture(params=ARCHITECTURES)
def run(request: pytest.FixtureRequest) -> ArchitectureRun:
    """Several epochs, a move of the curriculum, L2 and clipping."""
    protocol = Protocol(
        epochs=3, batches_per_epoch=40, batch_size=8, curriculum=(2, 4), learning_rate=1e-2, gradient_clip=0.1
    )
    return ArchitectureRun(tasks.named("T1", 2, 2), 6, 0.001, 0.6, 5, protocol, architecture=request.param)


def stop_at(run: ArchitectureRun, folder: Path, stop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train with a checkpoint after every batch, and die after the batch at this index."""
    monkeypatch.setattr(checkpoint, "EVERY_SECONDS", -1.0)

    def report(row: Row) -> None:
        if row.step > stop:
            raise KilledError

    with pytest.raises(KilledError):
        train(run, folder, report)


@pytest.mark.parametrize(
    ("run", "stop"),
    [
        # The quick ones: an LSTM at each batch, the others at one.
        pytest.param(name, stop, marks=() if name == "lstm" or stop == 70 else pytest.mark.long)
        for name in ARCHITECTURES
        for stop in (0, 38, 39, 40, 70, 118)
    ],
    indirect=["run"],
)
def test_killed_and_resumed_gives_the_same_bytes(
    run: ArchitectureRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    whole, history = train(run, tmp_path / "whole")
    stop_at(run, tmp_path / "parts", stop, monkeypatch)
    steps: list[int] = []
    again, history_again = train(run, tmp_path / "parts", lambda row: steps.append(row.step))
    assert bits(again) == bits(whole)
    assert history_again == history
    assert steps[0] == stop + 1
    assert {row.horizon for row in history} == {2, 4}


class Delay(torch.nn.Module):
    """An architecture of a test: what came s steps ago, weighted."""

    def __init__(self, d: int, size: int) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(d, size))

    def draw(self, generator: torch.Generator) -> None:
        with torch.no_grad():
            self.weight.uniform_(-1, 1, generator=generator)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        times = torch.arange(len(inputs)) % 2
        return inputs[times] * self.weight.mean()


@dataclasses.dataclass(frozen=True)
class Delayed:
    weight: np.ndarray


def test_any_module_is_trained(run: ArchitectureRun, tmp_path: Path) -> None:
    """Nothing of an architecture is known to the trainer but its module; repeat copy of two vectors asks for 1."""
    network, rows, _ = general.train_architecture(run, Delayed, Delay, tmp_path)
    assert rows[-1].loss < rows[0].loss
    assert network.weight.shape == (2, 6)
