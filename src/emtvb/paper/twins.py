"""Rounding twins: those of an experiment itself, and those of an experiment beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from emtvb import tables

NAME = "twins"
"""An experiment beside others that holds rounding twins of their runs, and those runs."""


def twin_files(folder: Path | str) -> list[Path]:
    """Run table and measurements of the experiment :data:`NAME` beside an experiment's folder; none where it is not."""
    there = Path(folder).resolve().parent / NAME
    files = [there / "runs.csv", there / "measurements.csv"]
    return files if files[1].is_file() and there != Path(folder).resolve() else []


def measured_with_twins(runs: Path | str, measurements: Path | str, others: Sequence[Path | str] = ()) -> pd.DataFrame:
    """Run table and measurements of an experiment together, and below them those of twins beside it.

    Args:
        runs: Its run table.
        measurements: Its measurements.
        others: The same two of an experiment of twins, or nothing; runs that are in both are taken from the first.

    Raises:
        InputError: Where a file is missing or damaged.
    """
    own = _runs_with_measurements(runs, measurements)
    if not others:
        return own
    twins = _runs_with_measurements(*others)
    return pd.concat([own, twins[~twins["run_id"].isin(own["run_id"])]], ignore_index=True)


def _runs_with_measurements(runs: Path | str, measurements: Path | str) -> pd.DataFrame:
    together = tables.combine(
        tables.read_table(runs, tables.RUN_COLUMNS), tables.read_table(measurements, tables.MEASURED_COLUMNS)
    )
    # A file whose only penalty is 0 would have whole numbers, until rows of another file come below.
    return together.astype({"l2": float, "threshold": float})
