"""Systems held to the whole network and to themselves, on their user's own trials: right, or refused in one line."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import emtvb
from emtvb.errors import InputError

from ..library.many import (
    BY_ITSELF,
    CONTRADICTED,
    OUT,
    TAKEN,
    Case,
    D,
    H,
    U,
    by_layer,
    cell,
    layer,
    make_chaotic,
    potentials,
    rate,
)  # fmt: skip

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
    """What a network gives by itself, (time, trial, output): called as its author does; a step in numpy in a loop."""
    if isinstance(network, nn.Module):
        u = torch.tensor(x, dtype=next(iter(network.state_dict().values())).dtype)
        with torch.no_grad():
            shown = network.eval()(u if case.time_first else u.transpose(0, 1))
            shown = shown["y"] if isinstance(shown, dict) else shown
            if shown.dim() == 2:
                return torch.stack([network(u[: t + 1].transpose(0, 1)) for t in range(len(u))]).numpy()
        return (shown if case.time_first else shown.transpose(0, 1)).numpy()
    state: Any = case.line(network).machine.start(x.shape[1])
    outputs = []
    for u in x.copy():
        output, state = network(u, state)
        outputs.append(np.array(output))
    return np.stack(outputs)


def is_right(system: emtvb.Adapted, x: np.ndarray, whole: np.ndarray) -> None:
    """Recorded outputs are those of the network itself, and from recorded states it goes on as it did."""
    trials = record(system, x)
    for given, recorded in ((trials.test_inputs, trials.test), (trials.train.inputs, trials.train)):
        places = [int((x == trial[:, None]).all(axis=(0, 2)).argmax()) for trial in given.swapaxes(0, 1)]
        np.testing.assert_allclose(recorded.outputs, whole[:, places], atol=2e-4 * np.abs(whole).max())
        again, said = system.run(given[11:], recorded.states[10])
        np.testing.assert_allclose(again[:3], recorded.states[11:14], atol=1e-4 * np.abs(recorded.states).max())
        np.testing.assert_allclose(said[:3], recorded.outputs[11:14], atol=1e-4 * np.abs(whole).max())


@pytest.mark.parametrize("name", TAKEN)
def test_a_network_by_its_line_is_what_it_is(name: str) -> None:
    case, x = TAKEN[name], inputs()
    torch.manual_seed(0)
    network = case.make()
    whole = expected(network, x, case)
    system = case.line(network)
    is_right(system, x, whole)
    assert bool(system.verified) == isinstance(network, nn.Module)


@pytest.mark.parametrize("name", TAKEN | CONTRADICTED)
def test_a_module_alone_is_refused_in_a_line_that_shows_both_forms_and_none_of_its_names(name: str) -> None:
    """It guesses nothing: no line that would not work as it stands."""
    torch.manual_seed(0)
    network = (TAKEN | CONTRADICTED)[name].make()
    with pytest.raises(InputError) as caught:
        emtvb.adapt(network)
    said = str(caught.value)
    if isinstance(network, nn.Module):
        assert "adapt(LAYER, READOUT, whole=NETWORK), or one step of it, adapt(STEP, state=SIZE, whole=NETWORK)" in said
        assert not [path for path, _ in network.named_modules() if path and re.search(rf"\b{re.escape(path)}\b", said)]
    else:
        assert said.startswith("state: none, of the step")
    assert "\n" not in said


@pytest.mark.parametrize("name", [*CONTRADICTED, *BY_ITSELF])
def test_a_line_that_does_not_do_all_of_the_network_is_refused(name: str) -> None:
    """With the whole network; and without, where what is not in the state shows by itself."""
    case = (CONTRADICTED | BY_ITSELF)[name]
    torch.manual_seed(0)
    with pytest.raises(
        InputError, match=r"^network: " if name in BY_ITSELF else r"^(network|whole|readout): "
    ) as caught:
        record(case.line(case.make()), inputs())
    assert "\n" not in str(caught.value)


def test_there_are_a_hundred_of_them() -> None:
    assert len(TAKEN) + len(CONTRADICTED) + len(BY_ITSELF) >= 100
    assert len(CONTRADICTED) >= 30


def unrolled(step: Callable, zeros: Callable = torch.zeros, stack: Callable = torch.stack, size: int = H) -> Callable:
    """The network that these steps are of, time first."""

    def whole(x: Any) -> Any:
        h, every = zeros((x.shape[1], size)), []
        for u in x:
            y, h = step(u, h)
            every.append(y)
        return stack(every)

    return whole


_SQUARE, _LIFT = nn.GRUCell(D, D), nn.Linear(D, D)


def state_first(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    h = _SQUARE(u, h)
    return h, _LIFT(h)


@pytest.mark.parametrize(
    ("right", "wrong", "size", "more"),
    [
        (lambda u, h: state_first(u, h)[::-1], lambda u, h: state_first(u, h), D, {}),
        (lambda u, h: state_first(u, h)[::-1], lambda u, h: state_first(h, u)[::-1], D, {}),
        (lambda u, h: potentials(u, h), lambda u, h: potentials(u, h)[::-1], H, {"zeros": np.zeros, "stack": np.stack}),
    ],
)
def test_what_stands_in_the_wrong_order_is_refused_where_the_whole_network_is_given(right, wrong, size, more) -> None:
    """Without it nothing tells them, where both are as wide, and it says so."""
    whole = unrolled(right, size=size, **more)
    with pytest.warns(UserWarning, match=r"verified: no; give whole="):
        emtvb.adapt(wrong, state=size).run(inputs())
    with pytest.raises(InputError, match=r"where whole gives .*: at step 0 first, output channel"):
        record(emtvb.adapt(wrong, state=size, whole=whole), inputs())
    assert record(emtvb.adapt(right, state=size, whole=whole), inputs()).system.verified


def test_each_channel_has_its_own_scale() -> None:
    """A leak that the layer does not have, beside an output that is 500 times larger."""
    torch.manual_seed(0)
    scale = torch.tensor([1.0, 500.0])
    net = layer(after=lambda net, y: y * scale * torch.tensor([0.9, 1.0]))
    with pytest.raises(InputError, match=r"at step 0 first, output channel 0"):
        record(by_layer(net, lambda h: net.out(h) * scale), inputs())


def test_outputs_that_are_whole_numbers_are_held_too() -> None:
    def whole(x: np.ndarray) -> np.ndarray:
        return (x.cumsum(axis=0)[..., :1] > 0).astype(int)

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = h + u[:, :1]
        return (h > least).astype(int), h

    least = 0
    assert record(emtvb.adapt(step, state=1, whole=whole), inputs()).system.verified
    least = 1
    with pytest.raises(InputError, match="where whole gives"):
        record(emtvb.adapt(step, state=1, whole=whole), inputs())


def test_it_says_at_which_step_first() -> None:
    torch.manual_seed(0)
    case = CONTRADICTED["no input from step 12 on"]
    with pytest.raises(
        InputError, match=r"^whole: GRU gives .* where Net gives .*: at step 12 first, output channel 0"
    ):
        record(case.line(case.make()), inputs())


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"whole": lambda x: NET(x)}, r"; where trials come first say batch_first=True"),
        ({"readout": None}, r"<lambda> gives outputs of shape \(40, 30, 2\), and the step 16 numbers"),
        ({"whole": lambda x: {"y": NET(x)}}, r'a dict of y: say which: whole=lambda x: net\(x\)\["y"\]'),
        ({"whole": lambda x: {}["y"]}, r"whole: <lambda> failed on 40 of these trials \(KeyError"),
        ({"whole": lambda x: None}, r"<lambda> gives out NoneType: give out a tensor"),
    ],
)
def test_what_the_whole_network_cannot_be_held_to_is_named(more: dict[str, Any], says: str) -> None:
    is_turned = says.startswith("; where")
    given = {"readout": NET.out, "whole": lambda x: NET(x), "batch_first": not is_turned} | more
    with pytest.raises(InputError, match=says):
        record(emtvb.adapt(NET.rnn, **given), inputs())


NET = layer()


class Words(nn.Module):
    """It takes ids."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.rnn, self.out = nn.Embedding(7, D), nn.GRU(D, H, batch_first=True), nn.Linear(H, OUT)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.rnn(self.embed(ids))[0])[:, -1]


