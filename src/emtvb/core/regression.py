"""Least squares: the one function by which encoders, decoders and linear steps are fitted; memories and classes by it.

Any system will do; nothing is linearised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.memories import VariableMemories
from emtvb.errors import InputError

ROUNDING = 1e-5
"""States are single-precision numbers: directions in which they spread less than this share are rounding."""
EXACT = 1e-10
"""The same share of predictors that are as good as exact, such as what a decoder reads in double precision."""


@dataclass(frozen=True, eq=False)
class Affine:
    """A map y = x @ weights + offset, such as a decoder, which reads variables from states.

    Attributes:
        weights: The linear part.
        offset: What is added; zero of a linear map.
    """

    weights: Float[np.ndarray, "predictor outcome"]
    offset: Float[np.ndarray, " outcome"]

    def predict(self, x: Float[np.ndarray, "*sample predictor"]) -> Float[np.ndarray, "*sample outcome"]:
        """The outcomes of these predictors."""
        return x @ self.weights + self.offset


def least_squares(
    x: Float[np.ndarray, "sample predictor"],
    y: Float[np.ndarray, "sample outcome"],
    rcond: float = ROUNDING,
    ridge: float = 0.0,
    floor: float = 0.0,
    intercept: bool = True,
) -> Affine:
    """The affine map that leads best from samples to samples, in double precision.

    It has the least mean of |y - x @ weights - offset|^2 + penalty |weights|^2. Without a penalty it is found by
    singular values, and of all best maps it is the smallest. With a penalty it is found by the normal equations, more
    than twice as fast where thousands of decoders are fitted; what they lose, directions in which predictors spread
    less than 1e-8 as far as they do at most, the penalty takes anyway.

    Args:
        x: Predictors, finite.
        y: Outcomes, finite.
        rcond: The share of the largest singular value below which one counts as zero; without a penalty alone.
        ridge: The penalty as a share of the predictors' mean variance.
        floor: What is added to the penalty: a mean square of predictors that is nothing but rounding.
        intercept: Whether there is an offset, which is never penalised; else the map is linear.

    Returns:
        The map.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    mean_x, mean_y = np.zeros(x.shape[1]), np.zeros(y.shape[1])
    if intercept:
        mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
        x -= mean_x
        y -= mean_y
    if ridge or floor:
        gram = x.T @ x
        gram[np.diag_indices_from(gram)] += ridge * np.trace(gram) / len(gram) + floor * len(x)
        weights = np.linalg.solve(gram, x.T @ y)
    else:
        weights = np.linalg.lstsq(x, y, rcond=rcond)[0]
    return Affine(weights, mean_y - mean_x @ weights)


def fit_memories(
    states: Float[np.ndarray, "sample state"],
    labels: Float[np.ndarray, "sample memory"],
    stored: Bool[np.ndarray, " memory"],
    rcond: float = ROUNDING,
) -> VariableMemories:
    """Encoder and decoder over the stored elements, each by least squares for itself.

    Args:
        states: Samples of states.
        labels: What each should store: any numbers, finite over the stored elements.
        stored: Which elements there are.
        rcond: The share of the largest spread of states below which the decoder reads nothing.

    Raises:
        InputError: Where the states are not finite.
    """
    if not np.isfinite(states).all():
        raise InputError("states", "not finite", "the system diverged; there is nothing to fit")
    numbers = labels[:, stored]
    encoding, decoding = least_squares(numbers, states), least_squares(states, numbers, rcond)
    encoder = np.zeros((states.shape[1], stored.size))
    decoder = np.zeros((stored.size, states.shape[1]))
    encoder[:, stored], decoder[stored] = encoding.weights.T, decoding.weights.T
    return VariableMemories(encoder, decoder, stored, centre=encoding.offset)


def centre_of_states(
    encoder: Float[np.ndarray, "state memory"],
    states: Float[np.ndarray, "sample state"],
    labels: Float[np.ndarray, "sample memory"],
    stored: Bool[np.ndarray, " memory"],
) -> Float[np.ndarray, " state"]:
    """The state that stores nothing: the mean of the states without what the mean of the labels adds to it."""
    return states.mean(axis=0) - encoder[:, stored] @ labels[:, stored].mean(axis=0)


def decoded_map(
    read: Float[np.ndarray, "time batch memory"], s: int, stored: Bool[np.ndarray, " memory"] | None = None
) -> Float[np.ndarray, "stored stored"]:
    """The linear map that leads best from what is read, every s + 1 steps, to what is read a step later.

    Args:
        read: What is read of each element.
        s: Variables.
        stored: The elements that count; all by default.
    """
    stored = np.ones(read.shape[-1], dtype=bool) if stored is None else stored
    now, following = (part[..., stored].reshape(-1, stored.sum()) for part in (read[: -1 : s + 1], read[1 :: s + 1]))
    return least_squares(now, following, EXACT, intercept=False).weights.T


@dataclass(frozen=True, eq=False)
class LinearDiscriminants:
    """Which of its values a variable has, from the numbers that are read: linear discriminants with equal priors.

    On the numbers that a regression reads they say the same as on the state itself (Hastie, Tibshirani and Buja 1994,
    section 3.3), and so separate values that lie on one line, which the nearest corner of a simplex does not.

    Attributes:
        slopes: Of each class, on the numbers.
        offsets: Of each class.
    """

    slopes: Float[np.ndarray, "value code"]
    offsets: Float[np.ndarray, " value"]

    @classmethod
    def fit(
        cls, read: Float[np.ndarray, "sample code"], place: Int[np.ndarray, " sample"], count: int
    ) -> LinearDiscriminants:
        """From samples, and the place of each one's class among so many."""
        means = np.stack([read[place == k].mean(axis=0) for k in range(count)])
        rest = read - means[place]
        within = rest.T @ rest / len(read)
        spread = float(read.var(axis=0).sum()) or 1.0
        # classes without spread in some direction would leave nothing to invert
        precision = np.linalg.inv(within + 1e-8 * spread * np.eye(read.shape[1]))
        slopes = means @ precision
        return cls(slopes, -(slopes * means).sum(axis=1) / 2)

    def scores(self, read: Float[np.ndarray, "*shape code"]) -> Float[np.ndarray, "*shape value"]:
        """How much speaks for each class; the largest is the one."""
        return read @ self.slopes.T + self.offsets

    def margins(self, read: Float[np.ndarray, "*shape code"]) -> Float[np.ndarray, "*shape value"]:
        """How much more speaks for each class than for the best of the others."""
        scores = self.scores(read)
        best = np.sort(scores, axis=-1)
        others = np.where(scores == best[..., -1:], best[..., -2:-1], best[..., -1:])
        return scores - others
