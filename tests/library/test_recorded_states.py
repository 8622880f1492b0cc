"""Trials as users have them: states without a network, labels as a data frame, a split and times of their own."""

import numpy as np
import pandas as pd
import pytest

import emtvb
from emtvb.core.arguments import checked_times
from emtvb.errors import InputError

TIMES, TRIALS, SIZE = 12, 200, 16


def neurons(seed: int = 0, noise: float = 0.3) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """States that hold a bit and a number along directions of their own, and nothing of a word; trial first."""
    rng = np.random.default_rng(seed)
    bit, number = rng.choice([0, 1], size=TRIALS), rng.normal(size=TRIALS)
    word = rng.choice(["left", "right", "up"], size=TRIALS)
    directions = rng.normal(size=(2, SIZE))
    held = bit[:, None] * directions[0] + number[:, None] * directions[1] + 3.0
    states = held[:, None] + noise * rng.normal(size=(TRIALS, TIMES, SIZE))
    return states, {"bit": bit, "number": number, "word": word}


def test_states_without_a_network_are_judged_and_not_edited() -> None:
    states, labels = neurons()
    trials = emtvb.Trials.of(states, labels, batch_first=True)
    fitted = emtvb.fit(trials)
    judged = emtvb.judge(fitted)
    assert judged["bit"].score == pytest.approx(1.0, abs=0.02)
    assert judged["number"].score > 0.9
    assert judged.unreadable == ("word",)
    assert fitted.encoder.shape == (SIZE, 4)
    assert fitted.decoder.shape == (4, SIZE)
    assert fitted.centre.shape == (SIZE,)
    assert "recorded states" in repr(trials)
    for change in ({"flip": "bit"}, {"shift": {"number": 1.0}}):
        with pytest.raises(InputError, match=r"states alone; record the network"):
            emtvb.edit(fitted, at=3, **change)


def test_they_are_judged_as_those_of_a_network() -> None:
    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = 0.9 * h + u @ write
        return h[:, :2], h

    rng = np.random.default_rng(0)
    write = rng.normal(size=(2, 6))
    x = np.zeros((8, 60, 2))
    x[0] = rng.choice([-1.0, 1.0], size=(60, 2))
    labels = {"a": x[0, :, 0], "b": x[0, :, 1]}
    system = emtvb.adapt(step, state=6)
    states, outputs = system.run(x)
    ours, theirs = (
        emtvb.fit(trials) for trials in (emtvb.Trials.of(states, labels, outputs), emtvb.record(system, x, labels))
    )
    np.testing.assert_array_equal(ours.encoder, theirs.encoder)
    assert str(emtvb.judge(ours)).splitlines()[:3] == str(emtvb.judge(theirs)).splitlines()[:3]


@pytest.mark.parametrize("rows", ["a trial", "a time and trial"])
def test_a_data_frame_of_labels_says_what_arrays_say(rows: str) -> None:
    states, labels = neurons()
    table = pd.DataFrame(labels)
    if rows == "a time and trial":
        time, trial = (grid.ravel() for grid in np.indices((TIMES, TRIALS)))
        table = pd.DataFrame({"time": time, "trial": trial} | {name: values[trial] for name, values in labels.items()})
        table = table.sample(frac=1.0, random_state=0)
    by_table, by_name = (emtvb.Trials.of(states, given, batch_first=True) for given in (table, labels))
    assert [(v.name, v.kind) for v in by_table.variables] == [(v.name, v.kind) for v in by_name.variables]
    np.testing.assert_array_equal(by_table.test.labels, by_name.test.labels)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=str)
@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_words_that_are_missing_are_no_values(missing: object, dtype: object) -> None:
    states, labels = neurons()
    words = labels["word"].astype(object)
    words[::4] = missing
    given = [pd.DataFrame({"word": words}, dtype=dtype), {"word": pd.Series(words, dtype=dtype)}]
    if dtype is object:
        given.append({"word": words})
    for table in given:
        trials = emtvb.Trials.of(states, table, batch_first=True, split=np.arange(TRIALS) < 100)
        assert trials.variables[0].classes.tolist() == ["left", "right", "up"]
        assert np.isnan(trials.train.labels[0]).all(axis=1).tolist() == [i % 4 == 0 for i in range(100)]
        assert emtvb.judge(emtvb.fit(trials)).unreadable == ("word",)


