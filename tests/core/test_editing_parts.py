"""What every edit is made of: steps of one size, an exchange, three ways to run on, agreement, the way that is made."""

from __future__ import annotations

import numpy as np
import pytest

import emtvb
from emtvb.adapters.elman import Elman
from emtvb.core.editing.agreement import all_signs_agree, share_recovered
from emtvb.core.editing.continuation import Continuation, outputs_after_steps
from emtvb.core.editing.controls import random_step, resized_step
from emtvb.core.editing.donors import interchange_step
from emtvb.core.subspaces import Subspace
from emtvb.weights import Network

RNG = np.random.default_rng(0)
CHANGE = RNG.normal(size=(5, 7))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_steps_are_as_long_as_the_change_and_do_not_go_its_way(dtype: type) -> None:
    change = np.repeat(CHANGE, 40, axis=1).astype(dtype)
    step = random_step(change, np.random.default_rng(1))
    assert step.dtype == dtype
    np.testing.assert_allclose(np.linalg.norm(step, axis=1), np.linalg.norm(change, axis=1), rtol=1e-5)
    cosine = (step * change).sum(axis=1) / (change**2).sum(axis=1)
    assert np.abs(cosine).max() < 0.3
    assert not np.array_equal(step, random_step(change, np.random.default_rng(2)))


def test_another_step_gets_the_length_of_the_change_and_keeps_its_direction() -> None:
    other = RNG.normal(size=(5, 7))
    other[2] = 0
    step = resized_step(other, CHANGE)
    length = np.linalg.norm(CHANGE, axis=1)
    np.testing.assert_allclose(np.linalg.norm(step, axis=1), np.where(np.arange(5) == 2, 0, length))
    np.testing.assert_allclose(step * np.linalg.norm(other, axis=1)[:, None], other * length[:, None])


def test_an_exchange_takes_over_some_subspaces_and_leaves_the_rest() -> None:
    basis = np.linalg.qr(RNG.normal(size=(7, 7)))[0]
    state, other = RNG.normal(size=(2, 5, 7))
    first, second = (Subspace(basis[:, part], basis[:, part].T) for part in (slice(0, 2), slice(2, 3)))
    after = state + interchange_step(other - state, [first, second])
    np.testing.assert_allclose(after @ basis[:, :3], other @ basis[:, :3])
    np.testing.assert_allclose(after @ basis[:, 3:], state @ basis[:, 3:])


def network(seed: int) -> Network:
    rng = np.random.default_rng(seed)
    return Network(rng.normal(size=(7, 2)), rng.normal(size=(7, 7)) / 2, rng.normal(size=(2, 7)))


@pytest.mark.parametrize("made", [Elman, lambda net: emtvb.adapt(lambda u, h: _step(net, u, h), state=7, input_dim=2)])
def test_a_system_runs_on_without_input_on_inputs_and_in_a_loop(made) -> None:
    net = network(0)
    system, u = made(net), RNG.normal(size=(4, 5, 2))
    silent = Continuation(system, 4).outputs(CHANGE)
    np.testing.assert_allclose(silent, Continuation(system, 4, np.zeros_like(u)).outputs(CHANGE), rtol=1e-6)
    given = Continuation(system, 4, u).outputs(CHANGE)
    heard = Continuation(system, 4, u, lambda y, x: 0.5 * y + x).outputs(CHANGE, np.ones((5, 2)))
    h, g, y = CHANGE, CHANGE, np.ones((5, 2))
    for t in range(4):
        (read, h), (y, g) = _step(net, u[t], h), _step(net, 0.5 * y + u[t], g)
        np.testing.assert_allclose(given[t], read, rtol=1e-6)
        np.testing.assert_allclose(heard[t], y, rtol=1e-6)


def _step(net: Network, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = np.tanh(h @ net.W_hh.T + u @ net.W_uh.T)
    return h @ net.W_r.T, h


def test_outcomes_are_those_of_each_step_alone() -> None:
    run = Continuation(Elman(network(1)), 6)
    found = outputs_after_steps(run, CHANGE, {"none": 0.0, "edit": 2 * CHANGE})
    np.testing.assert_array_equal(found["none"], run.outputs(CHANGE))
    np.testing.assert_array_equal(found["edit"], run.outputs(3 * CHANGE))


def test_exact_are_futures_with_every_sign_right() -> None:
    expected = RNG.choice([-1.0, 1.0], size=(3, 4, 2))
    outputs = 0.1 * expected
    outputs[1, 2, 0] *= -1
    assert all_signs_agree(outputs, expected).tolist() == [True, True, False, True]
    assert all_signs_agree(np.zeros((3, 1, 2)), np.ones((3, 1, 2))).all()  # an output of 0 counts as +1


def test_the_part_of_the_way_that_is_made() -> None:
    expected, unedited = RNG.normal(size=(2, 3, 4, 2))
    halfway = (expected + unedited) / 2
    made = [share_recovered(outputs, expected, unedited) for outputs in (expected, unedited, halfway)]
    assert made == [1, 0, pytest.approx(0.75)]
    assert np.isnan(share_recovered(expected, expected, expected))
