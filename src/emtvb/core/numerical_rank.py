"""What of a state is too small to count: one rule for what is fitted, and with it judged, edited and erased."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from emtvb.core.regression import ROUNDING
from emtvb.core.trials import Trials

_MOMENTS = 10
"""Different moments for each direction that is smaller than :data:`ROUNDING`, so that it is not fitted to chance."""


def rounding_share(dtype: np.dtype) -> float:
    """The share of the largest spread below which a direction is rounding, of states of this precision.

    It is :data:`ROUNDING` of single precision. Of what double precision has more, half of the digits are trusted
    (4e-10): sums, and states that were worked with, such as erased ones, are less exact than the last digit.
    """
    return ROUNDING * min(float(np.sqrt(np.finfo(dtype).eps / np.finfo(np.float32).eps)), 1.0)


def count_moments(trials: Trials, times: list[int]) -> int:
    """Different moments of the training trials: within a trial a label counts anew only when it changes."""
    labels = trials.train.labels[times][..., trials.stored]
    known = np.isfinite(labels).all(axis=2)
    changes = (np.diff(labels, axis=0) != 0).any(axis=2) & known[1:] & known[:-1]
    return int((known.any(axis=0) + changes.sum(axis=0)).sum())


def spreads_and_directions(
    centred: Float[np.ndarray, "sample state"],
) -> tuple[Float[np.ndarray, " direction"], Float[np.ndarray, "direction state"]]:
    """How far states spread, the largest first, and in which directions: small ones too, which a covariance loses."""
    _, values, directions = np.linalg.svd(np.linalg.qr(centred, mode="r"), full_matrices=False)
    return values, directions


def rank_cutoff(trials: Trials, times: list[int]) -> float:
    """The share of the largest spread below which no direction of the states is read.

    All that single precision tells is read: :data:`ROUNDING`. States of double precision tell more; of that, the
    largest directions are read for which there are :data:`_MOMENTS` moments each.
    """
    least = rounding_share(trials.train.states.dtype)
    if least >= ROUNDING:
        return ROUNDING
    states, _ = trials.samples(times)
    values, _ = spreads_and_directions(states - states.mean(axis=0))
    count = min(int((values > least * values[0]).sum()), count_moments(trials, times) // _MOMENTS)
    if count <= int((values > ROUNDING * values[0]).sum()):
        return ROUNDING
    following = max(float(values[count]), least * float(values[0])) if count < len(values) else least * float(values[0])
    return float(np.sqrt(values[count - 1] * following) / values[0])
