"""Away from a clone of its own: the workflow with another clone's package, and the library without any clone."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from ..environments import Environment, built
from .conftest import ROOT, Project

TINY = {
    "experiment": "tiny", "dimensions": 2, "variables": 2, "tasks": ["T1"], "hidden_dim": [8], "l2": [0],
    "threshold": [0.9], "seeds": [1],
    "training": {"epochs": 1, "batches_per_epoch": 60, "batch_size": 8, "learning_rate": 0.01, "curriculum": [2]},
    "interpretation": {"horizon": 4, "sequences": 16},
}  # fmt: skip
SOME = "results/tiny/tables/table1.csv", "results/tiny/figures/weights.pdf"
"""What a training, its measurements, a table, a network's arrays and a figure are needed for."""
GIT = "git", "-c", "user.name=t", "-c", "user.email=t@example.org"


def commit(folder: Path) -> str:
    """Make a folder a clone with one commit; returns it."""
    (folder / ".gitignore").write_text("results/\n.snakemake/\n__pycache__/\n*.egg-info/\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*GIT, "-C", str(folder), *command], check=True)
    return subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()


SMOKE = ("--configfile", "config/smoke.yaml")


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
        f"package: {ROOT / 'src' / 'emtvb'}: the workflow at {project.folder} comes with another version of it; "
        "run it with its own (make install there)"
    )


def test_another_clones_package_of_the_same_version_runs_and_the_record_names_what_ran(project: Project) -> None:
    project.edit("workflow/scripts/enumerate_runs.py", "from emtvb import", "import json\n\nfrom emtvb import")
    made = commit(project.folder)
    result = project.snakemake("results/smoke/runs.csv", *SMOKE, PYTHONPATH=str(ROOT / "src"))
    assert result.returncode == 0, result.stderr
    record = json.loads((project.folder / "results/smoke/runs.provenance.json").read_text())
    assert (record["commit"], record["dirty"]) == (made, False)
    assert project.planned("results/smoke/runs.csv", *SMOKE, PYTHONPATH=str(ROOT / "src")) == {}
    project.edit("workflow/scripts/enumerate_runs.py", "import json", "import csv")
    assert project.planned("results/smoke/runs.csv", *SMOKE, PYTHONPATH=str(ROOT / "src")) == {"enumerate_runs": 1}
    assert project.snakemake("results/smoke/runs.csv", *SMOKE, PYTHONPATH=str(ROOT / "src")).returncode == 0
    again = json.loads((project.folder / "results/smoke/runs.provenance.json").read_text())
    assert again["recipe"]["code"]["enumerate_runs.py"] != record["recipe"]["code"]["enumerate_runs.py"]
    assert again["dirty"]


def redrawn(result: subprocess.CompletedProcess[str]) -> set[str]:
    """The rules that a dry run would run."""
    assert result.returncode == 0, result.stderr
    stats = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\n\n", result.stdout + result.stderr, re.DOTALL)
    rules = {line.split()[0].removeprefix("emtvb_") for line in stats[1].splitlines()} if stats else set()
    return rules - {"total", "all"}


def edit_weights(package: Path) -> None:
    """Edit a figure's module."""
    weights = package / "experiments" / "sweep" / "figures" / "weights.py"
    weights.write_text(weights.read_text().replace("import pandas", "import json\nimport pandas", 1))


def test_with_another_clones_package_an_edit_of_a_figures_module_redraws_that_figure(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In both clones, that is: in one alone it makes two versions of them."""
    other = Project.copy(tmp_path_factory.mktemp("other"))
    packages = {"PYTHONPATH": str(other.folder / "src")}
    (project.folder / "tiny.json").write_text(json.dumps(TINY))
    tiny = (*SOME, "--configfile", "tiny.json")
    assert project.snakemake(*tiny, **packages).returncode == 0
    edit_weights(other.folder / "src" / "emtvb")
    assert project.snakemake(*tiny, "-n", **packages).returncode != 0
    edit_weights(project.folder / "src" / "emtvb")
    assert redrawn(project.snakemake(*tiny, "-n", **packages)) == {"draw_weights"}
    assert project.snakemake(*tiny, **packages).returncode == 0
    assert project.planned(*tiny, **packages) == {}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def environment(wheel: Path, tmp_path: Path) -> Environment:
    made = Environment(tmp_path / "environment", wheel)
    found = made(tmp_path, "python", "-c", "import emtvb; print(emtvb.__file__)")
    assert Path(found.stdout.strip()).parent == made.site / "emtvb", found
    return made


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
