"""Tables and figures are made again from what they are made of, by the workflow's own scripts, and compared."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from emtvb.audit import compare, worker
from emtvb.audit.currency import Change, Key
from emtvb.audit.plan import Files, Plan, Planned, flat
from emtvb.audit.report import Check, Finding
from emtvb.training import curves, history

ARRAYS = 1e-3
"""By how much of the largest of them numbers may differ that are computed from weights: bases are near singular, BLAS
kernels many."""

MEASURES = 0.03
"""The same of measurements of other architectures."""

_AGAIN = "make it anew: snakemake --force and its path"
_WEIGHTS = "weights.safetensors"
_TRAINING = ("train_shard", "train_architecture", "measure_shard")
"""Rules of which a sample is made again elsewhere."""

Kind = Literal["tables", "figures", "exemplars"]
QUESTIONS: Mapping[Kind, str] = {
    "tables": "Does every table come out again, from the measurements and the learning curves that lie here?",
    "figures": "Does every figure, and every number that it shows, come out again?",
    "exemplars": "Does what figures, tables and the page show of networks come out again from their weights?",
}


def kind_of(job: Planned) -> Kind | None:
    """With which others a job is made again; None for those of which a sample is."""
    if job.rule in _TRAINING:
        return None
    if any(Path(path).name == _WEIGHTS for path in flat(job.inputs)):
        return "exemplars"
    return "figures" if all(path.startswith("figures/") for path in flat(job.outputs)) else "tables"


@dataclass(frozen=True)
class Made:
    """A job that was to be done again.

    Attributes:
        job: Which.
        findings: What came out otherwise.
        incomparable: Why it could not be compared, or not wholly; empty where it could.
    """

    job: Planned
    findings: tuple[Finding, ...] = ()
    incomparable: str = ""


def remake(
    folder: Path, plan: Plan, changes: Iterable[Change], kind: Kind, pool: Executor, chunks: int
) -> Callable[[], Check]:
    """Begin to make all files of a kind again.

    A job that the present code would do otherwise is not compared (that it would is a finding of its own); pictures
    are not where libraries have other versions.

    Args:
        folder: The experiment's folder.
        plan: Its jobs.
        changes: The jobs whose recipes would be others now.
        kind: Which files.
        pool: Who does it.
        chunks: In how many parts.

    Returns:
        Waits for the end and says what came of it.
    """
    changed = {change.job: change for change in changes}
    jobs = [job for job in plan.jobs if kind_of(job) == kind]
    answers: list[Future[list[Made]]] = [
        pool.submit(_again, folder, plan, jobs[i::chunks], changed) for i in range(chunks) if jobs[i::chunks]
    ]
    if kind == "tables":
        shards = [job for job in plan.jobs if job.rule == "train_shard"]
        answers.append(pool.submit(lambda: [made for job in shards if (made := _outlined(folder, job))]))

    def wait() -> Check:
        made = [one for answer in answers for one in answer.result()]
        return _check(kind, made)

    return wait


def _check(kind: Kind, made: Sequence[Made]) -> Check:
    findings = tuple(finding for one in made for finding in one.findings)
    reasons: dict[str, list[str]] = {}
    for one in made:
        if one.incomparable:
            reasons.setdefault(one.incomparable, []).append(one.job.title)
    note = " ".join(f"Not compared, since {why}: {_some(titles)}." for why, titles in reasons.items())
    incomparable = sum(bool(one.incomparable) for one in made)
    return Check(
        kind, QUESTIONS[kind], len(made) - incomparable, findings, note, "recomputed", incomparable=incomparable
    )


def _again(folder: Path, plan: Plan, jobs: Sequence[Planned], changed: Mapping[Key, Change]) -> list[Made]:
    """Do some jobs again."""
    made = []
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asked = []
        for job in jobs:
            change = changed.get(job.key)
            if change is not None and change.code:
                made.append(Made(job, incomparable="its code or its settings are others now"))
            elif missing := [path for path in flat(job.inputs) if not (folder / path).is_file()]:
                made.append(Made(job, incomparable=f"what it is made from is not here ({_kinds(missing)})"))
            else:
                asked.append(job)
        if not asked:
            return made
        try:
            answers = worker.ask("scripts", [_order(plan, job, folder, place) for job in asked])
        except worker.WorkerError as error:
            answers = [str(error)] * len(asked)
        for job, answer in zip(asked, answers, strict=True):
            if answer:
                made.append(Made(job, (Finding(job.title, f"cannot be made again ({answer})", _AGAIN),)))
            else:
                made.append(_compared(folder, place, job, changed.get(job.key)))
    return made


def _order(plan: Plan, job: Planned, folder: Path, place: Path) -> dict[str, object]:
    """A job as a worker is told it."""
    return {
        "script": str(job.script),
        "recipe": plan.stages.recipe(job.rule, job.wildcards),
        "wildcards": dict(job.wildcards),
        "input": _below(folder.resolve(), job.inputs),
        "output": _below(place, job.outputs),
        "log": str(place / "logs" / "again.log"),
    }


def _below(place: Path, files: Files) -> dict[str, str | list[str]]:
    return {
        name: str(place / value) if isinstance(value, str) else [str(place / path) for path in value]
        for name, value in files.items()
    }


def _compared(folder: Path, place: Path, job: Planned, change: Change | None) -> Made:
    findings, other = [], ""
    for path in flat(job.outputs):
        if not (folder / path).is_file():
            continue  # as integrity says
        if change is not None and Path(path).suffix in compare.PICTURES:
            other = "other versions of libraries draw other pictures"
            continue
        relative = 1e-9
        if kind_of(job) == "exemplars":
            relative = MEASURES if path.startswith("architectures/") and path.endswith(".csv") else ARRAYS
        difference = compare.difference(folder / path, place / path, relative)
        if difference:
            findings.append(Finding(path, difference, _AGAIN))
    return Made(job, tuple(findings), other)


def _outlined(folder: Path, job: Planned) -> Made | None:
    """A shard's outlines, drawn again from its learning curves; None where these are left out."""
    curve, outline = (folder / str(job.outputs[name]) for name in ("history", "outline"))
    if not (curve.is_file() and outline.is_file()):
        return None
    name = str(job.outputs["outline"])
    try:
        whole, drawn = history.read(curve), history.read(outline)
    except (KeyError, TypeError, ValueError, OSError) as error:
        return Made(job, (Finding(name, f"it or its learning curve cannot be read ({error})", _AGAIN),))
    findings = [
        Finding(name, f"the outline of {run_id} is not that of its learning curve", _AGAIN)
        for run_id, rows in whole.items()
        if repr(curves.thin(rows)) != repr(drawn.get(run_id))
    ]
    return Made(job, tuple(findings))


def _kinds(paths: Sequence[str]) -> str:
    return ", ".join(sorted({Path(path).name for path in paths})[:2])


def _some(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
