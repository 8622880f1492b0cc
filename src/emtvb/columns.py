"""Whether a table of measurements holds numbers where numbers have to be."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.api.types import is_numeric_dtype

from emtvb.errors import InputError

TEXT = frozenset({"run_id", "task", "task_id", "shard", "verdict", "architecture"})
"""Columns of names and words."""


def check_numbers(table: pd.DataFrame, path: Path | str) -> pd.DataFrame:
    """A table of measurements, if every column but those of names holds numbers.

    Args:
        table: As it was read.
        path: Its file, for the message.

    Raises:
        InputError: Where a cell holds something else; it is named.
    """
    for column in table.columns if len(table) else ():
        if column in TEXT or is_numeric_dtype(table[column]):
            continue
        numbers = pd.to_numeric(table[column], errors="coerce")
        wrong = table.index[numbers.isna() & table[column].notna()]
        row = wrong[0] if len(wrong) else table.index[0]
        run_id = table.loc[row, "run_id"] if "run_id" in table else f"row {row}"
        raise InputError(
            f"table {path}",
            f"{column} of {run_id} is {str(table.loc[row, column])[:60]!r}",
            "not a number; put the table back as it was, or delete it and its record and run the workflow",
        )
    return table
