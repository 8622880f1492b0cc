"""What is measured of memories, on networks of which it is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm

from emtvb.adapters.elman import Elman
from emtvb.experiments.sweep import memory, memory_tables
from emtvb.theory import circuits, tasks
from emtvb.theory.memory_columns import (
    CONTENTS,
    CONTROLS,
    FADING,
    FADING_LINEAR,
    FRESH_CONTENTS,
    LATCH,
    LINEAR,
    PHI,
    REMEMBERED,
    TRAINED,
    UNTRAINED,
)
from emtvb.theory.observation import Observation
from emtvb.theory.runs import Run
from emtvb.theory.tasks import Task
from emtvb.weights import Network

T1, T2 = tasks.named("T1", 3, 3), tasks.named("T2", 3, 3)


@pytest.fixture(scope="module")
def by_hand() -> pd.DataFrame:
    """The networks by hand of a task that a linear network solves, and of one that it does not."""
    rows = [row for task in (T1, T2) for row in memory.by_hand(task)]
    return memory.memory_as_table(rows).set_index("run_id")


def test_the_period_of_phi_counts_its_signs() -> None:
    assert [circuits.phi_period(tasks.named(name)) for name in ("T1", "T2", "T3", "T4")] == [8, 840, 48, 70]
    for task in (T1, T2):
        phi, stored = task.theory.phi, task.theory.persistent
        around = np.linalg.matrix_power(phi, circuits.phi_period(task))[np.ix_(stored, stored)]
        np.testing.assert_array_equal(around, np.eye(stored.sum()))


def test_a_linear_network_holds_any_amplitude_and_what_is_left_halfway(by_hand: pd.DataFrame) -> None:
    phi = by_hand.loc["phi-T1"]
    columns = ["accuracy_at_3000", "accuracy_quarter", "accuracy_fourfold", "accuracy_at_3000_margin"]
    assert (phi[columns] == 1).all()
    assert phi["cycle_multiplier"] == pytest.approx(1, abs=1e-4)
    assert phi["half_edit_size"] < 0.01
    assert phi["gain_origin"] == pytest.approx(1)


def test_no_linear_network_that_keeps_values_can_overwrite_which_a_latch_does(by_hand: pd.DataFrame) -> None:
    assert by_hand.loc["phi-T2", "accuracy_at_100"] < 0.95
    assert by_hand.loc["latch-T2", "accuracy_at_3000"] == 1


@pytest.mark.parametrize("task", ["T1", "T2"])
def test_one_that_fades_has_every_sign_right_and_keeps_no_value(by_hand: pd.DataFrame, task: str) -> None:
    """Its multiplier is far below 1, and no state returns: it is no attracting cycle."""
    fading, linear = (by_hand.loc[f"{name}-{task}"] for name in (FADING, FADING_LINEAR))
    assert fading["accuracy_at_1000"] == linear["accuracy_at_3000"] == 1
    assert linear[["accuracy_eighth", "accuracy_quarter", "accuracy_fourfold"]].tolist() == [1, 1, 1]
    assert fading["accuracy_at_3000"] < 0.6, "its states are then smaller than the smallest number"
    assert fading["fresh_multiplier"] == pytest.approx(0.5 ** fading["cycle_period"], rel=1e-3)
    assert fading["fresh_return"] == pytest.approx(1 - fading["fresh_multiplier"], rel=1e-3)
    assert fading["contents_attracting"] == fading["fresh_attracting"] == 0


@pytest.mark.parametrize("task", ["T1", "T2"])
def test_each_content_of_a_latch_attracts_and_is_kept(by_hand: pd.DataFrame, task: str) -> None:
    latch = by_hand.loc[f"latch-{task}"]
    assert latch["contents_attracting"] == 2 * FRESH_CONTENTS
    assert latch[[name for name in CONTENTS if name.endswith(("_kept", "_wide"))]].eq(FRESH_CONTENTS).all()
    assert latch["accuracy_at_1000_fresh"] == latch["accuracy_at_3000_fresh"] == 1
    assert latch["fresh_rate"] == pytest.approx(latch["cycle_rate"])


def test_a_content_is_kept_right_or_wrong() -> None:
    """With the readout of other neurons most outputs are wrong, and stay so; where phases drift none is kept."""
    latch = circuits.latching_circuit(T1)
    wrong = Network(latch.W_uh, latch.W_hh, np.roll(latch.W_r, 1, axis=0)).double()
    found = memory.duration_columns(wrong, T1, FRESH_CONTENTS)
    assert found["accuracy_at_3000_fresh"] < 0.7
    assert found["fresh_attracting_kept"] == found["fresh_kept"] == FRESH_CONTENTS
    found = memory.duration_columns(leaking(T1, 0.003).double(), T1, FRESH_CONTENTS)
    assert found["fresh_kept"] < FRESH_CONTENTS / 2


def test_fresh_contents_are_no_test_inputs() -> None:
    task = tasks.named("T2")
    known, fresh = (
        {u.tobytes() for u in inputs.transpose(1, 0, 2)}
        for inputs in (memory.test_inputs(task), memory.fresh_inputs(task, FRESH_CONTENTS))
    )
    assert len(fresh) == FRESH_CONTENTS
    assert not known & fresh


def test_a_latch_lasts_attracts_and_snaps_and_fails_at_small_amplitudes(by_hand: pd.DataFrame) -> None:
    slope = circuits.GAIN * (1 - circuits.stored_amplitude(circuits.GAIN) ** 2)
    for name, task in (("latch-T1", T1), ("latch-T2", T2)):
        latch = by_hand.loc[name]
        assert latch["cycle_multiplier"] == pytest.approx(slope ** circuits.phi_period(task), rel=1e-3)
        assert latch["cycle_rate"] == pytest.approx(np.log(slope), rel=1e-3)
        assert latch["cycle_return"] < 1e-12
        assert latch["accuracy_at_3000"] == latch["accuracy_at_3000_decoded"] == 1
        assert latch["gain_stored"] == pytest.approx(slope, rel=1e-3)
        assert latch["gain_origin"] == pytest.approx(circuits.GAIN)
        assert latch["half_edit_size"] > 0.8
        assert 0.2 < latch["basin"] < 2
    assert by_hand.loc["latch-T2", "accuracy_eighth"] < 0.95


def test_each_control_meets_what_it_is_for(by_hand: pd.DataFrame) -> None:
    """Of a network that keeps what is wrong, one whose readout is another's, and one whose outputs are small."""
    for at in ("at_3000", "quarter"):
        columns = [f"accuracy_{at}_{name}" for name in CONTROLS]
        assert (by_hand.loc["phi-T1", columns] == 1).all()
    assert (by_hand.loc["latch-T2", [f"accuracy_quarter_{name}" for name in CONTROLS]] < 0.98).all()
    assert by_hand.loc["phi-T2", "accuracy_at_3000"] < 0.95
    assert by_hand.loc["phi-T2", "accuracy_at_3000_unchanged"] == 1
    latch = circuits.latching_circuit(T1)
    assert by_hand.loc["latch-T1", "cycle_multiplier_uneven"] == by_hand.loc["latch-T1", "cycle_multiplier"]
    assert by_hand.loc["latch-T1", "saturated"] == 1 > by_hand.loc["phi-T1", "saturated"] == 0
    rolled = Network(latch.W_uh, latch.W_hh, np.roll(latch.W_r, 1, axis=0))
    small = Network(latch.W_uh, latch.W_hh, latch.W_r / 4)
    memories = Observation(Elman(latch.double()), T1).memories
    found = memory.control_accuracies(rolled, T1, memories, 1000)
    assert found["decoded"] == 1 > 0.7 > found["single"]
    found = memory.control_accuracies(small, T1, memories, 1000)
    assert found["single"] == 1 > 0.1 > found["margin"]
    drifting = leaking(T1, 0.001)
    found = memory.control_accuracies(drifting, T1, Observation(Elman(drifting.double()), T1).memories, 1000)
    assert found["unchanged"] < 0.95


