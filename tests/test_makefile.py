"""The Makefile hands names to commands as they are, and refuses a folder in which no job can start."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "CONFIG")}
    command = [os.environ.get("EMTVB_MAKE", "make"), *arguments]
    return subprocess.run(
        command, cwd=folder, env={**variables, **environment}, text=True, capture_output=True, timeout=60, check=False
    )


def clone(folder: Path) -> Path:
    """A folder with the Makefile and stand-ins for what it calls, which say with what they were called."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "Snakefile", folder)
    shutil.copytree(ROOT / "workflow/rules", folder / "workflow/rules")
    for name in ("pyproject.toml", "requirements.txt"):
        (folder / name).touch()
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("python", "emtvb", "snakemake"):
        path = folder / ".venv/bin" / name
        path.write_text('#!/bin/sh\nfor word in "$0" "$@"; do printf "<%s>" "$word"; done\necho\n')
        path.chmod(0o755)
    for name in ("versions.txt", ".runs"):
        (folder / ".venv" / name).touch()
    return folder


@pytest.mark.parametrize("target", ["reproduce", "install", "test", "figures"])
def test_a_folder_with_a_space_is_refused_before_anything_is_installed(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    for file in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / file, folder)
    result = make(folder, target, PYTHON="false")
    assert result.returncode != 0
    (line,) = result.stderr.splitlines()
    assert f"folder: {folder}: no job can be started in a path with a space; move the clone" in line
    assert not (folder / ".venv").exists()


def test_help_lists_every_target(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    listed = {line.split()[1] for line in make(folder).stdout.splitlines()}
    phony = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith(".PHONY: "))
    assert listed == {*phony.removeprefix(".PHONY: ").split()}


@pytest.mark.parametrize(
    "name", ["a b.yaml", "a'b.yaml", 'a"b.yaml', "a[1].yaml", "a(b).yaml", "a;b&c.yaml", "a*.yaml"]
)
def test_a_configs_name_reaches_every_command_as_it_is(tmp_path: Path, name: str) -> None:
    folder = clone(tmp_path / "clone")
    for target, calls in (("reproduce", 1), ("figures", 2), ("config", 1)):
        result = make(folder, "-s", target, f"CONFIG=../{name}", "CORES=2")
        assert result.returncode == 0, result.stderr
        lines = [line for line in result.stdout.splitlines() if line.startswith("<")]
        assert len(lines) == calls
        assert all(f"<../{name}>" in line for line in lines)
    assert make(folder, "-s", "report", f"CONFIG=../{name}").stdout.count(f"<../{name}>") == 4


@pytest.mark.parametrize("target", ["reproduce", "figures", "config", "report"])
def test_a_config_from_the_environment_reaches_every_target(tmp_path: Path, target: str) -> None:
    """``CONFIG=x make figures``, as well as ``make figures CONFIG=x``."""
    folder = clone(tmp_path / "clone")
    given = make(folder, "-s", target, CONFIG="mine.yaml").stdout
    assert "<mine.yaml>" in given
    assert given == make(folder, "-s", target, "CONFIG=mine.yaml").stdout
    without = "results/paper/settings.json" if target == "figures" else "config/config.yaml"
    assert make(folder, "-s", target).stdout == given.replace("mine.yaml", without)


def test_configs_are_checked_before_snakemake_reads_them(tmp_path: Path) -> None:
    """So that a bad one is one line, and not Snakemake's thirty."""
    folder = clone(tmp_path / "clone")
    (folder / ".venv/bin/emtvb").write_text("#!/bin/sh\necho 'error: a line' >&2\nexit 2\n")
    for target in ("reproduce", "figures", "report", "config"):
        result = make(folder, "-s", target)
        assert result.returncode != 0
        assert result.stdout == ""
        assert [line for line in result.stderr.splitlines() if not line.startswith("make")] == ["error: a line"]


@pytest.mark.parametrize(("home", "cache"), [("writable", ""), ("gone", ".venv/cache")])
def test_caches_are_in_the_clone_where_home_cannot_be_written(tmp_path: Path, home: str, cache: str) -> None:
    folder = clone(tmp_path / "clone")
    (tmp_path / "writable").mkdir()
    (folder / ".venv/bin/emtvb").write_text("#!/bin/sh\necho $XDG_CACHE_HOME\n")
    (folder / "mine.yaml").touch()
    done = make(folder, "config", "CONFIG=mine.yaml", HOME=str(tmp_path / home), XDG_CACHE_HOME="")
    assert done.stdout.strip() == (f"{folder}/{cache}" if cache else "")


@pytest.mark.skipif(
    "EMTVB_MAKE" not in os.environ,
    reason="no GNU make 3.81, which macOS has: build it and name it in EMTVB_MAKE, and all of this file takes it",
)
def test_the_make_of_macos_runs_every_target_that_a_user_calls(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    assert "GNU Make 3.81" in make(folder, "--version").stdout
    for call in ("help", "config", "-n reproduce", "-n test", "-n -W pyproject.toml install"):
        done = make(folder, *call.split())
        assert (done.returncode, done.stderr) == (0, ""), call
        assert done.stdout


PIP = """
import os, sys, sysconfig
from pathlib import Path
print("Collecting numpy", sys.argv[1:])
print("Installing collected packages: numpy, emtvb")
for name in "numpy", "emtvb":
    (Path(sysconfig.get_path("purelib")) / f"{name}-1.dist-info").mkdir()
if "torch" in sys.argv[-1]:
    print("ERROR: No matching distribution found for torch", flush=True)
    sys.exit(3)
"""


@pytest.mark.parametrize("package", [".[workflow]", ".[torch]"])
def test_an_installation_is_some_lines_and_pips_are_in_a_log(tmp_path: Path, package: str) -> None:
    venv.create(tmp_path / ".venv")
    (libraries,) = (tmp_path / ".venv/lib").glob("python*/site-packages")
    (libraries / "pip").mkdir()
    (libraries / "pip/__main__.py").write_text(PIP)
    (libraries / "module.py").touch()
    command = [tmp_path / ".venv/bin/python", ROOT / "workflow/envs/install.py", package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    log = tmp_path / ".venv/install.log"
    assert "Collecting numpy" in log.read_text()
    assert repr(package) in log.read_text()
    assert done.stdout.splitlines()[0] == f"installing {package} into .venv, 1 to 3 minutes; what pip says: {log}"
    if "torch" in package:
        assert done.returncode == 3
        assert done.stderr.splitlines() == [
            "ERROR: No matching distribution found for torch", f"pip could not install {package}: {log}",
        ]  # fmt: skip
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(r"installed in \d+ s", done.stdout.splitlines()[1])
        assert len(done.stdout.splitlines()) == 2
        assert list((libraries / "__pycache__").glob("module.*.pyc"))
