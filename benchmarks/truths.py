"""Whether ``judge`` and ``edit`` find what is there and nothing else, on systems whose truth is known.

    python -m benchmarks.truths [--draws 100] [--unstored 300]

Each sort of truth is a system that uses the variable that is edited; each falsehood holds it and does not use it, holds
something else, or does not hold it at that time; what is not stored is nowhere in the states. All calls are defaults;
where an edit shows no use and its verdict names other times of the fit, or another rule, it is made once more by them.
"""

# ruff: noqa: ARG001, ARG005 - what draws and moves is called alike, whether it needs all it is given or not

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import click
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn

import emtvb
from emtvb.core.variables import simplex_corners

SIZE, TRIALS, STEPS = 12, 200, 10
Case = tuple[emtvb.Fitted, dict[str, Any]]
"""What was fitted, and what is asked of ``edit``."""
Sort = Callable[[np.random.Generator], Case]


def bits(rng: np.random.Generator, count: int, trials: int = TRIALS) -> np.ndarray:
    """Random signs, (trial, bit)."""
    return rng.choice([-1.0, 1.0], size=(trials, count))


def written(values: np.ndarray, steps: int = STEPS, at: int = 0) -> np.ndarray:
    """Inputs (time, trial, value + 1) that write the values once; the last input says that they do."""
    u = np.zeros((steps, len(values), values.shape[1] + 1))
    u[at, :, :-1], u[at, :, -1] = values, 1
    return u


def register(
    rng: np.random.Generator,
    count: int,
    output: Callable[[np.ndarray], np.ndarray],
    move: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda v, u: v,
    scale: Any = 1.0,
    noise: float = 0.0,
) -> emtvb.Adapted:
    """A system with the state Psi v + c + noise: v is written when the last input says so, and moved at other steps."""
    basis, centre = rng.normal(size=(SIZE, count)) * scale, rng.normal(size=SIZE)
    back = np.linalg.pinv(basis)

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        held = (h - centre) @ back.T
        v = np.where(u[:, -1:] > 0, u[:, :count], move(held, u))
        h = v @ basis.T + centre
        return output(v), h + noise * rng.normal(size=h.shape) if noise else h

    return emtvb.adapt(step, state=centre)


def held(values: np.ndarray, names: str = "abcd") -> dict[str, np.ndarray]:
    """Labels that are the same at each step."""
    return dict(zip(names, values.T, strict=False))


