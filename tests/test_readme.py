"""README: short, with pictures that are drawn and a snippet that runs."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from docs import pages

from emtvb.experiments.results import find_run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_WORDS = 600
PICTURES = runpy.run_path(str(ROOT / "docs/images/draw.py"))["PICTURES"]


def test_it_is_short() -> None:
    text = pages.without_comments(README)
    assert len(text.split()) <= MOST_WORDS
    rows = [row.strip("|").split(" | ") for row in re.findall(r"^\|.*", text, re.MULTILINE)]
    assert len(rows) <= 2 + 6
    for row in rows:
        assert len(row) <= 3
        assert all(len(re.sub(r"\]\([^)]*\)", "]", cell).split()) <= 15 for cell in row), row


def test_the_networks_that_its_commands_name_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names = re.findall(r"^\.venv/bin/emtvb interpret (\S+)$", README, re.MULTILINE)
    assert names
    assert all(find_run(name).is_here for name in names)


def test_its_snippet_prints_what_it_shows() -> None:
    snippet, output = re.findall(r"```(?:python|text)\n(.*?)```", README, re.DOTALL)
    ran = subprocess.run([sys.executable, "-c", snippet], text=True, capture_output=True, check=True)
    assert ran.stdout.strip() == output.strip()


@pytest.mark.parametrize("name", PICTURES)
def test_its_pictures_are_drawn_from_what_is_published(name: str) -> None:
    """Where it fails: `.venv/bin/python docs/images/draw.py`."""
    assert (ROOT / "docs" / "images" / name).read_text() == PICTURES[name]()
