"""What results/paper publishes: whole, what its own files say, and all that README and findings say of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from emtvb import tables
from emtvb.audit import audit, config_of_results
from emtvb.config import load_sweep
from emtvb.experiments.results import FoundRun, find_run, runs_in
from emtvb.experiments.sweep import outcomes
from emtvb.making import recorded
from emtvb.making.packed_weights import PACKED, unpack
from emtvb.paper import significance, table1
from emtvb.theory import solutions
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.networks import load_networks

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
PAPER = ROOT / "results" / "paper"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
STATED = json.loads((PAPER / "verdicts.json").read_text())
WORDS = (*significance.BADGES, "no verdict", "reproduced", "not reproduced", "cannot tell")
"""What is said of claims; what was said before too, so that prose that still has it is found out."""
CLAIMS = {claim["name"]: claim for claim in STATED["claims"]}


EXPERIMENTS = re.findall(r"^!/results/([\w-]+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE)
"""The experiments whose results are in the repository."""
PUBLISHED = [name for name in EXPERIMENTS if name == "paper" or (ROOT / "results" / name / "runs.csv").is_file()]
"""Those with a table of runs."""


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_is_published_is_what_the_present_code_would_make(name: str) -> None:
    """By code, settings and records; versions of libraries aside. The audit makes it again.

    Where it fails and no result should change, `emtvb accept` shows it and renews the records; else run the workflow
    with the experiment's config, and publish what comes out.
    """
    folder = ROOT / "results" / name
    found = audit.audit(folder, config_of_results.held_to(folder, ROOT), audit.QUICK)
    assert [check.state for check in found.checks][2:] == ["not checked"]
    wrong = [str(finding) for check in found.checks for finding in check.findings]
    assert not wrong, "\n".join(wrong[:40])


def test_records_name_commits_that_hold_their_code() -> None:
    read = [record for name in EXPERIMENTS for record in recorded.read_all(ROOT / "results" / name)[0].values()]
    assert len(read) > 1000
    assert not [(record.rule, record.made) for record in read if record.dirty or not record.commit]


def test_every_cell_of_table_1_rests_on_five_seeds_or_more_of_all_its_runs() -> None:
    runs = tables.read_table(PAPER / "runs.csv", tables.RUN_COLUMNS)
    measurements = tables.read_table(PAPER / "measurements.csv", tables.MEASURED_COLUMNS)
    intended = table1.as_intended(tables.combine(runs, measurements))
    seeds = intended.groupby(table1.CELL)["seed"].nunique()
    cells = table1.published_table1().set_index(table1.CELL).index
    assert set(cells) <= set(seeds.index)
    assert seeds.loc[cells].min() >= 5
    assert set(measurements["run_id"]) == {run.run_id for run in load_sweep(PAPER / "settings.json").runs()}


def test_table_forest_and_verdicts_say_the_same_of_every_value() -> None:
    """All three judge by the same seeds and the same rounding twins."""
    drawn = pd.read_csv(PAPER / "figures" / "forest.csv").dropna(subset="verdict")
    drawn = drawn.drop_duplicates([*table1.CELL, "measure"]).set_index([*table1.CELL, "measure"])["verdict"]
    stated = {claim["name"]: claim["verdict"] for claim in STATED["claims"]}
    cells = table1.published_table1().set_index(table1.CELL).index
    tabulated = pd.read_csv(PAPER / "tables" / "table1.csv").set_index(table1.CELL).loc[cells]
    for (task, size, l2), row in tabulated.iterrows():
        for measure, group in (("spectral_error", "error"), ("accuracy", "accuracy")):
            name = f"table1-{task}-{size}-{l2:g}-{group}".replace(".", "_")
            said = {row[f"{measure}_verdict"], drawn[(task, size, l2, measure)], stated[name]}
            assert len(said) == 1, f"{name}: {said}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files_and_to_claims_of_which_the_same_is_said(page: Path) -> None:
    """A claim is cited as [`name`](.../verdicts.md#name) and, in parentheses or after a colon, its verdict or badge."""
    text = page.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        place = (page.parent / unquote(path)).resolve() if path else page
        assert place.exists(), target
        if place == PAPER / "verdicts.md" and anchor:
            assert anchor in CLAIMS
    cited = rf"\[`([\w-]+)`\]\([^)]*verdicts\.md#[\w-]+\):?\s\(?\**({'|'.join(WORDS)})"
    for name, said in re.findall(cited, text):
        claim = CLAIMS[name]
        assert significance.badge_of_claim(claim["verdict"], claim["tendency"], claim["universality"]) == said, name


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_page_but_one_says_what_no_verdict_is(page: Path) -> None:
    assert ("*no verdict*" in page.read_text()) == (page.name == "evidence.md")


def test_the_findings_speak_of_every_claim_about_networks() -> None:
    text = (ROOT / "docs" / "findings.md").read_text()
    spoken = set(re.findall(r"verdicts\.md#([\w-]+)\)", text))
    assert {name for name, claim in CLAIMS.items() if claim["group"] in ("statement", "check", "caveat")} <= spoken


def kept(below: str) -> list[str]:
    """The files below a folder that a clone has, from the clone's root; without git, those that are here."""
    listed = subprocess.run(["git", "ls-files", "-z", below], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        return [path.relative_to(ROOT).as_posix() for path in (ROOT / below).rglob("*") if path.is_file()]
    return [name for name in listed.stdout.decode().split("\0") if name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_network_can_be_opened_here_and_is_the_one_that_was_trained(name: str, tmp_path: Path) -> None:
    """All networks of an experiment, those that learned nothing included: a clone measures them without training.

    They are unpacked from what the repository has of their trainings, whatever else lies here.
    """
    folder = ROOT / "results" / name
    for path in map(Path, kept(f"results/{name}/training")):
        if path.name in (PACKED, "train_shard.provenance.json", "train_stream.provenance.json"):
            copy = tmp_path / path.relative_to(f"results/{name}")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, copy)
    unpack(tmp_path)
    known = pd.read_csv(folder / "digests.csv").set_index("run_id")["weights_sha256"]
    by_shard: dict[str, list[FoundRun]] = {}
    for found in runs_in(folder).values():
        if found.architecture is None:
            by_shard.setdefault(str(found.shard), []).append(found)
    weights = {shard: tmp_path / runs[0].weights.relative_to(folder) for shard, runs in by_shard.items()}
    assert [shard for shard, path in weights.items() if not path.is_file()] == []
    for shard, runs in by_shard.items():
        trained = load_networks(weights[shard], [found.run.run_id for found in runs])
        for run_id, network in trained.items():
            assert network.digest() == known[run_id], run_id


SAMPLE = {
    "second digits": "T3_h64_l2-0.001_thr-0.98_seed2",
    "circuit, some modes faded": "T3_h64_l2-0_thr-0.9_seed3",
    "dimensions lost": "T3_h128_l2-0_thr-0.98_seed1",
    "circuit": "T4_h64_l2-0.001_thr-0.9_seed1",
}
"""Networks of which memories.md and findings.md tell, by their kind."""


@pytest.mark.parametrize("kind", SAMPLE)
def test_what_is_said_of_single_networks_comes_out_again(kind: str) -> None:
    table = pd.read_csv(PAPER / "tables" / "solutions.csv").set_index("run_id")
    table = table.fillna({"missing_cycles": "", "lost_dimensions": ""})
    digits = pd.read_csv(PAPER / "tables" / "digits.csv")
    said, found = table.loc[SAMPLE[kind]], find_run(f"{PAPER}/{SAMPLE[kind]}")
    solution, again = solutions.study_solution(
        found.run, found.network(), said["verdict"], said["test_accuracy"], MeasureSettings()
    )
    assert said["kind"] == solution.kind == kind
    for name, value in vars(solution).items():
        if name == "run_id":
            assert value == SAMPLE[kind]
        elif isinstance(value, str):
            assert value == said[name], name
        else:
            assert value == pytest.approx(said[name], rel=1e-3, abs=1e-3, nan_ok=True), name
    of = digits[digits["run_id"] == SAMPLE[kind]]
    assert len(of) == len(again)
    for digit, row in zip(again, of.to_dict("records"), strict=True):
        for name, value in vars(digit).items():
            assert value == (row[name] if name == "run_id" else pytest.approx(row[name], rel=1e-3, abs=1e-3)), name


def test_the_tables_of_all_networks_are_of_these_measurements() -> None:
    measured = tables.combine(pd.read_csv(PAPER / "runs.csv"), pd.read_csv(PAPER / "measurements.csv"))
    pd.testing.assert_frame_equal(outcomes.verdict_ranges(measured), pd.read_csv(PAPER / "tables" / "verdicts.csv"))


MOST_OF_FILES, MOST_OF_HISTORY = 205, 270
"""Megabytes: 203 and 266 when this was written; another clone may pack its history a little otherwise. Networks during
training are 10 of them. The packed weights are 76 of the files; the history has all that were published before, too."""


def test_the_whole_clone_stays_small() -> None:
    """Files and history: what a fresh clone takes on disk.

    A clone that has grown by many fetches may hold objects in several packs, or packed worse, and those of other
    branches: the history is packed here as it is for a fresh clone.
    """
    pack = ["git", "pack-objects", "-q", "--revs", "--stdout", "--delta-base-offset"]
    packed = subprocess.run(pack, input=b"HEAD\n", cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip("not a git clone")
    files = sum((ROOT / name).stat().st_size for name in kept(".") if (ROOT / name).is_file())
    assert files / 1e6 < MOST_OF_FILES
    assert len(packed.stdout) / 1e6 < MOST_OF_HISTORY


def test_learning_curves_are_outlined_for_every_run() -> None:
    outlines = pd.concat(pd.read_csv(path) for path in (PAPER / "measurements" / "learning").glob("*.csv"))
    assert set(outlines["run_id"]) == set(pd.read_csv(PAPER / "runs.csv")["run_id"])
    assert outlines.groupby("run_id")["step"].max().unique().tolist() == [19_999]


def test_every_link_of_the_published_page_leads_to_a_file_that_a_clone_has() -> None:
    here = {(ROOT / name).resolve() for name in kept(".")}
    links = re.findall(r'href="(?!#|https?:|data:)([^"]+)"', (PAPER / "verdicts.html").read_text())
    assert links
    assert [link for link in links if (PAPER / unquote(link)).resolve() not in here] == []
