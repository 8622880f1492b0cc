"""Which of rounding, threshold, penalty, size and seed decides what a network becomes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd

from emtvb.core.intervals import FEWEST, bootstrap_counts, central_interval
from emtvb.experiments.sweep.constants import ALL, TRAINABLE
from emtvb.theory.network_verdict import STORED

SETTINGS = ["task", "hidden_dim", "l2", "threshold", "seed", "twin"]
DIFFERS = {"rounding": "twin", "threshold": "threshold", "penalty": "l2", "size": "hidden_dim", "seed": "seed"}
"""What two networks differ in, and nothing else, by its column."""
OUTCOMES = ("circuit", "kind", "modes", "accuracy")
"""Whether both are circuits or both are not; are of one kind; have as many long-term modes; accuracies within 0.01."""

_SEED = 2310_02430


def agreement_by_factor(networks: pd.DataFrame) -> pd.DataFrame:
    """How often two networks come out alike that differ in one thing.

    Pairs that differ in the seed alone say how often two networks of one cell are alike by the cell's rates; what
    decides nothing more than a new seed does agrees as rarely. Intervals are at 95%, by drawing seeds with replacement.
    Penalties above ``TRAINABLE`` are left out, and cells of which no network solves its task.

    Args:
        networks: Settings, ``verdict``, ``kind``, ``network_eigenvalues``, ``test_accuracy`` and ``solved`` of each
            network, rounding twins among them.

    Returns:
        A row per difference and outcome, for all tasks and for each that has such pairs.
    """
    learned = _in_learnable_cells(networks)
    rows: list[dict[str, Any]] = []
    for name, column in DIFFERS.items():
        pairs = _pairs(learned, column)
        for task in (ALL, *sorted(learned["task"].unique())):
            part = pairs if task == ALL else pairs[pairs["task"] == task]
            for outcome in OUTCOMES:
                count = len(part)
                if not count and task != ALL:
                    continue
                share, low, high = _share_alike(part, outcome)
                seeds = len({*part["seed_1"], *part["seed_2"]}) if count else 0
                rows.append(
                    {"differs": name, "task": task, "outcome": outcome, "pairs": count, "seeds": seeds,
                     "alike": share, "low": low, "high": high}
                )  # fmt: skip
    return pd.DataFrame(rows)


def _in_learnable_cells(networks: pd.DataFrame) -> pd.DataFrame:
    """The networks of cells in which some network solves its task."""
    small = networks[networks["l2"] <= TRAINABLE]
    return small[small.groupby(["task", "hidden_dim", "l2"])["solved"].transform("any")]


def _pairs(networks: pd.DataFrame, column: str) -> pd.DataFrame:
    """All pairs that differ in this column alone, with how they came out; twins only where that is the column."""
    if column != "twin":
        networks = networks[networks["twin"] == 0]
    rows = []
    same = [name for name in SETTINGS if name != column]
    for _, group in networks.groupby(same):
        for one, two in itertools.combinations(group.to_dict("records"), 2):
            rows.append({
                "task": one["task"],
                "seed_1": one["seed"],
                "seed_2": two["seed"],
                "circuit": (one["verdict"] == STORED) == (two["verdict"] == STORED),
                "kind": one["kind"] == two["kind"],
                "modes": one["network_eigenvalues"] == two["network_eigenvalues"],
                "accuracy": abs(one["test_accuracy"] - two["test_accuracy"]) <= 0.01,
            })  # fmt: skip
    return pd.DataFrame(rows, columns=["task", "seed_1", "seed_2", *OUTCOMES])


def _share_alike(pairs: pd.DataFrame, outcome: str) -> tuple[float, float, float]:
    """The share of pairs that are alike, and its interval: a seed that is drawn twice counts twice."""
    seeds, numbered = np.unique(pairs[["seed_1", "seed_2"]].to_numpy(int).ravel(), return_inverse=True)
    if len(seeds) < FEWEST:
        return (float(pairs[outcome].mean()) if len(pairs) else float("nan")), float("nan"), float("nan")
    one, two = numbered.reshape(-1, 2).T
    alike = pairs[outcome].to_numpy(float)
    drawn = bootstrap_counts(len(seeds), seed=_SEED)
    weights = np.where(one == two, drawn[:, one], drawn[:, one] * drawn[:, two])
    total = weights.sum(axis=1)
    shares = (weights @ alike)[total > 0] / total[total > 0]
    return float(alike.mean()), *central_interval(shares)
