"""What networks that were trained on streams have in common, by stream and size: means with their 95% intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from emtvb import markdown
from emtvb.core.intervals import mean_interval

CELL = ["stream", "epochs", "hidden_dim"]
"""What networks have in common whose mean is taken: the stream, the epochs of training, and the size."""
SHOWN = {
    "echo": "inputs repeated at once",
    "recall": "outputs right",
    "blind_accuracy": "outputs right, if n is not known",
    "blind_explained": "outputs explained by a weighted sum over all n",
    "blind_length": "n read from the state",
    "untrained_blind_length": "the same, untrained",
    "at_marker": "vectors read at the marker",
    "untrained_at_marker": "the same, untrained",
    "gone_3": "read 3 inputs into the next episode",
    "untrained_gone_3": "the same, untrained",
    "gone_all": "read at the end of the next episode",
    "untrained_gone_all": "the same, untrained",
    "input_age": "inputs read, one decoder for each age",
    "untrained_input_age": "the same, untrained",
    "input_position": "inputs read, one decoder for each position",
    "untrained_input_position": "the same, untrained",
    "output_age": "outputs read, one decoder for each age",
    "untrained_output_age": "the same, untrained",
    "output_position": "outputs read, one decoder for each position",
    "untrained_output_position": "the same, untrained",
    "edit_across_followed": "edits before the marker followed",
    "edit_across_kept": "other outputs kept",
    "edit_across_control": "followed after a random step",
    "edit_gone_followed": "outputs changed by an edit of the previous episode",
}
"""Measures in the page's table, and what it calls them."""
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


def as_markdown(table: pd.DataFrame) -> str:
    """A row per measure of :data:`SHOWN`, a column per stream, epochs and size: means with their intervals.

    Of a stream with many sizes the smallest, one in the middle and the two largest stand there.

    Args:
        table: Of :func:`by_size`.
    """
    cells: list[tuple[str, int, int]] = []
    for stream, epochs in table[CELL[:2]].drop_duplicates().itertuples(index=False, name=None):
        sizes = sorted(table.loc[(table["stream"] == stream) & (table["epochs"] == epochs), "hidden_dim"].unique())
        some = dict.fromkeys((sizes[0], sizes[len(sizes) // 2 - 1], *sizes[-2:])) if len(sizes) > 3 else sizes
        cells += [(str(stream), int(epochs), int(size)) for size in some]
    records = {tuple(row[key] for key in (*CELL, "measure")): row for row in table.to_dict("records")}
    heads = [f"{stream}, {size} neurons, {epochs} epochs" for stream, epochs, size in cells]
    networks = ("networks", *(records[*cell, "recall"]["networks"] for cell in cells))
    means = [(name, *(_in_words(records[*cell, measure]) for cell in cells)) for measure, name in SHOWN.items()]
    return markdown.table(["", *heads], [networks, *means], "l" + "r" * len(heads))


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


def _in_words(row: Mapping[Any, Any]) -> str:
    """A mean with its interval, as far as there are any."""
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:.3f} to {row['high']:.3f})"
    return "" if pd.isna(row["mean"]) else f"{row['mean']:.3f}{interval}"


def _mean_and_interval(values: np.ndarray) -> tuple[float, float, float]:
    """A mean and its interval; NaN of nothing."""
    return (float(values.mean()) if len(values) else float("nan"), *mean_interval(values))
