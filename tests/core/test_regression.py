from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emtvb.adapters.elman import Elman, jacobian_at_origin
from emtvb.core.memories import VariableMemories, fitted_gain, map_error, shape_error
from emtvb.core.recording import FITTING, JUDGING
from emtvb.core.regression import decoded_map, fit_memories, least_squares
from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.memories_by_data import at_end_of_input, fit_memories_by_data, scale_to_stored_units
from emtvb.theory.memories_by_weights import power_iteration
from emtvb.theory.sequences import random_sequences, record_inputs, record_random

from ..conftest import circuit, make_network, saturated_circuit
from ..theory.theory import Theory, any_task, copying_task, make_theory


def samples(seed: int = 0, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Predictors far from zero, of which the last is the sum of the others, and noisy outcomes."""
    rng = np.random.default_rng(seed)
    x = rng.normal([3, -5, 0, 1], 1, size=(count, 4))
    x = np.column_stack([x, x.sum(axis=1)])
    return x, x @ rng.normal(size=(5, 3)) + [1.0, 2.0, -7.0] + 0.3 * rng.normal(size=(count, 3))


def test_least_squares_is_the_smallest_of_the_best_affine_maps() -> None:
    x, y = samples()
    found = least_squares(x, y)
    extended = np.column_stack([x - x.mean(axis=0), np.ones(len(x))])
    np.testing.assert_allclose(found.predict(x), extended @ np.linalg.pinv(extended) @ y, atol=1e-10)
    left = y - found.predict(x)
    np.testing.assert_allclose(extended.T @ left, 0, atol=1e-9)
    null = np.array([1.0, 1, 1, 1, -1]) / np.sqrt(5)  # what the collinear predictor leaves open
    np.testing.assert_allclose(null @ found.weights, 0, atol=1e-10)


def test_a_ridge_is_a_share_of_the_predictors_variance_and_spares_the_offset() -> None:
    x, y = samples()
    found = least_squares(x, y, ridge=0.1, floor=0.02)
    penalty = 0.1 * x.var(axis=0).mean() + 0.02
    rows = np.vstack([x - x.mean(axis=0), np.sqrt(penalty * len(x)) * np.eye(5)])
    expected = np.linalg.lstsq(rows, np.vstack([y - y.mean(axis=0), np.zeros((5, 3))]), rcond=None)[0]
    np.testing.assert_allclose(found.weights, expected, atol=1e-10)
    np.testing.assert_allclose(found.predict(x.mean(axis=0)), y.mean(axis=0), atol=1e-10)
    scaled, moved = least_squares(10 * x, y, ridge=0.1), least_squares(x + 100, y, ridge=0.1)
    np.testing.assert_allclose(10 * scaled.weights, least_squares(x, y, ridge=0.1).weights, atol=1e-10)
    np.testing.assert_allclose(moved.weights, least_squares(x, y, ridge=0.1).weights, atol=1e-10)


@pytest.mark.parametrize("ridge", [0.0, 1e-6])
def test_single_precision_is_fitted_in_double_and_left_as_it_is(ridge: float) -> None:
    x, y = (array.astype(np.float32) for array in samples())
    before = x.copy(), y.copy()
    found, exact = least_squares(x, y, ridge=ridge), least_squares(x.astype(float), y.astype(float), ridge=ridge)
    np.testing.assert_array_equal(found.weights, exact.weights)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


def test_directions_below_the_cutoff_are_not_read() -> None:
    rng = np.random.default_rng(3)
    held = rng.choice([-1.0, 1.0], size=(400, 2))
    states = held * [1.0, 1e-7]
    for rcond, reads in ((1e-5, False), (1e-9, True)):
        memories = fit_memories(states, held, np.ones(2, bool), rcond)
        np.testing.assert_allclose(memories.decoder[1, 1], 1e7 if reads else 0, atol=1, rtol=1e-3)
        np.testing.assert_allclose(memories.encoder, np.diag([1.0, 1e-7]), atol=1e-12)


def test_a_decoded_map_is_linear_and_from_every_period_to_the_step_after_it() -> None:
    step = np.array([[0.0, 1.0], [-0.5, 0.2]])
    read = np.random.default_rng(4).normal(size=(6, 50, 2)) + 2
    read[1::2] = read[::2] @ step.T
    np.testing.assert_allclose(decoded_map(read, 1), step, atol=1e-10)


@settings(max_examples=30)
@given(task=any_task(), seed=st.integers(0, 2**20))
def test_a_theorys_own_basis_is_found_for_any_task(task: tasks.Task, seed: int) -> None:
    """What can be told of a column: what its element adds to the state, its later copies in other places included."""
    theory = make_theory(task, seed=seed)
    memories = fit_memories_by_data(theory, task, 400)
    kept = task.theory.persistent
    np.testing.assert_array_equal(memories.stored, kept)
    np.testing.assert_allclose((memories.decoder @ memories.encoder)[np.ix_(kept, kept)], np.eye(kept.sum()), atol=1e-6)
    if kept.all():
        np.testing.assert_allclose(memories.encoder, theory.basis, atol=1e-6)
        np.testing.assert_allclose(memories.centre, theory.centre, atol=1e-6)
    shown = record_inputs(theory, task, random_sequences(task, JUDGING, 20, seed), 40)
    read = memories.read(shown.states[25:])[..., kept]
    np.testing.assert_allclose(read, shown.labels[25:][..., kept], atol=0.5)


@settings(max_examples=15)
@given(task=copying_task(), spare=st.integers(0, 5), seed=st.integers(0, 2**20))
def test_on_the_linear_circuit_data_and_power_iteration_find_its_basis(task: tasks.Task, spare: int, seed: int) -> None:
    """Gain 1, amplitude 1e-3. Psi is unique, but for the sizes that power iteration cannot tell."""
    network, basis = circuit(task, task.s * task.d + spare, seed)
    system = Elman(network)
    found = fit_memories_by_data(system, task, 400)
    np.testing.assert_allclose(found.encoder, 1e-3 * basis, atol=2e-6)
    np.testing.assert_allclose(found.decoder @ basis, 1e3 * np.eye(basis.shape[1]), atol=1)
    published = power_iteration(network, task.theory)
    np.testing.assert_allclose(np.abs((published.encoder * basis).sum(axis=0)), 1, atol=1e-4)
    np.testing.assert_allclose(scale_to_stored_units(published, system, task).encoder, 1e-3 * basis, atol=2e-6)
    for memories in (found, scale_to_stored_units(published, system, task)):
        assert map_error(memories, jacobian_at_origin(network), task.theory.phi) < 1e-2
        assert fitted_gain(memories, jacobian_at_origin(network), task.theory.phi) == pytest.approx(1, abs=1e-3)


@settings(max_examples=15)
@given(task=copying_task(), per_element=st.integers(1, 3), amplification=st.floats(1.2, 3), seed=st.integers(0, 2**20))
def test_on_a_saturated_circuit_data_find_its_basis_and_the_weights_gain(
    task: tasks.Task, per_element: int, amplification: float, seed: int
) -> None:
    network, basis = saturated_circuit(task, per_element, amplification, seed)
    memories = fit_memories_by_data(Elman(network), task, 400)
    np.testing.assert_allclose(memories.encoder, basis, atol=1e-3)
    np.testing.assert_allclose(memories.decoder @ basis, np.eye(basis.shape[1]), atol=1e-2)
    assert fitted_gain(memories, jacobian_at_origin(network), task.theory.phi) == pytest.approx(amplification, rel=1e-2)
    assert shape_error(memories, jacobian_at_origin(network), task.theory.phi) < 1e-2


def test_the_end_of_input_has_a_column_for_every_element() -> None:
    task = tasks.named("T2", 3, 3)
    theory = make_theory(task)
    memories = at_end_of_input(record_random(theory, task, FITTING, 400, 0, 0))
    assert memories.stored.all()
    np.testing.assert_allclose(memories.encoder, theory.basis, atol=1e-6)


def test_more_elements_than_neurons_leave_no_basis_and_break_nothing() -> None:
    task = tasks.named("T1", 3, 4)
    memories = fit_memories_by_data(Elman(make_network(3, 7)), task, 100)
    assert (memories.fits, memories.condition) == (False, float("inf"))
    assert np.isfinite(memories.encoder).all()


def test_the_same_seed_gives_the_same_basis_and_another_a_near_one() -> None:
    task = tasks.named("T1", 2, 3)
    system = Elman(circuit(task, 9)[0])
    first, again, other = (fit_memories_by_data(system, task, 300, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.encoder, again.encoder)
    np.testing.assert_allclose(first.encoder, other.encoder, atol=1e-5)


def test_columns_in_the_units_of_what_is_stored() -> None:
    theory = make_theory(tasks.named("T1", 2, 2))
    lengths = np.array([1.0, -2.0, 0.5, 3.0])
    wrong = VariableMemories(
        theory.basis * lengths, np.linalg.pinv(theory.basis) / lengths[:, None], np.ones(4, bool), theory.centre
    )
    right = scale_to_stored_units(wrong, theory, theory.task)
    np.testing.assert_allclose(right.encoder, theory.basis)
    np.testing.assert_allclose(right.decoder @ right.encoder, np.eye(4), atol=1e-9)


def test_states_that_are_not_finite_are_one_clear_line() -> None:
    theory = make_theory(tasks.named("T1", 2, 2))
    broken = Theory(theory.task, theory.basis * np.nan, theory.centre)
    with pytest.raises(InputError, match="states: not finite"):
        fit_memories_by_data(broken, theory.task)
