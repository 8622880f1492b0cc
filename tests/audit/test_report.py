from __future__ import annotations

import json

import pytest

from emtvb.audit.report import Audit, Check, Finding


def audit(*checks: Check) -> Audit:
    return Audit("try", "2030-01-01T00:00:00Z", "config/try.yaml", checks, {"commit": "abc"})


@pytest.mark.parametrize(
    ("check", "state", "outcome"),
    [
        (Check("made again", "?", {"file": 5, "run": 2}, (), of={"run": 240}), "passed", "passed"),
        (Check("made again", "?", {"file": 0, "run": 0}, ()), "not checked", "incomplete"),
        (Check("made again", "?", {"file": 0}, (), unchecked=2), "not checked", "incomplete"),
        (Check("made again", "?", {"file": 5, "run": 0}, ()), "incomplete", "incomplete"),
        (Check("made again", "?", {"file": 1}, (), unchecked=1), "incomplete", "incomplete"),
        (Check("made again", "?", {"file": 0}, (Finding("a", "b"),), unchecked=1), "FAILED", "FAILED"),
    ],
)
def test_what_was_not_checked_has_not_passed(check: Check, state: str, outcome: str) -> None:
    found = audit(Check("intact", "?", {"file": 3}, ()), check)
    assert check.state == state
    assert found.outcome == outcome
    told = json.loads(found.summary())
    assert (told["outcome"], told["checks"]["made again"].partition(":")[0]) == (outcome, state)
    assert (told["commit"], told["made"]) == ("abc", "2030-01-01T00:00:00Z")
    assert found.as_markdown().startswith(f"# Audit of try: {outcome}")


def test_the_chance_to_have_missed_an_error_stands_beside_passed_and_what_was_drawn_is_named() -> None:
    missed = "an error in one shard alone is missed with a chance of 2 in 3"
    check = Check("made again", "?", {"file": 3}, (), "a", of={"file": 9}, drawn=("s1", "s2"), missed=missed)
    found = audit(Check("intact", "?", {"file": 3}, ()), check)
    assert found.lines()[1] == f"made again: passed ({missed}), no problems in 3 of 9 files. a"
    assert found.lines()[-1] == f"passed: our own results are what they say; {missed}"
    told = json.loads(found.summary())
    assert told["drawn"] == {"made again": ["s1", "s2"]}
    assert told["checks"]["made again"] == f"passed ({missed}): no problems in 3 of 9 files"
    assert "Drawn: s1, s2." in found.as_markdown()


def test_nothing_that_was_checked_is_not_told_as_no_problem() -> None:
    assert Check("made again", "?", {"file": 0, "run": 0}, ()).count == "nothing was checked"
    assert Check("made again", "?", {"file": 0}, (), unchecked=2).count == "2 not checked"


def test_a_terminal_gets_some_findings_of_each_check_and_the_report_all() -> None:
    many = tuple(Finding(f"file {i}", "is | stale", "run again") for i in range(12))
    found = audit(Check("current", "?", {"job": 3}, many))
    lines = found.lines()
    assert lines[0].startswith("current: FAILED, 12 problems in 3 jobs.")
    assert lines[9] == "  and 4 more, in audit/report.md"
    assert "held to config/try.yaml" in lines
    text = found.as_markdown()
    assert all(f"- file {i}: is | stale; run again\n" in text for i in range(12))
