"""A system at work: its states and outputs, beside what it should store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

FITTING, JUDGING = 1, -1
"""The two halves of all input sequences: the product of a sequence's elements is +1 or -1. What is fitted on one half
is judged on the other, so that no sequence is ever in both, however few a task has. Within a half any two elements are
still independent (s*d >= 3), so neither half is easier."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A system's output phase; index 0 is the end of the input phase, index k is k steps later.

    Attributes:
        states: The system's state.
        outputs: What it gives out.
        theory: m(t).
    """

    states: Float[np.ndarray, "time batch state"]
    outputs: Float[np.ndarray, "time batch d"]
    theory: Float[np.ndarray, "time batch memory"]


def signs(outputs: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The vector an output stands for: its signs, an output of exactly 0 counting as +1."""
    return np.where(outputs >= 0, outputs.dtype.type(1), outputs.dtype.type(-1))
