"""The audit's pages: what stands there, and in a real browser that it shows and asks the network for nothing."""

from __future__ import annotations

import dataclasses
import html
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
from emtvb.audit.audit import seeds_of
from emtvb.audit.report import Audit, Check, ClaimResult, Finding, Output
from emtvb.files import write_text
from emtvb.paper import claims, verdicts
from tests.paper.made_up import sweep

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
ODD = 'odd "name" <b>&|é.csv'


def output(path: str) -> Output:
    versions = {"numpy": "2.4"}
    return Output(
        path, "ab" * 32, "tabulate", "c0de", "2030-01-01", "f" * 40, True, versions, "1-3", "a.provenance.json"
    )


def made(claims: tuple[ClaimResult, ...] = (), *outputs: Output) -> Audit:
    checks = (
        Check("integrity", "Is every file what its record says?", 3, ()),
        Check("determinism", "Again?", 0, (), of=240),
        Check("figures", "Drawn again?", 3, (), how="recomputed", incomparable=1),
        Check("currency", "What would differ?", 3, (Finding("<i>x</i>", "is | stale", "run & see"),), "A note."),
    )
    about = {"python": "3.11 <x>", "commit": "1" * 60}
    return Audit("paper", "2030-01-01T00:00:00+00:00", checks, claims, about, outputs, {"whole learning curves": 24})


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
    write_text(folder / "left.csv", "lies here and not in a clone\n")
    write_text(folder / "left_out.txt", "# why\nleft*\n")
    paths = "tables/table1.csv", ODD, "figures/spectrum.png", "figures/broken.png", "gone.csv", "left.csv"
    found = made(verdicts.evaluate(sweep(8)), *map(output, paths))
    write_text(folder / "audit" / "index.html", page.as_html(found, folder))
    write_text(folder / "audit" / "audit.md", page.as_markdown(found, folder))
    write_text(folder / "audit" / "audit.json", found.as_json())
    return folder


def test_every_link_leads_somewhere_and_nothing_leaves_the_page(experiment: Path) -> None:
    text = (experiment / "audit" / "index.html").read_text()
    shown = Page(text)
    assert len(shown.names) == len(set(shown.names))
    paper = claims.load().link
    for link in shown.links:
        target = urlsplit(link)
        if link.startswith("#"):
            assert link[1:] in shown.names
        elif link not in ("data:,", paper):
            assert (target.scheme, target.netloc) == ("", "")
            assert (experiment / "audit" / unquote(target.path)).resolve().is_file()
    assert any(unquote(link).endswith(ODD) for link in shown.links)
    assert not any("gone.csv" in link or "left.csv" in link for link in shown.links)
    assert shown.sources
    assert all(source.startswith("data:image/png;base64,") for source in shown.sources)
    assert not re.search(r"url\(|@import|https?://", text.replace(paper, ""))
    assert "default-src 'none'" in text


def test_the_first_screen_says_which_statements_hold_and_how_many_values_agree(experiment: Path) -> None:
    text = (experiment / "audit" / "index.html").read_text()
    summary = text[text.index('<section id="summary">') : text.index('<section id="claims">')]
    paper = claims.load()
    assert "Episodic Memory Theory" in text[: text.index("</h1>")]
    assert f'href="{paper.link}"' in text
    results = verdicts.evaluate(sweep(8))
    for kind, counts in verdicts.counts(results).items():
        for verdict, count in counts.items():
            assert page.counted_as(verdict, count) in summary, kind
    table = verdicts.counts(results)["published table values"]
    reasons = summary[summary.index("Why undecided") : summary.index("What we asked besides")]
    assert sum(int(count) for count in re.findall(r"<strong>(\d+)</strong>", reasons)) == table["undecided"]
    for claim in results:
        assert (f'href="#{claim.name}"' in summary) == (claim.kind == "published statements")
    assert "no problems in 3 files" in summary
    assert "1 problem in 3 jobs" in summary
    assert "nothing was checked" in summary
    assert "no problems in 3 figures, 1 could not be compared" in summary
    assert "not comparable" in summary
    assert "left out: 24 whole learning curves" in summary
    assert all(
        f'">{name}</a> <span class="faint">({how})' in summary
        for name, how in (("integrity", "compared"), ("figures", "recomputed"))
    )
    assert summary.index("What the paper says") < summary.index("Table 1") < summary.index("What we asked besides")


