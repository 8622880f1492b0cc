"""What cannot be adapted as it comes is refused with a line, and the line does what the network does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import emtvb
from emtvb.errors import InputError

from ..library.many import CASES
from ..library.networks import AroundCell, CTRNNNet, CTRNNStatesOnly, Loop, Rate, XLSTMStack
from ..library.refused import (
    OUT,
    WORDS,
    D,
    FixedBatch,
    H,
    Leaky,
    Lengths,
    OneTrial,
    RLeaky,
    Spikes,
    Stateful,
    Synaptic,
    Tagger,
)

TIME, TRIALS = 6, 20
X = np.random.default_rng(0).normal(size=(TIME, TRIALS, D)).astype(np.float32)
IDS = np.random.default_rng(0).integers(0, WORDS, size=(TIME, TRIALS))


def refused(network: Any, **more: Any) -> str:
    """The line that a refusal holds."""
    with pytest.raises(InputError) as caught:
        emtvb.adapt(network, input_dim=more.pop("input_dim", D), **more)
    assert "\n" not in str(caught.value)
    return str(caught.value).partition("write ")[2]


def written(line: str, net: nn.Module) -> emtvb.Adapted:
    """What its user gets who writes the line."""
    return eval(line, {"emtvb": emtvb, "torch": torch, "net": net})


def stepped(net: nn.Module, count: int) -> np.ndarray:
    """Outputs of a module of single steps that returns (output, state, ...), from zeros."""
    net, every = type(net)(), []
    states: tuple[Tensor, ...] = tuple(torch.zeros(TRIALS, D) for _ in range(count))
    for u in torch.tensor(X):
        result = net(u, *states)
        states = result[-count:]
        every.append(result[0])
    return torch.stack(every).detach().numpy()


def whole(*arguments: Any, batch_first: bool = False) -> Callable[[nn.Module], np.ndarray]:
    """Outputs of a network of whole sequences."""

    def called(net: nn.Module) -> np.ndarray:
        x = torch.tensor(X)
        result = net.eval()(x.transpose(0, 1) if batch_first else x, *arguments)
        result = result[0] if isinstance(result, tuple) else result
        return (result.transpose(0, 1) if batch_first else result).detach().numpy()

    return called


def each_trial(x: np.ndarray) -> Callable[[nn.Module], np.ndarray]:
    """Outputs of a network that takes one trial."""
    return lambda net: np.stack([net(torch.tensor(x[:, trial])).detach().numpy() for trial in range(TRIALS)], axis=1)


ZEROS = r"lambda n: (torch.zeros(n, 3), torch.zeros(n, 3))"
REFUSED: dict[str, tuple[Callable[[], nn.Module], str, Callable[[nn.Module], np.ndarray]]] = {
    "leaky": (Leaky, "emtvb.adapt(net, state=3)", lambda net: stepped(net, 1)),
    "synaptic": (
        Synaptic,
        f"emtvb.adapt(lambda u, h: (lambda y, *h: (y, h))(*net(u, *h)), state={ZEROS})",
        lambda net: stepped(net, 2),
    ),
    "tutorial of spikes": (Spikes, 'emtvb.adapt(net, step=("lif1", "lif2"))', whole()),
    "stateful": (Stateful, "emtvb.adapt(net.lstm, net.out)", whole(batch_first=True)),
    "a fixed batch": (FixedBatch, "emtvb.adapt(net.lstm, torch.nn.Sequential(net.fc, net.out))", whole()),
    "lengths": (
        Lengths,
        "emtvb.adapt(lambda u, h: (lambda y, h: (net.out(y[:, 0]), h))(*net.gru(net.front(u)[:, None], h)))",
        whole(torch.full((TRIALS,), TIME), batch_first=True),
    ),
    "one trial": (OneTrial, "emtvb.adapt(net.lstm, net.out)", each_trial(X)),
    "kept between calls": (
        CASES["kept between calls"].make,
        "emtvb.adapt(net.rnn, net.out)",
        whole(batch_first=True),
    ),
    "a loop": (lambda: Loop(True), 'emtvb.adapt(net, step="recurrence")', whole(batch_first=True)),
    "a module in a module": (CTRNNNet, 'emtvb.adapt(net, step="rnn.recurrence")', whole()),
    "states alone": (CTRNNStatesOnly, 'emtvb.adapt(net, step="recurrence")', whole()),
    "states of all steps": (
        lambda: Rate("all"),
        "emtvb.adapt(lambda u, h: (lambda y, h: (y[:, 0], h[:, -1]))(*net(u[:, None], h)))",
        whole(batch_first=True),
    ),
    "around a cell by hand": (AroundCell, 'emtvb.adapt(net, step="cell")', whole(batch_first=True)),
    "a stack with a step": (XLSTMStack, 'emtvb.adapt(net, step="step")', whole(batch_first=True)),
    "a step beside a convolution": (
        CASES["a scan with a step"].make,
        'emtvb.adapt(net, step="step", state=net.initial_state)',
        whole(batch_first=True),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_line_that_is_printed_works(name: str) -> None:
    make, line, does = REFUSED[name]
    torch.manual_seed(0)
    net = make()
    assert refused(net) == line
    outputs = written(line, net).run(X)[1]
    torch.manual_seed(0)
    np.testing.assert_allclose(outputs, does(make()), atol=1e-5)


def test_spikes_that_are_a_state_too() -> None:
    torch.manual_seed(0)
    net = RLeaky()
    line = refused(net)
    assert line == f"emtvb.adapt(lambda u, h: (lambda *h: (h[0], h))(*net(u, *h)), state={ZEROS})"
    h, outputs = (torch.zeros(TRIALS, D), torch.zeros(TRIALS, D)), written(line, net).run(X)[1]
    for u, output in zip(torch.tensor(X), outputs, strict=True):
        h = net(u, *h)
        np.testing.assert_array_equal(output, h[0])


def test_ids_of_one_trial() -> None:
    torch.manual_seed(0)
    net = Tagger()
    system = written(refused(net, input_dim=1), net)
    np.testing.assert_allclose(system.run(IDS[..., None])[1], each_trial(IDS)(net), atol=1e-5)


def test_a_network_that_is_refused_is_left_as_it_is() -> None:
    torch.manual_seed(0)
    net = Stateful()
    net(torch.randn(32, 4, D))
    kept = net.hidden
    assert refused(net) == "emtvb.adapt(net.lstm, net.out)"  # though it begins elsewhere now
    assert net.hidden is kept


class Dangerous(nn.Module):
    """Methods that no one may call but its author."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.calls = nn.GRUCell(D, H), []

    def training_step(self, batch: Any, index: Any) -> None:
        self.calls.append("training_step")

    def save_state(self, path: Any) -> None:
        self.calls.append("save_state")

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([self.cell(u, torch.zeros(len(u), H)) for u in x.cumsum(0)])


