"""Results in words: tables in a notebook, and numbers and names in a line."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any


def html_table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]], notes: Sequence[str] = ()) -> str:
    """A table in HTML, with a line above and lines below."""
    cells = "".join(f"<th>{html.escape(word)}</th>" for word in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(html_cell(value))}</td>" for value in row) + "</tr>" for row in rows
    )
    below = "".join(f"<div>{html.escape(note)}</div>" for note in notes)
    lines = f"<thead><tr>{cells}</tr></thead><tbody>{body}</tbody>"
    return f"<div><b>{html.escape(title)}</b><table>{lines}</table>{below}</div>"


def html_cell(value: Any) -> str:
    """A value in a cell."""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def count_and_noun(count: int, noun: str) -> str:
    """A number and a noun, in the plural where it must be."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def first_names(names: Sequence[str], most: int = 6) -> str:
    """The first of some names."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
