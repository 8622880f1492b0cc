"""Where a network holds variables, by several methods: all are judged and edited by the same functions and controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from emtvb.core import normal_equations, numerical_rank, regression
from emtvb.core.memories import VariableMemories
from emtvb.core.normal_equations import Moments
from emtvb.core.trials import Trials
from emtvb.core.variables import CONTINUOUS


@dataclass(frozen=True, eq=False)
class Subspace:
    """Where a state holds one variable: what is exchanged between two states is ``into @ out @ (other - state)``.

    Attributes:
        into: From its coordinates to states.
        out: From states to its coordinates.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> first = emtvb.Subspace(into=np.array([[1.0], [0.0]]), out=np.array([[1.0, 0.0]]))
        >>> first.into @ first.out @ (np.array([3.0, 4.0]) - np.array([1.0, 2.0]))
        array([2., 0.])
    """

    into: Float[np.ndarray, "state coordinate"]
    out: Float[np.ndarray, "coordinate state"]


@dataclass(frozen=True, eq=False)
class Located:
    """What a method says of a network.

    Attributes:
        memories: Encoder Psi, decoder Psi* and centre, of the variables' numbers (``Trials.slices``): told edits and
            readings are theirs.
        subspaces: Of each variable, for edits by interchange; by default its columns of Psi and rows of Psi*.

    Example:
        >>> import numpy as np
        >>> import emtvb
        >>> bits = np.random.default_rng(0).choice([-1, 1], size=(5, 80, 2))  # (time, trial, variable)
        >>> trials = emtvb.Trials.of(states=bits @ [[1, 2, 0], [0, 1, 1]], labels=bits)
        >>> early = lambda trials, times: emtvb.Located(emtvb.fit(trials, times[:2]).memories)
        >>> emtvb.fit(trials, method=early).encoder.round(2) + 0.0
        array([[1., 0.],
               [2., 1.],
               [0., 1.]])
    """

    memories: VariableMemories
    subspaces: tuple[Subspace, ...] | None = None


Method = str | Callable[[Trials, list[int]], Located]
"""A name of :data:`BY_NAME`, or a function of the trials (it may look at ``fitting`` alone) and the times to fit at."""


def least_squares(trials: Trials, times: list[int], moments: Moments | None = None) -> Located:
    """Encoder and decoder by least squares, each for itself: the package's own.

    By normal equations where states are well conditioned (:mod:`normal_equations`). Else, and on a task of this
    package, where every digit is that of what the workflow measures, by singular values
    (:func:`regression.fit_memories`): of states in double precision the decoder then reads smaller directions, too
    (:func:`numerical_rank.rank_cutoff`).

    Args:
        trials: Those to fit on.
        times: Where.
        moments: Of these, where they are known.
    """
    moments = Moments.of(trials, times) if moments is None else moments
    if trials.task is None and moments.are_well_conditioned:
        return Located(normal_equations.fit_memories(trials, times, moments))
    states, labels = trials.samples(times)
    return Located(regression.fit_memories(states, labels, trials.stored, numerical_rank.rank_cutoff(trials, times)))


def class_means(trials: Trials, times: list[int]) -> Located:
    """Encoder by differences of the means of each value's states; decoder its pseudo-inverse.

    Of a number, the slope of the state on it. Other variables are not taken account of.
    """
    states, labels = trials.samples(times)
    encoder = np.zeros((states.shape[1], trials.stored.size))
    for v, at in zip(trials.variables, trials.slices, strict=True):
        numbers, held = labels[:, at], states
        if not trials.stored[at].all():
            continue
        if v.kind != CONTINUOUS:
            place = (numbers @ v.code.T).argmax(axis=1)
            present = np.unique(place)
            numbers, held = v.code[present], np.stack([states[place == k].mean(axis=0) for k in present])
        encoder[:, at] = regression.least_squares(numbers, held, regression.EXACT).weights.T
    decoder, stored = np.zeros(encoder.shape[::-1]), trials.stored
    decoder[stored] = np.linalg.pinv(encoder[:, stored], rcond=numerical_rank.rounding_share(trials.train.states.dtype))
    centre = regression.centre_of_states(encoder, states, labels, stored)
    return Located(VariableMemories(encoder, decoder, stored, centre))


BY_NAME: dict[str, Callable[[Trials, list[int]], Located]] = {
    "least squares": least_squares,
    "class means": class_means,
}
