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
from emtvb.theory import tasks
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
state = {"out": 2}
def shrinking(u, h):
    out, h = step(u, h)
    return out[:, :state["out"]], h
def speechless(u, h):
    out, h = step(u, h)
    return (out * np.nan if state["bad"] else out), h
def later():
    state["out"] = 2
    known = emtvb.fit(emtvb.record(emtvb.adapt(shrinking, state=16), x, y))
    state["out"] = 1
    emtvb.edit(known, 5, flip="first")
def dumb():
    state["bad"] = False
    known = emtvb.fit(emtvb.record(emtvb.adapt(speechless, state=16), x, y))
    state["bad"] = True
    emtvb.edit(known, 5, flip="first")
def mute():
    state["bad"] = False
    known = emtvb.adapt(speechless, state=16, input_dim=2)
    state["bad"] = True
    emtvb.record(known, x, y)
def long_name():
    emtvb.save(fitted, "/tmp/" + "x" * 300 + ".npz")
from emtvb import Located, Subspace
from emtvb.core.memories import VariableMemories
m = fitted.memories
def located(encoder=m.encoder, decoder=m.decoder, stored=m.stored, centre=m.centre, subspaces=None):
    found = Located(VariableMemories(encoder, decoder, stored, centre), subspaces)
    return emtvb.fit(trials, method=lambda trials, times: found)
part = Subspace(m.encoder[:, :1], m.decoder[:1])
of_number = emtvb.fit(emtvb.record(system, x, {"val": rng.normal(size=40)}))
still = emtvb.fit(emtvb.record(emtvb.adapt(lambda u, h: (0 * h[:, :2], 0 * h), state=16), x, y))
big = emtvb.adapt(nn.RNN(10, 16), nn.Linear(16, 10))
h = np.zeros((40, 16))
def begins(state, network=step, readout=None):
    return emtvb.adapt(network, readout, state=state, input_dim=2)
def masking(u, h):
    return np.ma.masked_array(u, mask=u > 0), h + u
