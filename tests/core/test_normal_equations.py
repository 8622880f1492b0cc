"""Normal equations by blocks: the memories of ``lstsq`` to 1e-10 where states are well conditioned, else its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import emtvb
from emtvb.core import normal_equations, numerical_rank, regression
from emtvb.core.normal_equations import Moments

STEPS, TRIALS = 7, 120


def recorded(seed: int, size: int, smallest: float, dtype: type = np.float32, gaps: bool = False) -> emtvb.Trials:
    """States of which the smallest spread is such a share of the largest, far from zero; a bit, a word and a number."""
    rng = np.random.default_rng(seed)
    bit, word = rng.choice([-1.0, 1.0], size=TRIALS), rng.choice(list("abc"), size=TRIALS)
    number = rng.normal(size=(STEPS, TRIALS))
    if gaps:
        number[rng.random(number.shape) < 0.2] = np.nan
    turned = np.linalg.qr(rng.normal(size=(size, size)))[0]
    h = rng.normal(size=(STEPS, TRIALS, size)) + np.nan_to_num(number)[..., None] + bit[:, None] * rng.normal(size=size)
    h = (h * np.geomspace(1, smallest, size)) @ turned + 30
    return emtvb.Trials.of(h.astype(dtype), {"bit": bit, "word": word, "number": number})


def by_lstsq(trials: emtvb.Trials) -> regression.VariableMemories:
    times = list(trials.fit_times)
    return regression.fit_memories(*trials.samples(times), trials.stored, numerical_rank.rank_cutoff(trials, times))


@given(
    st.integers(0, 100), st.integers(3, 20), st.sampled_from([1.0, 0.1, 0.02]),
    st.sampled_from([np.float32, np.float64]), st.booleans(), st.sampled_from([1, 500, 1 << 20]),
)  # fmt: skip
def test_they_are_those_of_lstsq(seed: int, size: int, smallest: float, dtype: type, gaps: bool, block: int) -> None:
    trials = recorded(seed, size, smallest, dtype, gaps)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normal_equations, "_BLOCK", block)
        assert Moments.of(trials, list(trials.fit_times)).are_well_conditioned
        found = emtvb.fit(trials).memories
    wanted = by_lstsq(trials)
    for name in ("encoder", "decoder", "centre"):
        one, other = getattr(found, name), getattr(wanted, name)
        assert np.abs(one - other).max() <= 1e-10 * np.abs(other).max(), name


@pytest.mark.parametrize("smallest", [1e-4, 1e-7])
def test_states_that_are_not_well_conditioned_are_fitted_by_lstsq(smallest: float) -> None:
    trials = recorded(0, 10, smallest, np.float64)
    assert not Moments.of(trials, list(trials.fit_times)).are_well_conditioned
    found, wanted = emtvb.fit(trials).memories, by_lstsq(trials)
    np.testing.assert_array_equal(found.decoder, wanted.decoder)
    np.testing.assert_array_equal(found.encoder, wanted.encoder)


def test_so_are_labels_that_follow_from_each_other() -> None:
    rng = np.random.default_rng(0)
    bit = rng.choice([-1.0, 1.0], size=TRIALS)
    h = rng.normal(size=(STEPS, TRIALS, 5)) + bit[:, None]
    trials = emtvb.Trials.of(h, {"one": bit, "again": bit})
    found, wanted = emtvb.fit(trials).memories, by_lstsq(trials)
    np.testing.assert_array_equal(found.encoder, wanted.encoder)
    np.testing.assert_allclose(found.encoder[:, 0], found.encoder[:, 1])


def test_moments_are_of_samples_with_every_label_alone() -> None:
    trials = recorded(0, 5, 1.0, gaps=True)
    times = list(trials.fit_times)
    states, numbers = trials.samples(times)
    assert len(states) < STEPS * TRIALS / 2
    moments = Moments.of(trials, times)
    both = np.concatenate([states, numbers], axis=1)
    products = np.cov(both.T, bias=True) * len(both)
    np.testing.assert_allclose(moments.state, states.mean(axis=0))
    np.testing.assert_allclose(moments.number, numbers.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(moments.states, products[:5, :5])
    np.testing.assert_allclose(moments.crossed, products[:5, 5:], atol=1e-9)
    np.testing.assert_allclose(moments.numbers, products[5:, 5:], atol=1e-9)
