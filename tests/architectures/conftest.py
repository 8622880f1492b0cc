from __future__ import annotations

import numpy as np
import pytest
import torch

from emtvb import tasks
from emtvb.architectures.lstm import LSTM
from emtvb.architectures.runs import NAMES, ArchitectureRun
from emtvb.architectures.s4 import S4
from emtvb.architectures.weights import CLASSES
from emtvb.runs import Protocol
from emtvb.training.architectures import MODULES


def make_architecture(name: str, d: int = 3, hidden_dim: int = 5, seed: int = 0) -> LSTM | S4:
    """A network with random weights, larger than those that training starts from."""
    module = MODULES[name](d, hidden_dim)
    module.draw(torch.Generator().manual_seed(seed))
    arrays = [parameter.detach().numpy() for parameter in module.parameters()]
    if name == "lstm":
        arrays = [array * np.float32(3) for array in arrays]
    return CLASSES[name](**dict(zip(CLASSES[name].shapes(d, hidden_dim), arrays, strict=True)))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def tiny(name: str) -> ArchitectureRun:
    """A run that trains in a second and moves up its curriculum."""
    protocol = Protocol(epochs=3, batches_per_epoch=20, batch_size=8, curriculum=(2, 4), learning_rate=1e-2)
    task = tasks.named("T1", 2, 2)
    return ArchitectureRun(task, 6, 0.001, 0.6, 5, protocol, architecture=name)
