"""What the present code makes to the same bytes: shown on a drawn part of the jobs, and written into all their records.

Of a job that is stale by its code alone, the code may have changed and its outputs not: a name, a module that moved, a
faster loop. Jobs are run as an audit runs them, in a scratch folder, and every byte has to come out again. The record
of a job that was run becomes that of this run. A job of the same rule that was not drawn is *accepted*: its record gets
the digests of now and says so, until it is run, too.
"""

from __future__ import annotations

import logging
import os
import random
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import is_by_code, planned_jobs, remade_outputs
from emtvb.audit.integrity import Files
from emtvb.audit.remeasuring import is_training, run_again
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.training_again import measured_in
from emtvb.making import git, provenance, recipes
from emtvb.making.packed_weights import unpack
from emtvb.making.plan import Planned, outputs_of
from emtvb.making.processes import Processes
from emtvb.making.provenance import Record
from emtvb.making.recipes import Present
from emtvb.making.staleness import records_of_results, summary

log = logging.getLogger(__name__)

WHOLE = 60.0
"""Seconds: a rule whose jobs took less than this in all is run whole."""
FEWEST = 12
"""Jobs of any other rule that are run."""
_OF_CODE = ("Snakefile", "workflow", "src", "config", "profiles", "slurm")
"""What of a clone is needed to run an older state of it."""


@dataclass(frozen=True)
class Acceptance:
    """What came of it for one experiment.

    Attributes:
        run: How many jobs were run and came out the same, by rule.
        accepted: How many more were accepted without a run, by rule.
        refused: What came out otherwise or could not be shown, a line each.
        planned: How many jobs stay planned, by rule.
        note: How the bytes were compared where libraries are others; else empty.
    """

    run: Mapping[str, int]
    accepted: Mapping[str, int]
    refused: Sequence[str]
    planned: Mapping[str, int]
    note: str = ""

    def lines(self) -> list[str]:
        """All of it for a terminal."""
        lines = [*filter(None, [self.note]), *(f"refused: {one}" for one in self.refused)]
        lines += [f"run, and the same to the byte: {_counts_in_words(self.run)}"] if self.run else []
        lines += [f"accepted without a run: {_counts_in_words(self.accepted)}"] if self.accepted else []
        return [*lines, f"still to be made: {_counts_in_words(self.planned)}" if self.planned else "nothing to be done"]


def _counts_in_words(jobs: Mapping[str, int]) -> str:
    """``24 jobs (12 measure_shard, 12 measure_memory)``."""
    return f"{sum(jobs.values())} jobs ({', '.join(f'{count} {rule}' for rule, count in jobs.items())})"


def published_folders(root: Path) -> list[Path]:
    """The folders of the experiments that are published with a clone: those that git has, or all without git."""
    said = git.ask_clone(root, "ls-files", "results/*/settings.json")
    names = said.splitlines() if said else [str(path) for path in root.glob("results/*/settings.json")]
    return sorted(Path(os.path.relpath(root / name)).parent for name in names)


