"""What every job of the workflow has in common: log, progress, one-line errors, and a record of what it made."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emtvb import node, provenance
from emtvb.errors import InputError

_FORMAT = "%(asctime)s %(message)s"
_TIME = "%H:%M:%S"


@contextmanager
def job(snakemake: Any) -> Iterator[dict[str, Any]]:
    """Run a job of the workflow: yields its settings, and records who made its outputs when the block ends well.

    Args:
        snakemake: The object that Snakemake puts into scripts; its rule's params hold the job's ``recipe``.
    """
    started = time.monotonic()
    with logged(snakemake.log[0]):
        node.settle()
        yield json.loads(snakemake.params.recipe)["settings"]
        provenance.record(
            snakemake.params.recipe, dict(snakemake.wildcards.items()), list(snakemake.input),
            list(snakemake.output), snakemake.log[0], time.monotonic() - started,
        )  # fmt: skip


@contextmanager
def logged(log: Path | str) -> Iterator[None]:
    """Show messages on standard error and keep them in a file; an error ends the process with one line and status 1."""
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
