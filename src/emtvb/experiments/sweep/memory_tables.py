"""What memories of all networks are: every network's own, what tells whether one lasts, and what decides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from jaxtyping import Bool, Shaped
from scipy import stats

from emtvb import tables
from emtvb.core.intervals import clustered_share_interval
from emtvb.experiments.sweep.constants import ALL
from emtvb.experiments.sweep.memory import CLOSE, NEARLY
from emtvb.theory.memory_columns import (
    FRESH,
    FRESH_CONTENTS,
    REMEMBERED,
    TRAINED,
    lasting_column,
)

ABOUT = [*tables.SETTINGS, "test_accuracy"]
BARS = ["measured_solved", "solved"]
LASTS = lasting_column(3000, FRESH)
EARLY = 0.999
"""So much accuracy after 1,000 steps is a simpler number."""
SAYS = {
    "attracting_": "all its cycles attract",
    "wide_": "the same, return within a hundredth",
    "": "all multipliers are below 1",
    "returning_": f"all states return within {CLOSE}",
    "early_": f"an accuracy of {EARLY} after 1,000 steps",
    "task_": "a guess that knows the task",
    "original_": "all cycles of its original attract",
}
"""By the prefix of its columns, what says that a memory lasts: the law, and its controls."""
COUNTED = ("attracting", "kept", "attracting_kept", "wide", "wide_kept")
LAW = [
    "experiment", "solves", "task", "networks", "seeds", "below", "below_lasting", "above", "above_lasting",
    "told", "share", "low", "high", "guess", "attracting", "attracting_lasting",
    "wide", "wide_lasting", *(f"{by}{what}" for by in SAYS if by for what in ("networks", "told", "low", "high")),
    "original_own_told", "contents", *(f"contents_{what}" for what in COUNTED),
]  # fmt: skip
THRESHOLDS = [
    "experiment", "hidden_dim", "l2", "low", "high", "networks_low", "lasting_low", "networks_high", "lasting_high",
    "pairs", "only_low", "only_high", "seeds_low", "seeds_high", "p",
]  # fmt: skip


def trained_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The trained networks' own rows, ``run_id`` and ``REMEMBERED``, as claims read them."""
    return rows.loc[rows["network"] == TRAINED, ["run_id", *REMEMBERED]].reset_index(drop=True)


