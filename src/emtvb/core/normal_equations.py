"""Memories of large states by normal equations, a block of samples after the other: several times as fast as ``lstsq``.

Where states or labels are not well conditioned these lose digits, and :func:`regression.fit_memories` is asked instead.
What is published is fitted by that alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from emtvb.core.memories import VariableMemories
from emtvb.core.trials import Trials

_WELL = 1e-3
"""Well conditioned are states that spread in every direction so much of their largest spread at least: with one step of
refinement the answer is that of ``lstsq`` to 1e-10. Labels, which are not refined, ten times as much."""
_BLOCK = 1 << 20
"""Numbers of states that are in double precision at once, or those of one time."""

_Block = tuple[Float[np.ndarray, "sample state"], Float[np.ndarray, "sample stored"]]


@dataclass(frozen=True, eq=False)
class Moments:
    """Means of samples, and sums of products of what is left of them.

    Attributes:
        state: The mean of the states.
        number: The mean of the variables' numbers, of those that can be stored.
        states: Products of states with states.
        numbers: Of numbers with numbers.
        crossed: Of states with numbers.
    """

    state: Float[np.ndarray, " state"]
    number: Float[np.ndarray, " stored"]
    states: Float[np.ndarray, "state state"]
    numbers: Float[np.ndarray, "stored stored"]
    crossed: Float[np.ndarray, "state stored"]

    @classmethod
    def of(cls, trials: Trials, times: list[int]) -> Moments:
        """Those of the trials to fit on at these times (``Trials.samples``)."""
        size, stored = trials.train.states.shape[2], int(trials.stored.sum())
        count, sums = 0, (np.zeros(size), np.zeros(stored))
        for block in _blocks(trials, times):
            count += len(block[0])
            for total, part in zip(sums, block, strict=True):
                total += part.sum(axis=0)
        state, number = (total / max(count, 1) for total in sums)
        states, numbers, crossed = np.zeros((size, size)), np.zeros((stored, stored)), np.zeros((size, stored))
        for h, v in _blocks(trials, times):
            h -= state
            v -= number
            states += h.T @ h
            numbers += v.T @ v
            crossed += h.T @ v
        return cls(state, number, states, numbers, crossed)

    @cached_property
    def variances(self) -> Float[np.ndarray, " state"]:
        """Of the states along their principal directions, the smallest first, times the number of samples."""
        return np.linalg.eigvalsh(self.states)

    @property
    def are_well_conditioned(self) -> bool:
        """Whether the normal equations lose nothing (:data:`_WELL`)."""
        values = np.linalg.eigvalsh(self.numbers)
        return bool(
            self.variances[0] > _WELL**2 * self.variances[-1] > 0 and values[0] > (10 * _WELL) ** 2 * values[-1] > 0
        )


def fit_memories(trials: Trials, times: list[int], moments: Moments) -> VariableMemories:
    """Encoder and decoder by least squares, each for itself: those of :func:`regression.fit_memories` to 1e-10.

    Args:
        trials: Those to fit on.
        times: Where.
        moments: Of these, well conditioned.
    """
    encoding = np.linalg.solve(moments.numbers, moments.crossed.T)
    decoding = np.linalg.solve(moments.states, moments.crossed)
    left = np.zeros_like(moments.crossed)
    for h, v in _blocks(trials, times):
        h -= moments.state
        v -= moments.number
        left += h.T @ (v - h @ decoding)
    decoding += np.linalg.solve(moments.states, left)
    stored = trials.stored
    encoder, decoder = np.zeros((len(moments.state), stored.size)), np.zeros((stored.size, len(moments.state)))
    encoder[:, stored], decoder[stored] = encoding.T, decoding.T
    return VariableMemories(encoder, decoder, stored, centre=moments.state - moments.number @ encoding)


def _blocks(trials: Trials, times: list[int]) -> Iterator[_Block]:
    """Samples of the trials to fit on, some times after the other, as arrays of their own."""
    _, count, size = trials.train.states.shape
    many = max(_BLOCK // max(count * size, 1), 1)
    for first in range(0, len(times), many):
        states, labels = trials.samples(times[first : first + many])
        yield states, labels[:, trials.stored]
