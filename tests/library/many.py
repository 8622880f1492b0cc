"""Networks as people write them, in many ways: a class or function, and whether it can be a system as it comes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

D, H, OUT = 3, 16, 2


class Case(NamedTuple):
    """A network, and what is to come of it.

    Attributes:
        make: Makes it.
        right: Whether it is taken, and not refused.
        more: Of ``adapt``.
        time_first: Whether the time is the first axis of its sequences.
    """

    make: Callable[[], Any]
    right: bool
    more: dict[str, Any] = {}  # noqa: RUF012 - a default that is not written to
    time_first: bool = False


class Layer(nn.Module):
    """A GRU, batch first, and a readout: what comes before and between is what differs."""

    def __init__(self, width: int = D) -> None:
        super().__init__()
        self.rnn, self.out = nn.GRU(width, H, batch_first=True), nn.Linear(H, OUT)

    def before(self, x: Tensor) -> Tensor:
        return x

    def after(self, y: Tensor) -> Tensor:
        return y

    def forward(self, x: Tensor) -> Any:
        return self.after(self.out(self.rnn(self.before(x))[0]))


class Cell(nn.Module):
    """A cell in a loop over time: what it does with its state and input at each step is what differs."""

    def __init__(self, width: int = D) -> None:
        super().__init__()
        self.cell, self.out = nn.GRUCell(width, H), nn.Linear(H, OUT)

    def change(self, t: int, x: Tensor, h: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
        return x[:, t], h

    def give(self, t: int, h: Tensor) -> Tensor:
        return self.out(h)

    def forward(self, x: Tensor) -> Tensor:
        h, y, every = torch.zeros(len(x), H, dtype=x.dtype), None, []
        for t in range(x.shape[1]):
            u, h = self.change(t, x, h, y)
            h = self.cell(u, h)
            y = self.give(t, h)
            every.append(y)
        return torch.stack(every, 1)


def layer(before=None, after=None, width: int = D) -> Callable[[], nn.Module]:
    """A :class:`Layer` with functions in the place of its methods."""
    kind = type("Net", (Layer,), {})
    if before:
        kind.before = lambda self, x: before(x)
    if after:
        kind.after = lambda self, y: after(y)
    return lambda: kind(width)


def cell(change=None, give=None, width: int = D) -> Callable[[], nn.Module]:
    """A :class:`Cell` likewise."""
    kind = type("Net", (Cell,), {})
    if change:
        kind.change = lambda self, t, x, h, y: change(t, x, h, y)
    if give:
        kind.give = lambda self, t, h: give(self, t, h)
    return lambda: kind(width)


class Residual(nn.Module):
    """Two layers, each beside its input, with layer norm, and dropout in training."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(D, H), nn.Linear(H, OUT)
        self.layers = nn.ModuleList([nn.GRU(H, H, batch_first=True) for _ in range(2)])
        self.norms, self.drop = nn.ModuleList([nn.LayerNorm(H) for _ in range(2)]), nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.into(x)
        for rnn, norm in zip(self.layers, self.norms, strict=True):
            x = x + self.drop(rnn(norm(x))[0])
        return self.out(x)


