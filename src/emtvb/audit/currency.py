"""Which outputs would the present code and config make differently?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emtvb.audit.plan import Plan
from emtvb.audit.report import Check, Finding
from emtvb.running.provenance import Record

_MAKE = "run the workflow; where only the record is gone, snakemake --force and the path of an output"
_RERUN = "run the workflow again: it redoes this and what depends on it"
_OTHERS = "hold it to the config that made it (--config), from the clone that made it; or move it elsewhere"

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A job: its rule and its wildcards' values."""


@dataclass(frozen=True)
class Change:
    """How a job's recipe would be another now.

    Attributes:
        job: Which job.
        output: Its first output.
        code: What of its code or its settings has changed, in words.
        versions: Which libraries have.
    """

    job: Key
    output: str
    code: tuple[str, ...]
    versions: tuple[str, ...]


def key_of(record: Record) -> Key:
    """The job that a record speaks of."""
    return record.rule, tuple(sorted(record.wildcards.items()))


def changes(records: Mapping[Any, Record], plan: Plan) -> list[Change]:
    """The records' jobs that would be made otherwise now."""
    found = {key_of(record): record for record in records.values()}
    result = []
    for job in plan.jobs:
        record = found.get(job.key)
        if record is not None:
            now = json.loads(plan.stages.recipe(job.rule, job.wildcards))
            code, versions = tuple(_changes(record.recipe, now)), tuple(_versions(record.recipe, now))
            if code or versions:
                result.append(Change(job.key, next(iter(record.outputs), job.rule), code, versions))
    return result


def currency(records: Mapping[Any, Record], plan: Plan, *, versions: bool = True, note: str = "") -> Check:
    """Compare every record's recipe with the one that its job would have now.

    Args:
        records: The experiment's records.
        plan: The jobs of the present code and config.
        versions: Whether versions of libraries count.
        note: What to say beside it.
    """
    findings: list[Finding] = []
    found = {key_of(record): record for record in records.values()}
    changed = {change.job: change for change in changes(records, plan)}
    for job in plan.jobs:
        if found.pop(job.key, None) is None:
            name = " ".join([job.rule, *job.wildcards.values()])
            findings.append(Finding(name, "not made yet, or its record is gone", _MAKE))
        elif job.key in changed:
            change = changed[job.key]
            said = (*change.code, *(change.versions if versions else ()))
            findings += [Finding(change.output, "; ".join(said), _RERUN)] if said else []
    problem = "no job of this experiment, by the config and the workflow that it is held to here, makes this"
    findings += [Finding(next(iter(record.outputs), rule), problem, _OTHERS) for (rule, _), record in found.items()]
    question = "Would the present code and config make every output again as it is?"
    return Check("currency", question, len(plan.jobs), tuple(findings), note)


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """In words, how two recipes differ in code and settings."""
    files = sorted(_differing(old.get("code", {}), new["code"]))
    if files:
        yield f"its code has changed: {', '.join(files[:3])}{f' and {len(files) - 3} more' if len(files) > 3 else ''}"
    settings = list(_differences(old.get("settings", {}), new["settings"], ""))
    yield from settings[:3]
    if len(settings) > 3:
        yield f"and {len(settings) - 3} settings more"


def _versions(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """In words, which libraries two recipes have in other versions."""
    before, now = old.get("versions", {}), new["versions"]
    for library in sorted(_differing(before, now)):
        yield f"{library} was {before.get(library, 'none')} and is {now.get(library, 'none')}"


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> set[str]:
    """The keys whose values differ."""
    return {key for key in {*old, *new} if old.get(key) != new.get(key)}


def _differences(old: Any, new: Any, name: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _differences(old.get(key), new.get(key), f"{name}.{key}" if name else key)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (before, now) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, now, f"{name}[{i}]")
    elif old != new:
        yield f"setting {name} was {_short(old)} and is {_short(new)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    if len(text) < 60:
        return text
    return f"{text[:50]}... ({len(value)} entries)" if isinstance(value, list) else f"{text[:57]}..."
