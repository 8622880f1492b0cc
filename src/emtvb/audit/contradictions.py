"""Do results contradict one another? All rows and all networks are asked, and nothing is measured.

What claims and tables go by is written down more than once: whether a network solves its task, and its accuracy; its
weights, and their digest. Whoever changes one alone is found here, though records were made to fit.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from emtvb.audit.compare import number_in
from emtvb.audit.determinism import published_digests
from emtvb.audit.integrity import Files
from emtvb.audit.report import AGAIN, BACK, Finding
from emtvb.errors import InputError
from emtvb.making.plan import Planned
from emtvb.making.staleness import summary
from emtvb.theory import networks
from emtvb.theory.network_verdict import network_verdict


def contradictions(files: Files, jobs: Sequence[Planned]) -> Iterator[Finding]:
    """What contradicts the rest, of files that are what their records say, one finding a file.

    Args:
        files: The experiment's files.
        jobs: Its jobs.
    """
    settings: Mapping[str, Any] = next(filter(None, (job.settings.get("interpretation") for job in jobs)), {})
    for name in sorted(files.digests.keys() - files.rejected - files.left_out):
        found: list[str] = []
        if name.endswith(".csv") and "measurements" in name:
            rows = _rows_of_table(files, name)
            found = [words for row in rows for words in _of_row(row, settings, row.get("run_id") or "a row")]
        elif name.endswith("/weights.safetensors"):
            found = _of_weights(files, name)
        if found:
            yield Finding(name, summary(found), AGAIN)
    for path, record in files.records.items():
        # Jobs write both at once. The first alone would excuse a picture that does not come out again.
        computed, there = record.recipe["versions"], record.environment
        other = [name for name, version in computed.items() if there.get(name, version).split("+")[0] != version]
        if other:
            words = (f"computed with {name} {computed[name]}, in an environment with {there[name]}" for name in other)
            yield Finding(path.relative_to(files.folder).as_posix(), summary(words), BACK)


def _of_row(row: Mapping[str, str], settings: Mapping[str, Any], run: str) -> Iterator[str]:
    """What of a network's measurements says something else than the rest, or than the config."""
    asked = {f"measured_{key}": value for key, value in settings.items()}
    wrong = [column for column, value in asked.items() if column in row and number_in(row[column]) != value]
    yield from (f"{column} of {run} is {row[column]}, and {asked[column]} in the config" for column in wrong)
    if not {"test_accuracy", "measured_solved", "solved"} <= row.keys():
        return
    solved = number_in(row["test_accuracy"]) >= number_in(row["measured_solved"])
    basis = "data_" if "data_edit_success" in row else ""  # other architectures have one basis
    names = (f"{basis}worst_decoding_accuracy", f"{basis}edit_success", "unedited_success")
    verdict = network_verdict(solved, *(number_in(row.get(name, "")) for name in names))
    for column, follows in (("solved", str(int(solved))), ("verdict", verdict)):
        if row.get(column, follows) != follows:
            yield f"{column} of {run} is {row[column]}, and {follows} by its other numbers"


def _of_weights(files: Files, name: str) -> list[str]:
    """The networks of a shard whose published digest is another; none where digests are not there."""
    try:
        published = published_digests(files.folder, PurePosixPath(name).parent.name)
    except (KeyError, ValueError, csv.Error) as error:
        return [f"no digests of weights can be read beside it ({error!r})"]
    if not published:
        return []
    try:
        digests = {run_id: network.digest() for run_id, network in networks.load_networks(files.folder / name).items()}
    except InputError as error:
        return [str(error)]
    runs = sorted(digests.keys() ^ published.keys()) or [run for run in digests if digests[run] != published[run]]
    return [f"weights of {run} are not those of its digest" for run in runs]


def _rows_of_table(files: Files, name: str) -> list[dict[str, str]]:
    """The rows of a table; none where it is not there, or none can be read: who reads it says so."""
    try:
        with (files.folder / name).open(newline="", encoding="utf-8") as table:
            return list(csv.DictReader(table, strict=True))
    except (OSError, ValueError, csv.Error):
        return []
