"""What a job or a command says in one line, and what is a fault of the code."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emtvb.making.jobs import in_words, logged


def _raised_over(cause: OSError) -> Exception:
    """What a library raises that stumbled over another error."""
    try:
        try:
            raise cause
        except OSError:
            raise AttributeError("'Stream' object has no attribute 'pos'") from None
    except AttributeError as error:
        return error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (_raised_over(OSError(errno.EFBIG, "File too large")), "File too large; mend that and run again"),
        (MemoryError("12 GiB for an array"), "out of memory (12 GiB"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "out of memory ("),
        (_raised_over(FileNotFoundError(errno.ENOENT, "No such file")), None),
        (RuntimeError("a fault"), None),
    ],
)
def test_what_a_machine_refuses_is_one_line_and_a_fault_of_ours_is_not_hidden(error: Exception, says: str) -> None:
    said = in_words(error)
    assert (says in said and "\n" not in said) if said and says else said is says


def test_ctrl_c_is_a_word_and_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended, logged(tmp_path / "job.log"):
        raise KeyboardInterrupt
    assert ended.value.code == 130
    assert (tmp_path / "job.log").read_text().endswith(" stopped; the same command goes on\n")


def test_so_is_sigterm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    with pytest.raises(SystemExit) as ended, logged(tmp_path / "job.log"):
        os.kill(os.getpid(), signal.SIGTERM)
    assert ended.value.code == 130
    assert (tmp_path / "job.log").read_text().endswith(" stopped; the same command goes on\n")


@pytest.mark.parametrize(
    "work",
    [
        # llvmlite ignores what is raised while it calls back, and goes on
        "ctypes.CFUNCTYPE(None)(interrupt)(); time.sleep(60)",
        # pybind11 takes it for an argument of another type
        "try: interrupt()\n    except KeyboardInterrupt: raise TypeError('incompatible function arguments')",
    ],
)
def test_so_is_one_that_a_library_takes_for_itself(work: str, tmp_path: Path) -> None:
    code = (
        "import ctypes, os, signal, time; from emtvb.making.jobs import logged\n"
        f"interrupt = lambda: os.kill(os.getpid(), signal.SIGTERM)\nwith logged('job.log'):\n    {work}"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=50)
    assert ended.returncode == 130
    assert ended.stderr.endswith(" stopped; the same command goes on\n")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("log", ["no folder/job.log", "/dev/full"])
def test_a_log_that_cannot_be_written_is_one_line(log: str, tmp_path: Path) -> None:
    """As where its disk is full."""
    work = f"with logged({log!r}):\n    log.info('works'); raise OSError(28, 'full')"
    command = [sys.executable, "-c", f"from emtvb.making.jobs import log, logged\n{work}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    *_, last = lines = done.stderr.splitlines()
    assert last.endswith("mend that and run again: it goes on where it stopped")
    assert len(lines) == (2 if log == "/dev/full" else 1)
