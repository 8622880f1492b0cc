"""What is wrong is said in one line, whatever function of the public face is given it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import emtvb
from emtvb import InputError

T, B = 8, 200
RNG = np.random.default_rng(0)
X = np.zeros((T, B, 3), dtype=np.float32)
X[0] = RNG.choice([-1, 1], size=(B, 3))
Y = np.repeat(X[:1, :, :2], T, axis=0)


@cache
def trials() -> Any:
    torch.manual_seed(0)
    return emtvb.record(emtvb.adapt(nn.GRU(3, 12), nn.Linear(12, 2)), X, Y)


@cache
def fitted() -> Any:
    return emtvb.fit(trials())


def step_of(function: Callable[[Any, Any], Any]) -> Callable[[], Any]:
    return lambda: emtvb.record(emtvb.adapt(function, state=4), X, Y)


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "no labels in a dict": (lambda: emtvb.record(trials().system, X, {}), "labels: none: say what"),
    "a future that fails": (
        lambda: emtvb.edit(fitted(), at=2, flip=0, expected=lambda v: v),
        r"expected: <lambda> failed \(TypeError: .*it is called with arrays of shape \(100, 2\) and",
    ),
    "an agreement that fails": (
        lambda: emtvb.edit(fitted(), at=2, flip=0, agrees=lambda a, b: a.no),
        r"agrees: <lambda> failed \(AttributeError",
    ),
    "a class": (lambda: emtvb.adapt(nn.GRU), r"network: the class GRU: make one of it: adapt\(GRU\(\.\.\.\)\)"),
    "fewer than no numbers of state": (lambda: emtvb.adapt(lambda u, h: (h, h), state=-4), "state: -4: give how many"),
    "output and state exchanged": (
        step_of(lambda u, h: (np.tanh(h), h[:, :2])),
        "network: <lambda>: .* and then .* same sizes at every step",
    ),
    "a state that grows": (
        step_of(lambda u, h: (h[:, :1], np.concatenate([h, h], axis=1))),
        "network: <lambda>: .* and then .* same sizes at every step",
    ),
    "weights that are nowhere": (lambda: emtvb.adapt(nn.GRU(3, 8, device="meta")), "network: on torch's meta device"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_line(name: str) -> None:
    make, says = BAD[name]
    with pytest.raises(InputError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_things_of_another_kind() -> None:
    """In a process of its own, where no test's type checker stands before them."""
    program = """
import numpy as np, emtvb
x = np.random.default_rng(0).choice([-1.0, 1.0], size=(6, 100, 2))
system = emtvb.adapt(lambda u, h: (0.9 * h + u, 0.9 * h + u), state=2)
trials = emtvb.record(system, x, x)
fitted = emtvb.fit(trials)
for call in (
    lambda: emtvb.fit(system), lambda: emtvb.judge(trials), lambda: emtvb.edit(trials, at=2, flip=0),
    lambda: emtvb.linearise(trials), lambda: emtvb.fit(trials, times=[1.5]), lambda: emtvb.fit(trials, times=["a"]),
    lambda: emtvb.record(system, x, x, times="late"), lambda: emtvb.record(system, x, x, times=1.5),
    lambda: emtvb.record(system, x, x, split="half"), lambda: emtvb.edit(fitted, at=2, flip=0, agrees=3),
):
    try:
        print(call())
    except emtvb.InputError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "trials: Adapted: give what emtvb.record returns, or, of arrays, emtvb.Trials.of(states, labels)",
        "fitted: Trials: give what emtvb.fit returns",
        "fitted: Trials: give what emtvb.fit returns",
        "fitted: Trials: give what emtvb.fit returns",
        "times: [1.5]: give integers from 0 to 5, a slice, or a mask of 6",
        "times: ['a']: give integers from 0 to 5, a slice, or a mask of 6",
        "times: ['late']: give integers from 0 to 5, a slice, or a mask of 6",
        "times: [1.5]: give integers from 0 to 5, a slice, or a mask of 6",
        "split: <U4 of shape (): give a share between 0 and 1, or True for each trial to train on, (100,)",
        "agrees: int failed (TypeError: 'int' object is not callable): it is called with arrays of shape "
        + done.stdout.rpartition("of shape ")[2].rstrip("\n"),
    ]


def test_one_time_may_be_given_alone() -> None:
    assert emtvb.fit(trials(), times=3).times == (3,)


class _ThroughACell(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.GRUCell(3, 8), nn.Linear(8, 2)

    def forward(self, u: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        state = self.cell(u, state)
        return self.out(state), state


def test_a_scripted_module() -> None:
    network = _ThroughACell()
    scripted = emtvb.adapt(torch.jit.script(network), state=8)
    for one, other in zip(scripted.run(X), emtvb.adapt(network, state=8).run(X), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
