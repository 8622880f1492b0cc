"""What a user's own trials show of a network, and what is said of it: ``record`` takes it rightly, or refuses it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import emtvb
from emtvb.adapters import record as recording
from emtvb.errors import InputError

from ..library.many import CASES, OUT, Case, Cell, Chaotic, D, H, Layer, Reservoir, rate

TIME, TRIALS = 30, 40


def inputs(time: int = TIME) -> np.ndarray:
    """Noise, of some trials with silence in the second half."""
    x = np.random.default_rng(0).normal(size=(time, TRIALS, D))
    x[time // 2 :, ::3] = 0
    return x


def record(system: Any, x: np.ndarray) -> emtvb.Trials:
    """Trials whose labels do not matter, without warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return emtvb.record(system, x, {"label": np.arange(x.shape[1]) % 2})


def expected(network: Any, x: np.ndarray, case: Case) -> np.ndarray:
    """What a network gives by itself, (time, trial, output): called as its author does."""
    if isinstance(network, nn.Module) and ("state" not in case.more or "step" in case.more):
        u = torch.tensor(x, dtype=next(iter(network.state_dict().values())).dtype)
        with torch.no_grad():
            shown = network.eval()(u if case.time_first else u.transpose(0, 1))
            shown = shown["logits"] if isinstance(shown, dict) else shown
            if shown.dim() == 2:
                return torch.stack([network(u[: t + 1].transpose(0, 1)) for t in range(len(u))]).numpy()
        return (shown if case.time_first else shown.transpose(0, 1)).numpy()
    begin = case.more["state"]
    is_torchs = isinstance(network, nn.Module) or "net" in getattr(
        getattr(network, "__code__", None), "co_freevars", ()
    )
    state: Any = begin(x.shape[1]) if callable(begin) else np.zeros((x.shape[1], begin))
    state, given = (torch.tensor(state).float(), torch.tensor(x).float()) if is_torchs else (state, x.copy())
    outputs = []
    for u in given:
        output, state = network(u, state)
        outputs.append(output.detach().numpy() if isinstance(output, Tensor) else np.array(output))
    return np.stack(outputs)


@pytest.mark.parametrize("name", CASES)
def test_a_network_that_no_page_names_is_taken_rightly_or_refused(name: str) -> None:
    case, x = CASES[name], inputs()
    torch.manual_seed(0)
    network = case.make()
    if not case.right:
        with pytest.raises(InputError) as caught:
            record(emtvb.adapt(network, **case.more), x)
        assert "\n" not in str(caught.value)
        return
    torch.manual_seed(0)
    whole = expected(case.make(), x, case)
    system = emtvb.adapt(network, **case.more)
    trials = record(system, x)
    parts = [(trials.test_inputs, trials.test), (trials.train.inputs, trials.train)]
    for given, recorded in parts:
        places = [int((x == trial[:, None]).all(axis=(0, 2)).argmax()) for trial in given.swapaxes(0, 1)]
        np.testing.assert_allclose(recorded.outputs, whole[:, places], atol=2e-4 * np.abs(whole).max())
        again, said = system.run(given[11:], recorded.states[10])
        np.testing.assert_allclose(again[:3], recorded.states[11:14], atol=1e-4 * np.abs(recorded.states).max())
        np.testing.assert_allclose(said[:3], recorded.outputs[11:14], atol=1e-4 * np.abs(whole).max())


def _net(kind: type, **methods: Callable) -> nn.Module:
    torch.manual_seed(0)
    return type("Net", (kind,), methods)()


def _taught(self: Cell, t: int, x: Tensor, h: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
    return (x[:, t] if t < 8 or y is None else y), h


def _latched(where: Callable[[Tensor], Tensor]) -> Callable:
    def forward(self: Layer, x: Tensor) -> Tensor:
        on = where(x[..., :1]).cummax(1)[0]
        return self.out(self.rnn(x)[0]) * (1 + on)

    return forward


def _delayed(self: Layer, y: Tensor) -> Tensor:
    return nn.functional.pad(y, (0, 0, 6, 0))[:, : y.shape[1]]


def _lengths(self: Layer, x: Tensor) -> Tensor:
    lengths = (x != 0).any(-1).sum(1)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    return self.out(nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], True, total_length=x.shape[1])[0])


