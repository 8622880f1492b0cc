"""The page of verdicts: what stands there, and in a real browser that it shows and asks the network for nothing."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections import Counter
from dataclasses import asdict
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emtvb.files import write_text
from emtvb.paper import claims, verdict_page
from emtvb.paper.claim_results import KINDS, ClaimResult, Criterion, Finding, StatedClaim
from emtvb.paper.significance import CLAIM_VERDICTS
from emtvb.paper.verdict_page import Figure, Stated
from emtvb.paper.verdicts import evaluate_claims

from ..conftest import CHROMIUM
from ..environments import ROOT
from .made_up import sweep

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
PAPER = Path(__file__).parents[2] / "results" / "paper"
RESULTS = evaluate_claims(sweep(8))
FIGURES = tuple(
    Figure(f"figures/{name}.png", f"What {name} shows: |Psi* W_hh Psi - Phi|.\n" * 4) for name in "abcdefgh"
)


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
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment's folder with its page in it."""
    folder = tmp_path_factory.mktemp("paper")
    others = "measurements/ablations.csv", "measurements/gradients.csv", "measurements/memory.csv"
    for path in ("tables/table1.csv", "measurements.csv", "runs.csv", "verdicts.md", "verdicts.json", *others):
        write_text(folder / path, "a\n")
    (folder / "figures").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (900, 1200, 3), np.uint8)
    for figure in FIGURES:
        Image.fromarray(noise).save(folder / figure.path)
    write_text(folder / "verdicts.html", Stated("paper", RESULTS, FIGURES).as_html())
    return folder / "verdicts.html"


def test_every_link_leads_somewhere_and_nothing_leaves_the_page(page: Path) -> None:
    text = page.read_text()
    shown, paper = Page(text), claims.load_claims().link
    assert len(shown.names) == len(set(shown.names))
    for link in shown.links:
        target = urlsplit(link)
        if link.startswith("#"):
            assert link[1:] in shown.names
        elif link not in ("data:,", paper):
            assert (target.scheme, target.netloc) == ("", "")
            # Those that lead back to the project hold for an experiment in results/ of a clone.
            folder = ROOT / "results" / "paper" if link.startswith("../") else page.parent
            assert (folder / unquote(target.path)).resolve().is_file()
    assert sorted(shown.sources) == [figure.path for figure in FIGURES]
    assert not re.search(r"url\(|@import|https?://", text.replace(paper, ""))
    assert "default-src 'none'" in text


def test_statements_and_the_table_come_first_and_each_claim_has_its_evidence(page: Path) -> None:
    text = page.read_text()
    places = [text.index(f'id="{name}"') for name in ("statements", "table", "whole", "checks", "pictures")]
    assert places == sorted(places)
    articles = dict(re.findall(r'<article class="claim[^"]*" id="([^"]+)"(.*?)</article>', text, re.DOTALL))
    assert set(articles) == {result.claim.name for result in RESULTS}
    for result in RESULTS:
        article, criterion = articles[result.claim.name], result.criterion
        for part in (result.finding.because, criterion.rule, criterion.operationalisation, criterion.reason):
            assert not part or str(verdict_page.formula_markup(part)) in article or part in html.unescape(article)
        curves = sum(bool(stratum.curve) for stratum in result.evidence.strata)
        assert article.count("<polyline") == article.count('class="axes"') == curves
        assert ('class="printed"' in article) == (result.claim.printed is not None)
    assert text.count('class="axis"') == 2
    assert text.count("<figcaption") == len(FIGURES) + text.count('class="axes"')


def test_what_bases_of_ours_give_is_shown_beside_what_the_paper_says_of_its_own() -> None:
    rows = Stated("paper", RESULTS).as_html().split("<article ")[1:]
    beside = {
        row.partition('id="')[2].partition('"')[0] for row in rows if "In bases of ours: the realised basis" in row
    }
    assert beside == {result.claim.name for result in RESULTS if result.evidence.beside}
    assert {"basis-repeat-copy", "memories-cause"} < beside


def test_it_opens_with_the_answers_in_words(page: Path) -> None:
    statements = [result.finding for result in RESULTS if result.claim.kind == "published statements"]
    most = [finding for finding in statements if finding.tendency == "yes"]
    exceptions = sum(finding.universality == "no" for finding in most)
    sentence = f"Of {len(statements)} statements {len(most)} hold for most networks."
    sentence += f" Of these {exceptions} do not hold for all." if exceptions else ""
    title = f"{len(most)} of the paper's {len(statements)} statements hold for most networks of results/paper"
    table = [result.finding for result in RESULTS if result.claim.kind == "published table values"]
    consistent = sum(finding.verdict == "consistent" for finding in table)
    for text in (page.read_text(), Stated("paper", RESULTS).as_markdown()):
        opening = text[: text.index("Where the paper gives no bar")]
        assert sentence in opening
        assert title in html.unescape(opening)
        assert f"{consistent} of {len(table)} are consistent with our runs. " in opening


