"""Logistic regression finds the one optimum, whatever the features are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special

from emtvb.experiments.sweep.logistic import logistic_regression

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, samples: int = 80, size: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Features, and outcomes that they tell in part."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(samples, size)) @ np.diag(10.0 ** rng.uniform(-2, 1, size))
    return features, rng.random(samples) < special.expit(features @ rng.normal(size=size) + rng.normal())


def loss(features: np.ndarray, outcome: np.ndarray, ridge: float, intercept: float, weights: np.ndarray) -> float:
    """By the formula: less the logarithm of the chance of what came, and the penalty."""
    chance = special.expit(features @ weights + intercept)
    seen = np.where(outcome, chance, 1 - chance)
    return float(-np.log(np.maximum(seen, 1e-300)).sum() + ridge * (weights**2).sum() / 2)


@given(SEEDS, st.sampled_from([0.01, 1.0, 30.0]))
def test_nothing_beside_the_optimum_is_better(seed: int, ridge: float) -> None:
    features, outcome = drawn(seed)
    intercept, weights = logistic_regression(features, outcome, ridge)
    least = loss(features, outcome, ridge, intercept, weights)
    rng = np.random.default_rng(seed)
    for size in (1e-3, 0.1, 1.0):
        aside = size * rng.normal(size=5)
        assert loss(features, outcome, ridge, intercept + aside[0], weights + aside[1:]) >= least


@given(SEEDS)
def test_another_optimiser_ends_there_too(seed: int) -> None:
    features, outcome = drawn(seed, size=2)
    intercept, weights = logistic_regression(features, outcome)
    found = optimize.minimize(
        lambda w: loss(features, outcome, 1.0, w[0], w[1:]), np.zeros(3), method="BFGS", options={"gtol": 1e-7}
    )
    np.testing.assert_allclose(found.x, [intercept, *weights], rtol=1e-3, atol=1e-3)


@given(SEEDS)
def test_features_that_are_moved_move_the_intercept_alone_and_outcomes_the_other_way_round_all_signs(seed: int) -> None:
    features, outcome = drawn(seed)
    intercept, weights = logistic_regression(features, outcome)
    moved = np.random.default_rng(seed).normal(size=4)
    elsewhere, same = logistic_regression(features + moved, outcome)
    np.testing.assert_allclose(same, weights, atol=1e-7)
    assert elsewhere == pytest.approx(intercept - moved @ weights, abs=1e-6)
    turned, negative = logistic_regression(features, ~outcome)
    np.testing.assert_allclose([turned, *negative], [-intercept, *-weights], atol=1e-7)


def test_without_anything_that_tells_the_intercept_is_the_logarithm_of_the_odds() -> None:
    intercept, weights = logistic_regression(np.zeros((40, 3)), np.arange(40) < 10)
    assert intercept == pytest.approx(np.log(10 / 30))
    assert (weights == 0).all()


def test_what_is_told_wholly_has_an_optimum_too() -> None:
    features = np.repeat([[-1.0], [1.0]], 50, axis=0) * 1e3
    intercept, weights = logistic_regression(features, features[:, 0] > 0)
    assert np.isfinite(intercept)
    assert 0 < weights[0] < 1
    assert ((features @ weights + intercept > 0) == (features[:, 0] > 0)).all()
