"""What needs the repository's address is filled in by one command, everywhere, and no line needs it before."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from docs import pages, publish

from .test_pages import MOST_WORDS_OF_ALL, prose
from .test_readme import MOST_WORDS

ROOT = Path(__file__).parents[1]
FILES = sorted({place.file for place in publish.PLACES})
FIRST, SECOND, DOI = "Some-Body/emtvb.py", "another/emtvb", "10.5281/zenodo.123"


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a copy of the clone."""
    command = [sys.executable, str(folder / "docs" / "publish.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def published(folder: Path, *calls: tuple[str, ...]) -> Path:
    """A copy of the files that name the address, after some calls."""
    for name in (*FILES, "docs/publish.py", "CHANGELOG.md", "LICENSE", "codecheck.yml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for arguments in calls:
        done = call(folder, *arguments)
        assert done.returncode == 0, done.stderr
    return folder


def texts(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text("utf-8") for name in FILES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("first"), (FIRST, "--doi", DOI))


def test_no_file_that_a_user_meets_has_a_placeholder() -> None:
    asked = ["git", "grep", "-lI", "OWNER/NAME", "--", ":!tests", ":!docs/publish.py", ":!docs/publishing.md"]
    assert subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout == ""


def test_every_file_has_the_address_and_can_be_read(folder: Path) -> None:
    for name, text in texts(folder).items():
        assert FIRST in text or FIRST.lower() in text, name
        assert "<address>" not in text
    place = f"https://github.com/{FIRST}"
    urls = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["urls"]
    assert [name for name, url in urls.items() if url.startswith(place)] == [
        "Repository", "Documentation", "Issues", "Changelog",
    ]  # fmt: skip
    for url in urls.values():
        _, blob, path = url.partition("/blob/main/")
        assert not blob or (ROOT / path).is_file(), url
    (link,) = yaml.safe_load((folder / ".github/ISSUE_TEMPLATE/config.yml").read_text())["contact_links"]
    assert link["url"] == f"{place}/blob/main/docs/own-network.md"
    about = json.loads((folder / "codemeta.json").read_text())
    assert about["issueTracker"] == f"{place}/issues"
    citation = yaml.safe_load((folder / "CITATION.cff").read_text())
    assert (citation["doi"], about["identifier"]) == (DOI, f"https://doi.org/{DOI}")
    assert f"](https://doi.org/{DOI})" in (folder / "README.md").read_text()
    live = "](https://some-body.github.io/emtvb.py/results/paper/edit.html)"
    assert (folder / "README.md").read_text().count(live) == 2, "a repository's page shows the text of such a page"
    assert f'pip install "emtvb[torch,plot] @ git+{place}"' in (folder / "docs/own-network.md").read_text()


def test_the_container_has_small_letters_and_the_snakefile_its_form(folder: Path) -> None:
    assert f'\ncontainer: "docker://ghcr.io/{FIRST.lower()}"\n' in (folder / "Snakefile").read_text()
    command = [sys.executable, "-m", "snakefmt", "--check", "Snakefile"]
    checked = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("name", ["demo.ipynb", "own_network.ipynb"])
def test_a_notebook_opens_elsewhere_and_installs_what_it_needs(folder: Path, name: str) -> None:
    notebook = nbformat.read(folder / "notebooks" / name, as_version=4)
    nbformat.validate(notebook)
    for address in ("https://colab.research.google.com/github/", "https://mybinder.org/v2/gh/"):
        assert re.search(
            rf"\]\({re.escape(address + FIRST)}/[\w/?-]+(/|=)notebooks/{re.escape(name)}\)", notebook.cells[0].source
        )
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert re.search(rf'%pip install -q "emtvb\[notebook,\w+\] @ git\+https://github.com/{FIRST}"$', first.source)
    here = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    assert [cell.source for cell in notebook.cells[3:]] == [cell.source for cell in here.cells[3:]]


def test_pages_are_as_short_with_it(folder: Path) -> None:
    assert len(pages.without_comments((folder / "README.md").read_text()).split()) <= MOST_WORDS
    words = {page: prose(page) for page in pages.PAGES if page != "README.md" and not page.startswith("docs/plan")}
    words["docs/own-network.md"] = prose("docs/own-network.md", folder)
    assert sum(words.values()) <= MOST_WORDS_OF_ALL


def test_another_address_replaces_the_first_and_the_same_changes_nothing(folder: Path, tmp_path: Path) -> None:
    again = published(tmp_path / "again", (FIRST, "--doi", DOI), (FIRST,))
    assert texts(again) == texts(folder)
    assert call(again, FIRST).stdout == "it stands there already\n"
    other = published(tmp_path / "other", (FIRST, "--doi", DOI), (SECOND, "--doi", f"{DOI}4"))
    straight = published(tmp_path / "straight", (SECOND, "--doi", f"{DOI}4"))
    assert texts(other) == texts(straight)
    assert not [name for name, text in texts(other).items() if FIRST.lower() in text.lower()]
    later = published(tmp_path / "later", (SECOND,), (SECOND, "--doi", f"{DOI}4"))
    assert texts(later) == texts(straight)


@pytest.mark.parametrize(
    "arguments",
    [
        ["OWNER/NAME"], ["emtvb"], ["https://github.com/a/b"], ["a/b.git"], ["a/b/c"], ["a b/c"], ["a/."], ["/b"],
        ["a--b/c"], ["a/b", "--doi", "zenodo.123"], ["a/b", "--doi", "https://doi.org/10.5281/zenodo.123"],
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_a_line(folder: Path, arguments: list[str]) -> None:
    before = texts(folder)
    done = call(folder, *arguments)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {'--doi' if len(arguments) > 1 else 'address'}: {arguments[-1]}: is no")
    assert texts(folder) == before


def test_a_file_that_was_changed_is_named_and_none_is_written(tmp_path: Path) -> None:
    folder = published(tmp_path)
    changed = folder / "docs" / "own-network.md"
    changed.write_text(changed.read_text().replace("Install it: ", "Get it: "))
    before = texts(folder)
    done = call(folder, SECOND)
    assert done.returncode == 1
    assert done.stderr == "error: docs/own-network.md: has not once what is to be replaced: Install it:\n"
    assert texts(folder) == before