def test_a_kick_within_the_basin_is_taken_back_and_one_beyond_it_is_not() -> None:
    system = Elman(circuits.latching_circuit(T1).double())
    seen = memory.record_inputs(system, T1, memory.test_inputs(T1), memory.STORED)
    size = memory.basin_size(system, seen.states[-1])
    alone = [memory.basin_size(system, seen.states[-1][[trial]]) for trial in range(8)]
    assert min(alone) <= size <= max(alone)
    rng = np.random.default_rng(memory._SEED)
    way = memory.random_step(seen.states[-1], rng)
    future = memory.nearest_bits(memory.run_on(system, seen.states[-1], memory.AFTER)[0][-memory.WINDOW :])
    small, large = (
        memory.nearest_bits(
            memory.run_on(system, seen.states[-1] + factor * size * way, memory.AFTER)[0][-memory.WINDOW :]
        )
        for factor in (0.3, 3)
    )
    assert (small == future).all()
    assert (large != future).any(axis=(0, 2)).mean() > 0.9


def leaking(task: Task, factor: float) -> Network:
    """A linear network that turns each stored element into another with every step."""
    phi = circuits.linear_circuit(task)
    drawn = np.random.default_rng(0).normal(size=phi.W_hh.shape)
    turn = expm(factor * (drawn - drawn.T))
    return Network(phi.W_uh, (turn @ phi.W_hh).astype(np.float32), phi.W_r)


