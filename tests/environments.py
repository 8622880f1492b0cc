"""Python environments with this package as pip installs it, and with libraries of the tests' own one: no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Collection
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def distributions(*extras: str, name: str = "emtvb") -> set[str]:
    """What pip installs for a package with these extras: all that the installed libraries require, and the package."""
    found: set[str] = set()
    waiting = [(f"{name}[{','.join(extras)}]", frozenset[str]())]
    seen = set(waiting)
    while waiting:
        text, asking = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": name}) for name in {"", *asking}):
            continue
        name, wanted = canonicalize_name(requirement.name), frozenset(requirement.extras)
        found.add(name)
        if name == "emtvb":  # as pyproject.toml states it now, and not when it was installed
            more = sum((PROJECT["optional-dependencies"][extra] for extra in sorted(wanted)), PROJECT["dependencies"])
        else:
            more = metadata.requires(name) or []
        waiting += sorted({(line, wanted) for line in more} - seen, key=str)
        seen |= set(waiting)
    return found


def built(folder: Path) -> Path:
    """The wheel of what lies here, in a folder."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), "."]
    subprocess.run(command, cwd=source, check=True, timeout=300)
    (path,) = folder.glob("emtvb-*.whl")
    return path


class Environment:
    """A Python environment into which a wheel is installed, without any clone.

    Args:
        folder: Where it is made.
        wheel: What is installed; None for libraries alone.
        libraries: The distributions that it has of the tests' own environment; by default all.
    """

    def __init__(self, folder: Path, wheel: Path | None, libraries: Collection[str] | None = None) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=300)
        self.python = folder / "bin" / "python"
        (self.site,) = folder.glob("lib/python*/site-packages")
        if libraries is None:
            # A line of a .pth file is a place to look in; the .pth files there, which lead to a clone, are not read.
            (self.site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        for name in libraries or ():
            self._link(metadata.distribution(name))
        if wheel is None:
            return
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "-q", "--no-deps", "--no-index"]
        subprocess.run([*pip, "--force-reinstall", str(wheel)], check=True, timeout=300)

    def _link(self, library: metadata.Distribution) -> None:
        tops = {file.parts[0] for file in library.files or ()} - {"..", "__pycache__"}
        for top in sorted(tops):
            if not (self.site / top).exists():
                (self.site / top).symlink_to(str(library.locate_file(top)))

    def __call__(self, folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder: one that the wheel installed, or a module."""
        script = self.python.with_name(command[0])
        called = [str(script)] if script.exists() else [str(self.python), "-m", command[0]]
        inherited = {name: os.environ[name] for name in os.environ.keys() - {"PYTHONPATH", "EXPERIMENT_OUTPUT_DIR"}}
        return subprocess.run(
            [*called, *command[1:]], cwd=folder, env={**inherited, **variables}, capture_output=True, text=True,
            check=False, timeout=600,
        )  # fmt: skip