def test_a_line_has_the_readout_and_the_output_that_were_given() -> None:
    torch.manual_seed(0)
    net, readout = CTRNNNet(), nn.Linear(H, 1)
    line = refused(net, readout=readout, output=1)
    assert line == 'emtvb.adapt(net, readout, step="rnn.recurrence", output=1)'
    system = eval(line, {"emtvb": emtvb, "net": net, "readout": readout})
    np.testing.assert_allclose(system.run(X)[1], readout(net(torch.tensor(X))[1]).detach(), atol=1e-5)
    with pytest.raises(InputError, match="readout: Linear failed"):
        emtvb.adapt(net.rnn, nn.Linear(H + 1, 1), input_dim=D)


def test_methods_of_which_nothing_is_known_are_not_called() -> None:
    net = Dangerous()
    assert refused(net).startswith("def step(u, h): h = (one step")
    assert net.calls == []


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.right and not case.more])
def test_no_line_is_printed_that_does_something_else(name: str) -> None:
    """Of what has no step, or one that shows later: a line is that of a system with the network's own outputs."""
    torch.manual_seed(0)
    net = CASES[name].make()
    try:
        emtvb.adapt(net).run(X)
    except InputError as error:
        line = re.search(r"write (emtvb\.adapt\(net.*)", str(error))
        if line is not None:
            outputs = written(line[1], net).run(X)[1]
            np.testing.assert_allclose(outputs, whole(batch_first=True)(net), atol=1e-5)


class Answers(nn.Module):
    """Several outputs: in a tuple or by name."""

    def __init__(self, is_named: bool, takes_state: bool = False) -> None:
        super().__init__()
        self.rnn, self.out, self.aside, self.is_named = nn.GRU(D, H), nn.Linear(H, OUT), nn.Linear(H, OUT), is_named

    def forward(self, x: Tensor) -> Any:
        h, _ = self.rnn(x)
        several = {"hidden": h, "logits": self.out(h), "aside": self.aside(h)}
        return several if self.is_named else tuple(several.values())


@pytest.mark.parametrize(("output", "index"), [("logits", 1), ("aside", 2), ("hidden", 0)])
def test_which_of_several_outputs(output: str, index: int) -> None:
    torch.manual_seed(0)
    named, placed = Answers(True), Answers(False)
    placed.load_state_dict(named.state_dict())
    expected = named(torch.tensor(X))[output].detach().numpy()
    for system in (emtvb.adapt(named, output=output), emtvb.adapt(placed, output=index)):
        np.testing.assert_allclose(system.run(X)[1], expected, atol=1e-6)
        assert "its output is the first" not in repr(system)
        assert ("its outputs are its hidden states" in repr(system)) == (output == "hidden")
    readout = emtvb.adapt(named, lambda y: 2 * y, output=output)
    np.testing.assert_allclose(readout.run(X)[1], 2 * expected, atol=1e-6)

    def step(u: np.ndarray, h: np.ndarray) -> tuple[Any, np.ndarray]:
        h = np.tanh(h + u)
        several = {"hidden": h, "logits": 2 * h, "aside": 3 * h}
        return (several if is_named else tuple(several.values())), h

    for is_named in (True, False):
        outputs = emtvb.adapt(step, state=D, output=output if is_named else index).run(X)[1]
        np.testing.assert_allclose(
            outputs, (index + 1) * emtvb.adapt(step, state=D, output=[0, "hidden"][is_named]).run(X)[1]
        )


