"""What every job of the workflow has in common: a log file, progress on the terminal, errors in one line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emtvb.errors import InputError

_FORMAT = "%(asctime)s %(message)s"
_TIME = "%H:%M:%S"


@contextmanager
def job(log: Path | str) -> Iterator[None]:
    """Log to a file and to standard error; bad input ends the process with one line and status 1."""
    show_progress(logging.FileHandler(log, mode="a"))
    try:
        yield
    except InputError as error:
        logging.getLogger(__name__).error("error: %s", error)
        sys.exit(1)
    except OSError as error:
        # A full disk, a lost file system: nothing is broken, and what was computed stands.
        logging.getLogger(__name__).error("error: %s; mend that and run again: it goes on where it stopped", error)
        sys.exit(1)
    except Exception:
        logging.getLogger(__name__).exception("this is a bug, or the machine's doing:")
        sys.exit(1)


def show_progress(*others: logging.Handler) -> None:
    """Show the package's messages on standard error, and hand them to other handlers."""
    logger = logging.getLogger("emtvb")
    logger.setLevel(logging.INFO)
    for handler in (logging.StreamHandler(sys.stderr), *others):
        handler.setFormatter(logging.Formatter(_FORMAT, _TIME))
        logger.addHandler(handler)
