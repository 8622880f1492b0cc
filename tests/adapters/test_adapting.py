"""Adapted networks beside the networks themselves, step by step; they are left as they were."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import emtvb
from emtvb.adapters.adapting import Wrapped
from emtvb.adapters.elman import Elman
from emtvb.errors import InputError

from ..architectures.conftest import make_architecture
from ..conftest import make_network

D, H, TIME, TRIALS = 3, 5, 6, 4


def some(*shape: int, seed: int = 0, dtype=np.float32) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def close(found: np.ndarray, expected: Tensor | np.ndarray) -> None:
    expected = expected.detach().numpy() if isinstance(expected, Tensor) else expected
    np.testing.assert_allclose(found, expected, atol=1e-6)


def flat(state: Tensor | tuple[Tensor, ...]) -> Tensor:
    """A state of torch.nn.RNN and the like as (trial, state): layer by layer, h before c."""
    parts = state if isinstance(state, tuple) else (state,)
    return torch.cat([part.transpose(0, 1).flatten(1) for part in parts], dim=1)


LAYERED = [
    lambda **more: nn.RNN(D, H, **more),
    lambda **more: nn.RNN(D, H, nonlinearity="relu", **more),
    lambda **more: nn.GRU(D, H, **more),
    lambda **more: nn.LSTM(D, H, **more),
    lambda **more: nn.LSTM(D, H, proj_size=2, **more),
]


@settings(max_examples=40)
@given(
    make=st.sampled_from(LAYERED),
    layers=st.integers(1, 3),
    bias=st.booleans(),
    batch_first=st.booleans(),
    double=st.booleans(),
)
@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_torchs_layers_step_by_step(make, layers: int, bias: bool, batch_first: bool, double: bool) -> None:
    torch.manual_seed(layers)
    network = make(num_layers=layers, bias=bias, batch_first=batch_first)
    readout = nn.Linear(getattr(network, "proj_size", 0) or H, 2)
    if double:
        network, readout = network.double(), readout.double()
    x = some(TIME, TRIALS, D, dtype=np.float64 if double else np.float32)
    system = emtvb.adapt(network, readout)
    states, outputs = system.run(x)
    assert states.dtype == outputs.dtype == x.dtype
    assert states.shape == (TIME, TRIALS, system.state_dim)
    u, state = torch.tensor(x), None
    for t in range(TIME):
        one = u[t][:, None] if batch_first else u[t][None]
        output, state = network(one, state)
        close(outputs[t], readout(output.squeeze(1 if batch_first else 0)))
        close(states[t], flat(state))
    again, said = system.run(x[2:], states[1])
    close(again, states[2:])
    close(said, outputs[2:])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "make", [nn.RNNCell, lambda d, h, bias: nn.RNNCell(d, h, bias, "relu"), nn.GRUCell, nn.LSTMCell]
)
def test_torchs_cells_step_by_step(make, bias: bool) -> None:
    cell, readout = make(D, H, bias), nn.Sequential(nn.Linear(H, 4), nn.Tanh())
    x, state = some(TIME, TRIALS, D), None
    system = emtvb.adapt(cell, readout)
    states, outputs = system.run(x)
    for t in range(TIME):
        state = cell(torch.tensor(x[t]), state)
        h = state[0] if isinstance(state, tuple) else state
        close(outputs[t], readout(h))
        close(states[t], torch.cat(state, dim=1) if isinstance(state, tuple) else state)
    close(system.run(x[3:], states[2])[0], states[3:])


class Net(nn.Module):
    """As most people write it: whole sequences in, whole sequences out."""

    def __init__(self, kind=nn.GRU) -> None:
        super().__init__()
        self.rnn = kind(D, H, 2, batch_first=True, dropout=0.5)
        self.out = nn.Linear(H, 2)
        self.norm = nn.BatchNorm1d(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.rnn(x)[0])


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_the_parts_of_a_layer_are_its_layers(kind) -> None:
    network, x = Net(kind).eval(), some(TIME, TRIALS, D)
    system = emtvb.adapt(network.rnn, network.out)
    states, _ = system.run(x)
    keys = ["0.h", "1.h", "0.c", "1.c"] if kind is nn.LSTM else ["0.h", "1.h"]
    assert list(system.parts) == keys
    whole = network.rnn(torch.tensor(x).transpose(0, 1))[1]
    last = dict(zip(keys, [part for array in (whole if kind is nn.LSTM else (whole,)) for part in array], strict=True))
    for name, at in system.parts.items():
        close(states[-1][:, at], last[name])


@pytest.mark.parametrize("batch_first", [True, False])
def test_a_layer_begins_where_it_is_told_to(batch_first: bool) -> None:
    """As it takes its state itself: of any number of trials, or of one."""
    torch.manual_seed(0)
    lstm, x = nn.LSTM(D, H, 2, batch_first=batch_first), some(TIME, TRIALS, D)
    one = torch.randn(2, 1, H), torch.randn(2, 1, H)
    u = torch.tensor(x).transpose(0, 1) if batch_first else torch.tensor(x)
    expected = lstm(u, tuple(array.expand(2, TRIALS, H).contiguous() for array in one))[0]
    for state in (lambda n: tuple(array.expand(2, n, H) for array in one), one, tuple(array[:, 0] for array in one)):
        close(emtvb.adapt(lstm, state=state).run(x)[1], expected.transpose(0, 1) if batch_first else expected)
    cell = nn.GRUCell(D, H)
    close(emtvb.adapt(cell, state=torch.ones(H)).run(x)[0][0], cell(torch.tensor(x[0]), torch.ones(TRIALS, H)))
    with pytest.raises(InputError, match=r"state: 5: LSTM begins with zeros by itself; leave it out"):
        emtvb.adapt(lstm, state=5)
    with pytest.raises(InputError, match=r"state: Tensor: LSTM takes \(h, c\)"):
        emtvb.adapt(lstm, state=lambda n: torch.zeros(2, n, H))


class Pair(NamedTuple):
    fast: Tensor
    slow: dict[str, Tensor]


class Nested(nn.Module):
    """A cell by hand, the contract of computation-through-dynamics: (input, hidden) -> (output, hidden)."""

    def __init__(self) -> None:
        super().__init__()
        self.fast, self.slow, self.out = nn.Linear(D + H, H), nn.Linear(H, 2), nn.Linear(H + 2, 2)

    def init_hidden(self, batch_size: int) -> Pair:
        return Pair(torch.ones(batch_size, H), {"a": torch.zeros(batch_size, 2), "unused": None})

    def forward(self, inputs: Tensor, hidden: Pair) -> tuple[Tensor, Pair]:
        fast = torch.tanh(self.fast(torch.cat([inputs, hidden.fast], dim=1)))
        slow = 0.9 * hidden.slow["a"] + 0.1 * self.slow(fast)
        return self.out(torch.cat([fast, slow], dim=1)), Pair(fast, {"a": slow, "unused": None})


class Stepped(nn.Module):
    """A state-space layer: complex, diagonal, with a step beside the forward pass that convolves."""

    def __init__(self) -> None:
        super().__init__()
        self.B, self.C = nn.Linear(D, 2 * H, bias=False), nn.Linear(2 * H, 2)
        self.register_buffer("a", 0.95 * torch.exp(1j * torch.linspace(0.1, 2, H)))

    def default_state(self, batch: int) -> Tensor:
        return torch.zeros(batch, H, dtype=torch.complex64)

    def step(self, u: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        state = self.a * state + torch.view_as_complex(self.B(u).reshape(len(u), H, 2))
        return self.C(torch.view_as_real(state).flatten(1)), state

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("the convolution is not what is adapted")


def test_a_cell_by_hand_with_a_nested_state() -> None:
    cell, x = Nested(), some(TIME, TRIALS, D)
    system = emtvb.adapt(cell, state=cell.init_hidden)
    states, outputs = system.run(x)
    state = cell.init_hidden(TRIALS)
    for t in range(TIME):
        output, state = cell(torch.tensor(x[t]), state)
        close(outputs[t], output)
        close(states[t], torch.cat([state.fast, state.slow["a"]], dim=1))
    close(system.run(x[2:], states[1])[1], outputs[2:])
    assert system.parts == {"fast": slice(0, H), "slow.a": slice(H, H + 2)}


def test_a_state_space_layer_has_real_and_imaginary_parts() -> None:
    layer, x = Stepped(), some(TIME, TRIALS, D)
    system = emtvb.adapt(layer.step, state=layer.default_state)
    states, outputs = system.run(x)
    state = layer.default_state(TRIALS)
    for t in range(TIME):
        output, state = layer.step(torch.tensor(x[t]), state)
        close(outputs[t], output)
        close(states[t], torch.cat([state.real, state.imag], dim=1))
    close(system.run(x[2:], states[1])[1], outputs[2:])
    a = layer.a.numpy()
    expected = np.block([[np.diag(a.real), -np.diag(a.imag)], [np.diag(a.imag), np.diag(a.real)]])
    close(system.jacobian(states[0])[0], expected)


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
def test_a_scripted_module() -> None:
    cell, x = nn.GRUCell(D, H), some(TIME, TRIALS, D)

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = cell

        def forward(self, u: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
            state = self.cell(u, state)
            return state, state

    close(emtvb.adapt(torch.jit.script(Both()), state=H).run(x)[0], emtvb.adapt(cell).run(x)[0])


def test_functions_of_torch_and_of_numpy_do_the_same() -> None:
    W, U, start = some(H, H, seed=1), some(H, D, seed=2), some(1, H, seed=3)
    x = some(TIME, TRIALS, D)

    def ours(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = np.tanh(h @ W.T + u @ U.T)
        return h[:, :2], h

    torch_W, torch_U = torch.tensor(W), torch.tensor(U)

    def theirs(u: Tensor, state: dict) -> tuple[Tensor, dict]:
        h = torch.tanh(state["h"] @ torch_W.T + u @ torch_U.T)
        return h[:, :2], {"h": h, "rest": [h.clone()]}

    first = emtvb.adapt(ours, state=start)
    second = emtvb.adapt(theirs, state=lambda n: {"h": torch.tensor(start).repeat(n, 1), "rest": [torch.zeros(n, H)]})
    (a, b), (c, e) = first.run(x), second.run(x)
    assert a.dtype == b.dtype == np.float32
    close(c[..., :H], a)
    close(c[..., H:], a)
    close(e, b)
    h = np.repeat(start, TRIALS, axis=0)
    for t in range(TIME):
        output, h = ours(x[t], h)
        close(a[t], h)
        close(b[t], output)
    slope = (1 - a[1][:, :, None] ** 2) * W
    np.testing.assert_allclose(first.jacobian(a[0], x[1]), slope, atol=2e-3)
    np.testing.assert_allclose(second.jacobian(c[0], x[1])[:, :H, :H], slope, atol=1e-6)
    wide = emtvb.adapt(ours, state=start.astype(np.float64))
    np.testing.assert_allclose(wide.jacobian(a[0].astype(np.float64), x[1].astype(np.float64)), slope, atol=1e-6)


@pytest.mark.parametrize("state", [H, np.zeros(H), np.zeros((1, H)), lambda n: np.zeros((n, H))])
def test_where_a_function_begins(state) -> None:
    def step(u, h):
        return h, h + u.sum(axis=1, keepdims=True)

    system = emtvb.adapt(step, state=state)
    states, _ = system.run(np.ones((2, TRIALS, D)))
    np.testing.assert_array_equal(states[1], np.full((TRIALS, H), 2.0 * D))


@pytest.mark.parametrize("make", [lambda: nn.RNN(D, H, 2), lambda: nn.LSTM(D, H, 2), lambda: nn.GRUCell(D, H), Nested])
def test_the_jacobian_is_the_derivative(make) -> None:
    network = make().double()
    start = (
        None
        if not isinstance(network, Nested)
        else lambda n: Pair(torch.ones(n, H).double(), {"a": torch.zeros(n, 2).double()})
    )
    system = emtvb.adapt(network, state=start)
    x = some(TIME, TRIALS, D, dtype=np.float64)
    states, _ = system.run(x)
    found = system.jacobian(states[1], x[2])
    for direction in np.eye(system.state_dim):
        ahead, behind = (system.run(x[2:3], states[1] + sign * 1e-6 * direction)[0][0] for sign in (1, -1))
        np.testing.assert_allclose(found @ direction, (ahead - behind) / 2e-6, atol=1e-7)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_a_step_that_lets_no_gradient_through_is_differentiated_by_differences() -> None:
    cell = nn.RNNCell(D, H)

    @torch.no_grad()
    def step(u, h):
        h = cell(u, h)
        return h, h

    states, _ = emtvb.adapt(cell).run(some(TIME, TRIALS, D))
    expected = emtvb.adapt(cell).jacobian(states[2])
    system = emtvb.adapt(step, state=H)
    system.run(some(TIME, TRIALS, D))
    np.testing.assert_allclose(system.jacobian(states[2]), expected, atol=2e-3)


def test_modes_gradients_hooks_weights_and_buffers_are_left_as_they_were() -> None:
    network, calls = Net(), []
    network.train()
    network.out.eval()
    network.out.weight.requires_grad_(False)
    network.rnn.register_forward_hook(lambda *_: calls.append("rnn"))

    def whole(x: Tensor) -> Tensor:
        network.norm.running_mean += 1  # a buffer that is written in place
        return network(x)

    weights = {name: value.clone() for name, value in network.state_dict().items()}
    modes = {name: module.training for name, module in network.named_modules()}
    system = emtvb.adapt(network.rnn, network.out, whole=whole, batch_first=True)
    states, outputs = system.run(some(TIME, TRIALS, D))
    assert len(calls) >= TIME
    system.jacobian(states[0])
    np.testing.assert_array_equal(outputs, system.run(some(TIME, TRIALS, D))[1])  # no dropout
    assert modes == {name: module.training for name, module in network.named_modules()}
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.is_grad_enabled()
    with pytest.raises(InputError):
        system.run(np.zeros((2, TRIALS, D + 1)))
    assert network.rnn.training


def test_a_function_that_holds_a_network_has_it_in_evaluation_mode() -> None:
    network, drop = nn.GRUCell(D, H), nn.Dropout(0.9)

    def step(u, h):
        h = network(drop(u), h)
        return h, h

    close(emtvb.adapt(step, state=H).run(some(TIME, TRIALS, D))[0], emtvb.adapt(network).run(some(TIME, TRIALS, D))[0])
    assert drop.training


def test_half_precision_comes_out_in_single() -> None:
    network = nn.GRU(D, H).bfloat16()
    system = emtvb.adapt(network)
    states, _ = system.run(some(TIME, TRIALS, D))
    assert states.dtype == np.float32
    np.testing.assert_array_equal(system.run(some(TIME, TRIALS, D)[2:], states[1])[0], states[2:])


def test_another_device_is_kept_to() -> None:
    """No second device here: with the meta device as the default, what is made elsewhere has no numbers."""
    network, x = nn.GRU(D, H), some(TIME, TRIALS, D)
    expected = emtvb.adapt(network).run(x)
    with torch.device("meta"):
        found = emtvb.adapt(network).run(x)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])
    with pytest.raises(InputError, match=r"network: Tensor is no plain array \(.*meta tensor; no data"):
        emtvb.adapt(nn.GRU(D, H, device="meta"))


def test_our_own_networks_run_as_they_always_do() -> None:
    network = make_network(D, H)
    system, x = emtvb.adapt(network), some(TIME, TRIALS, D)
    states, _ = Elman(network).drive(x)
    np.testing.assert_array_equal(system.run(x)[0], states)
    np.testing.assert_array_equal(system.run(np.zeros_like(x), states[1])[1], Elman(network).coast(states[1], TIME)[1])
    np.testing.assert_allclose(system.run(x[3:], states[2])[0], states[3:], atol=1e-6)
    slope = 1 - np.tanh(states[1] @ network.W_hh.T + x[2] @ network.W_uh.T) ** 2
    np.testing.assert_allclose(system.jacobian(states[1], x[2]), slope[:, :, None] * network.W_hh, atol=1e-5)
    lstm = Wrapped(make_architecture("lstm", D, H), "LSTM")
    np.testing.assert_array_equal(lstm.run(x)[1], lstm.system.drive(x)[1])
    zero = np.zeros((1, 2 * H), np.float32)
    np.testing.assert_allclose(lstm.jacobian(zero)[0], lstm.system.linearise(), atol=1e-2)
    with pytest.raises(InputError, match=r"inputs: not zero: LSTM goes on from a state without input only"):
        lstm.run(x, lstm.run(x)[0][0])


def test_an_untrained_copy_of_ours_has_the_precision_of_the_trained() -> None:
    system = emtvb.adapt(make_network(D, H))
    drawn = system.untrained(0)
    assert {array.dtype for array in drawn.system.network.arrays().values()} == {np.dtype(np.float32)}
    assert drawn.run(some(TIME, TRIALS, D))[0].dtype == system.run(some(TIME, TRIALS, D))[0].dtype == np.float32
    assert 0.5 < np.abs(drawn.system.network.W_hh).max() * H**0.5 <= 1


def test_sizes_are_known_from_the_state_and_of_inputs_from_the_first() -> None:
    system = emtvb.adapt(lambda u, h: (h, h), state=H)
    assert (system.state_dim, system.input_dim, system.parts) == (H, None, {"state": slice(0, H)})
    with pytest.raises(InputError, match=r"input_dim: not known yet: record trials first"):
        system.coast(np.zeros((2, H)), 3)
    system.run(some(TIME, TRIALS, D))
    assert system.input_dim == D
    assert emtvb.adapt(system) is system


class Stack(nn.Module):
    """No layer of torch's in it."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.over = nn.Linear(D, H), nn.Linear(H, H)

    def recurrence(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.into(x) + self.over(h))

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError


