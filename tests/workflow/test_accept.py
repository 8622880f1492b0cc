"""`emtvb accept`, from a change of code to a plan: what makes the same bytes is current again, and nothing else is.

The rename is what CONTRIBUTING.md says of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emtvb.audit import accepting
from emtvb.audit.config_of_results import Held
from emtvb.audit.currency import planned_jobs
from emtvb.config import load_sweep
from emtvb.errors import InputError
from emtvb.making import provenance

from .conftest import ROOT, Project

pytestmark = pytest.mark.first

SMOKE = ("--configfile", "config/smoke.yaml")
HELD = Held(load_sweep(ROOT / "config" / "smoke.yaml"), "config/smoke.yaml", ROOT)


def accept(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    """Call the copy's command on its results."""
    code = "from emtvb.__main__ import main; main()"
    here = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", code, "accept", "results/smoke", *words],
        cwd=project.folder, env=here, capture_output=True, text=True, check=False,
    )  # fmt: skip


def contents(folder: Path) -> dict[str, str]:
    """The sha256 of every published file, but of records."""
    files = (path for path in folder.rglob("*") if path.is_file() and not {"logs", "runs", "audit"} & {*path.parts})
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.name.endswith(provenance.SUFFIX)
    }


def rename(folder: Path, old: str, new: str) -> int:
    """Rename a function in the package and in scripts: how many modules use it."""
    count = 0
    for path in (*(folder / "src").rglob("*.py"), *(folder / "workflow").rglob("*.py")):
        text = path.read_text()
        renamed = re.sub(rf"\b{old}\b", new, text)
        count += renamed != text
        path.write_text(renamed)
    return count


@pytest.mark.long
def test_a_rename_is_accepted_and_a_number_that_moves_is_not(finished: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, finished.folder)
    results = project.folder / "results" / "smoke"
    before, records = contents(results), shutil.copytree(results, tmp_path / "before")
    assert rename(project.folder, "write_csv", "write_table") >= 10
    assert sum(project.planned(*SMOKE).values()) > 20
    said = accept(project)
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.endswith("results/smoke: nothing to be done\n")
    assert project.planned(*SMOKE) == {}
    assert contents(results) == before
    # A number in its tenth digit; what does not use it is accepted.
    rename(project.folder, "gradients_as_table", "gradients_table")
    rename(project.folder, "summarise_curves", "curves_summary")
    project.edit("src/emtvb/theory/network_measurement.py", "largest_modulus=float(np.abs(eigenvalues).max())",
                 "largest_modulus=float(np.abs(eigenvalues).max()) * (1 + 1e-10)")  # fmt: skip
    said = accept(project)
    assert said.returncode == 1
    (line,) = re.findall(r"refused: measure_shard: measurements/.*", said.stdout)[:1]
    assert "largest_modulus of T1-d3s3_h24" in line, said.stdout
    assert re.search(r"run, and the same to the byte: .*\b1 summarise_learning", said.stdout), said.stdout
    left = project.planned(*SMOKE)
    assert left["measure_shard"] > 0
    assert left["follow_gradients"] == left["summarise_learning"] == 0, "these have nothing to do with it"
    assert contents(results) == before
    # Back as it was, with its records.
    shutil.rmtree(results)
    records.rename(results)
    rename(project.folder, "write_table", "write_csv")
    rename(project.folder, "gradients_table", "gradients_as_table")
    rename(project.folder, "curves_summary", "summarise_curves")
    project.edit("src/emtvb/theory/network_measurement.py", " * (1 + 1e-10)", "")
    assert project.planned(*SMOKE) == {}


@pytest.mark.long
def test_where_libraries_are_others_the_code_before_runs_beside(finished: Project, tmp_path: Path) -> None:
    """What it makes here decides, and not what lies there."""
    project = Project.copy(tmp_path, finished.folder)
    results, script = project.folder / "results" / "smoke", "workflow/scripts/summarise_learning.py"
    (own,) = (
        path
        for path in results.rglob(f"*{provenance.SUFFIX}")
        if provenance.read_record(path).rule == "summarise_learning"
    )
    record = json.loads(own.read_text())
    record["recipe"]["versions"]["numpy"] = "1.0"
    own.write_text(json.dumps(record))
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(project.folder)]
    commit = (["add", "-A"], ["commit", "-qm", "all"])
    for command in (["init", "-q"], *commit):
        subprocess.run([*git, *command], check=True)
    project.edit(script, "summarise_curves(curves)", "summarise_curves(curves.copy())")
    said = accept(project, "--seed", "1")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Compared with what the code of" in said.stdout
    assert "numpy 1.0, here" in said.stdout
    assert provenance.read_record(own).accepted["drawn"] == 1
    for command in commit:
        subprocess.run([*git, *command], check=True)
    project.edit(script, "summarise_curves(curves.copy())", "summarise_curves(curves).iloc[::-1]")
    said = accept(project)
    assert said.returncode == 1
    assert "refused: summarise_learning: " in said.stdout


def _stale(results: Path, rule: str) -> list[Path]:
    """Let the records of a rule's jobs name another state of a module."""
    paths = [path for path in results.rglob(f"*{provenance.SUFFIX}") if provenance.read_record(path).rule == rule]
    for path in paths:
        text = json.loads(path.read_text())
        text["recipe"]["code"]["emtvb/errors.py"] = "0" * 12
        path.write_text(json.dumps(text))
    return paths


@pytest.mark.long
def test_a_part_is_run_and_the_others_are_accepted_until_all_are(
    finished: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "WHOLE", 0.0)
    monkeypatch.setattr(accepting, "FEWEST", 1)
    monkeypatch.setattr(accepting, "strata_of_shards", lambda *_: {})
    results = shutil.copytree(finished.folder / "results" / "smoke", tmp_path / "results" / "smoke")
    paths = _stale(results, "measure_memory")
    came = accepting.accept(results, HELD, every=False, seed=1, workers=2)
    assert (came.run, came.refused, came.planned) == ({"measure_memory": 1}, [], {})
    assert came.accepted == {"measure_memory": len(paths) - 1}
    abouts = [record.accepted for record in map(provenance.read_record, paths) if record.accepted]
    assert len(abouts) == len(paths) - 1
    commit, dirty = provenance.git_state(ROOT)
    more = {"dirty": True} if dirty else {}
    assert abouts[0] == {"commit": commit, **more, "drawn": 1, "of": len(paths), "seed": 1}
    codes = {json.dumps(record.recipe["code"]) for record in map(provenance.read_record, paths)}
    assert len(codes) == 1, "all used the same code"
    came = accepting.accept(results, HELD, every=True, seed=1, workers=2)
    assert (came.run, came.accepted) == ({"measure_memory": len(paths) - 1}, {})
    assert not any(provenance.read_record(path).accepted for path in paths)
    assert not [job for job in planned_jobs(results, HELD) if job.stale]
    (results / "measurements.csv").write_text("run_id\n")
    with pytest.raises(InputError, match=r"measurements.csv: not what its record"):
        accepting.accept(results, HELD, every=False, seed=1, workers=2)
