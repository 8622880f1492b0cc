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
from emtvb.audit import audit, earlier, held
from emtvb.audit.determinism import Sample
from emtvb.config import load
from emtvb.paper import table1
from emtvb.paper.evidence import VERDICTS

ROOT = Path(__file__).parents[1]
PAPER = ROOT / "results" / "paper"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
AUDIT = json.loads((PAPER / "audit" / "audit.json").read_text())
WORDS = (*VERDICTS, "reproduced", "not reproduced", "cannot tell")
"""Verdicts; those of earlier audits too, so that prose that still has them is found out."""
CLAIMS = {claim["name"]: claim for claim in AUDIT["claims"]}


PUBLISHED = re.findall(r"^!/results/([\w-]+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE)
"""The experiments whose results are in the repository."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_is_published_is_what_the_present_code_would_make(name: str) -> None:
    """By code, settings, records and the pages of its audit, tables made again; versions of libraries aside.

    Where it fails, run the workflow with the experiment's config and audit the results, and publish what comes out.
    """
    folder = ROOT / "results" / name
    nothing_else = Sample(runs=0, networks=0, seed=0, figures=False)
    found = audit.audit(folder, held.held_to(folder, ROOT), nothing_else, versions=False)
    assert {check.name: check.checked > 0 for check in found.checks[:4]} == dict.fromkeys(
        ("integrity", "currency", "consistency", "tables"), True
    )
    wrong = [f"{about.subject}: {about.problem}" for check in found.checks for about in check.findings]
    there = json.loads((folder / "audit" / "audit.json").read_text())
    if there.get("judged_by") != earlier.judged_by():
        wrong.append("audit/: made by other rules or other code; emtvb audit writes it anew")
    assert not wrong, "\n".join(wrong[:40])


def test_every_cell_of_table_1_rests_on_five_seeds_or_more_of_all_its_runs() -> None:
    runs = tables.read_table(PAPER / "runs.csv", tables.RUN_COLUMNS)
    measurements = tables.read_table(PAPER / "measurements.csv", tables.MEASURED_COLUMNS)
    intended = table1.as_intended(tables.combine(runs, measurements))
    seeds = intended.groupby(table1.CELL)["seed"].nunique()
    cells = table1.published().set_index(table1.CELL).index
    assert set(cells) <= set(seeds.index)
    assert seeds.loc[cells].min() >= 5
    assert set(measurements["run_id"]) == {run.run_id for run in load(PAPER / "settings.json").runs()}


def test_the_table_in_the_readme_is_the_one_that_was_made() -> None:
    shown = re.search(r"<!-- table 1 -->\n(.*?)<!-- end of table 1 -->", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown
    assert shown[1].strip() == (PAPER / "tables" / "table1.md").read_text().strip()


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
