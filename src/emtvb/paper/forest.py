"""Table 1 as rows of one table: our seeds, their mean with its interval, what is printed, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from emtvb.paper import error_rates, significance, table1
from emtvb.paper.significance import ClaimVerdict, Judgement

MEASURES = ("accuracy", "spectral_error")
SEED, OURS, PRINTED = KINDS = ("seed", "ours", "printed")
"""Kinds of rows."""
UNJUDGED = "not judged"
"""The verdict where an experiment lacks the runs on which a published cell rests."""


def forest_rows(measured: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """A row per number that a forest plot of Table 1 shows.

    Seeds are those on which the published cell rests (``table1.as_published``: without the runs that the paper's script
    skipped); where an experiment has not all of a seed's runs, they are what it has, and are not judged. An experiment
    without any published cell gives its own cells.

    Args:
        measured: Run table and measurements together, as ``tables.combine`` gives them; rounding twins among them.
        rates: How often the rule errs, as :func:`cell_error_rates` gives it.

    Returns:
        Columns ``task``, ``hidden_dim``, ``l2``; ``measure`` (accuracy or spectral_error); ``kind``: seed (a seed's
        best over the thresholds), ours (their mean; the interval is evidence's 95% prediction of what 20 such seeds
        would print) or printed (the interval is the margin within which a value counts as the same); ``seed``;
        ``value`` (NaN: there is no error); ``low`` and ``high``; ``with_value`` of ``seeds`` have one; ``verdict``:
        consistent, inconsistent, not determined, or not judged; and the rates, which only cells with all the paper's 20
        seeds have: ``false_inconsistent``, ``false_consistent``, ``power``, ``seen``, in so many tables (``sweeps``).
        Of rows that have no such thing it is empty. Cells in the order of the paper's table.
    """
    own = table1.paper_runs(table1.without_twins(measured))
    published = table1.published_table1().set_index(table1.CELL)
    judged = table1.judge_cells(measured) if len(own) else {}
    exact = table1.best_by_seed(table1.as_published(measured))
    every = table1.best_by_seed(own if len(own) else table1.without_twins(measured))
    there = list(dict.fromkeys(_cells(every)))
    cells = ([cell for cell in published.index if cell in there] if len(own) else []) or there
    by_number = {
        tuple(key): dict(zip(_SHOWN, map(float, row), strict=True))
        for key, row in zip(rates[[*table1.CELL, "measure"]].to_numpy(), rates[_SHOWN].to_numpy(), strict=True)
    }
    entries: list[dict[str, object]] = []
    for cell in cells:
        whole = cell in _cells(exact)
        seeds = _ascending_seeds(exact if whole else every, cell)
        for measure, judgement in zip(MEASURES, judged.get(cell, (None, None))[::-1], strict=True):
            printed = published[measure].get(cell) if len(own) else None
            judgement = judgement if whole else None
            entries += _number_rows(
                cell, measure, seeds[measure], printed, judgement, by_number.get((*cell, measure), {})
            )
    counts = dict.fromkeys(("seed", "with_value", "seeds", "sweeps"), "Int64")
    return pd.DataFrame(entries, columns=COLUMNS).astype(counts)


RATES = ["false_inconsistent", "false_consistent", "power", "seen"]
COLUMNS = [*table1.CELL, "measure", "kind", "seed", "value", "low", "high", "with_value", "seeds", "verdict",
           *RATES, "sweeps"]  # fmt: skip
_SHOWN = [*RATES, "sweeps"]


def cell_error_rates(measured: pd.DataFrame, tables: tuple[int, int] = error_rates.TABLES) -> pd.DataFrame:
    """How often the rule errs in each published cell, where the cell's seeds are the population.

    Args:
        measured: As :func:`forest_rows` takes it.
        tables: From how many bootstrapped tables: the fewest, and the most.

    Returns:
        What ``error_rates.bootstrap_rates`` gives; without rows where a cell lacks one of the paper's 20 seeds.
    """
    values = table1.cell_values(measured) if len(table1.paper_runs(table1.without_twins(measured))) else {}
    if min((len(accuracy[1].values) for _, accuracy in values.values()), default=0) < significance.PUBLISHED_SEEDS:
        return pd.DataFrame(columns=error_rates.BOOTSTRAP)
    return error_rates.bootstrap_rates(values, tables)


def _cells(by_seed: pd.DataFrame) -> list[tuple[str, int, float]]:
    return list(by_seed.reset_index()[table1.CELL].itertuples(index=False, name=None))


def _ascending_seeds(by_seed: pd.DataFrame, cell: tuple[str, int, float]) -> pd.DataFrame:
    table = by_seed.reset_index()
    return table[(table[table1.CELL] == list(cell)).all(axis=1)].set_index("seed").sort_index()


def _number_rows(
    cell: tuple[str, int, float],
    measure: str,
    seeds: pd.Series,
    printed: float | None,
    judgement: Judgement | None,
    rates: Mapping[str, float],
) -> list[dict[str, object]]:
    """The rows of one number of a cell."""
    about = dict(zip(table1.CELL, cell, strict=True)) | {"measure": measure}
    entries: list[dict[str, object]] = [
        {**about, "kind": SEED, "seed": seed, "value": value} for seed, value in seeds.items()
    ]
    verdict: ClaimVerdict | str = judgement.verdict if judgement else UNJUDGED
    low, high = (judgement.interval if judgement else None) or (np.nan, np.nan)
    entries.append(
        {**about, "kind": OURS, "value": seeds.mean(), "low": low, "high": high, "with_value": int(seeds.count()),
         "seeds": len(seeds), "verdict": verdict if printed is not None else None, **rates}
    )  # fmt: skip
    if printed is not None:
        margin = significance.ACCURACY_MARGIN
        ends = (printed - margin, printed + margin)
        if measure == "spectral_error":
            ends = (printed / significance.ERROR_MARGIN, printed * significance.ERROR_MARGIN)
        entries.append({**about, "kind": PRINTED, "value": printed, "low": ends[0], "high": ends[1]})
    return entries
