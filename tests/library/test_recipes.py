"""The guide's recipes, each as it stands there, on the network that it is for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import emtvb

D, H, TIME, TRIALS = 3, 16, 30, 40
GUIDE = (Path(__file__).parents[2] / "docs" / "own-network.md").read_text()
RATE, STATE_SPACE, ATTENTION, FLAX, SPIKING, NEUROGYM = re.findall(r"```py\n(.*?)```", GUIDE, re.DOTALL)


class Rate(nn.Module):
    """Leaky rates, in a loop of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.over, self.out = nn.Linear(D, H), nn.Linear(H, H), nn.Linear(H, 2)

    def forward(self, x: Tensor) -> Tensor:
        r, every = torch.zeros(len(x), H), []
        for u in x.unbind(1):
            r = 0.8 * r + 0.2 * torch.tanh(self.into(u) + self.over(r))
            every.append(self.out(r))
        return torch.stack(every, 1)


class Spiking(Rate):
    """A threshold, a reset, and a filter of the spikes."""

    def forward(self, x: Tensor) -> Tensor:
        v, trace, every = torch.zeros(len(x), H), torch.zeros(len(x), H), []
        for u in x.unbind(1):
            v = 0.9 * v + self.into(u) + self.over(trace)
            spikes = (v > 1).float()
            v, trace = v - spikes, 0.8 * trace + spikes
            every.append(self.out(trace))
        return torch.stack(every, 1)


class StateSpace(nn.Module):
    """All steps at once, as a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("a", 0.9 * torch.exp(1j * torch.linspace(0.1, 2, H)))
        self.B = nn.Parameter(torch.randn(H, D, dtype=torch.complex64))
        self.C = nn.Parameter(torch.randn(2, H, dtype=torch.complex64))

    def forward(self, x: Tensor) -> Tensor:
        steps = torch.arange(x.shape[1])
        lag = (steps[:, None] - steps).clamp(min=0)
        kernel = torch.tril(torch.ones(len(steps), len(steps)))[..., None] * self.a ** lag[..., None]
        return (torch.einsum("tsh,bsh->bth", kernel, x.to(self.a.dtype) @ self.B.T) @ self.C.T).real


class Attention(nn.Module):
    """Each step sees the steps so far."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.out = nn.Linear(D, H), nn.Linear(D, H), nn.Linear(D, H), nn.Linear(H, 2)

    def forward(self, x: Tensor) -> Tensor:
        later = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), 1)
        score = (self.q(x) @ self.k(x).transpose(1, 2)).masked_fill(later, -torch.inf)
        return self.out(score.softmax(2) @ self.v(x))


def run(code: str, **given: Any) -> dict[str, Any]:
    """What a recipe defines."""
    names: dict[str, Any] = {"emtvb": emtvb, "torch": torch, "np": np, **given}
    exec(code, names)
    return names


@pytest.mark.parametrize(
    ("code", "kind"), [(RATE, Rate), (STATE_SPACE, StateSpace), (ATTENTION, Attention), (SPIKING, Spiking)]
)
def test_a_recipe_of_torch_does_what_its_network_does(code: str, kind: type) -> None:
    torch.manual_seed(0)
    system = run(code, net=kind())["system"]
    x = np.random.default_rng(0).normal(size=(TIME, TRIALS, D)).astype(np.float32)
    assert system.verify(x)
    torch.manual_seed(1)
    other = run(code, net=kind())["system"].machine.form.whole
    system.machine.form = replace(system.machine.form, whole=other)  # another network is another
    with pytest.raises(emtvb.InputError, match=r"where .* gives"):
        system.verify(x)


@pytest.mark.filterwarnings("ignore:step. verified. no")
@pytest.mark.parametrize("is_real", [True, False])
def test_the_recipe_of_flax_is_recorded(is_real: bool) -> None:
    """With a stand-in where flax is not installed."""
    rng = np.random.default_rng(0)
    if is_real:
        jax, linen = pytest.importorskip("jax"), pytest.importorskip("flax.linen")
        cell = linen.GRUCell(features=H)
        params = cell.init(jax.random.PRNGKey(0), np.zeros((1, H), np.float32), np.zeros((1, D), np.float32))
    else:
        jax, params = SimpleNamespace(jit=lambda step: step), rng.normal(size=(D, H))
        cell = SimpleNamespace(apply=lambda params, h, u: (np.tanh(0.5 * h + u @ params),) * 2)
    readout = rng.normal(size=(H, 2)).astype(np.float32)
    system = run(FLAX, jax=jax, cell=cell, params=params, readout=readout)["system"]
    x = rng.choice([-1.0, 1.0], size=(12, 200, D)).astype(np.float32)
    trials = emtvb.record(system, x, {"a": x[0, :, 0]})
    assert emtvb.judge(emtvb.fit(trials, times=0))["a"].readable


@pytest.mark.parametrize("is_real", [True, False])
def test_the_recipe_of_neurogym_is_recorded(is_real: bool) -> None:
    """With a stand-in where neurogym is not installed."""
    if is_real:
        neurogym: Any = pytest.importorskip("neurogym")
    else:
        env = SimpleNamespace(ob=None, rng=np.random.default_rng(0), seed=lambda _: None)

        def new_trial() -> dict[str, float]:
            env.ob = env.rng.normal(size=(13, 3))
            return {"sample_theta": float(env.ob[5, 0])}

        env.new_trial = new_trial
        neurogym = SimpleNamespace(make=lambda name, timing: SimpleNamespace(unwrapped=env))

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn, self.out = nn.GRU(3, H), nn.Linear(H, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.rnn(x)[0])

    assert run(NEUROGYM, neurogym=neurogym, net=Net())["trials"].system.verified
