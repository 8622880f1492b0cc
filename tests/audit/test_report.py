from __future__ import annotations

import json

import pytest

from emtvb.audit.report import Audit, Check, ClaimResult, Finding, Verdict


def claim(verdict: Verdict) -> ClaimResult:
    return ClaimResult("c", "statement", "abstract", "", "it works", "", "", None, 5, 10, "always", verdict, "so")


def audit(*checks: Check, claims: tuple[ClaimResult, ...] = ()) -> Audit:
    return Audit("try", "2030-01-01T00:00:00Z", checks, claims, {"python": "3"}, ())


def test_a_finding_fails_the_audit_and_a_claim_does_not() -> None:
    good = Check("integrity", "?", 3, ())
    bad = Check("currency", "?", 3, (Finding("a.csv", "is stale", "run again"),))
    assert audit(good, claims=(claim("differs"),)).passed
    assert not audit(good, bad).passed


@pytest.mark.parametrize(
    ("check", "state", "outcome"),
    [
        (Check("determinism", "?", 2, (), of=240), "passed", "passed"),
        (Check("determinism", "?", 0, ()), "not asked", "incomplete"),
        (Check("determinism", "?", 0, (), incomparable=2), "not comparable", "incomplete"),
        (Check("determinism", "?", 1, (), incomparable=1), "not comparable", "incomplete"),
        (Check("determinism", "?", 0, (Finding("a", "b"),), incomparable=1), "FAILED", "FAILED"),
    ],
)
def test_what_was_not_asked_or_cannot_be_compared_has_not_passed(check: Check, state: str, outcome: str) -> None:
    found = audit(Check("integrity", "?", 3, ()), check)
    assert check.state == state
    assert check.passed == (state == "passed")
    assert found.outcome == outcome
    assert found.passed == (outcome == "passed")
    told = json.loads(found.as_json())
    assert (told["outcome"], told["checks"][1]["state"]) == (outcome, state)


def test_json_says_everything_a_reader_needs() -> None:
    claims = claim("agrees"), claim("undecided"), claim("agrees")
    bad = Check("currency", "?", 3, (Finding("a.csv", "is stale", "run again"),))
    found = json.loads(audit(bad, claims=claims).as_json())
    assert found["passed"] is False
    assert found["checks"][0]["passed"] is False
    assert found["checks"][0]["findings"] == [{"subject": "a.csv", "problem": "is stale", "remedy": "run again"}]
    assert found["verdicts"] == {
        "published table values": {"agrees": 0, "differs": 0, "undecided": 0},
        "published statements": {"agrees": 2, "differs": 0, "undecided": 1},
        "our own checks": {"agrees": 0, "differs": 0, "undecided": 0},
    }
    assert {entry["kind"] for entry in found["claims"]} == {"published statements"}
    assert [entry["verdict"] for entry in found["claims"]] == ["agrees", "undecided", "agrees"]
