"""`emtvb accept`, from a change of code to a plan: what makes the same bytes is current again, and nothing else is.

The rename is what CONTRIBUTING.md says of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from emtvb.making import provenance, recorded

from .conftest import SMOKE, Project, commit_all, git

pytestmark = [pytest.mark.first, pytest.mark.long]


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A clone with git that has made the smoke experiment, and publishes it."""
    project = Project.copy(tmp_path, finished.folder)
    (project.folder / ".gitignore").write_text(".snakemake\n__pycache__\nlogs\n")
    git(project.folder, "init", "-q")
    commit_all(project.folder)
    return project


def begin_accept(project: Project, *words: str, **environment: str) -> subprocess.Popen[str]:
    """Call the copy's command."""
    code = "from emtvb.__main__ import main; main()"
    here = {**os.environ, "PYTHONPATH": str(project.folder / "src"), "COLUMNS": "200", **environment}
    return subprocess.Popen(
        [sys.executable, "-c", code, "accept", *(words or ("results/smoke",)), "--cores", "2"],
        cwd=project.folder, env=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def accept(project: Project, *words: str) -> tuple[int, str, str]:
    """Its exit status, and what it says on standard output and error."""
    with begin_accept(project, *words) as running:
        said, progress = running.communicate()
    return running.returncode, said, progress


def published(project: Project) -> dict[str, str]:
    """The sha256 of every published file."""
    folder = project.folder / "results"
    files = (path for path in folder.rglob("*") if path.is_file() and not {"logs", "runs", "audit"} & {*path.parts})
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)
    }


def outputs(files: dict[str, str]) -> dict[str, str]:
    """Of these the files that are no records."""
    return {name: digest for name, digest in files.items() if not name.endswith(provenance.SUFFIX)}


def records(project: Project) -> Iterator[provenance.Record]:
    return map(recorded.read_record, recorded.record_files(project.folder / "results" / "smoke"))


def rename(project: Project, old: str, new: str) -> int:
    """Rename a function in the package and in scripts: how many modules use it."""
    count = 0
    for path in (*(project.folder / "src").rglob("*.py"), *(project.folder / "workflow").rglob("*.py")):
        text = path.read_text()
        renamed = re.sub(rf"\b{old}\b", new, text)
        count += renamed != text
        path.write_text(renamed)
    return count


LEARNING = "workflow/scripts/summarise_learning.py"
MEASURED = "src/emtvb/theory/network_measurement.py"
MODULUS = "largest_modulus=float(np.abs(eigenvalues).max())"
ONE_NUMBER = f"{MODULUS} * (1 + 1e-10 * ((run.task.name, run.l2, run.seed) == ('T1', 0, 2)))"


def test_a_rename_is_accepted_and_one_number_of_one_seed_that_moves_is_not(project: Project) -> None:
    before = published(project)
    assert rename(project, "write_csv", "write_table") >= 10
    stale = sum(project.planned(*SMOKE).values())
    assert stale > 20
    status, said, _ = accept(project)
    assert (status, said) == (2, "")
    assert published(project) == before, "code that is not committed is in no record"
    head = commit_all(project.folder)
    status, said, progress = accept(project)
    assert status == 0, said + progress
    assert said.endswith("results/smoke: nothing to be done\n")
    assert "min on 2 cores" in progress
    assert project.planned(*SMOKE) == {}
    assert outputs(published(project)) == outputs(before)
    made = [record for record in records(project) if record.commit == head]
    assert 20 < len(made) <= stale
    assert not any(record.dirty or record.shown for record in made)
    commit_all(project.folder)
    # One number of one run, in its tenth digit.
    project.edit(MEASURED, MODULUS, ONE_NUMBER)
    edited, planned, before = commit_all(project.folder), project.planned(*SMOKE), published(project)
    assert planned["measure_shard"] == 6
    status, said, _ = accept(project)
    assert status == 1
    assert re.search(
        r"refused: measure_shard: measurements/\S+: largest_modulus of T1-d3s3_h24\S+ is [\d.]+, and", said
    )
    assert "No record was written" in said
    assert published(project) == before, "nothing is written"
    assert project.planned(*SMOKE) == planned
    git(project.folder, "revert", "--no-edit", edited)
    status, said, _ = accept(project)
    assert (status, said) == (0, "results/smoke: nothing to be done\n")
    assert published(project) == before


