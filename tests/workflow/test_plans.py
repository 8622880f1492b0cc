"""What dry runs say: the size of the graph, what is stale after an edit, and bad input refused before any work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ROOT, Project

SMOKE = ("--configfile", "config/smoke.yaml")
INTERPRETED = {"measure_shard": 3, "look_at_exemplar": 3}
TABLES = {"aggregate_measurements": 1, "tabulate": 1}
EXEMPLAR_FIGURES = {"draw_composition": 1, "draw_spectrum": 1, "draw_weights": 1, "draw_hidden_state": 3, "animate": 3}
TRAINED = {"train_shard": 3, "draw_learning": 1, **INTERPRETED, **TABLES, **EXEMPLAR_FIGURES}


def test_the_papers_sweep_is_tens_of_jobs(project: Project) -> None:
    jobs = project.planned("--configfile", "config/paper.yaml")
    assert jobs["train_shard"] == jobs["measure_shard"] == 24
    assert sum(jobs.values()) < 100


def test_the_default_experiment_is_quick(project: Project) -> None:
    assert project.planned()["train_shard"] == 4
    assert project.planned("--config", "seeds=[1, 2]", "hidden_dim=[64]")["train_shard"] == 4
    assert project.planned("--configfile", "config/repeat-copy.yaml")["train_shard"] == 1


def test_parsing_imports_no_torch_and_reads_no_results(project: Project) -> None:
    """Snakemake itself, in a Python in which importing torch or matplotlib fails."""
    refuse = (
        "import sys\n"
        "for name in ('torch', 'pytorch_lightning', 'matplotlib', 'scipy'):\n"
        "    sys.modules[name] = None\n"
        "from snakemake.cli import main\n"
        "main()\n"
    )
    (project.folder / "results").write_text("not a folder: reading it would fail")
    result = subprocess.run(
        [sys.executable, "-c", refuse, "--cores", "1", "-n", "--configfile", "config/paper.yaml"],
        cwd=project.folder,
        env={"PYTHONPATH": str(project.folder / "src"), "PATH": "/usr/bin:/bin", "EXPERIMENT_OUTPUT_DIR": "elsewhere",
             "HOME": str(project.folder)},
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "train_shard" in result.stdout


@pytest.mark.parametrize(
    ("edit", "stale"),
    [
        (lambda p: p.edit("src/emtvb/training/reference.py", "self.rnn(x)", "self.rnn(x * 1)"), TRAINED),
        (lambda p: p.edit("src/emtvb/interpret/memories.py", "count = min(", "count = 0 + min("),
         {**INTERPRETED, **TABLES, **EXEMPLAR_FIGURES}),
        (lambda p: p.edit("src/emtvb/figures/spectrum.py", "import pandas", "import json\nimport pandas"),
         {"draw_spectrum": 1}),
        (lambda p: p.edit("src/emtvb/figures/emtvb.mplstyle", "font", "# \nfont"),
         {**EXEMPLAR_FIGURES, "draw_learning": 1}),
        (lambda p: p.edit("src/emtvb/data/table1.csv", "0.97", "0.96"), TABLES),
        (lambda p: p.edit("src/emtvb/tables.py", '"mean"', '"median"'), TABLES),
        (lambda p: p.edit("workflow/scripts/tabulate.py", "snakemake.output.md", "str(snakemake.output.md)"),
         {"tabulate": 1}),
        (lambda p: p.edit("config/smoke.yaml", "  horizon: 12", "  horizon: 13"),
         {"enumerate_runs": 1, **INTERPRETED, **TABLES, **EXEMPLAR_FIGURES, "draw_learning": 1}),
        (lambda p: p.edit("config/smoke.yaml", "  - T2\n", "  - T2\n  - {name: new, id: [56, 0, 0]}\n"),
         {"enumerate_runs": 1, "train_shard": 1, "measure_shard": 1, "look_at_exemplar": 1, **TABLES,
          "draw_learning": 1, "draw_composition": 1, "draw_spectrum": 1, "draw_weights": 1, "draw_hidden_state": 1,
          "animate": 1}),
        (lambda p: p.edit("config/smoke.yaml", "seeds: [1, 2]", "seeds: [1, 2, 11]"),
         {"enumerate_runs": 1, "train_shard": 3, "measure_shard": 3, **TABLES, "draw_learning": 1}),
        (lambda p: p.edit("config/smoke.yaml", "learning_rate: 0.01", "learning_rate: 0.02"),
         {"enumerate_runs": 1, **TRAINED}),
        (lambda p: p.edit("src/emtvb/training/curriculum.py", "Moves one notch", "Goes one notch"), {}),
        (lambda p: p.edit("src/emtvb/training/curriculum.py", "@dataclass", "# said\n@dataclass"), {}),
        (lambda p: (p.folder / "README.md").write_text("new"), {}),
        (lambda p: p.edit("src/emtvb/cli.py", "def main", "def principal"), {}),
        (lambda p: [path.touch() for name in ("workflow", "src") for path in (p.folder / name).rglob("*")], {}),
    ],
    ids=["engine", "memories", "figure", "style", "published", "table", "script", "horizon", "task", "seed", "rate",
         "docstring", "comment", "readme", "cli", "touch"],
)  # fmt: skip
def test_an_edit_restales_what_depends_on_it_and_nothing_else(
    finished: Project, tmp_path: Path, edit: Callable[[Project], object], stale: dict[str, int]
) -> None:
    project = Project.copy(tmp_path, finished.folder)
    edit(project)
    assert project.planned(*SMOKE) == stale


def test_one_call_makes_all_that_is_stale(finished: Project, tmp_path: Path) -> None:
    """A grown sweep: the new shard is trained, the old ones are not, and nothing is left for a second call."""
    project = Project.copy(tmp_path, finished.folder)
    before = {path: path.read_bytes() for path in (project.folder / "results").rglob("weights.safetensors")}
    project.edit("config/smoke.yaml", "seeds: [1, 2]", "seeds: [1, 2, 3]")
    project.edit("config/smoke.yaml", "  - T2\n", "")
    result = project.snakemake(*SMOKE)
    assert result.returncode == 0, result.stderr
    assert "already trained (4 of 6)" in result.stderr
    assert project.planned(*SMOKE) == {}
    assert len(before) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--config", "hidden_dim=[64, 0]"], "hidden_dim[1]: 0: input should be greater than or equal to 1"),
        (["--config", "threshold=[1.5]"], "threshold[0]: 1.5"),
        (["--config", "tasks=[T7]"], "T7: unknown name"),
        (["--config", "seed=3"], "seed: unknown key: did you mean seeds?"),
        (["--config", "tasks=[{name: x, id: [254, 0, 0]}]"], "exactly d = 8 ones"),
    ],
)
def test_bad_settings_stop_before_any_work(project: Project, arguments: list[str], says: str) -> None:
    result = project.snakemake(*arguments)
    assert result.returncode != 0
    assert len([line for line in result.stderr.splitlines() if says in line]) == 1
    assert "Traceback" not in result.stderr
    assert not (project.folder / "results").exists()


def test_an_unwritable_results_folder_stops_before_any_work(project: Project) -> None:
    result = project.snakemake(*SMOKE, EXPERIMENT_OUTPUT_DIR="/proc/emtvb")
    assert result.returncode != 0
    assert "EXPERIMENT_OUTPUT_DIR: /proc/emtvb" in result.stderr


def test_the_results_root_moves(project: Project, tmp_path: Path) -> None:
    result = project.snakemake(*SMOKE, "-n", EXPERIMENT_OUTPUT_DIR=str(tmp_path / "else where"))
    assert result.returncode == 0, result.stderr
    assert str(tmp_path / "else where" / "smoke" / "runs.csv") in result.stdout


def test_the_conda_environment_asks_for_what_the_package_does() -> None:
    import tomllib

    import yaml

    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    given = yaml.safe_load((ROOT / "workflow" / "envs" / "emtvb.yaml").read_text())["dependencies"]
    ours = {text.replace("torch>", "pytorch>") if text.startswith("torch") else text for text in wanted}
    theirs = {text.replace(" ", "") for text in given if text != "pip" and not text.startswith("python ")}
    assert theirs == ours - {text for text in ours if text.startswith("snakemake")}
