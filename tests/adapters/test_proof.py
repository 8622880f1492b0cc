"""What is adapted does what the network does; what does not is refused, with what to write. Names prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import emtvb
from emtvb.errors import InputError

from ..library.networks import (
    CTRNN,
    OUT,
    S5,
    S5SSM,
    AroundCell,
    Company,
    CTRNNNet,
    CTRNNStatesOnly,
    D,
    Forgetful,
    H,
    Loop,
    LowRank,
    LSTMByHand,
    Mamba,
    MambaBlock,
    MinGRU,
    MinGRUAlone,
    Rate,
    RawLoop,
    Secret,
    XLSTMLayer,
    XLSTMStack,
)

TIME, TRIALS = 7, 6


def inputs(time: int = TIME, trials: int = TRIALS, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(time, trials, D)).astype(np.float32)


def at_once(network: nn.Module, x: np.ndarray, batch_first: bool, begin=None) -> np.ndarray:
    """What the network itself gives for all of it, time first."""
    u = torch.tensor(x)
    with torch.no_grad():
        given = u.transpose(0, 1) if batch_first else u
        shown = network.eval()(given) if begin is None else network.eval()(given, begin)
    shown = shown[0] if isinstance(shown, tuple) else shown
    return (shown.transpose(0, 1) if batch_first else shown).numpy()


def low_rank(network: nn.Module) -> Callable:
    """Its state is its third argument, and it gives those of all steps when it is asked."""

    def step(x, h):
        y, states = network(x, True, h)
        return y, states[:, -1]

    return step


def every_state(network: nn.Module) -> Callable:
    def step(x, h):
        y, states = network(x, h)
        return y, states[:, -1]

    return step


def named_states(network: nn.Module) -> Callable:
    """Several states, each by its name; a step is a sequence of one."""

    def step(u, states):
        y, states = network.step(u[:, None], **(states or {}))
        return y[:, 0], states

    return step


def nothing(network: nn.Module) -> dict[str, Any]:
    return {}


def step(*names: str) -> Callable[[nn.Module], dict[str, Any]]:
    return lambda network: {"step": names[0] if len(names) == 1 else names}


def mamba(network: nn.Module) -> dict[str, Any]:
    return {"step": "step", "state": lambda n: [(None, torch.zeros(n, 8, 3)) for _ in network.layers]}


TAKEN: dict[str, tuple[Callable, bool, Callable]] = {
    "ctrnn": (CTRNN, False, nothing),
    "ctrnn, by its step": (CTRNN, False, step("recurrence")),
    "ctrnn, states only": (CTRNNStatesOnly, False, step("recurrence")),
    "ctrnn with a readout": (CTRNNNet, False, step("rnn")),
    "ctrnn with a readout, by its step": (CTRNNNet, False, step("rnn.recurrence")),
    "ctrnn, states only, with a readout": (lambda: CTRNNNet(CTRNNStatesOnly), False, step("rnn.recurrence")),
    "loop, time first": (lambda: Loop(False), False, step("recurrence")),
    "loop, batch first": (lambda: Loop(True), True, step("recurrence")),
    "rate": (Rate, True, nothing),
    "around a cell by hand": (AroundCell, True, step("cell")),
    "s5": (S5, True, lambda network: {"step": "seq.forward_rnn", "state": network.initial_state}),
    "mamba": (Mamba, True, mamba),
    "mamba block": (
        lambda: Mamba().layers[0],
        True,
        lambda network: {"step": "step", "state": lambda n: (None, torch.zeros(n, 8, 3))},
    ),
    "minGRU, output is state": (MinGRUAlone, True, nothing),
    "xlstm stack": (XLSTMStack, True, step("step")),
    "low rank": (LowRank, True, low_rank),
    "rate, all states": (lambda: Rate("all"), True, every_state),
    "minGRU": (MinGRU, True, lambda network: lambda x, h: network(x, h, True)),
    "xlstm layer": (XLSTMLayer, True, named_states),
}
"""Networks, whether trials come first, and the arguments of ``adapt`` or a step written by hand."""


@pytest.mark.parametrize("name", TAKEN)
def test_it_does_what_the_network_does(name: str) -> None:
    torch.manual_seed(0)
    make, batch_first, way = TAKEN[name]
    network, x = make(), inputs()
    given = way(network)
    system = emtvb.adapt(network, **given) if isinstance(given, dict) else emtvb.adapt(given)
    states, outputs = system.run(x)
    expected = at_once(network, x, batch_first)
    assert outputs.shape == expected.shape
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    again, said = system.run(x[3:], states[2])
    np.testing.assert_allclose(again, states[3:], atol=1e-6)
    np.testing.assert_allclose(said, outputs[3:], atol=1e-6)
    moved = x.copy()
    moved[:, 2] = inputs(seed=1)[:, 2]
    differs = (system.run(moved)[0] != states).any(axis=(0, 2))
    np.testing.assert_array_equal(differs, np.arange(TRIALS) == 2)
    assert not system.noisy
    assert system.verified
    with pytest.raises(InputError):
        system.run(np.zeros((2, TRIALS, D + 1)))
    assert not [key for module in network.modules() for key in vars(module) if key in ("forward", "recurrence", "step")]


STEPS = {CTRNN: None, CTRNNNet: "rnn.recurrence", Rate: None, Loop: "recurrence"}


@pytest.mark.parametrize("state", [H, np.full(H, 0.5, np.float32), lambda n: torch.full((n, H), 0.5)])
@pytest.mark.parametrize("make", [CTRNN, CTRNNNet, Rate, lambda: Loop(True)])
def test_a_state_that_is_told_is_where_it_begins(make, state) -> None:
    torch.manual_seed(0)
    network, x = make(), inputs()
    begins = torch.tensor(state) if isinstance(state, np.ndarray) else state
    states, outputs = emtvb.adapt(network, state=begins, step=STEPS[type(network)]).run(x)
    begin = torch.full((TRIALS, H), 0.0 if isinstance(state, int) else 0.5)
    if isinstance(network, CTRNNNet):
        with torch.no_grad():
            expected = network.fc(network.rnn(torch.tensor(x), begin)[0]).numpy()
    elif isinstance(network, Loop):
        h, every = begin, []
        for u in torch.tensor(x):
            h = network.recurrence(u, h)
            every.append(network.fc(h).detach().numpy())
        expected = np.stack(every)
    else:
        expected = at_once(network, x, isinstance(network, Rate), begin)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    assert states.shape == (TIME, TRIALS, H)


def test_where_it_says_itself_that_it_begins() -> None:
    network, x = Rate(begin=0.5), inputs()
    expected = at_once(network, x, True, torch.full((TRIALS, H), 0.5))
    np.testing.assert_allclose(emtvb.adapt(network, state=network.init_hidden).run(x)[1], expected, atol=1e-5)


def test_cells_by_hand_return_their_state_alone() -> None:
    cell, x = LSTMByHand(), inputs()
    states, outputs = emtvb.adapt(cell, state=lambda n: (torch.zeros(n, H), torch.ones(n, H))).run(x)
    h, c = torch.zeros(TRIALS, H), torch.ones(TRIALS, H)
    for t, u in enumerate(torch.tensor(x)):
        h, c = cell(u, (h, c))
        np.testing.assert_allclose(states[t], torch.cat([h, c], 1).detach(), atol=1e-6)
        np.testing.assert_allclose(outputs[t], h.detach(), atol=1e-6)


def test_a_step_of_one_trial_is_one_of_many() -> None:
    layer, x = S5SSM(), inputs()
    expected = np.stack([layer(torch.tensor(one)).detach().numpy() for one in x.swapaxes(0, 1)], axis=1)
    system = emtvb.adapt(layer, step="forward_rnn", state=layer.initial_state)
    np.testing.assert_allclose(system.run(x)[1], expected, atol=1e-5)
    W, U = torch.randn(H, H), torch.randn(H, D)

    def step(u, h):
        h = torch.tanh(W @ h + U @ u)
        return h[:2], h

    states, _ = emtvb.adapt(step, state=H).run(x)
    np.testing.assert_allclose(states[0], torch.tanh(torch.tensor(x[0]) @ U.T), atol=1e-5)


def _with_generator(noise: float):
    rng, W = np.random.default_rng(0), np.random.default_rng(1).normal(size=(H, H)) / H

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = np.tanh(h @ W + u.sum(axis=1, keepdims=True)) + noise * rng.normal(size=h.shape)
        return h[:, :2], h

    return step


def _with_numpys(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = 0.5 * h + u.sum(axis=1, keepdims=True) + 0.1 * np.random.normal(size=h.shape)
    return h, h


NOISY = {
    "ctrnn": lambda: emtvb.adapt(CTRNN(noise=0.3)),
    "ctrnn with a readout": lambda: emtvb.adapt(CTRNNNet(noise=0.3), step="rnn"),
    "rate": lambda: emtvb.adapt(Rate(noise=0.3)),
    "low rank": lambda: emtvb.adapt(low_rank(LowRank(noise=0.3))),
    "rate, all states": lambda: emtvb.adapt(every_state(Rate("all", noise=0.3))),
    "a generator of one's own": lambda: emtvb.adapt(_with_generator(0.3), state=H),
    "numpy's generator": lambda: emtvb.adapt(_with_numpys, state=H),
}


@pytest.mark.parametrize("name", NOISY)
def test_a_network_with_noise_is_taken_and_said_to_have_it(name: str) -> None:
    system, x = NOISY[name](), inputs()
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    system._learn(D)
    assert torch.equal(before, torch.random.get_rng_state())
    assert system.noisy
    assert "with noise of its own" in repr(system)
    assert not np.array_equal(system.run(x)[0], system.run(x)[0])


@pytest.mark.parametrize("kind", [Forgetful, Company])
def test_with_noise_it_is_held_to_the_network_all_the_same(kind) -> None:
    with pytest.raises(InputError, match=r"does not give step by step|its trials must not know of each other"):
        emtvb.adapt(kind(noise=0.1), input_dim=D)


def test_noise_of_every_kind_is_set_to_its_mean() -> None:
    from emtvb.adapters.noise import Mean

    p = torch.full((40, 3), 0.3)
    with torch.no_grad(), Mean():
        for zero in (torch.randn(4, 2), torch.randn_like(p), torch.empty(4).normal_(), torch.normal(0.0, 1.0, (4,))):
            assert not zero.any()
        for half in (torch.rand(3), torch.rand_like(p), torch.empty(3).uniform_()):
            assert (half == 0.5).all()
        assert torch.equal(torch.normal(p, 1.0), p)
        assert torch.equal(torch.normal(p, p), p)
        assert torch.equal(torch.normal(2.0, p), torch.full_like(p, 2.0))
        assert (torch.empty(3).normal_(1.5, 2.0) == 1.5).all()
        assert (torch.empty(3).uniform_(2, 4) == 3).all()
        assert torch.equal(torch.bernoulli(p), p)
        assert (torch.empty(3).bernoulli_(0.2) == 0.2).all()
        assert torch.allclose(nn.functional.dropout(p, 0.5, training=True), p)


def _mean_of_all(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = np.tanh(0.5 * h + u.sum(axis=1, keepdims=True) - u.mean())
    return h, h


def _into_itself(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h *= 0.5
    h += u.sum(axis=1, keepdims=True)
    return h, h


class _Clock:
    def __init__(self) -> None:
        self.t = 0

    def step(self, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.t += 1
        h = 0.5 * h + self.t * u.sum(axis=1, keepdims=True)
        return h, h


def _secret() -> Any:
    network = Secret()
    return emtvb.adapt(network, state=network.init_hidden, input_dim=D)


REFUSED = {
    "trials that know of each other": (lambda: emtvb.adapt(Company(), input_dim=D), "trials must not know of each"),
    "of numpy too": (lambda: emtvb.adapt(_mean_of_all, state=H, input_dim=D), "trials must not know of each other"),
    "a state that is not used": (lambda: emtvb.adapt(Forgetful(), input_dim=D), "does not give step by step what it"),
    "a state that is kept elsewhere": (_secret, "does not go on from a state as it"),
    "a clock": (lambda: emtvb.adapt(_Clock().step, state=H, input_dim=D), "for the same inputs and the same state"),
    "a loop without a step": (
        lambda: emtvb.adapt(RawLoop(), input_dim=D),
        r"which does not say what its state is: write .*adapt\(net, step=.*: def step\(u, h\): h = .*; return y, h",
    ),
    "a wrong number of state": (lambda: emtvb.adapt(CTRNN(), state=H + 1, input_dim=D), r"failed .*adapt\(net\)$"),
    "a step that is none": (
        lambda: emtvb.adapt(CTRNN(), step="into.bias", input_dim=D),
        "step: into.bias: name a method or a module of CTRNN, such as into, over, init_hidden, recurrence",
    ),
    "a step that is not there": (lambda: emtvb.adapt(RawLoop(), step="step"), "such as into, over, fc, forward"),
    "a part that does not hold all of its state": (
        lambda: emtvb.adapt(XLSTMStack(), step="blocks.0.step", input_dim=D),
        "XLSTMStack",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_agree_is_one_line_with_what_to_write(name: str) -> None:
    torch.manual_seed(0)
    make, says = REFUSED[name]
    with pytest.raises(InputError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_what_is_to_be_written_works() -> None:
    """The lines of the refusal, filled in."""
    net, x = RawLoop(), inputs()

    def step(u, h):
        h = torch.tanh(net.into(u) + net.over(h))
        return net.fc(h), h

    np.testing.assert_allclose(emtvb.adapt(step, state=H).run(x)[1], at_once(net, x, True), atol=1e-5)


def test_the_error_is_that_of_the_closest_way() -> None:
    """A readout of the wrong size: time first or not, each fails by shapes; the network as it is comes nearest."""
    with pytest.raises(InputError) as caught:
        emtvb.adapt(Forgetful(), input_dim=D)
    assert "shapes cannot be multiplied" not in str(caught.value)


def test_what_is_written_in_place_is_kept_apart() -> None:
    x = inputs().astype(np.float64)
    states, outputs = emtvb.adapt(_into_itself, state=H).run(x)
    h = np.zeros((TRIALS, H))
    for t, u in enumerate(x):
        h = 0.5 * h + u.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(states[t], h)
        np.testing.assert_allclose(outputs[t], h)


class _Words(nn.Module):
    """Its inputs are indices: no other number can be put in."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.rnn = nn.Embedding(4, D), nn.GRU(D, H, batch_first=True)

    def forward(self, x):
        return self.rnn(self.words(x[..., 0].long()))[0]


def test_a_network_that_takes_indices_is_tried_on_its_users_inputs() -> None:
    network = _Words()
    x = np.random.default_rng(0).integers(0, 4, size=(TIME, TRIALS, 1)).astype(np.float32)
    np.testing.assert_allclose(emtvb.adapt(network).run(x)[1], at_once(network, x, True), atol=1e-6)


def test_the_readout_is_that_of_the_states() -> None:
    network, readout, x = CTRNN(), nn.Linear(H, OUT), inputs()
    with torch.no_grad():
        expected = readout(torch.tensor(at_once(network, x, False))).numpy()
    np.testing.assert_allclose(emtvb.adapt(network, readout).run(x)[1], expected, atol=1e-5)
    assert isinstance(Mamba().layers[0], MambaBlock)
