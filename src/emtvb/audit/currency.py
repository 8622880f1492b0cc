"""Would the workflow do anything? Snakemake says which jobs it would run, and why."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from emtvb.audit.held import Held
from emtvb.audit.integrity import job_of
from emtvb.audit.report import Check, Finding
from emtvb.errors import InputError
from emtvb.running import plan
from emtvb.running.packed import PACKED
from emtvb.running.plan import Planned
from emtvb.running.provenance import Record
from emtvb.running.records import summary

_GONE_BESIDE = re.compile(r"\.\./([^/]+)/.*, gone")
"""How it says that an input of another experiment, which is named, is not there."""

_MAKE = "run the workflow; where only the record is gone, snakemake --force and the path of an output"
_STRAY = "move it elsewhere, and take it out of the record"
_ONE = "delete the wrong ones"
_RERUN = "run the workflow again: it redoes this and what depends on it"
_OTHERS = "hold it to the config that made it (--config), from the clone that made it; or move it elsewhere"


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
            remedy = error.remedy.replace(str(results), str(folder.resolve().parent))
            raise InputError(error.what, error.value, remedy) from None
        return [replace(job, stale=_in_words(job.stale, results / name)) for job in jobs]


def _in_words(stale: str, folder: Path) -> str:
    """Why Snakemake would run a job, as it says after a dry run, by paths in the experiment's folder."""
    return re.sub(r"^Finished \(was: (.*)\)$", r"\1", stale.replace(f"{folder}/", ""))


def link_beside(folder: Path, results: Path, name: str) -> None:
    """Let the experiments beside one lie beside its name in another folder, too, as links."""
    (results / name).mkdir(parents=True)
    for other in folder.resolve().parent.iterdir():
        if other != folder.resolve() and other.name != name and other.is_dir():
            (results / other.name).symlink_to(other)


def currency(
    records: Mapping[Path, Record], jobs: Sequence[Planned], damaged: Collection[str], other_versions: str = ""
) -> Check:
    """Whether the workflow would leave everything as it is.

    A job that would run only because another one does is not named.

    Args:
        records: The experiment's records.
        jobs: The jobs, as Snakemake plans them.
        damaged: Files that are not what their records say, which are named elsewhere.
        other_versions: Which libraries have other versions here than where results were made, in words; nothing is
            stale for that.
    """
    findings: list[Finding] = []
    by_output = {output: path for path, record in records.items() for output in record.outputs}
    unknown = dict(records)
    anew = {path for job in jobs if job.stale for path in job.outputs}
    for job in jobs:
        changes = job.changes
        # Which files it makes says whose record it is, and not the name of its rule, which may be another by now.
        makers = {by_output[path] for path in job.outputs if path in by_output}
        for path in makers:
            unknown.pop(path, None)
            stray = [output for output in records[path].outputs if output not in job.outputs]
            problem = f"{path.name} says that {job.rule} makes it, which does not"
            findings += [Finding(output, problem, _STRAY) for output in stray]
        if len(makers) > 1:
            problem = f"more than one record speaks of it ({', '.join(sorted(path.name for path in makers))})"
            findings.append(Finding(job.title, problem, _ONE))
        if not makers:
            name = " ".join([job.rule, *job.wildcards.values()])
            findings.append(Finding(name, "not made yet, or its record is gone", _MAKE))
        elif changes:
            gone = next(filter(None, map(_GONE_BESIDE.match, changes)), None)
            remedy = f"put the results of {gone[1]} beside these, or {_RERUN}" if gone else _RERUN
            findings.append(Finding(job.title, f"would be made otherwise now: {summary(changes)}", remedy))
        elif job.stale and not job.changes and anew.isdisjoint(job.inputs) and not {*job.outputs} & {*damaged}:
            findings.append(Finding(job.title, f"would be made again now: {job.stale}", _RERUN))
    problem = "no job of this experiment, by the config and the workflow that it is held to here, makes this"
    findings += [Finding(job_of(record), problem, _OTHERS) for record in unknown.values()]
    question = "Is there nothing to do for the workflow, with the present code and config?"
    beside = sorted({path.split("/")[1] for job in jobs for path in job.inputs if path.startswith("../")})
    note = f"Results of other experiments that these are made from: {', '.join(beside) or 'none'}."
    if other_versions:
        note += f" Made with other versions of libraries than are here: {other_versions}. Nothing is stale for that."
    return Check("currency", question, len(jobs), tuple(findings), note)
