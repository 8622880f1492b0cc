"""Trainings that are made again: an audit does not wait for them when it is interrupted, and each row is compared."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from emtvb import config
from emtvb.audit import audit
from emtvb.audit.config_of_results import Held
from emtvb.audit.determinism import _difference_of_curves, made_elsewhere
from emtvb.errors import InputError
from emtvb.making import provenance
from emtvb.making.processes import Processes
from emtvb.training.history import Row

ROOT = Path(__file__).parents[2]


def test_an_audit_that_is_interrupted_does_not_wait_for_its_trainings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []

    def trains(*arguments: object) -> None:
        (processes,) = (argument for argument in arguments if isinstance(argument, Processes))
        for _ in range(100):
            if not processes.stopped:
                time.sleep(0.1)
        ended.append(processes.stopped)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit, "train_again", trains)
    monkeypatch.setattr(provenance, "read_all", lambda folder: ({}, {folder: InputError("record", folder, "damaged")}))
    monkeypatch.setattr(audit, "planned_jobs", lambda *_: [])
    monkeypatch.setattr(audit, "draw_shards", interrupted)
    held = Held(config.load_sweep(ROOT / "config" / "smoke.yaml"), "", ROOT)
    with pytest.raises(KeyboardInterrupt):
        audit.audit(tmp_path, held, audit.Sample())
    assert ended == [True]


@pytest.mark.parametrize(
    ("experiment", "asked"),
    [(config.load_sweep(ROOT / "config" / "smoke.yaml"), True), (config.Experiment(experiment="bare"), False)],
)
def test_what_concerns_trained_runs_is_asked_where_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, experiment: config.Experiment, asked: bool
) -> None:
    monkeypatch.setattr(provenance, "read_all", lambda folder: ({}, {folder: InputError("record", folder, "damaged")}))
    monkeypatch.setattr(audit, "planned_jobs", lambda *_: [])
    held = Held(experiment, "", ROOT)
    checks = audit.audit(tmp_path, held, audit.QUICK).checks
    assert [check.name for check in checks] == ["intact", "current", "made again"]
    assert ("run" in checks[-1].checked) is asked


def test_nothing_to_audit_is_one_line(tmp_path: Path) -> None:
    held = Held(config.load_sweep(ROOT / "config" / "smoke.yaml"), "", ROOT)
    with pytest.raises(InputError, match="no output of the workflow lies there; run it first"):
        audit.audit(tmp_path, held, audit.QUICK)


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ([0, 1, 2], None),
        ([0, 2], None),  # an outline, as it is published, or as a shard has it that took a published run over
        ([0, 1], "ends before step 2"),
        ([0, 1, 2, 7], "is another at step 7"),
        ([], "ends before step 2"),
    ],
)
def test_a_curve_may_be_an_outline_and_has_no_step_that_a_training_lacks(there: list[int], says: str | None) -> None:
    made = [Row(step, 1 / (step + 1), 0.5, 10) for step in range(3)]
    found = _difference_of_curves([Row(step, 1 / (step + 1), 0.5, 10) for step in there], made)
    assert found is None if says is None else says in (found or "")


def test_a_loss_that_is_no_number_is_equal_to_another_that_is_none() -> None:
    nan = [Row(0, float("nan"), 0.5, 10)]
    assert _difference_of_curves(nan, [Row(0, float("nan"), 0.5, 10)]) is None
    assert (
        _difference_of_curves(nan, [Row(0, 1.5, 0.5, 10)])
        == "its learning curve is another at step 0 when trained again"
    )


@pytest.mark.parametrize(("engine", "elsewhere"), [("general", "the general trainer"), ("compiled", "")])
def test_who_trained_in_the_engines_place_is_not_held_to_it(engine: str, elsewhere: str) -> None:
    runs, outputs = {"run": {"trained": [{"engine": engine}]}}, {"training/shard/digests.csv": ""}
    record = provenance.Record("train_shard", {}, {}, {}, outputs, "", 0.0, "", False, {}, runs)  # type: ignore[arg-type]
    assert made_elsewhere("shard", "run", {Path("record"): record}, "auto") == elsewhere
