"""What a run's learning curve keeps: one row every few batches."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from emtvb.files import atomic

EVERY = 50
"""Batches between two rows, Lightning's default for its own log."""


class Row(NamedTuple):
    """One batch: its index from 0, mean squared error, accuracy and output horizon."""

    step: int
    loss: float
    accuracy: float
    horizon: int


def kept_steps(steps: int) -> list[int]:
    """The batches that have a row, of so many."""
    return [step for step in range(steps) if is_kept(step, steps)]


COLUMNS = ("run_id", *Row._fields)


def is_kept(step: int, steps: int) -> bool:
    """Whether the batch at this index of so many gets a row: every 50th, and the last."""
    return step % EVERY == 0 or step == steps - 1


def until_next(step: int, batches_per_epoch: int) -> int:
    """Batches from the one at this index up to the next that gets a row, within an epoch: what is trained in one go."""
    return min(EVERY - step % EVERY, batches_per_epoch - step % batches_per_epoch)


def write_history(path: Path, histories: Mapping[str, Iterable[Row]], *, durable: bool = False) -> None:
    """Write ``history.csv``: the rows of each run, by run."""
    with atomic(path, durable=durable) as temporary, temporary.open("w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for run_id, rows in histories.items():
            writer.writerows((run_id, row.step, f"{row.loss:.9g}", f"{row.accuracy:.9g}", row.horizon) for row in rows)


def read_history(path: Path) -> dict[str, list[Row]]:
    """Read ``history.csv`` back."""
    histories: dict[str, list[Row]] = {}
    with path.open(newline="") as table:
        for line in csv.DictReader(table):
            row = Row(int(line["step"]), float(line["loss"]), float(line["accuracy"]), int(line["horizon"]))
            histories.setdefault(line["run_id"], []).append(row)
    return histories
