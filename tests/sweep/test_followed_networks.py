"""Snapshots of trainings, what they are at which step, and the answers to the plan on memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep import followed_networks, memory_plan, milestones
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


def networks(task: str, count: int, accuracy: float = 1.0, **columns: object) -> pd.DataFrame:
    """Networks of a task, all alike."""
    alike = {
        "hidden_dim": 64, "threshold": 0.9, "test_accuracy": accuracy, "solved": accuracy >= 0.99,
        "measured": accuracy >= 0.95, "drop": 0.2, "attracting": True, "lasts": True, "accuracy_at_1000": 1.0,
        **columns,
    }  # fmt: skip
    return pd.DataFrame([{"run_id": f"{task}_{number}", "task": task, **alike} for number in range(count)])


def law(**changes: float) -> pd.DataFrame:
    """What tells whether memories last, as predicted but for these changes in each row."""
    row = {
        "task": "all", "networks": 100, "below": 80, "below_lasting": 78, "above": 20, "above_lasting": 1, "told": 97,
        "wide": 78, "wide_lasting": 78, "wide_told": 99, "returning_told": 98, "early_told": 98,
        "task_told": 90, "original_networks": 80, "original_told": 79, "contents": 1200, "contents_wide": 940,
        "contents_kept": 941, "contents_wide_kept": 938, **changes,
    }  # fmt: skip
    of = (("paper", True), ("paper", False), ("twins", True))
    return pd.DataFrame([{"experiment": name, "solves": solves, **row} for name, solves in of])


LINEAR = {"drop": 0.0, "attracting": False, "lasts": False, "accuracy_at_1000": 0.7}


def answered(**changes: pd.DataFrame) -> dict[str, str]:
    """The verdicts, where all is as predicted but for these changes."""
    ordered = zip(memory_plan.DISTINCT, (0.9, 0.96, 0.97, 1.0), strict=True)
    given = {
        "cycles": pd.concat(
            [networks(task, 6, accuracy) for task, accuracy in ordered]
            + [networks(task, 6, 0.96, **LINEAR) for task in ("cycles-32x2", "cycle-64")]
        ),
        "sizes": pd.concat(
            networks("T1", 5, accuracy, hidden_dim=size, **LINEAR)
            for size, accuracy in ((72, 0.97), (80, 0.98), (96, 1.0))
        ),
        "start": pd.concat(
            [networks("T1", 3, **LINEAR), *(networks(task, 3) for task in ("T2", "T3", "T4"))]
        ),
        "snapshots": pd.concat(
            [snapshots(f"{number}") for number in range(5)]
            + [snapshots(f"failed{number}", test_accuracy=[0.5, 0.96, 0.9, 0.9, 0.9]) for number in range(5)]
            + [snapshots(f"T1 {number}", "T1", cycle_multiplier=[2.0] * 5) for number in range(3)]
        ),
        "law": law(),
        **changes,
    }  # fmt: skip
    names = {"cycles": "A", "sizes": "B", "start": "C", "snapshots": "D", "law": "E"}
    answers = [memory_plan.SECTIONS[section][-1](given[name]) for name, section in names.items()]
    return {name: memory_plan.prediction_outcome(parts) for found in answers for name, parts in found.items()}


def test_each_prediction_is_answered_by_its_own_numbers() -> None:
    as_predicted = answered()
    assert as_predicted.pop("A6") == "not answered"  # nobody among the solved has a multiplier of 1 or more
    assert set(as_predicted.values()) == {"yes"}
    assert list(as_predicted) == [f"A{n}" for n in range(1, 6)] + ["B1", "B2", "B3", "C1", "C2", "C3", "C4"] + [
        f"D{n}" for n in range(1, 8)
    ] + [f"E{n}" for n in range(1, 7)]


def test_predictions_can_fail() -> None:
    latched = {**LINEAR, "lasts": True}
    worse = [networks(task, 6, **latched) for task in (*memory_plan.DISTINCT, "cycles-32x2")]
    worse = pd.concat([*worse, networks("cycle-64", 6, 0.91)])
    failed = answered(
        cycles=worse,
        sizes=pd.concat(
            [networks("T1", 5, hidden_dim=size) for size in (72, 80)] + [networks("T1", 5, 0.9, hidden_dim=96)]
        ),
        start=pd.concat([networks("T1", 3, 0.9), *(networks(task, 3, **LINEAR) for task in ("T2", "T3", "T4"))]),
    )
    assert {name for name, verdict in failed.items() if verdict == "no"} >= {
        "A2", "A3", "A4", "A5", "A6", "B1", "B2", "B3", "C1", "C3", "C4",
    }  # fmt: skip
    early = [2.0, 0.5, 0.5, 0.5, 0.5]
    unlike = snapshots(
        matched_spectral_error=[0.1] * 5, accuracy_quarter=[0.5, 0.9, 0.96, 0.98, 0.7], cycle_multiplier=early,
        edit_success=[0.0] * 5, as_published=[0] * 5, test_accuracy=[0.96, 0.96, 0.9, 0.99, 1.0],
    )  # fmt: skip
    followed = pd.concat([unlike.assign(run_id=f"{number}") for number in range(3)])
    followed = pd.concat([followed, followed.assign(run_id="T1 " + followed["run_id"], task="T1")])
    found = answered(snapshots=followed)
    assert {name for name, verdict in found.items() if verdict == "no"} == {f"D{n}" for n in range(1, 8)}
    refuted = {
        "E1": {"wide_lasting": 70}, "E2": {"above_lasting": 3}, "E4": {"contents_kept": 990},
        "E5": {"returning_told": 97}, "E3 E4 E6": {"contents_wide_kept": 700},
    }  # fmt: skip
    for names, changes in refuted.items():
        found = answered(law=law(**changes))
        assert {name for name, verdict in found.items() if verdict == "no"} >= set(names.split()), names


def test_few_networks_answer_nothing() -> None:
    few = pd.concat([networks("T1", 3, 0.9), *(networks(task, 3, 0.9) for task in ("T2", "T3", "T4"))])
    assert answered(start=few)["C4"] == "not answered"


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
