"""How often each kind of solution is found, and what another threshold or another rounding makes of the same run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emtvb.core.intervals import clopper_pearson
from emtvb.paper import table1

CELL = ["task", "hidden_dim", "l2", "threshold"]
MEASURES = ("test_accuracy", "spectral_error")
KIND, THRESHOLD, TWIN = PANELS = ("kind", "threshold", "twin")
"""What a row says: how often a kind is found, or two runs that differ in their threshold, or in rounding."""
COLUMNS = ("run_id", "verdict", *MEASURES)
"""What is needed of the measurements."""


def rows(measured: pd.DataFrame) -> pd.DataFrame:
    """A row per number that the figure of solutions shows.

    Args:
        measured: Run table and measurements together, as ``tables.combine`` gives them, rounding twins among them.

    Returns:
        Columns ``panel``, ``task``, ``hidden_dim``, ``l2``, ``threshold``. Of kinds: ``verdict``, found in ``found`` of
        ``runs`` runs (twins are not counted), a share of ``value`` with its 95% interval (Clopper and Pearson's)
        ``low`` to ``high``. Of pairs: ``seed``, ``measure`` (test_accuracy or spectral_error), the first run's
        ``value``, that of the ``other`` (the higher threshold, or the twin's number) ``other_value``, NaN where a run
        has no error; and the ``verdict`` and ``other_verdict`` on both.
    """
    runs = table1.without_twins(measured)
    parts = [_kinds(runs), _thresholds(runs), _twins(measured, runs)]
    return pd.concat(parts, ignore_index=True).reindex(columns=_ALL).astype(_COUNTS)


_ALL = ["panel", *CELL, "verdict", "found", "runs", "seed", "other", "measure", "value", "low", "high", "other_value",
        "other_verdict"]  # fmt: skip
_COUNTS = {"found": "Int64", "runs": "Int64", "seed": "Int64"}


def _kinds(runs: pd.DataFrame) -> pd.DataFrame:
    """Every verdict that occurs, in every cell, those of 0 too."""
    verdicts = list(runs["verdict"].unique())
    counts = runs.groupby([*CELL, "verdict"], sort=False).size().unstack(fill_value=0)[verdicts]
    table = counts.reset_index().melt(id_vars=CELL, value_vars=verdicts, var_name="verdict", value_name="found")
    table["runs"] = [int(counts.loc[cell].sum()) for cell in table[CELL].itertuples(index=False, name=None)]
    low, high = clopper_pearson(table["found"], table["runs"] - table["found"])
    return table.assign(panel=KIND, value=table["found"] / table["runs"], low=low, high=high)


def _thresholds(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs that differ from another in nothing but a higher threshold, each beside that of the lowest."""
    lowest = runs["threshold"].min()
    keys = ["task", "hidden_dim", "l2", "seed"]
    first = runs[runs["threshold"] == lowest].set_index(keys)
    second = runs[runs["threshold"] > lowest].set_index(keys)
    second = second[second.index.isin(first.index)]
    pairs = first.loc[second.index]
    return _pairs(THRESHOLD, pairs.reset_index(), second, second["threshold"].to_numpy(float))


def _twins(measured: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Runs beside each of their rounding twins."""
    if "twin" not in measured:
        return _pairs(TWIN, runs.iloc[:0], runs.iloc[:0], np.zeros(0))
    twins = measured[measured["twin"] != 0].copy()
    twins.index = pd.Index(twins["run_id"].str.replace(r"_twin-?\d+(?=_|$)", "", regex=True))
    first = runs.set_index("run_id")
    twins = twins[twins.index.isin(first.index)]
    return _pairs(TWIN, first.loc[twins.index].reset_index(), twins, twins["twin"].to_numpy(float))


def _pairs(panel: str, first: pd.DataFrame, second: pd.DataFrame, other: np.ndarray) -> pd.DataFrame:
    about = first[[*CELL, "seed", "verdict"]].assign(
        panel=panel, other=other, other_verdict=second["verdict"].to_numpy()
    )
    return pd.concat(
        [
            about.assign(measure=measure, value=first[measure].to_numpy(), other_value=second[measure].to_numpy())
            for measure in MEASURES
        ],
        ignore_index=True,
    )
