"""Processes that a check starts: where it is interrupted or killed, those that run end, and no other begins."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from emtvb.errors import InputError


class Processes:
    """Processes that end where an exception leaves the ``with`` block of this, or this process ends."""

    def __init__(self) -> None:
        self._begun: list[subprocess.Popen[str]] = []
        self.stopped = False

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.stop()

    def begin(
        self, command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None,
        lock: Path | None = None,
    ) -> subprocess.Popen[str]:  # fmt: skip
        """Begin one, whose standard error can be read; it is ended at once where all were ended meanwhile.

        Args:
            command: With its arguments.
            cwd: Where it works; by default where this process does.
            env: Its environment, by default that of this process; it computes with one thread.
            lock: A file; this one begins only when no other process holds it that was begun so.
        """
        supervised = [sys.executable, "-P", "-m", "emtvb.making.supervised", str(lock or ""), *command]
        process = subprocess.Popen(
            supervised, cwd=cwd, env={**(os.environ if env is None else env), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, errors="replace",
        )  # fmt: skip
        self._begun.append(process)
        if self.stopped:
            _end(process)
        return process

    def stop(self) -> None:
        """End them, and those that are still to come."""
        self.stopped = True
        for process in self._begun:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process that ends with its input."""
    if process.stdin:
        process.stdin.close()


def check_space(words: str) -> None:
    """Raise InputError where a process says that it failed for want of space: that says nothing of results."""
    if any(os.strerror(number) in words for number in (errno.ENOSPC, errno.EDQUOT)):
        raise InputError("TMPDIR", tempfile.gettempdir(), "is full; name a folder with more space there")
