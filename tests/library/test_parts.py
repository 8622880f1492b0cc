"""Parts of a state: one layer is read and edited alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import emtvb
from emtvb.errors import InputError

A, B = 6, 5
TIME, TRIALS = 8, 200


def two_bits(seed: int = 0) -> tuple[emtvb.Trials, np.ndarray]:
    """Each of two bits in a part of its own; both are given out."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(A, 1)), rng.normal(size=(B, 1))

    def step(u: np.ndarray, state: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        held = [state[name] @ np.linalg.pinv(basis).T for name, basis in (("one", first), ("two", second))]
        bits = [np.where(u[:, 2:] > 0, u[:, [i]], held[i]) for i in (0, 1)]
        return np.hstack(bits), {"one": bits[0] @ first.T, "two": bits[1] @ second.T}

    bits = rng.choice([-1.0, 1.0], size=(TRIALS, 2))
    u = np.zeros((TIME, TRIALS, 3))
    u[0, :, :2], u[0, :, 2] = bits, 1
    system = emtvb.adapt(step, state=lambda n: {"one": np.zeros((n, A)), "two": np.zeros((n, B))})
    return emtvb.record(system, u, {"a": bits[:, 0], "b": bits[:, 1]}), bits


def stays(values: np.ndarray, u: np.ndarray) -> np.ndarray:
    return np.repeat(values[None], len(u), axis=0)


@pytest.mark.parametrize("method", ["least squares", "class means"])
@pytest.mark.parametrize("interchange", [False, True])
def test_what_lies_in_a_part_is_found_and_edited_in_it_alone(method: str, interchange: bool, tmp_path: Path) -> None:
    trials, _ = two_bits()
    assert trials.system.parts == {"one": slice(0, A), "two": slice(A, A + B)}
    fitted = emtvb.fit(trials, method=method, part="one")
    assert not fitted.encoder[A:].any()
    assert not fitted.decoder[:, A:].any()
    assert " in one: a, b" in repr(fitted)
    judged = emtvb.judge(fitted)
    assert judged["a"].score == 1
    assert not judged["b"].readable
    change = {"flip": "a", "interchange": interchange, "expected": stays, "at": 3}
    if method == "least squares":
        assert emtvb.edit(fitted, **change).controls_fail
    assert not emtvb.edit(fitted, **change | {"flip": "b"}).controls_fail
    again = emtvb.load(emtvb.save(fitted, tmp_path / "fit"), trials.system)
    assert again.part == "one"
    np.testing.assert_array_equal(again.encoder, fitted.encoder)


def test_an_edit_in_a_part_finds_the_variables_anew_there() -> None:
    trials, _ = two_bits()
    whole = emtvb.fit(trials)
    for part, shows in (("one", True), ("two", False)):
        edits = emtvb.edit(whole, 3, flip="a", expected=stays, part=part)
        assert edits.controls_fail == shows
        by_fit = emtvb.edit(emtvb.fit(trials, part=part), 3, flip="a", expected=stays)
        np.testing.assert_array_equal(edits.outputs, by_fit.outputs)


def test_random_steps_of_a_part_lie_in_it() -> None:
    from emtvb.core.editing.controls import random_step

    change = np.zeros((7, A + B))
    change[:, :A] = 1.0
    steps = random_step(change, np.random.default_rng(0), slice(0, A))
    assert not steps[:, A:].any()
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), A**0.5)


def test_states_without_their_network_have_one_part() -> None:
    trials, _ = two_bits()
    alone = emtvb.Trials.of(trials.test.states, {"a": np.arange(trials.test.states.shape[1]) % 2})
    with pytest.raises(InputError, match="part: 'one': of recorded states there are state"):
        emtvb.fit(alone, part="one")
