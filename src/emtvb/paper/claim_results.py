"""What an experiment's runs say of a claim, as values, and how many claims have which verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from emtvb.paper import significance
from emtvb.paper.significance import Answer, ClaimVerdict

Kind = Literal[
    "published table values", "Table 1 as a whole", "published statements", "our own checks", "claims of others"
]  # fmt: skip
KINDS: dict[Kind, tuple[str, ...]] = {
    "published table values": ("spectral error", "accuracy"),
    "Table 1 as a whole": ("whole",),
    "published statements": ("statement",),
    "our own checks": ("check",),
    "claims of others": ("others",),
}
"""Kinds of claims, which are counted apart, and the groups that each has."""


@dataclass(frozen=True)
class StatedClaim:
    """A published number or statement, or one of our own checks, as it is stated.

    Attributes:
        name: Stable and unique; also the claim's anchor on the page.
        group: ``accuracy`` and ``spectral error`` for cells of Table 1, ``whole`` for all of them together,
            ``statement`` for what the paper says, ``check`` for what we ask besides, ``others`` for what others say.
        source: Where it is published.
        statement: What is claimed, in words of our own.
        quote: What stands there, in short.
        published: The published value, as printed; empty where there is none.
        printed: The published value as a number; None where there is none.
    """

    name: str
    group: str
    source: str
    statement: str
    quote: str = ""
    published: str = ""
    printed: float | None = None

    @property
    def kind(self) -> Kind:
        """The kind that it is counted with."""
        return next(kind for kind, groups in KINDS.items() if self.group in groups)


@dataclass(frozen=True)
class Criterion:
    """What must be true of our runs for a claim to be consistent with them.

    Attributes:
        rule: When it is consistent and when inconsistent, in words.
        margin: From where to where a published value counts as the same as this; None for statements.
        bar: That of the first condition; None where there is none.
        reason: Why the bar is where it is.
        operationalisation: Which bars are ours and not the paper's.
    """

    rule: str
    margin: tuple[float, float] | None = None
    bar: float | None = None
    reason: str = ""
    operationalisation: str = ""


@dataclass(frozen=True)
class Finding:
    """What our runs say of a claim.

    Attributes:
        verdict: What the rule says.
        because: Why, in words.
        ours: Our value, in the form of the published one; empty where there is none.
        value: Our value as a number; None where there is none.
        interval: 95%: for a number, of what the paper would have printed if its seeds were like ours; for a statement,
            of the share of networks for which it holds, where all are judged together. None where there is none.
        seeds: Seeds that our value speaks of.
        networks: Networks that it speaks of.
        tendency: Of a claim about networks, whether it holds for most; empty of others.
        universality: Whether it holds for all; empty of claims that are not about networks.
    """

    verdict: ClaimVerdict
    because: str
    ours: str = ""
    value: float | None = None
    interval: tuple[float, float] | None = None
    seeds: int = 0
    networks: int = 0
    tendency: Answer | Literal[""] = ""
    universality: Answer | Literal[""] = ""

    @property
    def badge(self) -> str:
        """What is said of the claim in a word or two: :func:`significance.badge_of_claim`."""
        return significance.badge_of_claim(self.verdict, self.tendency, self.universality)


@dataclass(frozen=True)
class Stratum:
    """What networks of one group say about a statement.

    Attributes:
        title: Which group: ``L2 0.001``.
        holds: For how many it holds.
        networks: Of how many.
        seeds: Theirs.
        interval: 95%, of the share; None where there are too few.
        verdict: Of this group alone.
        curve: Per bar, the share that meets it.
    """

    title: str
    holds: int
    networks: int
    seeds: int
    interval: tuple[float, float] | None
    verdict: ClaimVerdict
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What a finding rests on.

    Attributes:
        files: Where to look, relative to the experiment's folder.
        strata: The groups of networks that were judged apart.
        rows: The networks by task, size and penalty with the share's interval, or the seeds, with what was measured of
            them.
        neighbours: Bars with what is said of the claim there, its own among them; empty where it has no others.
        beside: Other bases, and for how many of the same networks it holds there.
    """

    files: tuple[str, ...] = ()
    strata: tuple[Stratum, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    neighbours: tuple[tuple[float, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ClaimResult:
    """What our runs say about one published number or statement, or about one of our own checks.

    Attributes:
        claim: What is claimed.
        criterion: When it is consistent with our runs.
        finding: What our runs say, with the verdict.
        evidence: What that rests on.
    """

    claim: StatedClaim
    criterion: Criterion
    finding: Finding
    evidence: Evidence = field(default_factory=Evidence)


def count_verdicts(results: Iterable[ClaimResult]) -> dict[Kind, dict[ClaimVerdict, int]]:
    """How many claims of each kind have each verdict."""
    tallies: dict[Kind, dict[ClaimVerdict, int]] = {
        kind: dict.fromkeys(significance.CLAIM_VERDICTS, 0) for kind in KINDS
    }
    for result in results:
        tallies[result.claim.kind][result.finding.verdict] += 1
    return tallies


def count_answers(results: Iterable[ClaimResult]) -> dict[Kind, dict[str, dict[Answer, int]]]:
    """How many claims of each kind have each answer, by the question: ``tendency``, ``universality``."""
    given = [(result.claim.kind, result.finding) for result in results if result.finding.tendency]
    return {
        kind: {
            question: {
                answer: count
                for answer in significance.ANSWERS
                if (count := sum(getattr(of, question) == answer for own, of in given if own == kind))
            }
            for question in significance.Answers._fields
        }
        for kind in dict.fromkeys(kind for kind, _ in given)
    }
