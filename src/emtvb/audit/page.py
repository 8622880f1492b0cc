"""An audit as pages: Markdown, and one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from emtvb.audit.left_out import patterns as left_out_patterns
from emtvb.audit.report import VERDICTS, Audit, Check, ClaimResult, Kind, Outcome, Output
from emtvb.paper import claims, evidence
from emtvb.paper.verdicts import Stratum

TITLES: dict[Kind, str] = {
    "published statements": "What the paper says of the networks",
    "published table values": "Table 1",
    "our own checks": "What we asked besides",
}
"""Kinds of claims, in the order in which they are shown."""
_ABOUT: dict[Kind, str] = {
    "published statements": "Each in its own words as far as these can be tested, and by bars of ours, named so, where "
    "the paper gives none.",
    "published table values": "Each printed value, a spectral error in radians or a test accuracy, beside what 20 of "
    "the paper's seeds would have printed if they were like ours.",
    "our own checks": "The paper does not print these; a reader takes them for granted, and where one differs, should "
    "not.",
}
_MEANING = (
    "An audit fails where something is wrong with our own results: a file that is not what its record says, one that "
    "the present code would make otherwise, a number that does not come out again. It is incomplete where a question "
    "was not asked, or cannot be answered here. What it says of the paper's claims is a finding: a claim that differs "
    "fails nothing."
)
OUTCOMES: dict[Outcome, str] = {
    "passed": "our own results are what they say",
    "FAILED": "our own results are not all what they say",
    "incomplete": "nothing is wrong with our own results, but not every question was asked or could be answered",
}
_ERRS = (
    "Agreement and difference are two questions, each with an error rate of its own: in simulated sweeps neither is "
    "said wrongly of more than 5% of values, and differences in the table are corrected for its 48 values. Of the "
    "statements and checks each answer is wrong in 2.5% of cases: of {count}, one in {often} audits has a false one."
)
THINGS = {
    "integrity": "file", "currency": "job", "consistency": "record and run", "tables": "job", "exemplars": "job",
    "figures": "figure", "measurements": "network", "determinism": "run",
}  # fmt: skip
"""What a check looks at, by its name."""
_FORMS = {"agrees": "agree", "differs": "differ", "undecided": "undecided"}
"""Verdicts of several claims."""
_WIDTH = 1000
"""Of a figure, pixels."""
_ACCURACIES, _ERRORS = (0.4, 1.02), (2e-4, 0.1)
"""From where to where values are plotted; errors on a logarithmic axis."""


def as_html(audit: Audit, folder: Path) -> str:
    """The audit as one HTML page, for the ``audit`` folder of its experiment.

    Args:
        audit: It.
        folder: The experiment's folder: figures come from there, and only what lies there, and is kept where the
            results are published, is linked.
    """
    environment = Environment(
        loader=PackageLoader("emtvb.audit", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        link=_links(folder), interval=_interval, brief=_brief, word=_word, short=_short, outcome=outcome,
        plot=_plot, points=_points, number=_number, counted=counted,
    )  # fmt: skip
    script = environment.loader.get_source(environment, "page.js")[0] if environment.loader else ""
    paper = claims.load()
    authors, _, title = paper.paper.partition(": ")
    return environment.get_template("page.html.j2").render(
        audit=audit,
        authors=authors,
        title=title.rpartition(", arXiv")[0] or title,
        paper=paper,
        kinds=_by_kind(audit),
        counts=audit.verdicts(),
        titles=TITLES,
        about=_ABOUT,
        verdicts=VERDICTS,
        counted_as=counted_as,
        asked=", ".join(sorted({claim.published for claim in audit.claims if claim.kind == "published statements"})),
        decided=_decided(audit.claims),
        reasons=_reasons(audit.claims),
        figures=list(_figures(audit, folder)),
        meaning=_MEANING,
        outcomes=OUTCOMES,
        errs=_errs(audit),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def as_markdown(audit: Audit, folder: Path) -> str:
    """The audit as Markdown, for the ``audit`` folder of its experiment.

    Args:
        audit: It.
        folder: The experiment's folder: only what lies there, and is kept where it is published, is linked.
    """
    paper, link = claims.load(), _links(folder)
    lines = [f"# Audit of {audit.experiment}: {audit.outcome}", ""]
    lines += [f"Of [{paper.paper}]({paper.link}). Made {audit.made}. {_sentence(OUTCOMES[audit.outcome])}", ""]
    lines += [f"- {kind}: {in_words(count)}" for kind, count in audit.verdicts().items() if any(count.values())]
    lines += [f"- {check.name} ({check.how}): {check.state}, {outcome(check)}" for check in audit.checks]
    lines += [f"- left out: {counted(audit.left_out)}"] if audit.left_out else []
    lines += ["", _MEANING, ""]
    for kind, of_kind in _by_kind(audit).items():
        lines += [f"## {TITLES[kind]}: {in_words(audit.verdicts()[kind])}", "", _ABOUT[kind], ""]
        rows = [
            (
                f'<a id="{c.name}"></a>{c.statement}' + (f" *{c.operationalisation}*" if c.operationalisation else ""),
                c.source,
                c.published,
                c.ours or "none",
                _interval(c) or "none",
                c.seeds,
                f"**{c.verdict}**",
                c.because,
                "; ".join(filter(None, (c.decides, f"reach: {c.reach}" if c.reach else ""))) or "nothing more",
            )
            for c in of_kind
        ]
        columns = ("claim", "source", "published", "ours", "95% interval", "seeds", "verdict", "because", "to decide")
        lines += _rows(columns, rows)
    if audit.claims:
        lines += [_errs(audit), "", "## Rules", ""]
        rules = {claim.rule: claim for claim in audit.claims}
        lines += [f"- {claim.group}: {_flat(rule)}" for rule, claim in rules.items()] + [""]
    for check in audit.checks:
        said = f"{check.question} {outcome(check).capitalize()}. {check.note}".strip()
        lines += [f"## {check.name.capitalize()}, {check.how}: {check.state}", "", said, ""]
        if check.findings:
            found = [(f.subject, f.problem, f.remedy or "none") for f in check.findings]
            lines += _rows(("what", "problem", "remedy"), found)
    lines += ["## Environment", "", *_rows(("what", "value"), [*audit.judged_by.items(), *audit.environment.items()])]
    lines += ["## Outputs and what made them", ""]
    made = [
        (
            f"[{o.path}]({link(o.path)})" if link(o.path) else o.path, o.rule, o.seeds or "all", o.code, _commit(o),
            _versions(o) or "none", o.made, o.sha256[:12],
        )
        for o in audit.outputs
    ]  # fmt: skip
    heads = ("file", "rule", "seeds", "code", "commit", "versions", "made", "sha256")
    return "\n".join(lines + _rows(heads, made)).rstrip("\n") + "\n"


def _by_kind(audit: Audit) -> dict[Kind, list[ClaimResult]]:
    kinds = {kind: [claim for claim in audit.claims if claim.kind == kind] for kind in TITLES}
    return {kind: of_kind for kind, of_kind in kinds.items() if of_kind}


def _decided(results: Sequence[ClaimResult]) -> list[str]:
    """Which values of the table agree and which differ: 8 errors ``---`` agree, 2 errors agree."""
    table = [claim for claim in results if claim.kind == "published table values" and claim.verdict != "undecided"]
    counts = Counter((claim.verdict, claim.group, claim.published == "---") for claim in table).most_common()
    names = {"accuracy": ("accuracy", "accuracies"), "spectral error": ("error", "errors")}
    return [
        f"{number} {names[group][number != 1]}{' ---' if none else ''} {verdict if number == 1 else _FORMS[verdict]}"
        for (verdict, group, none), number in counts
    ]


def _reasons(results: Sequence[ClaimResult], most: int = 4) -> list[tuple[int, str]]:
    """What would decide the undecided values of the table, and how many of them."""
    table = [claim for claim in results if claim.kind == "published table values" and claim.verdict == "undecided"]
    counts = Counter(claim.decides or claim.because for claim in table).most_common()
    others = sum(count for _, count in counts[most:])
    return [(count, reason) for reason, count in counts[:most]] + ([(others, "other reasons")] if others else [])


def _errs(audit: Audit) -> str:
    shares = sum(bool(claim.strata) for claim in audit.claims)
    return _ERRS.format(count=shares, often=max(round(1 / (0.025 * shares)), 1) if shares else 1)


def counted_as(verdict: evidence.Verdict, number: int) -> str:
    """A verdict with a number before it: 1 differs, 2 differ."""
    return f"{number} {verdict if number == 1 else _FORMS[verdict]}"


def in_words(count: dict[evidence.Verdict, int]) -> str:
    """Counts in words: 13 agree, 0 differ, 35 undecided."""
    return ", ".join(counted_as(verdict, number) for verdict, number in count.items())


@dataclass(frozen=True)
class _Plot:
    """A row of a forest plot, places in percent of its width; None where there is nothing."""

    printed: float
    margin: tuple[float, float]
    ours: float | None
    interval: tuple[float, float] | None


def _plot(claim: ClaimResult) -> _Plot | None:
    """A published value, its margin, our value and what 20 seeds like ours would print; None where it is ``---``."""
    if claim.printed is None or claim.margin is None:
        return None
    logarithmic = claim.group == "spectral error"
    ends = _ERRORS if logarithmic else _ACCURACIES

    def place(value: float) -> float:
        low, high, at = (math.log(max(x, 1e-9)) if logarithmic else x for x in (*ends, value))
        return round(min(max((at - low) / (high - low), 0), 1) * 100, 2)

    ours = None if claim.value is None else place(claim.value)
    interval = None if claim.interval is None else (place(claim.interval[0]), place(claim.interval[1]))
    return _Plot(place(claim.printed), (place(claim.margin[0]), place(claim.margin[1])), ours, interval)


def _points(stratum: Stratum) -> str:
    """A curve's points for SVG, in a field of 100 by 40: bars side by side, their share upwards."""
    last = max(len(stratum.curve) - 1, 1)
    return " ".join(f"{100 * i / last:.1f},{40 - 40 * share:.1f}" for i, (_, share) in enumerate(stratum.curve))