def test_where_nobody_said_which_output_it_is_said_or_refused() -> None:
    with pytest.raises(InputError) as caught:
        emtvb.adapt(Answers(True), input_dim=D)
    assert str(caught.value) == (
        "network: Answers gives out several things: hidden, logits, aside: say which, such as emtvb.adapt(net, "
        'output="hidden")'
    )
    assert "its output is the first of 3 things that it gives out (output=0)" in repr(
        emtvb.adapt(Answers(False), input_dim=D)
    )
    for network, output, says in (
        (Answers(True), "logit", "output: 'logit': Answers has no such output; give 'hidden' or 'logits' or 'aside'"),
        (Answers(False), 3, "output: 3: Answers has no such output; give 0 or 1 or 2"),
        (Answers(False), True, "output: True: give the key of a dict, or the place in a tuple"),
        (nn.GRU(D, H), 1, "output: 1: leave it out: it gives out one thing; of a pair the second is its state"),
    ):
        with pytest.raises(InputError) as caught:
            emtvb.adapt(network, output=output, input_dim=D)
        assert str(caught.value) == says


class Words(nn.Module):
    """It begins with an embedding."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.embed, self.out = nn.Embedding(WORDS, D), nn.Linear(H, OUT)
        self.lstm = nn.LSTM(D, H, batch_first=batch_first)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.lstm(self.embed(ids))[0])


@pytest.mark.parametrize("batch_first", [True, False])
def test_ids_are_taken_where_a_network_has_an_embedding(batch_first: bool) -> None:
    torch.manual_seed(0)
    net, many = Words(batch_first), np.random.default_rng(1).integers(0, WORDS, size=(TIME, 120))
    ids = torch.tensor(many)
    expected = (net(ids.T).transpose(0, 1) if batch_first else net(ids)).detach().numpy()
    labels = {"first": many[0] % 2}
    for given in (many, many[..., None], many.astype(np.int32)):
        trials = emtvb.record(net, given, labels)
        places = [int((trial[:, None] == many).all(axis=0).argmax()) for trial in trials.test_inputs[..., 0].T]
        np.testing.assert_allclose(trials.test.outputs, expected[:, places], atol=1e-6)
        assert trials.system.verified
    np.testing.assert_allclose(emtvb.adapt(net, input_dim=1).run(many[..., None])[1], expected, atol=1e-6)
    assert emtvb.edit(emtvb.fit(trials), at=1, flip="first").outputs.shape[-1] == OUT
    with pytest.raises(InputError, match="inputs: not all of them whole numbers: Words takes ids"):
        emtvb.adapt(net, input_dim=1).run(many[..., None] + 0.5)
    with pytest.raises(InputError, match=r"inputs: shape \(6, 120\): .*; one number a step: inputs\[..., None\]"):
        emtvb.record(net, many + 0.5, labels)


def test_a_first_state_by_a_method_of_the_network_is_that_of_an_untrained_copy() -> None:
    class Learned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.begin = nn.GRUCell(D, H), nn.Parameter(torch.randn(H))

        def init_hidden(self, trials: int) -> Tensor:
            return self.begin.expand(trials, H)

        def forward(self, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
            h = self.cell(u, 1 * h)
            return h, h

    net = Learned()
    line = refused(net)
    assert line == "emtvb.adapt(net, state=net.init_hidden)"
    drawn = written(line, net).untrained(0)
    assert drawn is not None
    assert drawn.source["state"].__self__ is drawn.source["network"] is not net


class LastScore(nn.Module):
    """A classifier with a score of each trial at the end; nothing in it uses a mask."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.head = nn.GRU(D, H, batch_first=True), nn.Linear(H, 1)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        scores: Tensor = self.head(self.gru(x)[1][-1]).squeeze(-1)
        return scores


def test_an_output_that_remembers_nothing_is_not_taken_for_a_state() -> None:
    net = LastScore()
    line = refused(net)
    assert line == "emtvb.adapt(net.gru, net.head)"
    _, outputs = written(line, net).run(X)
    with torch.no_grad():
        np.testing.assert_allclose(outputs[-1, :, 0], net(torch.tensor(X).swapaxes(0, 1)).numpy(), atol=1e-5)