def network_table(measured: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """All rows with what their networks are.

    Args:
        measured: ``measurements.csv``.
        rows: ``measurements/memory/<shard>.csv`` of all shards, and ``measurements/circuits.csv``.

    Returns:
        Columns ``run_id``, ``network``, :data:`ABOUT`, ``REMEMBERED`` and :data:`BARS`; of a network by hand, ``task``
        and ``REMEMBERED``.
    """
    table = rows.merge(measured[["run_id", *ABOUT, *BARS]], on="run_id", how="left")
    for row in table.index[table["task"].isna()]:
        table.loc[row, "task"] = str(table.loc[row, "run_id"]).removeprefix(f"{table.loc[row, 'network']}-")
    whole = dict.fromkeys(("hidden_dim", "seed", "solved"), "Int64")
    return table[["run_id", "network", *ABOUT, *REMEMBERED, *BARS]].astype(whole)


def unseen_snapshots(snapshots: pd.DataFrame, seen: Collection[str]) -> pd.DataFrame:
    """Networks in the middle of their training that solve their task, or nearly, as rows of :func:`network_table`.

    Args:
        snapshots: ``tables/following.csv``.
        seen: Digests of weights that are counted elsewhere, such as those at the end of a training.
    """
    solved = snapshots["test_accuracy"] >= snapshots["measured_solved"]
    new = (solved | (snapshots["test_accuracy"] >= NEARLY)) & ~snapshots["weights_sha256"].isin(seen)
    return snapshots.assign(network=TRAINED, solved=solved.astype(int))[new].drop_duplicates("weights_sha256")


def duration_law(experiments: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How often it is told right whether a memory lasts: accuracy on fresh contents still solves after 3,000 steps.

    Args:
        experiments: By name, the rows of its trained networks by :func:`network_table`. Those of the first are the
            originals of twins.

    Returns:
        Columns :data:`LAW`. Of so many ``networks`` that solve their task, or nearly do (from 0.95 on), ``attracting``
        have cycles that attract for all fresh contents, of which ``attracting_lasting`` last; ``below`` have
        multipliers below 1 for all, of which ``below_lasting`` last, and ``above`` have not. By each prefix of
        :data:`SAYS` so many of ``<by>_networks`` are ``<by>_told`` right, as a share from ``<by>_low`` to
        ``<by>_high`` (95%, seeds are clusters); those without a prefix are of the multipliers alone. ``guess`` is the
        share that is right if the commoner is always said. Of twins whose original solves its task, their own cycles
        tell ``original_own_told``. Of all fresh ``contents``, so many attract, are kept, and both
        (``wide``: by the wider bar). Rows over all tasks
        have the task ``all``.
    """
    rows = []
    first = next(iter(experiments.values()))
    originals = first[(first["network"] == TRAINED) & (first["solved"] == 1)].set_index("run_id")
    for name, table in experiments.items():
        own = table[table["network"] == TRAINED].reset_index(drop=True)
        for solves, some in own.groupby(own["solved"] == 1, sort=False):
            for task, part in [(ALL, some), *some.groupby("task", sort=False)]:
                rows.append(
                    {"experiment": name, "solves": bool(solves), "task": task, **_told_columns(part, originals)}
                )
    return pd.DataFrame(rows, columns=LAW)


def _told_columns(networks: pd.DataFrame, originals: pd.DataFrame) -> dict[str, object]:
    lasts, below = _lasts(networks).to_numpy(), (networks["fresh_multiplier"] < 1).to_numpy()
    attracting, seeds = _attracts(networks), networks["seed"].to_numpy()
    every = np.ones(len(lasts), bool)
    names = networks["run_id"].str.replace(r"_twin\d+", "", regex=True)
    twins = (names.isin(originals.index) & (names != networks["run_id"])).to_numpy()
    says = {
        "attracting_": (attracting, every),
        "wide_": ((networks["fresh_wide"] == FRESH_CONTENTS).to_numpy(), every),
        "": (below, every),
        "returning_": ((networks["fresh_return"] < CLOSE).to_numpy(), every),
        "early_": ((networks[lasting_column(1000, FRESH)] >= EARLY).to_numpy(), every),
        "task_": (pd.Series(lasts).groupby(networks["task"].to_numpy()).transform("mean").to_numpy() >= 0.5, every),
        "original_": (_attracts(originals.reindex(names)), twins),
    }
    return _told(says, lasts, seeds) | {
        "seeds": len(np.unique(seeds)), "below": int(below.sum()), "below_lasting": int((below & lasts).sum()),
        "above": int((~below).sum()), "above_lasting": int((~below & lasts).sum()),
        "share": round(float((below == lasts).mean()), 4),
        "guess": round(float(max(lasts.mean(), 1 - lasts.mean())), 4),
        "attracting": int(attracting.sum()), "attracting_lasting": int((attracting & lasts).sum()),
        "wide": int(says["wide_"][0].sum()), "wide_lasting": int((says["wide_"][0] & lasts).sum()),
        "original_own_told": int((attracting == lasts)[twins].sum()), "contents": FRESH_CONTENTS * len(lasts),
        **{f"contents_{what}": int(networks[f"fresh_{what}"].sum()) for what in COUNTED},
    }  # fmt: skip


def _told(
    says: Mapping[str, tuple[Bool[np.ndarray, " network"], Bool[np.ndarray, " network"]]],
    lasts: Bool[np.ndarray, " network"],
    seeds: Shaped[np.ndarray, " network"],
) -> dict[str, object]:
    """How many networks are told right by what is said of them, and of which ones it is said; by prefix."""
    row: dict[str, object] = {}
    for by, (said, of) in says.items():
        right = (said == lasts)[of]
        low, high = clustered_share_interval(right, seeds[of]) if len(right) else (float("nan"), float("nan"))
        row |= {
            f"{by}networks": len(right),
            f"{by}told": int(right.sum()),
            f"{by}low": round(low, 4),
            f"{by}high": round(high, 4),
        }
    return row


def _lasts(networks: pd.DataFrame) -> pd.Series:
    """Of which networks the memory lasts: after 3,000 steps they have the accuracy of one that solves its task."""
    return networks[LASTS] >= networks["measured_solved"]


def _attracts(networks: pd.DataFrame) -> Bool[np.ndarray, " network"]:
    """Of which networks the cycles of all fresh contents attract."""
    return (networks["fresh_attracting"] == FRESH_CONTENTS).to_numpy()


def threshold_pairs(experiments: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Whether memories last by the threshold of the curriculum, paired by task and seed.

    Args:
        experiments: As for :func:`duration_law`.

    Returns:
        Columns :data:`THRESHOLDS`, a row for each size and penalty of an experiment with two thresholds, over the
        networks that solve a task some of whose networks last. Of ``pairs`` that differ in the threshold alone,
        ``only_low`` last at the low one alone, ``only_high`` at the high one alone; so many seeds have more of the one
        or of the other, and ``p`` is that of the sign test on these seeds.
    """
    rows = []
    for name, table in experiments.items():
        solved = table[(table["network"] == TRAINED) & (table["solved"] == 1)]
        solved = solved.assign(lasts=_lasts(solved).astype(float))
        solved = solved[solved.groupby("task")["lasts"].transform("max") > 0]
        for (size, l2), cell in solved.groupby(["hidden_dim", "l2"]):
            by = cell.groupby("threshold")["lasts"].agg(["size", "sum"]).astype(int)
            if len(by) != 2:
                continue
            low, high = by.index
            pairs = cell.pivot_table(index=["task", "seed"], columns="threshold", values="lasts").dropna()
            more = pairs[high] - pairs[low]
            of_seeds = np.sign(more.groupby("seed").sum())
            counts = [int((of_seeds == sign).sum()) for sign in (-1, 1)]
            p = float(stats.binomtest(counts[1], sum(counts)).pvalue) if sum(counts) else 1.0
            cells = (low, high, *by.loc[low], *by.loc[high], len(pairs), int((more < 0).sum()), int((more > 0).sum()))
            rows.append((name, size, l2, *cells, *counts, float(f"{p:.2g}")))
    return pd.DataFrame(rows, columns=THRESHOLDS)
