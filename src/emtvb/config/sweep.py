"""Which runs: a grid of settings becomes runs, and runs become shards and a table."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from emtvb.errors import InputError
from emtvb.files import atomic
from emtvb.theory import tasks
from emtvb.theory.runs import Protocol, Run, shortest_number
from emtvb.theory.tasks import Task

COLUMNS = ("run_id", "task", "task_id", "hidden_dim", "l2", "threshold", "seed", "shard", "twin")


def run_grid(
    task_list: Sequence[Task],
    hidden_dims: Sequence[int],
    l2s: Sequence[float],
    thresholds: Sequence[float],
    seeds: Sequence[int],
    protocol: Protocol,
    twins: Sequence[int] = (0,),
) -> list[Run]:
    """All combinations, in the order of the published script: by task, hidden size, L2, threshold, seed; then twin.

    Raises:
        InputError: Where two runs would be the same.
    """
    settings = itertools.product(task_list, hidden_dims, l2s, thresholds, seeds)
    runs = [Run(*one, protocol, twin) for one in settings for twin in twins]
    # What a run id is made of; ids themselves, of many thousands of runs, would take long.
    names: dict[int, str] = {}
    seen: set[tuple[Any, ...]] = set()
    for run in runs:
        if id(run.task) not in names:
            names[id(run.task)] = run.task_name
        key = (names[id(run.task)], run.hidden_dim, run.l2, run.threshold, run.seed, run.twin)
        if key in seen:
            raise InputError("sweep", f"run {run.run_id} occurs twice", "remove the repeated task or value")
        seen.add(key)
    return runs


def shard_name(run: Run, seeds_per_shard: int) -> str:
    """The shard that trains a run: its task, its hidden size, its L2 penalty and its block of seeds.

    A function of the run's own settings, so that a new task, size, penalty or block of seeds leaves the other shards
    alone.
    """
    last = run.seed + -run.seed % seeds_per_shard  # the next multiple: 1 to 5, 6 to 10, as what is published is called
    first = max(last - seeds_per_shard + 1, 0)
    block = f"seed{run.seed}" if seeds_per_shard == 1 else f"seeds{first}-{last}"
    return f"{run.task.name}_h{run.hidden_dim}_l2-{shortest_number(run.l2)}_{block}"


def runs_by_shard(runs: Iterable[Run], seeds_per_shard: int) -> dict[str, list[Run]]:
    """The runs by shard, in order of first appearance; a shard's runs by threshold, seed and twin.

    So a shard is the same in whatever order an experiment names its settings.
    """
    result: dict[str, list[Run]] = {}
    for run in runs:
        result.setdefault(shard_name(run, seeds_per_shard), []).append(run)
    return {name: sorted(part, key=lambda run: (run.threshold, run.seed, run.twin)) for name, part in result.items()}


def run_row(run: Run, shard: str) -> dict[str, Any]:
    """A run as a row of the run table; values as text and numbers that read back the same."""
    return {
        "run_id": run.run_id,
        "task": run.task.name,
        "task_id": run.task.label,
        "hidden_dim": run.hidden_dim,
        "l2": shortest_number(run.l2),
        "threshold": shortest_number(run.threshold),
        "seed": run.seed,
        "shard": shard,
        "twin": run.twin,
    }


def write_run_table(path: Path | str, by_shard: dict[str, list[Run]]) -> None:
    """Write ``runs.csv``."""
    with atomic(path) as temporary, temporary.open("w", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(run_row(run, shard) for shard, runs in by_shard.items() for run in runs)


_ANEW = "delete it: the workflow, or the `emtvb train` that made the folder, writes it anew"


def _table_remedy(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "run the workflow, or `emtvb train`"
    return "make it a file that you may read" if isinstance(error, OSError) else _ANEW


def read_rows(path: Path | str) -> list[dict[str, str]]:
    """The rows of ``runs.csv`` as text: complete, at least one, and each run once.

    Raises:
        InputError: Where the table is not that.
    """
    try:
        with open(path, newline="", encoding="utf-8") as table:
            reader = csv.DictReader(table, strict=True)
            rows, columns = list(reader), reader.fieldnames
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        remedy = _table_remedy(error)
        raise InputError("run table", str(path), f"cannot be read ({error}); {remedy}") from None
    if set(columns or ()) != set(COLUMNS) or not rows:
        raise InputError("run table", str(path), f"must have the columns {', '.join(COLUMNS)} and at least one run")
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        if set(row) != set(COLUMNS) or not all(row.values()):
            raise InputError("run table", f"{path}, line {line}", f"has empty or extra cells; {_ANEW}")
        if row["run_id"] in seen:
            raise InputError("run table", f"{path}, line {line}", f"{row['run_id']} occurs twice; {_ANEW}")
        seen.add(row["run_id"])
    return rows


def read_run_table(path: Path | str, d: int, s: int, protocol: Protocol) -> dict[str, list[Run]]:
    """The runs of ``runs.csv`` by shard.

    Raises:
        InputError: Where the table is not one, or its run ids are not those of these settings.
    """
    by_shard: dict[str, list[Run]] = {}
    for row in read_rows(path):
        try:
            task = tasks.from_id(tasks.parse_id(row["task_id"]), d, s, row["task"])
            settings = int(row["hidden_dim"]), float(row["l2"]), float(row["threshold"]), int(row["seed"])
            twin = int(row["twin"])
        except ValueError as error:
            raise InputError("run table", f"{path}, {row['run_id']}", f"{error}; {_ANEW}") from None
        run = Run(task, *settings, protocol, twin)
        if run.run_id != row["run_id"]:
            raise InputError(
                "run table", f"{path}: {row['run_id']}", f"with these settings it is {run.run_id}; {_ANEW}"
            )
        by_shard.setdefault(row["shard"], []).append(run)
    return by_shard
