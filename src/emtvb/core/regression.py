"""Variable memories from what a system does: least squares between its states and what it should store.

Any system will do; nothing is linearised.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from emtvb.core.memories import VariableMemories
from emtvb.core.recording import Recording
from emtvb.errors import InputError

ROUNDING = 1e-5
"""States are single-precision numbers: directions in which they spread less than this share are rounding."""


def fit(recording: Recording, times: list[int], stored: Bool[np.ndarray, " memory"]) -> VariableMemories:
    """Encoder and decoder over the stored elements at these time steps, where none of them is NaN.

    The theory's elements may be any numbers that stand for what should be stored.

    Raises:
        InputError: Where the states are not finite.
    """
    states = recording.states[times].reshape(-1, recording.states.shape[2]).astype(np.float64)
    labels = recording.labels[times].reshape(-1, stored.size)[:, stored].astype(np.float64)
    known = ~np.isnan(labels).any(axis=1)
    states, labels = states[known], labels[known]
    if not np.isfinite(states).all():
        raise InputError("states", "not finite", "the system diverged; there is nothing to fit")
    mean_state, mean_labels = states.mean(axis=0), labels.mean(axis=0)
    states -= mean_state
    labels -= mean_labels
    encoder = np.zeros((states.shape[1], stored.size))
    decoder = np.zeros((stored.size, states.shape[1]))
    encoder[:, stored] = _least_squares(labels, states).T
    decoder[stored] = _least_squares(states, labels).T
    return VariableMemories(encoder, decoder, stored, centre=mean_state - encoder[:, stored] @ mean_labels)


def _least_squares(
    given: Float[np.ndarray, "sample in"], wanted: Float[np.ndarray, "sample out"]
) -> Float[np.ndarray, "in out"]:
    """X that makes given @ X nearest to wanted, and of all such the smallest."""
    return np.linalg.lstsq(given, wanted, rcond=ROUNDING)[0]