@pytest.mark.parametrize("right", [True, False])
def test_ids_reach_the_whole_network_as_they_are(right: bool) -> None:
    torch.manual_seed(0)
    net = Words()

    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        y, h = net.rnn(net.embed(u[:, 0].long() if right else 6 - u[:, 0].long())[:, None], h[None])
        return net.out(y[:, 0]), h[0]

    system = emtvb.adapt(step, state=H, whole=net, batch_first=True)
    ids = np.random.default_rng(0).integers(0, 7, size=(TIME, TRIALS))
    if not right:
        with pytest.raises(InputError, match=r"step gives .* where Words gives"):
            record(system, ids)
        return
    assert record(system, ids).system.verified
    with pytest.raises(InputError, match=r"inputs: whole numbers up to 16777217"):
        record(system, ids + 2**24 - ids.max() + 1)


def test_it_is_said_against_what_it_was_verified_and_once_that_it_was_not() -> None:
    x, labels = inputs(), {"label": np.arange(TRIALS) % 2}
    system = by_layer(layer())
    assert system.verified is None
    assert "not verified yet" in repr(system)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emtvb.record(system, x, labels)
    assert repr(system) == "<GRU: 16 numbers of state; verified on 40 of 40 trials of 30 steps against Net>"
    step = emtvb.adapt(rate, state=H)
    with pytest.warns(
        UserWarning, match=r"^rate: verified: no; give whole=, the network on whole sequences, to hold it"
    ):
        emtvb.record(step, x, labels)
    assert not step.verified
    assert repr(step).startswith("<rate: 16 numbers of state; verified: no; give whole=")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emtvb.record(step, x, labels)


