"""README: short, and what it counts is what the published audit counts."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_WORDS = 1_100


def test_it_is_short() -> None:
    assert len(README.split()) <= MOST_WORDS


def test_counts_are_those_of_the_published_audit() -> None:
    audit = json.loads((ROOT / "results" / "paper" / "audit" / "audit.json").read_text())
    shown = re.search(r"<!-- counts -->\n(.*?)<!-- end of counts -->", README, re.DOTALL)
    assert shown
    lines = [
        f"| {kind} | {sum(counts.values())} | {counts['agrees']} | {counts['differs']} | {counts['undecided']} |"
        for kind, counts in audit["verdicts"].items()
    ]
    assert shown[1].strip().splitlines()[2:] == lines
