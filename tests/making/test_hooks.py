"""What is taken of Snakemake beyond its public face: its memory, in the versions allowed and in altered copies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emtvb.errors import InputError
from emtvb.making import hooks
from emtvb.making.staleness import Records

from ..environments import PROJECT, Environment
from ..streams.test_workflow import JOBS, TINY
from ..workflow.conftest import CALL, Project

ROOT = Path(__file__).parents[2]
EDITED = ("--configfile", "config/edited.yaml")
"""What a call says for the same experiment with longer trainings."""
RESOLUTIONS = {"oldest": "lowest-direct", "newest": "highest"}

PARAMS = "self.workflow.persistence.params_changed(job)"
ASKED_IF = "if RerunTrigger.PARAMS in self.workflow.rerun_triggers:"
METHOD = "    def params_changed(self, job: Any, file=None)"
Changes = tuple[tuple[str, str, str], ...]
"""Of a file, what is replaced by what."""
OTHERWISE: dict[str, Changes] = {
    "asks another method": (("dag.py", PARAMS, "any(self.workflow.persistence.code_changed(job))"),),
    "has renamed the method": (
        ("dag.py", PARAMS, "self.workflow.persistence.params_differ(job)"),
        ("persistence/__init__.py", METHOD, METHOD.replace("params_changed", "params_differ")),
    ),
    "asks a new method": (
        ("dag.py", PARAMS, "self.workflow.persistence.params_differ(job)"),
        (
            "persistence/__init__.py",
            METHOD,
            f"    def params_differ(self, job):\n        return self.__class__.params_changed(self, job)\n\n{METHOD}",
        ),
    ),
    "reads checksums by itself": (
        ("persistence/__init__.py", "(m := self.metadata(output_path))", "(m := self._read_record(str(output_path)))"),
    ),
    "has a memory of its own for the graph": (
        ("dag.py", "self.workflow.persistence", "self.memory"),
        ("workflow.py", "self._persistence =", "self._dag.memory = persistence(dag=self._dag); self._persistence ="),
    ),
    "does not ask": (("dag.py", ASKED_IF, "if False:"),),
    "does not ask what is new": (("dag.py", "if not self.workflow.persistence.has_metadata(job)", "if True"),),
    "gives another argument": (("dag.py", PARAMS, "self.workflow.persistence.params_changed(job, strict=True)"),),
    "asks of files": (("dag.py", PARAMS, "self.workflow.persistence.params_changed(job.output)"),),
    "wants a table": (("dag.py", PARAMS, f"{PARAMS}['changed']"),),
    "has a further reason": (("dag.py", "reason.input_changed = any(", "reason.unfinished_queue_input = not any("),),
}  # fmt: skip
"""Copies of Snakemake that plan otherwise."""
WANTS_TRUE: Changes = (("dag.py", PARAMS, f"{PARAMS} is True"),)
AS_BEFORE: dict[str, Changes] = {
    "reads its files in another way": (
        ("persistence/file.py", "return self._read_record_cached(key)", "return None"),
    ),
    "has another class": (
        ("workflow.py", "persistence = FilePersistence\n", "persistence = type('Other', (FilePersistence,), {})\n"),
    ),
}  # fmt: skip
"""Copies that do something otherwise and plan the same, since the records answer."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A made experiment as in a clone: Snakemake remembers nothing, and inputs are newer than what was made of them."""
    project = Project.made(tmp_path_factory.mktemp("made"), TINY, JOBS)
    shutil.rmtree(project.folder / ".snakemake")
    files = sorted((project.folder / "results").rglob("*.*"), key=lambda path: path.stat().st_mtime_ns)
    times = [path.stat().st_mtime_ns for path in files]
    for path, time in zip(files, reversed(times), strict=True):
        os.utime(path, ns=(time, time))
    shutil.copy(project.folder / CALL[-1], project.folder / EDITED[-1])
    project.edit(EDITED[-1], "epochs: 2", "epochs: 3")
    return project