def accept(folder: Path, held: Held, every: bool, seed: int, workers: int) -> Acceptance:
    """Show on a drawn part that code changed and bytes did not, and write it into the records of an experiment.

    Args:
        folder: The experiment's folder.
        held: Its config.
        every: Whether all jobs are run, those that were accepted before, too.
        seed: Draws them.
        workers: Jobs at once.

    Raises:
        InputError: Where a file is not what its record says, the workflow cannot be planned, or the code changed
            meanwhile.
    """
    log.info("%s: what is stale?", folder)
    unpack(folder)
    known = records_of_results(folder, held.root)
    known.refuse(sorted(known.damaged))
    files = Files(folder, *provenance.read_all(folder), held.kind.leaves_out)
    jobs = planned_jobs(folder, held)
    maker = {output: path for path, record in files.records.items() for output in record.outputs}
    record_of = {job.title: files.records[maker[job.title]] for job in jobs if job.title in maker}
    made = [job for job in jobs if job.title in record_of]
    possible = [job for job in made if _may_be_accepted(job, record_of[job.title], files, every)]
    possible = _jobs_not_behind(jobs, possible, outputs_of(_jobs_due_anyway(jobs, possible)))
    if not possible:
        return Acceptance({}, {}, [], _counts_by_rule(job for job in jobs if job.stale))
    seconds = {title: record.seconds for title, record in record_of.items()}
    drawn = possible if every else draw_jobs(possible, seconds, strata_of_shards(held, folder), seed)
    by_rule, drawn_of = _jobs_by_rule(possible), _jobs_by_rule(drawn)
    log.info("%s: %s jobs to be accepted, of which %s are run", folder, len(possible), len(drawn))
    with tempfile.TemporaryDirectory() as name:
        before, note = _baseline_code(folder, held, [record_of[job.title] for job in drawn], Path(name))
        again, refused = _run_drawn(files, held, drawn, workers, before)
    present = Present(held.root)
    used = {rule: _code_used(present, [again[job.title] for job in group if job.title in again])
            for rule, group in by_rule.items()}  # fmt: skip
    passed = [job for job in possible if all(one.title in again for one in drawn_of[job.rule])]
    commit, dirty = provenance.git_state(held.root)
    about = {"commit": commit, **({"dirty": True} if dirty else {})}
    passed = _jobs_not_behind(jobs, passed, outputs_of(job for job in possible if job not in passed))
    for job in passed:
        old, run, group = record_of[job.title], again.get(job.title), by_rule[job.rule]
        if run and not before:
            new = replace(run, seconds=min(run.seconds, old.seconds))  # it ran beside others, which takes longer
        else:
            new = _renewed_record(old, job, {**present.renewed(old.recipe["code"]), **used[job.rule]})
            new = replace(new, accepted={**about, "drawn": len(drawn_of[job.rule]), "of": len(group), "seed": seed})
        path = provenance.record_path([folder / output for output in job.outputs], job.rule)
        provenance.write_record(path, new)
        if path != maker[job.title]:
            maker[job.title].unlink()
    parts = (
        [job for job in passed if job in drawn],
        [job for job in passed if job not in drawn],
        [job for job in planned_jobs(folder, held) if job.stale],
    )
    ran, accepted, left = map(_counts_by_rule, parts)
    return Acceptance(ran, accepted, refused, left, note)


def _may_be_accepted(job: Planned, record: Record, files: Files, every: bool) -> bool:
    """Whether a job is stale by its code alone; or, where all are asked for, was accepted without a run."""
    if is_training(job) or not files.rejected.isdisjoint({*job.inputs, *job.outputs}):
        return False
    same = {*job.inputs} == {*record.inputs} and {*job.outputs} == {*record.outputs}
    by_code = bool(job.changes) and all(map(is_by_code, job.changes))
    return same and (by_code or (every and not job.changes and bool(record.accepted)))


def _jobs_due_anyway(jobs: Sequence[Planned], possible: Sequence[Planned]) -> list[Planned]:
    """The jobs that run in any case: for other reasons than their code, and not only since another job does."""
    anew = remade_outputs(jobs)
    stale = [job for job in jobs if job.stale and job not in possible]
    return [job for job in stale if job.changes or anew.isdisjoint(job.inputs)]


def _jobs_not_behind(jobs: Sequence[Planned], some: Sequence[Planned], blocked: Collection[str]) -> list[Planned]:
    """Those of some jobs that are not behind files that are blocked: what is behind these runs again after them."""
    behind = {*blocked}
    while more := outputs_of(job for job in jobs if not behind.isdisjoint(job.inputs)) - behind:
        behind |= more
    return [job for job in some if behind.isdisjoint(job.outputs)]


def _jobs_by_rule(jobs: Iterable[Planned]) -> dict[str, list[Planned]]:
    groups = defaultdict[str, list[Planned]](list)
    for job in jobs:
        groups[job.rule].append(job)
    return dict(groups)


def _counts_by_rule(jobs: Iterable[Planned]) -> dict[str, int]:
    return {rule: len(group) for rule, group in _jobs_by_rule(jobs).items()}


def strata_of_shards(held: Held, folder: Path) -> dict[str, Any]:
    """By shard, what its networks are: tasks, sizes, penalties, how they were trained, and whether any solves its task.

    Args:
        held: The experiment's config.
        folder: Its folder.
    """
    solved = {run_id for run_id, found in measured_in(folder).items() if found.solved}
    return {
        shard: (
            sorted({(run.task.name, run.hidden_dim, run.l2, type(run).__name__) for run in runs}),
            any(run.run_id in solved for run in runs),
        )
        for shard, runs in kinds.load_experiment(held.file).shards().items()
    }


