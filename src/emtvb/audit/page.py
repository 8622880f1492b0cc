"""An audit as pages: Markdown, and one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from emtvb.audit.report import VERDICTS, Audit, ClaimResult, Output

GROUPS = {
    "spectral error": "Table 1: spectral error",
    "accuracy": "Table 1: test accuracy",
    "statement": "What the paper says of the networks",
    "caveat": "What the published numbers hide",
}
_CAVEAT = (
    "The paper does not print these; a reader takes them for granted, and the verdict 'not reproduced' means that one "
    "should not."
)
_MEANING = (
    "An audit fails where something is wrong with our own results: a file that is not what its record says, one that "
    "the present code would make otherwise, a training that does not come out again. What it says of the paper's "
    "claims is a finding: a claim that is not reproduced fails nothing."
)
_ERRS = (
    "Each verdict has its rule, and every rule errs. In simulated sweeps like the published ones, fewer than 5% of "
    "cells come out 'not reproduced' by chance: of the table's 48 values, one or two may."
)
_THUMBNAIL = 480
"""Pixels across."""


def as_html(audit: Audit, folder: Path) -> str:
    """The audit as one HTML page, for the ``audit`` folder of its experiment.

    Args:
        audit: It.
        folder: The experiment's folder: figures come from there, and only what lies there is linked.
    """
    environment = Environment(
        loader=PackageLoader("emtvb.audit", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        link=lambda path: _link(path, folder), interval=_interval, seeds=seeds, brief=_brief, word=_word
    )
    return environment.get_template("page.html.j2").render(
        audit=audit,
        groups=_by_group(audit),
        group_titles=GROUPS,
        verdicts=VERDICTS,
        table=_table(audit.claims),
        figures=list(_figures(audit, folder)),
        meaning=_MEANING,
        errs=_ERRS,
        caveat=_CAVEAT,
    )


def as_markdown(audit: Audit, folder: Path) -> str:
    """The audit as Markdown, for the ``audit`` folder of its experiment.

    Args:
        audit: It.
        folder: The experiment's folder: only what lies there is linked.
    """
    lines = [f"# Audit of {audit.experiment}: {'passed' if audit.passed else 'FAILED'}", "", f"Made {audit.made}.", ""]
    lines += [f"- {check.name}: {_outcome(check)}" for check in audit.checks]
    lines += [f"- claims: {', '.join(f'{count} {verdict}' for verdict, count in audit.verdicts().items())}", ""]
    lines += [_MEANING, ""]
    for group, claims in _by_group(audit).items():
        lines += [f"## {GROUPS.get(group, group)}", "", *([_CAVEAT, ""] if group == "caveat" else [])]
        rows = [
            (
                f'<a id="{c.name}"></a>{c.statement}',
                c.source,
                c.published,
                c.ours,
                _interval(c),
                c.seeds,
                f"**{c.verdict}**",
                c.because,
            )
            for c in claims
        ]
        lines += _rows(("claim", "source", "published", "ours", "95% interval", "seeds", "verdict", "because"), rows)
    if audit.claims:
        lines += [_ERRS, "", "## Rules", ""]
        rules = {claim.rule: claim for claim in audit.claims}
        lines += [f"- {GROUPS.get(claim.group, claim.group)}: {_flat(rule)}" for rule, claim in rules.items()] + [""]
    for check in audit.checks:
        lines += [f"## {check.name.capitalize()}", "", f"{check.question} {_outcome(check)}. {check.note}".strip(), ""]
        if check.findings:
            lines += _rows(("what", "problem", "remedy"), [(f.subject, f.problem, f.remedy) for f in check.findings])
    lines += ["## Environment", "", *_rows(("what", "value"), audit.environment.items())]
    lines += ["## Outputs and what made them", ""]
    made = [
        (_markdown_link(o.path, folder), o.rule, seeds(o), o.code, _commit(o), _versions(o), o.made, o.sha256[:12])
        for o in audit.outputs
    ]
    return (
        "\n".join(
            lines + _rows(("file", "rule", "seeds", "code", "commit", "versions", "made", "sha256"), made)
        ).rstrip("\n")
        + "\n"
    )


def seeds(output: Output) -> str:
    """The seeds of the runs that an output is about, as ``1-5, 7``; empty where its settings name none."""
    try:
        found = sorted(set(_seeds_in(json.loads(output.settings))))
    except ValueError:
        return ""
    spans: list[list[int]] = []
    for seed in found:
        if spans and seed == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], seed]
        else:
            spans.append([seed])
    return ", ".join("-".join(map(str, span)) for span in spans)


def _seeds_in(settings: Any) -> Iterator[int]:
    if isinstance(settings, dict):
        for key, value in settings.items():
            if key == "seed" and isinstance(value, int):
                yield value
            elif key == "seeds" and isinstance(value, list):
                yield from (seed for seed in value if isinstance(seed, int))
            else:
                yield from _seeds_in(value)
    elif isinstance(settings, list):
        for value in settings:
            yield from _seeds_in(value)


def _by_group(audit: Audit) -> dict[str, list[ClaimResult]]:
    groups: dict[str, list[ClaimResult]] = {}
    for claim in audit.claims:
        groups.setdefault(claim.group, []).append(claim)
    return groups


@dataclass(frozen=True)
class _Row:
    """A row of Table 1: per L2 penalty, the two claims about a cell."""

    title: str
    cells: tuple[tuple[ClaimResult, ClaimResult], ...]


def _table(claims: tuple[ClaimResult, ...]) -> tuple[list[str], list[_Row]]:
    """Published Table 1 as claims: the headings of its columns, and its rows."""
    cells: dict[tuple[str, str], dict[str, dict[str, ClaimResult]]] = {}
    for claim in claims:
        match = re.fullmatch(r"table1-(\w+)-(\d+)-([\d_]+)-(error|accuracy)", claim.name)
        if match:
            task, hidden, l2, what = match.groups()
            cells.setdefault((task, hidden), {}).setdefault(l2.replace("_", "."), {})[what] = claim
    headings = list(dict.fromkeys(l2 for row in cells.values() for l2 in row))
    rows = [
        _Row(f"{task}, {hidden}", tuple((row[l2]["error"], row[l2]["accuracy"]) for l2 in headings))
        for (task, hidden), row in cells.items()
    ]
    return [f"L2 {l2}" for l2 in headings], rows


@dataclass(frozen=True)
class _Figure:
    path: str
    data: str


def _figures(audit: Audit, folder: Path) -> Iterator[_Figure]:
    """The experiment's figures, small, as data that the page itself holds."""
    for output in audit.outputs:
        path = folder / output.path
        if output.path.startswith("figures/") and path.suffix == ".png" and path.is_file():
            try:
                with Image.open(path) as image:
                    image.thumbnail((_THUMBNAIL, 4 * _THUMBNAIL))
                    content = io.BytesIO()
                    image.convert("RGB").quantize(64).save(content, "PNG", optimize=True)
            except OSError:
                continue  # damaged: integrity says so
            yield _Figure(output.path, base64.b64encode(content.getvalue()).decode())


