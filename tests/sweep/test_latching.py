"""What other gains, noise and given orbits do to networks of which it is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.adapters.adapting import adapt
from emtvb.core.cycles import follow_cycles
from emtvb.experiments.sweep import latching
from emtvb.experiments.sweep.figures import dose
from emtvb.experiments.sweep.latching import Latching, Outcomes
from emtvb.theory import circuits, tasks
from emtvb.theory.tasks import Task

T1, T2 = tasks.named("T1", 3, 3), tasks.named("T2", 3, 3)


def linear(task: Task = T1) -> Latching:
    return Latching("phi", task, circuits.linear_circuit(task).double())


def latch(task: Task = T1) -> Latching:
    return Latching("latch", task, circuits.latching_circuit(task).double())


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    """The linear network and the latch, by name, arm and gain."""
    rows = [row for of in (linear(), latch(), latch(T2)) for row in of.rows()]
    table = latching.dose_as_table(rows)
    table.loc[len(latching.dose_as_table(linear().rows())) * 2 :, "run_id"] = "latch-T2"
    return table


def of(measured: pd.DataFrame, name: str, arm: str, **columns: float) -> pd.DataFrame:
    chosen = measured[(measured["run_id"] == name) & (measured["arm"] == arm)]
    for column, value in columns.items():
        chosen = chosen[np.isclose(chosen[column], value)]
    assert len(chosen)
    return chosen


@pytest.mark.parametrize("arm", [latching.WRITE, latching.HOLD])
@pytest.mark.parametrize("name", ["latch", "latch-T2"])
def test_a_latch_lasts_above_a_gain_of_one_and_fades_below(measured: pd.DataFrame, arm: str, name: str) -> None:
    rows = of(measured, name, arm)
    above, below = rows[rows["gain"] > 1.01], rows[rows["gain"] < 0.99]
    assert (above[["attracting", "lasting", "attracting_lasting"]] == latching.CONTENTS).all(axis=None)
    assert (below[["returning", "attracting", "lasting", "kept"]] == 0).all(axis=None)
    assert (below["accuracy"] == 1).all(), "the signs are right, of outputs of no size"
    assert (below["rate"] < 0).all()
    np.testing.assert_allclose(below["rate"], np.log(below["gain"]), atol=1e-3)


def test_a_small_difference_grows_by_the_gain_and_tanh_takes_it_back(measured: pd.DataFrame) -> None:
    """At h = tanh(g h) a step stretches a difference by g (1 - h^2)."""
    for gain in (1.1, 1.5):
        slope = gain * (1 - circuits.stored_amplitude(gain) ** 2)
        rates = of(measured, "latch", latching.WRITE, gain=gain)["rate"]
        np.testing.assert_allclose(rates, np.log(slope), rtol=1e-3)


def test_rates_are_those_of_the_multipliers_of_a_cycle() -> None:
    """By other code: the eigenvalues of the product of Jacobians."""
    rng = np.random.default_rng(3)
    network = latch(T2)
    W_hh = network.network.W_hh + 0.02 * rng.normal(size=network.network.W_hh.shape)
    turned = Latching("turned", T2, type(network.network)(network.network.W_uh, W_hh, network.network.W_r))
    changed = turned.written(latching.WRITE, turned.network, [turned.gain])
    later = changed.trials.after(latching.BURNT_IN)[0].state
    around = follow_cycles(adapt(turned.network), later, turned.period)
    assert around.returns.all()
    np.testing.assert_allclose(changed.returns.rates, around.rates[:, 0], rtol=1e-3)
    np.testing.assert_array_equal(changed.returns.returning, around.returns)


def test_noise_moves_a_linear_memory_and_not_a_latch(measured: pd.DataFrame) -> None:
    assert of(measured, "latch", latching.NOISY, noise=0.1, factor=1)["lasting"].item() == latching.CONTENTS
    assert of(measured, "latch", latching.NOISY, noise=0.3, factor=1)["lasting"].item() < latching.CONTENTS
    assert of(measured, "phi", latching.WRITE, factor=1)["lasting"].max() == latching.CONTENTS
    assert of(measured, "phi", latching.NOISY, noise=0.1, factor=1)["lasting"].item() == 0
    noisy = of(measured, "latch", latching.NOISY, noise=latching.GENTLE, gain=1.1)
    assert noisy["kept_same"].item() == noisy["attracting_kept_same"].item() == latching.CONTENTS


def test_what_attracts_is_kept_around_an_orbit_and_nothing_else(measured: pd.DataFrame) -> None:
    kept = measured.set_index(["run_id", "arm"])["right"]
    for name in ("phi", "latch"):
        assert kept[name, latching.REMOVED] <= 2
        assert kept[name, latching.PUT] == kept[name, latching.GRAFTED] == latching.CONTENTS
    assert kept["phi", latching.OWN] <= 2
    assert kept["latch", latching.OWN] == latching.CONTENTS


def test_other_changes_of_the_same_size_are_as_large_and_another_basis_keeps_the_spectrum() -> None:
    network = latch(T2)
    W_hh = network.network.W_hh
    assert np.linalg.norm(network.randomly_changed(1.05) - W_hh) == pytest.approx(
        np.linalg.norm(W_hh * (1.05 / network.gain - 1))
    )
    sizes = [np.sort(np.abs(np.linalg.eigvals(of))) for of in (network.turned(1.05), W_hh * (1.05 / network.gain))]
    np.testing.assert_allclose(*sizes, atol=1e-6)
    assert not np.allclose(network.turned(1.05), W_hh * (1.05 / network.gain), atol=0.1)


def test_an_output_without_size_is_no_memory_and_a_wrong_one_is_held() -> None:
    rng = np.random.default_rng(0)
    signs = np.tile(rng.choice([-1.0, 1.0], size=(8, 4, 3)), (60, 1, 1))
    targets = signs[-100:]
    for size, sign, lasting, kept in ((1.0, 1, 1, 1), (0.05, 1, 0, 0), (1.0, -1, 0, 1), (0.05, -1, 0, 0)):
        outcomes = Outcomes.of(sign * size * signs, targets, 0.1, 8)
        assert (outcomes.lasting == lasting).all()
        assert (outcomes.kept == kept).all()
    drawn = Outcomes.of(rng.normal(size=signs.shape), targets, 0.1, 8)
    assert not (drawn.lasting | drawn.kept).any()
    assert not Outcomes.of(-signs[:150], targets, 0.1, 8).kept.any(), "no period to compare with"


def test_the_figure_draws_arms_that_there_are(measured: pd.DataFrame) -> None:
    """It knows no network, and so has names of its own for them."""
    assert (dose.HOLD, dose.NOISY) == (latching.HOLD, latching.NOISY)
    shown = dose.numbers_of(measured.assign(task="T1", seed=1))
    assert {*shown["panel"]} == {dose.RATE, dose.SHARES, dose.KEPT, dose.NOISE}
    assert {*shown["factors"].dropna()} <= {*dose.FACTORS}
