"""The audit that lies there already: does it say what is found now, by the same rules?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from emtvb.audit import page
from emtvb.audit.report import Audit, ClaimResult, Finding
from emtvb.paper import claims
from emtvb.running import provenance
from emtvb.running.closure import PACKAGE

_JUDGING = ("audit", "paper")
"""Folders of the package whose code judges."""
_REMEDY = "this audit writes it anew; nobody should have relied on it"


def judged_by() -> dict[str, str]:
    """What judges: digests of the claims and of the code, by name."""
    found = hashlib.sha256()
    for folder in _JUDGING:
        for path in sorted((PACKAGE / folder).iterdir()):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{folder}/{path.name} {provenance.sha256(path)}\n".encode())
    return {
        claims.FILE: f"sha256 {provenance.sha256(PACKAGE / 'paper' / claims.FILE)[:16]}",
        "code that judges": f"sha256 {found.hexdigest()[:16]}",
    }


def earlier(folder: Path, judged: tuple[ClaimResult, ...]) -> tuple[list[Finding], str]:
    """What is wrong with the audit in a folder, and what else to say of it.

    One that other rules made is only said to be so: it is no fault that the rules have changed since.

    Args:
        folder: The experiment's folder.
        judged: What is judged now.
    """
    path = folder / "audit" / "audit.json"
    if not path.is_file():
        return [], ""
    try:
        content = json.loads(path.read_text("utf-8"))
        found = TypeAdapter(Audit).validate_python(content)
    except (OSError, ValueError, RecursionError, ValidationError):
        if by_other_code(folder):
            return [], "An audit that other code had made lay here; this one takes its place."
        return [Finding("audit/audit.json", "is no audit", _REMEDY)], ""
    if dict(found.judged_by) != judged_by():
        return [], "The audit that lay here had been made by other rules or other code; this one takes its place."
    return list(_wrong(folder, found, content, judged)), ""


def by_other_code(folder: Path) -> bool:
    """Whether the audit in a folder was made by other rules or other code, which may have written it otherwise."""
    try:
        content = json.loads((folder / "audit" / "audit.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("judged_by") != judged_by()


def _wrong(folder: Path, found: Audit, content: dict[str, Any], judged: tuple[ClaimResult, ...]) -> Iterator[Finding]:
    now = {claim.name: claim for claim in judged}
    # What it was made of may have changed honestly since.
    same = all(
        (folder / output.path).is_file() and provenance.sha256(folder / output.path) == output.sha256
        for output in found.outputs
        if output.path in ("runs.csv", "measurements.csv")
    )
    for claim in found.claims:
        if same and judged and (claim.name not in now or now[claim.name].verdict != claim.verdict):
            there = now[claim.name].verdict if claim.name in now else "no claim of ours"
            yield Finding("audit/audit.json", f"says that {claim.name} {claim.verdict}; it is {there}", _REMEDY)
    counted = json.loads(found.as_json())
    if any(counted[key] != content.get(key) for key in ("passed", "outcome", "verdicts")):
        yield Finding("audit/audit.json", "its counts and states are not those of what it says", _REMEDY)
    for name, made in (("audit.md", page.as_markdown), ("index.html", page.as_html)):
        path = folder / "audit" / name
        if path.is_file() and page.said(path.read_text("utf-8", errors="replace")) != page.said(made(found, folder)):
            yield Finding(f"audit/{name}", "says something else than audit.json", _REMEDY)
