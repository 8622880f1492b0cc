"""Results of other settings, modules of another place, variables that slow down: a line each."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emtvb.making import surroundings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        ({}, 0),
        ({"NUMBA_CPU_NAME": "nehalem"}, 1),
        ({"NUMBA_CPU_NAME": "", "NUMBA_OPT": "3", "NUMBA_DISABLE_JIT": "0"}, 0),
        ({"NUMBA_DISABLE_JIT": "1", "NUMBA_CPU_FEATURES": "-fma"}, 2),
    ],
)
def test_what_slows_down_is_a_line_each(variables: dict[str, str], lines: int) -> None:
    said = list(surroundings.slowing_variables(variables))
    assert len(said) == lines
    assert all(any(line.startswith(name) for name in variables) and "unset it" in line for line in said)


@pytest.mark.parametrize("module", ["numpy", "emtvb"])
def test_modules_of_another_place_are_blamed_on_pythonpath(tmp_path: Path, module: str) -> None:
    """A numpy that is broken, or a package of an older clone, which the command comes upon first."""
    (tmp_path / module / "making").mkdir(parents=True)
    (tmp_path / module / "__init__.py").write_text("raise ImportError('of another Python')" * (module == "numpy"))
    (tmp_path / module / "making" / "__init__.py").touch()
    code = f"import sys; sys.path.append({str(ROOT / 'src')!r}); from emtvb.__main__ import main; main()"
    if module == "emtvb":  # as an older clone with this module and without others
        for name in ("errors", "__main__", "making/surroundings"):
            shutil.copy(ROOT / "src" / "emtvb" / f"{name}.py", tmp_path / "emtvb" / f"{name}.py")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: PYTHONPATH: {tmp_path}: Python looks there before the clone's .venv")


@pytest.mark.parametrize(
    ("change", "other"),
    [
        ({}, None),
        ({"seeds": [2, 1, 3]}, None),
        ({"seeds": [1]}, "seeds"),
        ({"l2": 0.5, "tasks": []}, "l2, tasks"),
        ({"more": 1}, None),
        ({"exemplar": {"seed": 3}}, None),
        ({"exemplar": {}}, "exemplar"),
    ],
)
def test_other_settings_than_those_of_the_results_are_told(tmp_path: Path, change: dict, other: str | None) -> None:
    there = {"l2": 0, "tasks": ["T1"], "seeds": [1, 2], "exemplar": {"seed": 3, "l2": None}}
    assert surroundings.of_other_settings(tmp_path, there) is None
    for damaged in ("{", "[]", "1"):
        (tmp_path / "settings.json").write_text(damaged)
        assert surroundings.of_other_settings(tmp_path, there) is None
    (tmp_path / "settings.json").write_text(json.dumps(there))
    said = surroundings.of_other_settings(tmp_path, {**there, **change})
    assert said is None if other is None else f"with other settings ({other}): " in str(said)
