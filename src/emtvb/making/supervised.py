"""A command that ends when whoever began it ends, however that is: ``python -m emtvb.making.supervised LOCK COMMAND``.

Whoever begins it holds the other end of its standard input. As soon as that is closed, by intent or by a kill, the
command and all that it started are told to end. LOCK is a file that it holds meanwhile, so that no other begins at the
same place before this one has ended; it may be empty.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from emtvb.lock import locked

WAITING = "waiting for the end of an earlier call"
_SECONDS = 10
"""How long a command has to end."""


def run_until_left(lock: str, command: Sequence[str]) -> int:
    """Run a command until it ends, or standard input does.

    Args:
        lock: A file, or nothing.
        command: With its arguments.

    Returns:
        Its exit status.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # which whoever began this gets, too, and then closes the input
        signal.signal(number, signal.SIG_IGN)
    with locked(lock, waiting=WAITING) if lock else contextlib.nullcontext():
        # A session of its own: its processes are all those that it starts.
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_default_signals)
        threading.Thread(target=_end_with_input, args=(child,), daemon=True).start()
        return child.wait()


def _default_signals() -> None:
    """What is ignored here is not ignored there."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    """Wait for the end of standard input, and end the child and all that it started."""
    while os.read(0, 1):
        pass
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_SECONDS)


if __name__ == "__main__":
    sys.exit(run_until_left(sys.argv[1], sys.argv[2:]))
