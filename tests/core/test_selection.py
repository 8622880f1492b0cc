"""Other test trials for the same fit: some of those that there are, or new ones of the same variables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import emtvb
from emtvb.errors import InputError
from emtvb.theory import tasks

from ..conftest import saturated_circuit
from ..library.made_up import adapted, future, make_register, tape


@pytest.fixture(scope="module")
def fitted() -> emtvb.Fitted:
    return emtvb.fit(emtvb.record(adapted(make_register(extra=3)), *tape(trials=400)))


MASK = np.arange(200) % 50 == 0


@pytest.mark.parametrize(
    ("trials", "chosen"),
    [(7, [7]), ([8, 3, 3], [3, 8]), ([-1], [199]), (slice(190, None, 5), [190, 195]), (MASK, [0, 50, 100, 150])],
    ids=["number", "numbers", "negative", "slice", "mask"],
)
def test_some_test_trials_are_selected_and_all_training_trials_stay(fitted: emtvb.Fitted, trials, chosen) -> None:
    whole = fitted.trials
    some = whole.select(trials)
    assert some.train is whole.train
    for name in ("states", "outputs", "labels", "inputs"):
        np.testing.assert_array_equal(getattr(some.test, name), getattr(whole.test, name)[:, chosen])
    assert some.steps == whole.steps
    assert some.selection is None


def test_groups_and_repeated_inputs_are_those_of_the_selected_trials() -> None:
    u, labels = tape(trials=60)
    u[:, 30:40] = u[:, :10]
    labels = {name: np.concatenate([v[:, :30], v[:, :10], v[:, 40:]], axis=1) for name, v in labels.items()}
    split = np.arange(60) < 30
    trials = emtvb.record(adapted(make_register()), u, labels, split=split, groups=np.arange(60) // 5)
    assert trials.repeated == pytest.approx(1 / 3)
    assert (trials.select(slice(10)).repeated, trials.select(slice(10, None)).repeated) == (1, 0)
    some = trials.select([0, 29])
    np.testing.assert_array_equal(some.test.groups, trials.test.groups[[0, 29]])


def test_the_same_fit_is_judged_and_edited_on_other_trials(fitted: emtvb.Fitted) -> None:
    """New trials, in which numbers have another mean and spread: what is read and changed is in the user's units."""
    other = emtvb.record(adapted(make_register(extra=3)), *tape(trials=100, seed=9))
    moved = fitted.on(other)
    assert other.variables[2].mean != fitted.trials.variables[2].mean
    assert moved.trials.train is fitted.trials.train
    assert moved.memories is fitted.memories
    values, given = (trials.values(trials.test.labels)[..., 2].astype(float) for trials in (moved.trials, other))
    np.testing.assert_allclose(values, given, atol=1e-9)
    np.testing.assert_allclose(moved.read(other.test.states)[..., 2].astype(float), values, atol=1e-4)
    assert all(reading.score > 0.999 for reading in emtvb.judge(moved).readings)
    done = emtvb.edit(moved, 5, set={"number": 9.0}, expected=future)
    assert done.followed.all()
    assert len(done.trial) == 50


def test_other_trials_of_other_variables_states_or_steps_are_one_clear_line(fitted: emtvb.Fitted) -> None:
    u, labels = tape(trials=40)
    system = adapted(make_register(extra=3))
    small = emtvb.adapt(lambda u, h: (np.hstack([u, u[:, :1]]), 0.5 * h + u), state=3)
    for trials, says in (
        (emtvb.record(system, u, {"bit": labels["bit"]}), "trials: of variables bit (binary): record the same"),
        (emtvb.record(small, u, labels), "trials: with 3 numbers of state: give trials with 12"),
        (emtvb.record(system, u[:12], {k: v[:12] for k, v in labels.items()}), "trials: with 12 steps: give trials w"),
        (
            emtvb.record(system, u, labels, times=[3, 4]),
            "trials: with states of other times: record both with ",
        ),
    ):
        with pytest.raises(InputError) as caught:
            fitted.on(trials)
        assert str(caught.value).startswith(says)


def test_a_tasks_selected_trials_are_judged_saved_and_run_again(tmp_path: Path) -> None:
    task = tasks.named("T1", 2, 2)
    network, _ = saturated_circuit(task)
    whole = emtvb.fit(emtvb.record(network, task, horizon=20))
    few = whole.on(whole.trials.select(slice(40, 60)))
    np.testing.assert_array_equal(few.trials.selection, np.arange(40, 60))
    assert emtvb.judge(few).task.verdict == emtvb.judge(whole).task.verdict
    again = emtvb.load(emtvb.save(few, tmp_path / "few"), network)
    np.testing.assert_array_equal(again.trials.selection, few.trials.selection)
    wrong = replace(few, trials=replace(few.trials, selection=None))
    with pytest.raises(InputError, match="on the stored trials are not those in the file"):
        emtvb.load(emtvb.save(wrong, tmp_path / "wrong"), network)
