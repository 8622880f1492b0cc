"""The jobs of an experiment, as Snakemake plans them: what each reads and makes, and why it would run now."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emtvb.errors import InputError


@dataclass(frozen=True)
class Planned:
    """A job of an experiment that leaves files.

    Attributes:
        rule: Its rule.
        wildcards: The values of that rule's wildcards.
        inputs: What it reads, relative to the experiment's folder.
        outputs: What it makes, likewise.
        settings: Its rule's params.
        stale: Why it would run now, in words; nothing where it would not.
        changes: What it would use otherwise than was used, in words.
        names: A digest of the names by which its rule hands inputs and outputs to its script.
    """

    rule: str
    wildcards: Mapping[str, str]
    inputs: Sequence[str]
    outputs: Sequence[str]
    settings: Mapping[str, Any]
    stale: str
    changes: Sequence[str]
    names: str = ""

    @property
    def title(self) -> str:
        """By its first output, which is how a reader finds it."""
        return next(iter(self.outputs), self.rule)


def outputs_of(jobs: Iterable[Planned]) -> set[str]:
    """All that some jobs make."""
    return {path for job in jobs for path in job.outputs}


def drawing_rules(jobs: Sequence[Planned], folder: Path) -> list[str]:
    """The rules among these whose jobs make tables and figures alone.

    Args:
        jobs: An experiment's.
        folder: Its folder.

    Raises:
        InputError: Where what they are made from, and no such job makes, does not lie there.
    """
    some = [job for job in jobs if all(path.startswith(("figures/", "tables/")) for path in job.outputs)]
    inputs = {path for job in some for path in job.inputs} - outputs_of(some)
    missing = [path for name in sorted(inputs) if not Path(path := os.path.normpath(folder / name)).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more files" if len(missing) > 1 else ""
        raise InputError("results", f"{missing[0]}{more}", "not made yet; run the workflow on this config first")
    return sorted({job.rule for job in some})


def plan_jobs(config: Path, root: Path, folder: Path) -> list[Planned]:
    """All jobs of an experiment that leave files.

    Args:
        config: The file of its config.
        root: The clone of the workflow.
        folder: Where its results lie, by the experiment's name; other experiments may lie beside it.

    Raises:
        InputError: Where Snakemake cannot plan it; it says why.
    """
    from emtvb.making import hooks

    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / config.name
        shutil.copyfile(config, file)
        try:
            # In a thread, Snakemake meets no event loop of the caller's, such as a notebook's, and sets no signals.
            with ThreadPoolExecutor(1) as thread:
                jobs = thread.submit(hooks.planned_jobs, file, root, folder.absolute()).result()
            return [Planned(**job) for job in jobs]
        except (Exception, SystemExit) as error:
            why = " ".join(str(error.__cause__ or error).split())
            raise InputError("workflow", str(root), f"Snakemake cannot plan this experiment ({why})") from None
