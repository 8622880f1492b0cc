"""What holds for every architecture: it runs on without input as it does on zeros, and its linearisation is its own."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emtvb.config.architectures import ARCHITECTURES, network_class
from emtvb.training.architectures.recurrent import Recurrent

from .conftest import make_architecture, make_module

architectures = st.builds(
    make_architecture, st.sampled_from([*ARCHITECTURES]), st.integers(1, 4), st.integers(1, 6), st.integers(0, 100)
)
sizes = st.integers(1, 5)


@given(system=architectures, time=sizes, steps=sizes, batch=sizes, seed=st.integers(0, 100))
def test_coasting_is_driving_with_zeros(system, time: int, steps: int, batch: int, seed: int) -> None:
    d = getattr(system, "W_uh" if hasattr(system, "W_uh") else "W_in").shape[1]
    x = np.random.default_rng(seed).normal(size=(time, batch, d)).astype(np.float32)
    states, outputs = system.drive(np.concatenate([x, np.zeros((steps, batch, d), np.float32)]))
    assert states.shape == (time + steps, batch, system.state_dim)
    coasted, said = system.coast(states[time - 1], steps)
    np.testing.assert_allclose(coasted, states[time:], atol=1e-5)
    np.testing.assert_allclose(said, outputs[time:], atol=1e-5)


@given(system=architectures)
def test_the_origin_is_a_fixed_point(system) -> None:
    states, outputs = system.coast(np.zeros((2, system.state_dim), np.float32), 3)
    assert not states.any()
    assert not outputs.any()


@given(system=architectures, seed=st.integers(0, 100))
def test_linearisation_is_the_derivative_at_the_origin(system, seed: int) -> None:
    step = 1e-3
    directions = np.random.default_rng(seed).normal(size=(4, system.state_dim))
    ahead, behind = (system.coast((sign * step * directions).astype(np.float32), 1)[0][0] for sign in (1, -1))
    expected = directions @ system.linearise().T
    np.testing.assert_allclose((ahead - behind) / (2 * step), expected, atol=2e-3 * np.abs(expected).max() + 1e-4)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_what_is_trained_is_what_is_interpreted(name: str) -> None:
    """The module's outputs are the system's, and its parameters the system's arrays in their order and shape."""
    module = make_module(name, 3, 5)
    arrays = [parameter.detach().numpy() for parameter in module.parameters()]
    system = network_class(name)(*arrays)
    assert {key: array.shape for key, array in vars(system).items()} == system.shapes(3, 5)
    x = torch.randn(40, 4, 3)
    with torch.no_grad():
        expected = module(x).numpy()
    np.testing.assert_allclose(system.drive(x.numpy())[1], expected, atol=1e-4)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_recurrent_layer_starts_where_the_published_code_does(name: str) -> None:
    layer = getattr(torch.nn, name)
    torch.manual_seed(11)
    expected = [*layer(3, 5, bias=False).parameters(), *torch.nn.Linear(5, 3, bias=False).parameters()]
    base_seed = torch.empty((), dtype=torch.int64).random_()
    module, generator = Recurrent(layer, 3, 5), torch.Generator().manual_seed(11)
    module.draw(generator)
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), expected, strict=True))
    assert torch.equal(torch.empty((), dtype=torch.int64).random_(generator=generator), base_seed)


def test_interpreting_loads_no_torch() -> None:
    for architecture in ARCHITECTURES.values():
        code = "import pkgutil, sys; pkgutil.resolve_name(sys.argv[1]); sys.exit('torch' in sys.modules)"
        asked = subprocess.run([sys.executable, "-c", code, architecture.network], check=False)
        assert asked.returncode == 0, f"the module of {architecture.network} imports torch; what trains needs its own"
