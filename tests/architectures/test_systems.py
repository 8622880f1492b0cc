"""What holds for every architecture: it runs on without input as it does on zeros, and its linearisation is its own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emtvb.architectures.runs import NAMES

from .conftest import make_architecture

architectures = st.builds(
    make_architecture, st.sampled_from(NAMES), st.integers(1, 4), st.integers(1, 6), st.integers(0, 100)
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
