"""Variables that lie over each other in the same neurons: a decoder in layers tells them apart, no linear map does."""

from __future__ import annotations

import numpy as np
import pytest

import emtvb
from emtvb.core.onion import magnitudes, tied
from emtvb.errors import InputError

VALUES, VARIABLES, NEURONS = 6, 4, 10
SCALES = 0.3 ** np.arange(VARIABLES)
rng = np.random.default_rng(0)
DIRECTIONS = rng.normal(size=(VALUES, NEURONS))
"""One vector of each value, for all variables: 20 numbers in 10 neurons."""


def held(values: np.ndarray, each: np.ndarray) -> np.ndarray:
    """The states of sequences (trial, variable), with a vector (variable, value, neuron) of each variable's values."""
    return sum(each[i][values[:, i]] for i in range(values.shape[1]))


def recorded(each: np.ndarray, trials: int = 800) -> emtvb.Trials:
    """A network that is shown a state and keeps it, and gives out its value of each variable."""
    values = np.random.default_rng(1).integers(VALUES, size=(trials, VARIABLES))
    inputs = np.zeros((4, trials, NEURONS))
    inputs[0] = held(values, each)

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return h + u, h + u

    labels = {f"{i}": values[:, i] for i in range(VARIABLES)}
    return emtvb.record(emtvb.adapt(step, state=NEURONS), inputs, labels, kinds="categorical")


def shared() -> np.ndarray:
    return SCALES[:, None, None] * DIRECTIONS


def test_an_onion_is_read_by_peeling_and_not_by_a_linear_map() -> None:
    trials = recorded(shared())
    linear, peeled = emtvb.fit(trials, 1), emtvb.fit(trials, 1, method=emtvb.Onion())
    assert min(reading.score for reading in emtvb.judge(peeled).readings) > 0.99
    assert np.mean([reading.score for reading in emtvb.judge(linear).readings]) < 0.75
    values = trials.values(trials.test.labels[1])
    assert (peeled.read(trials.test.states[1]) == values).all(axis=1).mean() > 0.98
    places = [layer.place.start for layer in peeled.memories.layers]  # type: ignore[attr-defined]
    assert places == sorted(places)


def test_layers_that_share_no_directions_are_read_untied_alone() -> None:
    own = SCALES[:, None, None] * rng.normal(size=(VARIABLES, VALUES, NEURONS))
    trials = recorded(own)
    scores = {
        kind: np.mean([r.score for r in emtvb.judge(emtvb.fit(trials, 1, method=emtvb.Onion(tied=kind))).readings])
        for kind in (True, False)
    }
    assert scores[False] > 0.99
    assert scores[True] < 0.9


def test_exchanged_labels_are_read_no_better_than_by_chance() -> None:
    trials = recorded(shared())
    rng = np.random.default_rng(3)
    mixed = emtvb.record(
        trials.system, trials.train.inputs, {"a": rng.integers(VALUES, size=400), "b": rng.integers(VALUES, size=400)},
        kinds="categorical",
    )  # fmt: skip
    judged = emtvb.judge(emtvb.fit(mixed, 1, method=emtvb.Onion()))
    assert judged.unreadable == ("a", "b")
    assert max(reading.score for reading in judged.readings) < 0.3


def test_an_edit_puts_another_value_into_its_layer() -> None:
    trials = recorded(shared())
    fitted = emtvb.fit(trials, 1, method=emtvb.Onion())
    change = fitted.memories.change(trials.test.labels[1], np.roll(trials.test.labels[1], 1, axis=0))
    after = trials.test.states[1] + change
    wanted = np.roll(trials.values(trials.test.labels[1]), 1, axis=0)
    assert (fitted.read(after) == wanted).mean() > 0.99
    first = {"0": (trials.values(trials.test.labels[1])[:, 0] + 1) % VALUES}
    done = emtvb.edit(
        fitted, 1, set=first, untrained=False,
        expected=lambda values, inputs: np.repeat(held(values, shared())[None], len(inputs), axis=0),
    )  # fmt: skip
    assert done.success > 0.95
    assert done.random_step.mean() < 0.2


def test_the_tied_encoder_is_the_sum_itself_where_variables_differ_in_magnitude_alone() -> None:
    trials = recorded(shared())
    codes = [v.code for v in trials.variables]
    basis = emtvb.fit(trials, 1).memories.encoder
    again = tied(basis, trials.slices, codes)
    assert np.allclose(again, basis, atol=1e-5)
    sizes = magnitudes(basis, trials.slices, codes)
    assert np.allclose(sizes[1:] / sizes[:-1], 0.3, rtol=0.01)
    signs = np.array([1.0, -1.0, 1.0, -1.0])[:, None, None]  # a magnitude may be negative in a neuron
    basis = emtvb.fit(recorded(signs * shared()), 1).memories.encoder
    assert np.allclose(tied(basis, trials.slices, codes), basis, atol=1e-5)


def test_the_order_can_be_given() -> None:
    trials = recorded(shared())
    fitted = emtvb.fit(trials, 1, method=emtvb.Onion(order=("3", "2", "1", "0")))
    places = [layer.place.start for layer in fitted.memories.layers]  # type: ignore[attr-defined]
    assert places == sorted(places, reverse=True)
    assert np.mean([r.score for r in emtvb.judge(fitted).readings]) < 0.9  # the smallest first is the wrong way round


@pytest.mark.parametrize(
    ("labels", "kinds", "method", "says"),
    [
        ({"a": "numbers"}, "continuous", emtvb.Onion(), "method: Onion on a, a number: give it values to choose from"),
        ({"a": 3, "b": 4}, "categorical", emtvb.Onion(), r"Onion on a and b, which do not have the same values: give"),
        ({"a": 3, "b": 3}, "categorical", emtvb.Onion(order=("a",)), r"order: \['a'\]: name each of the 2"),
        ({"a": 3, "b": 3}, "categorical", emtvb.Onion(order=("a", "c")), "variable: c: no such variable"),
    ],
)  # fmt: skip
def test_what_it_cannot_do_is_one_line(labels: dict, kinds: str, method: emtvb.Onion, says: str) -> None:
    rng = np.random.default_rng(0)
    given = {
        name: rng.normal(size=100) if of == "numbers" else rng.permutation(np.arange(100) % of)
        for name, of in labels.items()
    }
    trials = emtvb.record(
        emtvb.adapt(lambda u, h: (h + u, h + u), state=3), rng.normal(size=(2, 100, 3)), given, kinds=kinds
    )
    with pytest.raises(InputError, match=says) as caught:
        emtvb.fit(trials, 0, method=method)
    assert "\n" not in str(caught.value)
