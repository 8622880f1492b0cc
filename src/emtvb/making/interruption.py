"""Ctrl-C in a call of Snakemake: a few lines, whatever it is at, and the same command goes on from there."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STATUS = 128 + signal.SIGINT
"""The exit status of a process that Ctrl-C ended."""
AT_ONCE = "stopped at once; the same command goes on, and cancels what it left on Slurm"
"""What is said of a second one."""


@contextmanager
def interrupted_in_a_line(logger: logging.Logger) -> Iterator[None]:
    """Let SIGINT end what is done here without a page about it.

    The first one is Python's own: Snakemake ends its jobs. That these failed is no error, and is not said. A second one
    ends the process at once, for whoever does not want to wait for that: Snakemake would print where its threads were.

    Args:
        logger: What Snakemake says errors with.
    """
    is_first = threading.Event()
    is_first.set()

    def end(_: int, frame: FrameType | None) -> None:
        if is_first.is_set():
            is_first.clear()
            signal.default_int_handler(signal.SIGINT, frame)
        os.write(2, f"{AT_ONCE}\n".encode())
        os._exit(STATUS)

    def is_said(record: logging.LogRecord) -> bool:
        return is_first.is_set() or record.levelno < logging.ERROR

    if threading.current_thread() is not threading.main_thread():
        yield  # where no signal comes
        return
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)
    logger.addFilter(is_said)
    try:
        yield
    finally:
        logger.removeFilter(is_said)
        signal.signal(signal.SIGINT, before)
