"""What a careless user hands to the library: one line that names the setting, the value and what to do.

All calls are made in one process of their own, where no test's type checker stands before them.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_BEFORE = """
import json, sys, warnings
import numpy as np, torch, emtvb
from torch import nn
from emtvb import tasks
warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
W = np.linalg.qr(rng.normal(size=(16, 2)))[0]
def step(u, h):
    h = np.tanh(1.5 * h @ W @ W.T + 2 * u @ W.T)
    return h @ W, h
bits = rng.choice([-1, 1], size=(40, 2))
x = np.zeros((12, 40, 2)); x[0] = bits
y = {"first": bits[:, 0], "second": bits[:, 1]}
system = emtvb.adapt(step, state=16, input_dim=2)
trials = emtvb.record(system, x, y)
fitted = emtvb.fit(trials)
torch.manual_seed(0)
rnn = nn.RNN(2, 16)
of_torch = emtvb.record(rnn, x, y)
task = tasks.named("T1", d=2, s=2)
of_task = emtvb.fit(emtvb.record(emtvb.adapt(nn.RNN(2, 16), nn.Linear(16, 2)), task))
keep = lambda values, u: np.zeros((len(u), len(values), 2))
masked = np.ma.masked_array(x, mask=x > 0)
state = {"out": 2}
def shrinking(u, h):
    out, h = step(u, h)
    return out[:, :state["out"]], h
def speechless(u, h):
    out, h = step(u, h)
    return out * state["nan"], h
def later():
    state["out"] = 2
    known = emtvb.fit(emtvb.record(emtvb.adapt(shrinking, state=16), x, y))
    state["out"] = 1
    emtvb.edit(known, 5, flip="first")
def dumb():
    state["nan"] = 1.0
    known = emtvb.fit(emtvb.record(emtvb.adapt(speechless, state=16), x, y))
    state["nan"] = np.nan
    emtvb.edit(known, 5, flip="first")
def mute():
    state["nan"] = 1.0
    known = emtvb.adapt(speechless, state=16, input_dim=2)
    state["nan"] = np.nan
    emtvb.record(known, x, y)
def long_name():
    emtvb.save(fitted, "/tmp/" + "x" * 300 + ".npz")