def stays(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The future of what is kept and given out."""
    return np.repeat(values[None].astype(float), len(inputs), axis=0)


def fitted(system: Any, inputs: np.ndarray, labels: Any, times: Any = None, **more: Any) -> emtvb.Fitted:
    """Recorded and fitted."""
    return emtvb.fit(emtvb.record(system, inputs, labels, **more), times)


def two_bits(output: Callable[[np.ndarray], np.ndarray], **more: Any) -> Sort:
    """Two bits that are kept."""

    def sort(rng: np.random.Generator) -> Case:
        v = bits(rng, 2)
        return fitted(register(rng, 2, output, **more), written(v), held(v)), {"at": 4, "flip": "a"}

    return sort


def latch(v: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Each value goes to 1 or -1."""
    return np.tanh(3 * v) / np.tanh(3)


def with_future(sort: Sort) -> Sort:
    """The same, where a function says that both values stay and are given out."""
    return lambda rng: (lambda case: (case[0], {**case[1], "expected": stays}))(sort(rng))


def ring(rng: np.random.Generator, speed: float = 0.0) -> Case:
    """An angle on a ring attractor, which may turn; set to that of another trial."""
    angle = rng.uniform(0, 2 * np.pi, size=TRIALS)
    turn = np.array([[np.cos(speed), -np.sin(speed)], [np.sin(speed), np.cos(speed)]])
    v = np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def move(z: np.ndarray, u: np.ndarray) -> np.ndarray:
        return z @ turn.T / np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-9)

    over = np.stack([v @ np.linalg.matrix_power(turn, t).T for t in range(STEPS)])
    case = fitted(register(rng, 2, lambda v: v, move), written(v), {"x": over[..., 0], "y": over[..., 1]})
    other = rng.permutation(TRIALS // 2)
    wanted = case.trials.values(case.trials.test.labels[4])[other]

    def future(values: np.ndarray, u: np.ndarray) -> np.ndarray:
        return np.stack([values @ np.linalg.matrix_power(turn, t + 1).T for t in range(len(u))])

    return case, {"at": 4, "set": {"x": wanted[:, 0], "y": wanted[:, 1]}, "expected": future}


def delay_line(rng: np.random.Generator) -> Case:
    """Three bits in a row; the oldest is given out."""
    u = np.zeros((16, TRIALS, 4))
    u[..., 0] = bits(rng, 16).T

    def move(v: np.ndarray, u: np.ndarray) -> np.ndarray:
        return np.concatenate([u[:, :1], v[:, :2]], axis=1)

    lags = [np.concatenate([np.full((i, TRIALS), np.nan), u[: 16 - i, :, 0]]) for i in range(3)]
    labels = dict(zip("abc", lags, strict=True))
    return fitted(register(rng, 3, lambda v: v[:, 2:], move), u, labels), {"at": 6, "flip": "b"}


def gated(rng: np.random.Generator) -> Case:
    """A bit that is written again at random steps, among others that are not."""
    value, write = bits(rng, STEPS).T, rng.random((STEPS, TRIALS)) < 0.1
    write[0] = True
    label = value.copy()
    for t in range(1, STEPS):
        label[t] = np.where(write[t], value[t], label[t - 1])
    system = register(rng, 1, lambda v: v)
    return fitted(system, np.stack([value, write], axis=2), {"a": label}), {"at": 4, "flip": "a"}


def integrator(rng: np.random.Generator) -> Case:
    """A number to which inputs are added."""
    u = rng.normal(size=(STEPS, 3 * TRIALS, 1)) * np.linspace(2, 0.3, STEPS)[:, None, None]
    basis = rng.normal(size=SIZE)
    system = emtvb.adapt(lambda u, h: (h[:, :1], h + u * basis), state=SIZE)
    return fitted(system, u, {"n": u[..., 0].cumsum(axis=0)}), {"at": 4, "shift": {"n": 1.5}}


def leaky(rng: np.random.Generator) -> Case:
    """A number that fades; what follows is said."""
    v = rng.normal(size=(TRIALS, 1))
    labels = {"n": v[:, 0] * 0.9 ** np.arange(STEPS)[:, None]}
    case = fitted(register(rng, 1, lambda v: v, lambda v, u: 0.9 * v), written(v), labels)
    return case, {
        "at": 4, "shift": {"n": 1.0},
        "expected": lambda values, u: np.stack([0.9 ** (t + 1) * values for t in range(len(u))]),
    }  # fmt: skip


def words(rng: np.random.Generator, end: bool = False, choose: bool = False) -> Case:
    """One of four words; the output are scores, perhaps at the last step alone, perhaps compared by the largest."""
    place = rng.integers(4, size=2 * TRIALS)
    names = np.array(["north", "east", "south", "west"])[place]
    u = written(np.concatenate([simplex_corners(4)[place], np.zeros((2 * TRIALS, 1))], axis=1))
    u[-1, :, 3] = 1  # the last step

    def move(v: np.ndarray, u: np.ndarray) -> np.ndarray:
        return np.concatenate([v[:, :3], u[:, 3:4]], axis=1)

    def output(v: np.ndarray) -> np.ndarray:
        return v[:, :3] @ simplex_corners(4).T * (v[:, 3:] if end else 1)

    more = {"agrees": lambda o, e: o.argmax(axis=2) == e.argmax(axis=2)} if choose else {}
    return fitted(register(rng, 4, output, move), u, {"w": names}), {"at": 4, "set": {"w": "south"}, **more}


def mixed(rng: np.random.Generator) -> Case:
    """A bit, one of three words and a number; all are given out."""
    bit, place = bits(rng, 1, 600), rng.integers(3, size=600)
    number = rng.integers(3, size=(600, 1)) - 1.0
    v = np.concatenate([bit, simplex_corners(3)[place], number], axis=1)
    labels = {"bit": bit[:, 0] > 0, "word": place, "number": number[:, 0]}
    return fitted(register(rng, 4, lambda v: v), written(v), labels), {"at": 4, "flip": "bit"}


def counter(rng: np.random.Generator) -> Case:
    """A place among three that a pulse moves on."""
    place, pulse = rng.integers(3, size=2 * TRIALS), rng.random((STEPS, 2 * TRIALS)) < 0.2
    pulse[0] = False
    corners = simplex_corners(3)
    turn = np.linalg.lstsq(corners, np.roll(corners, -1, axis=0), rcond=None)[0]
    u = np.concatenate([written(corners[place])[..., :2], pulse[..., None], written(place[:, None])[..., -1:]], axis=2)
    system = register(rng, 2, lambda v: v, lambda v, u: np.where(u[:, 2:3] > 0, v @ turn, v))
    return fitted(system, u, {"p": (place + pulse.cumsum(axis=0)) % 3}), {"at": 4, "set": {"p": 1}}


def swapped(rng: np.random.Generator) -> Case:
    """Two bits that exchange their values."""
    case, asked = two_bits(lambda v: v)(rng)
    return case, {"at": asked["at"], "swap": ("a", "b")}


def shown_late(rng: np.random.Generator) -> Case:
    """Two bits that are shown in the middle, and fitted at all times."""
    v = bits(rng, 2)
    return fitted(register(rng, 2, lambda v: v), written(v, at=4), held(v)), {"at": 7, "flip": "a", "expected": stays}


def rare(rng: np.random.Generator) -> Case:
    """A bit that is 1 in a tenth of the trials."""
    v = np.where(rng.random((2 * TRIALS, 1)) < 0.1, 1.0, -1.0)
    return fitted(register(rng, 1, lambda v: v), written(v), held(v)), {"at": 4, "flip": "a"}


def product(rng: np.random.Generator) -> Case:
    """Two numbers whose product is given out; a function says so."""
    v = rng.normal(size=(TRIALS, 2))
    system = register(rng, 2, lambda v: v[:, :1] * v[:, 1:])
    return fitted(system, written(v), held(v)), {
        "at": 4, "shift": {"a": 1.0}, "expected": lambda v, u: np.repeat((v[:, :1] * v[:, 1:])[None], len(u), axis=0),
    }  # fmt: skip


def tiny(rng: np.random.Generator) -> Case:
    """A bit whose part of the state is a millionth of another one's, in double precision; both are given out."""
    v = bits(rng, 2)
    return fitted(register(rng, 2, lambda v: v, scale=[1e-6, 1.0]), written(v), held(v)), {"at": 4, "flip": "a"}


def apart(units: int) -> torch.Tensor:
    """Two directions of length 1 that share no unit, (unit, 2): tanh does not mix what lies along them."""
    mine = torch.arange(units)[:, None] % 2 == torch.arange(2)
    axes = torch.where(mine, torch.randn(units, 1).sign() * (1 + torch.rand(units, 1)), 0.0)
    return axes / axes.norm(dim=0)


class CTRNN(nn.Module):
    """Two bistable directions among 24 units, leaky, with noise from a third input."""

    def __init__(self, read: int = 2) -> None:
        super().__init__()
        self.into, self.over, self.out = nn.Linear(3, 24), nn.Linear(24, 24), nn.Linear(24, read)
        axes = apart(24)
        with torch.no_grad():
            self.over.weight[:], self.over.bias[:] = 10 * axes @ axes.T, 0
            self.into.weight[:], self.into.bias[:] = torch.cat([15 * axes, 0.05 * torch.randn(24, 1)], dim=1), 0
            self.out.weight[:], self.out.bias[:] = axes.T[:read], 0

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """A step."""
        h = 0.8 * h + 0.2 * torch.tanh(self.into(x) + self.over(h))
        return self.out(h), h


def perfect_rnn(read: int = 2) -> tuple[nn.Module, nn.Module]:
    """Units of tanh that keep two bits without a mistake."""
    rnn, out = nn.RNN(3, 16), nn.Linear(16, read)
    axes = 2 * apart(16)
    with torch.no_grad():
        rnn.weight_hh_l0[:], rnn.bias_hh_l0[:], rnn.bias_ih_l0[:] = 1.5 * axes @ axes.T / 2, 0, 0
        rnn.weight_ih_l0[:] = torch.cat([3 * axes, 0.02 * torch.randn(16, 1)], dim=1)
        out.weight[:], out.bias[:] = axes.T[:read] / 4, 0
    return rnn, out


def gated_units(read: int = 2) -> tuple[nn.Module, nn.Module]:
    """A GRU whose gates are closed but for large inputs; its readout scores each bit's two values."""
    gru, out = nn.GRU(3, 16), nn.Linear(16, read)
    axes = 2 * apart(16)
    with torch.no_grad():
        for parameter in gru.parameters():
            parameter.zero_()
        gru.weight_ih_l0[16:32, 2], gru.bias_ih_l0[16:32] = -20, 8
        gru.weight_ih_l0[32:, :2] = axes
        out.weight[:], out.bias[:] = axes.T[:read], 0
    return gru, out


def torch_case(rng: np.random.Generator, network: Any, readout: Any = None, **asked: Any) -> Case:
    """Two bits shown at the first step, of a torch network; the third input is noise, or a gate."""
    v = bits(rng, 2, 300)
    u = np.zeros((30, 300, 3), dtype=np.float32)
    u[0, :, :2] = v
    if isinstance(network, nn.GRU):
        u[0, :, 2] = 1
    else:
        u[..., 2] = rng.normal(size=u.shape[:2])
    if isinstance(network, CTRNN):
        system = emtvb.adapt(network, state=24)
    else:
        system = emtvb.adapt(network, readout, whole=lambda x: readout(network(x)[0]))
    return fitted(system, u, held(v)), {"at": 15, "flip": "a", **asked}


def classified(rng: np.random.Generator) -> Case:
    """A GRU that scores four classes, held to the largest."""
    gru, out = gated_units()
    scores = nn.Linear(2, 4)
    with torch.no_grad():
        scores.weight[:], scores.bias[:] = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]]), 0
    return torch_case(rng, gru, nn.Sequential(out, scores), agrees=lambda o, e: o.argmax(axis=2) == e.argmax(axis=2))


