"""The audit of one experiment: is it intact, current, would it come out again, and what does it say of the paper?"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emtvb.audit import currency as recipes_now
from emtvb.audit import determinism as again
from emtvb.audit import earlier, left_out, page
from emtvb.audit.consistency import consistency
from emtvb.audit.crate import write_crate
from emtvb.audit.determinism import Sample
from emtvb.audit.held import Held
from emtvb.audit.integrity import integrity, left_out_of, read_records
from emtvb.audit.measuring import measurements
from emtvb.audit.plan import Plan
from emtvb.audit.remaking import Kind, remake
from emtvb.audit.report import Audit, Check, ClaimResult, Output
from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.paper import claims, verdicts
from emtvb.running import provenance
from emtvb.running.closure import digest
from emtvb.running.from_history import bring_back
from emtvb.running.provenance import Record

_OWN = (
    "No config of this clone states an experiment of this name, so it is held to the settings that lie beside the "
    "results: whoever made these could write those."
)


@dataclass(frozen=True)
class Structure:
    """What can be asked of all files of an experiment in seconds, since nothing is made again for it.

    Attributes:
        checks: Integrity, currency, consistency.
        claims: What the tables that lie there say of the paper.
        records: The experiment's records, by their path.
        plan: Its jobs.
    """

    checks: tuple[Check, ...]
    claims: tuple[ClaimResult, ...]
    records: Mapping[Path, Record]
    plan: Plan


def structure(folder: Path, held: Held, *, versions: bool = True) -> Structure:
    """Hold everything in an experiment's folder to its records, to the present code and config, and to all else there.

    Args:
        folder: Where its results lie.
        held: The config that it is held to.
        versions: Whether other versions of libraries make results stale.

    Raises:
        InputError: Where nothing lies there.
    """
    records, damaged = read_records(folder)
    if not records and not damaged:
        raise InputError("results", str(folder), "no output of the workflow lies there; run it first")
    root, shards = held.root, held.experiment.shards()
    plan = Plan(held.experiment, root, folder)
    intact = integrity(folder, records, damaged, root)
    claims = _claims(folder, intact)
    checks = (
        intact,
        recipes_now.currency(records, plan, versions=versions, note=_OWN if held.own else ""),
        consistency(folder, records, plan, shards, root, earlier.earlier(folder, claims)),
    )
    return Structure(checks, claims, records, plan)


def audit(folder: Path, held: Held, sample: Sample, *, versions: bool = True) -> Audit:
    """Audit an experiment's results: their structure, and what comes out when they are made again.

    All tables are, whatever the sample. Where the experiment has no figures, nobody asks for them.

    Args:
        folder: Where its results lie.
        held: The config that it is held to.
        sample: What else is made again.
        versions: Whether other versions of libraries make results stale.

    Raises:
        InputError: Where nothing lies there.
    """
    bring_back(folder)
    there, experiment = structure(folder, held, versions=versions), held.experiment
    shards, trainer, records = experiment.shards(), experiment.trainer, there.records
    seed = secrets.randbelow(2**32) if sample.seed is None else sample.seed
    changes = recipes_now.changes(records, there.plan)
    how, workers = experiment.interpretation.model_dump(), max(sample.workers, 1)
    kinds: tuple[Kind, ...] = ("tables", "exemplars", "figures") if sample.figures else ("tables",)
    if not there.plan.stages.shown:
        kinds = tuple(kind for kind in kinds if kind != "figures")
    with ThreadPoolExecutor(workers) as pool:
        # The longest first: they decide when it ends.
        trained = again.determinism(folder, shards, trainer, records, sample.runs, seed, pool)
        measured = measurements(folder, shards, how, sample.networks, seed, pool, workers)
        made = [remake(folder, there.plan, changes, kind, pool, workers) for kind in kinds]
        checks = (*there.checks, *(wait() for wait in made), measured(), trained())
    return Audit(
        experiment=experiment.experiment,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        checks=checks,
        claims=there.claims,
        environment={"held to": held.said, **_environment(records, held.root)},
        outputs=tuple(output for path, record in records.items() for output in _outputs(folder, path, record)),
        left_out=left_out.counted(left_out_of(folder, records)),
        judged_by=earlier.judged_by(),
    )


def write(found: Audit, folder: Path, root: Path) -> None:
    """Write an audit below its folder: ``audit/index.html``, ``audit.md`` and ``audit.json``, in a crate.

    Args:
        found: The audit.
        folder: Where the results lie.
        root: The clone of the workflow, whose files the crate holds; a workflow that was deployed may have no crate.
    """
    write_text(folder / "audit" / "audit.json", found.as_json())
    write_text(folder / "audit" / "audit.md", page.as_markdown(found, folder))
    write_text(folder / "audit" / "index.html", page.as_html(found, folder))
    records, _ = read_records(folder)
    if records and (root / "CITATION.cff").is_file():
        write_crate(folder / "audit", folder, records, found, root)


def summary(found: Audit, most: int = 8) -> list[str]:
    """An audit in lines for a terminal: each check with what it found, at most so many of each, then the claims."""
    lines = []
    for check in found.checks:
        lines.append(f"{check.name}: {check.state}, {page.outcome(check)}. {check.note}".strip())
        lines += [
            f"  {finding.subject}: {finding.problem}" + (f"; {finding.remedy}" if finding.remedy else "")
            for finding in check.findings[:most]
        ]
        if len(check.findings) > most:
            lines.append(f"  and {len(check.findings) - most} more, in audit/")
    if found.left_out:
        lines.append(f"left out: {page.counted(found.left_out)}")
    lines.append(f"{found.outcome}: {page.OUTCOMES[found.outcome]}")
    if found.claims:
        for kind, counts in found.verdicts().items():
            lines.append(f"{kind}: {page.in_words(counts)}")
    return lines


def _claims(folder: Path, integrity: Check) -> tuple[ClaimResult, ...]:
    """What the experiment says of the paper's claims; nothing, where its tables cannot be read, as integrity says."""
    paper = claims.load()
    try:
        return verdicts.read(folder, paper)
    except InputError:
        return ()
    except Exception:
        # A table that was changed by hand may hold anything in its cells; one that is as we made it may not.
        if {"runs.csv", "measurements.csv"} & {finding.subject for finding in integrity.findings}:
            return ()
        raise