"""

CALLS = {
    "emtvb.record(system, x, y, times=range(10**12))": "times: range(0, 1000000000000): give times from 0 to 11",
    "emtvb.record(system, np.broadcast_to(x[:1, :1], (10**6, 10**7, 2)), y)": "inputs: shape (1000000, 10000000, 2): ",
    "emtvb.record(emtvb.adapt(rnn, nn.Linear(16, 2)), task, horizon=10**9)": "horizon: 1000000000, whose states are ",
    "emtvb.record(system, x, y, horizon=-3)": "horizon: -3: give a whole number, 1 or more",
    "emtvb.record(system, x, y, batch_first='no')": "batch_first: 'no': give True or False",
    "emtvb.record(system, x, y, batch_first=2)": "batch_first: 2: give True or False",
    "emtvb.record(system, x, y, fit_share=1e-9)": "fit_share: 1e-09: 0 of 40 trials to fit on, 40 to judge on: each p",
    "emtvb.record(system, x * 1j, y)": "inputs: of type complex128: give real numbers",
    "emtvb.record(system, masked, y)": "inputs: a masked array: its mask would be lost; fill it",
    "emtvb.record(system, x, {'a': np.ma.masked_array(bits[:, 0], mask=bits[:, 1] > 0)})": "labels of a: a masked arr",
    "emtvb.record(system, torch.zeros(12, 40, 2, device='meta'), y)": "inputs: on torch's meta device: it has no numb",
    "emtvb.record(system, x, {'a': ['a', float('nan')] * 20})": "labels of a: the word 'nan': numpy makes a word of N",
    "emtvb.record(system, x, {'': bits[:, 0]})": "labels: a variable called '': give it a name that can be printed",
    "emtvb.record(system, x, {'a\\nb': bits[:, 0]})": "labels: a variable called 'a\\nb': give it a name that can be",
    "emtvb.record(rnn, task, names=['a'])": "names: given beside a task: a task has its own; leave them out",
    "mute()": "outputs: not finite from time 0 on: check the readout, weights and inputs, or record fewer steps",
    "later()": "network: gives out 1 numbers, and 2 when it was recorded: record the trials again",
    "dumb()": "outputs: not finite after the time of the edit: check the network, or compare fewer steps",
    "emtvb.adapt(system, state=4)": "state: given beside an adapted network: give it where the network itself is adap",
    "emtvb.adapt(system, nn.Linear(2, 2))": "readout: given beside an adapted network: give it where the network itse",
    "emtvb.adapt(step, state=lambda n: 1 / 0)": "state: a function that failed (ZeroDivisionError: division by zero):",
    "emtvb.adapt(step, state=16, input_dim=3)": "network: step failed (ValueError: ",
    "emtvb.adapt(nn.GRU(2, 4), nn.Linear(5, 2), input_dim=2)": "readout: Linear failed (RuntimeError: mat1 and mat2 ",
    "emtvb.adapt(lambda u, h: (h[:, :1] * 1j, h), state=4, input_dim=2)": "network: <lambda> gives out complex128: gi",
    "emtvb.fit(trials, method=emtvb.Onion)": "method: the class Onion: make one of it: Onion()",
    "emtvb.fit(trials, method=emtvb.DAS)": "method: the class DAS: make one of it: DAS()",
    "emtvb.fit(trials, method=lambda a, b: emtvb.Located(None, None))": "method: <lambda> returned Located: return em",
    "emtvb.fit(of_torch, method=emtvb.DAS(k=999, steps=2))": "k: 999: the state has 16 numbers; give no more",
    "emtvb.fit(of_torch, method=emtvb.DAS(horizon=99, steps=2))": "horizon: 99: 11 steps were recorded after time 0;",
    "emtvb.DAS(only=())": "only: (): name at least one variable, or leave it out",
    "emtvb.DAS(rate=1e30)": "rate: 1e+30: give a number above 0, up to 10",
    "emtvb.DAS(rate=float('nan'))": "rate: nan: give a number above 0, up to 10",
    "emtvb.Onion(tied='no')": "tied: 'no': give True or False",
    "emtvb.Onion(order='first')": "order: 'first': give the variables in order, such as ('first', 'second')",
    "emtvb.judge(fitted, trained_horizon=5)": "trained_horizon: 5: it is of a task of this package; leave it out",
    "emtvb.judge(of_task, trained_horizon='long')": "trained_horizon: long: give a whole number, 1 or more",
    "emtvb.judge(of_task, trained_horizon=-5)": "trained_horizon: -5: give a whole number, 1 or more",
    "emtvb.erase(fitted, [])": "variables: []: name at least one",
    "emtvb.erase(fitted, 'first')(np.zeros((3, 5)))": "states: shape (3, 5): give (..., 16)",
    "emtvb.erase(fitted, 'first')(None)": "states: of type object: give numbers, (..., 16)",
    "emtvb.erase(fitted, 'first')(np.full((2, 16), np.nan))": "states: not all of them finite: give finite numbers, (",
    "emtvb.edit(fitted, 5, flip=[])": "flip: []: name at least one variable",
    "emtvb.edit(fitted, 5, flip=['first', 'first'])": "flip: ['first', 'first']: names a variable twice; name each on",
    "emtvb.edit(fitted, 5, swap=('first', 'first'))": "swap: ('first', 'first'): names a variable twice; name each on",
    "emtvb.edit(fitted, 5, flip='first', steps='5')": "steps: 5: give a whole number, 1 or more",
    "emtvb.edit(fitted, 5, flip='first', steps=2.5)": "steps: 2.5: give a whole number, 1 or more",
    "emtvb.edit(fitted, 5, flip='first', steps=99)": "steps: 99: 6 steps were recorded after time 5; edit earlier, or",
    "emtvb.edit(fitted, 5, set={'first': np.ones(9)})": "set: values of shape (9,) for first: give 1 value or 20",
    "emtvb.edit(fitted, 5, flip='first', future=lambda v, u: keep(v, u) * np.nan)": "future: a function that returned",
    "emtvb.edit(fitted, 5, flip='first', agrees=lambda a, b: a[..., 0])": "agrees: returned numbers other than 0 and",
    "emtvb.edit(fitted, 5, flip='first', agrees=lambda a, b: 2 + 0 * a[..., 0])": "agrees: returned numbers other tha",
    "emtvb.edit(fitted, 5, flip='first', agrees=lambda a, b: np.nan * a[..., 0])": "agrees: returned numbers other th",
    "long_name()": "path: /tmp/xxxxxx",
    "emtvb.save(fitted, 'a\\0b.npz')": "path: 'a\\x00b.npz': give the name of a file",
    "emtvb.load('/dev/zero', system)": "path: /dev/zero: no such file; give the one that save wrote",
    "emtvb.view(fitted, future=3)": "future: int: give a function (values, inputs) -> outputs",
    "emtvb.view(fitted, trail=3)": "view: trail: no such argument; it opens with net, basis, input, edit, step",
    "emtvb.view(of_task, future=keep)": "future: function: a task says it; leave it out",
    "emtvb.view(fitted, task)": "task: ",
    "emtvb.view(rnn, 'T1')": "task: T1: give a Task",
}

_AFTER = """
said = {}
for call in json.load(sys.stdin):
    try:
        said[call] = repr(eval(call))
    except emtvb.InputError as error:
        said[call] = str(error)
    except BaseException as error:
        said[call] = f"RAISED {type(error).__name__}: {error}"
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What each call says."""
    asked = json.dumps([*CALLS])
    done = subprocess.run(
        [sys.executable, "-c", _BEFORE + _AFTER], input=asked, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("call", CALLS)
def test_one_line(call: str, said: dict[str, str]) -> None:
    assert said[call].startswith(CALLS[call])
    assert "\n" not in said[call]
