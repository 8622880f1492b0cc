"""Files that are not what their records say, each named with what brings it back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from emtvb.audit.integrity import Files, integrity
from emtvb.audit.report import Check
from emtvb.making import packed_weights, provenance, recorded
from emtvb.making.plan import Planned

RECIPE = {"rule": "draw", "settings": {}, "code": {"a.py": "0"}, "versions": {}}
WEIGHTS = "training/a/weights.safetensors"
LEAVES_OUT = {"weights.safetensors": "files of weights"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "paper").mkdir()
    return tmp_path / "paper"


def make(folder: Path, name: str, inputs: tuple[str, ...] = ()) -> None:
    """Make an output of an experiment, and its record."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"drawn {name}")
    paths = [str(folder / path) for path in inputs]
    provenance.record_job(RECIPE, {}, paths, [str(folder / name)], str(folder / "logs/draw.log"), 1.0)


def made_by(folder: Path) -> list[Planned]:
    """The jobs of which records lie there."""
    records = recorded.read_all(folder)[0].values()
    return [Planned(record.rule, {}, [*record.inputs], [*record.outputs], {}, "", ()) for record in records]


def check(folder: Path) -> Check:
    return integrity(Files(folder, *recorded.read_all(folder), LEAVES_OUT), made_by(folder))


def problems(folder: Path) -> dict[str, str]:
    return {finding.subject: finding.problem.partition(" draw made it at")[0] for finding in check(folder).findings}


