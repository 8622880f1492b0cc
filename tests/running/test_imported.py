"""What Python has imported is what the files say, or it is refused."""

from __future__ import annotations

import importlib.util
import json
import os
import py_compile
import subprocess
import sys
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from emtvb.errors import InputError
from emtvb.running import imported
from emtvb.running.git import environment
from emtvb.running.provenance import git_state
from emtvb.running.source import LIBRARIES, PACKAGE


def compiled(folder: Path, text: str) -> Path:
    path = folder / "module.py"
    path.write_text(text)
    os.utime(path, (10**9, 10**9))
    py_compile.compile(str(path), importlib.util.cache_from_source(str(path)), doraise=True)
    return path


def put_in_its_place(path: Path, text: str) -> None:
    """Another text of the same size with the same time, as ``cp -p`` does."""
    before = path.stat()
    other = path.with_name("other.py")
    other.write_text(text)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def says(folder: Path) -> str:
    """What Python runs."""
    call = [sys.executable, "-c", "import module; print(module.X)"]
    return subprocess.run(call, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def test_bytecode_of_an_earlier_text_is_refused(tmp_path: Path) -> None:
    path = compiled(tmp_path, "X = 1\n")
    imported.check_bytecode(tmp_path)
    put_in_its_place(path, "X = 2\n")
    assert says(tmp_path) == "1"  # so it is
    with pytest.raises(
        InputError, match=r"bytecode: .*module\.py: Python would run an earlier text .*; touch the file"
    ):
        imported.check_bytecode(tmp_path)
    path.touch()
    imported.check_bytecode(tmp_path)
    assert says(tmp_path) == "2"


def test_bytecode_that_python_never_holds_to_its_source_is_refused(tmp_path: Path) -> None:
    path = compiled(tmp_path, "X = 1\n")
    for mode, refused in (("UNCHECKED_HASH", True), ("CHECKED_HASH", False)):
        path.write_text("X = 1\n")
        py_compile.compile(str(path), invalidation_mode=py_compile.PycInvalidationMode[mode])
        imported.check_bytecode(tmp_path)
        path.write_text("X = 3  # longer\n")
        assert says(tmp_path) == ("1" if refused else "3")
        path.write_text("X = 4  # and longer\n")
        with pytest.raises(InputError, match="earlier text") if refused else nullcontext():
            imported.check_bytecode(tmp_path)


def test_bytecode_that_python_would_not_run_is_nothing(tmp_path: Path) -> None:
    path = compiled(tmp_path, "X = 1\n")
    cached = Path(importlib.util.cache_from_source(str(path)))
    put_in_its_place(path, "X = 1\n")  # the same text
    imported.check_bytecode(tmp_path)
    path.write_text("X = 22\n")  # another size
    imported.check_bytecode(tmp_path)
    put_in_its_place(path, "X = 33\n")
    for damage in (b"", b"short", cached.read_bytes()[:20]):
        cached.write_bytes(damage)
        imported.check_bytecode(tmp_path)


def test_a_job_uses_no_module_because_its_bytecode_is_older(tmp_path: Path) -> None:
    """As after ``cp -a`` of a clone, where modules are as new as the copy and bytecode is as old as it was."""
    compile_all = (
        "import os, pathlib, py_compile\nfrom emtvb.running.source import PACKAGE\n"
        "for module in PACKAGE.rglob('*.py'): os.utime(py_compile.compile(str(module)), (1, 1))"
    )
    use = (
        "import sys\nfrom pathlib import Path\nfrom emtvb.running import jobs, recipes\nrecipes.listen()\n"
        "import emtvb.tasks\njob = jobs.Job({}, recipes.ROOT, Path(sys.argv[1]))\n"
        "for _ in range(2): print(*jobs._used(job, {})['code'])"
    )
    here = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    here.pop("PYTHONDONTWRITEBYTECODE", None)
    calls = ([sys.executable, "-c", code, str(tmp_path)] for code in (compile_all, use))
    _, used = [subprocess.run(call, capture_output=True, text=True, check=True, env=here).stdout for call in calls]
    first, second = (line.split() for line in used.splitlines())
    assert first == second
    assert "emtvb/tasks.py" in first
    assert "emtvb/figures/wave.py" not in first


def test_what_is_imported_here_is_what_counts() -> None:
    imported.check_places(LIBRARIES.values())


@pytest.mark.parametrize("name", ["emtvb.errors", "emtvb"])
def test_a_module_from_elsewhere_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "errors.py"
    elsewhere.write_text("")
    monkeypatch.setattr(sys.modules[name], "__file__", str(elsewhere))
    with pytest.raises(InputError, match=f"module: {name} of .*no file of {PACKAGE}; unset PYTHONPATH"):
        imported.check_places([])


def test_a_library_that_hides_the_one_that_is_installed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    monkeypatch.setattr(np, "__file__", str(tmp_path / "numpy" / "__init__.py"))
    imported.check_places(["pandas"])  # of those that a job's record names
    with pytest.raises(InputError, match=r"library: numpy of .*recorded is the version of another one"):
        imported.check_places(["numpy", "pandas"])


@pytest.mark.parametrize(("editable", "refused"), [(True, False), (False, True)])
def test_a_library_that_is_installed_as_a_link_to_a_clone_lies_there(
    editable: bool, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    about = json.dumps({"url": "file:///clone", "dir_info": {"editable": editable}})
    found = SimpleNamespace(read_text=lambda name: about, locate_file=metadata.distribution("numpy").locate_file)
    monkeypatch.setattr(metadata, "distribution", lambda name: found)
    monkeypatch.setattr(np, "__file__", str(tmp_path / "numpy" / "__init__.py"))
    if refused:
        with pytest.raises(InputError, match="library: numpy"):
            imported.check_places(["numpy"])
    else:
        imported.check_places(["numpy"])


def git(folder: Path, *words: str) -> str:
    named = ["-c", "user.name=a", "-c", "user.email=a@b"]
    call = ["git", "-C", str(folder), *named, *words]
    return subprocess.run(call, capture_output=True, text=True, check=True, env=environment()).stdout.strip()


def test_the_commit_is_the_clones_own_and_new_files_are_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("clone", "other"):
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "src" / "a.py").write_text(name)
        git(tmp_path / name, "init", "--quiet")
        git(tmp_path / name, "add", ".")
        git(tmp_path / name, "commit", "--quiet", "-m", "first")
    clone = tmp_path / "clone"
    commit = git(clone, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    assert git_state(clone) == (commit, False)
    git(clone, "config", "status.showUntrackedFiles", "no")
    (clone / "src" / "b.py").write_text("")
    assert git_state(clone) == (commit, True)
