"""What a command starts ends with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

AGAIN = """
import logging, signal, sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from emtvb.experiments import training_again
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run under nohup, or behind &
training_again.sys = SimpleNamespace(executable=sys.argv[1])
training_again._are_there = lambda files: True
runs = training_again.TrainedNetworks(Path(sys.argv[2]), Path())
logging.basicConfig(stream=sys.stdout, format="%(message)s", level="INFO")
try:
    with closing(runs.train_again(runs.run_ids, 2)) as trained:
        list(trained)
except KeyboardInterrupt:
    print("ended")
"""
REPRODUCE = """
import signal, subprocess, sys
from emtvb.cli.reproduce import _exit_status
signal.signal(signal.SIGINT, signal.default_int_handler)
with subprocess.Popen([sys.executable, "-c", sys.argv[1]]) as process:
    print(_exit_status(process))
"""
SNAKEMAKE = """
import signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.default_int_handler)
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    print("jobs ended", flush=True)
    sys.exit(3)
"""


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or does within some seconds; nobody may have waited for it."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "kill"])
def test_an_interrupt_ends_all_trainings_and_begins_no_other(tmp_path: Path, whole_group: bool) -> None:
    waits = "import os, sys, time; print('begun', os.getpid(), file=sys.stderr, flush=True); time.sleep(60)"
    stand_in = tmp_path / "python"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{waits}"\n')
    stand_in.chmod(0o755)
    stated = {"experiment": "x", "tasks": ["T1"], "hidden_dim": [8], "l2": [0], "threshold": [0.9]}
    (tmp_path / "config.yaml").write_text(json.dumps({**stated, "seeds": [1, 2, 3, 4]}))
    with subprocess.Popen(
        [sys.executable, "-c", AGAIN, stand_in, tmp_path / "config.yaml"], stdout=subprocess.PIPE, text=True,
        stderr=subprocess.STDOUT, process_group=0,
    ) as caller:  # fmt: skip
        assert caller.stdout is not None
        trainings = [int(caller.stdout.readline().split()[1]) for _ in range(2)]
        (os.killpg if whole_group else os.kill)(caller.pid, signal.SIGINT)
        rest = caller.stdout.read()
    assert rest.splitlines()[-1] == "ended"
    assert "begun" not in rest
    assert all(map(is_gone, trainings))


@pytest.mark.parametrize("send", [lambda pid: os.killpg(pid, signal.SIGINT), lambda pid: os.kill(pid, signal.SIGTERM)],
                         ids=["terminal", "kill"])  # fmt: skip
def test_whoever_interrupts_the_workflow_sees_its_jobs_end(send: Callable[[int], None]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", REPRODUCE, SNAKEMAKE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        process_group=0,
    ) as caller:  # fmt: skip
        assert caller.stdout is not None
        assert caller.stderr is not None
        assert caller.stdout.readline() == "ready\n"
        send(caller.pid)
        assert caller.stdout.read() == "jobs ended\n3\n"
        assert caller.stderr.read() == "stopping; the same command goes on from the last checkpoints\n"
