from __future__ import annotations

import numpy as np
import pytest

from emtvb.adapters.elman import fixed_point, jacobian_at_origin, step_jacobian
from emtvb.core.memories import map_error, residual_components
from emtvb.theory import tasks
from emtvb.theory.memories_by_weights import power_iteration
from emtvb.theory.networks import Network

from ..conftest import circuit, make_network


@pytest.mark.parametrize(("name", "hidden_dim"), [("T1", 64), ("T1", 100), ("T2", 64), ("T3", 90), ("T4", 128)])
def test_dual_times_basis_is_the_identity_on_kept_columns(name: str, hidden_dim: int) -> None:
    task = tasks.named(name)
    network = make_network(8, hidden_dim, 3)
    network = Network(network.W_uh, network.W_hh / np.float32(np.sqrt(hidden_dim)), network.W_r)
    memories = power_iteration(network, task.theory)
    both = memories.decoder @ memories.encoder
    np.testing.assert_allclose(both, np.diag(task.theory.persistent.astype(float)), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(memories.encoder[:, memories.stored], axis=0), 1)
    assert memories.condition >= 1


def test_a_repeat_copy_circuit_is_recovered() -> None:
    """On the theory's own circuit the basis is the one it was built in, and W_hh in it is Phi."""
    task = tasks.named("T1", 3, 4)
    network, basis = circuit(task, 20)
    memories = power_iteration(network, task.theory)
    np.testing.assert_allclose(memories.encoder, basis, atol=1e-5)
    assert map_error(memories, jacobian_at_origin(network), task.theory.phi) < 1e-5
    np.testing.assert_allclose(memories.in_basis(network.W_hh), task.theory.phi, atol=1e-5)


@pytest.mark.parametrize("leading", [(), (5,), (3, 5), (0, 5), (3, 0), (2, 3, 5)])
def test_memories_read_what_was_stored(leading: tuple[int, ...]) -> None:
    task = tasks.named("T1", 2, 3)
    network, basis = circuit(task, 9)
    state = np.random.default_rng(0).normal(size=(*leading, task.s * task.d))
    np.testing.assert_allclose(power_iteration(network, task.theory).read(state @ basis.T), state, atol=1e-5)


def test_residual_components_are_orthonormal_and_outside_the_span() -> None:
    task = tasks.named("T1", 2, 2)
    memories = power_iteration(make_network(2, 12), task.theory)
    hidden = np.random.default_rng(1).normal(size=(50, 12))
    rest = residual_components(memories, hidden)
    assert rest.shape == (12, 8)  # 12 neurons less 4 memories; ten at most
    np.testing.assert_allclose(rest.T @ rest, np.eye(8), atol=1e-8)
    np.testing.assert_allclose(memories.encoder.T @ rest, 0, atol=1e-8)


def test_the_linearisation_is_the_derivative_of_a_step() -> None:
    network = make_network(2, 6)
    state = np.random.default_rng(2).normal(size=6).astype(np.float32) * 0.1
    step = 1e-3
    numeric = np.stack(
        [
            (np.tanh(network.W_hh @ (state + step * e)) - np.tanh(network.W_hh @ (state - step * e))) / (2 * step)
            for e in np.eye(6, dtype=np.float32)
        ],
        axis=1,
    )
    np.testing.assert_allclose(step_jacobian(network, state), numeric, atol=1e-3)
    np.testing.assert_array_equal(jacobian_at_origin(network), network.W_hh)
    np.testing.assert_array_equal(np.tanh(network.W_hh @ fixed_point(network)), fixed_point(network))
