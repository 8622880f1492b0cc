"""Numbers and tables in pages: those of the results, and a wrong one is named and put right."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from docs import pages

from emtvb.experiments import kinds
from emtvb.paper import significance

ROOT = Path(__file__).parents[1]
MOST_WORDS, MOST_WORDS_OF_FINDINGS, MOST_WORDS_OF_ALL, MOST_WORDS_OF_PLANS = 3_000, 2_500, 18_228, 2_510
"""Of prose in a page, in findings.md, in docs/ but for its plans, and in these, which are records that nobody may
shorten; README has a limit of its own."""


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return pages.expressions()


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.long if page == "docs/evidence.md" else ()) for page in pages.PAGES]
)
def test_a_page_says_what_was_found(page: str, published: dict[str, Any]) -> None:
    """Where it fails: `.venv/bin/python docs/pages.py`, and then read what stands there once more."""
    assert pages.renewed(page, (ROOT / page).read_text("utf-8"), published)[1] == []


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Results of three networks."""
    monkeypatch.setattr(pages, "CONDITIONS", {"solved": "solved == 1", "strict": "solved and threshold > 0.9"})
    folder = tmp_path / "results" / "paper"
    (folder / "tables").mkdir(parents=True)
    (folder / "runs.csv").write_text(
        "run_id,task,task_id,hidden_dim,l2,threshold,seed,shard\n"
        "a,T1,1-0-0,64,0,0.9,1,x\nb,T1,1-0-0,64,0,0.98,1,x\nc,T2,1-0-0,64,0,0.98,1,y\n"
    )
    (folder / "measurements.csv").write_text(
        "run_id,verdict,test_accuracy,spectral_error,optimal_spectral_error,measured_solved,solved\n"
        "a,stored,0.5,,1,0.9,0\nb,stored,0.95,0.25,0.1,0.9,1\nc,otherwise,1,0.5,0.2,0.9,1\n"
    )
    (folder / "tables" / "solutions.csv").write_text("run_id,task,kind\na,T1,other\nb,T1,circuit\nc,T2,circuit\n")
    (folder / "tables" / "few.csv").write_text("name,share\none,0.25\ntwo,-0.5\ntwo,1\n")
    claims = [
        {"name": "holds-so", "verdict": "consistent", "tendency": "yes", "universality": "no", "interval": [0.125, 0.5],
         "strata": []},
        {"name": "parted", "verdict": "inconsistent", "tendency": "", "universality": "", "interval": None,
         "strata": [{"title": "L2 0", "holds": 1234, "interval": [0.5, 0.75]}]},
    ]  # fmt: skip
    (folder / "verdicts.json").write_text(json.dumps({"claims": claims}))
    return pages.expressions(tmp_path)


@pytest.mark.parametrize(
    ("expression", "like", "printed"),
    [
        ("count()", "7", "3"),
        ('count("strict")', "1,234", "2"),
        ("paper.count(\"kind == 'circuit' and task == 'T1'\")", "7", "1"),
        ('least("spectral_error", "solved")', "0.123", "0.250"),
        ('most("spectral_error")', "-0.1", "0.5"),
        ('row("few", "share", name="one")', "7%", "25%"),
        ('row("../measurements", "verdict", run_id="c") == "otherwise"', "7", "1"),
        ("claims(\"verdict == 'consistent'\")", "7", "1"),
        ('claim("holds-so", "high")', "7.0%", "50.0%"),
        ('claim("parted", "low", "L2 0")', "0.12", "0.50"),
        ('claim("parted", "holds", "L2 0")', "7", "1,234"),
    ],
)
def test_a_number_is_had_and_printed_as_it_stands(
    few: dict[str, Any], expression: str, like: str, printed: str
) -> None:
    text = f"# 7 things\n\n| a | **{like}<!--{expression}-->**, | {printed}<!--{expression}--> of 3 |\n"
    new, wrong = pages.renewed("page.md", text, few)
    assert new == text.replace(f"{like}<", f"{printed}<", 1)
    assert wrong == [f"page.md:3: {like}, found {printed}: {expression}"]
    assert pages.renewed("page.md", new, few) == (new, [])


