"""A stream's labels through the public face: the same analysis gives the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import emtvb
from emtvb.adapters.adapting import Wrapped
from emtvb.adapters.elman import Elman
from emtvb.experiments.streams import episode_memory

from .test_stream_measurement import EPISODES, RUN, D, N, delay_line


def test_what_record_fit_and_judge_read_is_what_the_measures_read() -> None:
    rng = np.random.default_rng(4)
    network = delay_line(scale=0.3)
    seen = episode_memory.watch_network(network, RUN.task, EPISODES, (N, N, N), rng, 1200)
    before, place, _ = seen.plan.places
    labels = {f"u{i}": seen.vector(place, i)[:, 0] for i in range(1, N + 1)}
    labels["gone"] = seen.vector(before, 2)[:, 0]
    trials = emtvb.record(Wrapped(Elman(network), "delay line"), seen.inputs, labels)
    # What is shown later is no variable yet: the marker's step is the first at which all are.
    step = place.first_output - 1
    judged = emtvb.judge(emtvb.fit(trials, times=[step]))
    for number, name in enumerate(labels):
        fitted, judging = (part.labels[step][:, number : number + 1] for part in (trials.train, trials.test))
        decoder = episode_memory.least_squares(trials.train.states[step], fitted)
        own = episode_memory.share_right(decoder.predict(trials.test.states[step]), judging)
        assert judged[name].score == pytest.approx(own, abs=0.03), name
    assert all(judged[f"u{i}"].readable for i in range(2, N + 1))
    assert not judged["gone"].readable


def test_edits_of_a_streams_labels_are_followed_as_the_measures_say() -> None:
    rng = np.random.default_rng(5)
    network = delay_line()
    seen = episode_memory.watch_network(network, RUN.task, EPISODES, (N, N, N), rng, 800)
    place = seen.plan.places[1]
    step = place.start + N - 1
    ours = episode_memory.edit_vector(network, seen, place, step, rng, 2)
    labels = {f"u{i}.{j}": seen.vector(place, i)[:, j] for i in range(1, N + 1) for j in range(D)}
    trials = emtvb.record(Wrapped(Elman(network), "delay line"), seen.inputs, labels)
    fitted = emtvb.fit(trials, times=[step])

    def asked(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """The outputs of the first round, u_2 first, after the marker's step, at which nothing is asked."""
        vectors = values.reshape(len(values), N, D)
        return np.concatenate([np.zeros((1, len(values), D)), *(vectors[None, :, i] for i in range(1, N))])

    def agree(outputs: np.ndarray, expected: np.ndarray) -> np.ndarray:
        return ((np.sign(outputs) == expected) | (expected == 0)).all(axis=2)

    after = seen.inputs[step + 1 : step + 1 + N, 0]
    theirs = emtvb.edit(fitted, at=step, flip="u2.0", expected=asked, steps=N, inputs=after, agrees=agree)
    assert ours.followed > 0.99
    assert theirs.success > 0.99
    assert str(theirs).startswith("shows that"), str(theirs)
