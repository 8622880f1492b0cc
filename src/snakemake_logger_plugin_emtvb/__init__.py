"""The logger ``emtvb``, which Snakemake finds by the name of this package: how far it is, and what went wrong."""

import logging
import sys

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

__all__ = ["LogHandler"]


class LogHandler(LogHandlerBase):
    """On standard error; Snakemake's own log file has all the rest."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = False  # as Snakemake itself would write it
    needs_rulegraph = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, if it is of a step that is done, a warning or an error."""
        if record.levelno >= logging.WARNING or getattr(record, "event", None) == LogEvent.PROGRESS:
            print(self.format(record), file=sys.stderr, flush=True)