def commit(folder: Path) -> None:
    """All that lies in a folder, into a repository of its own."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder)]
    for command in (["init", "-q"], ["add", "-f", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], check=True)


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_an_output_that_is_not_what_its_record_says_is_named_with_a_remedy(folder: Path, harm: str) -> None:
    path = folder / "figures/forest.csv"
    make(folder, "figures/forest.csv")
    assert problems(folder) == {}
    path.write_text("drawn by hand") if harm == "changed" else path.unlink()
    (finding,) = check(folder).findings
    assert finding.subject == "figures/forest.csv"
    assert finding.problem.startswith(f"{'changed after' if harm == 'changed' else 'missing;'} draw made it at 2")
    assert "git checkout" in finding.remedy


def test_what_git_has_otherwise_is_a_warning(folder: Path) -> None:
    make(folder, "tables/t.csv")
    commit(folder.parent)
    assert "Warning" not in check(folder).note
    (folder / "tables/t.csv").write_text("x")
    commit(folder.parent)
    make(folder, "tables/t.csv")
    found = check(folder)
    assert found.state == "passed"
    assert found.note.startswith("Warning: not as in git's last commit: tables/t.csv")


@pytest.mark.parametrize("content", ["[" * 200_000, "<<<<<<< HEAD"])
def test_a_record_that_cannot_be_read_is_one_finding(folder: Path, content: str) -> None:
    make(folder, "tables/t.csv")
    jobs = made_by(folder)
    (folder / "tables/t.provenance.json").write_text(content)
    (damaged,) = integrity(Files(folder, *recorded.read_all(folder), LEAVES_OUT), jobs).findings
    assert damaged.subject == "tables/t.provenance.json"
    assert damaged.problem.startswith("damaged record: ")


def test_an_output_without_its_record_is_named(folder: Path) -> None:
    make(folder, "tables/t.csv")
    jobs = made_by(folder)
    (folder / "tables/t.provenance.json").unlink()
    (gone,) = integrity(Files(folder, *recorded.read_all(folder), LEAVES_OUT), jobs).findings
    assert (gone.subject, gone.problem) == ("tables/t.csv", "its record, t.provenance.json, is gone")


def test_what_may_be_left_out_is_counted_and_nothing_else_may(folder: Path) -> None:
    make(folder, WEIGHTS)
    (folder / "left_out.txt").write_text("# too large\ntraining/*/weights.safetensors\n")
    (folder / WEIGHTS).unlink()
    assert problems(folder) == {}
    assert "1 files of weights" in check(folder).note
    (folder / "left_out.txt").write_text("*\n")  # which leaves out no other kind
    make(folder, "tables/t.csv")
    (folder / "tables/t.csv").unlink()
    assert problems(folder)["tables/t.csv"] == "missing;"


def test_strangers_are_one_finding_a_folder(folder: Path) -> None:
    for name in ("figures/a.png", "figures/.b.png", "mine.xlsx", "audit/more.csv", "audit/report.md", "logs/a.log"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    strangers = (
        "mine.xlsx",
        "audit/more.csv",
        "figures/.b.png, figures/a.png",
        "tables/old.csv, tables/old.provenance.json",
    )
    make(folder, "tables/old.csv")
    found = integrity(Files(folder, *recorded.read_all(folder), LEAVES_OUT), ()).findings
    assert {finding.subject for finding in found} == {*strangers}
    assert all(finding.problem.startswith("no job of this experiment") for finding in found)


FORMER = {"tabulate_reprints": ("tables/reprints.csv", "tables/reprints.md")}


def test_what_is_kept_and_no_job_makes_any_more_is_held_to_its_record(folder: Path) -> None:
    """Its commit is told, no remedy is to make it again, and another file that no job makes is a stranger still."""
    table, text = folder / "tables/reprints.csv", folder / "tables/reprints.md"
    make(folder, "tables/reprints.csv")
    text.write_text("the same to read")
    outputs, log = [str(table), str(text)], str(folder / "logs/draw.log")
    record = provenance.record_job(RECIPE, {}, [], outputs, log, 1.0)
    make(folder, "tables/other.csv")

    def found() -> Check:
        return integrity(Files(folder, *recorded.read_all(folder), {}, FORMER), ())

    def problem() -> tuple[str, str]:
        """With the only file that is wrong beside the stranger."""
        (kept,) = (finding for finding in found().findings if "other.csv" not in finding.subject)
        assert kept.remedy == "put it back with git checkout, if git has it so; else a copy"
        return kept.subject, kept.problem

    (stranger,) = found().findings
    assert stranger.subject == "tables/other.csv, tables/other.provenance.json"
    commit = recorded.read_record(record).commit[:12]
    assert f"tables/reprints.csv, tables/reprints.md (by commit {commit or 'unknown'})" in found().note
    text.write_text("made up")
    assert problem()[0] == "tables/reprints.md"
    assert problem()[1].endswith("its sha256 differs")
    text.unlink()
    assert problem()[0] == "tables/reprints.md"
    assert problem()[1].startswith("missing;")
    text.write_text("the same to read")
    whole = record.read_text()
    record.write_text(whole[:-9])
    assert problem()[0] == "tables/reprints.provenance.json"
    record.unlink()
    assert problem() == ("tables/reprints.csv", "its record, reprints.provenance.json, is gone")
    record.write_text(whole)
    assert found().findings == (stranger,)


def test_an_output_that_is_no_file_is_named(folder: Path) -> None:
    make(folder, "tables/t.csv")
    (folder / "tables/t.csv").unlink()
    (folder / "tables/t.csv").mkdir()
    (finding,) = check(folder).findings
    assert finding.problem.endswith(": it is no file any more")


def test_packed_weights_are_held_to_the_record_of_the_weights_whether_these_are_here_or_not(folder: Path) -> None:
    make(folder, WEIGHTS)
    there = (folder / WEIGHTS).with_name(packed_weights.PACKED)
    there.write_bytes(packed_weights.packed((folder / WEIGHTS).read_bytes()))
    assert problems(folder) == {}
    there.write_bytes(packed_weights.packed(b"others"))
    (finding,) = check(folder).findings
    assert finding.subject == "training/a/weights.planes.xz"
    assert finding.problem.startswith("does not hold the weights that draw made at")
    assert "pack the weights anew" in finding.remedy
    (folder / WEIGHTS).unlink()
    assert "training/a/weights.planes.xz" in problems(folder)


def test_weights_that_are_others_come_back_from_the_packed_ones(folder: Path) -> None:
    make(folder, WEIGHTS)
    there = (folder / WEIGHTS).with_name(packed_weights.PACKED)
    there.write_bytes(packed_weights.packed((folder / WEIGHTS).read_bytes()))
    (folder / WEIGHTS).write_text("of another run")
    (finding,) = check(folder).findings
    assert (finding.subject, finding.remedy) == (WEIGHTS, "delete it: it is unpacked again from weights.planes.xz")


def test_packed_weights_of_no_record_are_named(folder: Path) -> None:
    (folder / "training" / "a").mkdir(parents=True)
    (folder / "training" / "a" / packed_weights.PACKED).write_bytes(packed_weights.packed(b"weights"))
    assert [*problems(folder)] == ["training/a/weights.planes.xz"]
