"""The audit of one experiment: is it intact, current, would it come out again, and what does it say of the paper?"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from emtvb.audit.again import SHARE, draw, recompute
from emtvb.audit.consistency import RunData, consistency
from emtvb.audit.currency import currency, planned
from emtvb.audit.determinism import MATTERS, determinism
from emtvb.audit.held import Held
from emtvb.audit.integrity import damaged_outputs, integrity
from emtvb.audit.processes import Processes, ended_by_signals
from emtvb.audit.report import REPORT, SUMMARY, Audit
from emtvb.audit.seeds import moved, seeds
from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.paper import claims
from emtvb.running import provenance, recipes
from emtvb.running.packed import unpack

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sample:
    """What is made again.

    Attributes:
        share: Of the shards, measured again, up to 1; where it is 0, no table, figure or page is made again either.
        runs: How many runs are trained again.
        seed: Chooses both; None for another choice each time.
        workers: Processes at once.
    """

    share: float = SHARE
    runs: int = 2
    seed: int | None = None
    workers: int = 1


QUICK = Sample(share=0, runs=0)
"""Nothing is made again."""


def audit(folder: Path, held: Held, sample: Sample) -> Audit:
    """Audit an experiment's results: their structure, and what comes out when they are made again.

    Args:
        folder: Where its results lie.
        held: The config that it is held to.
        sample: What is made again.

    Raises:
        InputError: Where nothing lies there, or the workflow cannot be planned.
    """
    _unpack(folder)
    experiment, shards = held.experiment, held.experiment.shards()
    runs = [run for part in shards.values() for run in part]
    seed = secrets.randbelow(2**32) if sample.seed is None else sample.seed
    records, unreadable = provenance.read_all(folder)
    if not records and not unreadable:
        raise InputError("results", str(folder), "no output of the workflow lies there; run it first")
    # Beside the rest: the longest training decides when an audit ends.
    with ended_by_signals(), ThreadPoolExecutor(1) as pool, Processes() as processes:
        training = pool.submit(
            determinism, folder, shards, experiment.trainer, records, sample.runs, seed, sample.workers, processes
        )
        damaged, data = damaged_outputs(folder, records), RunData.read(folder, records, shards)
        jobs = planned(folder, held, damaged)
        checks = [integrity(folder, records, unreadable, damaged, held.root)]
        if shards or data.others:
            checks.append(consistency(data, shards))
        checks.append(
            currency(
                records, jobs, damaged, recipes.other_versions(record.recipe["versions"] for record in records.values())
            )
        )
        if shards:
            checks.append(seeds(runs, data.networks))
        for check in checks:
            log.info("%s: %s, %s", check.name, check.state, check.count)
        findings = [finding for check in checks for finding in check.findings]
        drawn, close = draw(shards, data.measured, claims.load().statements, findings, sample.share, seed)
        how = experiment.interpretation
        by_rounding = moved(runs, data.networks, how.horizon, how.sequences)
        some = jobs if sample.share else ()
        elsewhere = {
            output
            for record in records.values()
            if recipes.other_versions([record.recipe["versions"]])
            for output in record.outputs
        }
        checks.append(recompute(folder, held, some, drawn, close, by_rounding, sample.workers, processes, elsewhere))
        if shards:
            checks.append(training.result())
    commit, modified = provenance.git_state(held.root)
    here = {f"{name}{' (can change the last bits)' * (name in MATTERS)}": value or "not set"
            for name, value in provenance.environment().items()}  # fmt: skip
    return Audit(
        experiment=experiment.experiment,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        held_to=held.description,
        checks=tuple(checks),
        environment={"commit": (commit or "no git clone") + ", with uncommitted changes" * modified, **here},
        verdicts=stated(folder),
    )


def _unpack(folder: Path) -> None:
    """Put packed weights beside themselves; those that are damaged are told of, as the checks tell of them again."""
    try:
        unpack(folder)
    except InputError as error:
        if error.what != "weights":
            raise
        log.warning("%s", error)


def write(audit: Audit, folder: Path) -> None:
    """Write an audit into the folder ``audit`` of its experiment: all of it as Markdown, and a summary as JSON."""
    write_text(folder / "audit" / REPORT, audit.as_markdown())
    write_text(folder / "audit" / SUMMARY, audit.summary())


def stated(folder: Path) -> Mapping[str, Mapping[str, int]]:
    """How many claims have which verdict, by kind, as the results state it; nothing where they do not."""
    path = folder / "verdicts.json"
    try:
        verdicts = json.loads(path.read_text("utf-8") if path.is_file() else "")["verdicts"]
        stated = {kind: {verdict: int(count) for verdict, count in counts.items()} for kind, counts in verdicts.items()}
        return stated if all(word.isprintable() for kind, counts in stated.items() for word in (kind, *counts)) else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}
