"""What every job of the workflow has in common: log, progress, one-line errors, and a record of what it made."""

from __future__ import annotations

import errno
import logging
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emtvb.errors import InputError
from emtvb.making import node, provenance, recipes

log = logging.getLogger(__name__)

_FORMAT = "%(asctime)s %(message)s"
_TIME = "%H:%M:%S"
_NO_MEMORY = "can't allocate memory|out of memory"
_AGAIN = 2
"""After how many seconds an interruption comes again that a library took for itself."""


@dataclass
class Job:
    """What a script is handed, and what it hands back.

    Attributes:
        settings: The rule's params.
        root: The clone of the workflow.
        folder: The experiment's folder.
        runs: Of each run that it trained, what ``training.shard.train_shard`` says of it; goes into its record.
    """

    settings: Mapping[str, Any]
    root: Path
    folder: Path
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def recipe(self) -> dict[str, Any]:
        """What it rests on so far: ``settings``, ``code`` and ``versions``."""
        return {"settings": self.settings, **recipes.recipe_of_process(self.root, self.folder.parent)}


@contextmanager
def job(snakemake: Any) -> Iterator[Job]:
    """Run a job of the workflow, and record what it used and made when the block ends well.

    Args:
        snakemake: The object that Snakemake puts into scripts.
    """
    started = time.monotonic()
    with logged(snakemake.log[0]):
        node.settle_on_node()
        folder = provenance.experiment_folder(Path(snakemake.log[0])).resolve()
        this = Job(
            recipes.plain_params(snakemake.params, snakemake.rule),
            Path(snakemake.scriptdir).resolve().parents[1],
            folder,
        )
        # What it makes is another job's work from here on: of a job that is killed, no record speaks of its outputs.
        provenance.take_away(list(snakemake.output), snakemake.rule, snakemake.log[0])
        yield this
        used = this.recipe
        provenance.record_job(
            {
                "rule": snakemake.rule, "settings": this.settings,
                "code": used["code"], "versions": used["versions"],
                "names": recipes.digest_of_names(snakemake.input, snakemake.output),
            },
            dict(snakemake.wildcards.items()), list(snakemake.input), list(snakemake.output), snakemake.log[0],
            time.monotonic() - started, this.runs, this.root,
        )  # fmt: skip


@contextmanager
def logged(file: Path | str) -> Iterator[None]:
    """Show messages on standard error and keep them in a file; an error ends the process with one line and status 1.

    So do Ctrl-C and SIGTERM, with the status that shells give Ctrl-C.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as behind nohup
            signal.signal(number, _interrupt)
    logging.raiseExceptions = False  # a log whose disk is full would be told in a page for each of its lines
    show_progress()
    try:
        show_progress(logging.FileHandler(file, mode="a", encoding="utf-8"))
        yield
    except (KeyboardInterrupt, Exception) as error:
        # A library may raise an error of its own over an interruption: the timer still tells of it.
        if isinstance(error, KeyboardInterrupt) or signal.getitimer(signal.ITIMER_REAL)[0]:
            log.warning(recipes.STOPPED)
            sys.exit(128 + signal.SIGINT)
        if message := in_words(error):
            log.error("error: %s", message)
        else:
            log.exception("this is a bug, or the machine's doing:")
        sys.exit(1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _interrupt(*_: object) -> None:
    """Raise KeyboardInterrupt, and soon once more: of one that comes while a compiler calls back, nothing is left."""
    signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    sys.unraisablehook = lambda _: None  # Python's own tells it in a page
    raise KeyboardInterrupt


def in_words(error: Exception) -> str | None:
    """What is told of an error that is no fault of the code, in a line; None for any other.

    Such are bad input, a disk that is full or gone, and memory that numpy or torch was refused.
    """
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and re.search(_NO_MEMORY, str(error).lower())
    ):
        return f"out of memory ({error}); give it more, or smaller sizes"
    refused = error if isinstance(error, OSError) else _full_disk(error)
    return f"{refused}; mend that and run again: it goes on where it stopped" if refused else None


def _full_disk(error: BaseException | None) -> OSError | None:
    """The full disk over which a library stumbled, which then raised an error of its own."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return error
        error = error.__cause__ or error.__context__
    return None


def show_progress(handler: logging.Handler | None = None) -> None:
    """Hand the package's messages to a handler; by default to one that shows them on standard error."""
    logger, handler = logging.getLogger("emtvb"), handler or logging.StreamHandler(sys.stderr)
    logger.setLevel(logging.INFO)
    handler.setFormatter(logging.Formatter(_FORMAT, _TIME))
    logger.addHandler(handler)
