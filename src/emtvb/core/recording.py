"""A system at work: its states and outputs, beside what it should store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

FITTING, JUDGING = 1, -1
"""The two halves of all input sequences: the product of a sequence's elements is +1 or -1. What is fitted on one half
is judged on the other, so that no sequence is ever in both, however few a task has. Within a half any two elements are
still independent (s*d >= 3), so neither half is easier."""


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """Trials of a system: states and outputs, beside what it should store.

    Of a task, index 0 is the end of the input phase and index k is k output steps later; of trials with labels, index t
    is after the t-th input.

    Attributes:
        states: The system's state at each time, or at those whose states were recorded (``Trials.recorded_times``).
        outputs: What it gives out.
        labels: What it should store: m(t), or the numbers that stand for a user's labels (a continuous one in standard
            deviations from its mean; ``Trials.values`` gives the user's units); NaN where a variable has no value.
        inputs: What it reads at each time; None where that is not known.
        groups: The group that each trial belongs to; None where each is independent.
    """

    states: Float[np.ndarray, "recorded batch state"]
    outputs: Float[np.ndarray, "time batch d"]
    labels: Float[np.ndarray, "time batch memory"]
    inputs: Float[np.ndarray, "time batch input"] | None = None
    groups: Int[np.ndarray, " batch"] | None = None

    def __repr__(self) -> str:
        parts = {"states": self.states, "outputs": self.outputs, "labels": self.labels, "inputs": self.inputs}
        shapes = ", ".join(f"{name} {array.shape}" for name, array in parts.items() if array is not None)
        return f"<Recording: {shapes}; labels are numbers that stand for values, which trials.values(labels) gives>"

    def samples(self, times: list[int]) -> tuple[Float[np.ndarray, "sample state"], Float[np.ndarray, "sample memory"]]:
        """States at these times, and what they should store, one sample after the other."""
        states, labels = self.states[times], self.labels[times]
        return states.reshape(-1, states.shape[2]), labels.reshape(-1, labels.shape[2])

    def select(self, trials: Int[np.ndarray, " chosen"]) -> Recording:
        """Some of the trials, by number."""
        states, outputs, labels = (array[:, trials] for array in (self.states, self.outputs, self.labels))
        inputs = None if self.inputs is None else self.inputs[:, trials]
        return Recording(states, outputs, labels, inputs, None if self.groups is None else self.groups[trials])


def nearest_bits(outputs: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """The vector an output stands for: its signs, an output of exactly 0 counting as +1."""
    return np.where(outputs >= 0, outputs.dtype.type(1), outputs.dtype.type(-1))