def _clockwork(period: int) -> Callable:
    def forward(self: Cell, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        h, every = torch.zeros(len(x), H) if h is None else h, []
        for t in range(x.shape[1]):
            new = self.cell(x[:, t], h)
            h = torch.cat([new[:, :8], new[:, 8:] if t % period == 0 else h[:, 8:]], 1)
            every.append(self.out(h))
        return torch.stack(every, 1), h

    return forward


def _by_length(self: Cell, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
    h, every = torch.zeros(len(x), H) if h is None else h, []
    for u in x.unbind(1):
        h = h + (self.cell(u, h) - h) / x.shape[1]
        every.append(self.out(h))
    return torch.stack(every, 1), h


def _with(x: np.ndarray, value: float) -> np.ndarray:
    """The inputs, one of which is this."""
    x = x.copy()
    x[9, 7, 0] = value
    return x


class Taught(Cell):
    """Its outputs are as wide as its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(H, D)

    change = _taught


LATER = {
    "teacher forcing until step 8": (lambda: _net(Taught), inputs(), "from step 8 on"),
    "begun anew every 10 steps": (
        lambda: _net(Cell, change=lambda self, t, x, h, y: (x[:, t], h if t % 10 else 0 * h)),
        inputs(),
        "from step 10 on",
    ),
    "clockwork of period 8": (lambda: _net(Cell, forward=_clockwork(8)), inputs(), "by step what it gives at once"),
    "delayed by 6": (lambda: _net(Layer, after=_delayed), inputs(), "from step 6 on"),
    "a switch at 0": (
        lambda: _net(Layer, forward=_latched(lambda u: (u == 0).float())),
        _with(inputs(), 0),
        "from step 10 on",
    ),
    "a switch at 1": (
        lambda: _net(Layer, forward=_latched(lambda u: (u == 1).float())),
        _with(inputs(), 1),
        "from step 10 on",
    ),
    "a switch above 4": (
        lambda: _net(Layer, forward=_latched(lambda u: (u > 4).float())),
        _with(inputs(), 5),
        "from step 10 on",
    ),
    "lengths": (lambda: _net(Layer, forward=_lengths), inputs(), "Net failed on these inputs .* have to be|greater"),
    "counted from step 7 on": (
        lambda: _net(Layer, after=lambda self, y: y + (torch.arange(y.shape[1]) - 6).clamp(min=0)[:, None]),
        inputs(),
        "from step 7 on, by 1, of outputs up to 23",
    ),
    "as slow as it is long": (lambda: _net(Cell, forward=_by_length), inputs(), "by step what it gives at once"),
}


@pytest.mark.parametrize("name", LATER)
def test_what_shows_later_or_on_these_inputs_alone_is_refused(name: str) -> None:
    make, x, says = LATER[name]
    with pytest.raises(InputError, match=says) as caught:
        record(make(), x)
    assert "net(" not in str(caught.value)  # a call of the network as a step is no remedy
    assert "\n" not in str(caught.value)


def test_a_switch_that_no_trial_turns_on_is_no_fault() -> None:
    network = _net(Layer, forward=_latched(lambda u: (u > 9).float()))
    assert record(network, inputs()).system.verified


class Around(nn.Module):
    """One step around a cell, whose state has a name that is in no list."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.GRUCell(D, H), nn.Linear(H, OUT)

    def forward(self, x: Tensor, r: Tensor | None = None) -> tuple[Tensor, Tensor]:
        r = torch.relu(self.cell(x, r))
        return self.out(r), r


class Three(Around):
    """The same with two states, which are returned beside the output."""

    def forward(self, x: Tensor, syn: Tensor | None = None, mem: Tensor | None = None) -> Any:  # type: ignore[override]
        mem = torch.relu(self.cell(x, mem))
        return self.out(mem), mem if syn is None else 0.5 * syn + mem, mem


@pytest.mark.parametrize("more", [{}, {"state": H}])
def test_one_step_around_a_cell_is_a_step_whatever_its_state_is_called(more: dict) -> None:
    torch.manual_seed(0)
    network, x = Around(), inputs()
    states, outputs = emtvb.adapt(network, **more).run(x)
    r = torch.zeros(TRIALS, H)
    for t, u in enumerate(torch.tensor(x).float()):
        y, r = network(u, r)
        np.testing.assert_allclose(states[t], r.detach(), atol=1e-6)
        np.testing.assert_allclose(outputs[t], y.detach(), atol=1e-6)


def test_a_network_around_a_cell_that_nothing_shows_is_refused() -> None:
    with pytest.raises(InputError):
        emtvb.adapt(Three(), input_dim=D)


def test_it_is_said_against_what_it_was_verified_and_once_that_it_was_not() -> None:
    x = inputs()
    system = emtvb.adapt(Layer())
    assert system.verified is None
    assert "not verified yet" in repr(system)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emtvb.record(system, x, {"label": np.arange(TRIALS) % 2})
        emtvb.record(emtvb.adapt(nn.GRUCell(D, H)), x, {"label": np.arange(TRIALS) % 2})
    assert system.verified
    assert repr(system) == "<Layer: 16 numbers of state; verified on 40 trials of 30 steps against its own pass>"
    step = emtvb.adapt(rate, state=H)
    with pytest.warns(
        UserWarning, match="^rate: verified: no; taken as a step: there is no pass over whole sequences to compare"
    ):
        emtvb.record(step, x, {"label": np.arange(TRIALS) % 2})
    assert not step.verified
    assert repr(step) == "<rate: 16 numbers of state; verified: no; taken as a step>"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emtvb.record(step, x, {"label": np.arange(TRIALS) % 2})


class Loose(nn.Module):
    """A loop around a cell, with noise somewhere."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.cell, self.out, self.where = nn.RNNCell(D, H), nn.Linear(H, 2), where

    def noise(self, array: Tensor, where: str) -> Tensor:
        return array + 0.05 * torch.randn_like(array) if where == self.where else array

    def step(self, u: Tensor, h: Tensor) -> Tensor:
        return self.noise(self.cell(u, h), "step")

    def forward(self, x: Tensor) -> Tensor:
        h, outputs = torch.zeros(x.shape[1], H), []
        for u in x:
            h = self.noise(self.step(self.noise(u, "input"), h), "state")
            if self.where == "in place":
                h += 0.05 * torch.randn_like(h)
            outputs.append(self.out(self.noise(h, "output")))
        return torch.stack(outputs)


@pytest.mark.parametrize("step", ["step", "cell"])
@pytest.mark.parametrize("where", ["step", "state", "in place", "input", "output"])
def test_noise_outside_of_the_step_that_reaches_the_state_is_refused(where: str, step: str) -> None:
    torch.manual_seed(0)
    network, x = Loose(where), inputs()
    if where in ("state", "in place") or (where, step) == ("step", "cell"):
        name = "Loose.step" if step == "step" else "RNNCell"
        with pytest.raises(InputError, match=f"Loose adds noise to its state outside of the step {name}: its steps"):
            emtvb.adapt(network, step=step).run(x)
        return
    system = emtvb.adapt(network, step=step)
    states = [system.run(x)[0] for _ in range(2)]
    assert system.verified
    assert "noise of its own" in repr(system)
    assert (states[0] != states[1]).any() == (where != "output")


def test_a_class_that_a_step_names_is_no_module() -> None:
    net = Reservoir()

    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        assert isinstance(net, Reservoir)
        h = Reservoir.update(net, u, h)
        return net.out(h), h

    system = emtvb.adapt(step, state=H, input_dim=D)
    assert system.state_dim == H


def test_outputs_that_are_some_of_its_states_are_not_said_to_be_all() -> None:
    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.tanh(h + u[:, :1])
        return h[:, :2], h

    system = emtvb.adapt(step, state=torch.linspace(0, 1, H)[None], input_dim=D)
    assert "its outputs are some of its hidden states" in repr(system)
    assert "no readout" not in repr(system)


def test_a_step_function_is_held_to_the_module_that_it_names() -> None:
    net = Reservoir()

    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = net.update(u, h)
        return net.out(h), h

    def other(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        y, h = step(u, h)
        return 2 * y, h

    assert str(record(emtvb.adapt(step, state=H), inputs()).system.verified).endswith("the own pass of Reservoir")
    says = r"other: verified: no; taken as a step, which is not what the own pass of Reservoir gives: from step 0 on"
    with pytest.warns(UserWarning, match=says):
        emtvb.record(emtvb.adapt(other, state=H), inputs(), {"label": np.arange(TRIALS) % 2})


@pytest.mark.parametrize("forward", [_clockwork(4), _clockwork(8), _by_length])
def test_a_step_that_calls_a_module_which_counts_steps_is_refused(forward: Callable) -> None:
    """Whatever is done with its output, and wherever it begins; and not where the module does not count."""
    for wrong in (True, False):
        net = _net(Cell, forward=forward) if wrong else _net(Cell, forward=_clockwork(1))

        def step(u: Tensor, h: Tensor, net: nn.Module = net) -> tuple[Tensor, Tensor]:
            y, h = net(2 * u[:, None], h)
            return y[:, 0].softmax(-1), h

        for more in ({"state": H}, {"state": lambda n: torch.ones(n, H)}, {}):
            if not wrong:
                emtvb.adapt(step, input_dim=D, **more)
                continue
            with pytest.raises(
                InputError, match="does not give by single steps of Net what that gives at once"
            ) as caught:
                emtvb.adapt(step, input_dim=D, **more)
            assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:inputs. 300 steps of 40 trials")
def test_a_chaotic_network_is_held_as_long_as_rounding_does_not_show() -> None:
    rounded = _net(Chaotic, before=lambda self, u: u * u.shape[1] / u.shape[1])
    system, x = emtvb.adapt(rounded), 0.1 * inputs(300)
    says = (
        r"verified on 40 trials of 300 steps against its own pass until step \d+; later rounding decides: it is chaotic"
    )
    with pytest.warns(UserWarning, match=says):
        emtvb.record(system, x, {"label": np.arange(TRIALS) % 2})
    assert 20 < system.verified.steps < 150
    network = _net(Chaotic, before=lambda self, u: u * (torch.arange(u.shape[1]) < 12)[:, None])
    with pytest.raises(InputError, match="from step 12 on"):
        record(network, x)


class Summed:
    """A system that drives and coasts by itself; ``leak`` is what its coast does otherwise."""

    state_dim = 2

    def __init__(self, leak: float) -> None:
        self.leak = leak

    def drive(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        states = np.empty_like(inputs)
        h = np.zeros_like(inputs[0])
        for t, u in enumerate(inputs):
            states[t] = h = 0.9 * h + u
        return states, states

    def coast(self, state: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        states = state * self.leak ** np.arange(1, steps + 1)[:, None, None]
        return states, states


def test_a_system_that_coasts_by_itself_is_held_to_what_it_drives() -> None:
    x = inputs()[..., :2]
    assert record(Summed(0.9), x).system.verified
    with pytest.raises(InputError, match="Summed does not go on from its state of step 0 as it drives: its outputs"):
        record(Summed(0.8), x)


def test_it_takes_few_trials_of_large_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    from emtvb.adapters import verification

    monkeypatch.setattr(verification, "NUMBERS", 6 * H * TIME)
    system = emtvb.adapt(Layer())
    record(system, inputs())
    assert str(system.verified).startswith("verified on 6 trials of 30 steps")
    monkeypatch.setattr(verification, "NUMBERS", 0)
    record(system, inputs())
    assert str(system.verified).startswith("verified on 2 trials of 30 steps")


def test_random_numbers_are_where_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_run", lambda *_: pytest.fail("recorded"))
    noisy = _net(Layer, before=lambda self, u: u + 0.1 * torch.randn_like(u))
    system = emtvb.adapt(noisy, input_dim=D)
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    with pytest.raises(BaseException, match="recorded"):
        record(system, inputs())
    assert system.noisy
    assert system.verified
    assert torch.equal(torch.random.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])


def test_the_lines_that_a_refusal_prints_work() -> None:
    """Of a step in another order, of one whose state cannot be told, and of one that returns several states."""
    x, first = inputs(), CASES["numpy, the other order"].make()
    with pytest.raises(
        InputError, match=r"adapt\(lambda input, state: step\(input, state\), state=...\), or step\(state, i"
    ):
        emtvb.adapt(first, state=D, input_dim=D)
    states, _ = emtvb.adapt(lambda input, state: first(state, input), state=D).run(x)
    np.testing.assert_allclose(states[0], np.tanh(x[0]))
    net = CASES["numpy, which is the state"].make()
    line = r"y, h = net\(u, h\[0\]\); return y, \(h,\) -- then .*state=lambda n: \(np.zeros\(\(n, 16\)\),\)"
    with pytest.raises(InputError, match=line):
        emtvb.adapt(net, state=H, input_dim=D)

    def step(u: np.ndarray, h: tuple[np.ndarray]) -> tuple[np.ndarray, tuple[np.ndarray]]:
        y, new = net(u, h[0])
        return y, (new,)

    states, outputs = emtvb.adapt(step, state=lambda n: (np.zeros((n, H)),)).run(x)
    np.testing.assert_allclose(outputs, np.tanh(states))
