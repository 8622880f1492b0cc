"""README: short, current in what it counts, with pictures that are drawn and a snippet that runs."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from emtvb.results import find_run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_WORDS = 900
PICTURES = runpy.run_path(str(ROOT / "docs/images/draw.py"))["PICTURES"]


def test_it_is_short() -> None:
    assert len(README.split()) <= MOST_WORDS


def test_counts_are_those_of_the_published_verdicts() -> None:
    stated = json.loads((ROOT / "results" / "paper" / "verdicts.json").read_text())
    shown = re.search(r"<!-- counts -->\n(.*?)<!-- end of counts -->", README, re.DOTALL)
    assert shown
    lines = [
        f"| {kind} | {sum(counts.values())} | {' | '.join(map(str, counts.values()))} |"
        for kind, counts in stated["verdicts"].items()
    ]
    assert shown[1].strip().splitlines()[2:] == lines


def test_table_1_comes_out_as_near_as_it_says() -> None:
    table = pd.read_csv(ROOT / "results" / "paper" / "tables" / "table1.csv")
    said = re.search(
        r"The runs of the paper's script give here its (\d+) accuracies within ([\d.]+), "
        r"but only (\d+) of (\d+) spectral errors \(below\) within a third",
        " ".join(README.split()),
    )
    assert said
    printed = table[table["published_accuracy"].notna()]
    assert int(said[1]) == len(printed)
    # Both are rounded as they are printed.
    assert (printed["as_published_accuracy"].round(2) - printed["published_accuracy"]).abs().max() <= float(
        said[2]
    ) + 1e-9
    errors = table[table["published_spectral_error"].notna()]
    ratio = errors["as_published_spectral_error"] / errors["published_spectral_error"]
    assert (int(said[3]), int(said[4])) == (int(ratio.between(2 / 3, 4 / 3).sum()), len(errors))


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
