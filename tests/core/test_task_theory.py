from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.theory import tasks
from emtvb.theory.tasks import Task

from ..theory.theory import any_task


@given(any_task(5, least=1), st.integers(0, 12), st.integers(0, 2**32 - 1))
def test_phi_times_the_stacked_state_is_the_next_state(task: Task, horizon: int, seed: int) -> None:
    x, y = task.batch(np.random.default_rng(seed), 3, horizon)
    vectors = np.concatenate([x[: task.s], y[task.s :]])
    phi = task.theory.phi
    for t in range(horizon):
        now, then = (vectors[i : i + task.s].transpose(1, 0, 2).reshape(3, -1) for i in (t, t + 1))
        np.testing.assert_array_equal(now @ phi.T, then)


@given(any_task(5, least=1))
def test_eigenvalues_are_phis(task: Task) -> None:
    # Coefficients of the characteristic polynomial are integers: exact where eigenvalues of a defective Phi are not.
    full = np.concatenate([task.theory.eigenvalues, np.zeros(task.s * task.d - len(task.theory.eigenvalues))])
    np.testing.assert_allclose(np.poly(full), np.poly(task.theory.phi), atol=1e-6)
    assert len(task.theory.eigenvalues) == task.theory.persistent.sum()


@given(any_task(4, least=1))
def test_persistent_elements_are_those_the_paper_keeps(task: Task) -> None:
    """The paper's rule: deleting the element's row and column lowers the number of eigenvalues above 0.8."""

    def count(matrix: np.ndarray) -> int:
        # Rank of a high power counts the non-zero eigenvalues exactly, where eig is unreliable.
        return int(np.linalg.matrix_rank(np.linalg.matrix_power(matrix, max(len(matrix), 1)))) if len(matrix) else 0

    phi = task.theory.phi
    kept = [count(np.delete(np.delete(phi, i, 0), i, 1)) < count(phi) for i in range(len(phi))]
    np.testing.assert_array_equal(task.theory.persistent, kept)


@given(any_task(4, least=1))
def test_observable_elements_are_those_that_outputs_depend_on(task: Task) -> None:
    size = task.s * task.d
    source, _ = task.unroll(2 * size)
    read = np.zeros(size, dtype=bool)
    read[np.unique(source)] = True
    # unroll starts with a full state: an element is observable if an output, however late, is a copy of it.
    np.testing.assert_array_equal(task.theory.observable, read)
    assert not (task.theory.persistent & ~task.theory.observable).any()


@pytest.mark.parametrize(("name", "count"), [("T1", 64), ("T2", 36), ("T3", 36), ("T4", 36)])
def test_published_counts_of_eigenvalues(name: str, count: int) -> None:
    task = tasks.named(name)
    assert len(task.theory.eigenvalues) == task.theory.persistent.sum() == task.theory.observable.sum() == count
    np.testing.assert_allclose(np.abs(task.theory.eigenvalues), 1)


def test_cycles_are_those_of_phi() -> None:
    for name in tasks.NAMED:
        task = tasks.named(name)
        phi = task.theory.phi
        found = task.theory.cycles
        assert sorted(int(i) for cycle in found for i in cycle) == np.flatnonzero(task.theory.persistent).tolist()
        for cycle in found:
            assert all(phi[one, two] != 0 for one, two in zip(cycle, np.roll(cycle, -1), strict=True))
    assert [len(cycle) for cycle in tasks.named("T3").theory.cycles] == [24, 6, 3, 3]


@given(task=any_task(), seed=st.integers(0, 100))
def test_the_future_is_phis(task: Task, seed: int) -> None:
    m = np.random.default_rng(seed).choice([-1.0, 1.0], size=(4, task.s * task.d))
    for outputs in task.theory.future_outputs(m, 9):
        m = m @ task.theory.phi.T
        np.testing.assert_array_equal(outputs, m[:, -task.d :])


@given(task=any_task(), seed=st.integers(0, 100))
def test_what_has_settled_is_consistent_and_stays_so_if_a_persistent_element_is_flipped(task: Task, seed: int) -> None:
    theory, m = task.theory, np.random.default_rng(seed).choice([-1.0, 1.0], size=(4, task.s * task.d))
    late = m @ np.linalg.matrix_power(theory.phi, theory.settled_step).T
    np.testing.assert_array_equal(theory.with_copies(late, theory.settled_step), late)
    late[:, np.flatnonzero(theory.persistent)[0]] *= -1
    once = theory.with_copies(late, theory.settled_step)
    np.testing.assert_array_equal(once[:, theory.persistent], late[:, theory.persistent])
    np.testing.assert_array_equal(theory.with_copies(once @ theory.phi.T, theory.settled_step), once @ theory.phi.T)
