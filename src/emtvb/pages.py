"""Published tables in the pages that show them: between two comments, what a file says and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.paper import operating


def _copy(file: Path) -> str:
    return file.read_text("utf-8").strip()


@dataclass(frozen=True)
class Block:
    """A part of a page that says what a file says.

    Attributes:
        page: The page, relative to the repository.
        name: What its comments call it: ``<!-- name -->`` before it, ``<!-- end of name -->`` behind it.
        file: What it shows, relative to the repository.
        of: The text that shows the file; without it, a copy.
    """

    page: str
    name: str
    file: str
    of: Callable[[Path], str] = _copy


BLOCKS = (
    Block("docs/findings.md", "table 1", "results/paper/tables/table1.md"),
    Block("docs/memories.md", "bases", "results/paper/tables/bases.md"),
    Block("docs/memories.md", "verdicts", "results/paper/tables/verdicts.md"),
    Block("docs/lstm-and-s4.md", "comparison", "results/architectures/architectures/comparison.md"),
    Block(
        "docs/evidence.md", "rates", "results/paper/figures/evidence.csv",
        lambda file: operating.as_markdown(pd.read_csv(file)),
    ),
)  # fmt: skip


def shown(block: Block, root: Path) -> str:
    """What a page shows now.

    Raises:
        InputError: Where the page, or the pair of comments in it, is not there.
    """
    return _find(block, root)[1]


def fill(root: Path) -> Iterator[tuple[Block, str]]:
    """Put the files into the pages; yields of each block what came of it: filled, the same, or no file yet."""
    for block in BLOCKS:
        text, now = _find(block, root)
        file = root / block.file
        if not file.is_file():
            yield block, "no file yet"
            continue
        new = block.of(file)
        if new != now:
            write_text(root / block.page, text.replace(_framed(block, now), _framed(block, new), 1))
        yield block, "the same" if new == now else "filled"


def _find(block: Block, root: Path) -> tuple[str, str]:
    """A page's text, and what it shows."""
    try:
        text = (root / block.page).read_text("utf-8")
    except OSError as error:
        raise InputError("page", block.page, f"cannot be read ({error}); run this in a clone") from None
    found = re.search(rf"<!-- {block.name} -->\n(.*?)\n<!-- end of {block.name} -->", text, re.DOTALL)
    if found is None:
        raise InputError("page", block.page, f"has no <!-- {block.name} --> and <!-- end of {block.name} -->; add them")
    return text, found[1]


def _framed(block: Block, text: str) -> str:
    return f"<!-- {block.name} -->\n{text}\n<!-- end of {block.name} -->"
