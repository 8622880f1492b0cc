from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from emtvb.core.memories import shape_error
from emtvb.theory import tasks
from emtvb.theory.networks import Network
from emtvb.theory.realisation import memories_by_realisation

from ..conftest import circuit, make_network
from .theory import lasting_task


@settings(max_examples=30)
@given(task=lasting_task(), spare=st.integers(0, 5), gain=st.floats(1, 2.5), seed=st.integers(0, 2**20))
def test_the_weights_alone_give_the_basis_whatever_their_gain(
    task: tasks.Task, spare: int, gain: float, seed: int
) -> None:
    """W_hh = gain T Phi T^-1 over the persistent elements, seen by W_r, in a basis T that is not orthonormal."""
    rng = np.random.default_rng(seed)
    kept = task.theory.persistent
    T = np.linalg.qr(rng.normal(size=(kept.sum() + spare, kept.sum())))[0] * rng.uniform(0.5, 2, size=kept.sum())
    W_hh = gain * T @ task.theory.phi[np.ix_(kept, kept)] @ np.linalg.pinv(T)
    W_r = np.eye(kept.size)[-task.d :, kept] @ np.linalg.pinv(T)
    network = Network(*(array.astype(np.float32) for array in (0 * W_r.T, W_hh, W_r)))
    memories = memories_by_realisation(network, task.theory)
    np.testing.assert_allclose(memories.encoder[:, kept], T, atol=1e-3)
    np.testing.assert_allclose(memories.decoder[kept] @ T, np.eye(kept.sum()), atol=1e-3)
    assert shape_error(memories, W_hh, task.theory.phi) < 1e-3


def test_modes_that_are_not_long_term_are_left_out() -> None:
    task = tasks.named("T1", 2, 3)
    network, basis = circuit(task, 12, scale=1.0)
    rest = np.linalg.svd(basis)[0][:, 6:]
    W_hh = network.W_hh + (0.5 * rest @ np.random.default_rng(0).normal(size=(6, 12)) / 4).astype(np.float32)
    memories = memories_by_realisation(Network(network.W_uh, W_hh.astype(np.float32), network.W_r), task.theory)
    assert shape_error(memories, W_hh.astype(float), task.theory.phi) < 1e-4


def test_a_network_without_long_term_modes_has_empty_memories() -> None:
    network = make_network(3, 6)
    memories = memories_by_realisation(
        Network(network.W_uh, network.W_hh * np.float32(0.01), network.W_r), tasks.named("T1", 3, 2).theory
    )
    assert not memories.encoder.any()
    assert memories.condition == float("inf")
