"""What a schedule asks, and that the paper's tasks are its simplest case."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from emtvb.theory import tasks
from emtvb.theory.schedule import INPUT, MARKER, SILENCE, Episodes, episode_schedule, output_phase_schedule


@given(st.sampled_from(tasks.NAMED), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_papers_tasks_are_the_simplest_case(name: str, horizon: int, seed: int) -> None:
    task = tasks.named(name)
    plan = output_phase_schedule(task, horizon)
    x, y = task.batch(np.random.default_rng(seed), 3, horizon)
    assert plan.shows.tolist() == [INPUT] * task.s + [SILENCE] * horizon
    assert plan.scored.tolist() == [False] * task.s + [True] * horizon
    np.testing.assert_array_equal(plan.targets(x), y)


@given(
    lengths=st.lists(st.integers(3, 6), min_size=1, max_size=4),
    outputs=st.integers(1, 9),
    marker=st.booleans(),
    echo=st.booleans(),
    seed=st.integers(0, 99),
)
def test_each_output_is_composed_of_the_last_n_targets(
    lengths: list[int], outputs: int, marker: bool, echo: bool, seed: int
) -> None:
    task = tasks.from_composition([(3, 1, -1), (1, 0, 1)], 2, 6)
    episodes = Episodes((3, 6), outputs, None, marker, echo)
    plan = episode_schedule(task, episodes, lengths)
    inputs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(len(plan), 5, 2))
    targets = plan.targets(inputs)
    for place, length in zip(plan.places, lengths, strict=True):
        window = [*inputs[place.start : place.start + length]]
        if marker:
            window.append(np.zeros((5, 2)))
            assert not plan.scored[place.first_output - 1], "nothing is asked at the marker's own step"
        for step in range(place.first_output, place.stop):
            last = window[-length:]
            window.append(np.stack([-last[2][:, 1], last[0][:, 0]], axis=1))
            np.testing.assert_array_equal(targets[step], window[-1])
        np.testing.assert_array_equal(targets[place.start : place.start + length], echo * np.array(window[:length]))
        shown = plan.shows[place.start : place.stop]
        assert (shown == INPUT).sum() == length
        assert (shown == MARKER).sum() == marker
    assert len(plan) == sum(length + episodes.gap + outputs for length in lengths)


def test_the_last_episode_of_a_stream_is_cut_and_the_rest_is_silent() -> None:
    task, episodes = tasks.named("T1", 8, 10), Episodes(total=50)
    plan = episode_schedule(task, episodes, [6, 10])
    first, second = plan.places
    assert first == (0, 6, 7, 22)
    assert second == (22, 10, 33, 48)
    assert plan.shows[48:].tolist() == [SILENCE, SILENCE]
    assert not plan.scored[48:].any()
    cut = episode_schedule(task, Episodes(total=44), [6, 10])
    assert cut.places[1].stop == 44
