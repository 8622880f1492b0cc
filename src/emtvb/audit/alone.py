"""Single networks measured again, without the others of their shard.

``python -m emtvb.audit.alone`` measures them, in a process that computes as a job of the workflow does.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from emtvb import networks, tables
from emtvb.audit import compare
from emtvb.audit.processes import Processes
from emtvb.errors import DAMAGED, InputError
from emtvb.interpret.measure import MeasureSettings
from emtvb.interpret.shard import measure_shard
from emtvb.running import node
from emtvb.runs import Run, from_entry, to_entry
from emtvb.training.shard import Outputs

FILES = {"measurements": "measurements", "solutions": "measurements/solutions", "digits": "measurements/digits",
         "ablations": "measurements/ablations"}  # fmt: skip
"""Where the tables of a shard lie, by their names in ``interpret.shard.Tables``."""
_ASKED, _REFUSED = "asked.json", "refused.json"
"""In a folder for the process that measures: what it is asked for, and which shards it cannot measure, and why."""


def remeasure(
    folder: Path, near: Mapping[str, Sequence[Run]], how: MeasureSettings, rounding: Callable[[str], float],
    processes: Processes,
) -> dict[str, list[str]]:  # fmt: skip
    """What comes out otherwise, by file.

    Args:
        folder: The experiment's folder; the weights of these networks lie there.
        near: Some runs, by shard.
        how: Networks are measured.
        rounding: How far rounding moves a network's test accuracy, by its run id.
        processes: Takes the one that measures.
    """
    node.choose_kernels()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        entries = {shard: [to_entry(run) for run in runs] for shard, runs in near.items()}
        (place / _ASKED).write_text(json.dumps([str(folder), asdict(how), entries]), encoding="utf-8")
        with processes.begin([sys.executable, "-m", __name__, name]) as process:
            words = [line.strip() for line in process.stderr or () if line.strip()]
        if process.returncode != 0:
            why = (words or [f"status {process.returncode}"])[-1]
            return {f"measurements/{shard}.csv": [f"cannot be measured again ({why})"] for shard in near}
        refused = json.loads((place / _REFUSED).read_text("utf-8"))
        problems: dict[str, list[str]] = {f"training/{shard}": [why] for shard, why in refused.items()}
        for shard, runs in near.items():
            for path in () if shard in refused else (f"{table}/{shard}.csv" for table in FILES.values()):
                problems[path] = _differences(folder / path, place / path, path, runs, rounding)
    return problems


def _differences(
    there: Path, alone: Path, path: str, runs: Sequence[Run], rounding: Callable[[str], float]
) -> list[str]:
    whole = alone.with_suffix(".whole.csv")
    try:
        _exchange(there, alone, [run.run_id for run in runs], whole)
    except (*DAMAGED, csv.Error) as error:
        return [f"cannot be read ({error})"]
    return compare.differences(there, whole, path, rounding)


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
    with whole.open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, lineterminator="\n").writerows([new[0], *rows])


def _measure(place: Path) -> None:
    """Write the tables of the runs that are asked for there, and why networks cannot be measured, by shard."""
    folder, how, entries = json.loads((place / _ASKED).read_text("utf-8"))
    refused = {}
    for shard, of_shard in entries.items():
        runs = [from_entry(entry) for entry in of_shard]
        try:
            weights = Outputs.of(Path(folder), shard).weights
            measured = measure_shard(
                runs, networks.load_networks(weights, [run.run_id for run in runs]), MeasureSettings(**how)
            )
        except InputError as error:
            refused[shard] = f"cannot be measured again ({error})"
            continue
        for name, table in vars(measured).items():
            tables.write_csv(place / FILES[name] / f"{shard}.csv", table)
    (place / _REFUSED).write_text(json.dumps(refused), encoding="utf-8")


if __name__ == "__main__":
    _measure(Path(sys.argv[1]))
