from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from emtvb.running import closure

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(path for path in (ROOT / "workflow" / "scripts").glob("*.py") if path.stem != "audit")  # never stale


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package and the scripts, which closure takes for the project."""
    shutil.copytree(ROOT / "src" / "emtvb", tmp_path / "src" / "emtvb")
    shutil.copytree(ROOT / "workflow" / "scripts", tmp_path / "workflow" / "scripts")
    monkeypatch.setattr(closure, "PACKAGE", tmp_path / "src" / "emtvb")
    return tmp_path


def hashes(project: Path) -> dict[str, str]:
    _forget()
    return {
        path.stem: closure.code_hash(path)
        for path in [project / "workflow" / "scripts" / script.name for script in SCRIPTS]
    }


def _forget() -> None:
    for cached in (closure._read, closure._parse, closure._data_files, closure._all_data_files):
        cached.cache_clear()


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
        (
            "src/emtvb/training/curriculum.py",
            "self.level += 1",
            "self.level += 2",
            {"train_shard", "train_architecture"},
        ),
        ("src/emtvb/interpret/spectrum.py", "> modulus", ">= modulus", {"measure_shard", "measure_architecture"}),
        ("src/emtvb/table1.py", '"mean"', '"median"', {"tabulate"}),
        ("src/emtvb/data/table1.csv", "0.0005", "0.0006", {"tabulate"}),
        ("workflow/scripts/tabulate.py", "tabulate(", "tabulate (", set()),
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
    _forget()
    with pytest.MonkeyPatch.context() as original:
        original.setattr(closure, "PACKAGE", ROOT / "src" / "emtvb")
        assert {path.stem: closure.code_hash(path) for path in SCRIPTS} == before
    for path in project.rglob("*.py"):
        path.touch()
    assert hashes(project) == before


def test_another_python_reads_the_same(tmp_path: Path) -> None:
    """What Python 3.11 finds, with which the published results were made."""
    file = tmp_path / "module.py"
    file.write_text("def f(x=None, *, y: list[int] = []): return f'{x!r:>{4}} {y}' or (lambda: f())\nclass A: ...\n")
    assert closure.closure(file).code == {"module.py": "fcc559e5c487"}


@pytest.mark.parametrize("line", ["from . import new", "from .new import X", "from ..figures.new import X"])
def test_relative_imports_are_followed(project: Path, line: str) -> None:
    (project / "src/emtvb/figures/new.py").write_text("X = 1\n")
    weights = project / "src/emtvb/figures/weights.py"
    weights.write_text(f"{weights.read_text()}\n{line}\n")
    assert stale(project, "src/emtvb/figures/new.py", "1", "2") == {"draw_weights"}


def test_libraries_are_those_that_compute() -> None:
    by_stage = {path.stem: closure.closure(path).libraries for path in SCRIPTS}
    assert by_stage["train_shard"] == ("llvmlite", "numba", "numpy", "pytorch-lightning", "torch")
    assert not {"torch", "matplotlib"} & set(by_stage["tabulate"])
    assert "torch" not in by_stage["measure_shard"]
    assert {"matplotlib", "pandas"} <= set(by_stage["animate"])


def test_what_is_left_out_takes_what_only_it_reaches_with_it() -> None:
    script = ROOT / "workflow" / "scripts" / "train_shard.py"
    without = closure.closure(script, without=[closure.PACKAGE / "training" / "reference.py"])
    assert "pytorch-lightning" not in without.libraries
    assert without.code != closure.code_hash(script)


@pytest.mark.parametrize("name", sorted(closure.UNCOUNTED))
def test_what_says_and_records_is_not_counted(project: Path, name: str) -> None:
    old = "__version__" if name == "__init__.py" else "from __future__ import annotations"
    assert stale(project, f"src/emtvb/{name}", old, f"{old}\nX = 1\n" if "import" in old else f"X = 1\n{old}") == set()
