"""What is stored in each task, and what should follow from it; neurogym itself is not needed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from emtvb.errors import InputError
from emtvb.experiments.foreign import tasks

MATCH, CONTEXT, BITS = (tasks.TASKS[name] for name in ("match", "context", "flip-flop"))


def test_bits_are_what_pulses_set() -> None:
    drawn = BITS.draw(50, 3)
    assert drawn.inputs.shape == drawn.answers.shape == drawn.labels.shape == (24, 50, 3)
    assert (np.abs(drawn.inputs[0]) == 1).all()
    set_now = drawn.inputs != 0
    assert (drawn.answers[set_now] == drawn.inputs[set_now]).all()
    assert (drawn.answers[1:][~set_now[1:]] == drawn.answers[:-1][~set_now[1:]]).all()
    assert np.array_equal(BITS.future(drawn.labels[9], drawn.inputs[10:]), drawn.answers[10:])
    assert np.array_equal(BITS.draw(50, 3).inputs, drawn.inputs)


def test_a_test_matches_the_sample_or_not() -> None:
    inputs = np.zeros((4, 2, 3))
    inputs[:2, :, 0] = 1  # fixation, in which the test is shown
    inputs[1, :, 2] = 1.1  # a test of the second kind
    wanted = MATCH.future(np.array([[1], [0]]), inputs)
    assert wanted.argmax(axis=2).tolist() == [[0, 0], [0, 0], [1, 2], [1, 2]]


def test_the_context_says_which_evidence_counts_and_later_the_choice_stands() -> None:
    inputs = np.zeros((3, 2, 7))
    inputs[0, :, 1:5] = [0.6, 0.4, 0.3, 0.7]  # the first modality speaks for 1, the second for 2
    wanted = CONTEXT.future(np.array([[0, 2], [1, 1]]), inputs)
    assert wanted.argmax(axis=2).tolist() == [[0, 0], [0, 0], [1, 2]]
    wanted = CONTEXT.future(np.array([[0, 2], [1, 1]]), np.zeros((3, 2, 7)))
    assert wanted.argmax(axis=2).tolist() == [[0, 0], [0, 0], [2, 1]]


def test_outputs_agree_by_their_largest_score_or_by_signs() -> None:
    outputs = np.array([[[0.2, 0.9, 0.1]]])
    assert MATCH.agrees(outputs, np.array([[[0.0, 1.0, 0.0]]])).all()
    assert not MATCH.agrees(outputs, np.array([[[0.0, 0.0, 1.0]]])).any()
    assert BITS.agrees(outputs, np.ones((1, 1, 3))).all()
    assert not BITS.agrees(outputs, np.array([[[1.0, 1.0, -1.0]]])).any()


@pytest.mark.parametrize("task", [MATCH, CONTEXT])
def test_a_missing_package_is_one_line(task: tasks.Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neurogym", None)
    with pytest.raises(InputError, match=r'pip install "emtvb\[foreign\]"'):
        task.draw(2, 1)


@pytest.mark.parametrize(
    ("task", "steps", "times"), [(MATCH, 20, slice(3, 8)), (CONTEXT, 17, slice(3, 10))], ids=["match", "context"]
)
def test_neurogym_shows_what_is_said_of_it(task: tasks.Task, steps: int, times: slice) -> None:
    pytest.importorskip("neurogym")
    drawn = task.draw(300, 1)
    assert len(drawn.inputs) == steps
    stimuli = drawn.inputs[..., 1 : 3 if task is MATCH else 5]
    assert (stimuli[times] != 0).all()
    for variable, moment in task.edited.items():
        assert moment.times[0] <= moment.at <= moment.times[1]
        if variable != "context":
            assert (stimuli[slice(moment.times[0], moment.times[1] + 1)] == 0).all(), "the stimuli are gone"
        wanted = task.future(drawn.labels[moment.at], drawn.inputs[moment.at + 1 :])
        right = task.agrees(drawn.answers[moment.at + 1 :], wanted).all(axis=0).mean()
        assert right == 1 if task is MATCH else right > 0.9, "some of the evidence is noise"


def test_trials_come_back_from_their_file(tmp_path: Path) -> None:
    drawn = BITS.draw(20, 1)
    tasks.save(tmp_path / "trials.npz", drawn)
    again = tasks.load(tmp_path / "trials.npz")
    for name in ("inputs", "answers", "labels"):
        assert np.array_equal(getattr(again, name), getattr(drawn, name))
        assert getattr(again, name).dtype == getattr(drawn, name).dtype
    (tmp_path / "trials.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"trials.npz: cannot be read .* draw them again"):
        tasks.load(tmp_path / "trials.npz")
