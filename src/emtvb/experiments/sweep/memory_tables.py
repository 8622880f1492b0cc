"""What memories of all networks are, in two tables: every network's own, and how often its multiplier tells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from emtvb.core.intervals import clustered_share
from emtvb.theory.memory_columns import REMEMBERED, TRAINED, lasting
from emtvb.theory.verdict import ACCURATE

ABOUT = ["task", "hidden_dim", "l2", "threshold", "seed", "test_accuracy"]
ALL = "all"
"""The task of rows that are over all networks."""
LASTS = lasting(3000)
LAW = [
    "experiment", "solves", "task", "networks", "seeds", "below", "below_lasting", "above", "above_lasting",
    "told", "share", "low", "high", "guess",
]  # fmt: skip


def trained(rows: pd.DataFrame) -> pd.DataFrame:
    """The trained networks' own rows, ``run_id`` and ``REMEMBERED``, as claims read them."""
    return rows.loc[rows["network"] == TRAINED, ["run_id", *REMEMBERED]].reset_index(drop=True)


def network_table(runs: pd.DataFrame, measured: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """All rows with what their networks are.

    Args:
        runs: The run table.
        measured: ``measurements.csv``.
        rows: ``measurements/memory/<shard>.csv`` of all shards, and ``measurements/circuits.csv``.

    Returns:
        Columns ``run_id``, ``network``, :data:`ABOUT` and ``REMEMBERED``; of a network by hand, ``task`` alone.
    """
    known = runs.merge(measured[["run_id", "test_accuracy"]], on="run_id", validate="one_to_one")
    table = rows.merge(known[["run_id", *ABOUT]], on="run_id", how="left")
    by_hand = table["task"].isna()
    table.loc[by_hand, "task"] = table.loc[by_hand, "run_id"].astype(str).str.replace(r"^[a-z]+-", "", regex=True)
    return table[["run_id", "network", *ABOUT, *REMEMBERED]].astype({"hidden_dim": "Int64", "seed": "Int64"})


def law(experiments: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How often a multiplier tells whether a memory lasts: below 1, and accuracy is 0.99 after 3,000 steps; or neither.

    Args:
        experiments: By name, the rows of its trained networks by :func:`network_table`.

    Returns:
        Columns :data:`LAW`. Of so many ``networks`` that solve their task, or nearly do (from 0.95 on), ``below`` have
        a multiplier below 1, of which ``below_lasting`` last, and ``above`` have not, of which ``above_lasting`` last.
        It is ``told`` right for those that are both or neither, a ``share`` with a 95% interval ``low`` to ``high`` in
        which seeds are clusters; ``guess`` is the share that is right without it, if the commoner is always said. Rows
        over all tasks have the task ``all``.
    """
    rows = []
    for name, table in experiments.items():
        own = table[table["network"] == TRAINED]
        for solves, some in own.groupby(own["test_accuracy"] >= ACCURATE, sort=False):
            for task, part in [(ALL, some), *some.groupby("task", sort=False)]:
                rows.append({"experiment": name, "solves": bool(solves), "task": task, **_told(part)})
    return pd.DataFrame(rows, columns=LAW)


def _told(networks: pd.DataFrame) -> dict[str, object]:
    below, lasts = (networks["cycle_multiplier"] < 1).to_numpy(), (networks[LASTS] >= ACCURATE).to_numpy()
    told, seeds = below == lasts, networks["seed"].to_numpy()
    low, high = clustered_share(told, seeds)
    return {
        "networks": len(told), "seeds": len(np.unique(seeds)), "below": int(below.sum()),
        "below_lasting": int((below & lasts).sum()), "above": int((~below).sum()),
        "above_lasting": int((~below & lasts).sum()), "told": int(told.sum()), "share": round(float(told.mean()), 4),
        "low": round(float(low), 4), "high": round(float(high), 4),
        "guess": round(float(max(lasts.mean(), 1 - lasts.mean())), 4),
    }  # fmt: skip
