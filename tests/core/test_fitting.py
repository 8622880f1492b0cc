"""What is held is read wherever it is held, and what is not held is said not to be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import emtvb
from emtvb import memory_limit
from emtvb.adapters.record import _states_and_outputs
from emtvb.core import numerical_rank, regression
from emtvb.core.memories import explained_variance
from emtvb.core.readings import read_variable
from emtvb.core.recording import Recording
from emtvb.core.variables import infer_variable, simplex_corners
from emtvb.errors import InputError

from ..library.made_up import WORDS, adapted, make_register, tape


@pytest.mark.parametrize("seed", [0, 1])
def test_a_bit_a_word_and_a_number_are_found(seed: int) -> None:
    register = make_register(seed=seed)
    u, labels = tape(seed=seed)
    fitted = emtvb.fit(emtvb.record(adapted(register), u, labels))
    judged = emtvb.judge(fitted)
    assert judged.condition == pytest.approx(np.linalg.cond(fitted.memories.encoder))
    assert [(r.name, r.kind, r.measure) for r in judged.readings] == [
        ("bit", "binary", "accuracy"),
        ("word", "categorical", "accuracy"),
        ("number", "continuous", "R2"),
    ]
    assert [r.score for r in judged.readings] == [1, 1, pytest.approx(1)]
    assert [r.readable_at.all() for r in judged.readings] == [True] * 3
    assert judged.unreadable == ()
    assert 0.4 < judged.readings[0].chance < 0.6
    assert 0.3 < judged.readings[1].chance < 0.45
    assert judged.readings[2].chance < 0.05
    scale = np.array([1, 1, 1, fitted.trials.variables[2].spread / 10])
    np.testing.assert_allclose(fitted.memories.encoder, register.basis * scale, atol=1e-6)
    values = fitted.read(fitted.trials.test.states)
    half = fitted.trials.values(fitted.trials.test.labels)
    np.testing.assert_array_equal(values[..., :2], half[..., :2])
    np.testing.assert_allclose(values[..., 2].astype(float), half[..., 2].astype(float), atol=1e-6)
    assert "cannot be read" not in str(judged)


def test_what_is_not_held_cannot_be_read_at_any_time() -> None:
    u, labels = tape()
    rng = np.random.default_rng(1)
    labels |= {"coin": rng.choice([0, 1], size=u.shape[:2]), "noise": rng.normal(size=u.shape[:2])}
    judged = emtvb.judge(emtvb.fit(emtvb.record(adapted(make_register()), u, labels)))
    assert judged.unreadable == ("coin", "noise")
    assert not any(r.readable_at.any() for r in judged.readings[3:])
    assert "cannot be read: coin, noise" in str(judged)


def test_a_variable_that_follows_the_clock_is_no_better_than_chance() -> None:
    """It is read perfectly from a state that knows the time, and that is nothing."""
    u, labels = tape()
    clock = np.broadcast_to(np.arange(len(u))[:, None] % 2, u.shape[:2])

    def step(x, h):
        h = np.concatenate([-h[:, :1], h[:, 1:] * 0.5 + x], axis=1)
        return h, h

    system = emtvb.adapt(step, state=np.ones((1, 4)))
    judged = emtvb.judge(emtvb.fit(emtvb.record(system, u, {"clock": clock, "bit": labels["bit"]})))
    assert judged.readings[0].score == judged.readings[0].chance == 1
    assert judged.unreadable == ("clock",)


def test_where_in_time_it_can_be_read() -> None:
    """A system that forgets after the tenth step."""
    x = np.zeros((20, 300, 2))
    x[0, :, 0] = np.random.default_rng(0).choice([-1, 1], size=300)
    x[10:, :, 1] = 1

    def step(u, h):
        h = (h + u[:, :1]) * (1 - u[:, 1:])
        return h, h

    trials = emtvb.record(emtvb.adapt(step, state=1), x, x[:1].repeat(20, 0)[..., :1])
    fitted = emtvb.fit(trials, times=range(5))
    (reading,) = emtvb.judge(fitted, times=range(20)).readings
    np.testing.assert_array_equal(reading.readable_at, np.arange(20) < 10)
    assert "0-9" in str(emtvb.judge(emtvb.fit(trials)))
    np.testing.assert_array_equal(emtvb.judge(fitted).readings[0].times, range(5))
    np.testing.assert_array_equal(emtvb.judge(fitted, times=12).readings[0].readable_at, [False])
    with pytest.raises(InputError, match=r"times: \[20\]: give times from 0 to 19"):
        emtvb.judge(fitted, times=20)


def test_a_variable_that_turns_is_judged_where_it_was_fitted() -> None:
    """Read perfectly at the time of the fit; over all times its mean is nothing."""
    x = np.zeros((16, 300, 2))
    x[0] = np.random.default_rng(0).choice([-1, 1], size=(300, 2))
    turn = np.pi / 4
    R = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    system = emtvb.adapt(lambda u, h: (h @ R.T + u, h @ R.T + u), state=2)
    trials = emtvb.record(system, x, {"a": x[0, :, 0], "b": x[0, :, 1]})
    judged = emtvb.judge(emtvb.fit(trials, times=[5]))
    assert judged.unreadable == ()
    assert judged["a"].score == 1


def test_labels_without_a_value_are_left_out() -> None:
    u, labels = tape()
    bit = np.where(labels["bit"], 1.0, -1.0)
    bit[:8] = np.nan
    fitted = emtvb.fit(emtvb.record(adapted(make_register()), u, {"bit": bit, "number": labels["number"]}))
    assert fitted.times == tuple(range(8, 20))
    judged = emtvb.judge(fitted, times=range(20))
    assert judged.readings[0].score == 1
    assert np.isnan(judged.readings[0].score_at[:8]).all()
    assert judged.readings[1].score == pytest.approx(1)


def test_the_judged_trials_are_not_those_that_are_fitted_on() -> None:
    """Labels that are noise: fitted trials would be read well above chance with so many directions."""
    rng = np.random.default_rng(0)
    u = rng.normal(size=(1, 300, 60))
    labels = rng.choice([0, 1], size=(1, 300, 1))
    system = emtvb.adapt(lambda x, h: (x, h + x), state=60)
    fitted = emtvb.fit(emtvb.record(system, u, labels))
    half = fitted.trials.train
    assert ((fitted.memories.read(half.states) > 0) == (half.labels > 0)).mean() > 0.7
    (reading,) = emtvb.judge(fitted).readings
    assert reading.score < 0.6
    assert not reading.readable


def store(noise: float, seed: int, size: int = 12):
    """A state Psi v + noise that holds what it is given at time 0; a reset forgets it."""
    rng = np.random.default_rng(seed)

    def make(count: int, reset: bool = False) -> emtvb.Adapted:
        basis = rng.normal(size=(size, count))
        back = np.linalg.pinv(basis)

        def step(u, h):
            v = np.where(u[:, -1:] > 0, u[:, :-1], 0.0 if reset else h @ back.T)
            return v, v @ basis.T + noise * rng.normal(size=h.shape)

        return emtvb.adapt(step, state=size)

    return make


def given_at_once(values: np.ndarray, time: int = 4) -> np.ndarray:
    u = np.zeros((time, len(values), values.shape[1] + 1))
    u[0, :, :-1], u[0, :, -1] = values, 1
    return u


@pytest.mark.parametrize("seed", range(5))
def test_ordered_categories_on_a_line_are_told_apart(seed: int) -> None:
    """One direction holds all five; a regression on the corners of a simplex reads two of them."""
    rng = np.random.default_rng(seed)
    five = rng.integers(0, 5, size=300)
    trials = emtvb.record(store(0.02, seed)(1), given_at_once(five[:, None] - 2.0), {"y": five}, kinds="categorical")
    fitted = emtvb.fit(trials)
    reading = emtvb.judge(fitted)["y"]
    assert reading.score > 0.97
    assert reading.readable
    read, labels = fitted.read(trials.test.states)[..., 0], trials.values(trials.test.labels)[..., 0]
    assert (read == labels).mean() == pytest.approx(reading.score)


@pytest.mark.parametrize("seed", range(5))
def test_a_rare_value_is_readable_by_a_measure_that_sees_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rare = rng.random(400) < 0.05
    trials = emtvb.record(store(0.5, seed)(1), given_at_once(np.where(rare, 1.0, 0.0)[:, None]), {"y": rare}, seed=seed)
    reading = emtvb.judge(emtvb.fit(trials))["y"]
    assert reading.measure == "balanced accuracy"
    assert reading.readable
    assert reading.auc > 0.85
    assert reading.score > 0.7
    assert reading.chance == pytest.approx(0.5, abs=0.01)
    assert "bac" in str(emtvb.judge(emtvb.fit(trials)))


def test_labels_that_follow_from_each_other_are_named() -> None:
    rng = np.random.default_rng(0)
    v = rng.normal(size=(200, 3))
    labels = {"x": v[:, 0], "y": v[:, 1], "sum": v[:, 0] + v[:, 1], "z": v[:, 2]}
    judged = emtvb.judge(emtvb.fit(emtvb.record(store(0.01, 0)(3), given_at_once(v), labels)))
    assert judged.collinear == (("x", "y", "sum"),)
    assert "follow from each other, so that their directions cannot be told apart: x, y, sum" in str(judged)
    rest = {name: labels[name] for name in ("x", "y", "z")}
    assert emtvb.judge(emtvb.fit(emtvb.record(store(0.01, 0)(3), given_at_once(v), rest))).collinear == ()


def test_a_reading_is_asked_for_by_its_name_or_place() -> None:
    judged = emtvb.judge(emtvb.fit(emtvb.record(adapted(make_register()), *tape())))
    assert judged["word"] is judged[1] is judged.readings[1]
    for wrong in ("words", 3, True, None):
        with pytest.raises(InputError, match="no such variable; there are bit, word, number"):
            _ = judged[wrong]


def test_trials_that_repeat_are_said_to() -> None:
    u, labels = tape(trials=20)
    twice = emtvb.record(
        adapted(make_register()), np.tile(u, (1, 10, 1)), {name: np.tile(a, (1, 10)) for name, a in labels.items()}
    )
    assert twice.repeated > 0.9
    assert "repeat the inputs of a fitted trial" in str(emtvb.judge(emtvb.fit(twice)))


@given(n=st.integers(2, 12))
def test_classes_are_all_as_far_from_each_other(n: int) -> None:
    corners = simplex_corners(n)
    gram = corners @ corners.T
    np.testing.assert_allclose(gram, np.where(np.eye(n), 1, -1 / (n - 1)), atol=1e-12)
    v = infer_variable("x", np.arange(n), "categorical" if n > 2 else None)
    np.testing.assert_array_equal(v.decode(v.encode(np.arange(n))), np.arange(n))


def test_trials_may_come_first() -> None:
    u, labels = tape()
    first = emtvb.record(adapted(make_register()), u, labels)
    turned = {name: array.T for name, array in labels.items()}
    second = emtvb.record(adapted(make_register()), u.swapaxes(0, 1), turned, batch_first=True)
    np.testing.assert_array_equal(first.test.states, second.test.states)
    np.testing.assert_array_equal(first.test.labels, second.test.labels)
    array = np.stack([labels["bit"], labels["number"] > 7], axis=-1)
    third = emtvb.record(adapted(make_register()), u.swapaxes(0, 1), array.swapaxes(0, 1), batch_first=True)
    np.testing.assert_array_equal(first.test.labels[..., 0], third.test.labels[..., 0])
    with pytest.raises(InputError, match=r"shape \(20, 200\): .* give \(200, 20, .*trials, steps.*batch_first=False"):
        emtvb.record(adapted(make_register()), u.swapaxes(0, 1), labels, batch_first=True)
    with pytest.raises(InputError, match=r"labels of bit: shape \(200, 20\): .*; or batch_first=True"):
        emtvb.record(adapted(make_register()), u, turned)


def test_more_steps_than_trials_are_warned_of() -> None:
    u, labels = tape(trials=12, time=20)
    with pytest.warns(UserWarning, match="inputs: 20 steps of 12 trials: give batch_first=True if it is the other way"):
        emtvb.record(adapted(make_register()), u, {"bit": labels["bit"]})


def test_what_holds_during_a_whole_trial_is_given_once() -> None:
    u, _ = tape()
    bit = np.random.default_rng(0).choice(["no", "yes"], size=200)
    trials = emtvb.record(adapted(make_register()), u, {"bit": bit})
    again = emtvb.record(adapted(make_register()), u, {"bit": np.broadcast_to(bit, (20, 200))})
    np.testing.assert_array_equal(trials.test.labels, again.test.labels)


def test_kinds_are_seen_from_labels_and_can_be_said() -> None:
    u, _ = tape()
    rng = np.random.default_rng(0)
    three = rng.integers(0, 3, size=u.shape[:2])

    def kinds(labels, **more) -> list[str]:
        return [v.kind for v in emtvb.record(adapted(make_register()), u, labels, **more).variables]

    assert kinds(three[..., None]) == ["categorical"]
    assert kinds(three[..., None].astype(float)) == ["continuous"]
    assert kinds(three[..., None].astype(float), kinds="categorical") == ["categorical"]
    assert kinds(np.stack([three, three > 1], axis=-1), kinds=["continuous", "binary"]) == ["continuous", "binary"]
    assert kinds({"a": three, "b": np.stack([three > 1, three > 0], axis=-1)}) == ["categorical", "binary", "binary"]
    assert kinds({"a": WORDS[three]}) == ["categorical"]
    assert kinds({"a": rng.integers(0, 1000, size=u.shape[:2])}) == ["continuous"]


def labelled(change) -> None:
    u, labels = tape()
    emtvb.fit(emtvb.record(adapted(make_register()), *change(u, labels)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda u, y: (u, y["number"]), "labels: shape (20, 200): there are 20 steps and 200 trials"),
        (lambda u, y: (u, y["number"].T[..., None]), "labels: shape (200, 20, 1): there are 20 steps"),
        (lambda u, y: (u, {"bit": y["bit"][1:]}), "labels of bit: shape (19, 200)"),
        (lambda u, y: (u, {"bit": y["bit"][0, 1:]}), "labels of bit: shape (199,)"),
        (lambda u, y: (u, {"bit": y["bit"] | True}), "labels of bit: constant (True)"),
        (lambda u, y: (u, {"n": y["number"] * np.nan}), "labels of n: undefined everywhere"),
        (lambda u, y: (u, {"n": y["number"] / 0}), "labels of n: infinite"),
        (lambda u, y: (u, {"n": np.full_like(y["number"], {}, dtype=object)}), "labels of n: of type object: give"),
        (lambda u, y: (u, {"n": [[1, 2], [3]]}), "labels of n: lists of different lengths: give an array"),
        (lambda u, y: (u, {"n.0": y["bit"], "n": y["bit"][..., None]}), "labels: n.0 twice: give each variable"),
        (lambda u, y: (u, y["bit"][0]), "what holds during a whole trial is given by name"),
        (lambda u, y: (u, y["number"][:, 0]), "or batch_first=True"),
        (lambda u, y: (u, None), "labels: none: say what the network should hold"),
        (lambda u, y: (u[0], y), "inputs: shape (200, 3): give an array of shape (time, trial, input)"),
        (lambda u, y: (u * np.nan, y), "inputs: not all of them finite"),
        (lambda u, y: (u[:, :3], {"n": y["number"][:, :3]}), "trials: 3: too few to fit on one part"),
        (lambda u, y: (u[:, :8], {"n": y["number"][:1, :8].repeat(20, 0)}), "too few for"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:inputs. 20 steps of")
def test_labels_that_cannot_be_used_are_one_clear_line(change, says: str) -> None:
    with pytest.raises(InputError) as caught:
        labelled(change)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"kinds": "numeric"}, "kind of bit: numeric: give one of binary, categorical, continuous"),
        ({"kinds": {"bits": "binary"}}, "kinds: bits: no such variable; there are bit, word, number"),
        ({"kinds": ["binary"]}, "kinds: ['binary']: give 3, one for each variable"),
        ({"kinds": "binary"}, "labels of word: 3 different values: a binary variable has two"),
        ({"names": ["a"]}, "names: ['a']: labels that come by name have theirs"),
        ({"split": 1.0}, "split: 1.0: give a share between 0 and 1"),
    ],
)
def test_settings_that_cannot_be_used_are_one_clear_line(more, says: str) -> None:
    u, labels = tape()
    with pytest.raises(InputError) as caught:
        emtvb.record(adapted(make_register()), u, labels, **more)
    assert str(caught.value).startswith(says)


def test_a_class_that_is_never_fitted_on_is_one_clear_line() -> None:
    u, _ = tape(trials=40)
    word = np.full(u.shape[:2], "green")
    word[:, 0], word[:, 1:20] = "blue", "red"
    said = []
    for seed in range(20):
        try:
            emtvb.record(adapted(make_register()), u, {"word": word}, seed=seed)
        except InputError as error:
            said.append(str(error))
    assert 0 < len(said) < 20
    assert set(said) == {"labels of word: blue is in no trial to fit on: give more trials, or another seed"}


def test_states_that_are_not_finite_are_one_clear_line() -> None:
    u, labels = tape(time=120)
    system = emtvb.adapt(lambda x, h: (h, 1e3 * h + 1), state=3)
    with (
        np.errstate(over="ignore"),
        pytest.raises(InputError, match=r"states: not finite from time 10\d on: .* diverged"),
    ):
        emtvb.record(system, u, {"bit": labels["bit"]})


def test_a_task_and_labels_do_not_go_together() -> None:
    from emtvb.theory import tasks

    with pytest.raises(InputError, match="labels: given beside a task"):
        emtvb.record(adapted(make_register()), tasks.named("T1", 2, 2), np.zeros((1, 1, 1)))


def test_recordings_keep_their_parts_apart() -> None:
    u, labels = tape()
    trials = emtvb.record(adapted(make_register()), u, labels, split=0.25)
    assert isinstance(trials.train, Recording)
    assert (trials.train.states.shape[1], trials.test.states.shape[1]) == (50, 150)
    assert trials.repeated == 0


@pytest.mark.parametrize("batch", [7, 60, 1000])
def test_batches_make_no_difference(batch: int) -> None:
    u, labels = tape(trials=120)
    whole = emtvb.record(adapted(make_register()), u, labels)
    parts = emtvb.record(adapted(make_register()), u, labels, batch=batch)
    for one, other in ((whole.train, parts.train), (whole.test, parts.test)):
        np.testing.assert_allclose(one.states, other.states, atol=1e-12)
        np.testing.assert_allclose(one.outputs, other.outputs, atol=1e-12)
        np.testing.assert_array_equal(one.labels, other.labels)
    with pytest.raises(InputError, match="batch: 0: give a whole number, 1 or more"):
        emtvb.record(adapted(make_register()), u, labels, batch=0)


def test_more_states_than_there_is_memory_for_are_refused_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_limit, "available_bytes", lambda: 2**20)
    ran = []

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ran.append(len(u))
        return h[:, :1], h + u

    x = np.ones((2000, 5000, 1), np.float32)
    with pytest.raises(
        InputError, match=r"trials: 5000 of 2000 steps, whose states are 0.4 GiB: 0.0 GiB of memory can"
    ):
        _states_and_outputs(emtvb.adapt(step, state=10), x, np.arange(5000) < 10, None, False, None)
    assert not ran


def test_the_variance_in_the_span_is_that_of_all_times_together() -> None:
    fitted = emtvb.fit(emtvb.record(adapted(make_register(extra=4)), *tape()))
    states = fitted.trials.test.states
    expected = explained_variance(fitted.memories, states.reshape(1, -1, states.shape[2]))
    assert emtvb.judge(fitted).explained_variance == pytest.approx(expected)


def grouped(labels: np.ndarray, groups: np.ndarray, stored: float, seed: int) -> emtvb.Judgement:
    """Of states that hold the label, or not, beside an offset of each group."""
    rng = np.random.default_rng(seed)
    offsets = rng.normal(size=(groups.max() + 1, 4))[groups]
    u = np.zeros((4, len(labels), 5))
    u[0] = np.concatenate([stored * labels[:, None], offsets + 0.5 * rng.normal(size=offsets.shape)], axis=1)
    basis = rng.normal(size=(8, 5))
    system = emtvb.adapt(lambda u, h: (h, h + u @ basis.T), state=8)
    return emtvb.judge(emtvb.fit(emtvb.record(system, u, {"y": labels}, groups=groups, seed=seed)))


@pytest.mark.long  # 40 draws; tests/core/test_permutation.py has the exchanges
@pytest.mark.parametrize("constant", [True, False], ids=["labels of groups", "labels within groups"])
def test_groups_keep_what_is_not_stored_unreadable_and_what_is_readable(constant: bool) -> None:
    """Labels that are one for each group are exchanged between groups, others within: of 40 draws at most 3 err."""
    wrong, found = 0, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(30), 8)
        labels = rng.choice([-1.0, 1.0], size=30)[groups] if constant else rng.choice([-1.0, 1.0], size=len(groups))
        wrong += grouped(labels, groups, 0.0, seed)["y"].readable
        found += grouped(labels, groups, 2.0, seed)["y"].readable
    assert wrong <= 3
    assert found >= 38


def test_the_trials_of_a_group_are_all_fitted_on_or_all_judged_on() -> None:
    u, labels = tape(trials=200)
    names = np.random.default_rng(0).choice(list("abcdefgh"), size=200)
    for groups in (names, np.unique(names, return_inverse=True)[1]):
        trials = emtvb.record(adapted(make_register()), u, labels, groups=groups, split=0.25)
        assert trials.train.groups is not None
        assert not set(trials.test.groups) & set(trials.train.groups)
        assert len(set(trials.train.groups)) == 2
        assert len(trials.test.groups) == trials.test.states.shape[1]
    assert emtvb.judge(emtvb.fit(trials)).groups == 6


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        (np.arange(199), "groups: shape (199,): give one for each of the 200 trials, (200,)"),
        (np.full(200, np.nan), "groups: missing for some trials: give each trial a number or a word"),
        (np.arange(200) % 3, "groups: 3 different ones: give at least 4, so that some can be trained on"),
        (np.array([None, "a"] * 100), "groups: missing for some trials: give each trial a number or a word"),
    ],
)  # fmt: skip
def test_groups_that_cannot_be_used_are_one_clear_line(groups: np.ndarray, says: str) -> None:
    with pytest.raises(InputError) as caught:
        emtvb.record(adapted(make_register()), *tape(), groups=groups)
    assert str(caught.value).startswith(says)


def test_small_directions_are_read_only_where_there_are_trials_for_them() -> None:
    """Twenty directions that spread less than single precision tells: with few trials they would fit any label."""
    rng = np.random.default_rng(0)
    sizes = np.concatenate([np.ones(4), np.full(20, 1e-7)])
    basis = np.linalg.qr(rng.normal(size=(24, 24)))[0] * sizes
    system = emtvb.adapt(lambda u, h: (u[:, :1], u @ basis.T), state=24)

    def cut(trials: int) -> float:
        u = rng.normal(size=(1, trials, 24))
        return numerical_rank.rank_cutoff(emtvb.record(system, u, {"y": u[0, :, 9]}), [0])

    assert cut(80) == regression.ROUNDING
    assert cut(1000) < 1e-8
    fit = emtvb.fit(emtvb.record(system, rng.normal(size=(1, 80, 24)), {"y": rng.normal(size=80)}))
    assert np.linalg.norm(fit.memories.decoder) < 100


def test_what_is_read_no_better_than_by_chance_is_not_readable() -> None:
    """Readings whose order tells the label, but which all stand for the same value."""
    rng = np.random.default_rng(0)
    label = rng.choice([-1.0, 1.0], size=(5, 200, 1))
    bit = infer_variable("bit", label, None)
    for shift, readable in ((0.0, True), (9.0, False)):
        read = label + rng.normal(size=label.shape) + shift
        result = read_variable(bit, np.arange(5), read, label, None, label, None)
        assert result.p < 0.001
        assert (result.readable, result.readable_at.all()) == (readable, readable)


@pytest.mark.parametrize("missing", ["NaN", "None", "Int64"])
def test_integers_of_which_some_are_missing_are_categories(missing: str) -> None:
    u, labels = tape()
    three = labels["bit"].astype(int) + (labels["number"] > 0)
    absent = np.random.default_rng(0).random(three.shape) < 0.1
    made = {
        "NaN": np.where(absent, np.nan, three),
        "None": np.where(absent, None, three),
        "Int64": np.where(absent, pd.NA, three),
    }[missing]
    (found,) = emtvb.record(adapted(make_register()), u, {"three": made}).variables
    assert (found.kind, found.classes.tolist()) == ("categorical", [0, 1, 2])
    (whole,) = emtvb.record(adapted(make_register()), u, {"three": three.astype(float)}).variables
    assert whole.kind == "continuous"


@pytest.mark.parametrize("make", [np.array, pd.Categorical, pd.Series, lambda x: np.array(x, dtype=object)])
def test_groups_are_words_of_any_type(make) -> None:
    u, labels = tape()
    words = [f"session {i % 8}" for i in range(200)]
    by_word = emtvb.record(adapted(make_register()), u, labels, groups=make(words))
    by_number = emtvb.record(adapted(make_register()), u, labels, groups=np.arange(200) % 8)
    np.testing.assert_array_equal(by_word.test.groups, by_number.test.groups)


def test_few_groups_are_said_to_be_few() -> None:
    u, labels = tape()
    few, many = (
        str(emtvb.judge(emtvb.fit(emtvb.record(adapted(make_register()), u, labels, groups=np.arange(200) % number))))
        for number in (8, 40)
    )
    assert "intervals count the 4 groups of the judged trials, which are too few to trust an interval" in few
    assert "intervals count the 20 groups of the judged trials\n" in f"{many}\n"


def test_a_variable_without_a_label_at_some_times_is_named() -> None:
    u, labels = tape()
    labels["number"] = np.where(np.arange(20)[:, None] < 8, np.nan, labels["number"])
    fitted = emtvb.fit(emtvb.record(adapted(make_register()), u, labels))
    judged = emtvb.judge(fitted, times=[3, 4])
    assert judged.unreadable == ()
    assert "no label at these times: number" in str(judged)
    assert judged.explained_variance > 0.5
    with pytest.raises(InputError, match="no trial has a value of number there"):
        emtvb.fit(fitted.trials, times=[3, 4])
