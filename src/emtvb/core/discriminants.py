"""Linear discriminants: which of its values a variable has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


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
