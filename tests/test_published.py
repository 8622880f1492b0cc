"""What results/paper publishes: whole, what its own files say, and all that README and findings say of it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from emtvb import tables
from emtvb.audit.integrity import integrity, read_records
from emtvb.config import load
from emtvb.paper import table1, verdicts
from emtvb.paper.evidence import VERDICTS

ROOT = Path(__file__).parents[1]
PAPER = ROOT / "results" / "paper"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
AUDIT = json.loads((PAPER / "audit" / "audit.json").read_text())
WORDS = (*VERDICTS, "reproduced", "not reproduced", "cannot tell")
"""Verdicts; those of earlier audits too, so that prose that still has them is found out."""
CLAIMS = {claim["name"]: claim for claim in AUDIT["claims"]}


def test_every_file_is_what_its_record_says() -> None:
    check = integrity(PAPER, *read_records(PAPER), modified=False)
    assert check.findings == ()
    assert check.checked > 100


def test_every_cell_of_table_1_rests_on_five_seeds_or_more_of_all_its_runs() -> None:
    runs = tables.read_table(PAPER / "runs.csv", tables.RUN_COLUMNS)
    measurements = tables.read_table(PAPER / "measurements.csv", tables.MEASURED_COLUMNS)
    intended = table1.as_intended(tables.combine(runs, measurements))
    seeds = intended.groupby(table1.CELL)["seed"].nunique()
    cells = table1.published().set_index(table1.CELL).index
    assert set(cells) <= set(seeds.index)
    assert seeds.loc[cells].min() >= 5
    assert set(measurements["run_id"]) == {run.run_id for run in load(PAPER / "settings.json").runs()}


def test_the_published_audit_passed_and_says_what_the_measurements_say() -> None:
    assert AUDIT["passed"]
    now = {claim.name: (claim.verdict, claim.because) for claim in verdicts.read(PAPER)}
    assert now == {name: (claim["verdict"], claim["because"]) for name, claim in CLAIMS.items()}



@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files_and_to_claims_with_the_verdict_that_is_said(page: Path) -> None:
    """A claim is cited as [`name`](.../audit.md#name) and, in parentheses or after a colon, its verdict."""
    text = page.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        place = (page.parent / unquote(path)).resolve() if path else page
        assert place.exists(), target
        if place == PAPER / "audit" / "audit.md" and anchor:
            assert anchor in CLAIMS
    cited = rf"\[`([\w-]+)`\]\([^)]*audit\.md#[\w-]+\):? \(?\**({'|'.join(WORDS)})"
    for name, verdict in re.findall(cited, text):
        assert CLAIMS[name]["verdict"] == verdict, name


def test_the_findings_speak_of_every_claim_about_networks() -> None:
    text = (ROOT / "docs" / "findings.md").read_text()
    spoken = set(re.findall(r"audit\.md#([\w-]+)\)", text))
    assert {name for name, claim in CLAIMS.items() if claim["group"] in ("statement", "check", "caveat")} <= spoken


def test_learning_curves_are_outlined_for_every_run() -> None:
    outlines = pd.concat(pd.read_csv(path) for path in (PAPER / "measurements" / "learning").glob("*.csv"))
    assert set(outlines["run_id"]) == set(pd.read_csv(PAPER / "runs.csv")["run_id"])
    assert outlines.groupby("run_id")["step"].max().unique().tolist() == [19_999]


def test_every_link_of_the_published_page_leads_to_a_file_that_a_clone_has() -> None:
    listed = subprocess.run(["git", "ls-files", "-z", "results/paper"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git clone")
    kept = {(ROOT / name).resolve() for name in listed.stdout.decode().split("\0") if name}
    links = re.findall(r'href="(?!#|https?:|data:)([^"]+)"', (PAPER / "audit" / "index.html").read_text())
    assert links
    assert [link for link in links if (PAPER / "audit" / unquote(link)).resolve() not in kept] == []
