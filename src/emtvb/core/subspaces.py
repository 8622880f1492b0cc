"""Where a network holds variables, by several methods: all are judged and edited by the same functions and controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from emtvb.core import regression, resolution
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

    Of states in double precision the decoder reads smaller directions, too (:func:`resolution.cutoff`).
    """
    recorded, kept = trials.fitting, trials.kept
    there = Recording(recorded.states[trials.moments(times)], recorded.outputs[times], recorded.theory[times])
    memories = regression.fit(there, list(range(len(times))), kept)
    cutoff = resolution.cutoff(trials, times)
    if cutoff < regression.ROUNDING:
        known = np.isfinite(there.theory[..., kept]).all(axis=2)
        states, theory = (values[known].astype(np.float64) for values in (there.states, there.theory[..., kept]))
        dual = memories.dual.copy()
        dual[kept] = np.linalg.lstsq(states - states.mean(axis=0), theory - theory.mean(axis=0), rcond=cutoff)[0].T
        memories = replace(memories, dual=dual)
    return Located(memories)


def class_means(trials: Trials, times: list[int]) -> Located:
    """Encoder by differences of the means of each value's states; decoder its pseudo-inverse.

    Of a number, the slope of the state on it. Other variables are not taken account of.
    """
    states, theory = known_states(trials, times)
    centred = states - states.mean(axis=0)
    basis = np.zeros((states.shape[1], trials.kept.size))
    for v, at in zip(trials.variables, trials.places, strict=True):
        own = theory[:, at]
        if not trials.kept[at].all():
            continue
        if v.kind == CONTINUOUS:
            number = own[:, 0] - own[:, 0].mean()
            basis[:, at] = (centred.T @ number / max(float(number @ number), 1e-300))[:, None]
            continue
        place = (own @ v.code.T).argmax(axis=1)
        present = np.unique(place)
        means = np.stack([centred[place == k].mean(axis=0) for k in present])
        code = v.code[present]
        slopes = np.linalg.lstsq(code - code.mean(axis=0), means - means.mean(axis=0), rcond=1e-10)[0]
        basis[:, at] = slopes.T
    smallest = resolution.limit(trials.fitting.states.dtype)
    return Located(of_basis(basis, trials.kept, states, theory, smallest))


def of_basis(
    basis: Float[np.ndarray, "state number"],
    kept: Bool[np.ndarray, " number"],
    states: Float[np.ndarray, "sample state"],
    theory: Float[np.ndarray, "sample number"],
    rounding: float = regression.ROUNDING,
) -> VariableMemories:
    """An encoder with its pseudo-inverse, around the mean of these states.

    What ``rounding`` says, a share of the largest singular value, is the least that counts.
    """
    dual = np.zeros(basis.shape[::-1])
    dual[kept] = np.linalg.pinv(basis[:, kept], rcond=rounding)
    centre = states.mean(axis=0) - basis[:, kept] @ theory[:, kept].mean(axis=0)
    return VariableMemories(basis, dual, kept, centre)


def known_states(trials: Trials, times: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """States for fitting at these times and their numbers, where all have a value."""
    theory = trials.fitting.theory[times]
    known = np.isfinite(theory[..., trials.kept]).all(axis=2)
    return trials.fitting.states[trials.moments(times)][known].astype(np.float64), theory[known].astype(np.float64)


BY_NAME: dict[str, Callable[[Trials, list[int]], Located]] = {
    "least squares": least_squares,
    "class means": class_means,
}
