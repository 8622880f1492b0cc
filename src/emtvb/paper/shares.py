"""For how many networks each statement holds, by task, size and penalty: as a table, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Shaped

from emtvb import markdown
from emtvb.core.intervals import clustered_share_interval
from emtvb.paper import significance, table1
from emtvb.paper.claims import Claims, Condition, Statement, claims_by_bar_of, where_all_hold

SHOWN = {
    "basis-repeat-copy": "W_hh is Phi in the paper's basis",
    "basis-composition": "W_hh is Phi in the paper's basis",
    "phi-in-the-right-basis": "W_hh is Phi in the realised basis",
    "spectrum-arguments": "the spectrum has Phi's angles",
    "coverage": "the published error exists",
    "same-circuit": "stores linearly, obeys edits through the basis by data",
    "memories-cause": "obeys half of all edits along the paper's directions",
}
"""Statements that together are about all networks that solve their task, and what a column or a panel calls them."""
TITLES = tuple(dict.fromkeys(SHOWN.values()))
"""What is shown, in order."""


class GroupShare(NamedTuple):
    """For how many networks of a task, size and penalty a statement holds: columns of :func:`statement_shares`."""

    task: str
    hidden_dim: int
    l2: float
    holds: int
    networks: int
    seeds: int
    share: float
    low: float
    high: float
    tendency: significance.Answer
    universality: significance.Answer


def statement_shares(measured: pd.DataFrame, claims: Claims | None = None) -> pd.DataFrame:
    """For how many networks each statement holds, by task, size and penalty.

    Args:
        measured: Run table and measurements together, as ``tables.combine`` gives them.
        claims: Of :func:`emtvb.paper.claims.load_claims`; by default with the bar of solving a task by which these
            were measured.

    Returns:
        A row per statement or check and group of networks: ``name``, ``group``, ``short``, ``task``, ``hidden_dim``,
        ``l2``; it ``holds`` for so many of its ``networks`` of ``seeds`` seeds, a ``share`` with its 95% interval
        ``low`` to ``high``, and of this group alone ``tendency`` and ``universality``. Statements whose columns are
        missing have no rows.
    """
    own = table1.paper_runs(measured)
    rows: list[tuple[object, ...]] = []
    for claim in (claims or claims_by_bar_of(measured)).statements:
        networks = own[own["task"].isin(claim.tasks)]
        if not claim.missing_columns(networks):
            rows += [(claim.name, claim.group, claim.short, *row) for row in group_shares(claim, networks)]
    return pd.DataFrame(rows, columns=["name", "group", "short", *GroupShare._fields])


def shares_as_markdown(shares: pd.DataFrame) -> str:
    """What :func:`statement_shares` gives of the statements in :data:`SHOWN`, a row per task, size and penalty."""
    rows = []
    known = shares[shares["name"].isin(SHOWN)]
    for (task, size, l2), of in known.groupby(table1.CELL):
        by_title = of.set_index(of["name"].map(SHOWN))
        cells = [
            f"{row.holds}/{row.networks} ({row.low:.0%} to {row.high:.0%})" if row is not None else ""
            for row in (by_title.loc[title] if title in by_title.index else None for title in TITLES)
        ]
        rows.append((task, size, f"{l2:g}", *cells))
    return markdown.table(["task", "neurons", "L2", *TITLES], rows, "lrr" + "r" * len(TITLES))


def group_shares(claim: Statement, networks: pd.DataFrame) -> Iterable[GroupShare]:
    """For how many of the networks that a statement speaks of it holds, by task, size and penalty.

    Args:
        claim: The statement.
        networks: Those on its tasks, with the columns that it needs.
    """
    of = networks[where_all_hold(claim.over, networks)]
    for key, group in of.groupby(table1.CELL):
        holds, seeds = holds_and_seeds(claim.holds, group)
        low, high = clustered_share_interval(holds, seeds)
        answers = significance.answer_by_group([(holds, seeds)])
        counts = int(holds.sum()), len(holds), len(np.unique(seeds))
        yield GroupShare._make((*key, *counts, float(holds.mean()), low, high, *answers))


def holds_and_seeds(
    conditions: Iterable[Condition], networks: pd.DataFrame
) -> tuple[Bool[np.ndarray, " network"], Shaped[np.ndarray, " network"]]:
    """For which networks all conditions are true, and the networks' seeds."""
    return where_all_hold(conditions, networks).to_numpy(bool), networks["seed"].to_numpy()
