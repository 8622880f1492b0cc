"""What an audit found: the model that its checks fill and its pages show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from emtvb.paper import verdicts
from emtvb.paper.evidence import VERDICTS, Verdict
from emtvb.paper.verdicts import ClaimResult, Kind

__all__ = ["VERDICTS", "Audit", "Check", "ClaimResult", "Finding", "Kind", "Outcome", "Output", "State", "Verdict"]

State = Literal["passed", "FAILED", "not asked", "not comparable"]
Outcome = Literal["passed", "FAILED", "incomplete"]


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
    def passed(self) -> bool:
        """Whether it was asked, could be answered, and nothing is wrong."""
        return self.state == "passed"


@dataclass(frozen=True)
class Output:
    """A file and what made it.

    Attributes:
        path: Relative to the experiment's folder.
        sha256: Of its bytes.
        rule: The workflow's rule.
        code: Hash of the code that the rule's script can reach.
        made: When, UTC.
        commit: The project's git commit.
        dirty: Whether the work tree had uncommitted changes.
        versions: Libraries that mattered.
        seeds: Of the runs that it is about, as ``1-5, 7``; empty where its rule was handed none.
        record: Where its record lies, with all that the rule was handed; relative to the experiment's folder.
    """

    path: str
    sha256: str
    rule: str
    code: str
    made: str
    commit: str
    dirty: bool
    versions: Mapping[str, str]
    seeds: str
    record: str


@dataclass(frozen=True)
class Audit:
    """Everything that an audit of one experiment found.

    Attributes:
        experiment: Its name.
        made: When the audit was made, UTC.
        checks: Of our own results.
        claims: Of the paper.
        environment: Where the audit ran, name to value.
        outputs: Every file and what made it.
        left_out: Files that are not kept here, as the project allows, by kind.
        judged_by: What judged: digests of the claims and of the code, by name.
    """

    experiment: str
    made: str
    checks: tuple[Check, ...]
    claims: tuple[ClaimResult, ...]
    environment: Mapping[str, str]
    outputs: tuple[Output, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    judged_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """Of our own results; a claim of the paper that differs is a finding, no failure."""
        if any(check.state == "FAILED" for check in self.checks):
            return "FAILED"
        return "passed" if all(check.passed for check in self.checks) else "incomplete"

    @property
    def passed(self) -> bool:
        """Whether every question was asked and answered, and nothing is wrong with our own results."""
        return self.outcome == "passed"

    def verdicts(self) -> dict[Kind, dict[Verdict, int]]:
        """How many claims of each kind have each verdict; kinds are never added up."""
        return verdicts.counts(self.claims)

    def as_json(self) -> str:
        """Everything as JSON text, ``passed``, ``outcome`` and ``verdicts`` included."""
        about = {
            "experiment": self.experiment, "made": self.made, "passed": self.passed, "outcome": self.outcome,
            "verdicts": self.verdicts(),
        }  # fmt: skip
        checks = [{**asdict(check), "passed": check.passed, "state": check.state} for check in self.checks]
        claims = [{**asdict(claim), "kind": claim.kind} for claim in self.claims]
        content = {**asdict(self), **about, "checks": checks, "claims": claims}
        return json.dumps({**about, **content}, indent=2, default=dict) + "\n"
