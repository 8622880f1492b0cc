"""States that are kept at some times alone: what is known of them is what is known there of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import emtvb
from emtvb import memory_limit
from emtvb.adapters import record as module
from emtvb.errors import InputError
from emtvb.theory import tasks

from .made_up import adapted, future, make_register, tape

KEPT = (2, 5, 6, 11)
Pair = tuple[emtvb.Trials, emtvb.Trials]


@pytest.fixture(scope="module", params=[None, 7], ids=["at once", "in batches"])
def some_and_all(request: pytest.FixtureRequest) -> Pair:
    """The same trials with states at some times, and at all."""
    u, labels = tape(trials=120)
    some = emtvb.record(adapted(make_register()), u, labels, times=(11, *KEPT), batch=request.param)
    return some, emtvb.record(adapted(make_register()), u, labels)


def test_states_of_some_times_are_those_of_all(some_and_all: Pair) -> None:
    some, every = some_and_all
    assert some.recorded_times == KEPT == some.fit_times
    assert (some.steps, some.test.states.shape[0]) == (20, 4)
    for one, other in ((some.train, every.train), (some.test, every.test)):
        np.testing.assert_allclose(one.states, other.states[list(KEPT)], atol=1e-12)
        np.testing.assert_allclose(one.outputs, other.outputs, atol=1e-12)
        np.testing.assert_array_equal(one.labels, other.labels)
    assert "12 numbers of state at 4 of them" in repr(some)


@pytest.mark.parametrize("method", ["least squares", "class means"])
def test_what_is_known_of_some_times_is_what_is_known_there_of_all(some_and_all: Pair, method: str) -> None:
    one, other = (emtvb.fit(trials, KEPT, method=method) for trials in some_and_all)
    np.testing.assert_allclose(one.memories.encoder, other.memories.encoder, atol=1e-9)
    np.testing.assert_allclose(one.memories.decoder, other.memories.decoder, atol=1e-9)
    for times in (None, 6, [11, 5]):
        mine, theirs = emtvb.judge(one, times), emtvb.judge(other, times)
        assert mine.explained_variance == pytest.approx(theirs.explained_variance)
        for reading, other_reading in zip(mine.readings, theirs.readings, strict=True):
            for part in ("times", "score_at", "low_at", "chance_at", "p_at", "readable_at"):
                np.testing.assert_allclose(getattr(reading, part), getattr(other_reading, part), rtol=1e-5, atol=1e-8)
    for change in ({"flip": "bit"}, {"set": {"word": "red"}, "interchange": True}):
        mine, theirs = (emtvb.edit(fitted, [11, 5], steps=5, expected=future, **change) for fitted in (one, other))
        np.testing.assert_array_equal(mine.trial, theirs.trial)
        np.testing.assert_allclose(mine.outputs, theirs.outputs, atol=1e-9)
        np.testing.assert_array_equal(mine.followed, theirs.followed)
        assert mine.followed.any()
    mine, theirs = (emtvb.erase(fitted, "bit") for fitted in (one, other))
    np.testing.assert_allclose(mine.matrix, theirs.matrix, atol=1e-9)
    scores = [emtvb.judge(emtvb.fit(erasure.trials, KEPT))["bit"].score for erasure in (mine, theirs)]
    assert scores[0] == pytest.approx(scores[1])
    assert scores[0] < 0.8


def test_times_whose_states_were_not_kept_are_one_clear_line(some_and_all: Pair, tmp_path: Path) -> None:
    some, every = some_and_all
    fitted = emtvb.fit(some)
    for ask in (lambda: emtvb.fit(some, [2, 7]), lambda: emtvb.judge(fitted, 7), lambda: emtvb.edit(fitted, 7, flip=0)):
        with pytest.raises(InputError) as error:
            ask()
        assert str(error.value) == "times: 7: their states were not kept; record(times=) kept those of 2, 5, 6, 11"
    with pytest.raises(InputError, match="other: has states of 4 times alone: dynamics need the states of every step"):
        emtvb.compare(emtvb.fit(every), fitted)
    emtvb.save(fitted, tmp_path / "fitted.npz")
    assert emtvb.load(tmp_path / "fitted.npz", some.system).trials.recorded_times == KEPT


def test_the_map_between_steps_is_of_steps_that_follow_each_other(some_and_all: Pair) -> None:
    some, every = some_and_all
    fitted = emtvb.fit(some)
    read = fitted.memories.read(every.test.states[[5, 6]])
    expected = np.linalg.lstsq(read[0], read[1], rcond=1e-10)[0].T
    np.testing.assert_allclose(emtvb.linearise(fitted).decoded, expected, atol=1e-9)
    u, labels = tape(trials=120)
    apart = emtvb.linearise(emtvb.fit(emtvb.record(adapted(make_register()), u, labels, times=[3, 9])))
    assert np.isnan(apart.decoded).all()
    assert "decoded" not in repr(apart)


def test_an_untrained_network_and_another_method_keep_the_same_times() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    bits = rng.choice([-1, 1], size=(8, 200)).cumprod(axis=0)
    inputs = np.diff(bits, axis=0, prepend=1)[..., None].astype(np.float32)
    trials = emtvb.record(torch.nn.GRU(1, 8), inputs, {"bit": bits}, times=[3, 4])
    fitted = emtvb.fit(trials, 4, method=emtvb.DAS(steps=3))
    assert emtvb.edit(fitted, 4, flip="bit", untrained=torch.nn.GRU(1, 8)).controls[-1] == "untrained"
    assert emtvb.edit(emtvb.fit(trials, 4), 4, flip="bit", untrained=True).controls[-1] == "untrained"


def test_states_of_other_times_are_never_all_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def kept(self: emtvb.Adapted, inputs: np.ndarray, state=None, times=None):
        states, outputs = run(self, inputs, state, times)
        seen.append(states.size)
        return states, outputs

    run = emtvb.Adapted.run
    monkeypatch.setattr(emtvb.Adapted, "run", kept)
    monkeypatch.setattr(module, "AT_ONCE", 12 * 2 * 30)
    u, labels = tape(trials=120)
    trials = emtvb.record(adapted(make_register()), u, labels, times=[3, 9])
    assert max(seen) <= module.AT_ONCE
    seen.clear()
    emtvb.edit(emtvb.fit(trials), 9, flip="bit", expected=future)
    assert seen
    assert not any(seen)  # what follows an edit is outputs


@pytest.mark.parametrize("times", [[20], [-21], []])
def test_times_that_there_are_not_are_one_clear_line(times: list[int]) -> None:
    with pytest.raises(InputError) as error:
        emtvb.record(adapted(make_register()), *tape(), times=times)
    assert str(error.value) == f"times: {times}: give times from 0 to 19"


def test_times_at_which_nothing_is_labelled_are_one_clear_line() -> None:
    u, labels = tape()
    late = {"bit": np.where(np.arange(20)[:, None] < 15, np.nan, labels["bit"])}
    with pytest.raises(InputError, match="labels: all defined at times 15, 16, 17, 18, 19 alone: give times= of these"):
        emtvb.record(adapted(make_register()), u, late, times=[3])
    with pytest.raises(InputError, match="times: given beside a task"):
        emtvb.record(adapted(make_register()), tasks.named("T1", 2, 2), times=3)


def test_more_than_there_is_memory_for_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    u, labels = tape()
    monkeypatch.setattr(memory_limit, "available_bytes", lambda: 4 * 200 * 12 * 3)
    with pytest.raises(InputError, match=r"trials: 200 of 20 steps, .*; record fewer trials or steps, .* times="):
        emtvb.record(adapted(make_register()), u, labels)
    with pytest.raises(InputError, match=r"trials: 200 at 4 times, .*; keep fewer trials or times"):
        emtvb.record(adapted(make_register()), u, labels, times=KEPT)
    assert emtvb.record(adapted(make_register()), u, labels, times=KEPT[:3]).recorded_times == KEPT[:3]


def test_trials_that_begin_in_states_of_their_own_begin_there_in_batches_too() -> None:
    first = np.random.default_rng(0).normal(size=(60, 4))
    system = emtvb.adapt(lambda u, h: (h, 0.9 * h), state=lambda trials: first[:trials], input_dim=1)
    labels = {"v": first[:, 0]}
    whole, batches = (emtvb.record(system, np.zeros((5, 60, 1)), labels, batch=batch) for batch in (None, 7))
    np.testing.assert_allclose(batches.train.states, whole.train.states)
    np.testing.assert_allclose(batches.test.states, whole.test.states)
