"""Which jobs `emtvb accept` takes, and what a record is afterwards."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emtvb.audit import accepting, compare
from emtvb.audit.integrity import Files
from emtvb.errors import InputError
from emtvb.making import provenance, recorded, trainings
from emtvb.making.plan import Planned
from emtvb.making.provenance import Record

CODE = "emtvb/core/a.py"


def measuring(*changes: str, **parts: object) -> Planned:
    """A job that measures, and what it would use otherwise."""
    job = Planned("measure", {}, ("a.w",), ("a.csv",), {}, "stale" * bool(changes), changes)
    return replace(job, **parts)  # type: ignore[arg-type]


def recorded_job(**parts: object) -> Record:
    """Its record."""
    recipe = {"rule": "measure", "settings": {}, "code": {}, "versions": {}}
    base = Record("measure", {}, recipe, {"a.w": "1"}, {"a.csv": "2"}, "", 9.0, "old", True, {})  # type: ignore[arg-type]
    return replace(base, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("job", "is_taken"),
    [
        (measuring(CODE), True),
        (measuring(CODE, "its inputs or outputs, by name or order"), True),
        (measuring(), False),
        (measuring(CODE, "setting runs"), False),
        (measuring("a.w, another than the one that was read"), False),
        (measuring(CODE, "a.w, gone, and so is its record"), False),
        (measuring(CODE, settings={trainings.REVISION: None}), False),
        (measuring(CODE, inputs=("a.w", "more.csv")), False),
        (measuring(CODE, outputs=("a.csv", "more.csv")), False),
    ],
)
def test_only_what_is_stale_by_its_code_alone_is_taken(tmp_path: Path, job: Planned, is_taken: bool) -> None:
    files = Files(tmp_path, {}, {}, {})
    assert accepting._is_stale_by_code_alone(job, recorded_job(), files) is is_taken


def test_a_record_of_other_libraries_keeps_its_run_and_gets_the_code_of_now() -> None:
    made = recorded_job(commit="new", seconds=1.0, recipe={"rule": "ask", "settings": {"x": 1}, "code": {"a.py": "2"},
                                                           "versions": {"numpy": "9"}, "names": "n"})  # fmt: skip
    old = recorded_job(recipe={"rule": "measure", "settings": {}, "code": {"a.py": "1"}, "versions": {"numpy": "1"}})
    job = measuring(CODE, rule="ask", wildcards={"name": "a"})
    new = accepting._shown_record(old, job, made)
    assert (new.rule, new.recipe["rule"], new.wildcards) == ("ask", "ask", {"name": "a"})
    assert new.recipe == {**made.recipe, "versions": {"numpy": "1"}}
    assert (new.inputs, new.outputs, new.seconds, new.environment) == (
        old.inputs, old.outputs, old.seconds, old.environment
    )  # fmt: skip
    assert new.shown == {"made_by": "old, with uncommitted changes"}
    again = accepting._shown_record(replace(new, commit="new", dirty=False), job, made)
    assert again.shown == new.shown, "whatever was shown meanwhile, that code made it"


def test_a_record_says_that_it_was_shown_and_others_say_nothing_of_it(tmp_path: Path) -> None:
    code = {"code": {"a.py": "1"}, "rule": "measure", "settings": {}, "versions": {}}
    for about in ({}, {"commit": "c", "made_by": "b"}):
        new = recorded_job(recipe=code, shown=about)
        provenance.write_record(tmp_path / "a.provenance.json", new)
        assert ("shown" in (tmp_path / "a.provenance.json").read_text()) is bool(about)
        assert recorded.read_record(tmp_path / "a.provenance.json") == new


@pytest.mark.parametrize(
    ("name", "differs", "is_elsewhere"),
    [("machine", False, True), ("cpu", False, False), ("cpu", True, True), ("python", True, False)],
)
def test_another_cpu_counts_only_where_bytes_differ(name: str, differs: bool, is_elsewhere: bool) -> None:
    """CPUs of one kind mostly make the same bytes; another kind of machine is always asked what the old code makes."""
    record = recorded_job(environment={**provenance.environment(), name: "another"})
    assert bool(accepting._made_elsewhere(record, differs)) is is_elsewhere
    assert not accepting._made_elsewhere(recorded_job(environment=provenance.environment()), differs)


def test_code_that_is_not_committed_is_refused(tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(tmp_path)]
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("")
    assert accepting.committed_code(tmp_path) == "", "where there is no clone, no commit can be named"
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], check=True)
    commit = accepting.committed_code(tmp_path)
    assert len(commit) == 40
    (tmp_path / "src" / "a.py").write_text("X = 1")
    with pytest.raises(InputError, match="not committed: commit it first"):
        accepting.committed_code(tmp_path)


@pytest.mark.parametrize(
    ("name", "before", "now", "said"),
    [
        ("a.csv", "run_id,x\na,1.00000000001\n", "run_id,x\na,1.00000000002\n",
         "x of a is 1.00000000001, and 1.00000000002 when made again"),
        ("a.csv", "run_id,x\na,1.0\n", "run_id,x\na,1.00\n", "x of a is 1.0, and 1.00 when made again"),
        ("a.csv", "run_id,x\na,1\n", "run_id,x\r\na,1\r\n", "has other bytes when made again"),
        ("a.json", '{"x": 1.00000000001}', '{"x": 1.00000000002}', "is another text from line 1 on when made again"),
        ("a.png", "p", "q", "is another picture when made again"),
    ],
)  # fmt: skip
def test_every_byte_counts_and_the_first_cell_is_named(
    tmp_path: Path, name: str, before: str, now: str, said: str
) -> None:
    for folder, text in (("there", before), ("again", now)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, newline="")
    there, again = (tmp_path / folder / name for folder in ("there", "again"))
    assert compare.differences(there, again, name, None) == [said]
    assert compare.differences(there, there, name, None) == []


def test_of_arrays_the_first_number_is_named(tmp_path: Path) -> None:
    first = np.array([[1.0, np.nan], [3.0, 4.0]])
    for name, array in (("a", first), ("b", first + np.array([[0, 0], [1e-13, 1]]))):
        np.savez(tmp_path / f"{name}.npz", x=array, text=np.array("same"))
    found = compare.differences(tmp_path / "a.npz", tmp_path / "b.npz", "a.npz", None)
    assert len(found) == 1
    assert found[0].startswith("x[1, 0] is 3.0, and 3.0000000000001")
