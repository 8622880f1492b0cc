"""Networks as people write them, as data: what makes each, and the line by which its owner adapts it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

import emtvb

D, H, OUT = 3, 16, 2
Step = Callable[[Any, Any, Any], tuple[Any, Any]]
"""A step of a network, from it, an input and a state."""


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


class Net(nn.Module):
    """Parts, and what a network does with them: ``forward``, from it and what it is called with."""

    def __init__(self, does: Callable, **parts: Any) -> None:
        super().__init__()
        self.does = does
        for name, part in parts.items():
            if isinstance(part, Tensor) and not isinstance(part, nn.Parameter):
                self.register_buffer(name, part)
            else:
                setattr(self, name, part)

    def forward(self, *given: Any) -> Any:
        return self.does(self, *given)


def same(net: Net, x: Tensor) -> Tensor:
    return x


def layer(before: Callable = same, after: Callable = same, kind: Any = nn.GRU, **more: Any) -> Net:
    """A layer, batch first, and a readout; what comes before and after is what differs."""
    parts = {"rnn": kind(D, H, batch_first=True), "out": nn.Linear(H, OUT)} | more
    return Net(lambda net, x: after(net, net.out(net.rnn(before(net, x))[0])), **parts)


def looped(body: Step, begin: Callable[[int], Any], time_first: bool = False, **parts: Any) -> Net:
    """A loop over time, as torch's own tutorials have it."""

    def does(net: Net, x: Tensor) -> Tensor:
        state, every = begin(x.shape[time_first]), []
        for u in x.unbind(1 - time_first):
            y, state = body(net, u, state)
            every.append(y)
        return torch.stack(every, 1 - time_first)

    return Net(does, out=nn.Linear(H, OUT), **parts)


def cell(change: Callable = lambda t, x, h: (x[:, t], h), give: Callable = lambda net, t, h: net.out(h)) -> Net:
    """A cell in a loop over time; what it does with its state and input at each step is what differs."""

    def does(net: Net, x: Tensor) -> Tensor:
        h, every = torch.zeros(len(x), H), []
        for t in range(x.shape[1]):
            h = net.cell(*change(t, x, h))
            every.append(give(net, t, h))
        return torch.stack(every, 1)

    return Net(does, cell=nn.GRUCell(D, H), out=nn.Linear(H, OUT))


# The first form, of a layer and of a cell; and the second.


def by_layer(net: Any, readout: Any = None, **more: Any) -> emtvb.Adapted:
    return emtvb.adapt(net.rnn, readout or net.out, whole=net, batch_first=True, **more)


def by_cell(net: Any, readout: Any = None) -> emtvb.Adapted:
    return emtvb.adapt(net.cell, readout or net.out, whole=net, batch_first=True)


def by_step(body: Step, state: Any = H, time_first: bool = False) -> Callable[[Any], emtvb.Adapted]:
    return lambda net: emtvb.adapt(functools.partial(body, net), state=state, whole=net, batch_first=not time_first)


def zeros(**sizes: int) -> Callable[[int], dict[str, Tensor]]:
    return lambda n: {name: torch.zeros(n, size) for name, size in sizes.items()}


def loop(body: Step, begin: Callable[[int], Any], time_first: bool = False, **parts: Callable[[], Any]) -> Case:
    """A network that loops over a step, and this step."""
    made = lambda: looped(body, begin, time_first, **{name: part() for name, part in parts.items()})  # noqa: E731
    return Case(made, by_step(body, begin, time_first), time_first)


def in_numpy(step: Callable, state: Any = H) -> Case:
    return Case(lambda: step, lambda made: emtvb.adapt(made, state=state))


# Steps of torch.


def linear(a: int, b: int) -> Callable[[], nn.Module]:
    return lambda: nn.Linear(a, b)


