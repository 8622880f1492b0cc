"""Stored trials run again: whether a network that is handed to ``load`` is the one with which a file was recorded."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from emtvb.adapters.adapting import Adapted, Wrapped
from emtvb.adapters.elman import Elman
from emtvb.core.recording import JUDGING
from emtvb.core.systems import Runnable
from emtvb.core.trials import HELD_OUT, Trials
from emtvb.errors import InputError

_TRIALS, _STEPS, _TIMES = 4, 5, 16
"""Trials that are run again; their first steps; and stored states from each of which one step is made: in so few steps
another machine's rounding does not grow, even in a chaotic network."""
_UNCHANGED = 30
"""First steps that are held where stored states are not the network's own."""
_NEAR = 1e-3
"""Differences that do not count, as a share of the spread of what was stored."""
_MOST = 0.1
"""The share of vectors that may differ more: a threshold can be crossed by rounding."""


def check_network(trials: Trials, erased: bool) -> None:
    """Raise InputError where a network does something else on stored trials than what was stored of them.

    A network with noise of its own does something else each time, and is not held to anything.

    Args:
        trials: Built with the network that was handed in.
        erased: Whether the stored states may be others than the network's, since something was erased from them.
    """
    system = trials.system
    if isinstance(system, Adapted) and system.verified is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it was said when they were recorded
            system.verify(_inputs_again(trials, None))
    if isinstance(system, Adapted) and system.noisy:
        return
    for what, found, stored, every in _pairs(trials, system, erased):
        if found.shape != stored.shape:
            shown = f"gives out {found.shape[-1]} numbers, and {stored.shape[-1]} in the file"
            raise InputError("system", shown, f"{_REMEDY}, with its readout")
        differ = np.abs(found.astype(np.float64) - stored).max(axis=-1, initial=0.0)
        spread = float(every.std()) or float(np.abs(every).max(initial=0.0))
        wrong: Bool[np.ndarray, " *vector"] = ~(differ <= _NEAR * spread)
        if wrong.mean() > _MOST:
            shown = f"{system.name}: {wrong.mean():.0%} of its {what} on the stored trials are not those in the file"
            raise InputError("system", f"{shown} (they differ by {differ.max():.2g})", _REMEDY)


_REMEDY = "give the network with which they were recorded"


class _Pair(NamedTuple):
    """What a network gives and what is stored at the same places, and all that is stored of the kind."""

    what: str
    found: np.ndarray
    stored: np.ndarray
    every: np.ndarray


def _pairs(trials: Trials, system: Runnable, erased: bool) -> Iterator[_Pair]:
    """At the first steps, then a step after stored states; where something was erased from these, more first steps."""
    x = _inputs_again(trials)
    states_stored, outputs_stored = trials.test.states[:, :_TRIALS], trials.test.outputs[:, :_TRIALS]
    before = 0 if trials.task is None else trials.task.s - 1  # of a task outputs are stored from its last input on
    states, outputs = system.run(x[: before + _UNCHANGED])
    count = len(outputs) - before
    yield _Pair("outputs", outputs[before:][:_STEPS], outputs_stored[: min(count, _STEPS)], outputs_stored)
    recorded = np.arange(trials.steps) if trials.recorded_times is None else np.asarray(trials.recorded_times)
    known = recorded[recorded < min(count, _STEPS)]
    first = states_stored[trials.index(known)]
    differ = float(np.abs(states[before + known] - first).max(initial=0.0))
    if erased and differ > _NEAR * float(np.abs(states_stored).max(initial=0.0)):
        yield _Pair("outputs", outputs[before:], outputs_stored[:count], outputs_stored)
        return
    if known.size:
        yield _Pair("states", states[before + known], first, states_stored)
    given = recorded[recorded + 1 < trials.steps]
    for time in given[np.linspace(0, len(given) - 1, min(_TIMES, len(given))).astype(int)].tolist():
        u = trials.test_inputs[time + 1 : time + 2, :_TRIALS]
        if isinstance(system, Wrapped) and not isinstance(system.system, Elman) and u.any():
            continue  # it goes on without input alone
        state, output = system.run(u, states_stored[trials.index(time)])
        yield _Pair(f"outputs at step {time + 1}", output, outputs_stored[time + 1 : time + 2], outputs_stored)
        if time + 1 in recorded:
            yield _Pair(f"states at step {time + 1}", state[0], states_stored[trials.index(time + 1)], states_stored)


def _inputs_again(trials: Trials, most: int | None = _TRIALS) -> Float[np.ndarray, "time trial input"]:
    """Inputs of the first trials to judge on, by default few, from where a run begins."""
    most = min(trials.test.outputs.shape[1], most or trials.test.outputs.shape[1])
    if trials.task is None:
        return trials.test_inputs[:, :most]
    vectors = trials.task.random_sequences(JUDGING, HELD_OUT, 0)
    vectors = (vectors if trials.selection is None else vectors[:, trials.selection])[:, :most]
    return np.concatenate([vectors, trials.test_inputs[1:, :most].astype(vectors.dtype)])
