from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from emtvb import closure

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package and the scripts, which closure takes for the project."""
    shutil.copytree(ROOT / "src" / "emtvb", tmp_path / "src" / "emtvb")
    shutil.copytree(ROOT / "workflow" / "scripts", tmp_path / "workflow" / "scripts")
    monkeypatch.setattr(closure, "PACKAGE", tmp_path / "src" / "emtvb")
    return tmp_path


def hashes(project: Path) -> dict[str, str]:
    closure._read.cache_clear()
    return {path.stem: closure.code_hash(path) for path in sorted((project / "workflow" / "scripts").glob("*.py"))}


def stale(project: Path, file: str, old: str, new: str) -> set[str]:
    """The scripts whose hash an edit changes."""
    before, path = hashes(project), project / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    after = hashes(project)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("src/emtvb/training/reference.py", "self.rnn(x)", "self.rnn(x * 2)", {"train_shard"}),
        ("src/emtvb/training/curriculum.py", "self.level += 1", "self.level += 2", {"train_shard"}),
        ("src/emtvb/interpret/spectrum.py", "> modulus", ">= modulus", {"measure_shard"}),
        ("src/emtvb/tables.py", '"mean"', '"median"', {"aggregate_measurements", "tabulate"}),
        ("src/emtvb/data/table1.csv", "0.0005", "0.0006", {"aggregate_measurements", "tabulate"}),
        ("workflow/scripts/tabulate.py", "table1(", "table1 (", set()),
        ("src/emtvb/training/reference.py", "class ElmanModule", "# a comment\nclass ElmanModule", set()),
        ("src/emtvb/training/curriculum.py", "Moves one notch", "Goes one notch", set()),
        ("src/emtvb/cli.py", "def main", "def principal", set()),
    ],
)
def test_an_edit_reaches_the_stages_that_use_it(
    project: Path, file: str, old: str, new: str, expected: set[str]
) -> None:
    assert stale(project, file, old, new) == expected


def test_a_tasks_edit_reaches_all_that_knows_tasks(project: Path) -> None:
    found = stale(project, "src/emtvb/tasks.py", "horizon < 0", "horizon < 1")
    assert {"enumerate_runs", "train_shard", "measure_shard", "look_at_exemplar"} <= found
    assert not {"tabulate", "aggregate_measurements"} & found


def test_the_place_and_time_of_files_do_not_count(project: Path) -> None:
    before = hashes(project)
    closure._read.cache_clear()
    with pytest.MonkeyPatch.context() as original:
        original.setattr(closure, "PACKAGE", ROOT / "src" / "emtvb")
        assert {path.stem: closure.code_hash(path) for path in SCRIPTS} == before
    for path in project.rglob("*.py"):
        path.touch()
    assert hashes(project) == before
