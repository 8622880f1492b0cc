"""What an audit found: the model that its checks fill, and how it is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from emtvb.errors import printable

State = Literal["passed", "FAILED", "not asked", "not comparable"]
Outcome = Literal["passed", "FAILED", "incomplete"]

REPORT, SUMMARY = FILES = ("report.md", "summary.json")
"""What an audit writes into the folder ``audit`` of an experiment."""
OUTCOMES: dict[Outcome, str] = {
    "passed": "our own results are what they say",
    "FAILED": "our own results are not all what they say",
    "incomplete": "nothing is wrong with our own results, but not every question was asked or could be answered",
}
STATUS: dict[Outcome, int] = {"passed": 0, "FAILED": 1, "incomplete": 3}
"""The exit status of a command that audits."""
AGAIN = "make it anew: snakemake --force and its path"
"""A remedy."""
_MOST = 8
"""Findings of a check that a terminal gets."""
_THINGS = {
    "integrity": "file", "currency": "job", "consistency": "network", "seeds": "network", "made again": "file",
    "determinism": "run",
}  # fmt: skip
"""What a check looks at, by its name."""


@dataclass(frozen=True)
class Finding:
    """Something wrong.

    Attributes:
        subject: With what: a file, a run, a setting.
        problem: What is wrong with it.
        remedy: What to do.
    """

    subject: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")


@dataclass(frozen=True)
class Check:
    """A question asked of our own results.

    Attributes:
        name: In a word.
        question: What was asked.
        checked: Of how many things it was asked and could be answered.
        findings: The answers that are not yes.
        note: What a reader should know beside them, such as why nothing was checked.
        how: ``compared``: with what the records, or other files, say. ``recomputed``: made again, here.
        of: How many such things there are, where a sample was taken; 0 where all were asked about.
        incomparable: Of how many it was asked and cannot be answered here.
    """

    name: str
    question: str
    checked: int
    findings: tuple[Finding, ...]
    note: str = ""
    how: Literal["compared", "recomputed"] = "compared"
    of: int = 0
    incomparable: int = 0

    @property
    def state(self) -> State:
        """Passed is what was asked, could be answered, and of which nothing is wrong."""
        if self.findings:
            return "FAILED"
        if self.incomparable:
            return "not comparable"
        return "passed" if self.checked else "not asked"

    @property
    def count(self) -> str:
        """``no problems in 154 files``, ``no problems in 2 of 240 runs``."""
        if not (self.checked or self.findings or self.incomparable):
            return "nothing was checked"
        thing, problems = _THINGS[self.name], len(self.findings)
        many = self.of or self.checked
        of = f"{self.checked} of {self.of}" if self.of > self.checked else str(self.checked)
        text = f"{problems or 'no'} problem{'s' * (problems != 1)} in {of} {thing}{'s' * (many != 1)}"
        return text + (f", {self.incomparable} could not be compared" if self.incomparable else "")


@dataclass(frozen=True)
class Audit:
    """Everything that an audit of one experiment found.

    Attributes:
        experiment: Its name.
        made: When the audit was made, UTC.
        held_to: To which config.
        checks: Of our own results.
        environment: Where the audit ran, name to value.
        verdicts: What the results say of the paper's claims, as they state it: by kind, how many have which verdict.
    """

    experiment: str
    made: str
    held_to: str
    checks: tuple[Check, ...]
    environment: Mapping[str, str]
    verdicts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """Of our own results; a claim of the paper that differs is a finding, no failure."""
        states = {check.state for check in self.checks}
        if "FAILED" in states:
            return "FAILED"
        return "passed" if states == {"passed"} else "incomplete"

    def summary(self) -> str:
        """The outcome, its date, commit and counts, as JSON text."""
        checks = {check.name: f"{check.state}: {check.count}" for check in self.checks}
        about = {"experiment": self.experiment, "made": self.made, "commit": self.environment.get("commit", "")}
        return (
            json.dumps({**about, "held to": self.held_to, "outcome": self.outcome, "checks": checks}, indent=2) + "\n"
        )

    def lines(self) -> list[str]:
        """All of it for a terminal: of each check the first findings."""
        lines = []
        for check in self.checks:
            lines.append(f"{check.name}: {check.state}, {check.count}. {check.note}".strip())
            lines += [f"  {finding}" for finding in check.findings[:_MOST]]
            if len(check.findings) > _MOST:
                lines.append(f"  and {len(check.findings) - _MOST} more, in audit/{REPORT}")
        lines.append(f"held to {self.held_to}")
        lines.append(f"{self.outcome}: {OUTCOMES[self.outcome]}")
        return [*map(printable, lines), *(f"{kind}: {counted(counts)}" for kind, counts in self.verdicts.items())]

    def as_markdown(self) -> str:
        """All of it."""
        about = f"Made {self.made}, held to {self.held_to}. {OUTCOMES[self.outcome].capitalize()}."
        lines = [f"# Audit of {self.experiment}: {self.outcome}", "", about, ""]
        for check in self.checks:
            lines += [f"## {check.name.capitalize()}, {check.how}: {check.state}", ""]
            lines += [f"{check.question} {check.count.capitalize()}. {check.note}".strip(), ""]
            if check.findings:
                lines += _table(
                    ("what", "problem", "remedy"), [(f.subject, f.problem, f.remedy) for f in check.findings]
                )
        lines += ["## Environment", "", *_table(("what", "value"), list(self.environment.items()))]
        return "\n".join(map(printable, lines)).rstrip("\n") + "\n"


def counted(counts: Mapping[str, int]) -> str:
    """``24 whole learning curves, 13 files of weights``."""
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table and an empty line."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    flat = [[" ".join((cell or "none").split()).replace("|", r"\|") for cell in row] for row in rows]
    return [*lines, *(f"| {' | '.join(row)} |" for row in flat), ""]