def test_no_verdict_is_said_of_nothing_but_a_rule(page: Path) -> None:
    """What a badge means stands in docs/evidence.md, once."""
    text = page.read_text()
    assert "no verdict" not in text
    assert text.count("No verdict") == sum(result.finding.verdict == "no verdict" for result in RESULTS)
    markdown, _, rules = Stated("paper", RESULTS).as_markdown().partition("## Rules")
    assert "no verdict" not in markdown.lower()
    assert "No verdict (docs/evidence.md)." in rules
    shown = dict(re.findall(r'id="([^"]+)" data-badge="([^"]+)"', text))
    badges = {result.claim.name: result.finding.badge for result in RESULTS}
    assert shown == {name: verdict_page._badge_anchor(badge) for name, badge in badges.items()}
    for name, badge in badges.items():
        row = next(line for line in markdown.splitlines() if f'<a id="{name}">' in line)
        assert f"| **{badge}** |" in row


def test_the_first_words_of_a_caption_are_bold() -> None:
    said = str(verdict_page.formula_markup("**What W_hh holds.** A row <is> a network, Psi* h and Psi*."))
    assert said.startswith("<strong>What <var>W</var><sub>hh</sub> holds.</strong> A row &lt;is&gt;")
    assert said.endswith("Ψ<sup>*</sup> h and Ψ<sup>*</sup>.")


def test_formulas_are_set_as_formulas(page: Path) -> None:
    said = str(verdict_page.formula_markup("|Psi* W_hh Psi / g - Phi| / |Phi| is below 0.2 & so on"))
    w_hh = "<var>W</var><sub>hh</sub>"
    assert said == f"‖Ψ<sup>*</sup> {w_hh} Ψ / g \N{MINUS SIGN} Φ‖ / ‖Φ‖ is below 0.2 &amp; so on"
    visible = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page.read_text(), flags=re.DOTALL)
    assert not re.search(r"\bW_hh\b|\bPsi\b|\bPhi\b", visible)


def test_a_forest_plots_rows_lie_where_their_numbers_are() -> None:
    results = {result.claim.name: result for result in RESULTS}
    for name in ("table1-T3-128-0-accuracy", "table1-T3-128-0-error"):
        row = verdict_page._forest_row(results[name])
        assert row
        assert row.interval
        assert row.ours is not None
        assert row.margin[0] < row.printed < row.margin[1]
        assert row.interval[0] <= row.ours <= row.interval[1]
    assert verdict_page._forest_row(results["table1-T1-64-0-error"]) is None
    assert (
        verdict_page._percent_of_axis("accuracy", 1.0) == verdict_page._percent_of_axis("spectral error", 0.1) == 100.0
    )
    assert verdict_page._percent_of_axis("accuracy", 0.7) == 50.0


def test_json_and_markdown_say_the_same() -> None:
    about = Stated("paper", RESULTS)
    told, text = json.loads(about.as_json()), about.as_markdown()
    verdicts = {result.claim.name: result.finding.verdict for result in RESULTS}
    assert {claim["name"]: claim["verdict"] for claim in told["claims"]} == verdicts
    assert sum(sum(count.values()) for count in told["verdicts"].values()) == len(RESULTS)
    assert all(list(count) == list(CLAIM_VERDICTS) for count in told["verdicts"].values())
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert sorted(re.findall(r'<a id="([^"]+)">', text)) == sorted(verdicts)
    assert not re.search(r"\|[ \t]*\|", text)
    answers = {kind: sum(count["tendency"].values()) for kind, count in told["answers"].items()}
    of = Counter(claim.group for claim in claims.load_claims().statements)
    assert answers == {
        kind: of[KINDS[kind][0]] for kind in ("published statements", "our own checks", "claims of others")
    }
    page = about.as_html()
    assert page.count("<dt>tendency</dt>") == page.count("<dt>universality</dt>") == sum(answers.values())
    badges = {result.claim.name: result.finding.badge for result in RESULTS}
    assert {claim["name"]: claim["badge"] for claim in told["claims"]} == badges
    for kind, some in about.kinds.items():
        told_of = re.search(rf"## {re.escape(verdict_page.TITLES[kind])}\n\n.* Counted: (.*)\.\n", text)
        assert told_of
        counted = dict(re.findall(r"\*\*([^*]+)\*\*: (\d+)", told_of[1]))
        assert {badge: int(count) for badge, count in counted.items()} == Counter(x.finding.badge for x in some)


def test_json_has_every_field_of_a_result_under_the_published_keys() -> None:
    told = json.loads(Stated("paper", RESULTS).as_json())["claims"]
    published = json.loads((PAPER / "verdicts.json").read_text())["claims"]
    assert {tuple(entry) for entry in told} == {tuple(entry) for entry in published}
    for result, entry in zip(RESULTS, told, strict=True):
        left = dict(entry)
        parts = result.claim, result.criterion, result.finding, result.evidence
        for part in parts:
            for name, value in json.loads(json.dumps(asdict(part))).items():
                assert left.pop(name) == value, name
        assert left == {"kind": result.claim.kind, "badge": result.finding.badge}


def test_results_without_claims_or_figures_are_a_page_too() -> None:
    text = Stated("try", ()).as_html()
    assert "No claim was judged" in text
    assert all(link[1:] in Page(text).names for link in Page(text).links if link.startswith("#"))