@pytest.mark.parametrize(
    ("values", "missing"),
    [([True, False, None, True], True), ([0, 1, None, 1], True), ([0.5, 1.0, None, 3.0], True), ([0, 1, 1, 0], False)],
    ids=str,
)
def test_numbers_among_objects_are_numbers(values: list, missing: bool) -> None:
    states, _ = neurons()
    trials = emtvb.Trials.of(states, {"x": np.array(values * (TRIALS // 4), dtype=object)}, batch_first=True)
    assert np.isnan(trials.test.labels).any() == missing


def test_words_and_numbers_in_one_variable_are_one_clear_line() -> None:
    states, _ = neurons()
    mixed = np.array(["a", 1] * (TRIALS // 2), dtype=object)
    with pytest.raises(InputError, match=r"labels of x: of type object: give numbers, booleans or words, of one kind"):
        emtvb.Trials.of(states, {"x": mixed}, batch_first=True)


@pytest.mark.parametrize(("name", "called"), [("bit", "bit"), (None, "label")])
def test_a_series_is_a_variable(name: str | None, called: str) -> None:
    states, labels = neurons()
    trials = emtvb.Trials.of(states, pd.Series(labels["bit"], name=name), batch_first=True)
    assert [v.name for v in trials.variables] == [called]
    by_name = emtvb.Trials.of(states, {called: labels["bit"]}, batch_first=True)
    np.testing.assert_array_equal(trials.test.labels, by_name.test.labels)


def test_numbers_of_many_values_are_said_to_be_numbers() -> None:
    """Whole numbers are kinds by default: where one is in no trial to fit on, the line says how they are numbers."""
    states, _ = neurons()
    counts = np.r_[np.arange(25), np.zeros(TRIALS - 25, dtype=int)]
    with pytest.raises(InputError, match=r'is in no trial to fit on: .* kinds=\{"count": "continuous"\}'):
        emtvb.Trials.of(states, {"count": counts}, batch_first=True)
    emtvb.Trials.of(states, {"count": counts}, batch_first=True, kinds={"count": "continuous"})


def test_recordings_say_what_their_labels_are() -> None:
    states, labels = neurons()
    shown = repr(emtvb.Trials.of(states, labels, batch_first=True).train)
    assert len(shown) < 300
    assert "trials.values(labels)" in shown


def test_a_split_of_ones_own() -> None:
    states, labels = neurons()
    mask = np.arange(TRIALS) < 150
    trials = emtvb.Trials.of(states, labels, batch_first=True, split=mask)
    np.testing.assert_array_equal(trials.train.states, states.swapaxes(0, 1)[:, :150])
    np.testing.assert_array_equal(trials.test.states, states.swapaxes(0, 1)[:, 150:])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"split": np.ones(3, bool)}, "split: bool of shape (3,): give a share between 0 and 1, or"),
        ({"split": np.arange(TRIALS) < 1}, "split: 1 of 200 trials to train on, 199 to test: each part"),
        ({"split": np.arange(TRIALS) < 99, "groups": np.arange(TRIALS) // 2}, "split: 1 groups are on both sides"),
        ({"outputs": np.zeros((TRIALS, TIMES + 1, 2))}, "outputs: 13 steps of 200 trials: states have 12 steps"),
        ({"states": np.full((TRIALS, TIMES, SIZE), np.nan)}, "states: not all of them finite: give finite numbers"),
        ({"states": np.zeros((TRIALS, TIMES))}, "states: shape (200, 12): give an array of shape (trial,"),
        ({"labels": pd.DataFrame({"a": [1, 2]})}, "labels: a data frame of 2 rows: give a row for each"),
        (
            {"labels": pd.DataFrame({"time": [0] * 2400, "trial": [0] * 2400, "a": range(2400)})},
            "labels: a data frame whose times and trials are not all there once: number times from 0 to 11",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_clear_line(arguments: dict, says: str) -> None:
    states, labels = neurons()
    with pytest.raises(InputError) as caught:
        emtvb.Trials.of(**{"states": states, "labels": labels, "batch_first": True} | arguments)
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("times", "chosen"),
    [
        (-1, [9]),
        ([0, -1, -10], [0, 9]),
        (slice(2, 5), [2, 3, 4]),
        (slice(None, None, 4), [0, 4, 8]),
        (slice(-2, None), [8, 9]),
        (np.arange(10) > 7, [8, 9]),
        (range(3), [0, 1, 2]),
        (np.array([4, 4], dtype=np.uint8), [4]),
    ],
)
def test_times_as_python_and_numpy_have_them(times: object, chosen: list[int]) -> None:
    assert checked_times(times, 10) == tuple(chosen)


@pytest.mark.parametrize("times", [10, -11, [], slice(5, 5), np.zeros(10, bool), np.ones(9, bool), slice(0, "x")])
def test_times_that_there_are_not(times: object) -> None:
    with pytest.raises(InputError, match=r"times: .*: give (times|integers|a slice)"):
        checked_times(times, 10)


def test_fit_judge_and_record_take_them() -> None:
    states, labels = neurons()
    trials = emtvb.Trials.of(states, labels, batch_first=True)
    assert emtvb.fit(trials, slice(-3, None)).times == (9, 10, 11)
    assert emtvb.judge(emtvb.fit(trials), np.arange(TIMES) % 2 == 1)["bit"].times.tolist() == [1, 3, 5, 7, 9, 11]
