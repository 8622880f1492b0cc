"""What Snakemake would do, in words: of jobs that are planned in other tests."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from emtvb.audit.currency import currency, link_beside, remade_outputs
from emtvb.audit.integrity import Files
from emtvb.audit.report import Finding
from emtvb.making import provenance, recorded
from emtvb.making.plan import Planned

CHANGE = "../twins/runs.csv, another than the one that was read"


def files(folder: Path, *jobs: Planned) -> Files:
    """The files and records of these jobs, in a folder."""
    for job in jobs:
        for output in job.outputs:
            (folder / output).parent.mkdir(parents=True, exist_ok=True)
            (folder / output).write_text("made")
        recipe = {"rule": job.rule, "settings": {}, "code": {"a.py": "0"}, "versions": {}}
        provenance.record_job(recipe, {}, [], [str(folder / path) for path in job.outputs], f"{folder}/logs/a.log", 1.0)
    return Files(folder, *recorded.read_all(folder), {})


def planned(name: str, *changes: str, stale: str = "", inputs: tuple[str, ...] = ()) -> Planned:
    """A job that makes two tables."""
    outputs = f"tables/{name}.csv", f"tables/{name}.md"
    return Planned(f"tabulate_{name}", {}, inputs, outputs, {}, stale or ", ".join(changes), changes)


def found(folder: Path, *jobs: Planned) -> list[Finding]:
    return list(currency(files(folder, *jobs), jobs).findings)


def test_a_rule_that_has_another_name_by_now_still_owns_its_outputs(tmp_path: Path) -> None:
    """Whose record it is, its outputs say: neither another name nor a name within another decides that."""
    job = planned("a")
    there = files(tmp_path, job)
    for name in ("tabulate", "tabulate_a_anew", "write_tables"):
        renamed = Planned(name, {}, job.inputs, job.outputs, {}, "", ())
        assert currency(there, [renamed]).findings == ()


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        ([CHANGE, "../twins/measurements.csv, gone, and so is its record"],
         "was made from other inputs than lie here: ../twins/measurements.csv, gone, and so is its record, "
         "../twins/runs.csv, another than the one that was read", "put them back as they were, or run the workflow"),
        (["setting seeds", "setting l2"], "would be made with other settings now: l2, seeds", "run the workflow again"),
        (["emtvb/a.py", "b.py", "its script, c.py"],
         "would be made otherwise by the present code: b.py, emtvb/a.py, its script, c.py", "run the workflow again"),
    ],
    ids=["inputs", "settings", "code"],
)  # fmt: skip
def test_what_has_one_cause_is_one_finding_with_a_remedy(
    tmp_path: Path, changes: list[str], problem: str, remedy: str
) -> None:
    jobs = [planned(name, *changes) for name in "ab"]
    (finding,) = found(tmp_path, *jobs, planned("c", stale="Input files updated", inputs=("tables/a.csv",)))
    assert finding.subject == "tables/a.csv, tables/b.csv"
    assert finding.problem.startswith(problem)
    assert finding.problem.endswith(" (2 jobs)")
    assert finding.remedy.startswith(remedy)
    assert remade_outputs(jobs) == {"tables/a.csv", "tables/a.md", "tables/b.csv", "tables/b.md"}


def test_what_integrity_names_is_not_named_again(tmp_path: Path) -> None:
    job, reader = planned("a", stale="Missing output files"), planned("b", stale="x", inputs=("tables/a.csv",))
    files(tmp_path, job, reader)
    (tmp_path / "tables/a.csv").write_text("by hand")
    assert currency(Files(tmp_path, *recorded.read_all(tmp_path), {}), [job, reader]).findings == ()


def test_jobs_that_are_not_made_yet_are_one_finding_by_rule(tmp_path: Path) -> None:
    job = planned("a", f"{tmp_path.name}/x.csv, gone, and so is its record")
    made = files(tmp_path, planned("b"))
    needs = Planned("tabulate_b", {}, (), ("tables/b.csv", "tables/b.md"), {}, "x",
                    ["tables/a.csv, gone, and so is its record"])  # fmt: skip
    (finding,) = currency(made, [job, needs]).findings
    assert str(finding) == "tables/a.csv: not made yet, by tabulate_a; run the workflow"


def test_experiments_beside_it_are_linked_and_it_itself_is_not(tmp_path: Path) -> None:
    for name in ("here/twins", "here/paper", "there"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "here" / "again").symlink_to(tmp_path / "here" / "paper")
    link_beside(tmp_path / "here" / "paper", tmp_path / "results", "paper")
    linked = {path.name: path.resolve() for path in (tmp_path / "results").iterdir() if path.is_symlink()}
    assert linked == {"twins": tmp_path / "here/twins"}


def notes(folder: Path, **changed: object) -> str:
    """What is noted of one job of which the record is changed."""
    files(folder, planned("a"))
    path = folder / "tables" / f"a{provenance.SUFFIX}"
    path.write_text(json.dumps({**json.loads(path.read_text()), "dirty": False, **changed}))
    return currency(Files(folder, *recorded.read_all(folder), {}), [planned("a")]).note


@pytest.mark.parametrize("commit", ["0" * 40, "main", "--all"])
def test_a_commit_that_git_does_not_have_is_told_where_there_is_a_history(tmp_path: Path, commit: str) -> None:
    told = f"Warning: records name commits that git does not have here: {commit[:12]}."
    assert "Warning" not in notes(tmp_path, commit=commit)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(tmp_path)]
    for command in (["init", "-q", "-b", "main"], ["commit", "-qm", "none", "--allow-empty"]):
        subprocess.run([*git, *command], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert told in notes(tmp_path, commit=commit)
    assert told in notes(tmp_path, commit=head, shown={"commit": commit, "made_by": head})
    assert "Warning" not in notes(tmp_path, commit=head)
    assert "Warning" not in notes(tmp_path, commit="")
    subprocess.run([*git, "clone", "-q", "--depth=1", f"file://{tmp_path}", str(tmp_path / "part")], check=True)
    assert "Warning" not in notes(tmp_path / "part", commit=commit)


def test_code_that_was_not_committed_is_told(tmp_path: Path) -> None:
    assert "Warning: 1 records say that their code was not committed." in notes(tmp_path, dirty=True)
