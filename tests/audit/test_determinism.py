"""Trainings that are made again end with the command that began them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from emtvb import config
from emtvb.audit import audit
from emtvb.audit.determinism import Trainings, _of_curves
from emtvb.audit.held import Held
from emtvb.errors import InputError
from emtvb.running import provenance
from emtvb.training.history import Row

ROOT = Path(__file__).parents[2]
CALLER = """
import logging
import sys
from pathlib import Path
from types import SimpleNamespace
from emtvb import config
from emtvb.audit import determinism
determinism.sys = SimpleNamespace(executable=sys.argv[1])
determinism._has_results = lambda folder, shard: True
settings = {"experiment": "x", "tasks": ["T1"], "hidden_dim": [8], "l2": [0], "threshold": [0.9], "seeds": [1, 2, 3, 4]}
chosen = [(shard, run) for shard, runs in config.check(settings).shards().items() for run in runs]
logging.basicConfig(stream=sys.stdout, format="%(message)s", level="INFO")
try:
    determinism.again(Path(), chosen, "auto", 2)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_all_trainings_at_once_and_begins_no_other(tmp_path: Path) -> None:
    """As a terminal sends it: to the command, and to all that it started."""
    waits = "import os, sys, time; print('begun', os.getpid(), file=sys.stderr, flush=True); time.sleep(600)"
    stand_in = tmp_path / "python"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{waits}"\n')
    stand_in.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-c", CALLER, stand_in],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as caller:  # fmt: skip
        assert caller.stdout is not None
        trainings = [int(caller.stdout.readline().split()[1]) for _ in range(2)]
        begun = time.monotonic()
        psutil.Process(caller.pid).send_signal(signal.SIGINT)
        for training in trainings:
            with suppress(psutil.NoSuchProcess):  # the command may have ended it by now
                psutil.Process(training).send_signal(signal.SIGINT)
        rest = caller.stdout.read()
    assert rest == "interrupted\n"
    assert time.monotonic() - begun < 60
    assert not any(map(psutil.pid_exists, trainings))


def test_an_audit_that_is_interrupted_does_not_wait_for_its_trainings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []

    def trains(*arguments: object) -> None:
        trainings = arguments[-1]
        assert isinstance(trainings, Trainings)
        for _ in range(100):
            if not trainings.stopped:
                time.sleep(0.1)
        ended.append(trainings.stopped)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit, "determinism", trains)
    monkeypatch.setattr(provenance, "read_all", lambda folder: ({}, {folder: InputError("record", folder, "damaged")}))
    monkeypatch.setattr(audit, "damaged_outputs", interrupted)
    held = Held(config.load(ROOT / "config" / "smoke.yaml"), "", ROOT)
    with pytest.raises(KeyboardInterrupt):
        audit.audit(tmp_path, held, audit.Sample())
    assert ended == [True]


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ([0, 1, 2], None),
        ([0, 1], "has no step 2, and has it when trained again"),
        ([0, 2], "has no step 1, and has it when trained again"),
        ([1, 2], "has no step 0, and has it when trained again"),
        ([0, 1, 2, 7], "has a step 7, and has none when trained again"),
        ([0, 1, 1, 2], "has a step 1, and has none when trained again"),
        ([], "has no step 0"),
    ],
)
def test_rows_that_were_taken_out_of_a_curve_or_made_up_are_named(there: list[int], says: str | None) -> None:
    made = [Row(step, 1 / (step + 1), 0.5, 10) for step in range(3)]
    found = _of_curves([Row(step, 1 / (step + 1), 0.5, 10) for step in there], made)
    assert found is None if says is None else says in (found or "")


def test_a_loss_that_is_no_number_is_equal_to_another_that_is_none() -> None:
    nan = [Row(0, float("nan"), 0.5, 10)]
    assert _of_curves(nan, [Row(0, float("nan"), 0.5, 10)]) is None
    assert _of_curves(nan, [Row(0, 1.5, 0.5, 10)]) == "loss nan at step 0 is 1.5 when trained again"
