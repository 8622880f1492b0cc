"""Measures of streams on networks whose storage is known: a delay line, and one that forgets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.streams import episode_memory, stream_measurement
from emtvb.experiments.streams.runs import StreamRun
from emtvb.theory import tasks
from emtvb.theory.schedule import Episodes
from emtvb.weights import Network

N, D = 4, 3
EPISODES = Episodes((N, N), N - 1, 60)
RUN = StreamRun(tasks.named("T1", D, N), EPISODES, (N + 2) * D, 0.0, 5)


def delay_line(scale: float = 1e-3, seed: int = 0) -> Network:
    """What was shown k steps ago stands at place k; read are place 0, and place n, where u_2 is at the first output.

    All of it in a random basis, and so small that tanh is linear.
    """
    places = N + 2
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(places * D, places * D)))[0]
    shift = np.zeros((places * D, places * D))
    shift[D:, :-D] = np.eye((places - 1) * D)
    writes, reads = np.zeros((places * D, D)), np.zeros((D, places * D))
    writes[:D] = scale * np.eye(D)
    reads[:, :D] = reads[:, N * D : (N + 1) * D] = np.eye(D) / scale
    made = basis @ writes, basis @ shift @ basis.T, reads @ basis.T
    return Network(*(array.astype(np.float32) for array in made))


@pytest.fixture(scope="module")
def row() -> dict[str, float]:
    rng = np.random.default_rng(1)
    blank = Network(*(np.zeros_like(array) + 1e-6 * rng.normal(size=array.shape).astype(np.float32)
                      for array in delay_line().arrays().values()))  # fmt: skip
    return stream_measurement.stream_row(RUN, delay_line(), blank)


def test_what_it_does(row: dict[str, float]) -> None:
    assert row["recall"] == row[f"recall_{N}"] == row["first_round"] == 1
    # Its echo is spoilt by what was shown n steps before, which is silence or the marker's step here and there.
    assert 0.5 < row["echo"] <= 1
    assert (N - 1) / (2 * N - 1) < row["accuracy"] <= 1


def test_where_it_can_be_read_and_that_it_is_pushed_out(row: dict[str, float]) -> None:
    assert row["at_marker"] == 1
    assert row["gone_1"] < 0.9
    assert row["gone_all"] == pytest.approx(0.5, abs=0.05)
    assert row["untrained_gone_all"] == pytest.approx(0.5, abs=0.05)


def test_its_code_is_the_age(row: dict[str, float]) -> None:
    assert row["input_age"] == row["input_single"] == 1
    assert row["input_position"] < 0.9
    assert row["output_age"] > row["output_position"] + 0.1


def test_the_marker_is_a_step_like_any_other(row: dict[str, float]) -> None:
    assert row["marker_keeps"] == pytest.approx(1, abs=0.05)
    assert row["silence_keeps"] == pytest.approx(1, abs=0.05)
    assert row["marker_mixes"] < 0.05


def test_a_silent_step_is_not_read_by_what_the_marker_leaves() -> None:
    """Where the marker's step shrinks what is stored, a decoder fitted after it is as much larger: 2.5 times here."""
    seen = episode_memory.watch_network(delay_line(), RUN.task, EPISODES, (N, N, N), np.random.default_rng(6))
    place = seen.plan.places[1]
    _, silence = episode_memory.marker_map(delay_line(), seen, place)
    states = seen.states.copy()
    states[place.first_output - 1] *= 0.4
    _, again = episode_memory.marker_map(delay_line(), seen._replace(states=states), place)
    np.testing.assert_array_equal(again, silence)
    assert np.diag(silence) == pytest.approx(1, abs=0.05)
    assert np.abs(silence[~np.eye(N, dtype=bool)]).max() < 0.1


def test_decoders_of_few_moments_are_judged_on_sequences_that_they_were_not_fitted_on() -> None:
    """States of many neurons that hold nothing, and episodes of two vectors: then a place is seen but twice."""
    rng = np.random.default_rng(7)
    laid_out = Episodes((2, 2), 3, 60)
    seen = episode_memory.watch_network(delay_line(), RUN.task, laid_out, (2, 2, 2), rng)
    seen = seen._replace(states=rng.normal(size=(*seen.states.shape[:2], 400)).astype(np.float32))
    for code in ("position", "age"):
        read = episode_memory.by_code([(seen, seen.plan.places[1])], code, outputs=False)
        assert read == pytest.approx(0.5, abs=0.03)


def test_every_decoder_has_the_untrained_networks_value_beside_it(row: dict[str, float]) -> None:
    """The blank network holds nothing; the delay line, as its own control, holds what it holds."""
    decoders = [name for name in row if name.startswith(("at_", "gone_", "input_", "output_", "due_", "phi_"))]
    decoders += ["first_at_marker", "marker_keeps", "marker_mixes", "silence_keeps", "silence_mixes", "blind_length"]
    assert len(decoders) > 15
    assert {f"untrained_{name}" for name in decoders} <= set(row)
    control = stream_measurement.stream_row(RUN, delay_line(), delay_line())
    assert control["untrained_input_age"] == control["untrained_input_single"] == 1
    assert control["untrained_silence_keeps"] == pytest.approx(1, abs=0.05)
    assert "untrained_blind_accuracy" not in control, "it is the sequences' own"


