"""Processes that a command starts: where it is interrupted, they end with it, and so does all that they have started.

Each leads a process group of its own. So Ctrl-C in a terminal reaches this process alone, which then ends the group.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from emtvb.errors import InputError


def run(command: Sequence[str]) -> int:
    """Run a command and show what it prints, until it ends or the user interrupts it.

    Ctrl-C interrupts it; nothing is shown of what it prints from then on. A second Ctrl-C kills it.

    Args:
        command: The program and its arguments.

    Returns:
        Its exit status, as a shell has it: 128 and the number of the signal that ended it.

    Raises:
        KeyboardInterrupt: If the user interrupted it; by then the command has ended.
    """
    with (
        ended_by_signals(),
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0) as process,
    ):
        try:
            for chunk in _printed(process):
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
            status = process.wait()
        except KeyboardInterrupt:
            _interrupt(process)
            raise
        except BaseException:
            _send(process, signal.SIGKILL)
            raise
    return status if status >= 0 else 128 - status


def _printed(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    assert process.stdout is not None
    while chunk := os.read(process.stdout.fileno(), 1 << 16):
        yield chunk


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a group and wait for it; kill it if the user interrupts once more."""
    _send(process, signal.SIGINT)
    try:
        for _ in _printed(process):
            pass  # read and dropped: a full pipe would keep it from ending
        process.wait()
    except KeyboardInterrupt:
        _send(process, signal.SIGKILL)


class Processes:
    """Processes that end at once where an exception leaves the ``with`` block of this."""

    def __init__(self) -> None:
        self._begun: list[subprocess.Popen[str]] = []
        self.stopped = False

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.stop()

    def begin(
        self, command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Begin one, whose standard error can be read; it is ended at once where all were ended meanwhile.

        Args:
            command: With its arguments.
            cwd: Where it works; by default where this process does.
            env: Its environment, by default that of this process; it computes with one thread.
        """
        process = subprocess.Popen(
            command, cwd=cwd, env={**(os.environ if env is None else env), "OMP_NUM_THREADS": "1"}, process_group=0,
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace",
        )  # fmt: skip
        self._begun.append(process)
        if self.stopped:
            _send(process, signal.SIGKILL)
        return process

    def stop(self) -> None:
        """End them, and those that are still to come."""
        self.stopped = True
        for process in self._begun:
            if process.poll() is None:
                _send(process, signal.SIGKILL)


def check_space(words: str) -> None:
    """Raise InputError where a process says that it failed for want of space: that says nothing of results."""
    if any(os.strerror(number) in words for number in (errno.ENOSPC, errno.EDQUOT)):
        raise InputError("TMPDIR", tempfile.gettempdir(), "is full; name a folder with more space there")


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let a signal that would end this process at once leave the ``with`` blocks first, as an exception does."""
    ended_by = (signal.SIGTERM, signal.SIGHUP)
    ours = [number for number in ended_by if signal.getsignal(number) is signal.SIG_DFL]  # nohup ignores one
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def _send(process: subprocess.Popen[Any], number: int) -> None:
    """Send a signal to a process that leads a group, and to all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