def test_rows_of_a_run_are_the_trained_network_and_two_controls() -> None:
    run = Run(T1, 9, 0.0, 0.9, 3)
    table = memory.memory_as_table(memory.measure_memory(run, leaking(T1, 0.0003)))
    assert set(table["run_id"]) == {run.run_id}
    assert table["network"].tolist() == [TRAINED, UNTRAINED, LINEAR]
    trained, untrained, linear = (table.iloc[place] for place in range(3))
    assert list(table.columns) == ["run_id", "network", *REMEMBERED]
    assert trained["accuracy_at_100"] > 0.9
    assert trained["accuracy_at_100"] > trained["accuracy_at_3000"] + 0.1, "its phases drift"
    assert linear["accuracy_at_3000"] == pytest.approx(trained["accuracy_at_3000"], abs=0.1), "it is linear anyway"
    assert untrained["accuracy_at_100"] < 0.7
    assert untrained["cycle_multiplier"] < 1
    assert np.isnan(linear["basin"])
    assert untrained[[*CONTENTS]].isna().all()
    nothing_across = trained.index[trained.isna()].tolist()
    assert nothing_across == ["gain_across", "accuracy_kick_across"], "there are as many neurons as memories"


def test_without_tanh_signs_are_those_of_powers_of_w_hh() -> None:
    rng = np.random.default_rng(1)
    network = Network(rng.normal(size=(6, 2)), 1.3 * rng.normal(size=(6, 6)), rng.normal(size=(2, 6)))
    system = memory.Linear(network)
    x = np.zeros((12, 4, 2))
    x[:3] = rng.normal(size=(3, 4, 2))
    _, outputs = system.drive(x)
    state = np.zeros((4, 6))
    for t in range(12):
        state = state @ network.W_hh.T + x[t] @ network.W_uh.T
        np.testing.assert_array_equal(np.sign(outputs[t]), np.sign(state @ network.W_r.T))
    assert np.isfinite(system.coast(state, 5000)[0]).all()


def test_long_periods_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LONGEST_PERIOD", 2)
    found = memory.duration_columns(circuits.linear_circuit(T1).double(), T1)
    assert found["cycle_period"] == 3
    assert "cycle_multiplier" not in found


