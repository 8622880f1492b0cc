"""What every job of the workflow has in common: log, progress, one-line errors, and a record of what it made."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emtvb.errors import InputError
from emtvb.running import imported, node, provenance, recipes
from emtvb.running.closure import PACKAGE

_FORMAT = "%(asctime)s %(message)s"
_TIME = "%H:%M:%S"


@dataclass
class Job:
    """What a script is told, and what it tells.

    Attributes:
        settings: What the job uses of the experiment.
        recipe: All that determines its outputs but for its inputs.
        runs: Of each run that it trained, what ``training.shard.train_shard`` says of it; goes into its record.
    """

    settings: Mapping[str, Any]
    recipe: Mapping[str, Any]
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@contextmanager
def job(snakemake: Any) -> Iterator[Job]:
    """Run a job of the workflow, and record who made its outputs when the block ends well.

    The recipe that it was planned with has to be the one that it computes with, from its beginning to its end, and name
    each of our files that it opens meanwhile.

    Args:
        snakemake: The object that Snakemake puts into scripts; its rule's params hold the job's ``recipe``.
    """
    started = time.monotonic()
    with logged(snakemake.log[0]):
        node.settle()
        text = snakemake.params.recipe
        this = Job(json.loads(text)["settings"], json.loads(text))
        root = Path(snakemake.scriptdir).resolve().parents[1]
        _check_recipe(this.recipe, root)
        # What it makes is another job's work from here on: of a job that is killed, no record speaks of its outputs.
        before = provenance.take_away(list(snakemake.output), this.recipe["rule"])
        opened = _listen()
        yield this
        opened = opened.copy()  # what follows reads all of our code
        _check_recipe(this.recipe, root)
        _check_what_was_opened(opened, this.recipe, root)
        provenance.record(
            text, dict(snakemake.wildcards.items()), list(snakemake.input),
            list(snakemake.output), snakemake.log[0], time.monotonic() - started, this.runs, root, before,
        )  # fmt: skip


def _check_recipe(planned: Mapping[str, Any], root: Path) -> None:
    """Raise InputError where the code or the libraries here are not those that a recipe names."""
    imported.check_bytecode(root / "workflow" / "scripts")
    imported.check_places(planned["versions"])
    recipes.forget()
    found = recipes.code_and_versions(planned["rule"], planned["settings"].get("trainer", "auto"), root)
    main = sys.modules["__main__"]
    meant = recipes.rules(root)[planned["rule"]].script
    if hasattr(main, "__real_file__") and meant is not None:  # which Snakemake sets; __file__ is the script it copied
        ran = Path(str(main.__file__))
        if not (ran.is_file() and ran.samefile(meant)):
            raise InputError(
                "script", str(ran), f"rule {planned['rule']} stands for {meant}; give it a rule of its own"
            )
    for part, remedy in (
        ("code", "it was edited while the workflow ran, or this node has another copy; call the workflow again"),
        ("versions", "it is another here than where the workflow was called; install the same, or call it again"),
    ):
        before, now = planned[part], found[part]
        changed = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        if changed:
            raise InputError(part.removesuffix("s"), ", ".join(changed[:3]), remedy)


_opened: set[str] | None = None


def _listen() -> set[str]:
    """A set that holds, from now on, the name of every file that this process opens."""
    global _opened
    if _opened is None:
        sys.addaudithook(_hear)
    _opened = set()
    return _opened


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened is not None and arguments and isinstance(arguments[0], str):
        _opened.add(arguments[0])


def _check_what_was_opened(opened: Iterable[str], planned: Mapping[str, Any], root: Path) -> None:
    """Raise InputError where a file of the package or the workflow was opened that the recipe does not name.

    What reading the source finds is refused before any job runs; this is for what it cannot find.
    """
    places = (PACKAGE, *(root.resolve() / name for name in ("workflow", "config", "profiles")))
    counted = {PACKAGE.parent / name for name in planned["code"]}
    modules = {Path(str(file)) for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))}
    for path in sorted(Path(name).resolve() for name in opened):
        ours = any(path.is_relative_to(place) for place in places) and "__pycache__" not in path.parts
        if ours and path.is_file() and path not in counted and path not in modules:
            remedy = "the job opened it and its recipe does not count it; name it as one string where it is opened"
            raise InputError("file", str(path), remedy)


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
    except Exception as error:
        if is_out_of_memory(error):
            logging.getLogger(__name__).error("error: out of memory (%s); give it more, or smaller sizes", error)
            sys.exit(1)
        logging.getLogger(__name__).exception("this is a bug, or the machine's doing:")
        sys.exit(1)


def is_out_of_memory(error: Exception) -> bool:
    """Whether numpy or torch was refused memory."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and ("can't allocate memory" in said or "out of memory" in said)
    )


def last_errors(logs: Path, since: float) -> list[str]:
    """What the jobs said that failed: the one line that each of their logs ends with, the same line once.

    Args:
        logs: The folder of the experiment's logs.
        since: Logs that were last written before this time are of other calls; seconds since the epoch.
    """
    lines: dict[str, list[str]] = {}
    for path in sorted(logs.rglob("*.log")):
        if path.stat().st_mtime >= since:
            last = (path.read_text("utf-8", errors="replace").strip().splitlines() or [""])[-1]
            _, found, message = last.partition(" error: ")
            if found:
                lines.setdefault(message, []).append(path.relative_to(logs).with_suffix("").as_posix())
    return [
        f"error: {message} ({', '.join(jobs[:3])}{f' and {len(jobs) - 3} more jobs' if len(jobs) > 3 else ''})"
        for message, jobs in lines.items()
    ]


def show_progress(*others: logging.Handler) -> None:
    """Show the package's messages on standard error, and hand them to other handlers."""
    logger = logging.getLogger("emtvb")
    logger.setLevel(logging.INFO)
    for handler in (logging.StreamHandler(sys.stderr), *others):
        handler.setFormatter(logging.Formatter(_FORMAT, _TIME))
        logger.addHandler(handler)
