"""Running the workflow for somebody at a terminal: Snakemake's messages, and one line when they press Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)


def run(command: Sequence[str]) -> int:
    """Run a command and show what it prints, until it ends or the user interrupts it.

    The command has a process group of its own, so that Ctrl-C in a terminal reaches this process alone. This process
    then interrupts the whole group, waits until it has ended, and shows nothing of what it prints meanwhile. A second
    Ctrl-C kills the group.

    Args:
        command: The program and its arguments.

    Returns:
        Its exit status, as a shell has it: 128 and the number of the signal that ended it.

    Raises:
        KeyboardInterrupt: If the user interrupted it; by then the command has ended.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0) as process:
        before = {number: signal.signal(number, lambda number, _: send(process, number)) for number in _PASSED_ON}
        try:
            _show(process)
            status = process.wait()
        except KeyboardInterrupt:
            _stop(process)
            raise
        except BaseException:
            send(process, signal.SIGKILL)
            raise
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return status if status >= 0 else 128 - status


def _show(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    while chunk := os.read(process.stdout.fileno(), 1 << 16):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt the group and wait for it; kill it if the user interrupts once more."""
    assert process.stdout is not None
    send(process, signal.SIGINT)
    try:
        while os.read(process.stdout.fileno(), 1 << 16):
            pass  # read and dropped: a full pipe would keep it from ending
        process.wait()
    except KeyboardInterrupt:
        send(process, signal.SIGKILL)


def send(process: subprocess.Popen[Any], number: int) -> None:
    """Send a signal to a process that leads a group, and to all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
