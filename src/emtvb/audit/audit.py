"""The audit of one experiment: is it intact, current, and does it come out again?"""

from __future__ import annotations

import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from emtvb.audit.config_of_results import Held
from emtvb.audit.contradictions import contradictions, other_settings
from emtvb.audit.currency import currency, planned_jobs, remade_outputs
from emtvb.audit.determinism import train_again
from emtvb.audit.integrity import Files, integrity
from emtvb.audit.remeasuring import SHARE, draw_shards, make_again
from emtvb.audit.report import REPORT, SUMMARY, Audit, Check
from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.making import provenance, recorded
from emtvb.making.packed_weights import unpack
from emtvb.making.processes import Processes

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
    """Audit an experiment's results.

    Args:
        folder: Where its results lie.
        held: The config that it is held to.
        sample: What is made again.

    Raises:
        InputError: Where nothing lies there, packed weights are damaged, or the workflow cannot be planned.
    """
    unpack(folder)
    seed = secrets.randbelow(2**32) if sample.seed is None else sample.seed
    files = Files(folder, *recorded.read_all(folder), held.kind.leaves_out, held.kind.former)
    if not files.records and not files.unreadable:
        raise InputError("results", str(folder), "no output of the workflow lies there; run it first")
    jobs = planned_jobs(folder, held)
    intact = integrity(files, jobs)
    contradicting = (*contradictions(files, jobs, held.kind.contradictions), *other_settings(files, jobs, held))
    intact = replace(intact, findings=(*intact.findings, *contradicting))
    checks = [intact, currency(files, jobs)]
    for check in checks:
        log.info("%s: %s, %s", check.name, check.state, check.count)
    runs = held.kind.trained(held.file, folder)
    with ThreadPoolExecutor(1) as pool, Processes() as processes:
        # Beside the rest: the longest training decides when an audit ends.
        training = runs and pool.submit(
            train_again, files, runs, remade_outputs(jobs), sample.runs, seed, sample.workers, processes
        )
        drawn = draw_shards(held.shards, sample.share, seed)
        made = make_again(files, held, jobs if sample.share else (), drawn, seed, sample.workers, processes)
        checks.append(_as_one_check(made, training.result()) if training else made)
    commit, modified = provenance.git_state(held.root)
    return Audit(
        experiment=held.name,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        held_to=held.description,
        checks=tuple(checks),
        environment={
            "commit": (commit or "no git clone") + ", with uncommitted changes" * modified,
            **provenance.environment(),
        },
    )


def _as_one_check(made: Check, trained: Check) -> Check:
    """What was made and what was trained again, as one check."""
    return replace(
        made, checked={**made.checked, **trained.checked}, findings=(*made.findings, *trained.findings),
        note=" ".join(dict.fromkeys((made.note, trained.note))), of={**made.of, **trained.of},
        unchecked=made.unchecked + trained.unchecked, drawn=(*made.drawn, *trained.drawn),
        missed="; ".join(filter(None, (made.missed, trained.missed))),
    )  # fmt: skip


def write_report(audit: Audit, folder: Path) -> None:
    """Write an audit into its experiment's folder: all of it as Markdown, and a summary as JSON."""
    for name, text in ((REPORT, audit.as_markdown()), (SUMMARY, audit.summary())):
        write_text(folder / name, text)
