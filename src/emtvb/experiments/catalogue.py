"""What networks there are: all runs on disk, what was measured of them, and whether they can be opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from emtvb import tables
from emtvb.errors import InputError
from emtvb.experiments import kinds
from emtvb.experiments.results import runs_in

SETTINGS = ("task", "hidden_dim", "l2", "threshold", "seed", "twin", "architecture")
MEASURED = (
    "verdict", "test_accuracy", "phi_eigenvalues", "network_eigenvalues", "data_worst_decoding_accuracy",
    "data_edit_success", "solved",
)  # fmt: skip
COLUMNS = ("run_id", "experiment", *SETTINGS, *MEASURED, "weights")
"""``weights``: whether those of the network lie here, so that ``emtvb interpret`` and ``edit`` open it."""

RNN = "rnn"
"""The architecture of the paper's network."""

_OF_ARCHITECTURES = {
    "origin_eigenvalues": "network_eigenvalues",
    "worst_decoding_accuracy": "data_worst_decoding_accuracy",
    "edit_success": "data_edit_success",
}
"""What measurements of other architectures are called here."""


def network_catalogue(folders: Iterable[Path], leave_out: Callable[[InputError], None] | None = None) -> pd.DataFrame:
    """The networks of these experiments' folders, a row each: :data:`COLUMNS`; what was not measured is NaN.

    Args:
        folders: The folders.
        leave_out: Told why a folder is left out; by default none is.

    Raises:
        InputError: Where a folder is no experiment's, or a table in it is damaged, and none may be left out.
    """
    parts = []
    for folder in folders:
        try:
            parts.append(_of_experiment(folder))
        except InputError as error:
            if leave_out is None:
                raise
            leave_out(error)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def choose_networks(
    table: pd.DataFrame,
    wanted: Mapping[str, Sequence[Any]],
    verdict: str | None = None,
    solved: bool | None = None,
    weights: bool = False,
) -> pd.DataFrame:
    """The networks that are asked for.

    Args:
        table: Of :func:`network_catalogue`.
        wanted: By column of :data:`SETTINGS`, its values; no values, no condition.
        verdict: A part of their verdict's words.
        solved: Whether they solve their task, by the bar of their config.
        weights: Only those that can be opened here.

    Raises:
        InputError: Where no network has a value that is asked for.
    """
    chosen = pd.Series(True, index=table.index)
    for column, values in wanted.items():
        for value in values:
            if not (table[column] == value).any():
                there = ", ".join(str(x) for x in sorted(table[column].dropna().unique()))
                raise InputError(
                    f"--{column.removesuffix('_dim')}", value, f"no network has it; there are {there or 'none'}"
                )
        if values:
            chosen &= table[column].isin(list(values))
    if verdict is not None:
        has_verdict = table["verdict"].fillna("").str.contains(verdict, case=False, regex=False)
        if not has_verdict.any():
            there = ", ".join(sorted(table["verdict"].dropna().unique()))
            raise InputError("--verdict", verdict, f"no network's has these words; there are {there or 'none'}")
        chosen &= has_verdict
    if solved is not None:
        chosen &= table["solved"] == solved
    if weights:
        chosen &= table["weights"].astype(bool)
    return table[chosen]


def _of_experiment(folder: Path) -> pd.DataFrame:
    """Settings of an experiment's runs, and what was measured of them."""
    runs = runs_in(folder)
    kind = kinds.kind_of(kinds.load_experiment(folder / "settings.json"))
    rows = [
        {
            "run_id": run_id,
            "experiment": folder.name,
            "task": network.run.task.name,
            "hidden_dim": network.run.hidden_dim,
            "l2": network.run.l2,
            "threshold": getattr(network.run, "threshold", None),
            "seed": network.run.seed,
            "twin": getattr(network.run, "twin", 0),
            "architecture": network.architecture or RNN,
            "weights": network.is_here,
        }
        for run_id, network in runs.items()
    ]
    measured = [
        tables.read_table(path, ("run_id",)).rename(columns=names)
        for path, names in (
            (folder / "measurements.csv", kind.columns),
            (folder / "architectures" / "measurements.csv", _OF_ARCHITECTURES),
        )
        if path.is_file()
    ]
    table = pd.DataFrame(rows).drop_duplicates("run_id")
    if measured:
        table = table.merge(
            pd.concat(measured).reindex(columns=["run_id", *MEASURED]).drop_duplicates("run_id"),
            on="run_id", how="left",
        )  # fmt: skip
    return table.reindex(columns=list(COLUMNS))
