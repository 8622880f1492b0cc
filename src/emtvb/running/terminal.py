"""What a run prints: what goes wrong, and how far it is, a line a minute. Its log file has a page about every job."""

from __future__ import annotations

import logging
import time

from snakemake.logging import DefaultFilter, get_event, logger
from snakemake_interface_logger_plugins.common import LogEvent

EVERY = 60.0
"""Seconds between two lines that say how far a run is."""

_OF_EACH_JOB = LogEvent.JOB_INFO, LogEvent.GROUP_INFO, LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED


def install() -> None:
    """Let Snakemake print no more than this, unless it was asked for more or prints a plan."""
    for handler in logger.handlers:
        asked = next((one for one in handler.filters if isinstance(one, DefaultFilter)), None)
        if handler.name == "DefaultStreamHandler" and asked and not (asked.dryrun or asked.verbose or asked.debug_dag):
            handler.addFilter(Sparing())


class Sparing(logging.Filter):
    """Leaves out what is said of each job that goes well."""

    def __init__(self) -> None:
        super().__init__()
        self._said = time.monotonic()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is printed."""
        event = get_event(record)
        if event == LogEvent.PROGRESS:
            done, total = (int(getattr(record, name, 0)) for name in ("done", "total"))
            if done < total and time.monotonic() - self._said < EVERY:
                return False
            self._said = time.monotonic()
            return True
        return event not in _OF_EACH_JOB and record.msg != "Select jobs to execute..."
