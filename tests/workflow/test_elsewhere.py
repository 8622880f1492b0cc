"""Away from a clone of its own: the workflow with another clone's package, and the library without any clone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ..environments import Environment, built
from .conftest import ROOT, SMOKE, Project

pytestmark = [pytest.mark.first, pytest.mark.long]  # each installs the package elsewhere and runs an experiment there

GIT = "git", "-c", "user.name=t", "-c", "user.email=t@example.org"


def commit(folder: Path) -> str:
    """Make a folder a clone with one commit; returns it."""
    (folder / ".gitignore").write_text("results/\n.snakemake/\n__pycache__/\n*.egg-info/\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*GIT, "-C", str(folder), *command], check=True)
    return subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    "edit",
    [
        ("src/emtvb/experiments/sweep/figures/weights.py", "import pandas", "import json\nimport pandas"),
        ("src/emtvb/paper/table1.csv", "0.0005", "0.0006"),
    ],
)
def test_another_clones_package_of_another_version_is_refused(project: Project, edit: tuple[str, str, str]) -> None:
    """A clone, or a worktree, whose virtual environment is another's."""
    project.edit(*edit)
    result = project.snakemake(*SMOKE, "-n", PYTHONPATH=str(ROOT / "src"))
    assert result.returncode != 0
    (line,) = [line for line in (result.stdout + result.stderr).splitlines() if "comes with another version" in line]
    assert line == (
        f"error: package: {ROOT / 'src' / 'emtvb'}: the workflow at {project.folder} comes with another version of it; "
        "run it with its own (make install there)"
    )


def test_the_record_names_the_commit_of_what_ran(project: Project) -> None:
    made = commit(project.folder)
    for is_dirty in (False, True):
        result = project.snakemake("results/smoke/runs.csv", *SMOKE)
        assert result.returncode == 0, result.stderr
        record = json.loads((project.folder / "results/smoke/runs.provenance.json").read_text())
        assert (record["commit"], record["dirty"]) == (made, is_dirty)
        project.edit("workflow/scripts/enumerate_runs.py", "from emtvb import", "import json\n\nfrom emtvb import")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def environment(wheel: Path, tmp_path: Path) -> Environment:
    made = Environment(tmp_path / "environment", wheel)
    found = made(tmp_path, "python", "-c", "import emtvb; print(emtvb.__file__)")
    assert Path(found.stdout.strip()).parent == made.site / "emtvb", found
    return made


@pytest.mark.nightly
def test_the_wheel_outside_any_clone(environment: Environment, tmp_path: Path) -> None:
    """Tasks, a training, what it learned, an edit."""
    folder = tmp_path / "empty"
    folder.mkdir()

    def emtvb(*arguments: str) -> str:
        done = environment(folder, "emtvb", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "T3" in emtvb("tasks")
    size = ["--dimensions", "2", "--variables", "2", "--hidden", "16", "--epochs", "2", "--batches-per-epoch", "500"]
    emtvb("train", "--task", "T1", *size, "--curriculum", "2,4", "--output", "one")
    emtvb("interpret", "one")
    emtvb("edit", "one", "--at", "3", "--variable", "1", "--flip", "0")
    assert (folder / "one" / "training").is_dir()
