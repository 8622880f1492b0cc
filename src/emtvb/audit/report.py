"""The model that an audit's checks fill, and how it is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

State = Literal["passed", "FAILED", "incomplete", "not checked"]
Outcome = Literal["passed", "FAILED", "incomplete"]

REPORT, SUMMARY = FILES = ("audit/report.md", "audit/summary.json")
"""What an audit writes into an experiment's folder."""
OUTCOMES: dict[Outcome, str] = {
    "passed": "our own results are what they say",
    "FAILED": "our own results are not all what they say",
    "incomplete": "nothing is wrong with our own results, but not everything was checked",
}
STATUS: dict[Outcome, int] = {"passed": 0, "FAILED": 1, "incomplete": 3}
"""The exit status of a command that audits."""
AGAIN = "make it again: snakemake --force and its path"
COPY = "put it back with git checkout, if git has it so; else a copy"
BACK = f"{COPY}; else {AGAIN}"
"""Remedies."""
NOT_ASKED = "Not asked for."
_MOST = 8
"""Findings of a check that a terminal gets."""


@dataclass(frozen=True)
class Finding:
    """Something wrong.

    Attributes:
        subject: With what: files, a run, a setting.
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
        checked: How many things were checked, by what they are, such as a file.
        findings: What is wrong with them.
        note: What a reader should know beside them, such as why nothing was checked.
        of: How many such things there are, where not all were checked.
        unchecked: How many were asked about and could not be checked here.
        drawn: The names of what was drawn, where a sample was.
        missed: How probable it is that an error in one thing that could have been drawn is missed.
    """

    name: str
    question: str
    checked: Mapping[str, int]
    findings: tuple[Finding, ...]
    note: str = ""
    of: Mapping[str, int] = field(default_factory=dict)
    unchecked: int = 0
    drawn: tuple[str, ...] = ()
    missed: str = ""

    @property
    def state(self) -> State:
        """Passed is what was checked, all that was asked about, and of which nothing is wrong."""
        if self.findings:
            return "FAILED"
        if not any(self.checked.values()):
            return "not checked"
        return "passed" if all(self.checked.values()) and not self.unchecked else "incomplete"

    @property
    def headline(self) -> str:
        """The state, and beside it the chance to have missed something."""
        return f"{self.state} ({self.missed})" if self.missed and self.state != "not checked" else self.state

    @property
    def count(self) -> str:
        """``no problems in 154 files``, ``no problems in 94 files and 2 of 240 runs, 3 not checked``."""
        if self.state == "not checked":
            return f"{self.unchecked or 'nothing was'} {'not ' * bool(self.unchecked)}checked"
        problems, numbers = len(self.findings), []
        for thing, checked in self.checked.items():
            of = max(self.of.get(thing, 0), checked)
            numbers.append(f"{checked}{f' of {of}' * (of > checked)} {thing}{'s' * (of != 1)}")
        unchecked = f", {self.unchecked} not checked" * bool(self.unchecked)
        return f"{problems or 'no'} problem{'s' * (problems != 1)} in {' and '.join(numbers)}{unchecked}"

    @property
    def sentence(self) -> str:
        """The count, and the note."""
        return f"{self.count}. {self.note}".strip()


@dataclass(frozen=True)
class Audit:
    """Everything that an audit of one experiment found.

    Attributes:
        experiment: Its name.
        made: When the audit was made, UTC.
        held_to: To which config.
        checks: Of our own results.
        environment: Where the audit ran, name to value.
    """

    experiment: str
    made: str
    held_to: str
    checks: tuple[Check, ...]
    environment: Mapping[str, str]

    @property
    def outcome(self) -> Outcome:
        """Of all checks."""
        states = {check.state for check in self.checks}
        if "FAILED" in states:
            return "FAILED"
        return "passed" if states == {"passed"} else "incomplete"

    @property
    def headline(self) -> str:
        """The outcome in words, with the chances to have missed something."""
        missed = [check.missed for check in self.checks if check.missed and check.state != "not checked"]
        return "; ".join([OUTCOMES[self.outcome], *missed])

    def summary(self) -> str:
        """The outcome, its date, commit and counts, and what was drawn, as JSON text."""
        about = {
            "experiment": self.experiment, "made": self.made, "commit": self.environment.get("commit", ""),
            "held to": self.held_to, "outcome": self.outcome,
            "checks": {check.name: f"{check.headline}: {check.count}" for check in self.checks},
            "drawn": {check.name: check.drawn for check in self.checks if check.drawn},
        }  # fmt: skip
        return json.dumps(about, indent=2) + "\n"

    def lines(self) -> list[str]:
        """All of it for a terminal: of each check the first findings."""
        lines = []
        for check in self.checks:
            lines.append(f"{check.name}: {check.headline}, {check.sentence}")
            lines += [f"  {finding}" for finding in check.findings[:_MOST]]
            if len(check.findings) > _MOST:
                lines.append(f"  and {len(check.findings) - _MOST} more, in {REPORT}")
        lines.append(f"held to {self.held_to}")
        return [*lines, f"{self.outcome}: {self.headline}"]

    def as_markdown(self) -> str:
        """All of it, with every finding and what was drawn."""
        made = f"Made {self.made}, held to {self.held_to}. {self.headline.capitalize()}."
        lines = [f"# Audit of {self.experiment}: {self.outcome}", "", made]
        for check in self.checks:
            lines += ["", f"## {check.name.capitalize()}: {check.headline}", "", check.question, check.sentence, ""]
            lines += [f"- {finding}" for finding in check.findings]
            lines += [f"Drawn: {', '.join(check.drawn)}."] if check.drawn else []
        lines += ["", "## Environment", ""]
        return "\n".join([*lines, *(f"- {name}: {value or 'none'}" for name, value in self.environment.items())]) + "\n"


def chance_to_miss(drawn: int, everything: int, thing: str) -> str:
    """The chance to miss an error in one thing alone, of which some were drawn; empty where all were."""
    if drawn >= everything:
        return ""
    missed = Fraction(everything - drawn, everything)
    return f"an error in one {thing} alone is missed with a chance of {missed.numerator} in {missed.denominator}"