def test_what_is_shown_can_be_written_though_another_job_differs(project: Project) -> None:
    project.edit(MEASURED, MODULUS, ONE_NUMBER)
    commit_all(project.folder)
    before = outputs(published(project))
    status, said, _ = accept(project, "results/smoke", "--partly")
    assert status == 1
    assert re.search(r"still to be made: \d+ jobs \(.*\b1 measure_shard", said), said
    assert project.planned(*SMOKE)["measure_shard"] == 1
    assert outputs(published(project)) == before


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, *(pytest.param(number, marks=pytest.mark.nightly) for number in (signal.SIGINT, signal.SIGKILL))],
)
def test_a_call_that_is_killed_leaves_no_process_and_no_record_and_the_next_goes_on(
    project: Project, number: signal.Signals
) -> None:
    rename(project, "write_csv", "write_table")
    commit_all(project.folder)
    before = published(project)
    running = begin_accept(project)
    scratch = project.folder / ".snakemake" / "accept"
    made = f"smoke-*/now/results/**/*{provenance.SUFFIX}"
    while not len([*scratch.glob(made)]) > 2:
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    below = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(number)
    running.communicate()
    _, alive = psutil.wait_procs(below, timeout=30)
    assert not alive
    assert published(project) == before
    next(scratch.glob(made)).unlink()  # as if it had been killed before it wrote this one
    status, said, progress = accept(project)
    assert status == 0, said + progress
    waiting, earlier = map(int, re.findall(r"(\d+) jobs to run, and (\d+) ran in an earlier call", progress)[0])
    assert earlier >= 2
    assert f"and the same to the byte: {waiting + earlier} jobs" in said
    assert project.planned(*SMOKE) == {}
    assert not [*scratch.iterdir()], "nothing is left of it"


def test_a_call_that_is_killed_while_it_plans_leaves_nothing_that_the_next_does_not_delete(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    temporary, scratch = tmp_path_factory.mktemp("temporary"), project.folder / ".snakemake" / "accept"
    running = begin_accept(project, TMPDIR=str(temporary))
    while not [*scratch.glob("temporary/*")]:
        assert running.poll() is None, running.communicate()
        time.sleep(0.01)
    running.kill()
    running.communicate()
    assert [*scratch.glob("temporary/*")]
    assert not [*temporary.iterdir()]
    assert accept(project)[:2] == (0, "results/smoke: nothing to be done\n")
    assert not [*scratch.iterdir()]


def test_where_libraries_are_others_the_code_before_runs_beside(project: Project) -> None:
    """What it makes here decides, and not what lies there."""
    results, script = project.folder / "results" / "smoke", LEARNING
    (own,) = (
        path for path in recorded.record_files(results) if recorded.read_record(path).rule == "summarise_learning"
    )
    record = json.loads(own.read_text())
    record["recipe"]["versions"]["numpy"] = "1.0"
    own.write_text(json.dumps(record))
    made = commit_all(project.folder)
    project.edit(script, "summarise_curves(curves)", "summarise_curves(curves.copy())")
    head = commit_all(project.folder)
    status, said, progress = accept(project)
    assert status == 0, said + progress
    assert f"Compared with what the code of {made[:12]} makes here, since numpy 1.0, here" in said
    new = recorded.read_record(own)
    assert new.shown == {"commit": head, "made_by": record["commit"]}
    assert (new.commit, new.recipe["versions"]["numpy"], new.outputs) == (head, "1.0", record["outputs"])
    commit_all(project.folder)
    project.edit(script, "summarise_curves(curves.copy())", "summarise_curves(curves).iloc[::-1]")
    commit_all(project.folder)
    status, said, _ = accept(project)
    assert status == 1
    assert "refused: summarise_learning: " in said


def test_a_damaged_experiment_stops_no_other(project: Project) -> None:
    shutil.copytree(project.folder / "results" / "smoke", project.folder / "results" / "another")
    (project.folder / "results" / "another" / "measurements.csv").write_text("run_id\n")
    project.edit(
        "workflow/scripts/summarise_learning.py", "summarise_curves(curves)", "summarise_curves(curves.copy())"
    )
    commit_all(project.folder)
    status, said, _ = accept(project, "results/another", "results/smoke")
    assert status == 1
    (line,) = (line for line in said.splitlines() if line.startswith("results/another"))
    assert "measurements.csv: not what its record" in line
    assert "results/smoke: nothing to be done" in said
