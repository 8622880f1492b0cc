from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from emtvb.adapters.elman import Elman
from emtvb.experiments.sweep import shard
from emtvb.experiments.sweep.ablations import ablation_row
from emtvb.theory import tasks
from emtvb.theory.literature_columns import ABLATED
from emtvb.theory.network_measurement import MeasureSettings, measure_network
from emtvb.theory.networks import Network
from emtvb.theory.runs import Protocol, Run
from emtvb.theory.solutions import KINDS, Digit, Solution, study_solution

from ..conftest import circuit, make_network, saturated_circuit

TASK = tasks.named("T1", 3, 3)
HOW = MeasureSettings(20, 30)


def test_a_shards_tables_say_what_each_network_alone_says() -> None:
    """A network that solves its task, one that lost a dimension, one that learned nothing and one that diverged."""
    whole, _ = saturated_circuit(TASK)
    size = whole.hidden_dim
    lost = Network(whole.W_uh, whole.W_hh, whole.W_r * np.float32([[1], [0], [1]]))
    broken = make_network(3, size)
    broken.W_hh[0, 0] = np.nan
    networks = whole, lost, make_network(3, size), broken
    runs = [Run(TASK, size, 0.0, 0.9, seed) for seed in range(1, 5)]
    found = shard.measure_shard(runs, {run.run_id: of for run, of in zip(runs, networks, strict=True)}, HOW)
    solved = 0
    for at, (run, network) in enumerate(zip(runs, networks, strict=True)):
        measured = measure_network(run, network, HOW)
        assert str(found.measurements.iloc[at].to_dict()) == str(measured.row())
        solution, digits = study_solution(run, network, measured.verdict, measured.test_accuracy, HOW)
        assert str(found.solutions.iloc[at].to_dict()) == str(vars(solution))
        rows = found.digits[found.digits["run_id"] == run.run_id]
        assert str(rows.to_dict("records")) == str(list(map(vars, digits)))
        ablated = found.ablations[found.ablations["run_id"] == run.run_id].to_dict("records")
        assert len(ablated) == measured.solved == (measured.test_accuracy >= 0.99)
        for row in ablated:
            solved += 1
            assert row == ablation_row(run, network, HOW.modulus, HOW.horizon)
    assert solved == 1
    assert set(found.solutions["kind"]) <= set(KINDS)


def test_tables_without_rows_have_their_columns() -> None:
    run = Run(TASK, 8, 0.0, 0.9, 1)
    found = shard.measure_shard([run], {run.run_id: make_network(3, 8)}, HOW)
    assert len(found.measurements) == len(found.solutions) == 1
    assert found.digits.empty
    assert found.ablations.empty
    assert set(found.digits) == set(Digit.__dataclass_fields__)
    assert list(found.ablations) == ["run_id", *ABLATED]


def test_runs_that_came_to_one_network_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    other, longer = tasks.named("T2", 3, 3), Protocol(curriculum=(10, 12))
    runs = [
        Run(TASK, 14, 0.0, 0.9, 1), Run(TASK, 14, 0.0, 0.98, 1), Run(TASK, 14, 0.0, 0.9, 2),
        Run(other, 14, 0.0, 0.9, 1), Run(TASK, 14, 0.001, 0.9, 1, longer), Run(TASK, 14, 0.001, 0.98, 1, longer),
    ]  # fmt: skip
    trained = {run.run_id: circuit(TASK, 14, seed=run.seed)[0] for run in runs}
    trained[runs[-1].run_id] = circuit(TASK, 14, seed=7)[0]  # whose threshold was reached, so that it is another

    def with_a_digit(run: Run, *rest: Any) -> tuple[Solution, list[Digit]]:
        return study_solution(run, *rest)[0], [Digit(run.run_id, 1, 0, 0.5, run.l2, 0, -1, *[float(run.seed)] * 4)]

    monkeypatch.setattr("emtvb.experiments.sweep.shard.study_solution", with_a_digit)
    alone = [shard.measure_shard([run], trained, HOW) for run in runs]
    measured = []

    def counted(run: Run, *rest: Any) -> Any:
        measured.append(run)
        return measure_network(run, *rest)

    monkeypatch.setattr("emtvb.experiments.sweep.shard.measure_network", counted)
    together = shard.measure_shard(runs, trained, HOW)
    for name, table in vars(together).items():
        rows = [row for of in alone for row in getattr(of, name).to_dict("records")]
        assert str(table.to_dict("records")) == str(rows), name
    assert together.digits["run_id"].tolist() == [run.run_id for run in runs]
    assert together.ablations["run_id"].tolist()[:2] == [runs[0].run_id, runs[1].run_id]
    assert measured == [runs[0], *runs[2:]]


def test_a_network_is_run_once_for_all_that_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its test of accuracy, the two recordings, and the lengths of the paper's columns."""
    driven = []
    drive = Elman.drive
    monkeypatch.setattr(Elman, "drive", lambda self, x: driven.append(x.shape) or drive(self, x))
    run = Run(TASK, 14, 0.0, 0.9, 1)
    found = shard.measure_shard([run], {run.run_id: circuit(TASK, 14)[0]}, HOW)
    assert len(found.ablations) == 1
    assert len(driven) == 4
