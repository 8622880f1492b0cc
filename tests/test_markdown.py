"""Tests of Markdown tables, as a reader of GitHub's Markdown sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from emtvb import markdown

TEXTS = st.text("a |\\\n`", max_size=6) | st.text(st.characters(exclude_categories=["C"]), max_size=12)
ALIGN = {"l": None, "r": "text-align:right"}


def parsed(text: str) -> tuple[list[list[str]], list[str | int | float | None]]:
    """Cells of each row, the headings first, and how columns are aligned, as a parser that is not ours reads them."""
    rows: list[list[str]] = []
    aligned = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open":
            aligned.append(token.attrs.get("style"))
        elif token.type == "inline":
            rows[-1].append(token.content)
    return rows, aligned


@given(st.data())
def test_what_stands_in_cells_is_read_back(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 5))
    row = st.lists(TEXTS | st.integers(), min_size=count, max_size=count)
    columns = [data.draw(TEXTS) for _ in range(count)]
    rows = data.draw(st.lists(row, max_size=4))
    align = data.draw(st.text("lr", min_size=count, max_size=count))
    found, aligned = parsed(markdown.table(columns, rows, align))
    assert found == [[" ".join(str(value).split()) for value in cells] for cells in (columns, *rows)]
    assert aligned == [ALIGN[letter] for letter in align]


def test_a_table_is_as_published_ones_are_to_the_byte() -> None:
    text = markdown.table(["", "seeds", "a|b"], [("one", 20, ""), ("two\nlines", 3, "x | y")], "lrl")
    assert text.splitlines() == [
        "| | seeds | a\\|b |",
        "|---|---:|---|",
        "| one | 20 |  |",
        "| two lines | 3 | x \\| y |",
    ]
    assert markdown.table(["a", "b"], []) == "| a | b |\n|---|---|"


WRONG = [([("one",)], "ll"), ([("one", "two", "three")], ""), ([], "lll"), ([], "l")]


@pytest.mark.parametrize(("rows", "align"), WRONG)
def test_cells_that_have_no_column_are_no_table(rows: list[tuple[str, ...]], align: str) -> None:
    with pytest.raises(ValueError, match="cells for 2 columns"):
        markdown.table(["a", "b"], rows, align)