def test_inputs_of_another_kind_are_said_not_to_be_verified_once() -> None:
    x = inputs()
    system = by_layer(layer())
    states = record(system, x).test.states
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        system.run(x[:9, :5])
        system.run(np.concatenate([x, x])[:, : states.shape[1]], states[4])  # a state has no length
    beyond = r"input 0 beyond -3\.\d+ to 3\.\d+; input 1 beyond .* to .*; input 2 beyond .* to .*"
    for other, says in ((10 * x, beyond), (np.concatenate([x, x]), "more than 30 steps")):
        with pytest.warns(UserWarning, match=f"GRU: not verified on these inputs: {says}; verified on 40 of 40 trials"):
            system.run(other)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            system.run(other)
    assert re.search(r"; not verified on input 0 beyond .*, more than 30 steps>$", repr(system))


@pytest.mark.filterwarnings("ignore:inputs. 300 steps of 40 trials")
def test_a_chaotic_network_is_held_as_long_as_rounding_does_not_show() -> None:
    torch.manual_seed(0)
    net = make_chaotic()
    net.does = lambda net, x: net.out(net.rnn(x * x.shape[1] / x.shape[1])[0])  # it rounds otherwise
    system, x = by_layer(net), 0.1 * inputs(300)
    says = r"verified on 40 of 40 trials of 300 steps against Net until step \d+; later rounding decides: it is chaotic"
    with pytest.warns(UserWarning, match=says):
        emtvb.record(system, x, {"label": np.arange(TRIALS) % 2})
    assert 20 < system.verified.steps < 150


RNG = np.random.default_rng(0)
W = np.random.default_rng(1).normal(size=(H, H)) / H


def _mixed(h: np.ndarray, u: np.ndarray) -> np.ndarray:
    return h @ W + u.sum(axis=1, keepdims=True)


