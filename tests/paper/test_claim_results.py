from __future__ import annotations

from collections import Counter

from emtvb.paper import claims
from emtvb.paper.claim_results import KINDS, count_answers, count_verdicts
from emtvb.paper.verdicts import evaluate_claims

from .made_up import sweep


def test_kinds_are_counted_apart() -> None:
    results = evaluate_claims(sweep(8))
    found = count_verdicts(results)
    assert list(found) == list(KINDS)
    of = Counter(claim.group for claim in claims.load_claims().statements)
    checks = len(results) - 48 - 2 - of["statement"] - of["others"]
    assert [sum(count.values()) for count in found.values()] == [48, 2, of["statement"], checks, of["others"]]


def test_answers_are_counted_of_claims_about_networks_alone() -> None:
    results = evaluate_claims(sweep(20))
    tallies = count_answers(results)
    of_the_paper = [claim for claim in claims.load_claims().statements if claim.group == "statement"]
    for question in ("tendency", "universality"):
        counted = tallies["published statements"][question]
        assert sum(counted.values()) == len(of_the_paper)
        own = [result.finding for result in results if result.claim.group == "statement"]
        assert counted == Counter(getattr(finding, question) for finding in own)
    assert "published table values" not in tallies
