"""Markdown tables: one way to write them, for published tables, pages and reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_RULES = {"l": "---", "r": "---:"}


def table(columns: Sequence[str], rows: Iterable[Iterable[object]], align: str = "") -> str:
    """Table in Markdown, as GitHub, MyST and Pandoc read it.

    Args:
        columns: Headings; they may be empty, and two may be alike.
        rows: The cells of each row, as many as there are columns, written as :func:`str` does (:func:`cell`).
        align: A letter for each column, as for a tabular of LaTeX: ``l`` for left, ``r`` for right. Without it all
            columns are left to the reader's program.

    Returns:
        Its lines, without a line break at the end: heading, rule, and one for each row.

    Raises:
        ValueError: Where a row or ``align`` is not as long as ``columns``.
    """
    rules = [_RULES[letter] for letter in align or "l" * len(columns)]
    headings = [cell(title) for title in columns]
    body = [[cell(value) for value in row] for row in rows]
    for row in (rules, *body):
        if len(row) != len(columns):
            raise ValueError(f"{len(row)} cells for {len(columns)} columns: {' | '.join(row)}")
    lines = [
        "|" + "".join(f" {heading} |" if heading else " |" for heading in headings),
        "|" + "".join(f"{rule}|" for rule in rules),
    ]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in body)])


def cell(value: object) -> str:
    """Text of a cell: in one line, its vertical bars escaped."""
    return " ".join(str(value).split()).replace("|", r"\|")
