from __future__ import annotations

import pkgutil

import numpy as np
import pytest
import torch

from emtvb.config.architectures import ARCHITECTURES, network_class
from emtvb.theory import tasks
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.theory.runs import Protocol
from emtvb.training import general
from emtvb.training.architectures.recurrent import Recurrent
from emtvb.training.architectures.saved_weights import Trained


def make_module(name: str, d: int = 3, hidden_dim: int = 5, seed: int = 0) -> torch.nn.Module:
    """What is trained of an architecture, as training starts from it."""
    module = general.build_module(pkgutil.resolve_name(ARCHITECTURES[name].module), d, hidden_dim)
    module.draw(torch.Generator().manual_seed(seed))
    return module


def make_architecture(name: str, d: int = 3, hidden_dim: int = 5, seed: int = 0) -> Trained:
    """A network with random weights; of gated ones, larger than those that training starts from."""
    module = make_module(name, d, hidden_dim, seed)
    factor = np.float32(3 if isinstance(module, Recurrent) else 1)
    return network_class(name)(*(factor * parameter.detach().numpy() for parameter in module.parameters()))


@pytest.fixture(params=ARCHITECTURES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def tiny(name: str) -> ArchitectureRun:
    """A run that trains in a second and moves up its curriculum."""
    protocol = Protocol(epochs=3, batches_per_epoch=20, batch_size=8, curriculum=(2, 4), learning_rate=1e-2)
    task = tasks.named("T1", 2, 2)
    return ArchitectureRun(task, 6, 0.001, 0.6, 5, protocol, architecture=name)
