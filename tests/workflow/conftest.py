from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
COPIED = (
    "Snakefile", "workflow", "config", "profiles", "slurm", "src",
    "README.md", "LICENSE", "CITATION.cff", "pyproject.toml", "constraints.txt",
)  # fmt: skip


class Project:
    """A copy of the workflow in which a test may edit and run things."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def copy(cls, folder: Path, source: Path = ROOT) -> Project:
        for name in (*COPIED, *(() if source == ROOT else ("results", ".snakemake"))):
            path = source / name
            if path.is_dir():
                shutil.copytree(
                    path, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "site.yaml")
                )
            elif path.exists():
                shutil.copy2(path, folder / name)
        return cls(folder)

    def snakemake(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here, with this copy's package."""
        running = self.start(*arguments, **environment)
        try:
            out, err = running.communicate(timeout=600)
        except subprocess.TimeoutExpired:
            running.kill()
            raise
        return subprocess.CompletedProcess(running.args, running.returncode, out, err)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The same, and do not wait for it to end."""
        variables = {name: value for name, value in os.environ.items() if name != "EXPERIMENT_OUTPUT_DIR"}
        variables |= {"PYTHONPATH": str(self.folder / "src"), **environment}
        return subprocess.Popen(
            [SNAKEMAKE, "--cores", "2", *arguments],
            cwd=self.folder,
            env=variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def planned(self, *arguments: str, **environment: str) -> Counter[str]:
        """What a dry run would do: how many jobs of each rule."""
        result = self.snakemake("--dry-run", *arguments, **environment)
        text = result.stdout + result.stderr
        assert result.returncode == 0, text
        stats = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\n\n", text, re.DOTALL)
        if stats is None:
            assert "Nothing to be done" in text
            return Counter()
        rows = (line.split() for line in stats[1].splitlines())
        return Counter({rule: int(count) for rule, count in rows if rule not in ("total", "all")})

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh clone: no results."""
    return Project.copy(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which the smoke experiment has run to its end. Tests that change it copy it first."""
    project = Project.copy(tmp_path_factory.mktemp("finished"))
    result = project.snakemake("--configfile", "config/smoke.yaml")
    assert result.returncode == 0, result.stderr
    project.terminal = result.stderr
    return project