BOTH = "adapt(LAYER, READOUT, whole=NETWORK), or one step of it, adapt(STEP, state=SIZE, whole=NETWORK), where STEP("


@pytest.mark.parametrize("kind", [Net, Stack])
def test_every_other_module_is_refused_with_both_forms(kind: type) -> None:
    with pytest.raises(InputError) as caught:
        emtvb.adapt(kind())
    assert str(caught.value).startswith(f"network: {kind.__name__}, whose steps are not known: give its layer and ")
    assert BOTH in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("gone", [{"step": "recurrence"}, {"output": "logits"}, {"step": ("a", "b")}])
def test_the_error_of_an_old_call_prints_the_new_one(gone: dict) -> None:
    for network in (Net(), rate):
        with pytest.raises(InputError, match=f"^{next(iter(gone))}: .*: no argument of adapt; ") as caught:
            emtvb.adapt(network, **gone)
        assert BOTH in str(caught.value)
    with pytest.raises(TypeError, match=r"adapt\(\) got an unexpected keyword argument 'steps'"):
        emtvb.adapt(Net(), steps=3)


def rate(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return h[:, :2], h


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: emtvb.adapt(rate), "state: none, of the step rate: give where it begins: a number of zeros, one tria"),
        (lambda: emtvb.adapt(rate, state=np.zeros((7, H))), "state: an array of shape (7, 5): give one trial's, (1, ."),
        (lambda: emtvb.adapt(rate, state=lambda n: np.zeros((1, H))), "shape (1, 5) for 2 trials: the first axis of e"),
        (lambda: emtvb.adapt(rate, state=lambda n: np.zeros((H, n))), "shape (5, 2) for 2 trials: the first axis of e"),
        (lambda: emtvb.adapt(rate, state=lambda n: {"a": np.zeros((n, H), int)}), "a: an array of int64: its numbers "),
        (lambda: emtvb.adapt(rate, state=lambda n: [None, ()]), "state: begins as [None, ()]: it holds no arrays; giv"),
        (lambda: emtvb.adapt(rate, state=lambda n: (n, 3)), "state: int 2: give arrays or tensors, alone or in tuples"),
        (lambda: emtvb.adapt(rate, state=H, batch_first=True), "batch_first: True: it says in which order whole= take"),
        (lambda: emtvb.adapt(rate, state=H, whole=3), "whole: int: give the network on whole sequences, from (time,"),
        (lambda: emtvb.adapt(rate, 3, state=H), "readout: int: give a function of the output"),
        (lambda: emtvb.adapt(lambda u, h: h, state=H).run(some(3, 2, D)), "<lambda> returned ndarray: return a pair, "),
        (lambda: emtvb.adapt(lambda u, h: (h, h, h), state=H).run(some(3, 2, D)), "returned 3 values: return a pair"),
        (lambda: emtvb.adapt(lambda u, h: (h, h[:, :2]), state=H).run(some(3, 2, D)), "(2, 5) and then state (2, 2): "),
        (lambda: emtvb.adapt(lambda u, h: (h[0], h), state=H).run(some(3, 2, D)), "output of shape (5,) for 2 trials"),
        (lambda: emtvb.adapt(lambda u, h: (h @ u, h), state=H).run(some(3, 2, D)), "failed at step 0 of 3 (ValueError"),
        (lambda: emtvb.adapt(nn.GRU(D, H, bidirectional=True)), "a bidirectional GRU: it has no state that a step cou"),
        (lambda: emtvb.adapt(nn.GRU), "network: the class GRU: make one of it: adapt(GRU(...))"),
        (lambda: emtvb.adapt(rate, state=-4), "state: -4: give a whole number, 1 or more"),
        (lambda: emtvb.adapt(SimpleNamespace(step=rate)), "such as a method: adapt(net.step, state=...)"),
        (lambda: emtvb.adapt("network.pt"), "network: str: give a layer or a cell of torch's, or a step"),
        (lambda: emtvb.adapt(nn.GRU(D, H)).run(some(3, 2, D + 1)), "inputs: 4 numbers a step: GRU takes 3"),
        (lambda: emtvb.adapt(nn.GRU(D, H)).run(some(3, D)), "give an array of shape (time, trials, 3)"),
        (lambda: emtvb.adapt(nn.GRU(D, H)).run(some(3, 2, D), some(2, 4)), "state: (2, 4): give an array of shape"),
        (lambda: emtvb.adapt(nn.GRU(D, H), nn.Linear(H + 1, 2)).run(some(3, 2, D)), "readout: Linear failed (RuntimeE"),
    ],
)  # fmt: skip
def test_what_cannot_be_adapted_is_one_clear_line(make, says: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_first_state_that_is_drawn_anew_is_named() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=r"state: a function that gives another state each time it is called: draw"):
        emtvb.adapt(rate, state=lambda trials: rng.normal(size=(trials, H)))
    emtvb.adapt(rate, state=lambda trials: np.random.default_rng(0).normal(size=(trials, H)))


def test_an_untrained_copy_has_other_weights_and_no_network_to_be_held_to() -> None:
    torch.manual_seed(5)
    network, x = Net(), some(TIME, TRIALS, D)
    system = emtvb.adapt(network.rnn, network.out, whole=network, batch_first=True)
    drawn = [system.untrained(seed).run(x)[1] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(drawn[0] - drawn[2]).max() > 1e-3
    assert np.abs(drawn[0] - system.run(x)[1]).max() > 1e-3
    assert emtvb.adapt(rate, state=H).untrained(0) is None