TRUE: dict[str, Sort] = {
    "linear readout of a kept bit": two_bits(lambda v: v),
    "the same, future said": with_future(two_bits(lambda v: v)),
    "latches": two_bits(lambda v: v, move=latch),
    "latches, noisy": two_bits(lambda v: v, move=latch, noise=0.05),
    "ring attractor": ring,
    "ring that turns": lambda rng: ring(rng, 0.4),
    "delay line": delay_line,
    "gated bit": gated,
    "integrator": integrator,
    "leaky integrator": leaky,
    "one of four words": words,
    "words, at the end alone": lambda rng: words(rng, end=True),
    "words, by the largest": lambda rng: words(rng, choose=True),
    "bit, word and number": mixed,
    "exclusive or of two bits": two_bits(lambda v: v[:, :1] * v[:, 1:]),
    "and of two bits": two_bits(lambda v: np.minimum(v[:, :1], v[:, 1:])),
    "product of two numbers": product,
    "steep readout": two_bits(lambda v: 1 / (1 + np.exp(-10 * v))),
    "only this bit is given out": two_bits(lambda v: v[:, :1]),
    "counter that pulses move": counter,
    "two bits swapped": swapped,
    "a rare value": rare,
    "shown in the middle": shown_late,
    "a millionth as large": tiny,
    "torch: CTRNN": lambda rng: torch_case(rng, CTRNN()),
    "torch: CTRNN, bit a given out": lambda rng: torch_case(rng, CTRNN(1)),
    "torch: perfect RNN": lambda rng: torch_case(rng, *perfect_rnn()),
    "torch: RNN, bit a given out": lambda rng: torch_case(rng, *perfect_rnn(1)),
    "torch: GRU": lambda rng: torch_case(rng, *gated_units()),
    "torch: GRU classifier, by the largest": classified,
}


