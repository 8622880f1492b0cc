from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emtvb.core.recording import FITTING, JUDGING
from emtvb.theory import tasks
from emtvb.theory.sequences import random_sequences, record_inputs, record_random, stack_memory

from ..theory.theory import any_task, make_theory


@given(task=any_task(), seed=st.integers(0, 3), other=st.integers(0, 3))
def test_no_sequence_is_both_fitted_and_judged(task: tasks.Task, seed: int, other: int) -> None:
    fitted, judged = random_sequences(task, FITTING, 200, seed), random_sequences(task, JUDGING, 200, other)
    codes = [{u[:, i].tobytes() for i in range(u.shape[1])} for u in (fitted, judged)]
    assert codes[0].isdisjoint(codes[1])
    assert set(np.unique(fitted)) | set(np.unique(judged)) == {-1, 1}


def test_the_elements_of_a_half_are_independent() -> None:
    for half in (FITTING, JUDGING):
        u = random_sequences(tasks.named("T1", 2, 2), half, 4000, 0).transpose(1, 0, 2).reshape(4000, 4)
        np.testing.assert_allclose(u.T @ u / 4000, np.eye(4), atol=0.07)


@given(task=any_task(), seed=st.integers(0, 3))
def test_theory_is_phis_orbit(task: tasks.Task, seed: int) -> None:
    shown = record_inputs(make_theory(task), task, random_sequences(task, JUDGING, 3, seed), 7)
    assert len(shown.states) == len(shown.outputs) == len(shown.labels) == 8
    np.testing.assert_array_equal(shown.labels[:-1] @ task.theory.phi.T, shown.labels[1:])
    np.testing.assert_array_equal(shown.labels[1:, :, -task.d :], shown.outputs[1:])


@given(task=any_task(), half=st.sampled_from([FITTING, JUDGING]), seed=st.integers(0, 3), steps=st.integers(0, 5))
def test_what_is_shown_is_a_record_of_the_sequences_of_that_seed(
    task: tasks.Task, half: int, seed: int, steps: int
) -> None:
    theory = make_theory(task)
    wanted = record_inputs(theory, task, random_sequences(task, half, 9, seed), steps)
    for _ in range(2):
        found = record_random(theory, task, half, 9, seed, steps)
        for name, array in vars(wanted).items():
            np.testing.assert_array_equal(getattr(found, name), array)
    assert not found.labels.flags.writeable, "others are shown the same"


@given(task=any_task())
def test_when_settled_every_element_is_one_of_the_persistent_ones(task: tasks.Task) -> None:
    steps = task.theory.settled_step - task.s
    reach = np.linalg.matrix_power(task.theory.phi, steps) != 0
    assert not reach[:, ~task.theory.persistent].any()
    assert steps >= task.s


def test_stacked_vectors_have_the_newest_last_and_zeros_before_the_first() -> None:
    vectors = np.arange(1.0, 9).reshape(4, 2)
    assert stack_memory(vectors, 3)[1].tolist() == [0, 0, 1, 2, 3, 4]
    np.testing.assert_array_equal(stack_memory(vectors, 3)[3], vectors[1:].ravel())
    np.testing.assert_array_equal(stack_memory(vectors[:, None].repeat(5, axis=1), 2)[:, 4], stack_memory(vectors, 2))
