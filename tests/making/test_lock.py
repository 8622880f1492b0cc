from __future__ import annotations

import fcntl
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from emtvb.lock import locked

HOLD = """
import sys, time
from emtvb.lock import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lock_is_held_by_one_and_let_go_of_when_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    other = holder(path)
    with pytest.raises(BlockingIOError), locked(path):
        pass
    other.kill()
    other.communicate()
    with locked(path):
        pass


def test_waiting_is_said_and_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "lock"
    other = holder(path)

    class Kill(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            other.kill()

    handler = Kill()
    logging.getLogger("emtvb.lock").addHandler(handler)
    try:
        with locked(path, waiting="somebody else is at it"):
            assert caplog.messages == ["somebody else is at it"]
    finally:
        logging.getLogger("emtvb.lock").removeHandler(handler)
        other.communicate()


def test_without_locks_it_goes_on_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(tmp_path / "lock"):
        assert "no locks on this file system (Function not implemented); going on without" in caplog.text