def test_rasters_and_maps_have_the_untrained_network_beside_them() -> None:
    line, other = delay_line(), delay_line(seed=3)
    rasters = pd.DataFrame(stream_measurement.raster_rows(RUN, line, other))
    assert (rasters[["readable", "untrained"]].head(N) == 1).all(axis=None)
    maps = pd.DataFrame(stream_measurement.marker_maps(RUN, line, other))
    same = maps["after"] == maps["before"]
    for name in ("marker", "silence", "untrained_marker", "untrained_silence"):
        assert maps.loc[same, name].to_numpy()[1:] == pytest.approx(1, abs=0.1)
        assert maps.loc[~same, name].abs().max() < 0.2


def test_edits_do_what_they_should_and_only_that(row: dict[str, float]) -> None:
    assert row["edit_across_followed"] > 0.99
    assert row["edit_across_kept"] > 0.99
    assert row["edit_across_control"] < 0.7
    assert row["edit_gone_followed"] < 0.02, "what is gone cannot be told anew"


def test_moments_of_an_episode() -> None:
    plan = episode_memory.watch_network(delay_line(), RUN.task, EPISODES, (N, N), np.random.default_rng(0), 4).plan
    place = plan.places[1]
    shown = episode_memory.episode_moments(place, outputs=False)
    assert len(shown) == N * (N + 1) // 2
    assert {moment.age for moment in shown if moment.number == 1} == {0, 1, 2, 3}
    first = [
        moment for moment in episode_memory.episode_moments(place, outputs=True) if moment.step == place.first_output
    ]
    assert {moment.number: moment.due for moment in first} == {1: -1, 2: 0, 3: 1, 4: 2}


def test_what_is_read_is_read_at_the_moment_that_its_column_names() -> None:
    seen = episode_memory.watch_network(delay_line(), RUN.task, EPISODES, (N, N), np.random.default_rng(0), 4)
    place = seen.plan.places[0]
    steps = np.arange(place.start, len(seen.plan))
    columns = stream_measurement.readability_columns([(seen, place)], [np.tile(steps[:, None], N).astype(float)])
    last = {name: columns.pop(name) for name in ("at_marker", "first_at_marker", "at_last", "gone_all")}
    before = place.first_output - 1
    assert last == {"at_marker": before, "first_at_marker": before, "at_last": place.stop - 1, "gone_all": steps[-1]}
    assert columns == {f"gone_{k}": place.stop - 1 + k for k in stream_measurement.AFTER}


def test_a_decoder_reads_what_is_there_and_nothing_else() -> None:
    rng = np.random.default_rng(2)
    states = rng.normal(size=(2000, 6)).astype(np.float32)
    vectors = np.sign(states @ rng.normal(size=(6, 2)).astype(np.float32))
    coins = rng.choice([-1.0, 1.0], size=(2000, 2)).astype(np.float32)
    read, by_chance = (
        episode_memory.share_right(
            episode_memory.least_squares(states[:1000], wanted[:1000]).predict(states[1000:]), wanted[1000:]
        )
        for wanted in (vectors, coins)
    )
    assert read > 0.9
    assert by_chance == pytest.approx(0.5, abs=0.05)


def test_a_state_that_hardly_moves_holds_nothing() -> None:
    """Differences of 1e-6 are rounding, though in double precision they would tell any vector."""
    rng = np.random.default_rng(6)
    vectors = rng.choice([-1.0, 1.0], size=(2000, 4))
    mixing = np.linalg.qr(rng.normal(size=(4, 4)))[0] * np.array([1.0, 0.1, 0.01, 0.001])
    still = episode_memory.least_squares(1e-6 * vectors @ mixing.T, vectors)
    read = still.predict(1e-6 * vectors @ mixing.T)
    np.testing.assert_allclose(read - vectors.mean(axis=0), 0, atol=0.01)
    moving = episode_memory.least_squares(vectors @ mixing.T, vectors)
    assert episode_memory.share_right(moving.predict(vectors @ mixing.T), vectors) == 1.0


def test_a_network_that_does_not_know_the_length_answers_for_all(row: dict[str, float]) -> None:
    """The delay line reads one age, whatever the length is: of lengths 3 to 5 that is right for one."""
    laid_out = Episodes((N - 1, N + 1), N, 60)
    rng = np.random.default_rng(3)
    runs = []
    for length in (N - 1, N, N + 1):
        seen = episode_memory.watch_network(delay_line(), RUN.task, laid_out, (N, length, N), rng, 400)
        runs.append((seen, seen.plan.places[1]))
    found = episode_memory.measure_blindness(runs, RUN.task, laid_out)
    assert found.within == pytest.approx(1, abs=0.05)
    assert found.beside < 0.05
    assert found.accuracy == pytest.approx(0.75, abs=0.03), "the mean of three"
    assert found.chance == pytest.approx(1 / 3)


def test_phi_is_the_tasks_own_and_a_delay_line_is_none_of_it(row: dict[str, float]) -> None:
    """A ring of places, from which the outputs are read, is Phi_n: of its own n, and not of another."""
    size = N * D
    ring = np.roll(np.eye(size), -D, axis=0)
    network = Network(*(array.astype(np.float32) for array in (
        1e-3 * np.eye(size)[:, -D:], ring, 1e3 * np.eye(size)[:D])))  # fmt: skip
    found = {}
    for length in (N, N + 1):
        laid_out = Episodes((length, length), 3 * N, None, marker=False)
        seen = episode_memory.watch_network(network, RUN.task, laid_out, (length,), np.random.default_rng(0), 400)
        found[length] = episode_memory.transition_cosines(network, seen, seen.plan.places[0], RUN.task)[0]
    assert found[N] == pytest.approx(1, abs=0.02)
    assert found[N + 1] < 0.9
