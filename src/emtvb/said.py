"""Numbers in prose: what pages say, held against what is published, and put right.

A file beside the pages (:data:`FILE`) lists their sentences, with a name in braces in place of each number, and how
that number is had from an experiment's tables. So every number has a definition that can be read, and when networks
are added none is left behind. The verdict behind a claim that a page cites is put right likewise.
"""

from __future__ import annotations

import json
import re
import tokenize
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from emtvb import config, tables
from emtvb.errors import InputError
from emtvb.files import write_text
from emtvb.paper.evidence import VERDICTS

FILE = Path("docs", "said.yaml")
"""The list, relative to the repository."""

_NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?"
_PLACE = re.compile(r"\{(\w+)\}")
_CITED = re.compile(
    rf"\[`(?P<name>[\w-]+)`\]\([^)\s]*verdicts\.md#[\w-]+\):?\s\(?\**(?P<verdict>{'|'.join(VERDICTS)})\b"
)
_WRONG = (
    LookupError, ValueError, TypeError, AttributeError, SyntaxError, NotImplementedError, tokenize.TokenError,
    pd.errors.UndefinedVariableError,
)  # fmt: skip
"""What a definition raises that means nothing, or of which there is nothing here."""
_REDUCE: Mapping[str, Callable[[pd.Series], float]] = {"min": pd.Series.min, "max": pd.Series.max}


@dataclass(frozen=True)
class Wrong:
    """A number or a verdict in a page that is not what was found.

    Attributes:
        page: The page, relative to the repository.
        about: The sentence, or the claim.
        value: What the page says.
        correction: What it should say.
    """

    page: str
    about: str
    value: str
    correction: str


class Numbers:
    """Where numbers are had from: an experiment's networks, tables and verdicts.

    Args:
        folder: The experiment's folder.
        named: Conditions by name, which those after them may use.
    """

    def __init__(self, folder: Path, named: Mapping[str, str]) -> None:
        self._folder = folder
        self._named = named
        self._table = cache(lambda name: pd.read_csv(folder / "tables" / f"{name}.csv"))

    def find(self, wanted: str | Mapping[str, Any]) -> str:
        """A number, as a page prints it.

        Args:
            wanted: A condition (as pandas' ``query`` reads it), for how many networks meet it. Or a mapping with the
                format of the number, ``as``, and one of: ``min`` or ``max``, a column, with ``of``, a condition;
                ``table``, ``where``, the condition that one row of it meets, and ``value``, a column; ``claim`` and
                ``value``, one of its attributes, or of its group of networks ``stratum``, ``low`` and ``high`` being
                the interval's ends; ``claims``, a condition, for how many claims meet it.

        Raises:
            LookupError, ValueError: Where there is no such column, table, row, claim or attribute.
        """
        if isinstance(wanted, str):
            return f"{len(self.networks.query(wanted)):,}"
        return f"{self._value(wanted):{wanted.get('as', '')}}"

    def _value(self, wanted: Mapping[str, Any]) -> Any:
        for name, reduce in _REDUCE.items():
            if name in wanted:
                return reduce(self.networks.query(wanted["of"])[wanted[name]])
        if "table" in wanted:
            rows = self._table(wanted["table"]).query(wanted["where"])
            if len(rows) != 1:
                raise ValueError(f"{len(rows)} rows, not one, of tables/{wanted['table']}.csv meet it")
            return rows.iloc[0][wanted["value"]]
        if "claims" in wanted:
            return len(pd.DataFrame(self.claims.values()).query(wanted["claims"]))
        about = self.claims[wanted["claim"]]
        if "stratum" in wanted:
            about = {stratum["title"]: stratum for stratum in about["strata"]}[wanted["stratum"]]
        end = {"low": 0, "high": 1}.get(wanted["value"])
        return about[wanted["value"]] if end is None else about["interval"][end]

    @cached_property
    def claims(self) -> dict[str, dict[str, Any]]:
        """The claims with their verdicts, by name."""
        path = self._folder / "verdicts.json"
        try:
            return {claim["name"]: claim for claim in json.loads(path.read_text("utf-8"))["claims"]}
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise InputError("results file", str(path), f"cannot be read ({error}); put it back as it was") from None

    @cached_property
    def networks(self) -> pd.DataFrame:
        """A row per network: settings, measurements, what solution it is, and whether it meets each named condition."""
        runs = tables.read_table(self._folder / "runs.csv", tables.RUN_COLUMNS)
        measured = tables.read_table(self._folder / "measurements.csv", tables.MEASURED_COLUMNS)
        networks = tables.combine(runs, measured)
        solutions = self._table("solutions")
        more = ["run_id", *solutions.columns.difference(networks.columns)]
        networks = networks.merge(solutions[more], on="run_id", how="left", validate="one_to_one")
        for name, condition in self._named.items():
            networks[name] = networks.eval(condition)
        return networks


def correct(root: Path, *, write: bool = True) -> Iterator[Wrong]:
    """Put right each number that a page says, and the verdict of each claim that it cites; yields what was wrong.

    Args:
        root: The repository.
        write: Whether pages are written; otherwise it is only told.

    Raises:
        InputError: Where a page no longer has a sentence of the list, or has it twice, or where a number cannot be had.
    """
    listed = config.read(root / FILE)

    @cache
    def numbers(experiment: str) -> Numbers:
        return Numbers(root / experiment, listed["conditions"])

    for page, sentences in listed["pages"].items():
        before = text = (root / page).read_text("utf-8")
        for sentence in sentences:
            of = numbers(sentence.get("experiment", listed["experiment"]))
            text = yield from _in_sentence(page, text, sentence, of)
        text = yield from _in_citations(page, text, numbers(listed["experiment"]))
        if write and text != before:
            write_text(root / page, text)


def _in_sentence(page: str, text: str, sentence: Mapping[str, Any], numbers: Numbers) -> Generator[Wrong, None, str]:
    """The text with the numbers of one sentence put right."""
    says = sentence["says"]
    parts = _PLACE.split(says)
    pattern = "".join(
        f"({_NUMBER})" if place else r"\s+".join(map(re.escape, re.split(r"\s+", part)))
        for part, place in zip(parts, [False, True] * len(parts), strict=False)
    )
    matches = list(re.finditer(rf"(?<![\w.]){pattern}", text))
    if len(matches) != 1:
        raise InputError(
            str(FILE), says, f"is {len(matches)} times in {page}, not once; write it there or change the list"
        )
    pieces, at = [], 0
    for group, name in enumerate(parts[1::2], 1):
        try:
            value = numbers.find(sentence[name])
        except _WRONG as error:
            raise InputError(str(FILE), f"{name} of {says!r}", f"cannot be had ({error}); mend the list") from None
        if value != matches[0][group]:
            yield Wrong(page, " ".join(says.split()), matches[0][group], value)
        pieces += [text[at : matches[0].start(group)], value]
        at = matches[0].end(group)
    return "".join(pieces) + text[at:]


def _in_citations(page: str, text: str, numbers: Numbers) -> Generator[Wrong, None, str]:
    """The text with the verdict behind each cited claim put right."""
    pieces, at = [], 0
    for cited in _CITED.finditer(text):
        if cited["name"] not in numbers.claims:
            raise InputError("claim", cited["name"], f"is cited in {page} and not among the verdicts; mend the page")
        verdict = numbers.claims[cited["name"]]["verdict"]
        if verdict != cited["verdict"]:
            yield Wrong(page, cited["name"], cited["verdict"], verdict)
        pieces += [text[at : cited.start("verdict")], verdict]
        at = cited.end("verdict")
    return "".join(pieces) + text[at:]