class BatchNorm(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(D)
        self.norm.running_mean.fill_(0.3)

    def before(self, x: Tensor) -> Tensor:
        return self.norm(x.transpose(1, 2)).transpose(1, 2)


class CausalConvolution(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(D, D, 3)

    def before(self, x: Tensor) -> Tensor:
        return self.conv(nn.functional.pad(x.transpose(1, 2), (2, 0))).transpose(1, 2)


class OverThePast(Cell):
    """Attention over all states so far."""

    def forward(self, x: Tensor) -> Tensor:
        h, past, every = torch.zeros(len(x), H), [], []
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
            past.append(h)
            keys = torch.stack(past, 1)
            weights = (keys @ h[:, :, None]).softmax(1)
            every.append(self.out((weights * keys).sum(1)))
        return torch.stack(every, 1)


class Positions(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.slices = nn.Embedding(100, D)

    def before(self, x: Tensor) -> Tensor:
        return x + self.slices(torch.arange(x.shape[1]))


class Backwards(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(D, H // 2, batch_first=True, bidirectional=True)


class Packed(Layer):
    """Its lengths are those of inputs that are not zero."""

    def forward(self, x: Tensor) -> Tensor:
        lengths = (x != 0).any(-1).sum(1).clamp(min=1)
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return self.out(nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], True, total_length=x.shape[1])[0])


class Begun(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.randn(H))

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.rnn(x, self.first.expand(1, len(x), H).contiguous())[0])


class BegunByInput(Layer):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(D, H)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.rnn(x, self.first(x[:, 0])[None])[0])


class KeptBetweenCalls(Layer):
    """A stateful layer: each call goes on from where the last one ended."""

    state: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        begin = self.state if self.state is not None and self.state.shape[1] == len(x) else None
        x, self.state = self.rnn(x, begin)
        return self.out(x)


class Sorted(Layer):
    """As it was once written for packed sequences: trials in order of something, and back."""

    def forward(self, x: Tensor) -> Tensor:
        order = x.square().sum((1, 2)).argsort()
        return self.out(self.rnn(x[order])[0])[order.argsort()]


class Calls(nn.Module):
    """It counts how often it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out, self.count = nn.GRUCell(D, H), nn.Linear(H, OUT), 0

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        self.count += 1
        h = self.cell(x, h) if self.count % 50 else torch.zeros_like(h)
        return self.out(h), h


class Reservoir(nn.Module):
    """An echo state network: weights in buffers, a method that makes a step."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("W", torch.randn(H, H) / H**0.5)
        self.register_buffer("U", torch.randn(H, D))
        self.out = nn.Linear(H, OUT)

    def update(self, u: Tensor, state: Tensor) -> Tensor:
        return 0.7 * state + 0.3 * torch.tanh(state @ self.W.T + u @ self.U.T)

    def forward(self, x: Tensor) -> Tensor:
        h, every = torch.zeros(len(x), H), []
        for u in x.unbind(1):
            h = self.update(u, h)
            every.append(self.out(h))
        return torch.stack(every, 1)


class RungeKutta(nn.Module):
    """A neural differential equation: ``step`` beside ``forward``; ``other`` has a step of another length."""

    def __init__(self, other: float = 1.0) -> None:
        super().__init__()
        self.field, self.out, self.other = nn.Linear(D + H, H), nn.Linear(H, OUT), other

    def initial_state(self, batch: int) -> Tensor:
        return torch.zeros(batch, H)

    def step(self, u: Tensor, h: Tensor, dt: float = 0.2) -> tuple[Tensor, Tensor]:
        def slope(h: Tensor) -> Tensor:
            return torch.tanh(self.field(torch.cat([u, h], 1))) - h

        first = slope(h)
        second = slope(h + dt / 2 * first)
        h = h + dt * second
        return self.out(h), h

    def forward(self, x: Tensor) -> Tensor:
        h, every = self.initial_state(len(x)), []
        for u in x.unbind(1):
            y, h = self.step(u, h, 0.2 * self.other)
            every.append(y)
        return torch.stack(every, 1)


class Spiking(nn.Module):
    """Leaky neurons with a threshold and a reset, and a filter of their spikes: two states in a tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.over, self.out = nn.Linear(D, H), nn.Linear(H, H), nn.Linear(H, OUT)

    def init_state(self, batch: int) -> tuple[Tensor, Tensor]:
        return torch.zeros(batch, H), torch.zeros(batch, H)

    def step(self, u: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        v, trace = state
        v = 0.9 * v + 2 * self.into(u) + self.over(trace)
        spike = (v > 1).to(v.dtype)
        trace = 0.8 * trace + spike
        return self.out(trace), (v - spike, trace)

    def forward(self, x: Tensor) -> Tensor:
        state, every = self.init_state(len(x)), []
        for u in x.unbind(1):
            y, state = self.step(u, state)
            every.append(y)
        return torch.stack(every, 1)


class Depressing(nn.Module):
    """Rates and synapses that tire: a dict of states, time first."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.over, self.out = nn.Linear(D, H), nn.Linear(H, H), nn.Linear(H, OUT)

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        return {"rate": torch.zeros(batch, H), "vigour": torch.ones(batch, H)}

    def step(self, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        rate, vigour = state["rate"], state["vigour"]
        rate = 0.8 * rate + 0.2 * torch.relu(self.into(u) + self.over(rate * vigour))
        vigour = vigour + 0.1 * (1 - vigour) - 0.2 * vigour * rate
        return self.out(rate), {"rate": rate, "vigour": vigour}

    def forward(self, x: Tensor) -> Tensor:
        state, every = self.initial_state(x.shape[1]), []
        for u in x:
            y, state = self.step(u, state)
            every.append(y)
        return torch.stack(every)


class Scan(nn.Module):
    """A diagonal linear recurrence, all steps at once by a convolution; ``step`` makes one, if it has one."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(D, H), nn.Linear(H, OUT)
        self.register_buffer("a", torch.linspace(0.5, 0.95, H))

    def forward(self, x: Tensor) -> Tensor:
        steps = torch.arange(x.shape[1])
        kernel = (
            torch.tril(torch.ones(len(steps), len(steps)))[..., None]
            * self.a ** ((steps[:, None] - steps).clamp(min=0)[..., None])
        )
        return self.out(torch.einsum("tsh,bsh->bth", kernel, self.into(x)))


class ScanWithStep(Scan):
    def initial_state(self, batch: int) -> Tensor:
        return torch.zeros(batch, H)

    def step(self, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.a * h + self.into(u)
        return self.out(h), h


class Stacked(nn.Module):
    """Cells one upon the other; or one cell that is both."""

    def __init__(self, shared: bool) -> None:
        super().__init__()
        first = nn.GRUCell(H, H)
        self.into, self.out = nn.Linear(D, H), nn.Linear(H, OUT)
        self.cells = nn.ModuleList([first, first if shared else nn.GRUCell(H, H)])

    def forward(self, x: Tensor) -> Tensor:
        states, every = [torch.zeros(len(x), H) for _ in self.cells], []
        for u in self.into(x).unbind(1):
            for i, one in enumerate(self.cells):
                states[i] = one(u, states[i])
                u = u + states[i]
            every.append(self.out(u))
        return torch.stack(every, 1)


class OwnCell(nn.Module):
    """A cell by hand, whose state has a name that no list has; in evaluation it forgets as it does on average."""

    def __init__(self) -> None:
        super().__init__()
        self.both, self.out = nn.Linear(D + H, H), nn.Linear(H, OUT)

    def forward(self, sample: Tensor, activity: Tensor) -> tuple[Tensor, Tensor]:
        new = torch.tanh(self.both(torch.cat([sample, activity], 1)))
        activity = 0.1 * activity + 0.9 * new
        return self.out(activity), activity


class OtherOrder(nn.Module):
    """(state, input), of equal sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.GRUCell(D, D), nn.Linear(D, OUT)

    def forward(self, activity: Tensor, drive: Tensor) -> tuple[Tensor, Tensor]:
        activity = self.cell(drive, activity)
        return self.out(activity), activity


class StateFirst(nn.Module):
    """It returns (state, output), of equal sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.GRUCell(D, H), nn.Linear(H, H)

    def forward(self, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.cell(u, h)
        return h, self.out(h)


class Halting(Cell):
    """Each trial stops once its output is large: from then on it repeats it."""

    def forward(self, x: Tensor) -> Tensor:
        h, every = torch.zeros(len(x), H), []
        y = torch.zeros(len(x), OUT)
        for u in x.unbind(1):
            h = self.cell(u, h)
            y = torch.where(y.abs().max(1, keepdim=True)[0] > 0.3, y, self.out(h))
            every.append(y)
        return torch.stack(every, 1)


class Gated(Cell):
    """A trial whose third input is small keeps its state."""

    def forward(self, x: Tensor) -> Tensor:
        h, every = torch.zeros(len(x), H), []
        for u in x.unbind(1):
            h = torch.where(u[:, 2:].abs() > 0.1, self.cell(u, h), h)
            every.append(self.out(h))
        return torch.stack(every, 1)


class Slow(nn.Module):
    """A second layer that reads every fifth step."""

    def __init__(self) -> None:
        super().__init__()
        self.fast, self.slow, self.out = nn.GRUCell(D, H), nn.GRUCell(H, H), nn.Linear(2 * H, OUT)

    def forward(self, x: Tensor) -> Tensor:
        a, b, every = torch.zeros(len(x), H), torch.zeros(len(x), H), []
        for t, u in enumerate(x.unbind(1)):
            a = self.fast(u, a)
            b = self.slow(a, b) if t % 5 == 0 else b
            every.append(self.out(torch.cat([a, b], 1)))
        return torch.stack(every, 1)


class Answers(nn.Module):
    """A dict, as trainers like it; time first."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.out = nn.LSTM(D, H, 2), nn.Linear(H, OUT)

    def forward(self, x: Tensor) -> dict[str, Any]:
        y, state = self.rnn(x)
        return {"logits": self.out(y), "state": state}


class First(nn.Module):
    def forward(self, pair: tuple[Tensor, Any]) -> Tensor:
        return pair[0]


class Chaotic(Layer):
    """Untrained, with a large gain."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(D, H, batch_first=True)
        with torch.no_grad():
            self.rnn.weight_hh_l0.copy_(4 * torch.randn(H, H) / H**0.5)


def by_gate(t: int, x: Tensor, h: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
    """Its own last output is an input, too."""
    y = torch.zeros(len(x), OUT) if y is None else y
    return torch.cat([x[:, t], y], 1), h


def switched(t: int, x: Tensor, h: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
    """Once inputs have summed up to enough, the state begins anew."""
    return x[:, t], torch.where(x[:, : t + 1, 0].sum(1, keepdim=True) > 6, torch.zeros_like(h), h)


def weights(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape) / np.sqrt(H)


W, U, C = weights(H, H), weights(H, D, seed=1) * 3, weights(OUT, H, seed=2)


def rate(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = 0.8 * h + 0.2 * np.tanh(h @ W.T + u @ U.T)
    return h @ C.T, h


class HiddenState:
    """The state that it returns is not the one that it uses."""

    h: np.ndarray | None = None

    def step(self, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.h is None or len(self.h) != len(u) or not h.any():
            self.h = np.zeros_like(h)
        y, self.h = rate(u, self.h)
        return y, self.h.copy()


class Delayed:
    """Its outputs come some steps later, from a list."""

    def __init__(self, steps: int) -> None:
        self.steps, self.queue = steps, []

    def __call__(self, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not h.any():
            self.queue = [np.zeros((len(u), OUT))] * self.steps
        y, h = rate(u, h)
        self.queue.append(y)
        return self.queue.pop(0), h


class Late:
    """From some step on it does something else; the count begins where the state is zero."""

    def __init__(self, step: int) -> None:
        self.begin, self.count = step, 0

    def step(self, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.count = 0 if not h.any() else self.count + 1
        y, h = rate(u, h)
        return (y if self.count < self.begin else 2 * y), h


def counted(u: np.ndarray, state: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """It counts, and its count is in its state."""
    y, h = rate(u, state["h"])
    count = state["count"] + 1
    return np.where(count > 12, 2 * y, y), {"h": h, "count": count}


def with_seed(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same noise at each step, another for each place of a trial."""
    y, h = rate(u, h)
    return y, h + 0.1 * np.random.default_rng(0).normal(size=h.shape)


def by_place(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each trial has an offset by its place."""
    y, h = rate(u, h)
    return y + np.arange(len(u))[:, None], h


def in_company(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """If any trial has a large input, all are inhibited."""
    y, h = rate(u, h)
    return y, h if u.max() < 2.5 else 0 * h


def in_place(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h += 0.1 * (np.tanh(u @ U.T) - h)
    return h[:, :OUT], h


def with_matrix(W: np.ndarray, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    h = np.tanh(h @ W.T + u @ U.T)
    return h @ C.T, h


def carried(carried: np.ndarray, drive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(state, input), of equal sizes."""
    carried = np.tanh(carried @ W[:D, :D].T * 4 + drive)
    return carried, carried


def rates_and_potentials(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Outputs as many as states: the argument's name tells the state."""
    v = 0.8 * v + 0.2 * (np.tanh(v) @ W.T + u @ U.T)
    return np.tanh(v), v


def nameless(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same, whose order nothing tells."""
    new = 0.8 * v + 0.2 * (np.tanh(v) @ W.T + u @ U.T)
    rates = np.tanh(new)
    return rates, new


def of_net(make: Callable[[], nn.Module], whole: bool) -> Callable[[], Callable]:
    """A step function that calls a module's own methods, or the module as if it were one step."""

    def made() -> Callable:
        net = make()

        def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
            if whole:
                y, h = net(u[:, None], h)
                return y[:, 0], h
            h = net.update(u, h)
            return net.out(h), h

        return step

    return made


def double(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    return lambda: make().double()


CASES = {
    "residual layers with norms and dropout": Case(Residual, True),
    "batch norm": Case(BatchNorm, True),
    "a layer": Case(layer(), True),
    "in double precision": Case(double(layer()), True),
    "a layer, softmax of the output": Case(layer(after=lambda y: y.softmax(-1)), True),
    "noise in training alone": Case(layer(before=lambda x: nn.functional.dropout(x, 0.5, training=False)), True),
    "the last step alone": Case(layer(after=lambda y: y[:, -1]), True),
    "learned begin": Case(Begun, True),
    "cells in a loop": Case(cell(), True),
    "cells, output squared": Case(cell(give=lambda self, t, h: self.out(h) ** 2), True),
    "cells one upon the other": Case(lambda: Stacked(False), True),
    "a reservoir": Case(Reservoir, True, {"step": "update"}),
    "a differential equation": Case(RungeKutta, True, {"step": "step"}),
    "spiking": Case(Spiking, True, {"step": "step"}),
    "tired synapses, time first": Case(Depressing, True, {"step": "step"}, time_first=True),
    "a scan with a step": Case(ScanWithStep, True, {"step": "step", "state": H}),
    "a cell by hand, nameless": Case(OwnCell, True, {"state": H}),
    "a dict of outputs": Case(Answers, True, {"output": "logits"}, time_first=True),
    "in a sequence": Case(lambda: nn.Sequential(nn.GRU(D, H, batch_first=True), First(), nn.Linear(H, OUT)), True),
    "chaotic": Case(Chaotic, True),
    "numpy": Case(lambda: rate, True, {"state": H}),
    "numpy in place": Case(lambda: in_place, True, {"state": H}),
    "numpy, a count in the state": Case(
        lambda: counted, True, {"state": lambda n: {"h": np.zeros((n, H)), "count": np.zeros((n, 1))}}
    ),
    "numpy, a matrix given": Case(lambda: functools.partial(with_matrix, W), True, {"state": H}),
    "numpy, as many outputs as states": Case(lambda: rates_and_potentials, True, {"state": H}),
    "a step of a module's own": Case(of_net(Reservoir, False), True, {"state": H}),
    "convolution over the past": Case(CausalConvolution, False),
    "normalised over time": Case(layer(before=lambda x: (x - x.mean(1, True)) / x.std(1, keepdim=True)), False),
    "mean so far": Case(layer(before=lambda x: x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]), False),
    "attention over the past": Case(OverThePast, False),
    "positions": Case(Positions, False),
    "a clock in the input": Case(layer(before=lambda x: x + torch.arange(x.shape[1]).sin()[:, None]), False),
    "both directions": Case(Backwards, False),
    "backwards": Case(layer(before=lambda x: x.flip(1)), False),
    "lengths of what is not zero": Case(Packed, False),
    "begun by the first input": Case(BegunByInput, True),
    "kept between calls": Case(KeptBetweenCalls, False),
    "sorted trials": Case(Sorted, False),
    "counts its calls": Case(Calls, False, {"state": H}),
    "the mean over time": Case(layer(after=lambda y: y.mean(1)), False),
    "the maximum so far": Case(layer(after=lambda y: y.cummax(1)[0]), False),
    "the sum so far": Case(layer(after=lambda y: y.cumsum(1)), False),
    "frames of two steps": Case(
        layer(before=lambda x: torch.cat([x, x.roll(1, 1) * (torch.arange(x.shape[1]) > 0)[:, None]], 2), width=2 * D),
        False,
    ),
    "only changes of the input": Case(layer(before=lambda x: x.diff(dim=1, prepend=x[:, :1])), False),
    "no input from step 12 on": Case(
        layer(before=lambda x: x * (torch.arange(x.shape[1]) < 12).float()[:, None]), False
    ),
    "outputs from step 20 on": Case(layer(after=lambda y: y * (torch.arange(y.shape[1]) >= 20)[:, None]), False),
    "begun anew at step 25": Case(cell(lambda t, x, h, y: (x[:, t], h if t % 25 else 0 * h)), False),
    "begun anew by its inputs": Case(cell(switched), False),
    "every second step": Case(cell(lambda t, x, h, y: (x[:, t] * (t % 2), h)), False),
    "slower after 20 steps": Case(cell(give=lambda self, t, h: self.out(h) / (1 + max(0, t - 20))), False),
    "its own output as input": Case(cell(by_gate, width=D + OUT), False),
    "its own output as input from step 15 on": Case(
        cell(lambda t, x, h, y: (x[:, t] if t < 15 else torch.cat([y, x[:, t, :1]], 1), h)), False
    ),
    "a state changed between steps": Case(cell(lambda t, x, h, y: (x[:, t], 0.9 * h)), False),
    "halting": Case(Halting, False),
    "gated by an input": Case(Gated, False),
    "a slow layer": Case(Slow, False),
    "one cell, called twice": Case(lambda: Stacked(True), False),
    "a step of another length": Case(lambda: RungeKutta(1.5), True, {"step": "step"}),
    "a scan without a step": Case(Scan, False),
    "centred on all trials": Case(layer(before=lambda x: x - x.mean(0)), False),
    "inhibited by any trial's input": Case(layer(before=lambda x: x * (x.max() < 2.5)), False),
    "the other order": Case(OtherOrder, False, {"state": D}),
    "the state first": Case(StateFirst, False, {"state": H}),
    "numpy, the state elsewhere": Case(HiddenState, False, {"state": H}),
    "numpy, a queue": Case(lambda: Delayed(7), False, {"state": H}),
    "numpy, from step 9 on": Case(lambda: Late(9), False, {"state": H}),
    "numpy, the same noise": Case(lambda: with_seed, False, {"state": H}),
    "numpy, trials by their place": Case(lambda: by_place, False, {"state": H}),
    "numpy, in company": Case(lambda: in_company, False, {"state": H}),
    "numpy, the other order": Case(lambda: carried, False, {"state": D}),
    "numpy, which is the state": Case(lambda: nameless, False, {"state": H}),
}  # fmt: skip
