"""What is released: files that say the same of it; a wheel and an sdist that pass a package index's checks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from emtvb import __version__
from emtvb.experiments import kinds

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
ZENODO = json.loads((ROOT / ".zenodo.json").read_text())
CODEMETA = json.loads((ROOT / "codemeta.json").read_text())
CODECHECK = yaml.safe_load((ROOT / "codecheck.yml").read_text())


def test_what_is_released_has_one_version_and_day() -> None:
    (heading,) = re.findall(
        rf"^## {re.escape(__version__)} \((.*)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert {CITATION["version"], ZENODO["version"], CODEMETA["version"]} == {__version__}
    assert CITATION["date-released"] == ZENODO["publication_date"] == CODEMETA["datePublished"]
    assert heading == CITATION["date-released"]


def test_what_is_released_names_the_same_pythons() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert CODEMETA["runtimePlatform"].startswith(f"Python {oldest} or newer")
    named = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if "Python :: 3." in text]
    assert named[0] == oldest


def test_what_is_released_has_one_name_and_authors_and_place() -> None:
    (author,) = PROJECT["authors"]
    assert f"Copyright (c) 2026 {author['name']}\n" in (ROOT / "LICENSE").read_text()
    assert CITATION["authors"] == ZENODO["creators"] == PROJECT["authors"]
    assert [person["name"] for person in CODEMETA["author"]] == [author["name"]]
    assert {CITATION["license"], ZENODO["license"], CODEMETA["license"].rpartition("/")[2]} == {PROJECT["license"]}
    assert CITATION["title"] == ZENODO["title"]
    assert (CODEMETA["name"], CODEMETA["description"]) == (PROJECT["name"], PROJECT["description"])
    assert CITATION["keywords"] == ZENODO["keywords"] == CODEMETA["keywords"] == PROJECT["keywords"]
    place = PROJECT["urls"]["Repository"]
    assert {CITATION["repository-code"], CODEMETA["codeRepository"]} == {place}
    assert place in [related["identifier"] for related in ZENODO["related_identifiers"]]


def test_what_a_checker_of_the_paper_compares_is_there() -> None:
    text = (ROOT / "codecheck.yml").read_text()
    assert text.startswith("---\n")
    assert CODECHECK["version"] == "https://codecheck.org.uk/spec/config/2.0/"
    (paper,) = CITATION["references"]
    names = [f"{author['given-names']} {author['family-names']}" for author in paper["authors"]]
    assert CODECHECK["paper"]["title"] == paper["title"] == CODEMETA["referencePublication"]["name"]
    assert [author["name"] for author in CODECHECK["paper"]["authors"]] == names
    assert CODECHECK["paper"]["reference"].endswith(paper["doi"])
    for entry in CODECHECK["manifest"]:
        assert (ROOT / entry["file"]).is_file(), entry
        assert entry["comment"]


def test_what_make_installs_is_locked_with_hashes_and_without_addresses() -> None:
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=sha256:[0-9a-f]{64}\b)", text, re.MULTILINE)
    entries = re.findall(r"^([^\s#][^\\\n]*)((?: \\\n    --hash=\S+)+)", text, re.MULTILINE)
    assert len(entries) == text.count("==") - text.count(" == ")
    locked: dict[str, list[str]] = {}
    for line, _ in entries:
        requirement = Requirement(line)
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        locked.setdefault(canonicalize_name(requirement.name), []).append(pin.version)
    assert "torch" in locked
    extras = PROJECT["optional-dependencies"].items()  # what a kind of experiment needs has an environment of its own
    locking = [text for name, texts in extras if name not in kinds.kind_sections() for text in texts]
    for wanted in map(Requirement, [*PROJECT["dependencies"], *locking]):
        if wanted.name != PROJECT["name"]:  # other extras
            assert all(map(wanted.specifier.contains, locked[canonicalize_name(wanted.name)])), wanted


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the setuptools of this environment, from the files of the commit and what was changed since."""
    clone, folder = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("dist")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", ":!results"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, clone], check=True, capture_output=True
    )
    return folder


@pytest.mark.long
def test_the_files_pass_the_checks_of_a_package_index(dist: Path) -> None:
    files = sorted(dist.iterdir())
    assert [path.name for path in files] == [f"emtvb-{__version__}-py3-none-any.whl", f"emtvb-{__version__}.tar.gz"]
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *files], text=True, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.long
def test_the_wheel_holds_the_package_and_all_its_data(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("emtvb/")}
    package = ROOT / "src" / "emtvb"
    there = {
        f"emtvb/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == there
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{name}" for name in there} <= names
    assert {"README.md", "LICENSE", "pyproject.toml"} <= names


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name)
def test_actions_of_others_are_pinned_by_commit(path: Path) -> None:
    """A tag or a branch may be moved to other code, which would run with this workflow's rights."""
    used = re.findall(r"uses: *(.*)", path.read_text())
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


@pytest.mark.long
@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows_run_what_is_here(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text())["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = [words[1] for run in runs if (words := run.split())[0] == "make"]
    assert ".ci/run" in runs or targets
    makefile = (ROOT / "Makefile").read_text().replace("$(VENV)", ".venv")
    assert all(f"\n{target}:" in makefile for target in targets)


@pytest.mark.long
@pytest.mark.parametrize("python", ["3.11", "3.13"])
@pytest.mark.parametrize("system", ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"])
def test_what_is_locked_can_be_had_on_each_system(system: str, python: str, tmp_path: Path) -> None:
    """As wheels, but for one library that is a source distribution everywhere."""
    asked = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--no-deps", "--python-platform", system),
        *("--python-version", python, "--only-binary", ":all:", "--no-binary", "connection-pool"),
        *("requirements.txt", "-o", str(tmp_path / "found.txt")),
    ]
    found = subprocess.run(
        asked,
        cwd=ROOT,
        env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
