from __future__ import annotations

import re
from pathlib import Path

import pytest

from emtvb import pages
from emtvb.errors import InputError

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for block in pages.BLOCKS:
        page = tmp_path / block.page
        page.parent.mkdir(exist_ok=True)
        before = page.read_text() if page.exists() else "before\n"
        page.write_text(f"{before}<!-- {block.name} -->\n| old |\n<!-- end of {block.name} -->\nafter\n")
    return tmp_path


def test_a_page_gets_what_its_file_says_and_keeps_the_rest(clone: Path) -> None:
    first = pages.BLOCKS[0]
    (clone / first.file).parent.mkdir(parents=True)
    (clone / first.file).write_text("| new \\1 |\n| lines |\n\n")
    before = (clone / first.page).read_text()
    assert [what for _, what in pages.fill(clone)] == ["filled", *["no file yet"] * (len(pages.BLOCKS) - 1)]
    mark = f"<!-- {first.name} -->\n"
    assert mark in before
    assert (clone / first.page).read_text() == before.replace(f"{mark}| old |\n", f"{mark}| new \\1 |\n| lines |\n")
    assert pages.shown(pages.BLOCKS[1], clone) == "| old |"
    assert next(what for _, what in pages.fill(clone)) == "the same"


def test_a_file_that_is_damaged_is_named(clone: Path) -> None:
    for block in pages.BLOCKS:
        (clone / block.file).parent.mkdir(parents=True, exist_ok=True)
        (clone / block.file).write_bytes(b"\xff")
        with pytest.raises(InputError, match=re.escape(f"results file: {clone / block.file}: cannot be read")):
            list(pages.fill(clone))
        (clone / block.file).unlink()


def test_a_page_without_its_comments_is_named(clone: Path) -> None:
    (clone / pages.BLOCKS[1].page).write_text("nothing")
    with pytest.raises(InputError, match=r"memories\.md: has no <!-- bases -->"):
        list(pages.fill(clone))


@pytest.mark.parametrize("block", pages.BLOCKS, ids=lambda block: block.name)
def test_every_page_shows_what_is_published(block: pages.Block) -> None:
    assert pages.shown(block, ROOT).startswith("|")
    if not (ROOT / block.file).is_file():
        pytest.skip(f"{block.file} is not published yet")
    assert pages.shown(block, ROOT) == block.of(ROOT / block.file)


PAGES = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES)
def test_an_asterisk_between_tags_is_escaped(page: str) -> None:
    """Two that are not begin and end italics, and neither is seen: of Psi<sup>*</sup> nothing is left but Psi."""
    assert re.findall(r">\*+<", (ROOT / page).read_text()) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_list_begins_after_an_empty_line(page: str) -> None:
    """Where it does not, the website shows no list but a paragraph with dashes in it."""
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.DOTALL | re.MULTILINE)
    lists = re.compile(r"^(?![-*] |\d+\. |#|\s|$)(.*)\n(?:[-*]|1\.) ", re.MULTILINE)
    assert [found[1] for found in lists.finditer(text)] == []