@settings(max_examples=30)
@given(st.text(), st.text(), st.text())
def test_whatever_a_claim_says_stays_text(subject: str, statement: str, because: str) -> None:
    odd, plain = _saying(subject, statement, because), _saying("x", "x", "x")
    assert (odd.tags, odd.names, odd.links) == (plain.tags, plain.names, plain.links)


@cache
def _saying(source: str, said: str, why: str) -> Page:
    """A page of one claim."""
    result = ClaimResult(
        StatedClaim(name="c", group="statement", source=source, statement=said, quote=said),
        Criterion(rule="r"),
        Finding(verdict=CLAIM_VERDICTS[2], because=why, interval=(0.1, 0.2), seeds=5, networks=9),
    )
    return Page(re.sub(r"</?(var|su[bp])>", "", Stated("try", (result,)).as_html()))


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
def test_a_browser_shows_it_and_asks_the_network_for_nothing(page: Path, tmp_path: Path) -> None:
    asked = asked_for(tmp_path, page)
    assert {urlsplit(address).scheme for address in asked} <= {"file"}
    with Image.open(tmp_path / "shot.png") as shot:
        assert len(shot.convert("RGB").getcolors(1 << 20) or []) > 20


@pytest.mark.long
@browser
def test_a_browser_would_tell_of_a_request_and_the_page_forbids_it(page: Path, tmp_path: Path) -> None:
    text = page.read_text()
    greedy = text.replace("<header>", '<header><img src="http://example.invalid/x.png">')
    (tmp_path / "open.html").write_text(greedy.replace('http-equiv="Content-Security-Policy"', ""))
    (tmp_path / "forbidden.html").write_text(greedy)
    foreign = "http://example.invalid/x.png"
    assert foreign in asked_for(tmp_path, tmp_path / "open.html")
    assert foreign not in asked_for(tmp_path, tmp_path / "forbidden.html")


def in_a_frame(tmp_path: Path, page: Path, anchor: str, width: int, script: str) -> object:
    """What a script finds in the page, shown in so many pixels: the page itself, with that script allowed and added."""
    text = page.read_text()
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    text = text.replace("</body>", f"<script>parent.postMessage(JSON.stringify({script}), '*')</script></body>")
    (tmp_path / "page.html").write_text(text.replace('src="figures/', f'src="{(page.parent / "figures").as_uri()}/'))
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
TALL = "document.documentElement.scrollHeight"
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


@pytest.mark.long
@browser
@pytest.mark.parametrize("width", [400, 1280])
def test_a_browser_breaks_no_word_and_needs_no_scrolling_aside(page: Path, tmp_path: Path, width: int) -> None:
    assert in_a_frame(tmp_path, page, "", width, WIDE) <= width  # type: ignore[operator]
    assert in_a_frame(tmp_path, page, "", width, f"({WIDE}, {BROKEN})") == []


@pytest.mark.long
@browser
def test_a_browser_shows_all_of_it_on_few_screens(page: Path, tmp_path: Path) -> None:
    assert in_a_frame(tmp_path, page, "", 1280, TALL) <= 6000  # type: ignore[operator]


@pytest.mark.long
@browser
def test_a_browser_would_tell_of_a_broken_word(page: Path, tmp_path: Path) -> None:
    breaking = "(document.body.style.wordBreak = 'break-all', document.body.style.width = '90px', " + BROKEN + ")"
    assert in_a_frame(tmp_path, page, "", 400, breaking)


@pytest.mark.long
@browser
def test_a_browser_searches_filters_and_hides_what_is_empty(page: Path, tmp_path: Path) -> None:
    visible = (
        "[[...document.querySelectorAll('.claim')].filter(x => x.getClientRects().length).map(x => x.id), "
        "[...document.querySelectorAll('.kind')].filter(x => !x.hidden).map(x => x.id)]"
    )
    everything = [of.claim.name for kind in verdict_page.TITLES for of in RESULTS if of.claim.kind == kind]
    assert in_a_frame(tmp_path, page, "", 1280, visible) == [everything, list(verdict_page.ANCHORS.values())]
    badge = next(of.finding.badge for of in RESULTS if of.finding.badge.startswith("most, "))
    shown, _ = in_a_frame(tmp_path, page, f"#only-{verdict_page._badge_anchor(badge)}", 1280, visible)  # type: ignore[misc]
    assert set(shown) == {of.claim.name for of in RESULTS if of.finding.badge == badge}
    typed = "(form.elements.text.value = 'table1-T3 error', show(), " + visible + ")"
    shown, kinds = in_a_frame(tmp_path, page, "", 1280, typed)  # type: ignore[misc]
    assert "table1-T3-128-0-error" in shown
    assert kinds == ["table"]


@pytest.mark.long
@browser
def test_a_browser_opens_the_evidence_of_a_claim_that_a_link_names(page: Path, tmp_path: Path) -> None:
    opened = "[...document.querySelectorAll('.claim details[open]')].map(x => x.closest('.claim').id)"
    assert in_a_frame(tmp_path, page, "#memories-cause", 1280, opened) == ["memories-cause"]
