from __future__ import annotations

import json

from emtvb.audit.report import Audit, Check, ClaimResult, Finding, Verdict


def claim(verdict: Verdict) -> ClaimResult:
    return ClaimResult("c", "statement", "abstract", "", "it works", "", "", None, 5, 10, "always", verdict, "so")


def audit(*checks: Check, claims: tuple[ClaimResult, ...] = ()) -> Audit:
    return Audit("try", "2030-01-01T00:00:00Z", checks, claims, {"python": "3"}, ())


def test_a_finding_fails_the_audit_and_a_claim_does_not() -> None:
    good = Check("integrity", "?", 3, ())
    bad = Check("currency", "?", 3, (Finding("a.csv", "is stale", "run again"),))
    assert audit(good, claims=(claim("not reproduced"),)).passed
    assert not audit(good, bad).passed


def test_json_says_everything_a_reader_needs() -> None:
    claims = claim("reproduced"), claim("cannot tell"), claim("reproduced")
    bad = Check("currency", "?", 3, (Finding("a.csv", "is stale", "run again"),))
    found = json.loads(audit(bad, claims=claims).as_json())
    assert found["passed"] is False
    assert found["checks"][0]["passed"] is False
    assert found["checks"][0]["findings"] == [{"subject": "a.csv", "problem": "is stale", "remedy": "run again"}]
    assert found["verdicts"] == {"reproduced": 2, "not reproduced": 0, "cannot tell": 1}
    assert [entry["verdict"] for entry in found["claims"]] == ["reproduced", "cannot tell", "reproduced"]
