"""Published tables in the pages that show them: between two comments, what a file says and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from emtvb import tables
from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.methods import tabulating
from emtvb.onions import tabulating as repeating
from emtvb.paper import operating, verdicts
from emtvb.study import streams


def _copy(file: Path) -> str:
    return file.read_text("utf-8").strip()


def _shares(file: Path) -> str:
    """Shares of statements, of an experiment's measurements and the run table beside them."""
    runs = tables.read_table(file.with_name("runs.csv"), tables.RUN_COLUMNS)
    measured = tables.combine(runs, tables.read_table(file, tables.MEASURED_COLUMNS))
    return verdicts.shares_as_markdown(verdicts.shares(measured))


def _methods(measure: str, trained: bool = True) -> Callable[[Path], str]:
    """A table of a benchmark of methods."""
    return lambda file: tabulating.table(pd.read_csv(file), measure, trained)


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
    Block(
        "docs/evidence.md", "bootstrap", "results/paper/figures/forest.csv",
        lambda file: operating.bootstrap_as_markdown(pd.read_csv(file)),
    ),
    Block("docs/evidence.md", "reprints", "results/reference/tables/reprints.md"),
    Block("docs/findings.md", "shares", "results/paper/measurements.csv", _shares),
    *(
        Block("docs/methods.md", measure, "results/methods/tables/methods.csv", _methods(measure))
        for measure in tabulating.TITLES
    ),
    Block("docs/streams.md", "streams", "results/streams/tables/streams.csv",
          lambda file: streams.as_markdown(pd.read_csv(file))),
    Block(
        "docs/onions.md", "claims", "results/onions/tables/onion_claims.csv",
        lambda file: repeating.claims_as_markdown(pd.read_csv(file)),
    ),
    Block(
        "docs/onions.md", "sizes", "results/onions/tables/onion_sizes.csv",
        lambda file: repeating.sizes_as_markdown(pd.read_csv(file)),
    ),
    Block("docs/onions.md", "networks", "results/onions/tables/onions.md"),
    Block("docs/methods.md", "untrained", "results/methods/tables/methods.csv", _methods("reading", trained=False)),
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
        try:
            new = block.of(file)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            reason = " ".join(str(error).split())
            raise InputError("results file", str(file), f"cannot be read ({reason}); put it back as it was") from None
        if new != now:
            write_text(root / block.page, text.replace(_framed(block, now), _framed(block, new), 1))
        yield block, "the same" if new == now else "filled"


def _find(block: Block, root: Path) -> tuple[str, str]:
    """A page's text, and what it shows."""
    try:
        text = (root / block.page).read_text("utf-8")
    except OSError as error:
        raise InputError("page", block.page, f"cannot be read ({error}); run this in a clone") from None
    match = re.search(rf"<!-- {block.name} -->\n(.*?)\n<!-- end of {block.name} -->", text, re.DOTALL)
    if match is None:
        raise InputError("page", block.page, f"has no <!-- {block.name} --> and <!-- end of {block.name} -->; add them")
    return text, match[1]


def _framed(block: Block, text: str) -> str:
    return f"<!-- {block.name} -->\n{text}\n<!-- end of {block.name} -->"
