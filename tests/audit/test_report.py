from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from emtvb.audit.audit import stated
from emtvb.audit.report import Audit, Check, Finding


def audit(*checks: Check, **about: object) -> Audit:
    return Audit("try", "2030-01-01T00:00:00Z", "config/try.yaml", checks, {"commit": "abc"}, **about)  # type: ignore[arg-type]


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
    assert found.outcome == outcome
    told = json.loads(found.summary())
    assert (told["outcome"], told["checks"]["determinism"].partition(":")[0]) == (outcome, state)
    assert (told["commit"], told["made"]) == ("abc", "2030-01-01T00:00:00Z")
    assert found.as_markdown().startswith(f"# Audit of try: {outcome}")


def test_no_name_can_speak_to_a_terminal_in_the_place_of_the_audit() -> None:
    """Names stand in tables and records, which whoever made the results wrote."""
    finding = Finding("\x1b[2J\x1b[Hpassed\n", "\udcff", "")
    found = audit(Check("currency", "?", 3, (finding,), "\x1b[2Jpassed"))
    assert all(line.isprintable() for line in [*found.lines(), *found.as_markdown().splitlines()])
    assert r"  \x1b[2J\x1b[Hpassed\n: \udcff" in found.lines()


@pytest.mark.parametrize("text", ["", "[", "[" * 200_000, "{}", '{"verdicts": []}', '{"verdicts": {"a": 5}}', "\udcff"])
def test_verdicts_that_say_nothing_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "verdicts.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert stated(tmp_path) == {}
    (tmp_path / "verdicts.json").write_text('{"verdicts": {"paper": {"consistent": 3}}}')
    assert stated(tmp_path) == {"paper": {"consistent": 3}}
    (tmp_path / "verdicts.json").unlink()
    os.mkfifo(tmp_path / "verdicts.json")
    assert stated(tmp_path) == {}
    (tmp_path / "verdicts.json").unlink()
    for kind, count in (("paper", "1e999"), ("paper\\n\\u001b[32mpassed", "3"), ("\\ud800", "3")):
        (tmp_path / "verdicts.json").write_text(f'{{"verdicts": {{"{kind}": {{"consistent": {count}}}}}}}')
        assert stated(tmp_path) == {}


def test_a_terminal_gets_some_findings_of_each_check_and_the_report_all() -> None:
    many = tuple(Finding(f"file {i}", "is | stale", "run\nagain") for i in range(12))
    found = audit(Check("currency", "?", 3, many), verdicts={"checks": {"holds": 2}})
    lines = found.lines()
    assert lines[0].startswith("currency: FAILED, 12 problems in 3 jobs.")
    assert lines[9] == "  and 4 more, in audit/report.md"
    assert "held to config/try.yaml" in lines
    assert lines[-1] == "checks: 2 holds"
    text = found.as_markdown()
    assert all(f"| file {i} | is \\| stale | run again |" in text for i in range(12))
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