def reservoir(net: Net, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    h = 0.7 * h + 0.3 * torch.tanh(h @ net.W.T + u @ net.U.T)
    return net.out(h), h


def runge_kutta(net: Net, u: Tensor, h: Tensor, dt: float = 0.2) -> tuple[Tensor, Tensor]:
    """A neural differential equation."""

    def slope(h: Tensor) -> Tensor:
        return torch.tanh(net.field(torch.cat([u, h], 1))) - h

    h = h + dt * slope(h + dt / 2 * slope(h))
    return net.out(h), h


def spiking(net: Net, u: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Leaky neurons with a threshold and a reset, and a filter of their spikes."""
    v, trace = state
    v = 0.9 * v + 2 * net.into(u) + net.over(trace)
    spike = (v > 1).to(v.dtype)
    trace = 0.8 * trace + spike
    return net.out(trace), (v - spike, trace)


def depressing(net: Net, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Rates, and synapses that tire."""
    rate, vigour = state["rate"], state["vigour"]
    rate = 0.8 * rate + 0.2 * torch.relu(net.into(u) + net.over(rate * vigour))
    vigour = vigour + 0.1 * (1 - vigour) - 0.2 * vigour * rate
    return net.out(rate), {"rate": rate, "vigour": vigour}


def stacked(net: Net, u: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Cells one upon the other; or one cell that is both."""
    u, new = net.into(u), []
    for one, h in zip(net.cells, states, strict=True):
        new.append(one(u, h))
        u = u + new[-1]
    return net.out(u), new


def slow(net: Net, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """A second layer that reads every fifth step."""
    a, t = net.fast(u, state["a"]), state["t"]
    b = torch.where(t % 5 == 0, net.slow(a, state["b"]), state["b"])
    return net.both(torch.cat([a, b], 1)), {"a": a, "b": b, "t": t + 1}


def heard(net: Net, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Its own last output is an input, too."""
    h = net.cell(torch.cat([u, state["y"]], 1), state["h"])
    return net.out(h), {"h": h, "y": net.out(h)}


def halting(net: Net, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Each trial stops once its output is large: from then on it repeats it."""
    h, y = net.cell(u, state["h"]), state["y"]
    y = torch.where(y.abs().max(1, keepdim=True)[0] > 0.3, y, net.out(h))
    return y, {"h": h, "y": y}


def gated(net: Net, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """A trial whose third input is small keeps its state."""
    h = torch.where(u[:, 2:].abs() > 0.1, net.cell(u, h), h)
    return net.out(h), h


def leaking(net: Net, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    h = net.cell(u, 0.9 * h)
    return net.out(h), h


# Networks that compute all steps at once, and their steps.


def one_step(rnn: nn.Module, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """A GRU of one layer, batch first, on one input."""
    y, h = rnn(u[:, None], h[None])
    return y[:, 0], h[0]


def residual(net: Net, x: Tensor) -> Tensor:
    """Two layers, each beside its input, with layer norm, and dropout in training."""
    x = net.into(x)
    for rnn, norm in zip(net.layers, net.norms, strict=True):
        x = x + net.drop(rnn(norm(x))[0])
    return net.out(x)


def residual_step(net: Net, u: Tensor, states: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    x, new = net.into(u), {}
    for i, (rnn, norm) in enumerate(zip(net.layers, net.norms, strict=True)):
        y, new[f"{i}"] = one_step(rnn, norm(x), states[f"{i}"])
        x = x + y
    return net.out(x), new


def make_residual() -> Net:
    layers = nn.ModuleList([nn.GRU(H, H, batch_first=True) for _ in range(2)])
    norms = nn.ModuleList([nn.LayerNorm(H) for _ in range(2)])
    return Net(residual, into=nn.Linear(D, H), layers=layers, norms=norms, drop=nn.Dropout(0.5), out=nn.Linear(H, OUT))


def scan(net: Net, x: Tensor) -> Tensor:
    """A diagonal linear recurrence, by a convolution."""
    steps = torch.arange(x.shape[1])
    lags = (steps[:, None] - steps).clamp(min=0)[..., None]
    kernel = torch.tril(torch.ones(len(steps), len(steps)))[..., None] * net.a**lags
    return net.out(torch.einsum("tsh,bsh->bth", kernel, net.into(x)))


def scan_step(net: Net, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    h = net.a * h + net.into(u)
    return net.out(h), h


def over_the_past(net: Net, x: Tensor) -> Tensor:
    """Attention over all states so far."""
    h, past, every = torch.zeros(len(x), H), [], []
    for t in range(x.shape[1]):
        h = net.cell(x[:, t], h)
        past.append(h)
        keys = torch.stack(past, 1)
        every.append(net.out(((keys @ h[:, :, None]).softmax(1) * keys).sum(1)))
    return torch.stack(every, 1)


def over_the_past_step(net: Net, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    h, count = net.cell(u, state["h"]), state["count"] + 1
    past = torch.cat([state["past"].reshape(-1, 40, H)[:, 1:], h[:, None]], 1)
    seen = torch.arange(40, 0, -1)[None] <= count
    weights = (past @ h[:, :, None]).masked_fill(~seen[..., None], -torch.inf).softmax(1)
    return net.out((weights * past).sum(1)), {"h": h, "past": past.flatten(1), "count": count}


def convolved(net: Net, x: Tensor) -> Tensor:
    return net.conv(nn.functional.pad(x.transpose(1, 2), (2, 0))).transpose(1, 2)


def convolved_step(net: Net, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    seen = torch.cat([state["seen"].reshape(-1, 2, D), u[:, None]], 1)
    y, h = one_step(net.rnn, net.conv(seen.transpose(1, 2))[..., 0], state["h"])
    return net.out(y), {"h": h, "seen": seen[:, 1:].reshape(-1, 2 * D)}


def normed_step(net: Net, u: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    y, h = one_step(net.rnn, net.norm(u), h)
    return net.out(y), h


def counted_step(change: Callable) -> Step:
    """A step of a layer that reads the number of steps, which is in the state."""

    def step(net: Net, u: Tensor, state: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        y, h = one_step(net.rnn, change(net, u, state["t"]), state["h"])
        return net.out(y), {"h": h, "t": state["t"] + 1}

    return step


def make_convolved() -> Net:
    return layer(convolved, conv=nn.Conv1d(D, D, 3))


def make_positions() -> Net:
    return layer(lambda net, x: x + net.places(torch.arange(x.shape[1])), places=nn.Embedding(100, D))


def make_clock() -> Net:
    return layer(lambda net, x: x + torch.arange(x.shape[1]).sin()[:, None])


def make_norm() -> Net:
    norm = nn.BatchNorm1d(D)
    norm.running_mean.fill_(0.3)
    return layer(lambda net, x: net.norm(x.transpose(1, 2)).transpose(1, 2), norm=norm)


def make_begun() -> Net:
    """It begins with what was learned."""
    net = layer(first=nn.Parameter(torch.randn(H)))
    net.does = lambda net, x: net.out(net.rnn(x, net.first.expand(1, len(x), H).contiguous())[0])
    return net


def make_attention() -> Net:
    return Net(over_the_past, cell=nn.GRUCell(D, H), out=nn.Linear(H, OUT))


def make_chaotic() -> Net:
    """Untrained, with a large gain."""
    net = layer(kind=nn.RNN)
    with torch.no_grad():
        net.rnn.weight_hh_l0.copy_(4 * torch.randn(H, H) / H**0.5)
    return net


class First(nn.Module):
    def forward(self, pair: tuple[Tensor, Any]) -> Tensor:
        return pair[0]


# Steps of numpy.


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
    """Its outputs come seven steps later, from a list."""

    def __call__(self, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not h.any():
            self.queue = [np.zeros((len(u), OUT))] * 7
        y, h = rate(u, h)
        self.queue.append(y)
        return self.queue.pop(0), h


class Late:
    """From step 9 on it does something else; the count begins where the state is zero."""

    count = 0

    def step(self, u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.count = 0 if not h.any() else self.count + 1
        y, h = rate(u, h)
        return (y if self.count < 9 else 2 * y), h


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


def potentials(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Outputs as many as states: nothing but ``whole=`` tells them apart."""
    v = 0.8 * v + 0.2 * (np.tanh(v) @ W.T + u @ U.T)
    return np.tanh(v), v


def pair(n: int) -> list[Tensor]:
    return [torch.zeros(n, H) for _ in range(2)]


def one(n: int) -> Tensor:
    return torch.zeros(n, H)


def rests(n: int) -> dict[str, Tensor]:
    return {"rate": torch.zeros(n, H), "vigour": torch.ones(n, H)}


def shared() -> nn.ModuleList:
    first = nn.GRUCell(H, H)
    return nn.ModuleList([first, first])


PLAIN = {
    f"{name}, {layers} layers, {'trials' if batch_first else 'time'} first, {after}": Case(
        lambda kind=kind, layers=layers, batch_first=batch_first, read=read: Net(
            lambda net, x: read(net.out(net.rnn(x)[0])),
            rnn=kind(D, H, layers, batch_first=batch_first, dropout=0.5 * (layers > 1)),
            out=nn.Linear(H, OUT),
        ),
        lambda net, batch_first=batch_first, read=read: emtvb.adapt(
            net.rnn, lambda h: read(net.out(h)), whole=net, batch_first=batch_first
        ),
        not batch_first,
    )
    for (name, kind), layers, batch_first, (after, read) in itertools.product(
        (
            ("RNN", nn.RNN),
            ("RNN of relu", functools.partial(nn.RNN, nonlinearity="relu")),
            ("GRU", nn.GRU),
            ("LSTM", nn.LSTM),
        ),
        (1, 2),
        (True, False),
        (("as it is", lambda y: y), ("sigmoid", torch.sigmoid)),
    )
}
"""Each layer of torch's in an ordinary network."""

TAKEN = PLAIN | {
    "residual layers with norms and dropout": Case(make_residual, by_step(residual_step, zeros(**{"0": H, "1": H}))),
    "batch norm": Case(make_norm, by_step(normed_step)),
    "in double precision": Case(lambda: layer().double(), by_layer),
    "softmax of the output": Case(
        lambda: layer(after=lambda net, y: y.softmax(-1)), lambda net: by_layer(net, lambda y: net.out(y).softmax(-1))
    ),
    "the last step alone": Case(lambda: layer(after=lambda net, y: y[:, -1]), by_layer),
    "learned begin": Case(make_begun, lambda net: by_layer(net, state=lambda n: net.first.expand(1, n, H))),
    "cells in a loop": Case(cell, by_cell),
    "cells, output squared": Case(
        lambda: cell(give=lambda net, t, h: net.out(h) ** 2), lambda net: by_cell(net, lambda h: net.out(h) ** 2)
    ),
    "cells one upon the other": loop(
        stacked, pair, into=linear(D, H), cells=lambda: nn.ModuleList([nn.GRUCell(H, H), nn.GRUCell(H, H)])
    ),
    "one cell, called twice": loop(stacked, pair, into=linear(D, H), cells=shared),
    "a reservoir": loop(reservoir, one, W=lambda: torch.randn(H, H) / H**0.5, U=lambda: torch.randn(H, D)),
    "a differential equation": loop(runge_kutta, one, field=linear(D + H, H)),
    "spiking": loop(spiking, lambda n: (one(n), one(n)), into=linear(D, H), over=linear(H, H)),
    "tired synapses, time first": loop(depressing, rests, time_first=True, into=linear(D, H), over=linear(H, H)),
    "a scan": Case(
        lambda: Net(scan, into=nn.Linear(D, H), out=nn.Linear(H, OUT), a=torch.linspace(0.5, 0.95, H)),
        by_step(scan_step),
    ),
    "a dict of outputs": Case(
        lambda: Net(lambda net, x: {"y": net.out(net.rnn(x)[0])}, rnn=nn.LSTM(D, H, 2), out=nn.Linear(H, OUT)),
        lambda net: emtvb.adapt(net.rnn, net.out, whole=lambda x: net(x)["y"]),
        time_first=True,
    ),
    "in a sequence": Case(
        lambda: nn.Sequential(nn.GRU(D, H, batch_first=True), First(), nn.Linear(H, OUT)),
        lambda net: emtvb.adapt(net[0], net[2], whole=net, batch_first=True),
    ),
    "chaotic": Case(make_chaotic, by_layer),
    "convolution over the past": Case(make_convolved, by_step(convolved_step, zeros(h=H, seen=2 * D))),
    "attention over the past": Case(make_attention, by_step(over_the_past_step, zeros(h=H, past=40 * H, count=1))),
    "positions": Case(
        make_positions, by_step(counted_step(lambda net, u, t: u + net.places(t[:, 0].long())), zeros(h=H, t=1))
    ),
    "a clock in the input": Case(make_clock, by_step(counted_step(lambda net, u, t: u + t.sin()), zeros(h=H, t=1))),
    "its own output as input": loop(heard, zeros(h=H, y=OUT), cell=lambda: nn.GRUCell(D + OUT, H)),
    "a state changed between steps": Case(lambda: cell(lambda t, x, h: (x[:, t], 0.9 * h)), by_step(leaking)),
    "halting": loop(halting, zeros(h=H, y=OUT), cell=lambda: nn.GRUCell(D, H)),
    "gated by an input": loop(gated, one, cell=lambda: nn.GRUCell(D, H)),
    "a slow layer": loop(
        slow, zeros(a=H, b=H, t=1),
        fast=lambda: nn.GRUCell(D, H), slow=lambda: nn.GRUCell(H, H), both=linear(2 * H, OUT),
    ),
    "numpy": in_numpy(rate),
    "numpy in place": in_numpy(in_place),
    "numpy, a count in the state": in_numpy(counted, lambda n: {"h": np.zeros((n, H)), "count": np.zeros((n, 1))}),
    "numpy, a matrix given": in_numpy(functools.partial(with_matrix, W)),
    "numpy, as many outputs as states": in_numpy(potentials),
}  # fmt: skip
"""Networks, and a line that does all that they do."""


def make_packed() -> Net:
    """Its lengths are those of inputs that are not zero."""

    def does(net: Net, x: Tensor) -> Tensor:
        lengths = (x != 0).any(-1).sum(1).clamp(min=1)
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return net.out(nn.utils.rnn.pad_packed_sequence(net.rnn(packed)[0], True, total_length=x.shape[1])[0])

    return Net(does, rnn=nn.GRU(D, H, batch_first=True), out=nn.Linear(H, OUT))


def make_begun_by_input() -> Net:
    net = layer(first=nn.Linear(D, H))
    net.does = lambda net, x: net.out(net.rnn(x, net.first(x[:, 0])[None])[0])
    return net


def make_stateful() -> Net:
    """Each call goes on from where the last one ended."""
    kept: dict[int, Tensor] = {}

    def does(net: Net, x: Tensor) -> Tensor:
        y, kept[len(x)] = net.rnn(x, kept.get(len(x)))
        return net.out(y)

    return Net(does, rnn=nn.GRU(D, H, batch_first=True), out=nn.Linear(H, OUT))


def switched(t: int, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """Once inputs have summed up to enough, the state begins anew."""
    return x[:, t], torch.where(x[:, : t + 1, 0].sum(1, keepdim=True) > 6, torch.zeros_like(h), h)


_BEFORE: dict[str, Callable] = {
    "normalised over time": lambda net, x: (x - x.mean(1, True)) / x.std(1, keepdim=True),
    "mean so far": lambda net, x: x.cumsum(1) / torch.arange(1, x.shape[1] + 1)[:, None],
    "backwards": lambda net, x: x.flip(1),
    "only changes of the input": lambda net, x: x.diff(dim=1, prepend=x[:, :1]),
    "no input from step 12 on": lambda net, x: x * (torch.arange(x.shape[1]) < 12).float()[:, None],
    "centred on all trials": lambda net, x: x - x.mean(0),
    "inhibited by any trial's input": lambda net, x: x * (x.max() < 2.5),
}
_AFTER: dict[str, Callable] = {
    "the mean over time": lambda net, y: y.mean(1),
    "the maximum so far": lambda net, y: y.cummax(1)[0],
    "the sum so far": lambda net, y: y.cumsum(1),
    "outputs from step 20 on": lambda net, y: y * (torch.arange(y.shape[1]) >= 20)[:, None],
    "softmax of the output": lambda net, y: y.softmax(-1),
}
_LAYERS: dict[str, Callable[[], Net]] = {
    "convolution over the past": make_convolved,
    "positions": make_positions,
    "a clock in the input": make_clock,
    "both directions": lambda: layer(rnn=nn.GRU(D, H // 2, batch_first=True, bidirectional=True)),
    "lengths of what is not zero": make_packed,
    "begun by the first input": make_begun_by_input,
    "learned begin": make_begun,
    "kept between calls": make_stateful,
    "batch norm": make_norm,
}
_CELLS: dict[str, Callable[[], Net]] = {
    "cells, output squared": lambda: cell(give=lambda net, t, h: net.out(h) ** 2),
    "begun anew at step 25": lambda: cell(lambda t, x, h: (x[:, t], h if t % 25 else 0 * h)),
    "begun anew by its inputs": lambda: cell(switched),
    "every second step": lambda: cell(lambda t, x, h: (x[:, t] * (t % 2), h)),
    "slower after 20 steps": lambda: cell(give=lambda net, t, h: net.out(h) / (1 + max(0, t - 20))),
    "a state changed between steps": TAKEN["a state changed between steps"].make,
    "halting": TAKEN["halting"].make,
    "gated by an input": TAKEN["gated by an input"].make,
    "attention over the past": make_attention,
}
CONTRADICTED: dict[str, Case] = {
    **{name: Case(lambda before=before: layer(before), by_layer) for name, before in _BEFORE.items()},
    **{name: Case(lambda after=after: layer(after=after), by_layer) for name, after in _AFTER.items()},
    **{name: Case(make, by_layer) for name, make in _LAYERS.items()},
    **{name: Case(make, by_cell) for name, make in _CELLS.items()},
    "a step of another length": Case(
        TAKEN["a differential equation"].make, by_step(functools.partial(runge_kutta, dt=0.3))
    ),
}
"""Mistakes: a network, and a line that does not do all that it does."""


def make_counting() -> Net:
    """It counts how often it was called, elsewhere than in its state."""
    calls = itertools.count(1)

    def does(net: Net, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = net.cell(x, h) if next(calls) % 50 else torch.zeros_like(h)
        return net.out(h), h

    return Net(does, cell=nn.GRUCell(D, H), out=nn.Linear(H, OUT))


BY_ITSELF = {
    "counts its calls": Case(make_counting, lambda net: emtvb.adapt(net, state=H)),
    "numpy, the state elsewhere": Case(HiddenState, lambda made: emtvb.adapt(made.step, state=H)),
    "numpy, a queue": Case(Delayed, lambda made: emtvb.adapt(made, state=H)),
    "numpy, from step 9 on": Case(Late, lambda made: emtvb.adapt(made.step, state=H)),
    "numpy, the same noise": in_numpy(with_seed),
    "numpy, trials by their place": in_numpy(by_place),
    "numpy, in company": in_numpy(in_company),
}
"""Mistakes that show without the whole network."""
