"""What networks that were trained on streams have in common, by stream and size: means with their 95% intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emtvb.core.intervals import mean_interval

CELL = ["stream", "epochs", "hidden_dim"]
"""What networks have in common whose mean is taken: the stream, the epochs of training, and the size."""
_NOT_MEASURED = {*CELL, "run_id", "task", "task_id", "shortest", "longest", "l2", "seed", "shard"}


def by_size(rows: pd.DataFrame) -> pd.DataFrame:
    """The mean over networks of everything that is measured, by stream, epochs and size, in long form.

    Args:
        rows: The experiment's ``measurements.csv``.

    Returns:
        Columns stream, epochs, hidden_dim, networks, measure, mean, low, high: the 95% interval of the mean over the
        networks, which are the cell's seeds (``intervals.mean_interval``: none of one or two). Networks without a value
        are left out.
    """
    measures = [name for name in rows.columns if name not in _NOT_MEASURED]
    means = []
    for cell, part in rows.groupby(CELL, sort=False):
        for measure in measures:
            values = part[measure].dropna().to_numpy(dtype=float)
            means.append((*cell, len(values), measure, *_mean_and_interval(values)))
    return pd.DataFrame(means, columns=[*CELL, "networks", "measure", "mean", "low", "high"])


def by_length(rows: pd.DataFrame) -> pd.DataFrame:
    """The share of outputs that are right, by the same and the length of the episode; columns as :func:`by_size`."""
    means = []
    lengths = sorted(int(name.removeprefix("recall_")) for name in rows.columns if name.startswith("recall_"))
    for cell, part in rows.groupby(CELL, sort=False):
        for length in lengths:
            values = part[f"recall_{length}"].dropna().to_numpy(dtype=float)
            if len(values):
                means.append((*cell, length, len(values), *_mean_and_interval(values)))
    return pd.DataFrame(means, columns=[*CELL, "length", "networks", "mean", "low", "high"])


def mean_look(looks: pd.DataFrame, runs: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The mean over the networks of each stream, epochs and size of a long table, by its keys.

    Args:
        looks: Columns run_id, the keys, and numbers.
        runs: The run table.
        keys: What a row is of.
    """
    joined = looks.merge(runs[["run_id", *CELL]], on="run_id", validate="many_to_one")
    numbers = [name for name in looks.columns if name not in ("run_id", *keys)]
    means = joined.groupby([*CELL, *keys], sort=False)[numbers].mean().reset_index()
    return means.round(dict.fromkeys(numbers, 6))


def _mean_and_interval(values: np.ndarray) -> tuple[float, float, float]:
    """A mean and its interval; NaN of nothing."""
    return (float(values.mean()) if len(values) else float("nan"), *mean_interval(values))