def test_each_row_has_the_evidence_behind_it_and_no_empty_value(experiment: Path) -> None:
    text = (experiment / "audit" / "index.html").read_text()
    results = verdicts.evaluate(sweep(8))
    articles = dict(re.findall(r'<article class="claim[^"]*" id="([^"]+)"(.*?)</article>', text, re.DOTALL))
    assert set(articles) == {claim.name for claim in results}
    for claim in results:
        said = html.unescape(articles[claim.name])
        for part in (claim.because, claim.rule, claim.operationalisation, claim.reach, claim.decides):
            assert part in said
        assert said.count("<polyline") == sum(bool(stratum.curve) for stratum in claim.strata)
        assert ('class="printed"' in said) == (claim.printed is not None)
    assert not re.search(r"<(td|dd|dt|th|li|p|span)\b(?! id)[^>]*>\s*</(td|dd|dt|th|li|p|span)>", text)


def test_a_forest_plots_rows_lie_where_their_numbers_are() -> None:
    results = {claim.name: claim for claim in verdicts.evaluate(sweep(8), advise=False)}
    accuracy, error = (results[f"table1-T3-128-0-{what}"] for what in ("accuracy", "error"))
    for claim in (accuracy, error):
        row = page._plot(claim)
        assert row
        assert row.margin[0] < row.printed < row.margin[1]
        assert row.interval
        assert row.interval[0] <= row.ours <= row.interval[1]
    twice = page._plot(dataclasses.replace(error, value=0.0062))
    assert twice
    assert twice.ours == twice.margin[1]
    assert page._plot(results["table1-T1-64-0-error"]) is None


def test_the_page_says_what_matters(experiment: Path) -> None:
    text = (experiment / "audit" / "index.html").read_text()
    shown = Page(text)
    assert {"integrity", "currency", "environment", "outputs", "pictures"} <= set(shown.names)
    assert "Failed: our own results" in text
    assert "a claim that differs fails nothing" in text
    assert "&lt;i&gt;x&lt;/i&gt;" in text
    assert len(text) < 3_000_000


def test_markdown_tables_are_whole_and_its_links_lead_somewhere(experiment: Path) -> None:
    text = (experiment / "audit" / "audit.md").read_text()
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert text.startswith("# Audit of paper: FAILED")
    links = [link for link in re.findall(r"\]\((\S+)\)", text) if link != claims.load().link]
    assert links
    assert all((experiment / "audit" / unquote(link)).is_file() for link in links)
    anchors = re.findall(r'<a id="([^"]+)">', text)
    assert sorted(anchors) == sorted(claim.name for claim in verdicts.evaluate(sweep(8), advise=False))
    assert not re.search(r"\|[ \t]*\|", text)


def test_an_audit_without_claims_or_outputs_is_a_page_too(tmp_path: Path) -> None:
    text = page.as_html(made(), tmp_path)
    assert "No claim was judged" in text
    assert all(link[1:] in Page(text).names for link in Page(text).links if link.startswith("#"))
    assert "FAILED" in page.as_markdown(made(), tmp_path)


@settings(max_examples=30)
@given(st.text(), st.text(), st.text())
def test_whatever_a_claim_says_stays_text(subject: str, statement: str, because: str) -> None:
    def of(source: str, said: str, why: str) -> Page:
        interval = (0.1, 0.2)
        claim = ClaimResult("c", "statement", source, said, said, "", "", interval, 5, 9, "r", "undecided", why)
        return Page(page.as_html(made((claim,)), Path("/nowhere")))

    odd, plain = of(subject, statement, because), of("x", "x", "x")
    assert (odd.tags, odd.names, odd.links) == (plain.tags, plain.names, plain.links)


@given(st.sets(st.integers(0, 60)))
def test_seeds_are_spelled_as_spans(found: set[int]) -> None:
    text = seeds_of({"runs": [{"seed": seed, "hidden_dim": 7} for seed in sorted(found)]})
    spelled: set[int] = set()
    for span in filter(None, text.split(", ")):
        first, _, last = span.partition("-")
        spelled |= set(range(int(first), int(last or first) + 1))
    assert spelled == found
    assert len(text.split(", ")) == len([seed for seed in found if seed - 1 not in found]) or not found


