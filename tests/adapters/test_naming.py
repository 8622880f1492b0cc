"""What a step computes with is known: weights that were trained on since a network was recorded are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import emtvb
from emtvb.adapters.naming import weights_named_in
from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.weights import Network

from ..conftest import make_network

REFUSED = r"network: .* has other weights than when it was recorded: record again$"


class Case(NamedTuple):
    """A system, and what trains it on."""

    system: emtvb.Adapted
    train: Callable[[], Any]


class Scaled(nn.Module):
    """A cell with a number of its own, and a layer in a list that torch does not know of."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.leak, self.outs = nn.GRUCell(2, 8), 0.5, [nn.Linear(8, 2)]

    def forward(self, u: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = (1 - self.leak) * h + self.leak * self.cell(u, h)
        return self.outs[0](h), h


def of_torch() -> Case:
    rnn, out = nn.GRU(2, 8), nn.Linear(8, 2)
    adam = torch.optim.Adam([*rnn.parameters(), *out.parameters()])

    def train() -> None:
        out(rnn(torch.ones(3, 4, 2))[0]).sum().backward()
        adam.step()

    return Case(emtvb.adapt(rnn, out), train)


def of_torchs_data() -> Case:
    rnn = nn.GRU(2, 8)
    return Case(emtvb.adapt(rnn, nn.Linear(8, 2)), lambda: rnn.bias_hh_l0.data.add_(1e-3))


def of_a_hidden_layer() -> Case:
    net = Scaled()
    return Case(emtvb.adapt(net, state=8), lambda: net.outs[0].bias.data.add_(1e-3))


def of_a_number() -> Case:
    net = Scaled()
    return Case(emtvb.adapt(net, state=8), lambda: setattr(net, "leak", 0.4))


def of_numpy() -> Case:
    held = {"W": np.random.default_rng(0).normal(size=(8, 8)) / 4}

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = np.tanh(h @ held["W"] + u @ np.ones((2, 8)))
        return h[:, :2], h

    def train() -> None:
        held["W"] = held["W"] * 0.99  # another array, as people who write gradients by hand have it

    return Case(emtvb.adapt(step, state=8), train)


def of_numpy_in_place() -> Case:
    W = np.eye(8) / 2

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = np.tanh(h @ W + u.sum(1, keepdims=True))
        return h[:, :2], h

    return Case(emtvb.adapt(step, state=8), lambda: W.__imul__(0.99))


CASES = [of_torch, of_torchs_data, of_a_hidden_layer, of_a_number, of_numpy, of_numpy_in_place]


def recorded(system: emtvb.Adapted) -> tuple[np.ndarray, dict[str, np.ndarray], emtvb.Trials]:
    x = np.random.default_rng(0).normal(size=(6, 60, 2)).astype(np.float32)
    labels = {"bit": (x[0, :, 0] > 0).astype(int)}
    return x, labels, emtvb.record(system, x, labels)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore:.*verified")
def test_other_weights_are_refused_until_it_is_recorded_again(case: Callable[[], Case]) -> None:
    torch.manual_seed(0)
    system, train = case()
    x, labels, trials = recorded(system)
    fitted = emtvb.fit(trials)
    states = trials.test.states[-1]
    for _ in range(2):  # and it is not taken for another by what we do ourselves
        emtvb.linearise(fitted)
        system.run(x)
    train()
    emtvb.judge(fitted)  # what was recorded can still be read
    uses: list[Callable[[], Any]] = [
        lambda: emtvb.edit(fitted, at=2, flip="bit", expected=lambda values, inputs: inputs),
        lambda: emtvb.linearise(fitted),
        lambda: emtvb.cycles(system, states, 2),
        lambda: emtvb.fixed_points(system, states),
        lambda: system.run(x),
        lambda: system.coast(states, 2),
    ]
    for use in uses:
        with pytest.raises(InputError, match=REFUSED):
            use()
    again = emtvb.fit(emtvb.record(system, x, labels))
    emtvb.linearise(again)
    system.run(x)
    with pytest.raises(InputError, match=REFUSED):  # the old trials stay what they were
        emtvb.linearise(fitted)


@pytest.mark.filterwarnings("ignore:.*verified")
def test_what_is_not_trained_is_not_refused() -> None:
    """Modes, gradients, a list of what was seen, another fit, a saved file: none of them changes what it computes."""
    torch.manual_seed(0)
    net, seen = Scaled(), []

    def step(u: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y, h = net(u, h)
        seen.append(h)
        del seen[:-3]
        return y, h

    system = emtvb.adapt(step, state=8)
    x, labels, trials = recorded(system)
    fitted = emtvb.fit(trials)
    net.train()
    step(torch.ones(3, 2), torch.zeros(3, 8))[0].sum().backward()
    seen.clear()
    emtvb.linearise(fitted)
    system.run(x)
    emtvb.linearise(emtvb.fit(emtvb.record(system, x, labels)))
    emtvb.linearise(fitted)


def test_of_a_task_and_of_our_own_networks() -> None:
    task = tasks.named("T1", 2, 2)
    network = make_network(task.d, 12)
    fitted = emtvb.fit(emtvb.record(network, task))
    emtvb.edit(fitted, at=5, flip="1.0")
    network.W_hh[0, 0] += 0.1
    with pytest.raises(InputError, match=REFUSED):
        emtvb.edit(fitted, at=5, flip="1.0")
    emtvb.edit(emtvb.fit(emtvb.record(network, task)), at=5, flip="1.0")


@pytest.mark.filterwarnings("ignore:.*verified")
def test_trials_of_a_task_are_recorded_again_with_other_weights() -> None:
    torch.manual_seed(0)
    task, rnn = tasks.named("T1", 2, 2), nn.RNN(2, 12)
    system = emtvb.adapt(rnn, nn.Linear(12, 2))
    emtvb.record(system, task)
    rnn.weight_hh_l0.data.mul_(0.9)
    emtvb.linearise(emtvb.fit(emtvb.record(system, task)))


def test_a_loaded_file_knows_the_weights_that_it_is_loaded_with(tmp_path) -> None:
    torch.manual_seed(0)
    rnn, out = nn.GRU(2, 8), nn.Linear(8, 2)
    system = emtvb.adapt(rnn, out, whole=lambda x: out(rnn(x)[0]))
    fitted = emtvb.fit(recorded(system)[2])
    path = emtvb.save(fitted, tmp_path / "fitted")
    loaded = emtvb.load(path, emtvb.adapt(rnn, out, whole=lambda x: out(rnn(x)[0])))
    emtvb.linearise(loaded)
    rnn.bias_hh_l0.data.add_(0.1)
    with pytest.raises(InputError, match=REFUSED):
        emtvb.linearise(loaded)


def test_weights_are_found_once_wherever_they_are() -> None:
    net = Scaled()
    found = dict(weights_named_in(net.forward, net, nn.Sequential(net.cell)))
    assert len(found) == len(list(net.parameters())) + 2 + 1  # with the layer in the list, and the leak
    network = Network(*(np.ones((2, 2), np.float32) * scale for scale in range(3)))
    assert len(set(dict(weights_named_in(network)).values())) == 3
