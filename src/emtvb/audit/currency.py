"""Would the workflow do anything? Snakemake says which jobs it would run, and why."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from emtvb.audit.config_of_results import Held
from emtvb.audit.integrity import Files, job_of
from emtvb.audit.report import Check, Finding
from emtvb.errors import InputError
from emtvb.making import plan, provenance, recipes
from emtvb.making.packed_weights import PACKED
from emtvb.making.plan import Planned
from emtvb.making.staleness import summary

_MAKE = "run the workflow"
_RERUN = "run the workflow again: it redoes this and what depends on it"
_OTHERS = "hold them to the config that made them (--config), from the clone that made them; or move them elsewhere"


def planned(folder: Path, held: Held, damaged: Collection[str]) -> list[Planned]:
    """All jobs of an experiment, with what Snakemake would do now.

    Files that are not what their records say are kept from it: it would refuse to go on. So are packed weights, which
    :mod:`integrity` looks at: it would unpack them.

    Args:
        folder: The experiment's folder.
        held: The config that it is held to.
        damaged: Such files.
    """
    name = held.experiment.experiment
    with tempfile.TemporaryDirectory() as temporary:
        results = Path(temporary).resolve() / "results"
        link_beside(folder, results, name)
        for path in folder.rglob("*"):
            there = results / name / path.relative_to(folder)
            if path.is_file() and path.name != PACKED and path.relative_to(folder).as_posix() not in damaged:
                there.parent.mkdir(parents=True, exist_ok=True)
                there.symlink_to(path.absolute())
        try:
            jobs = plan.plan(held.experiment, held.root, results / name)
        except InputError as error:
            remedy = error.remedy.replace(str(results), str(folder.absolute().parent))
            raise InputError(error.what, error.value, remedy) from None
        return [replace(job, stale=_in_words(job.stale, results / name)) for job in jobs]


def _in_words(stale: str, folder: Path) -> str:
    """Why Snakemake would run a job, as it says after a dry run, by paths in the experiment's folder."""
    return re.sub(r"^Finished \(was: (.*)\)$", r"\1", stale.replace(f"{folder}/", ""))


def link_beside(folder: Path, results: Path, name: str) -> None:
    """Let the experiments beside one lie beside its name in another folder, too, as links.

    They lie beside the folder as the workflow names it; and if that is a link, beside what it leads to.
    """
    (results / name).mkdir(parents=True)
    for parent in dict.fromkeys((folder.absolute().parent, folder.resolve().parent)):
        for other in parent.iterdir():
            there = results / other.name
            if not there.is_symlink() and other.name != name and other.is_dir() and other.resolve() != folder.resolve():
                there.symlink_to(other)


def remade(jobs: Sequence[Planned]) -> frozenset[str]:
    """The outputs of jobs that the workflow would run now, for whatever reason."""
    return frozenset(path for job in jobs if job.stale for path in job.outputs)


def currency(files: Files, jobs: Sequence[Planned]) -> Check:
    """Whether the workflow would leave everything as it is.

    A job that would run only because another one does is not named, and what has one cause is one finding.

    Args:
        files: The experiment's files.
        jobs: The jobs, as Snakemake plans them.
    """
    made = {output: path for path, record in files.records.items() for output in record.outputs}
    anew = remade(jobs)
    jobs_of: dict[tuple[str, str], list[Planned]] = defaultdict(list)
    unmade: dict[str, list[Planned]] = defaultdict(list)
    for job in jobs:
        # Which files it makes says whose record it is, and not the name of its rule, which may be another by now.
        if made.keys().isdisjoint(job.outputs):
            if not any((files.folder / path).is_file() for path in job.outputs):  # else integrity names its record
                unmade[job.rule].append(job)
            continue
        causes = {cause for change in job.changes if (cause := _cause(change, files, jobs))}
        only_follows = not anew.isdisjoint(job.inputs) or not files.rejected.isdisjoint({*job.outputs, *job.inputs})
        if job.stale and not job.changes and not only_follows:
            causes = {(f"would be made again now: {job.stale}", _RERUN)}
        for cause in causes:
            jobs_of[cause].append(job)
    findings = [
        *(Finding(summary(job.title for job in some), f"not made yet, by {rule}", _MAKE)
          for rule, some in unmade.items()),
        *(Finding(summary(job.title for job in some), _with_words(problem, some), remedy)
          for (problem, remedy), some in jobs_of.items()),
        *_of_records(files, jobs),
    ]  # fmt: skip
    return Check(
        "currency", "Is there nothing to do for the workflow, with the present code and config?", len(jobs),
        tuple(findings), " ".join(_notes(files, jobs)),
    )  # fmt: skip