def networks() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measurements, and rows of memories of two tasks: T1's multipliers are 1.1, T3's 0.1.

    The fourth network of T3 does not return, and is lost; the fifth returns, but not nearly; the sixth of T1 is lost
    after step 1,000.
    """
    runs = pd.DataFrame(
        [
            {"run_id": f"{task}-{seed}", "task": task, "hidden_dim": 64, "l2": 0.0, "threshold": 0.9, "seed": seed}
            for task in ("T1", "T3")
            for seed in range(1, 21)
        ]
    )
    nearly = runs["seed"] > 18
    measured = runs.assign(
        test_accuracy=np.where(nearly, 0.96, 1.0), measured_solved=0.98, solved=np.where(nearly, 0, 1)
    )
    repeats = runs["task"] == "T1"
    rows = pd.DataFrame({"run_id": runs["run_id"], "network": TRAINED, **dict.fromkeys(REMEMBERED, 0.5)})
    rows["cycle_multiplier"] = np.where(repeats, 1.1, 0.1)
    lost = repeats | (runs["seed"] == 4)
    rows["fresh_multiplier"], rows["fresh_rate"] = rows["cycle_multiplier"], np.log(rows["cycle_multiplier"]) / 8
    rows["fresh_return"] = np.where(lost, 0.02, np.where(runs["seed"] == 5, 0.002, 1e-9))
    rows["fresh_attracting"] = np.where(lost, 0, FRESH_CONTENTS)
    rows["fresh_kept"] = np.where(repeats, 0, FRESH_CONTENTS)
    rows["fresh_attracting_kept"] = np.where(lost, 0, FRESH_CONTENTS)
    rows["fresh_wide"] = np.where(repeats, 0, FRESH_CONTENTS)
    rows["fresh_wide_kept"] = np.where(lost, 0, FRESH_CONTENTS)
    for name in ("accuracy_at_3000", "accuracy_at_1000_fresh", "accuracy_at_3000_fresh"):
        rows[name] = np.where(lost, 0.6, 1.0)
    rows.loc[runs["seed"] == 6, "accuracy_at_1000_fresh"] = 1.0
    controls = rows.assign(network=UNTRAINED, cycle_multiplier=1e-9)
    hands = pd.DataFrame([{"run_id": f"{PHI}-T1", "network": PHI}, {"run_id": f"{LATCH}-T1", "network": LATCH}])
    return measured, pd.concat([rows, controls, hands], ignore_index=True)


def test_tables_say_of_every_network_what_it_is_and_claims_read_the_trained_ones() -> None:
    measured, rows = networks()
    table = memory_tables.network_table(measured, rows)
    assert len(table) == 82
    phi = table.set_index("run_id").loc[f"{PHI}-T1"]
    assert (phi["task"], phi["network"]) == ("T1", PHI)
    assert pd.isna(phi["hidden_dim"])
    own = memory_tables.trained_rows(table)
    assert list(own.columns) == ["run_id", *REMEMBERED]
    assert own["run_id"].tolist() == measured["run_id"].tolist()


def test_the_law_is_counted_on_each_experiment_and_by_whether_a_task_is_solved() -> None:
    table = memory_tables.network_table(*networks())
    law = memory_tables.duration_law({"paper": table, "twins": table[table["task"] == "T3"]})
    found = law.set_index(["experiment", "solves", "task"])
    every = found.loc[("paper", True, "all")]
    counted = every[["networks", "below", "below_lasting", "above", "above_lasting", "told"]].tolist()
    assert counted == [36, 18, 17, 18, 0, 35]
    assert every[["attracting", "attracting_lasting", "attracting_told"]].tolist() == [17, 17, 36]
    assert every[["wide", "wide_lasting", "wide_told"]].tolist() == [18, 17, 35]
    assert every[["returning_told", "early_told", "task_told"]].tolist() == [35, 35, 35]
    assert every["guess"] == pytest.approx(19 / 36, abs=1e-4)
    assert every["low"] < 35 / 36 < every["high"]
    assert every["returning_low"] < 35 / 36 < every["returning_high"]
    assert every[["contents", *(f"contents_{name}" for name in memory_tables.COUNTED)]].tolist() == [
        12 * networks for networks in (36, 17, 18, 17, 18, 17)
    ]
    assert found.loc[("paper", False, "all"), "networks"] == 4
    assert found.loc[("twins", True, "T3"), "told"] == 17
    assert ("twins", True, "T1") not in found.index
    lasting = memory_tables.duration_law({"paper": table.assign(measured_solved=0.6)}).set_index(["solves", "task"])
    assert lasting.loc[(True, "all"), ["below_lasting", "above_lasting"]].tolist() == [18, 18], "by the lower bar"


def test_a_twin_is_told_by_its_original_too() -> None:
    """One twin is unlike its original, which its own cycles tell; the original of another does not solve its task."""
    table = memory_tables.network_table(*networks())
    twins = table[(table["network"] == TRAINED) & (table["task"] == "T3")].copy()
    twins["run_id"] += "_twin1"
    of = twins["seed"] == 7
    twins.loc[of, ["fresh_attracting", "accuracy_at_3000_fresh"]] = 0, 0.6
    twins.loc[twins["seed"] == 19, "solved"] = 1
    law = memory_tables.duration_law({"paper": table, "twins": twins}).set_index(["experiment", "solves", "task"])
    told = law.loc[("twins", True, "all"), ["networks", "original_networks", "original_told", "original_own_told"]]
    assert told.tolist() == [19, 18, 17, 18]
    assert law.loc[("paper", True, "all"), "original_networks"] == 0
    assert np.isnan(law.loc[("paper", True, "all"), "original_low"])


def test_snapshots_are_asked_where_they_nearly_solve_their_task_and_are_counted_nowhere_else() -> None:
    accuracies = [0.94, 0.96, 1.0, 1.0, 1.0]
    snapshots = pd.DataFrame({"weights_sha256": [*"abccd"], "test_accuracy": accuracies, "measured_solved": 0.98})
    unseen = memory_tables.unseen_snapshots(snapshots, {"d"})
    assert unseen[["weights_sha256", "solved"]].values.tolist() == [["b", 0], ["c", 1]]


def test_thresholds_are_paired_by_task_and_seed() -> None:
    """T3 lasts at the high one, but for one seed; T1 never does, and is left out."""
    low = memory_tables.network_table(*networks())
    high = low.assign(threshold=0.98, run_id=low["run_id"] + "-high")
    low.loc[low["seed"] > 5, "accuracy_at_3000_fresh"] = 0.6
    found = memory_tables.threshold_pairs({"paper": pd.concat([low, high[high["seed"] != 3]]), "sizes": low})
    (row,) = found.to_dict("records")
    assert (row["experiment"], row["hidden_dim"], row["low"], row["high"]) == ("paper", 64, 0.9, 0.98)
    assert (row["lasting_low"], row["networks_low"], row["lasting_high"], row["networks_high"]) == (4, 18, 16, 17)
    assert (row["pairs"], row["only_low"], row["only_high"]) == (17, 0, 13)
    assert (row["seeds_low"], row["seeds_high"], row["p"]) == (0, 13, pytest.approx(2**-12, rel=0.05))


def test_networks_are_measured_that_solve_their_task_by_any_bar_or_nearly_do() -> None:
    runs = [Run(T1, 9, 0, 0.9, seed) for seed in range(1, 5)]
    measured = pd.DataFrame({
        "run_id": [run.run_id for run in runs], "test_accuracy": [0.92, 0.92, 0.96, 1.0], "solved": [0, 1, 0, 1],
    })  # fmt: skip
    assert memory.measured_runs(runs, measured) == runs[1:]
