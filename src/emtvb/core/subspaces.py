"""Where a network holds variables, by several methods: all are judged and edited by the same functions and controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from emtvb.core import numerical_rank, regression
from emtvb.core.memories import VariableMemories
from emtvb.core.recording import Recording
from emtvb.core.trials import Trials
from emtvb.core.variables import CONTINUOUS


@dataclass(frozen=True, eq=False)
class Subspace:
    """Where a state holds one variable: what is exchanged between two states is ``into @ out @ (other - state)``.

    Attributes:
        into: From its coordinates to states.
        out: From states to its coordinates.
    """

    into: Float[np.ndarray, "state coordinate"]
    out: Float[np.ndarray, "coordinate state"]


@dataclass(frozen=True, eq=False)
class Located:
    """What a method says of a network.

    Attributes:
        memories: Encoder Psi, decoder Psi* and centre, of the variables' numbers (``Trials.places``): told edits and
            readings are theirs.
        subspaces: Of each variable, for edits by interchange; by default its columns of Psi and rows of Psi*.
    """

    memories: VariableMemories
    subspaces: tuple[Subspace, ...] | None = None


Method = str | Callable[[Trials, list[int]], Located]
"""A name of :data:`BY_NAME`, or a function of the trials (it may look at ``fitting`` alone) and the times to fit at."""


def least_squares(trials: Trials, times: list[int]) -> Located:
    """Encoder and decoder by least squares, each for itself: ``interpret.extraction.fit``, the package's own.

    Of states in double precision the decoder reads smaller directions, too (:func:`numerical_rank.cutoff`).
    """
    recorded, stored = trials.train, trials.stored
    there = Recording(recorded.states[trials.index(times)], recorded.outputs[times], recorded.labels[times])
    memories = regression.fit(there, list(range(len(times))), stored)
    cutoff = numerical_rank.cutoff(trials, times)
    if cutoff < regression.ROUNDING:
        known = np.isfinite(there.labels[..., stored]).all(axis=2)
        states, labels = (values[known].astype(np.float64) for values in (there.states, there.labels[..., stored]))
        decoder = memories.decoder.copy()
        decoder[stored] = np.linalg.lstsq(states - states.mean(axis=0), labels - labels.mean(axis=0), rcond=cutoff)[0].T
        memories = replace(memories, decoder=decoder)
    return Located(memories)


def class_means(trials: Trials, times: list[int]) -> Located:
    """Encoder by differences of the means of each value's states; decoder its pseudo-inverse.

    Of a number, the slope of the state on it. Other variables are not taken account of.
    """
    states, labels = known_states(trials, times)
    centred = states - states.mean(axis=0)
    encoder = np.zeros((states.shape[1], trials.stored.size))
    for v, at in zip(trials.variables, trials.slices, strict=True):
        own = labels[:, at]
        if not trials.stored[at].all():
            continue
        if v.kind == CONTINUOUS:
            number = own[:, 0] - own[:, 0].mean()
            encoder[:, at] = (centred.T @ number / max(float(number @ number), 1e-300))[:, None]
            continue
        place = (own @ v.code.T).argmax(axis=1)
        present = np.unique(place)
        means = np.stack([centred[place == k].mean(axis=0) for k in present])
        code = v.code[present]
        slopes = np.linalg.lstsq(code - code.mean(axis=0), means - means.mean(axis=0), rcond=1e-10)[0]
        encoder[:, at] = slopes.T
    smallest = numerical_rank.limit(trials.train.states.dtype)
    return Located(of_basis(encoder, trials.stored, states, labels, smallest))


def of_basis(
    encoder: Float[np.ndarray, "state number"],
    stored: Bool[np.ndarray, " number"],
    states: Float[np.ndarray, "sample state"],
    labels: Float[np.ndarray, "sample number"],
    rounding: float = regression.ROUNDING,
) -> VariableMemories:
    """An encoder with its pseudo-inverse, around the mean of these states.

    What ``rounding`` says, a share of the largest singular value, is the least that counts.
    """
    decoder = np.zeros(encoder.shape[::-1])
    decoder[stored] = np.linalg.pinv(encoder[:, stored], rcond=rounding)
    centre = states.mean(axis=0) - encoder[:, stored] @ labels[:, stored].mean(axis=0)
    return VariableMemories(encoder, decoder, stored, centre)


def known_states(trials: Trials, times: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """States for fitting at these times and their numbers, where all have a value."""
    labels = trials.train.labels[times]
    known = np.isfinite(labels[..., trials.stored]).all(axis=2)
    return trials.train.states[trials.index(times)][known].astype(np.float64), labels[known].astype(np.float64)


BY_NAME: dict[str, Callable[[Trials, list[int]], Located]] = {
    "least squares": least_squares,
    "class means": class_means,
}
