"""Fixed points that are known, and the step between memories of circuits that are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

import emtvb
from emtvb.adapters.elman import jacobian_at_origin as linearise_weights
from emtvb.core.memories import fitted_gain, map_error
from emtvb.errors import InputError
from emtvb.theory import tasks

from ..conftest import circuit
from ..library.made_up import adapted, make_register, tape


def cell(W: list[list[float]], bias: float = 0.0) -> nn.RNNCell:
    network = nn.RNNCell(1, len(W))
    with torch.no_grad():
        network.weight_hh.copy_(torch.tensor(W))
        network.weight_ih.fill_(1.0)
        network.bias_ih.fill_(bias)
        network.bias_hh.zero_()
    return network


@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: c.double()])
def test_one_neuron_that_holds_a_bit_has_three(wrap) -> None:
    """h = tanh(2 h): the origin, which is not stable, and two that are."""
    found = emtvb.fixed_points(emtvb.adapt(wrap(cell([[2.0]]))), np.linspace(-1, 1, 21)[:, None].astype(np.float32))
    np.testing.assert_allclose(np.sort(found.points[:, 0]), [-0.957504, 0, 0.957504], atol=1e-4)
    order = np.argsort(found.points[:, 0])
    assert found.stable[order].tolist() == [True, False, True]
    np.testing.assert_allclose(found.eigenvalues[order, 0], 2 * (1 - found.points[order, 0] ** 2), atol=1e-4)
    np.testing.assert_allclose(found.jacobians[:, 0, 0], found.eigenvalues[:, 0])
    assert sum(found.found_from) + found.failed == 21
    assert "3 fixed points from 21 starts" in str(found)
    single = emtvb.fixed_points(emtvb.adapt(wrap(cell([[0.5]]))), np.ones((1, 1), dtype=np.float32))
    assert str(single).startswith("1 fixed point from 1 start; 0 starts led to none\n  0: stable, largest")


def test_a_bias_or_an_input_moves_them_from_the_origin() -> None:
    biased = emtvb.fixed_points(emtvb.adapt(cell([[0.5]], bias=1.0)), np.zeros((1, 1)))
    driven = emtvb.fixed_points(emtvb.adapt(cell([[0.5]])), np.zeros((1, 1)), inputs=[1.0])
    for found in (biased, driven):
        np.testing.assert_allclose(np.tanh(0.5 * found.points + 1), found.points, atol=1e-5)
        assert found.points[0, 0] > 0.8
    np.testing.assert_allclose(biased.points, driven.points, atol=1e-5)


def test_a_rotation_has_one_and_says_how_it_turns() -> None:
    angle = 0.3
    W = 0.9 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    system = emtvb.adapt(lambda u, h: (h, h @ W.T + 1), state=2, input_dim=1)
    found = emtvb.fixed_points(system, np.random.default_rng(0).normal(size=(5, 2)))
    np.testing.assert_allclose(found.points, [np.linalg.solve(np.eye(2) - W, [1, 1])], atol=1e-6)
    np.testing.assert_allclose(np.sort(np.angle(found.eigenvalues[0])), [-angle, angle], atol=1e-6)
    assert found.found_from == (5,)


def test_where_there_is_none_it_says_so() -> None:
    found = emtvb.fixed_points(emtvb.adapt(lambda u, h: (h, h + 1), state=2, input_dim=1), np.zeros((3, 2)))
    assert (len(found.points), found.failed, found.eigenvalues.shape) == (0, 3, (0, 2))


def test_several_layers_and_gates_have_fixed_points_too() -> None:
    torch.manual_seed(0)
    for network in (nn.GRU(2, 4, 2), nn.LSTM(2, 4, 2, batch_first=True), nn.RNN(2, 4, nonlinearity="relu")):
        system = emtvb.adapt(network)
        found = emtvb.fixed_points(system, np.zeros((1, system.state_dim), np.float32))
        assert len(found.points) == 1
        states, _ = system.run(np.zeros((5, 1, 2), np.float32), found.points.astype(np.float32))
        np.testing.assert_allclose(states[-1], found.points, atol=1e-4)


def test_points_where_the_network_cannot_be_are_marked() -> None:
    """A GRU whose gates are closed keeps any state, but from states of at most 1 it comes to no larger one."""
    torch.manual_seed(0)
    network = nn.GRU(3, 8)
    nn.init.normal_(network.weight_hh_l0, std=1.2)
    nn.init.normal_(network.bias_hh_l0)
    system = emtvb.adapt(network)
    states, _ = system.run(np.random.default_rng(0).normal(size=(20, 60, 3)).astype(np.float32))
    found = emtvb.fixed_points(system, states[-1])
    assert found.beyond.tolist() == (np.abs(found.points).max(axis=1) > 1.1).tolist()
    assert 0 < found.beyond.sum() < len(found.points)
    assert str(found).count("*") == 1 + found.beyond.sum()
    inside, beyond = len(found.points) - found.beyond.sum(), found.beyond.sum()
    points = "1 fixed point" if inside == 1 else f"{inside} fixed points"
    where = f"{points} in the range of the states visited, {beyond} beyond"
    assert f"{where}; " in repr(found)
    assert str(found).startswith(f"{where}, from 60 starts; ")


def test_noise_is_said_to_be_why_there_is_none() -> None:
    def step(u: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = 0.5 * h + u + 0.1 * torch.randn_like(h)
        return h, h

    found = emtvb.fixed_points(emtvb.adapt(step, state=torch.zeros(1, 3)), np.ones((9, 3)))
    assert str(found).startswith("0 fixed points from 9 starts; 9 starts led to none: steps have noise of their own")
    assert "noise" in repr(found)


@pytest.mark.parametrize("times", [None, [2, 3, 9]], ids=str)
def test_visited_states_are_linearised_with_the_inputs_that_they_read(times: list[int] | None) -> None:
    """h <- tanh(h + u) has derivative 1 - h'^2 at the next state h', far from that at u = 0."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(12, 400, 1)) + 1.5

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = np.tanh(h + u)
        return h, h

    trials = emtvb.record(emtvb.adapt(step, state=1), inputs, {"x": rng.normal(size=400)}, times=times)
    rows = np.arange(12) if times is None else np.array(times)
    rows = rows[rows < 11]
    states = trials.test.states[: len(rows)]
    expected = (1 - np.tanh(states + trials.test.inputs[rows + 1]) ** 2).mean()
    fitted = emtvb.fit(trials)
    assert emtvb.linearise(fitted).jacobian.item() == pytest.approx(expected, rel=0.5)
    assert emtvb.linearise(fitted, states.reshape(-1, 1)).jacobian.item() > 2 * expected
    assert "mean Jacobian" in repr(emtvb.linearise(fitted))


