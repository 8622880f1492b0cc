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

from .test_publish import published

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MOST_WORDS_OF_A_VERSION = 150
CODECHECK = yaml.safe_load((ROOT / "codecheck.yml").read_text())


class Released:
    """What the files of a clone say of what is released."""

    def __init__(self, folder: Path) -> None:
        self.changelog, self.licence = ((folder / name).read_text() for name in ("CHANGELOG.md", "LICENSE"))
        self.project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        self.citation = yaml.safe_load((folder / "CITATION.cff").read_text())
        self.zenodo, self.codemeta = (
            json.loads((folder / name).read_text()) for name in (".zenodo.json", "codemeta.json")
        )


@pytest.fixture(scope="module", params=["here", "published", "published elsewhere"])
def released(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """As it lies here, and with the address of a repository in it, and with another one after that."""
    calls = {"here": 0, "published": 1, "published elsewhere": 2}[request.param]
    folder = tmp_path_factory.mktemp("released")
    return Released(published(folder, *[("somebody/emtvb",), ("somebody-else/emtvb",)][:calls]) if calls else ROOT)


def test_what_is_released_has_one_version_and_day(released: Released) -> None:
    (heading,) = re.findall(rf"^## {re.escape(__version__)} \((.*)\)$", released.changelog, re.MULTILINE)
    assert {released.citation["version"], released.zenodo["version"], released.codemeta["version"]} == {__version__}
    assert (
        released.citation["date-released"] == released.zenodo["publication_date"] == released.codemeta["datePublished"]
    )
    assert heading == released.citation["date-released"]


def test_what_is_released_names_the_same_pythons(released: Released) -> None:
    oldest = released.project["requires-python"].removeprefix(">=")
    assert released.codemeta["runtimePlatform"].startswith(f"Python {oldest} or newer")
    named = [text.rpartition(" ")[2] for text in released.project["classifiers"] if "Python :: 3." in text]
    assert named[0] == oldest


def test_what_is_released_has_one_name_and_authors_and_place(
    released: Released, request: pytest.FixtureRequest
) -> None:
    project, citation, zenodo, codemeta = released.project, released.citation, released.zenodo, released.codemeta
    (author,) = project["authors"]
    assert f"Copyright (c) 2026 {author['name']}\n" in released.licence
    assert citation["authors"] == zenodo["creators"] == project["authors"]
    assert [person["name"] for person in codemeta["author"]] == [author["name"]]
    assert {citation["license"], zenodo["license"], codemeta["license"].rpartition("/")[2]} == {project["license"]}
    assert citation["title"] == zenodo["title"]
    assert (codemeta["name"], codemeta["description"]) == (project["name"], project["description"])
    assert citation["keywords"] == zenodo["keywords"] == codemeta["keywords"] == project["keywords"]
    place = project["urls"].get("Repository")
    assert (citation.get("repository-code"), codemeta.get("codeRepository")) == (place, place)
    software = [
        entry["identifier"] for entry in zenodo["related_identifiers"] if entry.get("resource_type") == "software"
    ]
    assert software == ([place] if place else [])
    if "published" in request.node.name:
        assert place == f"https://github.com/somebody{'-else' * ('elsewhere' in request.node.name)}/emtvb"


def test_a_version_of_the_changelog_is_short() -> None:
    versions = re.split(r"^## ", Released(ROOT).changelog, flags=re.MULTILINE)[1:]
    words = {version.split()[0]: len(version.partition("\n")[2].split()) for version in versions}
    assert __version__ == next(iter(words))
    assert {version: number for version, number in words.items() if number > MOST_WORDS_OF_A_VERSION} == {}


def test_a_tag_of_an_older_version_is_set_to_a_commit_of_it() -> None:
    tags = re.findall(r"^git tag v(\S+) (\w+)", (ROOT / "docs" / "publishing.md").read_text(), re.MULTILINE)
    assert tags
    for version, commit in tags:
        shown = subprocess.run(
            ["git", "show", f"{commit}:CITATION.cff"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if shown.returncode != 0:
            pytest.skip(f"{commit} is not here, as in a shallow clone")
        assert f"version: {version}\n" in shown.stdout
        assert f"\n## {version} (" in Released(ROOT).changelog


def test_what_a_checker_of_the_paper_compares_is_there() -> None:
    text = (ROOT / "codecheck.yml").read_text()
    assert text.startswith("---\n")
    assert CODECHECK["version"] == "https://codecheck.org.uk/spec/config/2.0/"
    released = Released(ROOT)
    (paper,) = released.citation["references"]
    names = [f"{author['given-names']} {author['family-names']}" for author in paper["authors"]]
    assert CODECHECK["paper"]["title"] == paper["title"] == released.codemeta["referencePublication"]["name"]
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
    makes = [words for run in runs if (words := run.split())[0] in ("make", ".ci/run")]
    assert makes
    makefile = (ROOT / "Makefile").read_text().replace("$(VENV)", ".venv")
    for target in (word for words in makes for word in words[1:] if "=" not in word):
        assert f"\n{target}:" in makefile


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
