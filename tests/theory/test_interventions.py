from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emtvb.core.editing.agreement import all_signs_agree
from emtvb.core.memories import VariableMemories
from emtvb.core.recording import FITTING, JUDGING
from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.interventions import (
    _along_another,
    edit_at_end_of_input,
    edit_first_sequence,
    flip_elements,
    negate_element,
    negate_with_copies,
    put_values,
    swap_variables,
)
from emtvb.theory.memories_by_data import at_end_of_input, fit_memories_by_data
from emtvb.theory.memory_measures import edit_times, record_held_out
from emtvb.theory.sequences import random_sequences, record_inputs, record_random

from .theory import any_task, make_theory

T = tasks.named("T1", 2, 3)


def test_flip_put_and_swap_change_what_they_name() -> None:
    m = np.array([[1.0, -1, 1, 1, -1, -1]])
    assert negate_element(T.theory, m, 2, 1).tolist() == [[1, -1, 1, -1, -1, -1]]
    assert put_values(T.theory, m, 1, (-1, 1)).tolist() == [[-1, 1, 1, 1, -1, -1]]
    assert swap_variables(T.theory, m, 1, 3).tolist() == [[-1, -1, 1, 1, 1, -1]]
    assert m.tolist() == [[1, -1, 1, 1, -1, -1]]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: negate_element(T.theory, m, 0, 0), "variable: 0: variables run from 1 (oldest) to s = 3"),
        (lambda m: negate_element(T.theory, m, 4, 0), "variable: 4: "),
        (lambda m: negate_element(T.theory, m, 1, 2), "dimension: 2: dimensions run from 0 to 1"),
        (lambda m: negate_element(T.theory, m, 1, -1), "dimension: -1: "),
        (lambda m: put_values(T.theory, m, 1, (1, 1, 1)), "values: [1, 1, 1]: give d = 2 values, each 1 or -1"),
        (lambda m: put_values(T.theory, m, 1, (1, 0)), "values: [1, 0]: "),
        (lambda m: swap_variables(T.theory, m, 1, 9), "variable: 9: "),
    ],
)
def test_what_cannot_be_edited_is_one_clear_line(call, says: str) -> None:
    with pytest.raises(InputError) as caught:
        call(np.ones((1, 6)))
    assert str(caught.value).startswith(says)


@given(task=any_task(), seed=st.integers(0, 100))
def test_an_element_is_negated_with_its_copies_once_they_are_there(task: tasks.Task, seed: int) -> None:
    theory, m = task.theory, np.random.default_rng(seed).choice([-1.0, 1.0], size=(2, task.s * task.d))
    m = m @ np.linalg.matrix_power(theory.phi, theory.settled_step).T
    kept, before = np.flatnonzero(theory.persistent)[[0, -1]], m.copy()
    early, late = (negate_with_copies(theory, m, kept, np.full(2, time)) for time in (0, theory.settled_step))
    np.testing.assert_array_equal(m, before)
    np.testing.assert_array_equal(np.argwhere(early != m), [[0, kept[0]], [1, kept[1]]])
    np.testing.assert_array_equal(late, theory.with_copies(early, theory.settled_step))


@settings(max_examples=15)
@given(task=any_task(), seed=st.integers(0, 100))
def test_the_theory_obeys_edits_and_its_controls_fail(task: tasks.Task, seed: int) -> None:
    """With its own basis every edit works; an unobservable element changes nothing."""
    theory = make_theory(task, extra=20, seed=seed)
    recording = record_held_out(theory, task, 20, 50)
    kept = np.flatnonzero(task.theory.persistent)
    found = flip_elements(
        theory, task.theory, fit_memories_by_data(theory, task, 300), recording, kept, edit_times(task.theory)
    )
    assert found.followed.all()
    assert set(found.element) == set(kept)
    assert set(found.time) == set(edit_times(task.theory))
    early = edit_at_end_of_input(
        theory, task.theory, at_end_of_input(record_random(theory, task, FITTING, 300, 0, 0)), recording
    )
    assert early.observable_followed == 1
    assert early.unobservable_ignored == 1 or task.theory.observable.all()


