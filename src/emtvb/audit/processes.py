"""The processes that an audit starts: where it is interrupted, they end with it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from emtvb.errors import InputError
from emtvb.making.reproduction import send


class Processes:
    """Processes and all that they start, which end at once where an exception leaves the ``with`` block of this.

    Each leads a process group of its own: an interruption from the keyboard does not reach it, and what it has started
    ends with it.
    """

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
            send(process, signal.SIGKILL)
        return process

    def stop(self) -> None:
        """End them, and those that are still to come."""
        self.stopped = True
        for process in self._begun:
            if process.poll() is None:
                send(process, signal.SIGKILL)


def check_space(words: str) -> None:
    """Raise InputError where a process says that it failed for want of space: that says nothing of results."""
    if any(os.strerror(number) in words for number in (errno.ENOSPC, errno.EDQUOT)):
        raise InputError("TMPDIR", tempfile.gettempdir(), "is full; name a folder with more space there")


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let a signal that would end this process at once leave the ``with`` blocks first, as an exception does.

    Signals reach the main thread alone: in another one, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
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
