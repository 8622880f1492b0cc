"""The interval of a mean over few networks."""

from __future__ import annotations

import numpy as np
import pytest

from emtvb.core.intervals import FEWEST, mean_interval


@pytest.mark.parametrize("count", range(FEWEST))
def test_fewer_than_three_have_none(count: int) -> None:
    assert np.isnan(mean_interval(np.linspace(0.2, 0.9, count))).all()


@pytest.mark.parametrize("count", [3, 5, 30])
def test_it_holds_the_true_mean_as_often_as_it_says(count: int) -> None:
    rng = np.random.default_rng(count)
    intervals = np.array([mean_interval(rng.normal(7, 2, size=count)) for _ in range(4000)])
    held = ((intervals[:, 0] <= 7) & (intervals[:, 1] >= 7)).mean()
    assert held == pytest.approx(0.95, abs=0.015)


def test_that_of_shares_is_within_shares() -> None:
    assert mean_interval(np.array([0.6, 0.95, 1.0])) == (pytest.approx(0.31, abs=0.01), 1)
    low, high = mean_interval(np.array([-0.2, 0.95, 1.0]))
    assert low < -0.2
    assert high > 1
