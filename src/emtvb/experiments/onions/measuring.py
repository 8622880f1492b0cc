"""What the public face says of a network that repeats sequences: of each position, and of the whole sequence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch

from emtvb.adapters.adapting import Adapted, Wrapped, adapt
from emtvb.adapters.record import record
from emtvb.core.editing.edit import edit
from emtvb.core.editing.edits import Edits
from emtvb.core.fitting import Fitted, fit
from emtvb.core.intervals import wilson
from emtvb.core.judging import judge
from emtvb.core.onion import Onion, magnitudes
from emtvb.core.subspaces import Method
from emtvb.core.trials import Trials
from emtvb.experiments.onions.network import Repeater, drawn, shown
from emtvb.experiments.onions.training import Order

WHOLE = 0
"""Stands for all positions at once: a sequence counts where each of its symbols does."""
METHODS: dict[str, Method] = {"linear": "least squares", "layers": Onion(tied=False), "onion": Onion()}
"""Ways to read: a linear one, one layer after the other, and layers that differ in magnitude alone."""
EDITS = {"told": ("linear", False), "exchanged": ("linear", True), "onion": ("onion", False)}
"""Ways to edit: by which of the methods, and whether by interchange."""
_OF_READINGS = ("read", "low", "high", "p", "shuffled", "explained")
_OF_EDITS = ("followed", "followed_low", "followed_high", "control", "untrained")
COLUMNS = (
    "network", "units", "seed", "trained", "accuracy", "accuracy_low", "accuracy_high", "position", "magnitude",
    *(f"{name}_{what}" for name in METHODS for what in _OF_READINGS),
    *(f"{name}_{what}" for name in EDITS for what in _OF_EDITS),
)  # fmt: skip
"""Of each reading: the share that is read right with its 95% interval, p, the share where labels are exchanged between
trials, and the part of the states' variance that the encoder tells. Of each edit: the share that is followed with its
interval, the best of the controls, and of untrained networks."""
_SHUFFLES = 1
"""Seed by which labels are exchanged."""


def measure(trained: Repeater, order: Order, trials: int, judged: int, edits: int) -> pd.DataFrame:
    """Read and edit each position of a network, and read an untrained one of its size.

    Variables are the symbols of a sequence, by position from 1, after its last symbol was read. Edits give a position
    another symbol, and have followed where the whole sequence is then given out with it, while the network reads its
    own outputs.

    Args:
        trained: The network.
        order: What it was trained on.
        trials: Sequences to fit on.
        judged: Sequences to judge on.
        edits: Of each position, in each way.

    Returns:
        A row for each position, and one for the whole sequence, of the network and of the untrained one; the columns
        are :data:`COLUMNS`.
    """
    system = adapt(trained)
    untrained = system.untrained(order.seed)
    assert untrained is not None
    rows = [
        *_measured(system, order, trials, judged, edits),
        *_measured(untrained, order, trials, judged, 0),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def recorded(system: Adapted | Wrapped, order: Order, trials: int, judged: int) -> Trials:
    """A network that repeats sequences of the longest length, with their symbols as labels by position from 1."""
    generator = torch.Generator().manual_seed(order.seed + 2**32)
    sequences = drawn(order.symbols, order.longest, trials + judged, generator)
    labels = {f"{i + 1}": symbols for i, symbols in enumerate(sequences.numpy())}
    inputs = shown(sequences, order.symbols).numpy()
    return record(system, inputs, labels, kinds="categorical", split=trials / (trials + judged))


def _measured(system: Adapted | Wrapped, order: Order, trials: int, judged: int, edits: int) -> list[dict[str, Any]]:
    """The rows of one network; an untrained one is not edited."""
    at, recording = order.longest - 1, recorded(system, order, trials, judged)
    fitted = {name: fit(recording, [at], method=method) for name, method in METHODS.items()}
    shuffled = _shuffled(recording)
    by_chance = {name: fit(shuffled, [at], method=method) for name, method in METHODS.items()}
    values = recording.values(recording.test.labels[at])
    spoken = recording.test.outputs[at + 1 : at + 1 + order.longest].argmax(axis=2).T
    accuracy = float((spoken == values).all(axis=1).mean())
    low, high = wilson(accuracy, len(values))
    about = {
        "network": order.name, "units": order.units, "seed": order.seed, "trained": edits > 0,
        "accuracy": accuracy, "accuracy_low": float(low), "accuracy_high": float(high),
    }  # fmt: skip
    sizes = magnitudes(fitted["linear"].memories.encoder, recording.slices, [v.code for v in recording.variables])
    rows = [{**about, "position": i + 1, "magnitude": float(size)} for i, size in enumerate(sizes)]
    whole: dict[str, Any] = {**about, "position": WHOLE}
    for name in METHODS:
        judged_at, shuffled_at = (judge(fits[name]) for fits in (fitted, by_chance))
        for row, reading, chance in zip(rows, judged_at.readings, shuffled_at.readings, strict=True):
            row |= _reading(name, reading.score, reading.low, reading.high, chance.score)
            row[f"{name}_p"] = reading.p
        shares = [
            float((fits[name].read(recording.test.states[at]) == fits[name].trials.values(
                fits[name].trials.test.labels[at])).all(axis=1).mean())
            for fits in (fitted, by_chance)
        ]  # fmt: skip
        whole |= _reading(name, shares[0], *wilson(shares[0], len(values)), shares[1])
        whole[f"{name}_explained"] = _explained(fitted[name], at)
    if edits:
        for name, (method, interchange) in EDITS.items():
            for i, row in enumerate(rows):
                row |= _edited(name, fitted[method], f"{i + 1}", order, edits, interchange)
    return [whole, *rows]


def _reading(name: str, share: float, low: float, high: float, shuffled: float) -> dict[str, float]:
    return {f"{name}_read": share, f"{name}_low": float(low), f"{name}_high": float(high), f"{name}_shuffled": shuffled}


def _shuffled(trials: Trials) -> Trials:
    """The same states with the labels of other trials: whatever is read of them is chance."""
    rng = np.random.default_rng(_SHUFFLES)
    parts = [
        replace(part, labels=part.labels[:, rng.permutation(part.labels.shape[1])])
        for part in (trials.train, trials.test)
    ]
    return replace(trials, train=parts[0], test=parts[1])


def _explained(fitted: Fitted, at: int) -> float:
    """Share of the variance of the judged trials' states that the encoder tells from the values that they hold."""
    judging, memories = fitted.trials.test, fitted.memories
    states = judging.states[at].astype(np.float64)
    rest = states - memories.centre - judging.labels[at] @ memories.encoder.T
    return 1 - float((rest**2).sum() / ((states - states.mean(axis=0)) ** 2).sum())


