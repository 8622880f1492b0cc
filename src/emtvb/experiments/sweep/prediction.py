"""Can it be foretold from the learning curve whether a network will find the circuit?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Shaped
from scipy import special, stats

from emtvb.core.intervals import mean_interval
from emtvb.core.permutation import mean_auc
from emtvb.experiments.sweep.constants import CELL, TRAINABLE
from emtvb.experiments.sweep.logistic import logistic_regression
from emtvb.theory.network_verdict import STORED

STAGES = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Shares of the training after which it is foretold."""
_PENALTY = 1.0
"""Of the logistic regression: half the sum of squares of its coefficients, standardised, times this."""
_DIGITS = 6
"""Of a chance that count: two that agree so far are the same, whatever their last digits."""


def foretelling_scores(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """How much better than from its settings alone it is foretold whether a network becomes a circuit.

    A logistic regression is fitted on all seeds but one and judged on that one, for every seed. It knows the cell
    (task, size, penalty, threshold); and in the second case what the learning curve was like after a share of the
    training: its loss (logarithm), accuracy and horizon. Cells all or none of whose networks are circuits stay in:
    nobody knows that before.

    Args:
        runs: Settings and ``verdict``; twins are left out, and penalties with which nothing is learned.
        curves: Outlines of learning curves: run_id, step, loss, accuracy, horizon.

    Returns:
        A row per share of the training: ``brier_settings`` and ``brier_curve``, mean squared errors of the foretold
        chance; ``gain``, the share of the first that the second takes away, with its 95% interval by seeds;
        ``right_*``, how often the likelier outcome comes; ``auc_*``, how often a circuit has the higher chance than a
        network that is none. No rows with fewer than three seeds.
    """
    known = runs[(runs["twin"] == 0) & (runs["l2"] <= TRAINABLE)].reset_index(drop=True)
    became = (known["verdict"] == STORED).to_numpy()
    seeds = known["seed"].to_numpy()
    if len(np.unique(seeds)) < 3 or became.all() or not became.any():
        return pd.DataFrame(columns=_COLUMNS)
    cells = pd.get_dummies(known[CELL].astype(str).agg("|".join, axis=1)).to_numpy(float)
    before = _by_seed(cells, became, seeds)
    rows = []
    for stage in STAGES:
        features = _curve_features(known, curves, stage)
        after = _by_seed(np.hstack([cells, features, _by_task(known, features)]), became, seeds)
        rows.append({"share_of_training": stage, **_comparison_row(before, after, became, seeds)})
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "share_of_training", "networks", "seeds", "circuits", "brier_settings", "brier_curve", "gain", "gain_low",
    "gain_high", "right_settings", "right_curve", "auc_settings", "auc_curve",
]  # fmt: skip


def _curve_features(runs: pd.DataFrame, curves: pd.DataFrame, stage: float) -> Float[np.ndarray, "network feature"]:
    """What a learning curve was like at the last row of its outline before a share of its steps."""
    last = curves.groupby("run_id")["step"].transform("max")
    rows = curves[curves["step"] <= stage * last].groupby("run_id").last().loc[runs["run_id"]]
    return np.column_stack([np.log(rows["loss"].clip(lower=1e-12)), rows["accuracy"], np.log(rows["horizon"])])


def _by_task(runs: pd.DataFrame, features: np.ndarray) -> Float[np.ndarray, "network feature"]:
    """The features apart for each task: curves of two tasks mean different things."""
    tasks = pd.get_dummies(runs["task"]).to_numpy(float)
    return np.hstack([features * task[:, None] for task in tasks.T])


def _by_seed(
    features: Float[np.ndarray, "network feature"], became: Bool[np.ndarray, " network"],
    seeds: Shaped[np.ndarray, " network"],
) -> Float[np.ndarray, " network"]:  # fmt: skip
    """The chance of each network by a regression that knows nothing of its seed."""
    chance = np.empty(len(became))
    for seed in np.unique(seeds):
        out = seeds == seed
        mean, spread = features[~out].mean(axis=0), features[~out].std(axis=0)
        scaled = (features - mean) / np.where(spread > 0, spread, 1)
        intercept, weights = logistic_regression(scaled[~out], became[~out], _PENALTY)
        chance[out] = special.expit(scaled[out] @ weights + intercept)
    return chance.round(_DIGITS)


def _comparison_row(before: np.ndarray, after: np.ndarray, became: np.ndarray, seeds: np.ndarray) -> dict[str, Any]:
    """Both predictions beside what came."""
    errors = [(chance - became) ** 2 for chance in (before, after)]
    by_seed = np.array([[error[seeds == seed].mean() for error in errors] for seed in np.unique(seeds)])
    gained = by_seed[:, 0] - by_seed[:, 1]
    scale = by_seed[:, 0].mean()
    low, high = mean_interval(gained, bounds=(-np.inf, scale))  # no forecast can gain more than all
    row: dict[str, Any] = {"networks": len(became), "seeds": len(gained), "circuits": int(became.sum())}
    row |= {"gain": gained.mean() / scale, "gain_low": low / scale, "gain_high": high / scale}
    for name, chance, error in (("settings", before, errors[0]), ("curve", after, errors[1])):
        row |= {f"brier_{name}": error.mean(), f"right_{name}": ((chance >= 0.5) == became).mean()}
        ranks = stats.rankdata(chance)  # of which equal chances alone are ties
        row[f"auc_{name}"] = mean_auc(ranks[None, :, None], became[None, :, None].astype(np.float64))
    return row
