"""The audit of one experiment: is it intact, current, would it come out again, and what does it say of the paper?"""

from __future__ import annotations

import json
import logging
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import currency, planned, remade
from emtvb.audit.determinism import determinism, measured_in
from emtvb.audit.integrity import Files, integrity
from emtvb.audit.remeasuring import SHARE, draw, recompute
from emtvb.audit.report import REPORT, SUMMARY, Audit, Check
from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.making import provenance, recipes
from emtvb.making.packed_weights import unpack
from emtvb.making.plan import Planned
from emtvb.making.processes import Processes
from emtvb.paper.significance import badge_of_claim

log = logging.getLogger(__name__)

_VERDICTS = "verdicts.json"


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
        InputError: Where nothing lies there, or the workflow cannot be planned.
    """
    try:
        unpack(folder)
    except InputError as error:  # of weights that are damaged, integrity tells
        if error.what != "weights":
            raise
    experiment, shards = held.experiment, held.experiment.shards()
    seed = secrets.randbelow(2**32) if sample.seed is None else sample.seed
    files = Files(folder, *provenance.read_all(folder))
    if not files.records and not files.unreadable:
        raise InputError("results", str(folder), "no output of the workflow lies there; run it first")
    jobs = planned(folder, held, files.changed)
    checks = [integrity(files, jobs, held.root), currency(files, jobs)]
    for check in checks:
        log.info("%s: %s, %s", check.name, check.state, check.count)
    with ThreadPoolExecutor(1) as pool, Processes() as processes:
        # Beside the rest: the longest training decides when an audit ends.
        training = pool.submit(
            determinism, folder, shards, experiment.trained_by(), files.records, sample.runs, seed, sample.workers,
            processes, files.rejected | remade(jobs), measured_in(folder, experiment),
        )  # fmt: skip
        some, drawn = jobs if sample.share else (), draw(shards, sample.share, seed, _accepted(files))
        checks.append(recompute(files, held, some, drawn, seed, sample.workers, processes, _made_elsewhere(files)))
        if shards:
            checks.append(training.result())
    commit, modified = provenance.git_state(held.root)
    why = _claims_rejected(files, jobs, checks)
    return Audit(
        experiment=experiment.experiment,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        held_to=held.description,
        checks=tuple(checks),
        environment={
            "commit": (commit or "no git clone") + ", with uncommitted changes" * modified,
            **provenance.environment(),
        },
        verdicts={} if why else stated(folder),
        claims=why,
    )


def _accepted(files: Files) -> set[str]:
    """Shards with a job that was accepted without a run."""
    return {record.wildcards.get("shard", "") for record in files.records.values() if record.accepted}


def _made_elsewhere(files: Files) -> set[str]:
    """Files that were made with other versions of libraries than are here."""
    others = (record for record in files.records.values() if recipes.other_versions([record.recipe["versions"]]))
    return {output for record in others for output in record.outputs}


def _claims_rejected(files: Files, jobs: Sequence[Planned], checks: Sequence[Check]) -> str:
    """Why the verdicts that lie there are not reported; nothing where they are, or where the experiment has none."""
    wrong = {*files.rejected, *remade(jobs), *(finding.subject for check in checks for finding in check.findings)}
    made = {path for job in jobs for path in job.outputs}
    if _VERDICTS in made and (_VERDICTS in wrong or _VERDICTS not in files.digests):
        return f"{_VERDICTS} is not what the workflow makes"
    return ""


def write(audit: Audit, folder: Path) -> None:
    """Write an audit into its experiment's folder: all of it as Markdown, and a summary as JSON."""
    write_text(folder / REPORT, audit.as_markdown())
    write_text(folder / SUMMARY, audit.summary())


def stated(folder: Path) -> Mapping[str, Mapping[str, int]]:
    """How many claims have which badge, by kind, as the results state it; nothing where they do not."""
    path = folder / _VERDICTS
    if not path.is_file():
        return {}
    content = json.loads(path.read_text("utf-8"))
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in content["verdicts"]}
    for claim in content["claims"]:
        counts[claim["kind"]][badge_of_claim(claim["verdict"], claim["tendency"], claim["universality"])] += 1
    return counts