@dataclass(frozen=True)
class _Figure:
    path: str
    data: str


def _figures(audit: Audit, folder: Path) -> Iterator[_Figure]:
    """The experiment's figures, as data that the page itself holds."""
    for output in audit.outputs:
        path = folder / output.path
        if output.path.startswith("figures/") and path.suffix == ".png" and path.is_file():
            try:
                with Image.open(path) as image:
                    image.thumbnail((_WIDTH, 4 * _WIDTH))
                    content = io.BytesIO()
                    image.convert("RGB").quantize(64).save(content, "PNG", optimize=True)
            except OSError:
                continue  # damaged: integrity says so
            yield _Figure(output.path, base64.b64encode(content.getvalue()).decode())


def _links(folder: Path) -> Any:
    """Where a result lies as seen from the page; empty where it does not, or is left out of what is published."""
    patterns = left_out_patterns(folder)

    def link(path: str) -> str:
        kept = not any(fnmatch(path, pattern) for pattern in patterns)
        return quote(f"../{path}") if kept and (folder / path).is_file() else ""

    return link


def _interval(claim: ClaimResult) -> str:
    """A claim's interval, to the digits of its value."""
    if claim.interval is None:
        return ""
    form = {"spectral error": "{:.4f}", "accuracy": "{:.2f}"}.get(claim.group, "{:.0%}")
    return " to ".join(form.format(end) for end in claim.interval)


