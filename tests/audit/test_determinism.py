"""Trainings that are made again: an audit does not wait for them when it is interrupted, and each row is compared."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from emtvb.audit import audit
from emtvb.audit.config_of_results import Held, held_by
from emtvb.errors import InputError
from emtvb.making import recorded
from emtvb.making.processes import Processes

ROOT = Path(__file__).parents[2]
SMOKE = held_by(ROOT / "config" / "smoke.yaml", ROOT, "")
BARE = Held("bare", ROOT, ROOT / "config" / "bare.yaml", "a config of a workflow that trains nothing")


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
    monkeypatch.setattr(recorded, "read_all", lambda folder: ({}, {folder: InputError("record", folder, "damaged")}))
    monkeypatch.setattr(audit, "planned_jobs", lambda *_: [])
    monkeypatch.setattr(audit, "draw_shards", interrupted)
    with pytest.raises(KeyboardInterrupt):
        audit.audit(tmp_path, SMOKE, audit.Sample())
    assert ended == [True]


@pytest.mark.parametrize(("held", "asked"), [(SMOKE, True), (BARE, False)])
def test_what_concerns_trained_runs_is_asked_where_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: Held, asked: bool
) -> None:
    monkeypatch.setattr(recorded, "read_all", lambda folder: ({}, {folder: InputError("record", folder, "damaged")}))
    monkeypatch.setattr(audit, "planned_jobs", lambda *_: [])
    checks = audit.audit(tmp_path, held, audit.QUICK).checks
    assert [check.name for check in checks] == ["intact", "current", "made again"]
    assert ("run" in checks[-1].checked) is asked


def test_nothing_to_audit_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no output of the workflow lies there; run it first"):
        audit.audit(tmp_path, SMOKE, audit.QUICK)