"""

CALLS = {
    "emtvb.record(system, x, y, times=range(10**12))": "times: range(0, 1000000000000): give times from 0 to 11",
    "emtvb.record(system, np.broadcast_to(x[:1, :1], (10**6, 10**7, 2)), y)": "inputs: shape (1000000, 10000000, 2), ",
    "emtvb.record(emtvb.adapt(rnn, nn.Linear(16, 2)), task, horizon=10**9)": "horizon: 1000000000, whose states are ",
    "emtvb.record(system, x, y, horizon=-3)": "horizon: -3: give a whole number, 1 or more",
    "emtvb.record(system, x, y, batch_first='no')": "batch_first: 'no': give True or False",
    "emtvb.record(system, x, y, batch_first=2)": "batch_first: 2: give True or False",
    "emtvb.record(system, x, y, split=1e-9)": "split: 1e-09: 0 of 40 trials to train on, 40 to test: each p",
    "emtvb.record(system, x * 1j, y)": "inputs: of type complex128: give real numbers",
    "emtvb.record(system, x, {'a': ['a', float('nan')] * 20})": "labels of a: the word 'nan': numpy makes a word of N",
    "emtvb.record(system, x, {'': bits[:, 0]})": "labels: a variable called '': give it a name that can be printed",
    "emtvb.record(system, x, {'a\\nb': bits[:, 0]})": "labels: a variable called 'a\\nb': give it a name that can be",
    "emtvb.record(rnn, task, names=['a'])": "names: given beside a task: a task has labels and trials of its own",
    "mute()": "outputs: not finite from time 0 on: check the readout, weights and inputs, or record fewer steps",
    "later()": "network: gives out 1 numbers, and 2 when it was recorded: record the trials again",
    "dumb()": "outputs: not finite after the time of the edit: check the network, or compare fewer steps",
    "emtvb.adapt(system, state=4)": "state: given beside an adapted network: give it where the network itself is adap",
    "emtvb.adapt(system, nn.Linear(2, 2))": "readout: given beside an adapted network: give it where the network itse",
    "emtvb.adapt(lambda u, h: (h[:, :1] * 1j, h), state=4).run(x)": "network: <lambda> gives out complex128: give out",
    "emtvb.fit(trials, method=emtvb.DAS)": "method: the class DAS: make one of it: DAS()",
    "emtvb.fit(trials, method=lambda a, b: emtvb.Located(None, None))": "method: <lambda> returned Located: return em",
    "emtvb.fit(of_torch, method=emtvb.DAS(k=999, steps=2))": "k: 999: the state has 16 numbers; give no more",
    "emtvb.fit(of_torch, method=emtvb.DAS(horizon=99, steps=2))": "horizon: 99: 11 steps were recorded after time 0;",
    "emtvb.DAS(only=())": "only: (): name at least one variable, or leave it out",
    "emtvb.fit(of_torch, method=emtvb.DAS(only=3, steps=2))": "variable: 3: no such variable; there are first, second",
    "emtvb.fit(of_torch, method=emtvb.DAS(only=1, steps=2))": "<Fitted to RNN by DAS",
    "emtvb.DAS(rate=1e30)": "rate: 1e+30: give a number above 0, up to 10",
    "emtvb.DAS(rate=float('nan'))": "rate: nan: give a number above 0, up to 10",
    "emtvb.erase(fitted, [])": "variables: []: name at least one",
    "emtvb.erase(fitted, 'first')(np.zeros((3, 5)))": "states: shape (3, 5): give (..., 16)",
    "emtvb.erase(fitted, 'first')(None)": "states: of type object: give real numbers, (..., 16)",
    "emtvb.erase(fitted, 'first')(np.full((2, 16), np.nan))": "states: not all of them finite: give finite numbers, (",
    "emtvb.edit(fitted, 5, flip=[])": "flip: []: name at least one variable",
    "emtvb.edit(fitted, 5, flip=['first', 'first'])": "flip: ['first', 'first']: names a variable twice; name each on",
    "emtvb.edit(fitted, 5, swap=('first', 'first'))": "swap: ('first', 'first'): names a variable twice; name each on",
    "emtvb.edit(fitted, 5, flip='first', steps='5')": "steps: 5: give a whole number, 1 or more",
    "emtvb.edit(fitted, 5, flip='first', steps=2.5)": "steps: 2.5: give a whole number, 1 or more",
    "emtvb.edit(fitted, 5, flip='first', steps=99)": "steps: 99: 6 steps were recorded after time 5; edit earlier, or",
    "emtvb.edit(fitted, 5, set={'first': np.ones(9)})": "set: values of shape (9,) for first: give 1 value or 20",
    "emtvb.edit(fitted, 5, flip='first', expected=lambda v, u: keep(v, u) * np.nan)": "expected: what it re",
    "emtvb.edit(fitted, 5, flip='first', agrees=lambda a, b: a[..., 0])": "agrees: returned numbers other than 0 and",
    "emtvb.edit(fitted, 5, flip='first', agrees=lambda a, b: 2 + 0 * a[..., 0])": "agrees: returned numbers other tha",
    "emtvb.edit(fitted, 5, flip='first', agrees=lambda a, b: np.nan * a[..., 0])": "agrees: returned numbers other th",
    "long_name()": "path: /tmp/xxxxxx",
    "emtvb.save(fitted, 'a\\0b.npz')": "path: 'a\\x00b.npz': give the name of a file",
    "emtvb.load('/dev/zero', system)": "path: /dev/zero: no such file; give the one that save wrote",
    "emtvb.view(fitted, expected=3)": "expected: int: give a function (values, inputs) -> outputs",
    "emtvb.view(fitted, trail=3)": "view: trail: no such argument; it opens with net, basis, input, edit, step",
    "emtvb.view(of_task, expected=keep)": "expected: function: a task says it; leave it out",
    "emtvb.view(fitted, task)": "task: ",
    "emtvb.view(rnn, 'T1')": "task: T1: give a Task",
    "emtvb.view(of_task, net=5)": "net: 5: no such network; there are RNN",
    "emtvb.view(of_task, basis='mine')": "basis: mine: it has data",
    "emtvb.view(of_task, input='x')": "input: x: give 1 hexadecimal digits, as the page's address has them",
    "emtvb.view(of_task, edit='zzz')": "edit: zzz: give such as 12:flip:2.1, ",
    "emtvb.view(of_task, edit=5)": "edit: 5: give such as 12:flip:2.1, ",
    "emtvb.view(of_task, step=-5)": "step: -5: give a whole number, -2 or more",
    "emtvb.view(of_task, step='a')": "step: a: give a whole number, -2 or more",
    "emtvb.view(of_task, step=-2, input='f', edit='3:set:1:+-,4:swap:1:2,5:halve:2', basis='data')": "<view of RNN>",
    "emtvb.record(system, task, split=0.1)": "split: given beside a task: a task has labels and trials of its own",
    "emtvb.record(system, task, batch=-1)": "batch: -1: give a whole number, 1 or more",
    "emtvb.record(system, x, y, horizon=50)": "horizon: 50: it is of a task's test; leave it out",
    "emtvb.record(system, 'T1')": "inputs: T1: give tasks.named('T1'), or an array (time, trial, input)",
    "emtvb.record(system, x, [[1, 2], [1]])": "labels: lists of different lengths: give an array of one shape",
    "emtvb.record(system, x, {'a': rng.normal(size=40) * 1e300})": "labels of a: up to ",
    "emtvb.record(system, torch.tensor(x).to(torch.float8_e4m3fn), y)": "<Trials of step: 20 trials",
    "emtvb.record(big, tasks.named('T1', d=10, s=1000))": "task: T1 with d = 10 and s = 1000, whose trials are 229.5 G",
    "emtvb.record(system, x, y, times={5, 3})": "<Trials of step: 20 trials to fit on, 20 to judge on, 12 steps, 16 nu",
    "emtvb.fit(trials, (t for t in (1, 2))).times": "(1, 2)",
    "emtvb.fit(trials, {1: 2})": "times: [{1: 2}]: give integers from 0 to 11",
    "emtvb.fit(trials, {1.5, 2})": "times: [1.5, 2.0]: give integers from 0 to 11",
    "sorted({*emtvb.edit(fitted, {5, 7}, flip='first').time})": "[np.int64(5), np.int64(7)]",
    "fitted.on(trials.select({1, 2})).trials.test.outputs.shape[1]": "2",
    "trials.select([20])": "trials: [20]: give numbers from 0 to 19",
    "trials.select('abc')": "trials: ['abc']: give integers from 0 to 19, a slice, or a mask of 20",
    "trials.select([])": "trials: []: give numbers from 0 to 19",
    "fitted.on(fitted)": "trials: Fitted: give what emtvb.record returns",
    "fitted.on(of_number.trials)": "trials: of variables ",
    "of_task.on(trials)": "trials: of variables ",
    "emtvb.edit(fitted, 5, flip='first', future=keep)": "RAISED TypeError: edit() got an unexpected keyword argum",
    "located(encoder=m.encoder * np.nan)": "method: <lambda> returned memories.encoder: not all of them finite: give",
    "located(encoder=m.encoder.astype(object))": "method: <lambda> returned memories.encoder: of type object: give re",
    "located(encoder=m.encoder.tolist())": "method: <lambda> returned memories.encoder of type list: give a numpy arra",
    "located(encoder='basis')": "method: <lambda> returned memories.encoder of type str: give a numpy array of finite",
    "located(encoder=m.encoder + 1j)": "method: <lambda> returned memories.encoder: of type complex128: give real num",
    "located(decoder=m.decoder * np.inf)": "method: <lambda> returned memories.decoder: not all of them finite: give",
    "located(centre=np.zeros(3))": "method: <lambda> returned memories.centre of shape (3,): give a numpy array of fi",
    "located(centre=None)": "method: <lambda> returned memories.centre of type NoneType: give a numpy array of finite",
    "located(centre=np.nan)": "method: <lambda> returned memories.centre: not all of them finite: give finite numbers",
    "located(stored=None)": "method: <lambda> returned memories.stored None: give trials.stored",
    "located(subspaces=3)": "method: <lambda> returned subspaces of type int: give a tuple of emtvb.Subspace, one of e",
    "located(subspaces=(part,))": "method: <lambda> returned 1 subspaces: give 2, one of each variable",
    "located(subspaces=(part, 4))": "method: <lambda> returned subspaces[1] of type int: give emtvb.Subspace(into, ou",
    "located(subspaces=(part, Subspace(m.encoder[:3], m.decoder)))": "method: <lambda> returned subspaces[1].into of s",
    "located(subspaces=(part, Subspace(m.encoder, None)))": "method: <lambda> returned subspaces[1].out of type NoneTy",
    "located(centre=0, subspaces=(part, part))": "<Fitted to step by <lambda>",
    "emtvb.edit(of_task, 5, flip='1', steps=10**7)": "steps: 10000000, whose outputs are ",
    "emtvb.edit(of_number, 5, set={'val': 1e300}, expected=keep)": "edit (set val): more than numbers of the state ",
    "emtvb.edit(of_number, 5, shift={'val': 1e300}, expected=keep)": "edit (shift val): more than numbers of the st",
    "emtvb.edit(of_number, 5, set={'val': '0.5'}, expected=keep)": "variable val: '0.5': its values are numbers",
    "emtvb.edit(fitted, 5, flip='first', untrained=3)": "untrained: network: int: give a layer or a cell of torch's",
    "emtvb.edit(fitted, 5, flip='first', untrained='yes')": "untrained: network: str: give a layer or a cell of torch'",
    "emtvb.edit(fitted, 5, flip='first', untrained=nn.RNN(3, 16))": "untrained: inputs: 2 numbers a step: RNN takes 3",
    "emtvb.compare(fitted, fitted, untrained=True)": "untrained: not known of step: its weights cannot be drawn anew;",
    "emtvb.compare(fitted, fitted, untrained=1)": "untrained: 1: give True, False or None",
    "emtvb.compare(fitted, still)": "states: the same at all times: there are no dynamics to compare; record other tr",
    "emtvb.compare(still, fitted)": "states: the same at all times: there are no dynamics to compare; record other tr",
    "system.coast(h, 10**12)": "steps: 1000000000000, whose states are ",
    "of_task.trials.system.coast(h, 10**12)": "steps: 1000000000000, whose states are ",
    "system.run(x, h[:3])": "state: (3, 16): give an array of shape (40, 16)",
    "system.run(x, times=[99])": "times: [99]: give times from 0 to 11",
    "system.run(x, times='a')": "times: ['a']: give integers from 0 to 11",
    "system.run(x, times={7, 3})[0].shape": "(2, 40, 16)",
    "system.run(x, times=())[0].shape": "(0, 40, 16)",
    "emtvb.save(fitted, '.')": "path: .: is no file's name; name a file, such as fitted.npz",
    "emtvb.save(fitted, '/')": "path: /: is no file's name; name a file, such as fitted.npz",
    "emtvb.save(fitted, '/tmp/..')": "path: /tmp/..: is no file's name; name a file, such as fitted.npz",
    "emtvb.save(fitted, '/tmp/.npz')": "path: /tmp/.npz: is no file's name; name a file, such as fitted.npz",
    "emtvb.fit(x, y)": "trials: ndarray: give what emtvb.record returns, or, of arrays, emtvb.Trials.of(states, labels",
    "emtvb.fit(trials, random_state=0)": "random_state: 0: no argument of fit; seed= draws the split",
    "emtvb.record(system, x, y, test_size=0.2)": "test_size: 0.2: no argument of record; split= is the share of the tr",
    "emtvb.record(system, x, y, tset_size=0.2)": "RAISED TypeError: record() got an unexpected keyword argument 'ts",
    "emtvb.Trials.of(x, y, random_state=1)": "random_state: 1: no argument of Trials.of; seed= draws the split",
    "emtvb.edit(fitted, 5, flip='first', random_state=1)": "random_state: 1: no argument of edit; seed= draws the sp",
    "emtvb.record(system, torch.utils.data.DataLoader(torch.zeros(4, 2)))": "inputs: DataLoader: give arrays: x, y = (",
    "fitted.predict(x)": "RAISED AttributeError: 'Fitted' object has no attribute 'predict'; what there is: read(state",
    "fitted.nothing": "RAISED AttributeError: 'Fitted' object has no attribute 'nothing'",
    "emtvb.fit(trials, part='0.h')": "part: '0.h': of step there are state",
    "emtvb.fit(of_task.trials, part='h')": "part: 'h': of RNN there are 0.h",
    "emtvb.edit(fitted, 5, flip='first', part='1.h')": "part: '1.h': of step there are state",
    "emtvb.fit(of_torch, part='0.h', method=emtvb.DAS(steps=2))": "part: '0.h': a method that runs the network needs a",
    "begins(True)": "state: True: give a whole number, 1 or more",
    "begins(lambda n: np.zeros((n, 16)) if n < 2 else None.no)": "state: a function that failed (AttributeError: ",
    "begins(np.full((1, 16), np.nan))": "state: not all of it numbers: give a state without NaN",
    "begins(np.full((1, 2), -np.inf), lambda u, h: (u, np.maximum(u, h)))": "<<lambda>: 2 numbers of state; not verif",
    "begins(16, step, lambda o: None).run(x)": "network: step gives out object: give out real numbers",
    "begins(2, masking).run(x)": "network: MaskedArray is no plain array (its mask would be lost)",
    "emtvb.record(system, x, {})": "labels: none: say what the network should hold",
    "emtvb.edit(fitted, 2, flip=0, expected=lambda v: v)": "expected: <lambda> failed (TypeError: ",
    "emtvb.edit(fitted, 2, flip=0, agrees=lambda a, b: a.no)": "agrees: <lambda> failed (AttributeError: ",
    "emtvb.edit(fitted, 2, flip=0, agrees=3)": "agrees: int failed (TypeError: 'int' object is not callable): it is ca",
    "emtvb.fit(system)": "trials: Adapted: give what emtvb.record returns, or, of arrays, emtvb.Trials.of",
    "emtvb.judge(trials)": "fitted: Trials: give what emtvb.fit returns",
    "emtvb.edit(trials, 2, flip=0)": "fitted: Trials: give what emtvb.fit returns",
    "emtvb.linearise(trials)": "fitted: Trials: give what emtvb.fit returns",
    "emtvb.fit(trials, times=['a'])": "times: ['a']: give integers from 0 to 11, a slice, or a mask of 12",
    "emtvb.record(system, x, y, times='late')": "times: ['late']: give integers from 0 to 11, a slice, or a mask of 12",
    "emtvb.record(system, x, y, split='half')": "split: <U4 of shape (): give a share between 0 and 1, or True for eac",
    "emtvb.fit(trials, times=3).times": "(3,)",
}  # fmt: skip

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
