"""The Makefile refuses in its first second what would only fail later, and hands names to the shell as they are."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "CONFIG")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env={**variables, **environment}, text=True, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip


def clone(folder: Path) -> Path:
    """A folder with the Makefile and stand-ins for what it calls, which say with what they were called."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "Snakefile", folder)
    shutil.copytree(ROOT / "workflow/rules", folder / "workflow/rules")
    for name in ("pyproject.toml", "constraints.txt"):
        (folder / name).touch()
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("python", "emtvb", "snakemake"):
        path = folder / ".venv/bin" / name
        path.write_text('#!/bin/sh\nfor word in "$0" "$@"; do printf "<%s>" "$word"; done\necho\n')
        path.chmod(0o755)
    (folder / ".venv/.runs").touch()
    return folder


@pytest.mark.parametrize(
    "name", ["a b", "a'b", 'a"b', "a(b)", "a$b", "a&b", "a;b", "a[b]", "a{b}", "a*b", "a\\b", "a\tb"]
)
@pytest.mark.parametrize("target", ["reproduce", "install", "test", "figures"])
def test_a_path_in_which_no_job_can_be_started_is_refused_before_anything_is_installed(
    tmp_path: Path, name: str, target: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    for file in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / file, folder)
    result = make(folder, target, PYTHON="false")
    assert result.returncode != 0
    (line,) = (line for line in result.stderr.splitlines() if not line.startswith("make"))
    assert line.startswith("error: folder: ")
    assert "move the clone" in line
    assert not (folder / ".venv").exists()


def test_an_ordinary_path_is_not_refused(tmp_path: Path) -> None:
    assert make(clone(tmp_path / "a-b_1.2é,+=@%#"), "folder").returncode == 0


@pytest.mark.parametrize("cores", ["0", "-1", "two", "", "1.5", "a'b", "1 2", "00", "10000"])
@pytest.mark.parametrize("target", ["reproduce", "figures", "report"])
def test_cores_that_are_no_number_are_one_line(tmp_path: Path, cores: str, target: str) -> None:
    result = make(clone(tmp_path / "clone"), target, f"CORES={cores}")
    assert result.returncode != 0
    (line,) = (line for line in result.stderr.splitlines() if not line.startswith("make"))
    assert line == f"error: CORES: {cores or 'empty'}: give a number from 1 to 9999, or all"
    assert "snakemake" not in result.stdout


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


def interrupted(folder: Path, everybody: bool) -> tuple[int, str]:
    """How make ends, and what it says, if Ctrl-C reaches all of its group, or the command that it runs alone.

    The command takes a second to end: where a child ends before make has heard of the signal itself, GNU make says
    "wait: No child processes".
    """
    (folder / ".venv/bin/emtvb").write_text(
        "#!/bin/sh\ntrap 'echo one line >&2; sleep 1; exit 130' INT\necho $$\nwhile :; do sleep 0.1; done\n"
    )
    with subprocess.Popen(
        ["make", "-s", "reproduce"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        process_group=0,
    ) as called:  # fmt: skip
        assert called.stdout is not None
        command = int(called.stdout.readline())
        if everybody:
            os.killpg(called.pid, signal.SIGINT)
        else:
            os.kill(command, signal.SIGINT)
        said = called.communicate(timeout=60)[1]
    return called.returncode, said


def test_ctrl_c_ends_make_without_another_line(tmp_path: Path) -> None:
    assert interrupted(clone(tmp_path / "clone"), everybody=True) == (-signal.SIGINT, "one line\n")


def test_a_command_that_alone_was_interrupted_is_no_success(tmp_path: Path) -> None:
    status, said = interrupted(clone(tmp_path / "clone"), everybody=False)
    assert status > 0
    assert said.startswith("one line\n")


def pictured(folder: Path, dot: str | None, snakemake: str = "echo 'digraph {}'") -> subprocess.CompletedProcess[str]:
    """``make rulegraph`` where dot is this script, or not there at all."""
    (folder / "docs/images").mkdir(parents=True, exist_ok=True)
    (folder / "docs/images/rulegraph.svg").write_text("as it was")
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name in ("sh", "rm", "mv", "grep", "cut", "cat", "head"):
        if not (programs / name).exists():
            (programs / name).symlink_to(shutil.which(name) or name)
    (programs / "dot").unlink(missing_ok=True)
    scripts = {folder / ".venv/bin/snakemake": snakemake} | ({programs / "dot": dot} if dot else {})
    for path, text in scripts.items():
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    make_itself = shutil.which("make")
    assert make_itself
    return subprocess.run(
        [make_itself, "rulegraph"], cwd=folder, env={"PATH": str(programs)}, text=True, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip


def test_the_picture_of_the_rules_stays_where_it_cannot_be_drawn(tmp_path: Path) -> None:
    folder = clone(tmp_path / "clone")
    picture = folder / "docs/images/rulegraph.svg"
    result = pictured(folder, dot=None)
    assert result.returncode != 0
    (line,) = (line for line in result.stderr.splitlines() if not line.startswith("make"))
    assert line == "error: dot: not here; install graphviz"
    assert picture.read_text() == "as it was"
    draws = 'while [ "$1" ]; do [ "$1" = -o ] && out=$2; shift; done; echo drawn > "$out"'
    for dot, snakemake in ((f"{draws}; exit 1", "echo"), (draws, "echo half; exit 1")):
        assert pictured(folder, dot, snakemake).returncode != 0
        assert picture.read_text() == "as it was"
        assert not list(folder.glob(".rulegraph*"))
    result = pictured(folder, draws)
    assert result.returncode == 0, result.stderr
    assert picture.read_text() == "drawn\n"
    assert not list(folder.glob(".rulegraph*"))
