from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from emtvb.lock import locked
from emtvb.making import present_code

ROOT = Path(__file__).parents[2]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
COPIED = (
    "Snakefile", "workflow", "config", "profiles", "slurm", "src",
    "README.md", "LICENSE", "CITATION.cff", "pyproject.toml", "requirements.txt",
)  # fmt: skip
KERNEL = Path("src/emtvb/training/kernel.py")
SMOKE = ("--configfile", "config/smoke.yaml")
CALL = ("--configfile", "config/tiny.yaml")
"""What a call says to make an experiment of a test's own."""


class Project:
    """A copy of the workflow in which a test may edit and run things."""

    terminal = ""
    """What the run of the finished experiment printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def copy(cls, folder: Path, source: Path = ROOT, *, compiled: bool = True) -> Project:
        """A copy of what is tracked; with what is compiled here, since each compilation takes half a minute."""
        for name in (*COPIED, *(() if source == ROOT else ("results", ".snakemake"))):
            path = source / name
            if path.is_dir():
                shutil.copytree(
                    path, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "site.yaml")
                )
            elif path.exists():
                shutil.copy2(path, folder / name)
        if compiled:
            hand_on_compiled(source, (folder / KERNEL).with_name("__pycache__"))
        return cls(folder)

    @classmethod
    def made(cls, folder: Path, config: str, jobs: dict[str, int]) -> Project:
        """A copy that has made an experiment of this config, :data:`CALL`, by just these jobs."""
        project = cls.copy(folder)
        (project.folder / CALL[-1]).write_text(config)
        assert project.planned(*CALL) == jobs
        result = project.snakemake(*CALL)
        assert result.returncode == 0, result.stderr
        return project

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


def git(folder: Path, *words: str) -> str:
    """What git says in a folder, as somebody."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder)]
    return subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True).stdout


def commit_all(folder: Path) -> str:
    """Commit all that is in a folder's clone; returns the commit."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "a change")
    return git(folder, "rev-parse", "HEAD").strip()


def hand_on_compiled(source: Path, folder: Path) -> None:
    """Put the engine that is compiled for this CPU, and its proof, where a copy of this clone looks for them.

    numba takes it for a kernel of the same text.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for pattern in ("kernel.*.nb[ic]", "proof-*.json"):
        for file in (source / KERNEL).with_name("__pycache__").glob(pattern):
            shutil.copy2(file, folder / file.name)


@contextlib.contextmanager
def kept(kind: str, key: str, last: str) -> Iterator[tuple[Path, bool]]:
    """A folder that all processes share, for what takes long and is the same for the same key.

    It is held while it is filled. It is full once it has the file ``last``, which is written last; the second value
    says whether it is. Else it is empty. Of a kind those of the last three keys are kept.
    """
    place = Path(tempfile.gettempdir()) / f"emtvb-tests-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    folder = place / f"{kind}-{key}"
    with locked(place / f"{folder.name}.lock", waiting=f"another process makes what is kept as {kind}"):
        there = (folder / last).is_file()
        if not there:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        yield folder, there
        if not there:
            for old in sorted(place.glob(f"{kind}-*/"), key=lambda path: path.stat().st_mtime)[:-3]:
                shutil.rmtree(old, ignore_errors=True)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh clone: no results."""
    return Project.copy(tmp_path)


@pytest.fixture(scope="session")
def finished() -> Project:
    """A project in which the smoke experiment has run to its end. Tests that change it copy it first.

    It is run once for a state of code, config and libraries, by whichever process comes first, and kept for the next.
    """
    content = hashlib.sha256(json.dumps(present_code.recipe_of_everything(ROOT)).encode())
    for path in sorted(
        path for name in ("Snakefile", "workflow", "config", "profiles", "src") for path in _files(ROOT / name)
    ):
        content.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    with kept("smoke", content.hexdigest()[:16], "terminal.txt") as (folder, there):
        if not there:
            result = Project.copy(folder).snakemake("--configfile", "config/smoke.yaml")
            assert result.returncode == 0, result.stderr
            (folder / "terminal.txt").write_text(result.stderr)
    project = Project(folder)
    project.terminal = (folder / "terminal.txt").read_text()
    return project


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for path in place.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and not any(p.endswith("-info") for p in path.parts):
            yield path