def _environment(records: Mapping[Path, Record], root: Path) -> dict[str, str]:
    """Where the audit ran and where the results were made, where that differs; and what of it can change bits."""
    here = provenance.environment()
    made_on: dict[str, set[str]] = {}
    for record in records.values():
        for name, value in record.environment.items():
            made_on.setdefault(name, set()).add(value)
    shown = {}
    for name, value in here.items():
        others = sorted(made_on.get(name, set()) - {value})
        shown[name] = (value or "not set") + (f"; results were also made with {', '.join(others)}" if others else "")
        if name in again.MATTERS:
            shown[name] += " (can change the last bits)"
    engines = provenance.trained_by(records.values())
    if engines:
        shown["trained by"] = ", ".join(f"{name}: {count} runs" for name, count in engines.items())
    commit, modified = provenance.git_state(root)
    shown["commit"] = (commit or "no git clone") + (", with uncommitted changes" if modified else "")
    return shown


def _outputs(folder: Path, path: Path, record: Record) -> list[Output]:
    return [
        Output(
            path=output,
            sha256=sha256,
            rule=record.rule,
            code=digest(json.dumps(record.recipe["code"], sort_keys=True)),
            made=record.made,
            commit=record.commit,
            dirty=record.dirty,
            versions=record.recipe["versions"],
            seeds=seeds_of(record.recipe["settings"]),
            record=path.relative_to(folder).as_posix(),
        )
        for output, sha256 in record.outputs.items()
    ]


def seeds_of(settings: Any) -> str:
    """The seeds of the runs that settings name, as ``1-5, 7``; empty where they name none."""
    spans: list[list[int]] = []
    for seed in sorted(set(_seeds(settings))):
        if spans and seed == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], seed]
        else:
            spans.append([seed])
    return ", ".join("-".join(map(str, span)) for span in spans)


def _seeds(settings: Any) -> Iterator[int]:
    if isinstance(settings, dict):
        for key, value in settings.items():
            if key == "seed" and isinstance(value, int):
                yield value
            elif key == "seeds" and isinstance(value, list):
                yield from (seed for seed in value if isinstance(seed, int))
            else:
                yield from _seeds(value)
    elif isinstance(settings, list):
        for value in settings:
            yield from _seeds(value)
