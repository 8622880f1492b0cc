"""The border of what runs and checks jobs: a workflow of thirty lines that knows nothing of the paper uses it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emtvb.audit import accepting, audit
from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import planned_jobs
from emtvb.errors import InputError
from emtvb.making import recorded

from .conftest import commit_all, git

ROOT = Path(__file__).parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
COUNT = "workflow/scripts/count_letters.py"


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """A clone of the small workflow that has made its results, and publishes them."""
    shutil.copytree(Path(__file__).parents[1] / "border", tmp_path, dirs_exist_ok=True)
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    (tmp_path / ".gitignore").write_text(".snakemake\n__pycache__\nlogs\n")
    held = Held("words", tmp_path, tmp_path / "config.yaml", "its config")
    git(held.root, "init", "-q")
    assert run(held).returncode == 0
    commit_all(held.root)
    return held


def run(held: Held, *words: str) -> subprocess.CompletedProcess[str]:
    here = {name: value for name, value in os.environ.items() if name != "EXPERIMENT_OUTPUT_DIR"}
    call = [SNAKEMAKE, "--cores", "1", "--configfile", "config.yaml", *words]
    return subprocess.run(call, cwd=held.root, env=here, capture_output=True, text=True, check=False)


def results(held: Held) -> Path:
    return held.root / "results" / "words"


def stale(held: Held) -> list[str]:
    return [job.rule for job in planned_jobs(results(held), held) if job.stale]


def edit(held: Held, file: str, old: str, new: str) -> None:
    path = held.root / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_its_jobs_have_records_and_are_audited(held: Held) -> None:
    records, damaged = recorded.read_all(results(held))
    assert {record.rule for record in records.values()} == {"count_letters", "find_longest"}
    assert not damaged
    assert stale(held) == []
    found = audit.audit(results(held), held, audit.Sample(share=1, seed=0))
    assert found.outcome == "passed", found.lines()
    assert found.checks[-1].checked == {"file": 2}
    (results(held) / "letters.csv").write_text("word,letters\n")
    found = audit.audit(results(held), held, audit.QUICK)
    assert found.checks[0].state == "FAILED"
    refused = run(held)
    assert refused.returncode == 1
    (line,) = (line for line in refused.stderr.splitlines() if "letters.csv: not what its record" in line)
    assert line.startswith("error: results file")


@pytest.mark.long
def test_what_code_decides_is_made_again_or_accepted_and_nothing_else(held: Held) -> None:
    edit(held, COUNT, "return len(word)", "return len(word)  # said")
    edit(held, "workflow/rules/words.smk", "# A workflow", "# Some workflow")
    assert stale(held) == []
    edit(held, COUNT, "letters(", "letters_of(")
    assert stale(held) == ["find_longest", "count_letters"]
    told = run(held, "--dry-run")
    said = told.stdout + told.stderr
    assert said.count("where code changed and no result should: commit it, and emtvb accept shows it") == 1
    with pytest.raises(InputError, match="not committed"):
        accepting.show(results(held), held, 1)
    commit_all(held.root)
    shown = accepting.show(results(held), held, 1)
    assert (shown.refused, [record.rule for record in shown.renewed.values()]) == ([], ["count_letters"])
    shown.write()
    assert stale(held) == []
    edit(held, COUNT, "return len(word)", "return len(word) + (word == 'basis')")
    commit_all(held.root)
    shown = accepting.show(results(held), held, 1)
    assert shown.refused == ["count_letters: letters.csv: letters of basis is 5, and 6 when made again"]
    edit(held, "config.yaml", "basis, ", "")
    assert stale(held) == ["find_longest", "count_letters"]
    assert accepting.show(results(held), held, 1).renewed == {}, "the config changed, too"


def test_the_documentation_shows_its_rules() -> None:
    rules = (ROOT / "tests" / "border" / "workflow" / "rules" / "words.smk").read_text()
    assert f"```\n{rules}```\n" in (ROOT / "docs" / "staleness.md").read_text()
