"""Locks that the system lets go of when their process ends, however it ends."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def locked(path: Path | str, *, waiting: str | None = None) -> Iterator[None]:
    """Hold a lock on a file, which is made if missing and stays.

    Where the file system has no locks the block runs without one, with a word about it: all that is written under a
    lock here appears by rename with the same bytes whoever writes it, and a lock that nobody lets go of would be worse.

    Args:
        path: The file.
        waiting: What to say before waiting for another process that holds the lock; None to raise instead.

    Raises:
        BlockingIOError: Where another process holds the lock and ``waiting`` is None.
    """
    with Path(path).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is None:
                raise
            log.warning("%s", waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            log.warning("%s: no locks on this file system (%s); going on without", path, error.strerror)
        yield