@pytest.fixture(
    scope="module", params=["here", *(pytest.param(name, marks=pytest.mark.nightly) for name in RESOLUTIONS)]
)
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the Snakemake of these tests, and with the oldest and the newest one that is allowed."""
    if request.param == "here":
        return Path(sys.executable)
    environment = Environment(tmp_path_factory.mktemp(request.param) / "environment", None, libraries=())
    command = [Path(sys.executable).with_name("uv"), "pip", "install", "-q", "--python", environment.python]
    subprocess.run([*command, "--resolution", RESOLUTIONS[request.param], hooks.KNOWN], check=True, timeout=600)
    return environment.python


def called(python: Path, project: Project, place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What Python does in a project, with the package of the project and what lies in a place before all else."""
    variables = {name: value for name, value in os.environ.items() if name != "EXPERIMENT_OUTPUT_DIR"}
    variables["PYTHONPATH"] = f"{place}{os.pathsep}{project.folder / 'src'}"
    return subprocess.run(
        [python, *words], cwd=project.folder, env=variables, text=True, capture_output=True, timeout=600, check=False
    )


def snakemake(python: Path, project: Project, place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return called(python, project, place, "-m", "snakemake", "--cores", "1", *words)


def altered(python: Path, place: Path, changes: Changes) -> Path:
    """A place with a copy of this Python's Snakemake in which something is otherwise."""
    found = subprocess.check_output([python, "-c", "import snakemake; print(snakemake.__path__[0])"], text=True)
    shutil.copytree(found.strip(), place / "snakemake")
    for file, before, after in changes:
        text = (place / "snakemake" / file).read_text()
        assert before in text, f"{file} of this Snakemake has no {before}"
        (place / "snakemake" / file).write_text(text.replace(before, after))
    return place


def state(project: Project) -> dict[str, int]:
    """When each file of the results was written."""
    files = (project.folder / "results").rglob("*.*")
    return {path.as_posix(): path.stat().st_mtime_ns for path in files}


def refusal(result: subprocess.CompletedProcess[str]) -> str:
    """Why a call was refused, in the one line that says so."""
    said = result.stdout + result.stderr
    assert result.returncode == 1, said
    assert "Traceback" not in said
    assert "Job stats" not in said
    (line,) = (line for line in said.splitlines() if "rror" in line)
    found = re.fullmatch(
        r"error: snakemake: 9\.[\d.]+: it plans otherwise than is known here \((.+)\); "
        r"install that of requirements\.txt, of snakemake>=9\.27,<10",
        line,
    )
    assert found, line
    return found[1]


def test_a_snakemake_without_a_name_that_is_needed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("snakemake.persistence.ParamsChange")
    with pytest.raises(InputError, match=r"snakemake: 9\..*otherwise than is known here.*ParamsChange.*>=9\.27,<10"):
        hooks.Memory(Records(Path("results/none"), ROOT), lambda *_: [])


def test_the_line_names_the_versions_that_are_allowed() -> None:
    assert hooks.KNOWN in PROJECT["optional-dependencies"]["workflow"]


@pytest.mark.long
def test_each_version_plans_by_the_records(python: Path, made: Project, tmp_path: Path) -> None:
    for more in ((), ("--persistence-backend", "db"), ("--workflow-profile", "none", "--rerun-triggers", "params")):
        result = snakemake(python, made, tmp_path, "-n", *CALL, *more)
        assert "Nothing to be done" in result.stdout + result.stderr, result.stderr
    edited = snakemake(python, made, tmp_path, "-n", *EDITED)
    assert edited.returncode == 0, edited.stderr
    assert re.search(r"\ntrain_stream +2\n", edited.stdout), edited.stdout


PLAN = """
from pathlib import Path
from emtvb.making.plan import plan_jobs
print([job.stale for job in plan_jobs(Path("config/tiny.yaml"), Path.cwd(), Path("results/tiny"))])
"""


@pytest.mark.long
@pytest.mark.parametrize("name", [*OTHERWISE])
def test_a_snakemake_that_plans_otherwise_is_refused(name: str, python: Path, made: Project, tmp_path: Path) -> None:
    before = state(made)
    place = altered(python, tmp_path, OTHERWISE[name])
    assert refusal(snakemake(python, made, place, "-n", *CALL))
    assert state(made) == before


@pytest.mark.long
def test_so_is_one_that_cannot_use_the_answer(python: Path, made: Project, tmp_path: Path) -> None:
    """Where something has changed; where nothing has, it plans the same."""
    place = altered(python, tmp_path, WANTS_TRUE)
    assert "does not go by what it was told of " in refusal(snakemake(python, made, place, "-n", *EDITED))


@pytest.mark.long
def test_no_job_of_it_is_run_and_none_is_listed(python: Path, made: Project, tmp_path: Path) -> None:
    before = state(made)
    place = altered(python, tmp_path, OTHERWISE["asks a new method"])
    for words in ((), ("--touch",), ("--persistence-backend", "db"), ("--workflow-profile", "none")):
        assert "it did not ask what made results/tiny/" in refusal(snakemake(python, made, place, *CALL, *words))
    assert state(made) == before
    planned = called(python, made, place, "-c", PLAN)
    assert planned.returncode != 0
    last = planned.stderr.splitlines()[-1]
    assert re.search(r"cannot plan this experiment \(snakemake: .* otherwise than is known here \(it did not ask", last)
    untouched = called(python, made, tmp_path / "none", "-c", PLAN)
    assert untouched.stdout.split() == str([""] * sum(JOBS.values())).split(), untouched.stderr


@pytest.mark.long
@pytest.mark.parametrize("name", [*AS_BEFORE])
def test_one_that_keeps_its_own_memory_otherwise_plans_the_same(
    name: str, python: Path, made: Project, tmp_path: Path
) -> None:
    result = snakemake(python, made, altered(python, tmp_path, AS_BEFORE[name]), "-n", *CALL)
    assert "Nothing to be done" in result.stdout + result.stderr, result.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    [
        ("-n", "--forceall"), ("-n", "--rerun-triggers", "mtime"), ("-n", "--until", "train_stream"),
        ("-n", "--omit-from", "measure_stream"), ("-n", "--forcerun", "measure_stream"),
        ("-n", "results/tiny/measurements.csv"), ("-n", "--workflow-profile", "none"),
        ("-n", "--config", "experiment=another"), ("-n", "--config", "seeds_per_shard=1"),
        ("--summary",), ("--detailed-summary",), ("--list-changes", "params"), ("--dag",), ("--unlock",),
        ("--cleanup-shadow",), ("--delete-all-output", "-n"), ("--touch",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_call_that_rightly_asks_less_goes_on(words: tuple[str, ...], made: Project, tmp_path: Path) -> None:
    project = Project.copy(tmp_path, made.folder, compiled=False)
    result = project.snakemake(*CALL, *words)
    assert result.returncode == 0, result.stderr
    assert "otherwise than is known here" not in result.stderr


def test_what_is_not_public_stands_in_two_files() -> None:
    """Of Snakemake: what is imported below ``snakemake`` but for what its documentation names."""
    public = {
        "snakemake.api", "snakemake.exceptions", "snakemake.logging", "snakemake.utils", "snakemake.settings.types",
        "snakemake.settings.enums",
    }  # fmt: skip
    code = [*(ROOT / "src").rglob("*.py"), *(ROOT / "workflow").rglob("*.smk"), *(ROOT / "workflow").rglob("*file")]
    naming = {}
    for path in [*code, ROOT / "Snakefile"]:
        text = path.read_text()
        modules = set(re.findall(r"(?:from|import) (snakemake(?!_interface)[\w.]*)", text)) - public
        inner = set(re.findall(r"\bworkflow\.(?!basedir\b|source_path\b|cores\b|smk\b|scripts\b)[a-z]\w+", text))
        if modules or (inner and "emtvb" not in inner and path.suffix != ".py"):
            naming[path.relative_to(ROOT).as_posix()] = modules | inner
    assert set(naming) <= {"src/emtvb/making/hooks.py", "src/emtvb/slurm/executor.py"}, naming
