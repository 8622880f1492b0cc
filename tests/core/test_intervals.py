"""Intervals hold what they say as often as they say it, and are those of the textbooks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emtvb.core import intervals
from emtvb.core.intervals import (
    FEWEST,
    clopper_pearson_interval,
    clustered_share_interval,
    mean_interval,
    median_interval,
    wilson_interval,
)

LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.999])


@st.composite
def seen(draw: st.DrawFn) -> tuple[int, int]:
    """How many of so many."""
    count = draw(st.integers(1, 3000))
    return draw(st.sampled_from([0, count]) | st.integers(0, count)), count


@given(seen(), LEVELS)
def test_those_of_shares_are_the_textbooks(counted: tuple[int, int], level: float) -> None:
    holds, count = counted
    test = stats.binomtest(holds, count)
    for method, (low, high) in (
        ("wilson", wilson_interval(holds / count, count, level)),
        ("exact", clopper_pearson_interval(holds, count - holds, level)),
    ):
        expected = test.proportion_ci(level, method)
        assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)
        assert 0 <= low <= holds / count <= high <= 1


def test_those_of_shares_take_arrays_and_numbers_that_are_not_whole() -> None:
    shares, counts = np.array([0.0, 0.37, 1.0]), np.array([3.5, 20.0, 7.25])
    for low, high in (
        wilson_interval(shares, counts),
        clopper_pearson_interval(shares * counts, (1 - shares) * counts),
    ):
        assert low.shape == high.shape == (3,)
        assert low[0] == 0
        assert high[2] == 1
        assert (low <= shares).all()
        assert (shares <= high).all()
    assert np.isnan(wilson_interval(np.array([np.nan]), np.array([0.0]))).all()


@given(st.integers(2, 30), st.integers(1, 8))
def test_clusters_whose_networks_are_all_alike_count_once(clusters: int, each: int) -> None:
    """Copies of networks make an interval wider: so many more networks have no more degrees of freedom."""
    holds = np.arange(clusters) % 3 == 0
    one, many = (clustered_share_interval(np.repeat(holds, n), np.repeat(np.arange(clusters), n)) for n in (1, each))
    assert one == pytest.approx(
        clopper_pearson_interval(holds.mean() * (clusters - 1), (~holds).mean() * (clusters - 1))
    )
    width = np.diff(one)
    assert np.diff(many) > width * (1 if each > 1 else 1 - 1e-9)
    low, high = clustered_share_interval(np.ones(clusters, bool), np.arange(clusters))
    assert (low, high) == (pytest.approx(clopper_pearson_interval(clusters, 0)[0]), 1)


@pytest.mark.parametrize(("clusters", "apart"), [(20, 0.5), (5, 0.5), (5, 0.1), (20, 0.1)])
def test_that_of_clusters_holds_the_true_share_at_least_as_often_as_it_says(clusters: int, apart: float) -> None:
    """Seeds whose networks have a chance of their own, which varies as widely as it can without being a coin's."""
    rng = np.random.default_rng(0)
    seeds = np.repeat(np.arange(clusters), 6)
    held = naive = 0
    for _ in range(1000):
        holds = rng.random(len(seeds)) < rng.beta(0.7 / apart, 0.3 / apart, size=clusters)[seeds]
        low, high = clustered_share_interval(holds, seeds)
        held += low <= 0.7 <= high
        low, high = clopper_pearson_interval(holds.sum(), (~holds).sum())
        naive += low <= 0.7 <= high
    assert held >= 0.94 * 1000
    assert naive < 0.9 * 1000 or apart < 0.5


@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_single_cluster_says_nothing(count: int) -> None:
    assert clustered_share_interval(np.ones(count, bool), np.zeros(count)) == (0, 1)


@pytest.mark.parametrize("count", range(FEWEST))
def test_fewer_than_three_have_none(count: int) -> None:
    assert np.isnan(mean_interval(np.linspace(0.2, 0.9, count))).all()


@pytest.mark.parametrize("count", [3, 5, 30])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_that_of_a_mean_holds_the_true_one_as_often_as_it_says(count: int, level: float) -> None:
    rng = np.random.default_rng(count)
    ends = np.array([mean_interval(rng.normal(7, 2, size=count), level) for _ in range(2500)])
    held = ((ends[:, 0] <= 7) & (ends[:, 1] >= 7)).mean()
    assert held == pytest.approx(level, abs=0.018)


def test_that_of_shares_is_within_shares_and_others_are_not_bounded() -> None:
    shares = np.array([0.6, 0.95, 1.0])
    assert mean_interval(shares) == (pytest.approx(0.31, abs=0.01), 1)
    assert mean_interval(np.array([-0.1, 0.0, 0.1]))[0] < -0.1, "these are no shares"
    low, high = mean_interval(np.array([-0.2, 0.95, 1.0]))
    assert low < -0.2
    assert high > 1


def test_equal_values_have_an_interval_without_width() -> None:
    assert mean_interval(np.full(4, 0.25)) == (0.25, 0.25)


@given(st.integers(1, 60), LEVELS)
def test_that_of_a_median_is_the_textbooks(count: int, level: float) -> None:
    values = np.random.default_rng(count).normal(size=count)
    expected = stats.quantile_test(values, q=0, p=0.5).confidence_interval(level)
    assert median_interval(values, level) == pytest.approx((expected.low, expected.high), nan_ok=True)


@pytest.mark.parametrize("count", [1, 5])
def test_five_have_no_interval_of_their_median(count: int) -> None:
    assert np.isnan(median_interval(np.arange(float(count)))).all()


def test_a_bootstrap_draws_as_many_as_there_are_and_each_as_often_as_others() -> None:
    counts = intervals.bootstrap_counts(25, seed=3)
    assert counts.shape == (intervals.DRAWS, 25)
    assert (counts.sum(axis=1) == 25).all()
    np.testing.assert_allclose(counts.mean(axis=0), 1, atol=0.1)
    np.testing.assert_allclose(counts.var(axis=0), 24 / 25, atol=0.15)
    np.testing.assert_array_equal(counts, intervals.bootstrap_counts(25, seed=3))


def test_a_bootstraps_interval_holds_the_mean_nearly_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(600):
        values = rng.exponential(size=40)
        low, high = intervals.central_interval(intervals.bootstrap_counts(40, 500, seed) @ values / 40)
        held += low <= 1 <= high
    assert held / 600 == pytest.approx(0.95, abs=0.05)


@given(st.integers(50, 5000), LEVELS)
def test_the_central_interval_has_the_share_of_draws_in_it_that_it_says(count: int, level: float) -> None:
    drawn = np.random.default_rng(count).permutation(count)
    low, high = intervals.central_interval(drawn, level)
    assert ((drawn >= low) & (drawn <= high)).mean() == pytest.approx(level, abs=2 / count)
    low, high = intervals.central_interval(drawn, level, method="nearest")
    assert (low, high) == (round(low), round(high))
    assert low == pytest.approx(count - 1 - high, abs=1)


def test_intervals_that_hold_together_are_at_a_higher_level() -> None:
    assert intervals.bonferroni_level(1) == pytest.approx(0.95)
    assert intervals.bonferroni_level(10) == pytest.approx(0.995)
    assert intervals.normal_deviations(0.95) == pytest.approx(1.96, abs=1e-3)
    rng = np.random.default_rng(0)
    scores = np.abs(rng.normal(size=(20_000, 10)))
    assert (scores < intervals.normal_deviations(intervals.bonferroni_level(10))).all(axis=1).mean() == pytest.approx(
        0.95, abs=0.01
    )
