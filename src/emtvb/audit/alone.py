"""Single networks measured again, without the others of their shard, which takes a tenth of the time.

``python -m emtvb.audit.alone`` measures them, in a process that computes as a job of the workflow does.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emtvb import networks, tables
from emtvb.audit import compare
from emtvb.audit.processes import Processes, check_space
from emtvb.audit.report import AGAIN, Finding
from emtvb.errors import DAMAGED, InputError
from emtvb.interpret.measure import MeasureSettings
from emtvb.interpret.shard import measure_shard
from emtvb.running import node
from emtvb.runs import Run, from_entry, to_entry
from emtvb.training.shard import Outputs

FILES = {"measurements": "measurements", "solutions": "measurements/solutions", "digits": "measurements/digits",
         "ablations": "measurements/ablations"}  # fmt: skip
"""Where the tables of a shard lie, by their names in ``interpret.shard.Tables``."""


def remeasure(
    folder: Path, shard: str, runs: Sequence[Run], how: MeasureSettings, by_rounding: Callable[[str], float],
    processes: Processes,
) -> Iterator[Finding]:  # fmt: skip
    """Measure some networks of a shard, and compare their rows with those in the shard's tables.

    Args:
        folder: The experiment's folder; the weights of the shard lie there.
        shard: The shard.
        runs: The networks' runs.
        how: Networks are measured.
        by_rounding: How far rounding moves a network's test accuracy, by its run id.
        processes: Takes the one that measures.
    """
    node.choose_kernels()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        asked = [str(Outputs.of(folder, shard).weights), [to_entry(run) for run in runs], asdict(how), name]
        with processes.begin([sys.executable, "-P", "-m", __name__, json.dumps(asked)]) as process:
            words = [line.strip() for line in process.stderr or () if line.strip()]
        if process.returncode != 0:
            why = (words or [f"status {process.returncode}"])[-1]
            check_space(why)
            yield Finding(f"measurements/{shard}.csv", f"cannot be made again ({why})", AGAIN)
            return
        for table, where in FILES.items():
            path, published = f"{where}/{shard}.csv", place / "published.csv"
            try:
                _take_rows(folder / path, [run.run_id for run in runs], published)
                problems = compare.differences(published, place / f"{table}.csv", path, by_rounding)
            except (*DAMAGED, csv.Error) as error:
                problems = [f"cannot be read ({error})"]
            yield from (Finding(path, problem, AGAIN) for problem in problems)


def _take_rows(table: Path, run_ids: Sequence[str], part: Path) -> None:
    """Write a part of a table: its header, and the rows of these runs."""
    header, *rows = compare.rows(table) or [[]]
    with part.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *(row for row in rows if row[0] in run_ids)])


def _measure(weights: str, entries: Sequence[Mapping[str, Any]], how: Mapping[str, Any], place: str) -> None:
    runs = [from_entry(entry) for entry in entries]
    try:
        trained = networks.load_networks(Path(weights), [run.run_id for run in runs])
        measured = measure_shard(runs, trained, MeasureSettings(**how))
    except InputError as error:
        sys.exit(str(error))
    for name, table in vars(measured).items():
        tables.write_csv(Path(place) / f"{name}.csv", table)


if __name__ == "__main__":
    _measure(*json.loads(sys.argv[1]))
