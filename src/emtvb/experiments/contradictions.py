"""What contradicts the rest, of what is written of networks. All rows and all networks are asked; nothing is measured.

What claims and tables go by is written down more than once: whether a network solves its task, and its accuracy; its
weights, and their digest. Whoever changes one alone is found here, though records were made to fit.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from emtvb.errors import InputError
from emtvb.experiments.rounding import is_solved, number_in
from emtvb.experiments.training_again import published_digests
from emtvb.theory import networks
from emtvb.theory.network_verdict import network_verdict


def contradictions(
    folder: Path, names: Iterable[str], settings: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, Sequence[str]]]:
    """By file what in it contradicts the rest, in words; of a file that says what the others say, nothing.

    Args:
        folder: The experiment's folder.
        names: The files that are asked, by their paths in it.
        settings: Of its jobs, which say how networks are measured.
    """
    stated: Mapping[str, Any] = next(filter(None, (one.get("interpretation") for one in settings)), {})
    for name in names:
        found: list[str] = []
        if name.endswith(".csv") and "measurements" in name:
            rows = _rows_of_table(folder / name)
            found = [words for row in rows for words in _of_row(row, stated, row.get("run_id") or "a row")]
        elif name.endswith("/weights.safetensors"):
            found = _of_weights(folder, name)
        if found:
            yield name, found


def _of_row(row: Mapping[str, str], settings: Mapping[str, Any], run: str) -> Iterator[str]:
    """What of a network's measurements says something else than the rest, or than the config."""
    asked = {f"measured_{key}": value for key, value in settings.items()}
    wrong = [column for column, value in asked.items() if column in row and number_in(row[column]) != value]
    yield from (f"{column} of {run} is {row[column]}, and {asked[column]} in the config" for column in wrong)
    if not {"test_accuracy", "measured_solved", "solved"} <= row.keys():
        return
    solved = is_solved(row)
    basis = "data_" if "data_edit_success" in row else ""  # other architectures have one basis
    names = (f"{basis}worst_decoding_accuracy", f"{basis}edit_success", "unedited_success")
    verdict = network_verdict(solved, *(number_in(row.get(name, "")) for name in names))
    for column, follows in (("solved", str(int(solved))), ("verdict", verdict)):
        if row.get(column, follows) != follows:
            yield f"{column} of {run} is {row[column]}, and {follows} by its other numbers"


def _of_weights(folder: Path, name: str) -> list[str]:
    """The networks of a shard whose published digest is another; none where digests are not there."""
    try:
        published = published_digests(folder, PurePosixPath(name).parent.name)
    except (KeyError, ValueError, csv.Error) as error:
        return [f"no digests of weights can be read beside it ({error!r})"]
    if not published:
        return []
    try:
        digests = {run_id: network.digest() for run_id, network in networks.load_networks(folder / name).items()}
    except InputError as error:
        return [str(error)]
    runs = sorted(digests.keys() ^ published.keys()) or [run for run in digests if digests[run] != published[run]]
    return [f"weights of {run} are not those of its digest" for run in runs]


def _rows_of_table(path: Path) -> list[dict[str, str]]:
    """The rows of a table; none where it is not there, or none can be read: who reads it says so."""
    try:
        with path.open(newline="", encoding="utf-8") as table:
            return list(csv.DictReader(table, strict=True))
    except (OSError, ValueError, csv.Error):
        return []
