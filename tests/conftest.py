from __future__ import annotations

import hypothesis
import numpy as np
import pytest
import torch

from emtvb import tasks
from emtvb.networks import Network
from emtvb.runs import Protocol, Run

hypothesis.settings.register_profile("emtvb", deadline=None, derandomize=True)
hypothesis.settings.load_profile("emtvb")


def make_network(d: int = 3, hidden_dim: int = 5, seed: int = 0) -> Network:
    """A network with random weights."""
    rng = np.random.default_rng(seed)
    shapes = (hidden_dim, d), (hidden_dim, hidden_dim), (d, hidden_dim)
    return Network(*(rng.normal(size=shape).astype(np.float32) for shape in shapes))


def circuit(task: tasks.Task, hidden_dim: int, seed: int = 0, scale: float = 1e-3) -> tuple[Network, np.ndarray]:
    """The theory's own circuit in a random orthonormal basis, which is returned beside it.

    Its inputs are so small that tanh is linear: W_hh = Psi Phi Psi^T, W_uh writes the newest variable, W_r reads the
    vector that is written next... the output is variable s of the state, so W_r reads the newest variable.
    """
    rng = np.random.default_rng(seed)
    size = task.s * task.d
    basis = np.linalg.qr(rng.normal(size=(hidden_dim, size)))[0]
    shift = task.transition().copy()
    # During the input phase the network would add f to the input; a network learns to avoid that, this one is never
    # shown an input after a state, so its circuit is Phi throughout.
    W_hh = basis @ shift @ basis.T
    newest = basis[:, -task.d :]
    network = Network(
        (scale * newest).astype(np.float32), W_hh.astype(np.float32), (newest.T / scale).astype(np.float32)
    )
    return network, basis


def saturated_circuit(
    task: tasks.Task, per_element: int = 2, gain: float = 1.6, seed: int = 0
) -> tuple[Network, np.ndarray]:
    """The theory's circuit at full amplitude with weights that amplify, and the basis in which it stores +1 and -1.

    Each element has neurons of its own, with random signs, and h = tanh(gain h) holds it at an amplitude below 1: there
    the weights' gain and what tanh takes back cancel. For tasks whose f reads only the oldest variable.
    """
    rng = np.random.default_rng(seed)
    size = task.s * task.d
    basis = np.zeros((per_element * size, size))
    basis[rng.permutation(len(basis)), np.arange(len(basis)) % size] = rng.choice([-1.0, 1.0], size=len(basis))
    amplitude = 1.0
    for _ in range(200):
        amplitude = np.tanh(gain * amplitude)
    newest = basis[:, -task.d :]
    W_hh = gain / per_element * basis @ task.transition() @ basis.T
    W_r = newest.T / (per_element * amplitude)
    network = Network(*(a.astype(np.float32) for a in (gain * amplitude * newest, W_hh, W_r)))
    return network, amplitude * basis


@pytest.fixture(autouse=True)
def _same_draws() -> None:
    """What a test draws from torch's generator does not depend on the tests before it."""
    torch.manual_seed(0)


@pytest.fixture
def tiny_run() -> Run:
    """A run that trains in a second and moves up its curriculum."""
    protocol = Protocol(epochs=3, batches_per_epoch=20, batch_size=8, curriculum=(2, 4), learning_rate=1e-2)
    return Run(tasks.named("T1", 2, 2), hidden_dim=8, l2=0.001, threshold=0.6, seed=5, protocol=protocol)