def draw_jobs(
    jobs: Sequence[Planned], seconds: Mapping[str, float], stratum: Mapping[str, Any], seed: int
) -> list[Planned]:
    """The jobs that are run: all of a rule that takes little, else one of each stratum and as many as are the fewest.

    Args:
        jobs: Those to be accepted.
        seconds: How long each took, by title.
        stratum: Of :func:`strata_of_shards`.
        seed: Draws them.
    """
    drawn: list[Planned] = []
    for rule, group in _jobs_by_rule(jobs).items():
        if sum(seconds[job.title] for job in group) < WHOLE:
            drawn += group
            continue
        mixed = random.Random(f"{seed} {rule}").sample(sorted(group, key=lambda job: job.title), len(group))
        one_each = {repr(stratum.get(job.wildcards.get("shard", ""))): job for job in mixed}.values()
        others = [job for job in mixed if job not in one_each]
        drawn += [*one_each, *others[: max(0, FEWEST - len(one_each))]]
    return drawn


def _baseline_code(folder: Path, held: Held, records: Sequence[Record], place: Path) -> tuple[Path | None, str]:
    """The code that made what lies here, in a folder, where libraries or the machine are others now; and why."""
    others = recipes.other_versions(record.recipe["versions"] for record in records)
    machine = provenance.environment()["machine"]
    machines = {record.environment.get("machine", machine) for record in records} - {machine}
    if not (others or machines):
        return None, ""
    why = "; ".join(filter(None, [others, *(f"made on {name}, here {machine}" for name in sorted(machines))]))
    said = git.ask_clone(held.root, "log", "-1", "--format=%H", "HEAD", "--", str(folder.resolve()))
    commit = (said or "").strip()
    archive = place / "code.tar"
    if not commit or git.ask_git(held.root, "archive", "-o", str(archive), commit, *_OF_CODE) is None:
        raise InputError("accept", why, "no commit has the code that made what lies here, to be compared with")
    import tarfile

    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    archive.unlink()
    before = Present(place, place / "src")
    if changes := [name for record in records for name in before.changes(record.recipe)]:
        remedy = (
            f"{summary(dict.fromkeys(changes))} at {commit[:12]} is not what made what lies here; commit both first"
        )
        raise InputError("accept", why, remedy)
    return place, f"Compared with what the code of {commit[:12]} makes here, since libraries differ: {why}."


def _run_drawn(
    files: Files, held: Held, drawn: Sequence[Planned], workers: int, before: Path | None
) -> tuple[dict[str, Record], list[str]]:
    """Run jobs in scratch folders: records of those that came out the same, and what came of the others, in words."""
    both = run_again(files, held, drawn, workers, Processes(), exactly=True, baseline=before)
    refused, rule = [], {path: job.rule for job in drawn for path in job.outputs}
    for part in both:
        refused += [f"{rule.get(found.subject, '')}: {found.subject}: {found.problem}" for found in part.findings]
        refused += [f"{summary(titles)}: fails now ({why})" for why, titles in part.failed.items()]
        for why in dict.fromkeys(part.unchecked.values()):
            paths = summary(path for path, reason in part.unchecked.items() if reason == why)
            refused.append(f"{paths}: not shown, since {why}")
    return {**both[0].again, **both[1].again}, refused


def _code_used(present: Present, records: Iterable[Record]) -> dict[str, str]:
    """All code that these jobs used; refused where it is another by now."""
    used = {name: digest for record in records for name, digest in record.recipe["code"].items()}
    if changed := [name for name, digest in used.items() if present.digest(name) != digest]:
        raise InputError("code", summary(sorted(changed)), "changed while this ran; call it again")
    return used


def _renewed_record(old: Record, job: Planned, code: Mapping[str, str]) -> Record:
    """A record with the code of now, and with what the job is called now."""
    recipe = {**old.recipe, "rule": job.rule, "settings": job.settings, "code": dict(sorted(code.items()))}
    return replace(
        old,
        rule=job.rule,
        wildcards=job.wildcards,
        recipe=cast("Any", {**recipe, "names": job.names}),
        inputs={path: old.inputs[path] for path in job.inputs},
        outputs={path: old.outputs[path] for path in job.outputs},
    )
