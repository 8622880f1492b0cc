"""What all networks say of two claims of others: parts of W_hh removed, and how far back gradients reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from emtvb import tables
from emtvb.core.intervals import FEWEST, bootstrap_counts, central_interval, median_interval
from emtvb.experiments.sweep.constants import ALL, CELL, OUTPUT, THROUGHOUT
from emtvb.theory.literature_columns import ABLATIONS, LAGS, WHEN, ablation_column, gradient_column
from emtvb.theory.network_verdict import AT_CHANCE

GROUP = CELL[:-1]
_SEED = 2606_18457

ABLATED = [*GROUP, "basis", "removed", "when", "networks", "seeds", "mean", "low", "high", "solved", "at_chance"]
REACHED = [
    "task",
    "l2",
    "when",
    "solves",
    "lag",
    "networks",
    "seeds",
    "median",
    "low",
    "high",
    "quarter",
    "three_quarters",
    "power",
    "power_low",
    "power_high",
]


def ablation_table(measured: pd.DataFrame, ablated: pd.DataFrame) -> pd.DataFrame:
    """How accurate networks are after each ablation, by task, size and penalty, and over all.

    Args:
        measured: ``measurements.csv``.
        ablated: ``measurements/ablations.csv``: the networks that solve their task.

    Returns:
        Columns :data:`ABLATED`. ``basis`` and ``removed`` say what was removed (``nothing`` in the basis ``none``, else
        parts, ``rest and entering``), ``when`` whether throughout or in the output phase alone. The ``mean`` accuracy
        has a 95% interval ``low`` to ``high``, from bootstraps of seeds (empty below three seeds); ``solved`` networks
        still solve their task, ``at_chance`` are below 0.55. No rows without networks. Rows over all have the task
        ``all`` and no size.
    """
    together = measured[["run_id", *tables.SETTINGS, "measured_solved"]].merge(ablated, on="run_id")
    rows = [
        {
            **about,
            **removal,
            **_mean_and_interval(of[name].to_numpy(float), of["seed"].to_numpy(), of["measured_solved"].to_numpy()),
        }
        for about, of in _cells_and_all(together)
        for name, removal in _accuracy_columns()
    ]
    return pd.DataFrame(rows, columns=ABLATED).astype({"hidden_dim": "Int64"})


def gradient_table(measured: pd.DataFrame, followed: pd.DataFrame) -> pd.DataFrame:
    """How large gradients are at each lag before and after training, by task, penalty, and whether a task is solved.

    Args:
        measured: ``measurements.csv``.
        followed: ``measurements/gradients.csv``.

    Returns:
        Columns :data:`REACHED`: at every ``lag`` the ``median`` norm (as a share of that at lag 0) of ``networks``, its
        95% interval ``low`` to ``high`` (order statistics of the seeds' own medians; empty below six seeds), and the
        quartiles; ``power``, ``power_low`` and ``power_high`` are the median and its interval as powers of ten.
        ``when`` is ``initial`` or ``trained``; ``solves`` says whether these networks solve their task after training.
    """
    together = measured[["run_id", *tables.SETTINGS, "solved"]].merge(followed, on="run_id")
    together["solves"] = together["solved"] == 1
    rows = []
    keys = ["task", "l2", "solves"]
    parts = [(dict(zip(keys, key, strict=True)), of) for key, of in together.groupby(keys, sort=False)]
    parts += [({"task": ALL, "l2": np.nan, "solves": solves}, of) for solves, of in together.groupby("solves")]
    for about, of in parts:
        for when in WHEN:
            for lag in LAGS:
                norms = of[["seed", gradient_column(when, lag)]].dropna()
                if len(norms):
                    values, seeds = norms.iloc[:, 1].to_numpy(float), norms["seed"].to_numpy()
                    rows.append({**about, "when": when, "lag": lag, **_median_and_interval(values, seeds)})
    return pd.DataFrame(rows, columns=REACHED)


def _cells_and_all(networks: pd.DataFrame) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Networks by task, size and penalty, in the run table's order, and all of them."""
    for key, of in networks.groupby(GROUP, sort=False):
        yield dict(zip(GROUP, key, strict=True)), of
    if len(networks):
        yield {"task": ALL, "hidden_dim": None, "l2": np.nan}, networks


def _accuracy_columns() -> Iterator[tuple[str, dict[str, str]]]:
    """Columns of accuracies, and what was removed."""
    yield "intact", {"basis": "none", "removed": "nothing", "when": THROUGHOUT}
    for held in (False, True):
        for basis, sets in ABLATIONS.items():
            for parts in sets:
                when = OUTPUT if held else THROUGHOUT
                removal = {"basis": basis, "removed": " and ".join(parts), "when": when}
                yield ablation_column(basis, parts, held), removal


def _mean_and_interval(
    values: Float[np.ndarray, " network"], seeds: Shaped[np.ndarray, " network"], bars: Float[np.ndarray, " network"]
) -> dict[str, Any]:
    """The mean and its interval, seeds being clusters that are drawn anew."""
    _, cluster = np.unique(seeds, return_inverse=True)
    count = np.bincount(cluster)
    total = np.bincount(cluster, weights=values)
    drawn = bootstrap_counts(len(count), seed=_SEED)
    means = (drawn @ total) / (drawn @ count)
    low, high = central_interval(means) if len(count) >= FEWEST else (np.nan, np.nan)
    return {
        "networks": len(values), "seeds": len(count), "mean": _short(values.mean()), "low": _short(low),
        "high": _short(high), "solved": int((values >= bars).sum()), "at_chance": int((values < AT_CHANCE).sum()),
    }  # fmt: skip


def _median_and_interval(
    values: Float[np.ndarray, " network"], seeds: Shaped[np.ndarray, " network"]
) -> dict[str, Any]:
    """The median, the quartiles, and an interval that has the median of seeds in it, whatever their distribution."""
    by_seed = pd.Series(values).groupby(seeds).median().to_numpy()
    low, high = median_interval(by_seed)
    quarter, median, three_quarters = np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")
    return {
        "networks": len(values), "seeds": len(by_seed), "median": median, "low": low, "high": high,
        "quarter": quarter, "three_quarters": three_quarters, "power": _power(median),
        "power_low": _power(low), "power_high": _power(high),
    }  # fmt: skip


def _power(value: float) -> float:
    with np.errstate(divide="ignore"):
        return round(float(np.log10(value)), 2)


def _short(value: float) -> float:
    return round(float(value), 4)
