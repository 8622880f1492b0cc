"""Snapshots of trainings, and what they are at which step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep import followed_networks, milestones
from emtvb.theory import circuits, tasks
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.runs import Run
from emtvb.training import engine
from emtvb.training.weight_snapshots import Snapshot, follow_training, snapshot_steps


def test_the_last_snapshot_has_the_weights_of_the_run_itself(tiny_run: Run, tmp_path) -> None:
    network, _, _ = engine.train(tiny_run, tmp_path)
    *_, last = follow_training(tiny_run)
    assert last.step == tiny_run.protocol.steps
    assert last.network.digest() == network.digest()


def test_snapshots_are_at_steps_at_which_the_engine_stops() -> None:
    assert len(snapshot_steps(20_000)) == 12
    assert snapshot_steps(20_000)[-1] == 20_000
    assert snapshot_steps(700) == [500, 700]
    assert not any(step % 50 for step in snapshot_steps(20_000))


def test_a_snapshot_of_a_linear_memory_is_one() -> None:
    task = tasks.named("T1", 3, 3)
    run, network = Run(task, 9, 0, 0.9, 1), circuits.linear_circuit(task)
    row = followed_networks.measure_snapshot(run, network, network.digest(), MeasureSettings(12, 64))
    assert row["accuracy_at_3000_fresh"] == 1, "fresh contents are followed where there is a memory"
    assert row["as_published"] == row["test_accuracy"] == row["accuracy_quarter"] == row["edit_success"] == 1
    assert row["matched_eigenvalues"] == row["network_eigenvalues"] == 9
    assert row["matched_spectral_error"] < 1e-6
    assert row["cycle_multiplier"] == pytest.approx(1, abs=1e-4)
    other = followed_networks.measure_snapshot(run, network, "another", MeasureSettings(12, 64))
    assert other["as_published"] == 0
    listed = followed_networks.snapshot_row(run.run_id, *Snapshot(500, 10, network))
    table = followed_networks.snapshots_as_table([{**listed, **row}])
    assert list(table.columns) == [*followed_networks.STEPS, *followed_networks.MEASURED]


def snapshots(run_id: str = "run", task: str = "T4", **columns: list[float] | float) -> pd.DataFrame:
    """A run that comes to its milestones one after another, unless columns say otherwise."""
    rows = {
        "step": [500, 2000, 8000, 10_000, 20_000],
        "horizon": [10, 100, 100, 100, 100],
        "test_accuracy": [0.5, 0.9, 0.96, 0.99, 1.0],
        "matched_spectral_error": [0.001, 0.1, 0.1, 0.009, 0.001],
        "accuracy_whole": [0.5, 0.9, 0.96, 0.99, 1.0],
        "accuracy_quarter": [0.5, 0.9, 0.7, 0.7, 0.7],
        "cycle_multiplier": [2.0, 2.0, 2.0, 2.0, 0.5],
        "edit_success": [np.nan, 0.1, 0.5, 0.95, 1.0],
        "as_published": [0, 0, 0, 0, 1],
        "measured_solved": 0.98,
        **columns,
    }
    solved = int(rows["test_accuracy"][-1] >= 0.98)
    return pd.DataFrame({"run_id": run_id, "task": task, "solved": solved, **rows})


def test_milestones_are_first_steps_and_two_of_them_last() -> None:
    (found,) = milestones.of_runs(snapshots()).to_dict("records")
    steps = {"longest": 2000, "drops": 8000, "accurate": 10_000, "locked": 10_000, "attracting": 20_000}
    assert {name: found[name] for name in milestones.NAMES} == steps
    (sooner,) = milestones.of_runs(snapshots(measured_solved=0.95)).to_dict("records")
    assert sooner["accurate"] == 8000
    never = milestones.of_runs(snapshots(cycle_multiplier=[0.5, 0.5, 0.5, 0.5, 2.0]))
    assert np.isnan(never["attracting"].item())


def test_what_is_told_is_compared_with_the_end() -> None:
    failed = snapshots("failed", test_accuracy=[0.5, 0.96, 0.9, 0.96, 0.97])
    told = milestones.told_by_step(pd.concat([snapshots(), failed])).query("cut == 0.95").set_index("step")
    assert told["right"].to_dict() == {500: 1, 2000: 0, 8000: 2, 10_000: 1, 20_000: 1}
    assert (told["guess"] == 0.5).all()


def test_a_run_is_solved_by_its_last_snapshot_whatever_the_order_of_rows() -> None:
    """Each by its own bar."""
    runs = pd.DataFrame([{"run_id": run, "task": "T1", "hidden_dim": 8, "l2": 0, "threshold": 0.9, "seed": 1}
                         for run in ("a", "b", "c")])  # fmt: skip
    rows = [
        {"run_id": run, "step": step, "test_accuracy": accuracy, "measured_solved": bar}
        for run, bar, accuracies in (("a", 0.99, (0.5, 0.995)), ("b", 0.99, (1.0, 0.98)), ("c", 0.97, (0.5, 0.98)))
        for step, accuracy in enumerate(accuracies)
    ]
    shown = followed_networks.network_table(runs, followed_networks.snapshots_as_table(rows[::-1])).set_index("run_id")
    assert {run: {*shown.loc[run, "solved"]} for run in "abc"} == {"a": {1}, "b": {0}, "c": {1}}
