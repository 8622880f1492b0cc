"""Single networks measured again, without the others of their shard: as a job of the workflow would do it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from emtvb import networks, tables
from emtvb.audit import compare
from emtvb.errors import DAMAGED
from emtvb.interpret.measure import MeasureSettings
from emtvb.interpret.shard import measure_shard
from emtvb.runs import Run
from emtvb.training.shard import Outputs

FILES = {"measurements": "measurements", "solutions": "measurements/solutions", "digits": "measurements/digits",
         "ablations": "measurements/ablations"}  # fmt: skip
"""Where the tables of a shard lie, by their names in ``interpret.shard.Tables``."""


def measured_again(
    folder: Path, shard: str, runs: Sequence[Run], how: MeasureSettings, place: Path, rounding: Callable[[str], float]
) -> dict[str, list[str]]:
    """What of some runs of a shard comes out otherwise, by file.

    Args:
        folder: The experiment's folder.
        shard: Which.
        runs: Some of its runs, by the config.
        how: Networks are measured.
        place: An empty folder.
        rounding: How far rounding moves a network's test accuracy, by its run id.

    Raises:
        InputError: Where the weights are not there, or are no networks.
    """
    trained = networks.load_networks(Outputs.of(folder, shard).weights, [run.run_id for run in runs])
    found: dict[str, list[str]] = {}
    for name, table in vars(measure_shard(runs, trained, how)).items():
        path = f"{FILES[name]}/{shard}.csv"
        alone, whole = place / f"alone/{path}", place / path
        tables.write_csv(alone, table)
        try:
            _exchange(folder / path, alone, [run.run_id for run in runs], whole)
        except (*DAMAGED, csv.Error) as error:
            found[path] = [f"cannot be read ({error})"]
        else:
            found[path] = compare.differences(folder / path, whole, path, rounding)
    return found


def _exchange(there: Path, alone: Path, run_ids: Sequence[str], whole: Path) -> None:
    """Write a table with new rows of these runs among the old ones of all others: it can be compared as a whole."""
    old, new = compare.rows(there), compare.rows(alone)
    anew = {run_id: [row for row in new[1:] if row[0] == run_id] for run_id in run_ids}
    rows, written = [], set()
    for row in old[1:]:
        if row[0] not in anew:
            rows.append(row)
        elif row[0] not in written:
            written.add(row[0])
            rows += anew[row[0]]
    rows += [row for run_id, some in anew.items() if run_id not in written for row in some]
    whole.parent.mkdir(parents=True, exist_ok=True)
    with whole.open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, lineterminator="\n").writerows([new[0], *rows])
