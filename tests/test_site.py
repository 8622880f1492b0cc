"""The documentation as a site: it builds without a warning, no link in it is broken, and its examples run."""

from __future__ import annotations

import doctest
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from playwright.sync_api import Browser

import emtvb

from .environments import Environment, built, distributions

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]


class Links(HTMLParser):
    """The addresses that a page refers to, and the places in it that can be referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.places |= {value for name in ("id", "name") if (value := given.get(name))}
        self.targets += [value for name in ("href", "src") if (value := given.get(name))]


def links(text: str) -> Links:
    found = Links()
    found.feed(text)
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make docs` builds it in a fresh clone: with what it installs there, and nothing that only tests need."""
    folder, place = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("environment")
    environment = Environment(place / "venv", built(place), distributions("workflow", "docs") - {"emtvb"})
    made = environment(ROOT, "sphinx", "-q", "-W", "--keep-going", "-E", "-c", "docs", ".", str(folder))
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def test_no_link_within_the_site_is_broken(site: Path) -> None:
    pages = {page: links(page.read_text("utf-8")) for page in site.rglob("*.html") if "_static" not in page.parts}
    assert len(pages) > 15
    broken = []
    for page, found in pages.items():
        for target in found.targets:
            parts = urlsplit(urljoin(page.as_uri(), target))
            if parts.scheme != "file":
                continue
            path = Path(unquote(parts.path))
            anchor = unquote(urldefrag(target).fragment)
            there = path.is_relative_to(site) and path.is_file()
            # An anchor with "=" in it is what the page for editing reads.
            if not there or (anchor and "=" not in anchor and path in pages and anchor not in pages[path].places):
                broken.append(f"{page.relative_to(site)}: {target}")
    assert broken == []


def test_every_page_stands_below_its_reader(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")
    (order,) = re.findall(r'<nav class="bd-links" aria-label="Pages">(.*?)</nav>', home, re.DOTALL)
    readers = re.findall(r'class="caption-text">(.*?)<', order)
    written = (ROOT / "docs" / "README.md").read_text("utf-8")
    assert all(f"**{reader}" in written or f"## {reader}\n" in written for reader in readers[:-1])
    pages = [link.removesuffix(".html") for link in links(order).targets]
    assert len(pages) == len({*pages})
    sources = [*ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.ipynb")]
    assert {source.relative_to(ROOT).with_suffix("").as_posix() for source in sources} <= {*pages}


def test_every_name_of_the_public_face_is_in_the_reference(site: Path) -> None:
    places = links((site / "docs" / "reference.html").read_text("utf-8")).places
    for name in emtvb.__all__:
        assert f"{getattr(emtvb, name).__module__}.{name}" in places, name
    assert "emtvb.adapters.adapting.Adapted.run" in places  # of a class below it


def test_a_sentence_with_a_colon_is_no_type_and_a_signature_has_no_signs_of_sphinx(site: Path) -> None:
    reference = unescape(re.sub("<[^>]+>", "", (site / "docs" / "reference.html").read_text("utf-8")))
    assert "Whether it can be read at all: of labels" in reference
    assert "~jaxtyping" not in reference
    assert "<factory>" not in reference


def test_it_can_be_searched_from_disk(site: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(120_000)
    page.goto((site / "search.html").as_uri() + "?q=glossary")
    first = page.locator("#search-results li a").first
    first.wait_for()
    assert "glossary" in (first.get_attribute("href") or "")
    page.close()


BROKEN = """() => {
    const words = [], range = document.createRange();
    for (const cell of document.querySelectorAll(".bd-article table:not(.indextable) td")) {
        const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) for (const { 0: word, index } of texts.currentNode.data.matchAll(/[a-z0-9.]+/gi)) {
            range.setStart(texts.currentNode, index);
            range.setEnd(texts.currentNode, index + word.length);
            if (new Set([...range.getClientRects()].map(place => place.top)).size > 1) words.push(word);
        }
    }
    return words;
}"""
"""The words in cells of tables that stand on more than one line."""
CUT = """() => [document.documentElement, ...document.querySelectorAll(".bd-article-container")]
    .some(element => element.scrollWidth > element.clientWidth)"""
"""Whether one has to scroll sideways to read a line."""


@pytest.mark.parametrize("width", [400, 1280])
def test_every_page_is_whole_on_a_screen_and_asks_for_nothing_from_elsewhere(
    site: Path, browser: Browser, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(120_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in sorted(site.rglob("*.html")):
        if "_static" in name.parts:
            continue
        page.goto(name.as_uri())
        assert page.evaluate(BROKEN) == [], name
        assert not page.evaluate(CUT), name
    page.close()
    assert [url for url in asked if not url.startswith((site.as_uri(), "blob:", "data:"))] == []


def test_a_phone_shows_each_answer_as_a_block_and_a_picture_opens(site: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.goto((site / "docs" / "findings.html").as_uri())
    widths = page.locator(".answers td").evaluate_all("cells => cells.map(cell => cell.clientWidth)")
    assert len(widths) == 18
    assert min(widths) > 300
    page.goto((site / "docs" / "memory.html").as_uri())
    page.locator(".bd-article a:has(> img)").first.click()
    assert page.url.endswith("figures/dose.png")
    page.close()


def examples() -> list[doctest.DocTest]:
    """The sessions in docs/, one for each page that has any."""
    tests = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        blocks = re.findall(r"```python\n(>>> .*?)```", page.read_text("utf-8"), re.DOTALL)
        if blocks:
            tests.append(doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, str(page), 0))
    return tests


@pytest.mark.parametrize("session", examples(), ids=lambda session: session.name)
def test_the_examples_give_what_they_show(session: doctest.DocTest) -> None:
    said: list[str] = []
    assert len(session.examples) > 3
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session, out=said.append)
    assert outcome.failed == 0, "".join(said)
