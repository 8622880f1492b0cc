"""Which outputs would the present code and config make differently?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from emtvb.audit.report import Check, Finding
from emtvb.running.provenance import Record
from emtvb.running.stages import Stages

_MAKE = "run the workflow; where only the record is gone, snakemake --force and the path of an output"
_RERUN = "run the workflow again: it redoes this and what depends on it"


def currency(records: Mapping[Any, Record], stages: Stages) -> Check:
    """Compare every record's recipe with the one that its job would have now.

    Args:
        records: The experiment's records.
        stages: The recipes of the present code and config.
    """
    findings: list[Finding] = []
    expected = list(stages.jobs())
    found = {(record.rule, tuple(sorted(record.wildcards.items()))): record for record in records.values()}
    for rule, wildcards in expected:
        record = found.pop((rule, tuple(sorted(wildcards.items()))), None)
        if record is None:
            name = " ".join([rule, *wildcards.values()])
            findings.append(Finding(name, "not made yet, or its record is gone", _MAKE))
            continue
        changes = list(_changes(record.recipe, json.loads(stages.recipe(rule, wildcards))))
        if changes:
            findings.append(Finding(next(iter(record.outputs), rule), "; ".join(changes), _RERUN))
    findings += [
        Finding(next(iter(record.outputs), rule), "no longer part of this experiment", "delete it")
        for (rule, _), record in found.items()
    ]
    question = "Would the present code and config make every output again as it is?"
    return Check("currency", question, len(expected), tuple(findings))


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """In words, how two recipes differ."""
    files = sorted(_differing(old.get("code", {}), new["code"]))
    if files:
        yield f"its code has changed: {', '.join(files[:3])}{f' and {len(files) - 3} more' if len(files) > 3 else ''}"
    before, now = old.get("versions", {}), new["versions"]
    for library in sorted(_differing(before, now)):
        yield f"{library} was {before.get(library, 'none')} and is {now.get(library, 'none')}"
    settings = list(_differences(old.get("settings", {}), new["settings"], ""))
    yield from settings[:3]
    if len(settings) > 3:
        yield f"and {len(settings) - 3} settings more"


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
