"""Where a default misleads, what is printed says so: the times of a fit, other trials of numbers, what is neutral."""

from __future__ import annotations

import re

import numpy as np
import pytest

import emtvb

TRIALS = 200


def kept(
    at: int, values: np.ndarray, steps: int = 8, size: int = 12, seed: int = 0
) -> tuple[emtvb.Adapted, np.ndarray]:
    """A system that stores what it is shown at a step, beside noise that it is started with."""
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, values.shape[1])))[0]

    def step(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        v = np.where(u[:, -1:] > 0, u[:, :-1], h @ basis)
        return v, v @ basis.T

    u = np.zeros((steps, len(values), values.shape[1] + 1))
    u[at, :, :-1], u[at, :, -1] = values, 1
    return emtvb.adapt(step, state=size), u


def stays(values: np.ndarray, u: np.ndarray) -> np.ndarray:
    return np.repeat(values[None], len(u), axis=0)


def test_an_edit_that_shows_nothing_names_the_times_at_which_the_variable_can_be_read() -> None:
    """A variable that is shown at step 4 of 8, fitted at all: the edit is too small; at the times named it is right."""
    bits = np.random.default_rng(0).choice([-1.0, 1.0], size=(TRIALS, 2))
    trials = emtvb.record(*kept(4, bits), {"a": bits[:, 0], "b": bits[:, 1]})
    edits = emtvb.edit(emtvb.fit(trials), at=6, flip="a", expected=stays)
    assert not edits.controls_fail
    other, this = "fit(trials, times=range(4, 8))", "with this fit, at 0-7"
    assert edits.verdict.endswith(f"in the trials to fit on, 1.000 are followed with {other}, and 0.000 {this}")
    line = re.search(r"fit\(trials, times=range\(4, 8\)\)", edits.verdict)
    assert line
    found = emtvb.edit(eval("emtvb." + line[0], {"emtvb": emtvb, "trials": trials}), at=6, flip="a", expected=stays)
    assert found.controls_fail
    assert "in the trials to fit on" not in found.verdict


def test_an_edit_of_what_is_nowhere_names_no_times() -> None:
    bits = np.random.default_rng(0).choice([-1.0, 1.0], size=(TRIALS, 2))
    coin = np.random.default_rng(1).choice([-1.0, 1.0], size=TRIALS)
    trials = emtvb.record(*kept(0, bits), {"a": bits[:, 0], "coin": coin})
    edits = emtvb.edit(emtvb.fit(trials), at=6, flip="coin", expected=stays)
    assert edits.verdict.startswith("shows nothing")
    assert "in the trials to fit on" not in edits.verdict


def test_numbers_ask_for_a_function_of_ones_own_where_another_trial_shows_nothing() -> None:
    numbers = np.random.default_rng(0).normal(size=(TRIALS, 1))

    def square(u: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 0 * h[:, :1], np.where(u[:, -1:] > 0, u[:, :1] * np.ones((1, 6)), h)

    _, u = kept(0, numbers)
    fitted = emtvb.fit(emtvb.record(emtvb.adapt(square, state=6), u, {"x": numbers[:, 0]}))
    says = (
        "expected='trial' takes numbers within 0.1 of their standard deviation for the same: give a function of yours"
    )
    shift = {"at": 3, "shift": {"x": 0.5}}
    assert says in emtvb.edit(fitted, **shift).verdict
    assert says not in emtvb.edit(fitted, **shift, expected=stays).verdict


@pytest.mark.parametrize("turn", [0.0, 1e-9, 0.3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_eigenvalues_and_multipliers_at_one_are_neutral(turn: float, dtype: type) -> None:
    """What rounding would decide is neither stable nor unstable."""
    R = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]], dtype=dtype)
    system = emtvb.adapt(lambda u, h: (h, h @ R.T), state=np.zeros((1, 2), dtype), input_dim=1)
    points = emtvb.fixed_points(system, np.zeros((1, 2), dtype))
    assert (points.stable.tolist(), points.neutral.tolist()) == ([False], [True])
    assert "0 stable, 1 neutral" in repr(points)
    assert "neutral: 2 eigenvalues at 1 within rounding" in str(points)
    around = emtvb.cycles(system, np.zeros((1, 2), dtype), 7)
    assert (around.attracting.tolist(), around.neutral.tolist()) == ([False], [True])
    assert "0 of these attracting, 1 neutral" in repr(around)


@pytest.mark.parametrize(("factor", "attracts"), [(0.99, True), (1.01, False)])
def test_what_is_not_at_one_is_not_neutral(factor: float, attracts: bool) -> None:
    system = emtvb.adapt(lambda u, h: (h, factor * h), state=2, input_dim=1)
    points, around = emtvb.fixed_points(system, np.zeros((1, 2))), emtvb.cycles(system, np.zeros((1, 2)), 3)
    assert not points.neutral.any()
    assert not around.neutral.any()
    assert points.stable.tolist() == around.attracting.tolist() == [attracts]