@settings(max_examples=15)
@given(task=any_task(), time=st.integers(0, 40))
def test_one_edit_in_full(task: tasks.Task, time: int) -> None:
    theory = make_theory(task)
    recording = record_inputs(theory, task, random_sequences(task, JUDGING, 3, 0), 60)
    memories = (
        fit_memories_by_data(theory, task, 300)
        if time >= task.theory.settled_step
        else at_end_of_input(record_random(theory, task, FITTING, 300, 0, 0))
    )
    found = edit_first_sequence(
        theory, task.theory, memories, recording, time, lambda m: negate_element(task.theory, m, task.s, 0)
    )
    np.testing.assert_array_equal(found.before, recording.labels[time, 0])
    np.testing.assert_array_equal(found.unedited[:20], recording.outputs[time + 1 : time + 21, 0])
    assert all_signs_agree(found.outputs[:, None], found.expected[:, None]).all()
    if task.theory.persistent[-task.d]:
        assert (found.expected != found.unedited).any()


@pytest.mark.parametrize("time", [-1, 61])
def test_an_edit_needs_a_time_that_was_recorded(time: int) -> None:
    theory = make_theory(T)
    recording = record_inputs(theory, T, random_sequences(T, JUDGING, 3, 0), 60)
    with pytest.raises(InputError, match=f"time: {time}: give output steps from 0 to 60"):
        edit_first_sequence(theory, T.theory, fit_memories_by_data(theory, T, 100), recording, time, lambda m: m)


def test_a_random_step_of_the_same_size_is_not_the_edit() -> None:
    task = tasks.named("T2", 4, 4)
    theory = make_theory(task, extra=30)
    recording = record_held_out(theory, task, 20, 50)
    found = flip_elements(
        theory,
        task.theory,
        fit_memories_by_data(theory, task),
        recording,
        np.flatnonzero(task.theory.persistent),
        [8, 12],
        10,
    )
    assert found.followed.mean() == 1
    assert found.random_followed.mean() < 0.1


def test_another_elements_column_does_not_do() -> None:
    """The trial tells one element from another: with two columns exchanged, edits of those two fail, others do not."""
    task = tasks.named("T1", 2, 3)
    theory = make_theory(task)
    order = [1, 0, 2, 3, 4, 5]
    right = fit_memories_by_data(theory, task, 300)
    wrong = VariableMemories(right.encoder[:, order], right.decoder[order], right.stored, right.centre)
    found = flip_elements(theory, task.theory, wrong, record_held_out(theory, task, 20, 50), np.arange(6), [8], 20)
    worked = [found.followed[found.element == element].mean() for element in range(6)]
    assert worked == [0, 0, 1, 1, 1, 1]


def test_a_step_along_another_elements_column_is_not_the_edit_unless_two_share_a_column() -> None:
    task = tasks.named("T1", 2, 3)
    theory = make_theory(task)
    sound = fit_memories_by_data(theory, task, 300)
    recording = record_held_out(theory, task, 20, 50)
    assert not flip_elements(theory, task.theory, sound, recording, np.arange(6), [8, 12], 20).other_followed.any()
    shared = sound.encoder.copy()
    shared[:, 1] = shared[:, 0]
    confused = VariableMemories(shared, sound.decoder, sound.stored, sound.centre)
    found = flip_elements(theory, task.theory, confused, recording, np.arange(6), [8, 12], 20)
    assert found.other_followed[found.element == 0].any()
    assert not found.other_followed[found.element != 0].any()


def test_steps_along_other_columns_are_as_long_as_the_edit() -> None:
    task = tasks.named("T2", 3, 3)
    memories = fit_memories_by_data(make_theory(task, extra=10), task, 300)
    kept = np.flatnonzero(task.theory.persistent)
    before = np.random.default_rng(3).choice([-1.0, 1.0], size=(kept.size, task.s * task.d))
    change = np.random.default_rng(4).normal(size=(kept.size, memories.encoder.shape[0]))
    steps = _along_another(
        task.theory, memories, before, kept, np.zeros(kept.size, int), change, np.random.default_rng(5)
    )
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), np.linalg.norm(change, axis=1))
