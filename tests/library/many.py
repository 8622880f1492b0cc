"""Networks as people write them, in many ways: a class or function, and the line that adapts it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

import emtvb

D, H, OUT = 3, 16, 2


class Case(NamedTuple):
    """A network, and the line that adapts it.

    Attributes:
        make: Makes it.
        line: What its owner writes.
        time_first: Whether the time is the first axis of its sequences.
    """

    make: Callable[[], Any]
    line: Callable[[Any], emtvb.Adapted]
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


def double(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    return lambda: make().double()


def layered(net: Any, readout: Any = None, **more: Any) -> emtvb.Adapted:
    """The first form."""
    return emtvb.adapt(net.rnn, readout or net.out, whole=net, batch_first=True, **more)


def by_cell(net: Any, readout: Any = None) -> emtvb.Adapted:
    """The same of a cell."""
    return emtvb.adapt(net.cell, readout or net.out, whole=net, batch_first=True)


def stepped(make_step: Callable[[Any], Callable], state: Any = H, batch_first: bool = True) -> Callable:
    """The second form: a step that names the network."""
    return lambda net: emtvb.adapt(make_step(net), state=state, whole=net, batch_first=batch_first)


def zeros(**sizes: int) -> Callable[[int], dict[str, Tensor]]:
    return lambda n: {name: torch.zeros(n, size) for name, size in sizes.items()}


def one_step(rnn: nn.Module, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """A GRU of one layer, batch first, on one input."""
    y, h = rnn(u[:, None], h[None])
    return y[:, 0], h[0]


def residual(net: Residual) -> Callable:
    def step(u: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        x, new = net.into(u), {}
        for i, (rnn, norm) in enumerate(zip(net.layers, net.norms, strict=True)):
            y, new[f"{i}"] = one_step(rnn, norm(x), states[f"{i}"])
            x = x + y
        return net.out(x), new

    return step


def after_a_convolution(net: CausalConvolution) -> Callable:
    def step(u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        seen = torch.cat([state["seen"].reshape(-1, 2, D), u[:, None]], 1)
        y, h = one_step(net.rnn, net.conv(seen.transpose(1, 2))[..., 0], state["h"])
        return net.out(y), {"h": h, "seen": seen[:, 1:].reshape(-1, 2 * D)}

    return step


def with_its_past(net: OverThePast) -> Callable:
    def step(u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        h, count = net.cell(u, state["h"]), state["count"] + 1
        past = torch.cat([state["past"].reshape(-1, 40, H)[:, 1:], h[:, None]], 1)
        seen = torch.arange(40, 0, -1)[None] <= count
        weights = (past @ h[:, :, None]).masked_fill(~seen[..., None], -torch.inf).softmax(1)
        return net.out((weights * past).sum(1)), {"h": h, "past": past.flatten(1), "count": count}

    return step


def counted_step(change: Callable) -> Callable:
    """A step of a layer that reads the number of steps, which is in the state."""

    def made(net: Any) -> Callable:
        def step(u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
            y, h = one_step(net.rnn, change(net, u, state["t"]), state["h"])
            return net.out(y), {"h": h, "t": state["t"] + 1}

        return step

    return made


def stacked(net: Stacked) -> Callable:
    def step(u: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        u, new = net.into(u), []
        for one, h in zip(net.cells, states, strict=True):
            new.append(one(u, h))
            u = u + new[-1]
        return net.out(u), new

    return step


def slowly(net: Slow) -> Callable:
    def step(u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        a, t = net.fast(u, state["a"]), state["t"]
        b = torch.where(t % 5 == 0, net.slow(a, state["b"]), state["b"])
        return net.out(torch.cat([a, b], 1)), {"a": a, "b": b, "t": t + 1}

    return step


def heard(net: Cell) -> Callable:
    """Its own last output is an input, too."""

    def step(u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        h = net.cell(torch.cat([u, state["y"]], 1), state["h"])
        return net.out(h), {"h": h, "y": net.out(h)}

    return step


def halting(net: Halting) -> Callable:
    def step(u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        h, y = net.cell(u, state["h"]), state["y"]
        y = torch.where(y.abs().max(1, keepdim=True)[0] > 0.3, y, net.out(h))
        return y, {"h": h, "y": y}

    return step


def gated(net: Gated) -> Callable:
    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.where(u[:, 2:].abs() > 0.1, net.cell(u, h), h)
        return net.out(h), h

    return step


def leaking(net: Cell) -> Callable:
    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = net.cell(u, 0.9 * h)
        return net.out(h), h

    return step


def in_numpy(step: Callable, state: Any = H) -> Case:
    return Case(lambda: step, lambda made: emtvb.adapt(made, state=state))


def reservoir(net: Reservoir) -> Callable:
    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = net.update(u, h)
        return net.out(h), h

    return step


def scan(net: Scan) -> Callable:
    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = net.a * h + net.into(u)
        return net.out(h), h

    return step


def normed(net: BatchNorm) -> Callable:
    def step(u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        y, h = one_step(net.rnn, net.norm(u), h)
        return net.out(y), h

    return step


TAKEN = {
    "residual layers with norms and dropout": Case(Residual, stepped(residual, zeros(**{"0": H, "1": H}))),
    "batch norm": Case(BatchNorm, stepped(normed)),
    "a layer": Case(layer(), layered),
    "in double precision": Case(double(layer()), layered),
    "softmax of the output": Case(
        layer(after=lambda y: y.softmax(-1)), lambda net: layered(net, lambda y: net.out(y).softmax(-1))
    ),
    "the last step alone": Case(layer(after=lambda y: y[:, -1]), layered),
    "learned begin": Case(Begun, lambda net: layered(net, state=lambda n: net.first.expand(1, n, H).contiguous())),
    "cells in a loop": Case(cell(), by_cell),
    "cells, output squared": Case(
        cell(give=lambda self, t, h: self.out(h) ** 2), lambda net: by_cell(net, lambda h: net.out(h) ** 2)
    ),
    "cells one upon the other": Case(
        lambda: Stacked(False), stepped(stacked, lambda n: [torch.zeros(n, H) for _ in "ab"])
    ),
    "one cell, called twice": Case(
        lambda: Stacked(True), stepped(stacked, lambda n: [torch.zeros(n, H) for _ in "ab"])
    ),
    "a reservoir": Case(Reservoir, stepped(reservoir)),
    "a differential equation": Case(RungeKutta, stepped(lambda net: net.step)),
    "spiking": Case(Spiking, lambda net: emtvb.adapt(net.step, state=net.init_state, whole=net, batch_first=True)),
    "tired synapses, time first": Case(
        Depressing, lambda net: emtvb.adapt(net.step, state=net.initial_state, whole=net), time_first=True
    ),
    "a scan": Case(Scan, stepped(scan)),
    "a scan with a step": Case(ScanWithStep, stepped(lambda net: net.step)),
    "a dict of outputs": Case(
        Answers, lambda net: emtvb.adapt(net.rnn, net.out, whole=lambda x: net(x)["logits"]), time_first=True
    ),
    "in a sequence": Case(
        lambda: nn.Sequential(nn.GRU(D, H, batch_first=True), First(), nn.Linear(H, OUT)),
        lambda net: emtvb.adapt(net[0], net[2], whole=net, batch_first=True),
    ),
    "chaotic": Case(Chaotic, layered),
    "convolution over the past": Case(CausalConvolution, stepped(after_a_convolution, zeros(h=H, seen=2 * D))),
    "attention over the past": Case(OverThePast, stepped(with_its_past, zeros(h=H, past=40 * H, count=1))),
    "positions": Case(
        Positions,
        stepped(counted_step(lambda net, u, t: u + net.slices(t[:, 0].long())), zeros(h=H, t=1)),
    ),
    "a clock in the input": Case(
        layer(before=lambda x: x + torch.arange(x.shape[1]).sin()[:, None]),
        stepped(counted_step(lambda net, u, t: u + t.sin()), zeros(h=H, t=1)),
    ),
    "its own output as input": Case(cell(by_gate, width=D + OUT), stepped(heard, zeros(h=H, y=OUT))),
    "a state changed between steps": Case(cell(lambda t, x, h, y: (x[:, t], 0.9 * h)), stepped(leaking)),
    "halting": Case(Halting, stepped(halting, zeros(h=H, y=OUT))),
    "gated by an input": Case(Gated, stepped(gated)),
    "a slow layer": Case(Slow, stepped(slowly, zeros(a=H, b=H, t=1))),
    "numpy": in_numpy(rate),
    "numpy in place": in_numpy(in_place),
    "numpy, a count in the state": in_numpy(counted, lambda n: {"h": np.zeros((n, H)), "count": np.zeros((n, 1))}),
    "numpy, a matrix given": in_numpy(functools.partial(with_matrix, W)),
    "numpy, as many outputs as states": in_numpy(rates_and_potentials),
}

CONTRADICTED: dict[str, Case] = {
    name: Case(make, layered)
    for name, make in {
        "convolution over the past": CausalConvolution,
        "normalised over time": layer(before=lambda x: (x - x.mean(1, True)) / x.std(1, keepdim=True)),
        "mean so far": layer(before=lambda x: x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None]),
        "positions": Positions,
        "a clock in the input": layer(before=lambda x: x + torch.arange(x.shape[1]).sin()[:, None]),
        "backwards": layer(before=lambda x: x.flip(1)),
        "both directions": Backwards,
        "lengths of what is not zero": Packed,
        "begun by the first input": BegunByInput,
        "learned begin": Begun,
        "kept between calls": KeptBetweenCalls,
        "the mean over time": layer(after=lambda y: y.mean(1)),
        "the maximum so far": layer(after=lambda y: y.cummax(1)[0]),
        "the sum so far": layer(after=lambda y: y.cumsum(1)),
        "only changes of the input": layer(before=lambda x: x.diff(dim=1, prepend=x[:, :1])),
        "no input from step 12 on": layer(before=lambda x: x * (torch.arange(x.shape[1]) < 12).float()[:, None]),
        "outputs from step 20 on": layer(after=lambda y: y * (torch.arange(y.shape[1]) >= 20)[:, None]),
        "centred on all trials": layer(before=lambda x: x - x.mean(0)),
        "inhibited by any trial's input": layer(before=lambda x: x * (x.max() < 2.5)),
        "softmax of the output": layer(after=lambda y: y.softmax(-1)),
        "batch norm": BatchNorm,
    }.items()
} | {
    name: Case(make, by_cell)
    for name, make in {
        "cells, output squared": cell(give=lambda self, t, h: self.out(h) ** 2),
        "begun anew at step 25": cell(lambda t, x, h, y: (x[:, t], h if t % 25 else 0 * h)),
        "begun anew by its inputs": cell(switched),
        "every second step": cell(lambda t, x, h, y: (x[:, t] * (t % 2), h)),
        "slower after 20 steps": cell(give=lambda self, t, h: self.out(h) / (1 + max(0, t - 20))),
        "a state changed between steps": cell(lambda t, x, h, y: (x[:, t], 0.9 * h)),
        "halting": Halting,
        "gated by an input": Gated,
        "attention over the past": OverThePast,
    }.items()
} | {
    "a step of another length": Case(lambda: RungeKutta(1.5), stepped(lambda net: net.step)),
}  # fmt: skip
"""Mistakes: a network, and a line that does not do all that it does."""

BY_ITSELF = {
    "counts its calls": Case(Calls, lambda net: emtvb.adapt(net, state=H)),
    "numpy, the state elsewhere": Case(HiddenState, lambda made: emtvb.adapt(made.step, state=H)),
    "numpy, a queue": Case(lambda: Delayed(7), lambda made: emtvb.adapt(made, state=H)),
    "numpy, from step 9 on": Case(lambda: Late(9), lambda made: emtvb.adapt(made.step, state=H)),
    "numpy, the same noise": in_numpy(with_seed),
    "numpy, trials by their place": in_numpy(by_place),
    "numpy, in company": in_numpy(in_company),
}
"""Mistakes that show without the whole network."""