@pytest.mark.parametrize(
    ("starts", "says"),
    [
        (np.zeros(4), "starts: shape (4,): give finite states, (start, state)"),
        (np.full((2, 4), np.nan), "starts: not all of them finite: give finite numbers, (start, state)"),
        (np.zeros((2, 5)), "state: (2, 5): give an array of shape (2, 4)"),
    ],
)
def test_bad_starts_are_one_clear_line(starts, says: str) -> None:
    with pytest.raises(InputError) as caught:
        emtvb.fixed_points(emtvb.adapt(nn.GRU(2, 4)), starts)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("torchs", [False, True])
def test_the_circuits_step_between_memories_is_phi(torchs: bool) -> None:
    task = tasks.named("T1", 2, 3)
    network, _ = circuit(task, 9)
    system = emtvb.adapt(network)
    if torchs:
        rnn, readout = nn.RNN(2, 9, bias=False), nn.Linear(9, 2, bias=False)
        with torch.no_grad():
            for parameter, array in zip(
                [*rnn.parameters(), *readout.parameters()], network.arrays().values(), strict=True
            ):
                parameter.copy_(torch.tensor(array))
        system = emtvb.adapt(rnn, readout)
    fitted = emtvb.fit(emtvb.record(system, task, horizon=30))
    origin = emtvb.linearise(fitted, np.zeros(9, np.float32))
    weights = linearise_weights(network)
    np.testing.assert_allclose(origin.jacobian, weights, atol=1e-6)
    assert origin.map_error == pytest.approx(map_error(fitted.memories, weights, task.theory.phi), abs=1e-4)
    assert origin.gain == pytest.approx(fitted_gain(fitted.memories, weights, task.theory.phi), abs=1e-4)
    for where in (origin, emtvb.linearise(fitted)):
        np.testing.assert_allclose(where.map, where.phi, atol=2e-2)
        np.testing.assert_allclose(where.decoded, where.phi, atol=2e-2)
        np.testing.assert_allclose(np.abs(where.eigenvalues[:6]), 1, atol=1e-3)


def test_a_register_keeps_what_it_holds() -> None:
    u, labels = tape()
    fitted = emtvb.fit(emtvb.record(adapted(make_register(extra=2)), u, labels))
    found = emtvb.linearise(fitted, inputs=np.zeros(3))  # with an input it would be overwritten
    np.testing.assert_allclose(found.map, np.eye(4), atol=1e-4)
    np.testing.assert_allclose(np.sort(np.abs(found.eigenvalues))[-6:], [0.5, 0.5, 1, 1, 1, 1], atol=1e-4)
    assert found.phi is None
    assert np.isnan(found.map_error)
    for moved, apart in ((found.decoded, "0.0%"), (1.5 * found.decoded, "50.0%")):
        assert repr(dataclasses.replace(found, map=moved)).endswith(f"differs from what is decoded by {apart}>")