def _edited(name: str, fitted: Fitted, position: str, order: Order, most: int, interchange: bool) -> dict[str, float]:
    """A position gets another symbol, drawn by chance; the network then reads its own outputs."""
    symbols, trials = order.symbols, fitted.trials
    rng = np.random.default_rng([order.seed, int(position)])
    at = order.longest - 1
    held = trials.values(trials.test.labels[at])[:, int(position) - 1].astype(int)
    wanted = (held + rng.integers(1, symbols, size=len(held))) % symbols

    def future(values: np.ndarray, _: np.ndarray) -> np.ndarray:
        return np.eye(symbols)[values.astype(int)].transpose(1, 0, 2)

    def heard(outputs: np.ndarray, given: np.ndarray) -> np.ndarray:
        own = np.eye(symbols + 1, dtype=given.dtype)[outputs.argmax(axis=1)]
        return np.where(given[:, symbols:] > 0, given, own)  # the start symbol is given

    def agrees(outputs: np.ndarray, expected: np.ndarray) -> np.ndarray:
        return np.asarray(outputs.argmax(axis=2) == expected.argmax(axis=2))

    done = edit(
        fitted, at, set={position: wanted}, interchange=interchange, expected=future, steps=order.longest, inputs=heard,
        agrees=agrees, untrained=True, max_edits=most, seed=order.seed,
    )  # fmt: skip
    low, high = done.interval()
    return {
        f"{name}_followed": done.success, f"{name}_followed_low": low, f"{name}_followed_high": high,
        f"{name}_control": max(_shares(done, ("without_edit", "random_step", "other_variable"))),
        f"{name}_untrained": max(_shares(done, ("untrained",))),
    }  # fmt: skip


def _shares(done: Edits, controls: tuple[str, ...]) -> list[float]:
    return [float(getattr(done, name).mean()) for name in controls]
