"""What an audit found: the model that its checks fill and its pages show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from emtvb.paper import verdicts
from emtvb.paper.evidence import VERDICTS, Verdict
from emtvb.paper.verdicts import ClaimResult, Kind

__all__ = ["VERDICTS", "Audit", "Check", "ClaimResult", "Finding", "Kind", "Output", "Verdict"]


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
    """A question asked of our own results: integrity, currency, determinism.

    Attributes:
        name: In a word.
        question: What was asked.
        checked: Of how many things it was asked.
        findings: The answers that are not yes.
        note: What a reader should know beside them, such as why nothing was checked.
    """

    name: str
    question: str
    checked: int
    findings: tuple[Finding, ...]
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.findings


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
        settings: What the rule was handed, as JSON text.
    """

    path: str
    sha256: str
    rule: str
    code: str
    made: str
    commit: str
    dirty: bool
    versions: Mapping[str, str]
    settings: str


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
    """

    experiment: str
    made: str
    checks: tuple[Check, ...]
    claims: tuple[ClaimResult, ...]
    environment: Mapping[str, str]
    outputs: tuple[Output, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong with our own results; a claim of the paper that differs is a finding, no failure."""
        return all(check.passed for check in self.checks)

    def verdicts(self) -> dict[Kind, dict[Verdict, int]]:
        """How many claims of each kind have each verdict; kinds are never added up."""
        return verdicts.counts(self.claims)

    def as_json(self) -> str:
        """Everything as JSON text, ``passed`` and ``verdicts`` included."""
        about = {"experiment": self.experiment, "made": self.made, "passed": self.passed, "verdicts": self.verdicts()}
        checks = [{**asdict(check), "passed": check.passed} for check in self.checks]
        claims = [{**asdict(claim), "kind": claim.kind} for claim in self.claims]
        content = {**asdict(self), **about, "checks": checks, "claims": claims}
        return json.dumps({**about, **content}, indent=2, default=dict) + "\n"
