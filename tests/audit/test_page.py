"""The audit's pages: what stands there, and in a real browser that it shows and asks the network for nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emtvb.audit import page
from emtvb.audit.report import Audit, Check, ClaimResult, Finding, Output
from emtvb.files import write_text
from emtvb.paper import verdicts
from tests.paper.made_up import sweep

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
ODD = 'odd "name" <b>&|é.csv'


def output(path: str, run_settings: str = "{}") -> Output:
    return Output(path, "ab" * 32, "tabulate", "c0de", "2030-01-01", "f" * 40, True, {"numpy": "2.4"}, run_settings)


def made(claims: tuple[ClaimResult, ...] = (), *outputs: Output) -> Audit:
    checks = (
        Check("integrity", "Is every file what its record says?", 3, ()),
        Check("currency", "What would differ?", 3, (Finding("<i>x</i>", "is | stale", "run & see"),), "A note."),
    )
    return Audit("paper", "2030-01-01T00:00:00+00:00", checks, claims, {"python": "3.11 <x>"}, outputs)


class Page(HTMLParser):
    """What a page links, names and shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.names: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.links += [given["href"] or ""] if "href" in given else []
        self.sources += [given[key] or "" for key in ("src", "srcset", "action", "data") if key in given]
        self.names += [given["id"] or ""] if "id" in given else []


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment's folder with its audit in it."""
    folder = tmp_path_factory.mktemp("paper")
    for path in ("tables/table1.csv", "measurements.csv", ODD):
        write_text(folder / path, "a\n")
    (folder / "figures").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (900, 1200, 3), np.uint8)
    Image.fromarray(noise).save(folder / "figures" / "spectrum.png")
    (folder / "figures" / "broken.png").write_bytes(b"not a picture")
    paths = "tables/table1.csv", ODD, "figures/spectrum.png", "figures/broken.png", "gone.csv"
    found = made(verdicts.evaluate(sweep(8)), *map(output, paths))
    write_text(folder / "audit" / "index.html", page.as_html(found, folder))
    write_text(folder / "audit" / "audit.md", page.as_markdown(found, folder))
    write_text(folder / "audit" / "audit.json", found.as_json())
    return folder


def test_every_link_leads_somewhere_and_nothing_leaves_the_page(experiment: Path) -> None:
    text = (experiment / "audit" / "index.html").read_text()
    shown = Page(text)
    assert len(shown.names) == len(set(shown.names))
    for link in shown.links:
        target = urlsplit(link)
        if link.startswith("#"):
            assert link[1:] in shown.names
        elif link != "data:,":
            assert (target.scheme, target.netloc) == ("", "")
            assert (experiment / "audit" / unquote(target.path)).resolve().is_file()
    assert any(unquote(link).endswith(ODD) for link in shown.links)
    assert not any("gone.csv" in link for link in shown.links)
    assert shown.sources
    assert all(source.startswith("data:image/png;base64,") for source in shown.sources)
    assert "script" not in shown.tags
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text


def test_the_page_says_what_matters(experiment: Path) -> None:
    text = (experiment / "audit" / "index.html").read_text()
    shown = Page(text)
    claims = verdicts.evaluate(sweep(8))
    assert {claim.name for claim in claims} <= set(shown.names)
    assert {"integrity", "currency", "environment", "outputs", "figures"} <= set(shown.names)
    assert "Failed: our own results" in text
    assert "a claim that is not reproduced fails nothing" in text.replace("&#39;", "'")
    assert "&lt;i&gt;x&lt;/i&gt;" in text
    assert len(text) < 1_000_000


def test_markdown_tables_are_whole_and_its_links_lead_somewhere(experiment: Path) -> None:
    text = (experiment / "audit" / "audit.md").read_text()
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert text.startswith("# Audit of paper: FAILED")
    links = re.findall(r"\]\((\S+)\)", text)
    assert links
    assert all((experiment / "audit" / unquote(link)).is_file() for link in links)
    anchors = re.findall(r'<a id="([^"]+)">', text)
    assert sorted(anchors) == sorted(claim.name for claim in verdicts.evaluate(sweep(8)))


