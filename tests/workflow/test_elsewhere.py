"""The workflow away from its own clone: another clone's package, as a module, deployed beside an installed wheel."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import COPIED, ROOT, Project, hand_on_compiled

TINY = {
    "experiment": "tiny", "dimensions": 2, "variables": 2, "tasks": ["T1"], "hidden_dim": [8], "l2": [0],
    "threshold": [0.9], "seeds": [1],
    "training": {"epochs": 1, "batches_per_epoch": 60, "batch_size": 8, "learning_rate": 0.01, "curriculum": [2]},
    "interpretation": {"horizon": 4, "sequences": 16},
}  # fmt: skip
SOME = "results/tiny/tables/table1.csv", "results/tiny/figures/weights.pdf"
"""What a training, its measurements, a table, a network's arrays and a figure are needed for."""
GIT = "git", "-c", "user.name=t", "-c", "user.email=t@example.org"


def commit(folder: Path) -> str:
    """Make a folder a clone with one commit; returns it."""
    (folder / ".gitignore").write_text("results/\n.snakemake/\n__pycache__/\n*.egg-info/\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*GIT, "-C", str(folder), *command], check=True)
    return subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()


SMOKE = ("--configfile", "config/smoke.yaml")


@pytest.mark.parametrize(
    "edit",
    [
        ("src/emtvb/figures/weights.py", "import pandas", "import json\nimport pandas"),
        ("src/emtvb/paper/table1.csv", "0.0005", "0.0006"),
    ],
)
def test_another_clones_package_of_another_version_is_refused(project: Project, edit: tuple[str, str, str]) -> None:
    """A clone, or a worktree, whose virtual environment is another's."""
    project.edit(*edit)
    result = project.snakemake(*SMOKE, "-n", PYTHONPATH=str(ROOT / "src"))
    assert result.returncode != 0
    (line,) = [line for line in (result.stdout + result.stderr).splitlines() if "comes with another version" in line]
    assert line == (
        f"package: {ROOT / 'src' / 'emtvb'}: the workflow at {project.folder} comes with another version of it; "
        "run it with its own (make install there)"
    )


def test_another_clones_package_of_the_same_version_runs_and_the_record_names_what_ran(project: Project) -> None:
    project.edit("workflow/scripts/enumerate_runs.py", "from emtvb import", "import json\n\nfrom emtvb import")
    made = commit(project.folder)
    result = project.snakemake("results/smoke/runs.csv", *SMOKE, PYTHONPATH=str(ROOT / "src"))
    assert result.returncode == 0, result.stderr
    record = json.loads((project.folder / "results/smoke/runs.provenance.json").read_text())
    assert (record["commit"], record["dirty"]) == (made, False)
    assert project.planned("results/smoke/runs.csv", *SMOKE, PYTHONPATH=str(ROOT / "src")) == {}
    project.edit("workflow/scripts/enumerate_runs.py", "import json", "import csv")
    assert project.planned("results/smoke/runs.csv", *SMOKE, PYTHONPATH=str(ROOT / "src")) == {"enumerate_runs": 1}
    assert project.snakemake("results/smoke/runs.csv", *SMOKE, PYTHONPATH=str(ROOT / "src")).returncode == 0
    again = json.loads((project.folder / "results/smoke/runs.provenance.json").read_text())
    assert again["recipe"]["code"]["enumerate_runs.py"] != record["recipe"]["code"]["enumerate_runs.py"]
    assert again["dirty"]


def redrawn(result: subprocess.CompletedProcess[str]) -> set[str]:
    """The rules that a dry run would run."""
    assert result.returncode == 0, result.stderr
    stats = re.search(r"Job stats:\njob +count\n[- ]+\n(.*?)\n\n", result.stdout + result.stderr, re.DOTALL)
    rules = {line.split()[0].removeprefix("emtvb_") for line in stats[1].splitlines()} if stats else set()
    return rules - {"total", "all"}


def edit_weights(package: Path) -> None:
    """Edit a figure's module."""
    weights = package / "figures" / "weights.py"
    weights.write_text(weights.read_text().replace("import pandas", "import json\nimport pandas", 1))


def test_with_another_clones_package_an_edit_of_a_figures_module_redraws_that_figure(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In both clones, that is: in one alone it makes two versions of them."""
    other = Project.copy(tmp_path_factory.mktemp("other"))
    packages = {"PYTHONPATH": str(other.folder / "src")}
    (project.folder / "tiny.json").write_text(json.dumps(TINY))
    tiny = (*SOME, "--configfile", "tiny.json")
    assert project.snakemake(*tiny, **packages).returncode == 0
    edit_weights(other.folder / "src" / "emtvb")
    assert project.snakemake(*tiny, "-n", **packages).returncode != 0
    edit_weights(project.folder / "src" / "emtvb")
    assert redrawn(project.snakemake(*tiny, "-n", **packages)) == {"draw_weights"}
    assert project.snakemake(*tiny, **packages).returncode == 0
    assert project.planned(*tiny, **packages) == {}


class Elsewhere:
    """A workflow of somebody else's that uses a clone as a module.

    With a prefix all is made and audited there; without, what ``SOME`` names.
    """

    def __init__(self, folder: Path, clone: Path, prefix: str, config: str, naming: str) -> None:
        self.folder, self.clone, self.results = folder, clone, folder / prefix / "results" / "tiny"
        self.whole = bool(prefix)
        self.targets = ["emtvb_all" if naming else "all"] if self.whole else SOME
        self.audit = "emtvb_audit" if naming else "audit"
        (folder / "tiny.json").write_text(json.dumps(TINY))
        (folder / "parent.json").write_text(json.dumps({"emtvb": TINY, "seeds": "of the parent"}))
        line = f'    prefix:\n        "{prefix}"\n' if prefix else ""
        (folder / "Snakefile").write_text(
            f'configfile: "parent.json"\n\n\nmodule emtvb:\n    snakefile:\n        "{clone}/workflow/Snakefile"\n'
            f"    config:\n        {config}\n{line}\n\nuse rule * from emtvb{naming}\n"
        )

    def snakemake(self, *arguments: str, package: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the parent's workflow, with the clone's package or another."""
        variables = {name: value for name, value in os.environ.items() if name != "EXPERIMENT_OUTPUT_DIR"}
        variables["PYTHONPATH"] = str(package or self.clone / "src")
        command = [str(Path(sys.executable).with_name("snakemake")), "--cores", "2", "--workflow-profile",
                   str(self.clone / "profiles" / "default"), *arguments]  # fmt: skip
        return subprocess.run(
            command, cwd=self.folder, env=variables, text=True, capture_output=True, timeout=600, check=False
        )


@pytest.fixture(
    params=[
        ("", 'config["emtvb"]', ""),
        ("bindings", 'config["emtvb"]', " as emtvb_*"),
        ("", "TINY", " as emtvb_*"),
    ],
    ids=["parent's config", "prefix", "a config of its own"],
)
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Elsewhere:
    clone, folder = tmp_path / "clone", tmp_path / "parent"
    for path in (clone, folder):
        path.mkdir()
    Project.copy(clone)
    prefix, config, naming = request.param
    made = Elsewhere(folder, clone, prefix, config, naming)
    if config == "TINY":
        text = (folder / "Snakefile").read_text()
        (folder / "Snakefile").write_text(f"import json\n\nTINY = json.load(open('tiny.json'))\n\n\n{text}")
    return made


def test_as_a_module(elsewhere: Elsewhere) -> None:
    """To its end; nothing to be done then, also without Snakemake's memory; an edit redraws one figure; audited."""
    made = commit(elsewhere.clone)
    result = elsewhere.snakemake(*elsewhere.targets, "--config", "foo=1")
    assert result.returncode == 0, result.stderr
    record = json.loads((elsewhere.results / "figures" / "weights.provenance.json").read_text())
    assert (record["commit"], record["dirty"]) == (made, False)
    shutil.rmtree(elsewhere.folder / ".snakemake")
    again = elsewhere.snakemake(*elsewhere.targets)
    assert "Nothing to be done" in again.stdout + again.stderr, again.stdout
    edit_weights(elsewhere.clone / "src" / "emtvb")
    assert redrawn(elsewhere.snakemake(*elsewhere.targets, "-n")) == {"draw_weights"}
    assert elsewhere.snakemake(*elsewhere.targets).returncode == 0
    assert json.loads((elsewhere.results / "figures" / "weights.provenance.json").read_text())["dirty"]
    subprocess.run([*GIT, "-C", str(elsewhere.clone), "checkout", "-q", "."], check=True)
    assert elsewhere.snakemake(*elsewhere.targets).returncode == 0
    audit = elsewhere.snakemake(elsewhere.audit, *([] if elsewhere.whole else ["-n"]))
    assert audit.returncode == 0, audit.stderr


def test_a_parent_that_puts_its_own_script_in_a_rules_place_is_refused(tmp_path: Path) -> None:
    clone, folder = tmp_path / "clone", tmp_path / "parent"
    for path in (clone, folder):
        path.mkdir()
    Project.copy(clone)
    parent = Elsewhere(folder, clone, "", 'config["emtvb"]', " as emtvb_*")
    (folder / "mine.py").write_text((clone / "workflow/scripts/state_settings.py").read_text())
    text = (folder / "Snakefile").read_text()
    (folder / "Snakefile").write_text(
        f"{text}\n\nuse rule state_settings from emtvb as emtvb_state_settings with:\n    script:\n        'mine.py'\n"
    )
    result = parent.snakemake("results/tiny/settings.json")
    assert result.returncode != 0
    assert not list(folder.rglob("*.provenance.json"))


def test_a_module_that_lies_on_no_disk_is_named_by_its_own_file_or_refused_in_one_line(tmp_path: Path) -> None:
    clone, folder = tmp_path / "clone", tmp_path / "parent"
    for path in (clone, folder):
        path.mkdir()
    Project.copy(clone)
    made = commit(clone)
    parent = Elsewhere(folder, clone, "", 'config["emtvb"]', " as emtvb_*")
    text = (folder / "Snakefile").read_text()
    place = f"git+file://{clone}/workflow/rules/common.smk@{made}"
    (folder / "Snakefile").write_text(text.replace(f"{clone}/workflow/Snakefile", place))
    result = parent.snakemake("emtvb_all", "-n")
    assert result.returncode != 0
    said = [line for line in (result.stdout + result.stderr).splitlines() if "read as files" in line]
    assert len(said) == 1
    assert "name its workflow/Snakefile" in said[0]


def build(source: Path, folder: Path) -> Path:
    """The wheel of a clone."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), "."]
    subprocess.run(command, cwd=source, check=True, timeout=300)
    (path,) = folder.glob("emtvb-*.whl")
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of what lies here."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in (*COPIED, "CHANGELOG.md"):
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        elif path.exists():
            shutil.copy2(path, source / name)
    return build(source, folder)


class Environment:
    """A Python environment into which a wheel is installed; it has the libraries of this one, and no clone."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=300)
        self.python = folder / "bin" / "python"
        (self._site,) = folder.glob("lib/python*/site-packages")
        # A line of a .pth file is a place to look in; the .pth files there, by which a clone is found, are not read.
        (self._site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        self.install(wheel)

    @property
    def package(self) -> Path:
        return self._site / "emtvb"

    def install(self, wheel: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(self.python),
            "install",
            "-q",
            "--no-deps",
            "--no-index",
        ]
        subprocess.run([*command, "--force-reinstall", str(wheel)], check=True, timeout=300)

    def hand_on_compiled(self) -> None:
        """Let it use the engine that is compiled here."""
        hand_on_compiled(ROOT, self.package / "training" / "__pycache__")

    def __call__(self, folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder: one that the wheel installed, or a module."""
        script = self.python.with_name(command[0])
        called = [str(script)] if script.exists() else [str(self.python), "-m", command[0]]
        inherited = {name: os.environ[name] for name in os.environ.keys() - {"PYTHONPATH", "EXPERIMENT_OUTPUT_DIR"}}
        return subprocess.run(
            [*called, *command[1:]], cwd=folder, env={**inherited, **variables}, capture_output=True, text=True,
            check=False, timeout=600,
        )  # fmt: skip


@pytest.fixture
def environment(wheel: Path, tmp_path: Path) -> Environment:
    made = Environment(tmp_path / "environment", wheel)
    found = made(tmp_path, "python", "-c", "import emtvb; print(emtvb.__file__)")
    assert Path(found.stdout.strip()).parent == made.package, found
    return made


def test_the_wheel_outside_any_clone(environment: Environment, tmp_path: Path) -> None:
    """Tasks, a training, what it learned, an edit."""
    folder = tmp_path / "empty"
    folder.mkdir()

    def emtvb(*arguments: str) -> str:
        done = environment(folder, "emtvb", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "T3" in emtvb("tasks")
    size = ["--dimensions", "2", "--variables", "2", "--hidden", "16", "--epochs", "2", "--batches-per-epoch", "500"]
    emtvb("train", "--task", "T1", *size, "--curriculum", "2,4", "--output", "one")
    emtvb("interpret", "one")
    emtvb("edit", "one", "--at", "3", "--variable", "1", "--flip", "0")
    assert (folder / "one" / "training").is_dir()


Snakemake = Callable[..., subprocess.CompletedProcess[str]]


def copy_workflow(folder: Path, environment: Environment, version: str | None = None) -> Snakemake:
    """The workflow without its package, beside an installed wheel."""
    for name in ("workflow", "config", "profiles"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "Snakefile", folder / "Snakefile")
    (folder / "config" / "config.yaml").write_text(json.dumps(TINY))
    if version is not None:
        common = folder / "workflow/rules/common.smk"
        common.write_text(common.read_text().replace('PACKAGE_VERSION = "', f'PACKAGE_VERSION = "{version}'))
    return lambda *arguments: environment(folder, "snakemake", "--cores", "2", *arguments)


def test_copied_beside_an_installed_wheel(environment: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    folder.mkdir()
    snakemake = copy_workflow(folder, environment)
    environment.hand_on_compiled()
    result = snakemake(*SOME)
    assert result.returncode == 0, result.stderr
    assert all((folder / file).is_file() for file in SOME)
    assert redrawn(snakemake(*SOME, "-n")) == set()
    edit_weights(environment.package)
    assert redrawn(snakemake(*SOME, "-n")) == {"draw_weights"}
    assert snakemake(*SOME).returncode == 0
    audit = snakemake("audit", "-n")
    assert audit.returncode == 0, audit.stderr


def test_a_wheel_of_another_version_is_refused(environment: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    folder.mkdir()
    result = copy_workflow(folder, environment, "9.")("-n")
    assert result.returncode != 0
    assert "the workflow needs 9." in result.stdout + result.stderr


DEPLOYED = """from snakemake.utils import min_version


min_version("6.10.0")


configfile: "config/config.yaml"


# declare emtvb as a module
module emtvb:
    snakefile:
        github("an-owner/emtvb", path="workflow/Snakefile", tag="{tag}")
    config:
        config


# use all rules from emtvb
use rule * from emtvb
"""
"""What snakedeploy writes for a workflow of the catalog."""


def test_deployed_as_the_catalog_does(environment: Environment, tmp_path: Path) -> None:
    """By a tag on GitHub, and the wheel of that tag; then the next version, in which one figure's module differs."""
    folder, upstream = tmp_path / "deployed", tmp_path / "github" / "an-owner" / "emtvb"
    for path in (folder / "workflow", folder / "config", upstream):
        path.mkdir(parents=True)
    # Where git looks when it is told to fetch from GitHub.
    (tmp_path / "gitconfig").write_text(f'[url "{tmp_path}/github/"]\n\tinsteadOf = https://github.com/\n')
    around = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    shutil.copytree(ROOT / "profiles", folder / "profiles")
    (folder / "config" / "config.yaml").write_text(json.dumps(TINY))
    git = (*GIT, "-C", str(upstream))

    def release(tag: str) -> str:
        made = commit(upstream)
        subprocess.run([*git, "tag", tag], check=True)
        environment.install(build(upstream, Path(tempfile.mkdtemp(dir=tmp_path))))
        environment.hand_on_compiled()
        (folder / "workflow" / "Snakefile").write_text(DEPLOYED.format(tag=tag))
        return made

    def snakemake(*arguments: str) -> subprocess.CompletedProcess[str]:
        return environment(folder, "snakemake", "--cores", "2", *arguments, **around)

    Project.copy(upstream)
    shutil.copy(ROOT / "CHANGELOG.md", upstream)
    made = release("v1")
    result = snakemake()
    assert result.returncode == 0, result.stderr
    record = folder / "results/tiny/figures/weights.provenance.json"
    assert (json.loads(record.read_text())["commit"], json.loads(record.read_text())["dirty"]) == (made, False)
    assert redrawn(snakemake("-n")) == set()
    edit_weights(upstream / "src" / "emtvb")
    made = release("v2")
    shutil.rmtree(tmp_path / "cache")  # which fetches branches; tags that are new since it was made are not in it
    assert redrawn(snakemake("-n")) == {"draw_weights"}
    assert snakemake().returncode == 0
    assert (json.loads(record.read_text())["commit"], json.loads(record.read_text())["dirty"]) == (made, False)
    asked = environment(folder, "emtvb", "audit", "results/tiny", "--config", "config/config.yaml", **around)
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_a_deployment_without_the_package_says_what_to_install(tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=300)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    result = subprocess.run(
        [str(folder / "bin" / "python"), "-m", "snakemake", "-n", "-s", str(ROOT / "workflow" / "Snakefile")],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip
    assert result.returncode != 0
    assert "package: emtvb: not installed where snakemake is" in result.stdout + result.stderr


def test_the_workflow_is_written_for_the_package_beside_it() -> None:
    from emtvb import __version__

    assert f'PACKAGE_VERSION = "{__version__}"' in (ROOT / "workflow/rules/common.smk").read_text()
    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f'"version": "{__version__}"' in (ROOT / ".zenodo.json").read_text()
    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text()
    assert set(re.findall(r"v(\d+\.\d+\.\d+)", (ROOT / "config/README.md").read_text())) == {__version__}
