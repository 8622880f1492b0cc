"""Edits as text and as a table in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from emtvb.core.result_tables import counted, table

if TYPE_CHECKING:
    from emtvb.core.editing.edits import Edits

_OF_COUNTED = {
    "followed": "edits followed",
    "random_step": "random step of the same size",
    "other_variable": "along another variable",
    "untrained": "of an untrained network",
}
_OF_ALL = {"without_edit": "without an edit", "ceiling": "as expected if nothing is edited"}
"""What has a share, in words: of the edits that count, and of all edits."""


def as_text(edits: Edits) -> str:
    """The verdict, what was done, and a line for each share."""
    lines = [edits.verdict, *_notes(edits)]
    for heading, names in _groups(edits):
        lines.append(f"{heading}:")
        for words, share, low, high, recovery in _rows(edits, names):
            way = "" if np.isnan(recovery) else f"; {recovery:6.3f} of the way"
            numbers = "  none" if np.isnan(share) else f"{share:6.3f}  [{low:.3f}, {high:.3f}]{way}"
            lines.append(f"  {words:33} {numbers}")
    return "\n".join(lines)


def as_html(edits: Edits) -> str:
    """The same as a table of HTML."""
    rows: list[tuple] = []
    for heading, names in _groups(edits):
        rows.append((heading, "", "", ""))
        rows += [
            (words, "none", "", "") if np.isnan(share)
            else (words, share, f"{low:.3f} to {high:.3f}", "" if np.isnan(recovery) else recovery)
            for words, share, low, high, recovery in _rows(edits, names)
        ]  # fmt: skip
    return table(edits.verdict, ("", "share", "95% interval", "part of the way"), rows, _notes(edits))


def _notes(edits: Edits) -> list[str]:
    """How many edits there are, and how many do not count."""
    count, without = len(np.unique(edits.trial)), int((~edits.counts).sum())
    done = f"{counted(len(edits.trial), 'edit')} in {counted(count, 'judged trial')}"
    steps = counted(len(edits.outputs), "step")
    limit = "" if edits.last is None else f", as many as follow the last, at {edits.last}"
    lines = [f"{edits.name}: {done}; {steps} after each{limit}"]
    if without:
        reason = f"without {'it' if without == 1 else 'them'} the network does the same"
        reason += "" if np.all(edits.readable) else ", or nothing can be read there"
        lines.append(f"{without} of them {'does' if without == 1 else 'do'} not count: {reason}")
    return lines if len(edits.untrained) else [*lines, "no untrained control: untrained= adds it"]


def _groups(edits: Edits) -> list[tuple[str, dict[str, str]]]:
    """What shares are of, in words, and the shares of it."""
    counting = int(edits.counts.sum())
    return [
        (f"of the {counting} {'edit that counts' if counting == 1 else 'edits that count'}", _OF_COUNTED),
        (f"of {'all ' * (len(edits.trial) > 1)}{counted(len(edits.trial), 'edit')}", _OF_ALL),
    ]


def _rows(edits: Edits, names: dict[str, str]) -> Iterator[tuple[str, float, float, float, float]]:
    """In words, share, interval, and the share of the distance that was made up for (NaN: not known)."""
    recovered = dict(zip(("followed", "random_step", "other_variable"), edits.recovered, strict=True))
    for name, words in names.items():
        if len(getattr(edits, name)):
            yield words, edits.share(name), *edits.interval(name), recovered.get(name, float("nan"))