def test_settings_that_name_no_seeds() -> None:
    assert seeds_of({"interpretation": {"horizon": 200}}) == seeds_of(["seed", 1]) == ""
    assert seeds_of({"seeds": [3, 1, 2], "seed": "x"}) == "1-3"


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


def in_a_frame(tmp_path: Path, experiment: Path, anchor: str, width: int, script: str) -> object:
    """What a script finds in the page, shown in so many pixels: the page itself, with that script allowed and added."""
    text = (experiment / "audit" / "index.html").read_text()
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    text = text.replace("</body>", f"<script>parent.postMessage(JSON.stringify({script}), '*')</script></body>")
    (tmp_path / "page.html").write_text(text)
    frame = f'<iframe src="page.html{anchor}" style="width:{width}px;height:900px;border:0"></iframe>'
    listen = "<script>onmessage = event => { document.title = event.data }</script>"
    (tmp_path / "frame.html").write_text(f"<head><title></title></head><body>{listen}{frame}</body>")
    dom = chromium(
        tmp_path,
        "--virtual-time-budget=5000",
        "--dump-dom",
        "--window-size=1400,1000",
        (tmp_path / "frame.html").as_uri(),
    )
    return json.loads(html.unescape(re.search(r"<title>(.*?)</title>", dom, re.DOTALL)[1]))  # type: ignore[index]


WIDE = "[...document.querySelectorAll('details')].map(x => x.open = true) && document.documentElement.scrollWidth"
BROKEN = """(() => {
  const broken = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, parent = node.parentElement;
    if (parent.closest("code, script, style, option, svg")) continue;
    for (const word of node.data.matchAll(/[A-Za-z]{2,}/g)) {
      const range = document.createRange();
      range.setStart(node, word.index); range.setEnd(node, word.index + word[0].length);
      const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
      if (tops.size > 1) broken.push(word[0]);
    }
  }
  return broken;
})()"""


@browser
@pytest.mark.parametrize("width", [400, 1280])
def test_a_browser_breaks_no_word_and_needs_no_scrolling_aside(experiment: Path, tmp_path: Path, width: int) -> None:
    assert in_a_frame(tmp_path, experiment, "", width, WIDE) == width
    assert in_a_frame(tmp_path, experiment, "", width, f"({WIDE}, {BROKEN})") == []


@browser
def test_a_browser_would_tell_of_a_broken_word(experiment: Path, tmp_path: Path) -> None:
    breaking = "(document.body.style.wordBreak = 'break-all', document.body.style.width = '90px', " + BROKEN + ")"
    assert in_a_frame(tmp_path, experiment, "", 400, breaking)


@browser
def test_a_browser_searches_filters_and_hides_what_is_empty(experiment: Path, tmp_path: Path) -> None:
    results = verdicts.evaluate(sweep(8), advise=False)
    visible = (
        "[[...document.querySelectorAll('.claim')].filter(x => x.getClientRects().length).map(x => x.id), "
        "[...document.querySelectorAll('.kind')].filter(x => !x.hidden).map(x => x.id), "
        "getComputedStyle(document.getElementById('filter')).display]"
    )
    assert in_a_frame(tmp_path, experiment, "", 1280, visible) == [
        list(dict.fromkeys(claim.name for kind in page.TITLES for claim in results if claim.kind == kind)),
        ["statements", "table", "checks"],
        "flex",
    ]
    shown, kinds, _ = in_a_frame(tmp_path, experiment, "#only-differs", 1280, visible)  # type: ignore[misc]
    assert set(shown) == {claim.name for claim in results if claim.verdict == "differs"}
    assert set(kinds) < {"statements", "table", "checks"}
    typed = "(form.elements.text.value = 'table1-T3 error', show(), " + visible + ")"
    shown, kinds, _ = in_a_frame(tmp_path, experiment, "", 1280, typed)  # type: ignore[misc]
    assert "table1-T3-128-0-error" in shown
    assert kinds == ["table"]


@browser
def test_a_browser_opens_the_evidence_of_a_claim_that_a_link_names(experiment: Path, tmp_path: Path) -> None:
    opened = "[...document.querySelectorAll('.claim details[open]')].map(x => x.closest('.claim').id)"
    assert in_a_frame(tmp_path, experiment, "#memories-cause", 1280, opened) == ["memories-cause"]