def first(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The future of a first value that is kept and given out."""
    return stays(values[:, :1], inputs)


def ignored(**more: Any) -> Sort:
    """A bit that is kept; the output is the other one."""
    return two_bits(lambda v: v[:, 1:], **more)


def unlabelled(rng: np.random.Generator) -> Case:
    """A bit that is kept; the output is another one, of which nothing is said."""
    v = bits(rng, 2)
    return fitted(register(rng, 2, lambda v: v[:, 1:]), written(v), {"a": v[:, 0]}), {"at": 4, "flip": "a"}


def copied(rng: np.random.Generator) -> Case:
    """A copy that nothing reads, beside a product with a hidden sign, which is what is given out."""
    v, r = bits(rng, 1), bits(rng, 1)
    system = register(rng, 3, lambda v: v[:, 1:2] * v[:, 2:])
    return fitted(system, written(np.concatenate([v, v * r, r], axis=1)), held(v)), {"at": 4, "flip": "a"}


def echo(rng: np.random.Generator) -> Case:
    """An input that is there at every step; it is kept, and given out from the input."""
    v = bits(rng, 1)
    u = np.repeat(v[None], STEPS, axis=0)
    basis = rng.normal(size=SIZE)
    return fitted(emtvb.adapt(lambda u, h: (u, u * basis), state=SIZE), u, held(v)), {"at": 4, "flip": "a"}


def agreeing(share: float, future: Any = None) -> Sort:
    """A label that agrees with the kept bit in a share of the trials."""

    def sort(rng: np.random.Generator) -> Case:
        v = bits(rng, 1, 600)
        label = np.where(rng.random((600, 1)) < share, v, -v)
        asked = {"at": 4, "flip": "a", "expected": future}
        return fitted(register(rng, 1, lambda v: v, latch), written(v), held(label)), asked

    return sort


def before(future: Any = None) -> Sort:
    """A bit that is shown after the edit, and adds to what is kept."""

    def sort(rng: np.random.Generator) -> Case:
        v = bits(rng, 1)
        basis = rng.normal(size=SIZE)
        u = np.zeros((STEPS, TRIALS, 1))
        u[5] = v
        system = emtvb.adapt(lambda u, h: (h @ basis[:, None] / (basis @ basis), h + u * basis), state=SIZE)
        return fitted(system, u, held(v), range(5, STEPS)), {"at": 2, "flip": "a", "expected": future}

    return sort


def forgotten(rng: np.random.Generator) -> Case:
    """A bit that is kept and given out until step 3, and edited at step 6."""
    v = bits(rng, 2)
    u = written(v)
    u[4, :, 0], u[4, :, -1] = rng.choice([-1, 1], size=TRIALS), 1
    u[4, :, 1] = v[:, 1]
    system = register(rng, 2, lambda v: v)
    return fitted(system, u, held(v), range(4)), {"at": 6, "flip": "a"}


def constant(rng: np.random.Generator) -> Case:
    """A bit that is kept; the output never changes."""
    return two_bits(lambda v: np.ones((len(v), 1)))(rng)


def ignored_number(rng: np.random.Generator) -> Case:
    """Two numbers, of which one is given out and the other is edited."""
    v = rng.integers(3, size=(2 * TRIALS, 2)) - 1.0
    return fitted(register(rng, 2, lambda v: v[:, 1:]), written(v), held(v)), {"at": 4, "set": {"a": 1.0}}


def untrained(rng: np.random.Generator) -> Case:
    """A GRU with random weights, just after the input."""
    case, asked = torch_case(rng, nn.GRU(3, 16), nn.Linear(16, 2))
    return case, {**asked, "at": 1}


FALSE: dict[str, Sort] = {
    "kept and ignored": ignored(),
    "kept and ignored, future said": lambda rng: (lambda case: (case[0], {**case[1], "expected": first}))(
        ignored()(rng)
    ),
    "kept and ignored, noisy": ignored(noise=0.05, move=latch),
    "ignored beside an unlabelled one": unlabelled,
    "a copy beside what is used": copied,
    "echo of the input": echo,
    "label that agrees in 85%": agreeing(0.85),
    "label that agrees in 85%, future said": agreeing(0.85, stays),
    "label that agrees in 70%, future said": agreeing(0.7, stays),
    "before it is shown": before(),
    "before it is shown, future said": before(stays),
    "after it is forgotten": forgotten,
    "output that never changes": constant,
    "ignored number": ignored_number,
    "torch: ignored bit of a CTRNN": lambda rng: torch_case(rng, CTRNN(1), flip="b"),
    "torch: ignored bit of a perfect RNN": lambda rng: torch_case(rng, *perfect_rnn(1), flip="b"),
    "torch: ignored bit of a GRU": lambda rng: torch_case(rng, *gated_units(1), flip="b"),
    "torch: untrained GRU": untrained,
}


def labelled(label: Callable[[np.random.Generator, np.ndarray], np.ndarray]) -> Sort:
    """A label of two noisy latches that is not in their states; ``b``, which is, is given beside it."""

    def sort(rng: np.random.Generator) -> Case:
        v = bits(rng, 2)
        y = label(rng, v)
        case = fitted(register(rng, 2, lambda v: v, latch, noise=0.1), written(v), {"y": y, "b": v[:, 1]})
        kind = case.trials.variables[0].kind
        values = case.trials.variables[0].classes
        return case, {"at": 4, **({"set": {"y": values[-1]}} if kind != "continuous" else {"shift": {"y": 1.0}})}

    return sort


def with_drift(rng: np.random.Generator, label: np.ndarray, groups: Any = None) -> emtvb.Fitted:
    """A label that is nowhere, while an input drifts from trial to trial."""
    drift = rng.normal(size=(2 * TRIALS, 3)).cumsum(axis=0)
    u = np.zeros((STEPS, 2 * TRIALS, 3))
    u[:] = drift / drift.std() + 0.3 * rng.normal(size=u.shape)
    basis = rng.normal(size=(SIZE, 3))
    system = emtvb.adapt(lambda u, h: (h[:, :2], np.tanh(0.5 * h + u @ basis.T)), state=SIZE)
    return fitted(system, u, {"y": label}, groups=groups)


def drifting(grouped: bool) -> Sort:
    """Labels in 40 blocks of ten trials."""

    def sort(rng: np.random.Generator) -> Case:
        block = np.arange(2 * TRIALS) // 10
        label = rng.choice([-1.0, 1.0], size=block.max() + 1)[block]
        return with_drift(rng, label, block if grouped else None), {"at": 4, "flip": "y"}

    return sort


UNSTORED: dict[str, Sort] = {
    "a coin": labelled(lambda rng, v: rng.choice([0, 1], size=len(v))),
    "a coin at each step": labelled(lambda rng, v: rng.choice([0, 1], size=(STEPS, len(v)))),
    "a coin that is rarely 1": labelled(lambda rng, v: rng.random(len(v)) < 0.1),
    "the exclusive or of two kept bits": labelled(lambda rng, v: v.prod(axis=1) > 0),
    "a word": labelled(lambda rng, v: rng.choice(list("abc"), size=len(v))),
    "a number": labelled(lambda rng, v: rng.normal(size=len(v))),
    "a walk": labelled(lambda rng, v: rng.normal(size=(STEPS, len(v))).cumsum(axis=0)),
    "blocks while an input drifts, with groups": drifting(True),
}


def before_it(rng: np.random.Generator) -> Case:
    """Labels that are mostly those of the trial before, while an input drifts from trial to trial."""
    label = np.where(rng.random(2 * TRIALS) < 0.2, -1.0, 1.0).cumprod()
    return with_drift(rng, label), {"at": 4, "flip": "y"}


NO_GROUPS = {
    "blocks while an input drifts, without groups": drifting(False),
    "labels by the trial before, while an input drifts": before_it,
}
"""What an assumption that does not hold comes to."""


def drawn(sort: Sort, seed: int) -> tuple[bool, bool, str]:
    """Whether what is edited is readable at all, whether the edit is claimed, and in words why (not)."""
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case, asked = sort(np.random.default_rng(seed))
        readable = emtvb.judge(case)[_edited(asked)].readable
        try:
            edits = emtvb.edit(case, **asked)
            if not edits.controls_fail and (advice := re.search(r"with (fit|agrees)(.*?), and 0", edits.verdict)):
                if named := re.match(r"\(trials, times=range\((\d+), (\d+)\)\)", advice[2]):
                    edits = emtvb.edit(emtvb.fit(case.trials, range(int(named[1]), int(named[2]))), **asked)
                else:
                    edits = emtvb.edit(case, **asked, agrees=lambda o, e: o.argmax(axis=2) == e.argmax(axis=2))
        except emtvb.InputError as error:  # such as no other trial with these values
            return readable, False, str(error)
    return readable, edits.controls_fail, edits.verdict


def _edited(asked: dict[str, Any]) -> str:
    """The variable that is edited, or the first of two."""
    (what,) = (asked[word] for word in ("flip", "set", "swap", "shift") if word in asked)
    return what if isinstance(what, str) else next(iter(what))


@click.command(help=__doc__)
@click.option("--draws", default=100, help="Of each sort of truth and falsehood.")
@click.option("--unstored", default=300, help="Of each sort of what is not stored.")
@click.option("--only", default="", help="Sorts whose name has this in it.")
def main(draws: int, unstored: int, only: str) -> None:
    """Draw each sort and print what was claimed."""
    torch.set_num_threads(1)
    table = Table("", "sort", "draws", "readable", "claimed", "the most frequent reason otherwise")
    for kind, sorts, count in (
        ("true", TRUE, draws), ("false", FALSE, draws), ("not stored", UNSTORED | NO_GROUPS, unstored),
    ):  # fmt: skip
        for name, sort in sorts.items():
            if only not in name or not count:
                continue
            found = [drawn(sort, seed) for seed in range(count)]
            reasons = [words.partition("(")[0].partition(": ")[2][:60] for _, claimed, words in found if not claimed]
            reason = max(set(reasons), key=reasons.count) if reasons else ""
            readable, claimed = (sum(part) for part in list(zip(*found, strict=True))[:2])
            print(f"{kind:10} {name:45} {count:4} {readable:5} {claimed:5}  {reason}", flush=True)
            table.add_row(kind, name, str(count), str(readable), str(claimed), reason)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