_CODE, _SETTINGS = "would be made otherwise by the present code", "would be made with other settings now"


def _cause(change: str, files: Files, jobs: Sequence[Planned]) -> tuple[str, str] | None:
    """What a change of a job comes from, with the remedy; None where something else is named for it."""
    if change.startswith("setting ") or change == "its runs":
        return _SETTINGS, f"{_RERUN}; or hold it to the config that made it (--config)"
    path, _, gone = change.partition(", gone")
    if gone:
        if path.startswith("../"):
            name = path.split("/")[1]
            return f"was made from results of {name}, which are gone", f"put them beside these, or {_RERUN}"
        unmade = any(path in job.outputs for job in jobs)  # which is named as not made yet
        return None if unmade else (f"was made from {path}, which is gone with its record", _RERUN)
    path, _, other = change.partition(", another")
    if other:
        if path.startswith("../"):
            return f"was made from other results of {path.split('/')[1]} than lie beside these", _RERUN
        maker = next((job_of(record) for record in files.records.values() if path in record.outputs), path)
        return f"was made from another version of {maker} than lies there", _RERUN
    return _CODE, _RERUN


def _with_words(problem: str, jobs: Sequence[Planned]) -> str:
    """A problem with what of code or settings is another, and the number of jobs where they are many."""
    words = sorted({change for job in jobs for change in job.changes})
    settings = [change.removeprefix("setting ") for change in words if change.startswith(("setting ", "its runs"))]
    code = [change for change in words if not re.match("setting |its runs|.*, (gone|another) ", change)]
    about = settings if problem == _SETTINGS else code if problem == _CODE else []
    text = problem + (f": {summary(about)}" if about else "")
    return text + (f" ({len(jobs)} jobs)" if len(jobs) > 1 else "")


def _of_records(files: Files, jobs: Sequence[Planned]) -> Iterator[Finding]:
    """Records that speak of what no job makes, or of what another record speaks of, too."""
    maker = {output: job for job in jobs for output in job.outputs}
    unknown = []
    speaking: dict[str, list[str]] = defaultdict(list)
    for path, record in files.records.items():
        own = [maker[output] for output in record.outputs if output in maker]
        unknown += [output for output in record.outputs if output not in maker]
        for title in {job.title for job in own}:
            speaking[title].append(path.name)
    if unknown:
        problem = "no job of this experiment, by the config and the workflow that it is held to, makes this"
        yield Finding(summary(unknown), problem, _OTHERS)
    for title, names in speaking.items():
        if len(names) > 1:
            problem = f"more than one record speaks of it ({', '.join(sorted(names))})"
            yield Finding(title, problem, "delete the wrong ones")


def _notes(files: Files, jobs: Sequence[Planned]) -> Iterator[str]:
    beside = sorted({path.split("/")[1] for job in jobs for path in job.inputs if path.startswith("../")})
    if beside:
        yield f"Results of other experiments that these are made from: {', '.join(beside)}."
    if versions := recipes.other_versions(record.recipe["versions"] for record in files.records.values()):
        yield f"Made with other versions of libraries than are here: {versions}. Nothing is stale for that."
    here = provenance.environment()["cpu"]
    if others := sorted({record.environment.get("cpu", "unknown") for record in files.records.values()} - {here}):
        yield f"Made on other CPUs than this one ({here}): {summary(others)}. Nothing is stale for that."
