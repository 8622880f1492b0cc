"""The tables that the workflow writes and reads back: run table and measurements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from emtvb.errors import InputError
from emtvb.files import atomic

RUN_COLUMNS = ("run_id", "task", "task_id", "hidden_dim", "l2", "threshold", "seed", "shard")
SETTINGS = ("task", "hidden_dim", "l2", "threshold", "seed")
"""Columns of the run table that stand in ``measurements.csv``, too."""
MEASURED_COLUMNS = (
    "run_id", "test_accuracy", "spectral_error", "optimal_spectral_error", "measured_solved", "solved",
)  # fmt: skip


def combine(runs: pd.DataFrame, measurements: pd.DataFrame) -> pd.DataFrame:
    """The run table with each run's measurements, in the run table's order.

    Raises:
        InputError: Where a run has no measurements, or more than one row of them.
    """
    if runs["run_id"].duplicated().any():
        repeated = runs.loc[runs["run_id"].duplicated(), "run_id"].iloc[0]
        raise InputError("run table", repeated, "occurs twice; delete the run table and run the workflow")
    counts = measurements["run_id"].value_counts()
    if (counts > 1).any():
        raise InputError("measurements", counts.index[0], "measured twice; delete measurements/ and run again")
    missing = runs.loc[~runs["run_id"].isin(counts.index), "run_id"]
    if len(missing):
        raise InputError(
            "measurements", f"{len(missing)} runs, {missing.iloc[0]} first", "not measured; interpret them"
        )
    more = ["run_id", *(name for name in measurements if name not in runs)]
    return runs.merge(measurements[more], on="run_id", how="left", validate="one_to_one")


def read_table(path: Path | str, columns: Sequence[str], may_be_empty: bool = False) -> pd.DataFrame:
    """A table that the workflow wrote; names and task ids stay text.

    Args:
        path: Its file.
        columns: Those that it must have.
        may_be_empty: Whether it may have no rows.

    Raises:
        InputError: Where it is missing, damaged or another's.
    """
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(("run_id", "task", "task_id", "shard"), str))
    except (OSError, ValueError) as error:
        raise InputError(
            "table",
            str(path),
            f"cannot be read ({error}); "
            + ("make it a file that you may read" if isinstance(error, OSError) else "delete it and run the workflow"),
        ) from None
    missing = [name for name in columns if name not in table.columns]
    if missing or (table.empty and not may_be_empty):
        problem = f"has no column {missing[0]}" if missing else "has no rows"
        raise InputError("table", str(path), f"{problem}; delete it and run the workflow")
    return table


def read_tables(paths: Iterable[Path | str], columns: Sequence[str] = (), may_be_empty: bool = False) -> pd.DataFrame:
    """The rows of tables that the workflow wrote, such as one for each network or shard, one after the other.

    Args:
        paths: Their files, at least one.
        columns: Those that each must have.
        may_be_empty: Whether tables may have no rows.

    Raises:
        InputError: Where one is missing, damaged or another's.
    """
    parts = [read_table(path, columns, may_be_empty) for path in paths]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def write_csv(path: Path | str, table: pd.DataFrame) -> None:
    """Write a table as CSV without its index, whole or not at all; numbers read back the same."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
