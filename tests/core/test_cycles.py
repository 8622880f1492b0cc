"""Cycles whose multipliers are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import emtvb
from emtvb.errors import InputError
from emtvb.theory import circuits, tasks
from emtvb.weights import Network

RNG = np.random.default_rng(0)


def step(function):
    """A step that ignores its input, of a state of two numbers."""
    return emtvb.adapt(lambda u, h: (h, function(h)), state=2, input_dim=1)


def turn(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("period", [1, 3, 50, 2000])
def test_a_linear_map_has_the_powers_of_its_eigenvalues_large_and_small(period: int) -> None:
    """Of 2,000 steps the largest is 1e228, the smallest 1e-6000: the smaller are not lost beside the larger."""
    values = np.array([1.3, 0.9, 0.5, 0.1, 0.01])
    basis = np.eye(5) + RNG.normal(size=(5, 5)) / 4
    W = basis @ np.diag(values) @ np.linalg.inv(basis)
    system = emtvb.adapt(lambda u, h: (h, h @ W.T), state=5, input_dim=1)
    found = emtvb.cycles(system, np.zeros((2, 5)), period)
    np.testing.assert_allclose(np.exp(found.rates), [values, values], rtol=1e-4)
    assert found.distances.tolist() == [0, 0]
    assert not found.attracting.any()


def test_a_turn_that_shrinks_comes_back_smaller_and_turned() -> None:
    found = emtvb.cycles(step(lambda h: 0.9 * h @ turn(0.3).T), [[1.0, 0.0], [0.0, 2.0]], 7)
    np.testing.assert_allclose(np.abs(found.multipliers), 0.9**7)
    np.testing.assert_allclose(np.sort(np.angle(found.multipliers)), [[-2.1, 2.1]] * 2)
    np.testing.assert_allclose(found.returned, 0.9**7 * found.states @ turn(2.1).T)
    assert not found.attracting.any()  # of no cycle


def test_a_turn_by_a_share_of_a_circle_comes_back_and_is_neutral() -> None:
    system = step(lambda h: h @ turn(2 * np.pi / 12).T)
    back, half = (emtvb.cycles(system, [[1.0, 1.0]], period) for period in (12, 6))
    np.testing.assert_allclose(back.multipliers, [[1, 1]])
    assert back.distances[0] < 1e-14
    np.testing.assert_allclose(half.multipliers.real, [[-1, -1]])
    assert half.distances[0] == pytest.approx(2)


def test_a_limit_cycle_has_the_multipliers_of_radius_and_phase() -> None:
    """r <- r + 0.3 r (1 - r^2), turned by a fifth of a circle: 0.4 of a change of radius is left, all of phase."""

    def move(h: np.ndarray) -> np.ndarray:
        return (h * (1.3 - 0.3 * (h**2).sum(axis=1, keepdims=True))) @ turn(2 * np.pi / 5).T

    found = emtvb.cycles(step(move), [[0.6, 0.8]], 5)
    np.testing.assert_allclose(np.abs(found.multipliers), [[1, 0.4**5]], rtol=1e-5)
    assert found.distances[0] < 1e-12


def test_a_latch_of_the_theory_attracts_as_its_gain_says() -> None:
    """h = tanh(2 h) keeps 0.9575, where a step shrinks differences to 2 (1 - 0.9575^2); Phi turns them, and no more."""
    task = tasks.named("T4")
    network, period = circuits.latching_circuit(task), circuits.phi_period(task)
    system = emtvb.adapt(network)
    rng = np.random.default_rng(1)
    m = task.theory.with_copies(rng.choice([-1.0, 1.0], size=(2, 64)), task.theory.settled_step)
    found = emtvb.cycles(system, m * circuits.stored_amplitude(circuits.GAIN), period)
    slope = circuits.GAIN * (1 - circuits.stored_amplitude(circuits.GAIN) ** 2)
    np.testing.assert_allclose(found.rates[:, :36], np.log(slope), rtol=1e-5)
    assert found.distances.max() < 1e-12
    origin = emtvb.cycles(system, np.zeros((1, 64)), period)
    np.testing.assert_allclose(origin.rates[0, :36], np.log(circuits.GAIN), rtol=1e-6)


@pytest.mark.parametrize("precise", [False, True])
def test_a_module_of_torch_and_the_papers_network_say_what_numpy_says(precise: bool) -> None:
    cell = nn.RNNCell(2, 6, bias=False)
    cell = cell.double() if precise else cell
    weights = [cell.weight_ih, cell.weight_hh, torch.zeros(2, 6)]
    W_uh, W_hh, W_r = (w.detach().numpy().astype(np.float32) for w in weights)
    h = RNG.uniform(-0.5, 0.5, size=(3, 6)).astype(np.float64 if precise else np.float32)

    def move(u: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return state, np.tanh(state @ W_hh.T + u @ W_uh.T)

    systems = cell, Network(W_uh, W_hh, W_r), emtvb.adapt(move, state=6, input_dim=2)
    found = [emtvb.cycles(system, h, 5, inputs=[0.3, -0.2]) for system in systems]
    product = np.eye(6)
    state = h.astype(np.float64)[0]
    for _ in range(5):
        state = np.tanh(W_hh @ state + W_uh @ [0.3, -0.2])
        product = (1 - state**2)[:, None] * W_hh @ product
    expected = np.sort(np.abs(np.linalg.eigvals(product)))[::-1]
    for cycles in found:
        np.testing.assert_allclose(cycles.returned[0], state, atol=1e-5)
        np.testing.assert_allclose(np.abs(cycles.multipliers[0]), expected, rtol=2e-3, atol=1e-6)


def test_inputs_that_change_within_the_period_are_taken_step_by_step() -> None:
    system = emtvb.adapt(lambda u, h: (h, u * h), state=1, input_dim=1)
    found = emtvb.cycles(system, [[1.0]], 3, inputs=[[0.5], [4.0], [0.5]])
    np.testing.assert_allclose(found.multipliers, [[1.0]])
    assert found.distances[0] == 0


def test_chaos_has_lyapunovs_exponent() -> None:
    """x <- 4 x (1 - x): log 2 a step."""
    found = emtvb.cycles(emtvb.adapt(lambda u, h: (h, 4 * h * (1 - h)), state=1, input_dim=1), [[0.3]], 5000)
    assert found.rates[0, 0] == pytest.approx(np.log(2), abs=0.01)
    assert np.isinf(found.multipliers[0, 0].real)
    assert not np.isnan(found.multipliers).any()


def test_a_step_that_forgets_everything_has_multipliers_of_nothing() -> None:
    found = emtvb.cycles(step(np.zeros_like), [[1.0, 2.0]], 9)
    assert found.multipliers.tolist() == [[0, 0]]
    assert not found.returns.any()
    assert not found.attracting.any()
    assert found.distances.tolist() == [1]


def test_it_is_shown_as_a_line() -> None:
    found = emtvb.cycles(step(lambda h: h / 2), [[0.0, 0.0], [1.0, 1.0]], 2)
    assert repr(found) == (
        "<Cycles: 2 states followed for 2 steps, 1 came back, 1 of these attracting; median distance 0.37, "
        "median largest multiplier 0.25>"
    )
    np.testing.assert_allclose(np.abs(found.multipliers[:, 0]), 0.25)


@pytest.mark.parametrize(
    ("states", "period", "inputs", "says"),
    [
        (np.zeros(2), 1, None, "states: shape (2,): give finite states, (trial, state)"),
        (np.zeros((1, 2)), 0, None, "period: 0"),
        (np.zeros((1, 2)), 3, np.zeros((2, 1)), "inputs: shape (2, 1): give one input, (input,), or (3, input)"),
        (np.zeros((1, 3)), 1, None, "state: (1, 3)"),
    ],
)
def test_what_cannot_be_followed_is_refused(states, period, inputs, says: str) -> None:
    with pytest.raises(InputError) as raised:
        emtvb.cycles(step(lambda h: h), states, period, inputs)
    assert str(raised.value).startswith(says)
