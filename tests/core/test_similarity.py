"""Distances whose value is known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from emtvb.core import similarity


def planes(*angles: float, modulus: float = 1.0) -> np.ndarray:
    """A map that turns each plane by its angle."""
    blocks = [[[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]] for angle in angles]
    return modulus * scipy.linalg.block_diag(*blocks)


def turned(matrix: np.ndarray, seed: int = 0) -> np.ndarray:
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=matrix.shape))[0]
    return turn @ matrix @ turn.T


@pytest.mark.parametrize(
    ("one", "other", "angle"),
    [
        (planes(0.3, 1.2), planes(1.2, 0.3), 0.0),
        (planes(0.3, 1.2), planes(-0.3, 1.2), 0.0),  # a reflection
        (planes(0.3), planes(0.8), 0.5),
        (planes(0.3, 1.2), planes(0.4, 1.3), 0.1),
        (planes(0.3, 1.2), planes(0.3, 1.2, modulus=0.5), 0.0),  # an angle knows no size
        (np.diag([1.0, 1.0, -1.0, -1.0]), planes(0.001, np.pi - 0.001), 0.001),  # pairs or not by rounding
        (np.diag([1.0, -1.0]), np.eye(2), np.pi / 2),
        (np.diag([1.0, 0.0]), np.diag([0.0, 1.0]), 0.0),
        (np.eye(2), np.zeros((2, 2)), np.pi / 2),
        (np.zeros((2, 2)), np.zeros((2, 2)), 0.0),
    ],
)
def test_dynamics_are_as_far_apart_as_their_planes_turn_apart(one: np.ndarray, other: np.ndarray, angle: float) -> None:
    for seed in range(3):
        assert similarity.angle_between_models(one, turned(other, seed)) == pytest.approx(angle, abs=2e-3)
        assert similarity.angle_between_models(turned(other, seed), one) == pytest.approx(angle, abs=2e-3)


def test_maps_that_are_not_normal_are_found_in_another_basis() -> None:
    for seed in range(5):
        matrix = np.random.default_rng(seed).normal(size=(12, 12)) / np.sqrt(12)
        assert similarity.angle_between_models(matrix, turned(matrix)) < 1e-4


def test_the_start_is_a_rotation_whatever_the_eigenvalues() -> None:
    rng = np.random.default_rng(0)
    for one, other in [(rng.normal(size=(7, 7)), np.diag(np.arange(7.0))), (planes(1, 2, 3), np.zeros((6, 6)))]:
        start = similarity.schur_alignment(one, other)
        np.testing.assert_allclose(start @ start.T, np.eye(len(one)), atol=1e-12)


def test_a_linear_system_is_its_own_model() -> None:
    rng = np.random.default_rng(0)
    matrix, inputs = 0.9 * planes(0.4, 1.1), rng.normal(size=(40, 30, 4))
    driven, alone = np.zeros((40, 30, 4)), np.zeros((40, 30, 4))
    driven[0] = alone[0] = rng.normal(size=(30, 4))
    for t in range(1, 40):
        driven[t] = driven[t - 1] @ matrix.T + inputs[t]
        alone[t] = alone[t - 1] @ matrix.T
    expected = np.sort_complex(np.linalg.eigvals(matrix))
    for found in (similarity.dynamic_mode_decomposition(driven, inputs), similarity.dynamic_mode_decomposition(alone)):
        np.testing.assert_allclose(np.sort_complex(np.linalg.eigvals(found.model(4))), expected, atol=0.02)
    seen = similarity.dynamic_mode_decomposition(alone[..., [0, 2]], delays=2)  # half of the state, two steps in a row
    np.testing.assert_allclose(np.sort_complex(np.linalg.eigvals(seen.model(4))), expected, atol=0.02)


def test_sizes_of_maps_do_not_matter_and_no_distance_is_above_two() -> None:
    one, other = np.random.default_rng(0).normal(size=(2, 5, 5))
    assert similarity.relative_distance(one, other) == pytest.approx(similarity.relative_distance(3 * one, 3 * other))
    assert similarity.relative_distance(one, one) == 0
    assert similarity.relative_distance(one, -one) == pytest.approx(2)
    assert similarity.relative_distance(one, 0 * one) == pytest.approx(np.sqrt(2))
    assert similarity.relative_distance(0 * one, 0 * one) == 0


def test_spectra_without_a_long_term_mode_have_no_distance() -> None:
    none, some = np.array([0.5 + 0j]), np.array([1j, -1j])
    assert np.isnan(similarity.spectral_distance(none, none))
    assert similarity.spectral_distance(none, some) == pytest.approx(np.pi)
    assert similarity.spectral_distance(some, some) == 0


def seen(matrix: np.ndarray, steps: int = 32) -> similarity.Portrait:
    """The portrait of a linear system from random states; its variables are its state."""
    states = [np.random.default_rng(0).normal(size=(400, len(matrix)))]
    for _ in range(steps):
        states.append(states[-1] @ matrix.T)
    values = np.linalg.eigvals(matrix).astype(np.complex128)
    return similarity.Portrait(values, matrix, matrix, similarity.dynamic_mode_decomposition(np.stack(states)))


def test_eigenvalues_that_last_leave_nothing_for_eigenvectors_to_tell() -> None:
    """Whitened, modes that last are a rotation whatever their eigenvectors are; of modes that fade these matter."""
    rng = np.random.default_rng(0)
    lasts, fades = seen(planes(0.3, 1.2)), seen(np.array([[0.9, 2.0, 0.0], [0.0, 0.5, 2.0], [0.0, 0.0, 0.2]]))
    turned_maps = [similarity.distances_by_chance(lasts, lasts, rng)["dynamics"] for _ in range(20)]
    assert min(turned_maps) > 0.3  # the null that loses the eigenvalues is far away
    assert max(similarity.distance_by_random_eigenvectors(lasts, lasts, rng) for _ in range(20)) < 0.06
    assert np.mean([similarity.distance_by_random_eigenvectors(fades, fades, rng) for _ in range(20)]) > 0.1


def test_random_eigenvectors_keep_the_eigenvalues() -> None:
    """Of lines with one eigenvalue every choice of eigenvectors is the same map; a plane is as far as its angle."""
    rng = np.random.default_rng(0)
    assert similarity.distance_by_random_eigenvectors(seen(np.eye(3)), seen(0.7 * np.eye(3)), rng) < 1e-3
    apart = similarity.distance_by_random_eigenvectors(seen(planes(0.3)), seen(planes(0.8)), rng, steps=400)
    assert apart == pytest.approx(0.5, abs=0.02)


def test_a_linear_image_of_the_variables_has_their_dynamics_and_no_spectrum() -> None:
    """In any basis and among any number of neurons: whitening undoes it."""
    rng = np.random.default_rng(0)
    theory = [rng.normal(size=(300, 4))]
    for _ in range(20):
        theory.append(theory[-1] @ planes(0.3, 1.2).T)
    numbers = np.stack(theory)
    control = similarity.linear_control(numbers)
    image = similarity.Portrait(
        control.eigenvalues,
        control.step,
        control.decoded,
        similarity.dynamic_mode_decomposition(numbers @ rng.normal(size=(4, 30))),
    )
    found = similarity.portrait_distances(control, image)
    assert found["dynamics"] < 1e-3
    assert found["decoded step"] == 0
    assert np.isnan([found["spectrum"], found["step"]]).all()
    assert similarity.portrait_distances(seen(planes(0.3, 1.2)), control)["dynamics"] < 0.01
    np.testing.assert_allclose(control.decoded, planes(0.3, 1.2), atol=1e-9)
