"""What a command starts ends with it, however it is ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from emtvb.making import processes
from emtvb.making.processes import Processes, ended_by_signals

AGAIN = """
import logging
import signal
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from emtvb import config
from emtvb.audit import determinism
from emtvb.making.processes import ended_by_signals
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which are ignored where the tests run under nohup, or behind &
signal.signal(signal.SIGINT, signal.default_int_handler)
determinism.sys = SimpleNamespace(executable=sys.argv[1])
determinism._has_results = lambda folder, shard: True
settings = {"experiment": "x", "tasks": ["T1"], "hidden_dim": [8], "l2": [0], "threshold": [0.9], "seeds": [1, 2, 3, 4]}
chosen = [(shard, run) for shard, runs in config.check(settings).shards().items() for run in runs]
logging.basicConfig(stream=sys.stdout, format="%(message)s", level="INFO")
try:
    with ended_by_signals(), closing(determinism.again(Path(), chosen, "auto", 2)) as trained:
        list(trained)
except (KeyboardInterrupt, SystemExit):
    print("ended")
"""
TREE = """
import subprocess, sys, time
below = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(below.pid, file=sys.stderr, flush=True)
time.sleep(60)
"""


CHATTY = """
import os, signal, subprocess, sys, time
job = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("ready", job.pid, flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    print("pages\\n" * 100_000, flush=True)
    job.wait()
    sys.exit(1)
"""
CALLER = f"""
import sys
from emtvb.making import processes
try:
    processes.run([sys.executable, "-c", {CHATTY!r}])
except KeyboardInterrupt:
    print("interrupted")
"""


def is_gone(pid: int) -> bool:
    """Whether a process has ended, or does within some seconds; nobody may have waited for it."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_trainings_at_once_and_begins_no_other(tmp_path: Path, number: signal.Signals) -> None:
    waits = "import os, sys, time; print('begun', os.getpid(), file=sys.stderr, flush=True); time.sleep(60)"
    stand_in = tmp_path / "python"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{waits}"\n')
    stand_in.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-c", AGAIN, stand_in], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as caller:
        assert caller.stdout is not None
        trainings = [int(caller.stdout.readline().split()[1]) for _ in range(2)]
        caller.send_signal(number)
        rest = caller.stdout.read()
    assert rest == "ended\n"
    assert all(map(is_gone, trainings))


def test_what_a_process_has_started_ends_with_it() -> None:
    processes = Processes()
    process = processes.begin([sys.executable, "-c", TREE])
    assert process.stderr is not None
    below = int(process.stderr.readline())
    with pytest.raises(KeyboardInterrupt), processes:
        raise KeyboardInterrupt
    assert process.wait(60) == -signal.SIGKILL
    assert is_gone(below)
    assert processes.begin([sys.executable, "-c", "import time; time.sleep(60)"]).wait(60) == -signal.SIGKILL


def test_without_an_exception_nothing_is_ended() -> None:
    with Processes() as processes:
        process = processes.begin([sys.executable, "-c", "import os, sys; print(os.environ['A'], file=sys.stderr)"],
                                  env={"A": "b"})  # fmt: skip
    assert process.communicate()[1] == "b\n"
    assert process.returncode == 0


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_by_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, signal.SIG_IGN)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("status", [0, 3])
def test_what_a_command_prints_is_shown_and_its_status_handed_on(capfdbinary, status: int) -> None:
    command = f"import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit({status})"
    assert processes.run([sys.executable, "-c", command]) == status
    assert capfdbinary.readouterr().out == b"out\nerr\n"


def test_a_command_that_a_signal_ended_has_a_shells_status() -> None:
    command = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert processes.run([sys.executable, "-c", command]) == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_command_and_all_that_it_started(number: signal.Signals) -> None:
    """The caller alone gets the signal, as from a terminal, whose foreground the command is not in."""
    with subprocess.Popen([sys.executable, "-c", CALLER], stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        job = int(caller.stdout.readline().split()[1])
        caller.send_signal(number)
        rest = caller.stdout.read()
    assert is_gone(job)
    assert rest == ("interrupted\n" if number == signal.SIGINT else "")