def test_an_audit_without_claims_or_outputs_is_a_page_too(tmp_path: Path) -> None:
    text = page.as_html(made(), tmp_path)
    assert "None was judged" in text
    assert all(link[1:] in Page(text).names for link in Page(text).links if link.startswith("#"))
    assert "FAILED" in page.as_markdown(made(), tmp_path)


@settings(max_examples=30)
@given(st.text(), st.text(), st.text())
def test_whatever_a_claim_says_stays_text(subject: str, statement: str, because: str) -> None:
    def of(source: str, said: str, why: str) -> Page:
        interval = (0.1, 0.2)
        claim = ClaimResult("c", "statement", source, said, said, "", "", interval, 5, 9, "r", "cannot tell", why)
        return Page(page.as_html(made((claim,)), Path("/nowhere")))

    odd, plain = of(subject, statement, because), of("x", "x", "x")
    assert (odd.tags, odd.names, odd.links) == (plain.tags, plain.names, plain.links)


@given(st.sets(st.integers(0, 60)))
def test_seeds_are_spelled_as_spans(found: set[int]) -> None:
    text = page.seeds(output("a", json.dumps({"runs": [{"seed": seed, "hidden_dim": 7} for seed in sorted(found)]})))
    spelled: set[int] = set()
    for span in filter(None, text.split(", ")):
        first, _, last = span.partition("-")
        spelled |= set(range(int(first), int(last or first) + 1))
    assert spelled == found
    assert len(text.split(", ")) == len([seed for seed in found if seed - 1 not in found]) or not found


def test_settings_that_name_no_seeds() -> None:
    assert page.seeds(output("a", "not json")) == ""
    assert page.seeds(output("a", '{"seeds": [3, 1, 2], "seed": "x"}')) == "1-3"


browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here; apt-get install chromium")


def chromium(tmp_path: Path, *arguments: str) -> str:
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={tmp_path / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True).stdout


def asked_for(tmp_path: Path, page_file: Path) -> set[str]:
    """What a page asks the network for; what the browser asks for itself has no origin."""
    log = tmp_path / "net.json"
    chromium(tmp_path, f"--log-net-log={log}", f"--screenshot={tmp_path / 'shot.png'}", page_file.as_uri())
    about = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    return {entry["url"] for entry in about if "url" in entry and entry.get("initiator", "not an origin")[:3] != "not"}


@browser
def test_a_browser_shows_it_and_asks_the_network_for_nothing(experiment: Path, tmp_path: Path) -> None:
    assert asked_for(tmp_path, experiment / "audit" / "index.html") == set()
    with Image.open(tmp_path / "shot.png") as shot:
        assert len(shot.convert("RGB").getcolors(1 << 20) or []) > 20


@browser
def test_a_browser_would_tell_of_a_request_and_the_page_forbids_it(experiment: Path, tmp_path: Path) -> None:
    text = (experiment / "audit" / "index.html").read_text()
    greedy = text.replace("<header>", '<header><img src="http://example.invalid/x.png">')
    policy = 'http-equiv="Content-Security-Policy"'
    (tmp_path / "open.html").write_text(greedy.replace(policy, ""))
    (tmp_path / "forbidden.html").write_text(greedy)
    assert asked_for(tmp_path, tmp_path / "open.html") == {"http://example.invalid/x.png"}
    assert asked_for(tmp_path, tmp_path / "forbidden.html") == set()


@browser
def test_a_browser_filters_claims_by_anchor(experiment: Path, tmp_path: Path) -> None:
    """The page of one verdict is shorter, without a script."""
    address = (experiment / "audit" / "index.html").as_uri()
    rows = []
    for anchor in ("", "#only-cannot-tell"):
        picture = tmp_path / "page.pdf"
        chromium(tmp_path, f"--print-to-pdf={picture}", "--no-pdf-header-footer", address + anchor)
        rows.append(picture.read_bytes().count(b"/Type /Page\n") or picture.stat().st_size)
    assert rows[1] < rows[0]