def test_a_table_is_put_between_its_comments(few: dict[str, Any]) -> None:
    text = '3<!--count()--> of\n\n<!--claim("holds-so", "verdict")-->\n| old |\n| 7 |\n<!-- end -->\n\nafter\n'
    new, wrong = pages.renewed("page.md", text, few)
    assert new == text.replace("| old |\n| 7 |", "consistent")
    assert [line.split(",")[0] for line in wrong] == ["page.md:3: the table"]
    assert pages.renewed("page.md", text.replace("| old |\n| 7 |", ""), few)[0] == new


@pytest.mark.parametrize(
    "text",
    [
        '7<!--count("sloved")-->', "7<!--count(-->", '7<!--row("few", "share", name="two")-->', "7<!---->",
        '0.5<!--least("spectral_error", "task == \'T9\'")-->',
        '7<!--row("few", "share", name="three")-->', '7<!--claim("none", "value")-->', '7<!--row("none", "share")-->',
        '0.5<!--claim("holds-so", "verdict")-->', "seven<!--count()-->", "7 <!--count()-->", "<!--count()-->\n| 7 |\n",
    ],
)  # fmt: skip
def test_what_gives_nothing_is_named(few: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"page\.md:3: <!--.*--> gives nothing"):
        pages.renewed("page.md", f"\n\n{text}", few)


def test_words_in_bold_are_those_of_the_results_with_the_capital_that_stands_there(few: dict[str, Any]) -> None:
    text = '**So?** **Most, not all**<!--badge("parted")-->, **not most**<!--badge("holds-so")--> **and** 7'
    new, wrong = pages.renewed("page.md", text, few)
    assert new == '**So?** **Inconsistent**<!--badge("parted")-->, **consistent**<!--badge("holds-so")--> **and** 7'
    assert "Most, not all, found Inconsistent" in wrong[0]
    assert "not most, found consistent" in wrong[1]
    with pytest.raises(ValueError, match="gives nothing"):
        pages.renewed("page.md", "**seven**<!--count()-->", few)


@pytest.mark.parametrize("page", [pages.FINDINGS, "docs/reproduction.md", "README.md"])
def test_what_is_said_of_a_claim_in_a_word_comes_from_the_results(page: str) -> None:
    """The rows of README are those of findings."""
    said = re.compile(rf"\*\*({'|'.join(significance.BADGES)})\*\*(<!--badge)?", re.IGNORECASE)
    text = re.sub(r"<!--key_findings.*?<!-- end -->", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    assert [bool(comment) for _, comment in said.findall(text)] == [True] * {"README.md": 2, pages.FINDINGS: 4}.get(
        page, 3
    )


def test_each_number_of_a_key_finding_is_read_off_the_figure_that_it_links_to() -> None:
    """A number stands in the link to a figure, and its expression reads that figure's CSV."""
    rows = re.search(r"(?:^\|.*\n)+", (ROOT / pages.FINDINGS).read_text("utf-8"), re.MULTILINE)
    assert rows
    cells = [row.rsplit(" | ", 1)[1] for row in rows[0].splitlines()[2:]]
    assert len(cells) <= 6
    for cell in cells:
        linked = re.findall(r"\[((?:(?!<!--).|<!--.*?-->)*?)\]\(figures\.md#(\w+)\)", cell)
        assert linked, cell
        for words, figure in linked:
            expressions = re.findall(r"\d%?<!--(.*?)-->", words)
            assert expressions
            assert all(f'shown("{figure}")' in expression for expression in expressions)
            assert not re.search(r"\d%?(?![\d%<,.])", re.sub(r"<!--.*?-->", "<", words)), "a number without a comment"


def test_the_gallery_shows_every_figure_that_is_published_with_its_caption() -> None:
    text = (ROOT / "docs/figures.md").read_text("utf-8")
    for experiment in ("paper", "architectures", "streams"):
        for path in (ROOT / "results" / experiment / "figures").rglob("*.csv"):
            name = path.relative_to(ROOT / "results" / experiment / "figures").parts[0].partition(".")[0]
            assert text.count(f"\n## {name}\n[![") == 1, name
            assert (ROOT / "workflow/report" / f"{name}.rst").read_text("utf-8").splitlines()[-1] in text
    for place in re.findall(r"\]\((\.\./results/[^)]*)\)", text):
        assert (ROOT / "docs" / place).is_file(), place


def test_comments_are_not_read() -> None:
    assert pages.without_comments('Of 3<!--count("a\nb > 1")-->, 2<!--x--> do') == "Of 3, 2 do"


@pytest.mark.parametrize("page", ["CHANGELOG.md", "CONTRIBUTING.md", *pages.PAGES])
def test_an_asterisk_between_tags_is_escaped(page: str) -> None:
    """Two that are not begin and end italics, and neither is seen: of Psi<sup>*</sup> nothing is left but Psi."""
    assert re.findall(r">\*+<", (ROOT / page).read_text()) == []


@pytest.mark.parametrize("page", ["CHANGELOG.md", "CONTRIBUTING.md", *pages.PAGES])
def test_a_list_begins_after_an_empty_line(page: str) -> None:
    """Where it does not, the website shows no list but a paragraph with dashes in it."""
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.DOTALL | re.MULTILINE)
    lists = re.compile(r"^(?![-*] |\d+\. |#|\s|$)(.*)\n(?:[-*]|1\.) ", re.MULTILINE)
    assert [found[1] for found in lists.finditer(text)] == []


