"""Ctrl-C: one line, how to go on, and nothing that is still running."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from emtvb.making import reproduction

EMTVB = Path(sys.executable).with_name("emtvb")
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
from emtvb import reproduction
try:
    reproduction.run([sys.executable, "-c", {CHATTY!r}])
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("status", [0, 1, 3])
def test_what_a_command_prints_is_shown_and_its_status_handed_on(capfdbinary, status: int) -> None:
    command = f"import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit({status})"
    assert reproduction.run([sys.executable, "-c", command]) == status
    assert capfdbinary.readouterr().out == b"out\nerr\n"


def test_a_command_that_a_signal_ended_has_a_shells_status() -> None:
    command = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert reproduction.run([sys.executable, "-c", command]) == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_and_all_that_it_started(number: signal.Signals) -> None:
    """The caller alone gets the signal, as from a terminal, whose foreground the command is not in."""
    with subprocess.Popen([sys.executable, "-c", CALLER], stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout is not None
        job = int(caller.stdout.readline().split()[1])
        caller.send_signal(number)
        assert _has_ended(job)
        rest = caller.stdout.read()
    assert rest == ("interrupted\n" if number == signal.SIGINT else "")


def _has_ended(number: int) -> bool:
    """Whether a process ends within half a minute; one that does not is killed."""
    give_up = time.monotonic() + 30
    try:
        process = psutil.Process(number)
        while process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > give_up:
                process.kill()
                return False
            time.sleep(0.01)
    except psutil.NoSuchProcess:
        pass
    return True


def test_a_training_that_ctrl_c_stopped_goes_on(tmp_path: Path) -> None:
    words = [
        "train",
        "--task",
        "T1",
        "--dimensions",
        "2",
        "--variables",
        "2",
        "--hidden",
        "8",
        "--epochs",
        "1",
        "--trainer",
        "reference",
    ]
    command = [EMTVB, *words, "--batches-per-epoch", "200000", "--output", tmp_path / "run"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as training:
        assert training.stderr is not None
        first = training.stderr.readline()
        training.send_signal(signal.SIGINT)
        lines = [first, *training.stderr]
    assert training.returncode == 1
    assert lines[-1] == "Aborted!\n"
    assert not any("Traceback" in line for line in lines)