def own_generator(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = np.tanh(_mixed(h, u)) + 0.3 * RNG.normal(size=h.shape)
    return h[:, :2], h


def numpys_generator(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = np.tanh(_mixed(h, u)) + 0.1 * np.random.normal(size=h.shape)
    return h[:, :2], h


def poisson(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = 0.8 * h + RNG.poisson(np.exp(np.tanh(_mixed(h, u))))
    return RNG.poisson(np.abs(h[:, :2])).astype(float), h


def action(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    h = torch.tanh(0.5 * h + u.sum(1, keepdim=True))
    drawn = torch.multinomial((3 * h[:, :3]).softmax(1), 1)
    return nn.functional.one_hot(drawn[:, 0], 3).float(), h + 0.1 * drawn


def gumbel(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    h = torch.tanh(0.5 * h + u.sum(1, keepdim=True))
    return nn.functional.gumbel_softmax(h[:, :3], hard=True), h


def in_noisy_company(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = np.tanh(_mixed(h, u) - u.mean()) + 0.1 * RNG.normal(size=h.shape)
    return h[:, :2], h


@pytest.mark.parametrize("step", [own_generator, numpys_generator, poisson, action, gumbel])
def test_noise_is_drawn_again_where_its_generator_is_known(step: Any) -> None:
    torch.manual_seed(0)
    system, x = emtvb.adapt(step, state=torch.zeros(1, H) if step in (action, gumbel) else H), inputs()
    before = torch.random.get_rng_state(), RNG.bit_generator.state
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        system.verify(x)
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert before[1] == RNG.bit_generator.state
    assert system.noisy
    assert "with noise of its own" in repr(system)
    assert not np.array_equal(system.run(x)[1], system.run(x)[1])


def test_noise_hides_neither_other_trials_nor_a_hidden_generator() -> None:
    with pytest.raises(InputError, match=r"in_noisy_company changes one trial when another is changed"):
        record(emtvb.adapt(in_noisy_company, state=H), inputs())
    hidden = iter(lambda: np.random.default_rng().normal(), None)
    # A generator is kept beside the state, too, and by chance that is what shows first.
    said = "draws noise from a generator that it does not name|keeps or counts what is not in its state"
    with pytest.raises(InputError, match=said):
        record(emtvb.adapt(lambda u, h: (h, h + next(hidden)), state=H), inputs())


@pytest.mark.parametrize("where", ["", "step", "forward"])
def test_a_network_with_noise_is_verified_where_both_draw_it_alike(where: str) -> None:
    net = cell(lambda t, x, h: (x[:, t], h + 0.1 * torch.randn(len(x), H) * (where != "step")))

    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = net.cell(u, h + (0.1 * torch.randn(len(u), H) if where != "forward" else 0))
        return net.out(h), h

    system = emtvb.adapt(step, state=H, whole=net, batch_first=True)
    if where:
        one = {"step": "step", "forward": "Net"}[where]
        with pytest.raises(InputError, match=rf"step gives .* where Net gives .*: only {one} draws noise; set it to 0"):
            record(system, inputs())
        return
    record(system, inputs())
    assert system.verified


@pytest.mark.parametrize("until", [1, 9, 22, 30, 45, 70])
@pytest.mark.parametrize("has_whole", [True, False])
def test_a_network_that_needs_its_first_calls_to_settle_is_refused(until: int, has_whole: bool) -> None:
    """What ends within the first runs is no noise."""

    def made() -> Callable:
        calls = iter(range(10**9))

        def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            y, h = potentials(u, h)
            return (2 * y if next(calls) < until else y), h

        return step

    whole = unrolled(potentials, zeros=np.zeros, stack=np.stack) if has_whole else None
    with pytest.raises(InputError, match=r"when it is run again|does not go on from its state"):
        record(emtvb.adapt(made(), state=H, whole=whole), inputs())


def noisy_rate(u: Tensor, h: Tensor, leak: float = 0.8, after: int = 0) -> tuple[Tensor, Tensor]:
    """Leaky units with noise, which is drawn before the others or after them."""
    noise = 0.1 * torch.randn(h.shape) + 0 * torch.randn(h.shape[0] * after).sum()
    h = leak * h + torch.tanh(0.5 * h + u.sum(1, keepdim=True) + torch.linspace(-1, 1, H)) * (1 - leak) + noise
    return h[:, :2], h


@pytest.mark.parametrize("after", [0, 1])
def test_noise_does_not_excuse_a_wrong_leak(after: int) -> None:
    """Whether both draw alike or not; without a mistake only the one that draws alike is verified."""
    whole = unrolled(noisy_rate)
    with pytest.raises(InputError, match=r"differs from whole by more than their noise, most in output channel [01]"):
        record(emtvb.adapt(lambda u, h: noisy_rate(u, h, 0.6, after), state=H, whole=whole), inputs())
    system = emtvb.adapt(lambda u, h: noisy_rate(u, h, after=after), state=H, whole=whole)
    assert bool(record(system, inputs()).system.verified) == (not after)
    assert ("verified: no; its noise is not drawn as whole draws it" in repr(system)) == bool(after)


@pytest.mark.parametrize("mask", [-1e4, -1e9, -np.inf])
@pytest.mark.parametrize("often", [0.001, 0.5, 0.999, 1])
def test_a_masked_output_loosens_nothing(mask: float, often: float) -> None:
    """However often it is, where it is and where it is not: a step whose bias is forgotten is refused."""
    x = inputs()
    x[..., 2] = np.random.default_rng(1).uniform(size=x.shape[:2]) < often

    def step(u: np.ndarray, h: np.ndarray, bias: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
        y, h = potentials(u * [1, 1, 0], h)
        return np.where((u[:, 2:] > 0) & (np.arange(3) < 2), mask, y[:, :3] + bias), h

    whole = unrolled(step, zeros=np.zeros, stack=np.stack)
    system = emtvb.adapt(step, state=H, whole=whole)
    assert system.verify(x)
    assert ("but outputs 0, 1 are the same throughout" in repr(system)) == (often == 1)
    with pytest.raises(InputError, match="where whole gives"):
        emtvb.adapt(lambda u, h: step(u, h, 0.0), state=H, whole=whole).verify(x)


def test_a_channel_that_is_constant_is_held_absolutely_and_said() -> None:
    def step(u: np.ndarray, h: np.ndarray, constant: float = 1e7) -> tuple[np.ndarray, np.ndarray]:
        y, h = potentials(u, h)
        return np.concatenate([y[:, :1], np.full((len(y), 1), constant)], axis=1), h

    whole = unrolled(step, zeros=np.zeros, stack=np.stack)
    system = emtvb.adapt(step, state=H, whole=whole)
    assert record(system, inputs()).system.verified
    assert repr(system).endswith("against whole; but output 1 is the same throughout>")
    with pytest.raises(InputError, match="output channel 1"):
        record(emtvb.adapt(lambda u, h: step(u, h, 1e7 + 1e-3), state=H, whole=whole), inputs())
    still = emtvb.adapt(lambda u, h: (0 * h[:, :2], h), state=H, whole=lambda x: np.zeros((*x.shape[:2], 2)))
    with pytest.warns(UserWarning, match="verified: no; its outputs are the same throughout these trials"):
        still.verify(inputs())


def test_numbers_of_the_state_that_reach_no_output_are_counted() -> None:
    apart = np.arange(H) < 11
    W0 = W * apart[:, None] * apart

    def parted(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        v = 0.8 * v + 0.2 * (np.tanh(v) @ W0.T + u @ U.T)
        return np.tanh(v[:, :11]), v

    whole = unrolled(parted, zeros=np.zeros, stack=np.stack)

    def step(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y, v = parted(u, v)
        return y, np.where(apart, v, 0.5 * v)

    system = emtvb.adapt(step, state=H, whole=whole)
    assert record(system, inputs()).system.verified
    assert "but 5 of 16 numbers of its state reach no output" in repr(system)

    def picky(u: np.ndarray, h: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        if not np.allclose(h["v"], h["copy"]):
            raise ValueError("no such state")
        y, v = potentials(u, h["v"])
        return y, {"v": v, "copy": v}

    whole = unrolled(picky, zeros=lambda shape: dict.fromkeys(("v", "copy"), np.zeros(shape)), stack=np.stack)
    system = emtvb.adapt(picky, state=lambda n: dict.fromkeys(("v", "copy"), np.zeros((n, H))), whole=whole)
    assert record(system, inputs()).system.verified
    assert repr(system).endswith("but which numbers of its state reach outputs is not known: it fails in other states>")


@pytest.mark.filterwarnings("ignore:.*not verified on these inputs")
def test_where_states_are_large_some_trials_are_held_with_each_cue_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emtvb.adapters.verification.NUMBERS_HELD", 12 * TIME * H)
    x = np.zeros((TIME, 200, D))
    x[0, :, 0] = np.arange(200) % 20
    x[3, 7, 2] = 1

    def step(u: np.ndarray, h: np.ndarray, cue: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        return potentials(u * [1, 1, cue], h)

    whole = unrolled(step, zeros=np.zeros, stack=np.stack)
    system = emtvb.adapt(step, state=H, whole=whole)
    record(system, x)
    held = system.verified.trials
    assert 20 <= held < 40
    assert f"verified on {held} of 200 trials" in repr(system)
    assert "not verified on" not in repr(system)
    with pytest.raises(InputError, match=r"at step 3 first"):
        record(emtvb.adapt(lambda u, h: step(u, h, 0.0), state=H, whole=whole), x)
    for i, value, says in ((1, 0.5, "input 1 other than 0"), (0, 2.5, "input 0 other than its 20 values")):
        other = x[:, :2].copy()
        other[5, :, i] = value
        with pytest.warns(UserWarning, match=says):
            system.run(other)
    other = x[:, 7:8].copy()
    other[3, :, 0] = 1
    with pytest.warns(UserWarning, match="inputs at one step that were never at one step"):
        system.run(other)
    other = x[:, 7:8].copy()
    other[9, :, 2], other[3, :, 2] = 1, 0
    with pytest.warns(UserWarning, match="input 2 at other steps than 3 to 3; verified on"):
        system.run(other)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        system.run(x[4:9, :5], system.run(x[:4, :5])[0][-1])  # a state does not say at which step it is


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_in_half_precision_it_says_to_which_share_outputs_are_held(kind: torch.dtype) -> None:
    torch.manual_seed(0)
    cell, out = nn.GRUCell(D, H).to(kind), nn.Linear(H, 2).to(kind)

    def step(u: Tensor, h: Tensor, gain: float = 1.0) -> tuple[Tensor, Tensor]:
        h = cell(gain * u, h)
        return out(h), h

    whole = unrolled(step, zeros=lambda *shape: torch.zeros(*shape, dtype=kind))
    for gain in (1.0, 1.005):
        system = emtvb.adapt(lambda u, h, gain=gain: step(u, h, gain), state=H, whole=whole)
        assert record(system, inputs()).system.verified
        assert re.search(r"; but outputs 0, 1 are not precise: to \d\.\d% of what they span>$", repr(system))
    with pytest.raises(InputError, match="where whole gives"):
        record(emtvb.adapt(lambda u, h: step(u, h, 1.2), state=H, whole=whole), inputs())


@pytest.mark.parametrize("far", [0.5, 1e4, 1e5])
def test_what_only_rounding_explains_is_said_and_not_taken_in_silence(far: float) -> None:
    """A position far from 0, whose steps are forgotten in part: rounding may move it as much, or it is refused."""

    def step(u: np.ndarray, h: dict[str, np.ndarray], drift: float = 0.0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        v = (0.9 * h["v"] + u[:, :2]).astype(np.float32)
        p = (h["p"] + 0.1 * v - drift).astype(np.float32)
        return p, {"p": p, "v": v}

    def start(trials: int) -> dict[str, np.ndarray]:
        return {"p": np.full((trials, 2), far + 0.5, np.float32), "v": np.zeros((trials, 2), np.float32)}

    whole, x = unrolled(step, zeros=lambda shape: start(shape[0]), stack=np.stack), inputs().astype(np.float32)
    assert record(emtvb.adapt(step, state=start, whole=whole), x).system.verified
    wrong = emtvb.adapt(lambda u, h: step(u, h, 0.01), state=start, whole=whole)
    if far < 1:
        with pytest.raises(InputError, match="where whole gives"):
            record(wrong, x)
        return
    record(wrong, x)
    assert re.search(r"; (but )?outputs 0, 1 are held to rounding alone, here up to 0\.\d+>$", repr(wrong))
    assert ("outputs 0, 1 are not precise: to" in repr(wrong)) == (far == 1e5)
