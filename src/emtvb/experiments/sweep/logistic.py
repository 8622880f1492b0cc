"""Logistic regression with a ridge."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy import optimize, special

_CLOSE = 1e-9
"""Largest gradient at what is called the optimum."""


def logistic_regression(
    features: Float[np.ndarray, "sample feature"], outcome: Bool[np.ndarray, " sample"], ridge: float = 1.0
) -> tuple[float, Float[np.ndarray, " feature"]]:
    """Intercept and weights that make what came most likely, less half the ridge times the sum of squared weights.

    By Newton's method within a trust region (Conn, Gould and Toint 2000), to the last digits: where descent stops
    early, another CPU's rounding decides what comes out.

    Args:
        features: Numbers that the chance is told from.
        outcome: Whether it came, in each sample.
        ridge: Above 0, so that there is an optimum where the features tell all; the intercept is free of it.

    Returns:
        The intercept and the weights, on the logarithm of the odds.
    """
    known = np.column_stack([np.ones(len(features)), features])
    penalty = ridge * np.r_[0, np.ones(features.shape[1])]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = known @ weights
        value = np.logaddexp(0, score).sum() - score[outcome].sum() + (penalty * weights**2).sum() / 2
        return float(value), known.T @ (special.expit(score) - outcome) + penalty * weights

    def curvature(weights: np.ndarray) -> np.ndarray:
        chance = special.expit(known @ weights)
        return (known.T * (chance * (1 - chance))) @ known + np.diag(penalty)

    weights = optimize.minimize(
        loss, np.zeros(known.shape[1]), jac=True, hess=curvature, method="trust-exact",
        options={"gtol": _CLOSE, "maxiter": 200},
    ).x  # fmt: skip
    return float(weights[0]), weights[1:]