def test_the_first_table_has_links_from_the_root() -> None:
    text = "# 1\n\n| a | b |\n|---|---|\n| 3<!--x--> of 4 | [b](../results/b.md#c), [d](d.md), [e](#f) |\n\n| no |\n"
    linked = "[b](results/b.md#c), [d](docs/d.md), [e](docs/page.md#f)"
    assert pages.first_table("docs/page.md", text) == f"| a | b |\n|---|---|\n| 3 of 4 | {linked} |"
    with pytest.raises(ValueError, match=r"docs/page\.md: no table"):
        pages.first_table("docs/page.md", "# 1\n")


def test_a_published_table_is_copied_whole_or_some_of_its_rows() -> None:
    table = "| | x |\n|---|---:|\n| a | 1 |\n| b | 2 |\n| c | 3 |"
    assert pages.copied(table) == table
    assert pages.copied(table, ("c", "a")) == "| | x |\n|---|---:|\n| a | 1 |\n| c | 3 |"
    with pytest.raises(ValueError, match="no row d"):
        pages.copied(table, ("a", "d"))


def test_commands_are_those_of_the_command_line() -> None:
    assert "| `emtvb verify` | Train published runs here" in pages.commands()


@pytest.mark.parametrize("page", pages.PAGES)
def test_a_config_in_it_can_be_run(page: str, tmp_path: Path) -> None:
    for config in re.findall(r"^```yaml\n(experiment: .*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE):
        (tmp_path / "config.yaml").write_text(config)
        assert kinds.load_experiment(tmp_path / "config.yaml").runs()


def prose(page: str, folder: Path = ROOT) -> int:
    """Words of a page, those of tables, code, pictures and captions aside: these stand in workflow/report."""
    text = re.sub(
        r"^<!--gallery.*?^<!-- end -->", "", (folder / page).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    text = re.sub(r"^\[!\[.*$", "", pages.without_comments(text), flags=re.MULTILINE)
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return len(re.sub(r"^\|.*", "", text, flags=re.MULTILINE).split())


def test_pages_are_short() -> None:
    words = {page: prose(page) for page in pages.PAGES if page != "README.md"}
    assert [page for page, number in words.items() if number > MOST_WORDS] == []
    assert words[pages.FINDINGS] <= MOST_WORDS_OF_FINDINGS
    plans = sum(number for page, number in words.items() if page.startswith("docs/plan"))
    assert plans <= MOST_WORDS_OF_PLANS
    assert sum(words.values()) - plans <= MOST_WORDS_OF_ALL
