from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.core.spectrum import long_term, match_spectra
from emtvb.theory import tasks
from emtvb.theory.spectral_error import published_spectral_error

from ..conftest import circuit


def with_eigenvalues(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """A complex matrix with these eigenvalues in a random basis."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(len(values),) * 2) + 1j * rng.normal(size=(len(values),) * 2))[0]
    return basis @ np.diag(values) @ basis.conj().T


def turned(values: np.ndarray, angles: float | np.ndarray) -> np.ndarray:
    return values * np.exp(1j * angles)


@pytest.mark.parametrize("name", tasks.NAMED)
def test_a_built_circuit_has_no_error(name: str) -> None:
    task = tasks.named(name)
    network, _ = circuit(task, 70)
    # Phi of T2 to T4 has Jordan blocks at 0, whose computed eigenvalues are far from 0 but well below 0.9.
    match = match_spectra(task.theory.eigenvalues, np.linalg.eigvals(network.W_hh.astype(float)))
    assert (match.matched, match.expected, match.observed) == (len(task.theory.eigenvalues),) * 3
    assert match.error == match.matched_error < 1e-5


@given(st.floats(0.001, 0.08), st.floats(0.91, 3.0))
def test_a_known_error_whatever_the_gain(angle: float, gain: float) -> None:
    phi = tasks.named("T1", 1, 8).theory.phi  # eighth roots of 1
    weights = with_eigenvalues(gain * turned(np.linalg.eigvals(phi), angle))
    assert published_spectral_error(phi, weights) == pytest.approx(angle, abs=2e-7)
    assert match_spectra(np.linalg.eigvals(phi), np.linalg.eigvals(weights)).error == pytest.approx(angle, abs=1e-9)


@given(st.lists(st.floats(-0.3, 0.3), min_size=8, max_size=8))
def test_the_error_is_the_mean_of_single_angles(angles: list[float]) -> None:
    roots = np.exp(2j * np.pi * np.arange(8) / 8)  # 0.785 apart, so each keeps its own
    match = match_spectra(roots, turned(roots, np.array(angles)))
    assert match.error == pytest.approx(np.mean(np.abs(angles)), abs=1e-9)


@pytest.mark.parametrize("count", [0, 5, 7, 9, 12])
def test_a_count_mismatch_hides_the_published_error_and_not_ours(count: int) -> None:
    roots = np.exp(2j * np.pi * np.arange(8) / 8)
    found = np.concatenate([np.tile(roots, 2)[:count], np.full(4, 0.5)])
    phi = tasks.named("T1", 1, 8).theory.phi
    assert np.isnan(published_spectral_error(phi, with_eigenvalues(found)))
    match = match_spectra(roots, found)
    assert (match.expected, match.observed, match.matched) == (8, count, min(8, count))
    if count <= 8:
        assert match.error == pytest.approx(np.pi * (8 - count) / 8)
        assert match.matched_error == pytest.approx(0 if count else np.pi)
    else:
        assert match.error == pytest.approx(np.pi * (count - 8) / count)


def test_rounding_at_arccos_of_one() -> None:
    """A unit vector's dot product with itself may exceed 1 by rounding: NaN as published, nothing to ours."""
    values = np.exp(1j * np.linspace(0.01, 3, 500))
    published = np.array([published_spectral_error(np.diag([v]), np.diag([v])) for v in values])
    assert np.isnan(published).any()
    assert np.nanmax(published) < 1e-7
    assert max(match_spectra(np.array([v]), np.array([v])).error for v in values) < 1e-15


def test_greedy_matching_depends_on_order_and_ours_is_never_worse() -> None:
    """Phi's second eigenvalue lies between W's two: the first takes the partner that the second needed."""
    phi, weights = np.diag(np.exp(1j * np.array([0.0, -0.5]))), np.diag(np.exp(1j * np.array([-0.4, 0.7])))
    greedy = published_spectral_error(phi, weights)
    assert greedy == pytest.approx((0.4 + 1.2) / 2)
    assert match_spectra(phi.diagonal(), weights.diagonal()).error == pytest.approx((0.7 + 0.1) / 2)
    assert published_spectral_error(phi[::-1, ::-1], weights) == pytest.approx((0.1 + 0.7) / 2)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 2**32 - 1))
def test_the_sound_error_is_a_number_between_zero_and_pi(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected, found = (rng.normal(size=k) + 1j * rng.normal(size=k) for k in (n, m))
    match, back = match_spectra(expected, found), match_spectra(found, expected)
    assert 0 <= match.error <= np.pi
    assert match.error == pytest.approx(back.error)
    if match.expected == match.observed > 0:
        assert match.error == match.matched_error
        assert match.error <= published_spectral_error(np.diag(expected), np.diag(found)) + 1e-6 or match.matched == 0


def test_long_term_means_larger_than() -> None:
    np.testing.assert_array_equal(long_term(np.array([0.9, -0.91, 1j, 0.1j]), 0.9), [-0.91, 1j])