def outcome(check: Check) -> str:
    """``no problems in 154 files``, ``no problems in 2 of 240 runs``."""
    thing = THINGS.get(check.name, "thing")
    if not (check.checked or check.findings or check.incomparable):
        return "nothing was checked"
    found = len(check.findings)
    of = f"{check.checked} of {check.of}" if check.of else str(check.checked)
    many = check.of or check.checked
    said = f"{found or 'no'} problem{'s' * (found != 1)} in {of} {_plural(thing) if many != 1 else thing}"
    return said + (f", {check.incomparable} could not be compared" if check.incomparable else "")


def counted(left_out: Mapping[str, int]) -> str:
    """``24 whole learning curves, 13 files of weights``."""
    return ", ".join(f"{count} {kind}" for kind, count in left_out.items())


def said(text: str) -> str:
    """What a page says, without its links and pictures: those depend on what else lies there."""
    text = re.sub(r'<section id="pictures">.*?</section>|<nav.*?</nav>', "", text, flags=re.DOTALL)
    text = re.sub(r'</?a\b[^>]*>|\s*<span class="faint">\(not kept here\)</span>', "", text)
    return re.sub(r"\s+", " ", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text))


def _plural(thing: str) -> str:
    return " and ".join(f"{word}s" for word in thing.split(" and "))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _short(claim: ClaimResult) -> str:
    """What a claim is called in a list: a short sentence, its name in words, or its cell."""
    if claim.name.startswith("table1-"):
        return claim.source.partition(": ")[2]
    return _in_short().get(claim.name) or claim.name.replace("-", " ")


@lru_cache(maxsize=1)
def _in_short() -> dict[str, str]:
    return {statement.name: statement.short for statement in claims.load().statements}


def _number(value: float) -> str:
    return f"{value:g}"


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
