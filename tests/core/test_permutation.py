"""Ranks of readings: the area under the curve, and labels that are exchanged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.core.permutation import mean_auc, permutation_test


def by_pairs(read: np.ndarray, is_value: np.ndarray) -> float:
    """Pair by pair: the mean over values of how often the trial that has it is read higher; equal readings are half."""
    shares = []
    for value in range(read.shape[2]):
        won = pairs = 0.0
        for time in range(len(read)):
            labels = is_value[time, :, value]
            above = read[time, labels == 1, value][:, None] - read[time, labels == 0, value]
            won += (above > 0).sum() + (above == 0).sum() / 2
            pairs += above.size
        if pairs:
            shares.append(won / pairs)
    return float(np.mean(shares)) if shares else float("nan")


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 12), st.integers(1, 3))
def test_auc_is_the_share_of_pairs_in_the_right_order(seed: int, times: int, trials: int, values: int) -> None:
    rng = np.random.default_rng(seed)
    read = rng.integers(0, 5, size=(times, trials, values)).astype(float)  # many are equal
    is_value = rng.choice([0.0, 1.0, np.nan], size=read.shape)
    assert mean_auc(read, is_value) == pytest.approx(by_pairs(read, is_value), nan_ok=True)
    assert mean_auc(np.exp(3 * read), is_value) == pytest.approx(mean_auc(read, is_value), nan_ok=True)
    assert mean_auc(-read, is_value) == pytest.approx(1 - mean_auc(read, is_value), nan_ok=True)


def test_readings_that_rounding_alone_parts_are_equal() -> None:
    read = np.array([0.0, 0.5, 0.5 + 1e-9, 1.0])[None, :, None]
    assert mean_auc(read, np.array([0.0, 0.0, 1.0, 1.0])[None, :, None]) == pytest.approx(3.5 / 4)


def test_exchanges_stay_within_groups_or_are_between_whole_ones() -> None:
    """A reading that knows the group alone: with a label that is mostly the group's, only exchanges within are fair."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 10)
    of_group = rng.choice([-1.0, 1.0], size=20)[groups]
    label = np.where(rng.random(200) < 0.9, of_group, -of_group)[None, :, None]
    read = (of_group + 0.1 * rng.normal(size=200))[None, :, None]
    assert permutation_test(read, label).p < 0.001
    assert permutation_test(read, label, groups).p > 0.01
    assert permutation_test(read + 2 * label, label, groups).p < 0.001
    whole = of_group[None, :, None]
    assert permutation_test(rng.normal(size=(1, 20, 1))[:, groups], whole, groups).p > 0.01
    assert permutation_test(read, whole, groups).p < 0.001
    few = groups < 4
    assert permutation_test(read[:, few], whole[:, few], groups[few]).p > 1 / 25  # of 24 exchanges none is rarer
