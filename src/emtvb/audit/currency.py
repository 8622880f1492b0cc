"""Would the workflow do anything? Snakemake says which jobs it would run, and why."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from emtvb.audit.config_of_results import Held
from emtvb.audit.integrity import Files
from emtvb.audit.report import Check, Finding
from emtvb.making import git, plan, present_code, provenance
from emtvb.making.plan import Planned, outputs_of
from emtvb.making.staleness import ACCEPT, is_by_code, summary

_MAKE = "run the workflow"
_RERUN = "run the workflow again: it redoes this and what depends on it"


def planned_jobs(folder: Path, held: Held) -> list[Planned]:
    """All jobs of an experiment, with what Snakemake would do now; damaged files are no reason to do anything.

    Args:
        folder: The experiment's folder.
        held: The config that it is held to.
    """
    with tempfile.TemporaryDirectory() as temporary:
        results = Path(temporary).resolve() / "results"
        link_beside(folder, results, held.name)
        (results / held.name).symlink_to(folder.absolute())  # whatever name it has
        return plan.plan_jobs(held.file, held.root, results / held.name)


def link_beside(folder: Path, results: Path, name: str) -> None:
    """Let the experiments beside one lie beside its name in another folder, too, as links."""
    results.mkdir(parents=True, exist_ok=True)
    for link in results.iterdir():
        if link.is_symlink():
            link.unlink()
    for other in folder.absolute().parent.iterdir():
        if other.name != name and other.is_dir() and other.resolve() != folder.resolve():
            (results / other.name).symlink_to(other)


def remade_outputs(jobs: Sequence[Planned]) -> frozenset[str]:
    """The outputs of jobs that the workflow would run now, for whatever reason."""
    return frozenset(outputs_of(job for job in jobs if job.stale))


def currency(files: Files, jobs: Sequence[Planned]) -> Check:
    """Whether the workflow would leave everything as it is.

    A job that would run only because another one does is not named, and what has one cause is one finding.

    Args:
        files: The experiment's files.
        jobs: The jobs, as Snakemake plans them.
    """
    made = {output for record in files.records.values() for output in record.outputs}
    anew, outputs = remade_outputs(jobs), outputs_of(jobs)
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    unmade: dict[str, list[str]] = defaultdict(list)
    for job in jobs:
        # Which files it makes says whose record it is, and not the name of its rule, which may be another by now.
        if made.isdisjoint(job.outputs):
            if not any((files.folder / path).is_file() for path in job.outputs):  # else integrity names its record
                unmade[job.rule].append(job.title)
            continue
        for change in job.changes:
            path, _, is_gone = change.partition(", gone")
            if not (is_gone and path in outputs):  # else the job that makes it is named
                found[_cause_and_remedy(change)].append((job.title, change.removeprefix("setting ")))
        only_follows = not anew.isdisjoint(job.inputs) or not files.rejected.isdisjoint({*job.outputs, *job.inputs})
        if job.stale and not job.changes and not only_follows:
            found["would be made again now", _RERUN].append((job.title, job.stale))
    findings = [
        *(Finding(summary(titles), f"not made yet, by {rule}", _MAKE) for rule, titles in unmade.items()),
        *(_finding_of_cause(cause, pairs) for cause, pairs in found.items()),
    ]
    return Check(
        "current", "Is there nothing to do for the workflow, with the present code and config?", {"job": len(jobs)},
        tuple(findings), " ".join(_notes_on_makers(files, jobs)),
    )  # fmt: skip


def _cause_and_remedy(change: str) -> tuple[str, str]:
    """Of which kind a change of a job is, with the remedy."""
    if change.startswith("setting ") or change == "its runs":
        return "would be made with other settings now", f"{_RERUN}; or hold it to the config that made it (--config)"
    if not is_by_code(change):
        return "was made from other inputs than lie here", f"put them back as they were, or {_RERUN}"
    return "would be made otherwise by the present code", f"{_RERUN}; where no result should change, {ACCEPT}"


def _finding_of_cause(cause: tuple[str, str], pairs: Sequence[tuple[str, str]]) -> Finding:
    """What has one cause: the jobs, what is another now, and how many jobs they are."""
    titles, words = dict.fromkeys(title for title, _ in pairs), sorted({word for _, word in pairs})
    many = f" ({len(titles)} jobs)" if len(titles) > 1 else ""
    return Finding(summary(titles), f"{cause[0]}: {summary(words)}{many}", cause[1])


def _notes_on_makers(files: Files, jobs: Sequence[Planned]) -> Iterator[str]:
    beside = sorted({path.split("/")[1] for job in jobs for path in job.inputs if path.startswith("../")})
    if beside:
        yield f"Results of other experiments that these are made from: {', '.join(beside)}."
    if shown := [record for record in files.records.values() if record.shown]:
        commits = sorted({record.shown["commit"][:12] or "no git clone" for record in shown})
        count = sum(len(record.outputs) for record in shown)
        yield f"Made by other code, which makes the same bytes as that of {', '.join(commits)}: {count} outputs."
    if unknown := unknown_commits(files):
        yield f"Warning: records name commits that git does not have here: {summary(unknown)}."
    if dirty := sum(record.dirty for record in files.records.values()):
        yield f"Warning: {dirty} records say that their code was not committed."
    if versions := present_code.other_versions(record.recipe["versions"] for record in files.records.values()):
        yield f"Made with other versions of libraries than are here: {versions}. Nothing is stale for that."
    here = provenance.environment()["cpu"]
    if others := sorted({record.environment.get("cpu", "unknown") for record in files.records.values()} - {here}):
        yield f"Made on other CPUs than this one ({here}): {summary(others)}. Nothing is stale for that."


def unknown_commits(files: Files) -> list[str]:
    """The commits that records name and git does not have, shortened; none where git has no whole history here."""
    if git.ask_git(files.folder, "rev-parse", "--is-shallow-repository") != b"false\n":
        return []
    records = files.records.values()
    named = {commit for record in records for commit in (record.commit, record.shown.get("commit")) if commit}
    asked = filter(re.compile("[0-9a-f]{40,64}").fullmatch, named)  # no option of git's, and no branch
    known = git.ask_git(files.folder, "rev-list", "--no-walk", "--ignore-missing", *asked) or b""
    return sorted(commit[:12] for commit in named - {*known.decode().split()})