def _link(path: str, folder: Path) -> str:
    """Where a result lies as seen from the page; empty where it does not."""
    return quote(f"../{path}") if (folder / path).is_file() else ""


def _markdown_link(path: str, folder: Path) -> str:
    link = _link(path, folder)
    return f"[{path}]({link})" if link else path


def _interval(claim: ClaimResult) -> str:
    """A claim's interval, to the digits of its value."""
    if claim.interval is None:
        return ""
    form = {"spectral error": "{:.4f}", "accuracy": "{:.2f}"}.get(claim.group, "{:.0%}")
    return " to ".join(form.format(end) for end in claim.interval)


def _outcome(check: Any) -> str:
    if check.passed:
        return f"passed, {check.checked} checked"
    return f"FAILED, {len(check.findings)} found in {check.checked} checked"


def _commit(output: Output) -> str:
    return _brief(output.commit) + (" + changes" if output.dirty else "")


def _versions(output: Output) -> str:
    return ", ".join(f"{name} {version}" for name, version in output.versions.items())


def _brief(digest: str) -> str:
    return digest[:10]


def _word(verdict: str) -> str:
    """A verdict as a class or an anchor."""
    return verdict.replace(" ", "-")


def _rows(columns: tuple[str, ...], rows: Any) -> list[str]:
    """A Markdown table and an empty line."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return [*lines, *("| " + " | ".join(_flat(str(cell)) for cell in row) + " |" for row in rows), ""]


def _flat(text: str) -> str:
    """Text for a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", r"\|")
