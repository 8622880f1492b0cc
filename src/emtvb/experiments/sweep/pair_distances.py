"""How far apart networks are that differ in one thing: which pairs are compared, and what came of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from emtvb.core import similarity
from emtvb.core.comparing import ALIKE
from emtvb.experiments.sweep.constants import ALL, CELL, NEAR
from emtvb.theory.network_verdict import OTHERWISE, STORED

SETTINGS = ["task", "architecture", "hidden_dim", "l2", "threshold", "seed", "twin"]
ABOUT = ["run_id", *SETTINGS]
DIFFERS = {
    "rounding": ["twin"],
    "threshold": ["threshold"],
    "penalty": ["l2"],
    "size": ["hidden_dim"],
    "seed": ["seed"],
    "architecture": ["architecture", "hidden_dim"],
    "task": ["task"],
}
"""What two networks differ in, and nothing else: the first of these columns does, and the others may."""
ITSELF, UNTRAINED, CHANCE = "itself", "untrained", "chance"
"""Controls: a network on other trials; one of the same shape that has learned nothing; a random system of its size."""
IMAGE = "no network"
"""The control without a network: states that are nothing but a linear image of what is stored
(``similarity.linear_control``). No bar rests on it. Pairs that are no nearer to each other than networks are to this
have their task in common, and need not have more."""
ORDER = [ITSELF, *DIFFERS, IMAGE, UNTRAINED, CHANCE]

REALISED = "realised step"
MEASURES = {**similarity.MEASURES, REALISED: "relative"}
"""Beside what is compared of all networks, the step in the realised basis without its gain, of networks as the paper's:
what is Phi in most of them."""
COLUMNS = ["differs", "task", "run_1", "run_2", *MEASURES]

_NEXT = 2
"""Seeds that each network is compared with: so many that come next among those of its cell."""


def solved_networks(networks: pd.DataFrame) -> pd.DataFrame:
    """The networks that solve their task.

    Args:
        networks: ``verdict`` of each, and settings. Without ``architecture`` they are the paper's, and without ``twin``
            none is a rounding twin.
    """
    solvers = networks[networks["verdict"].isin([STORED, OTHERWISE])].copy()
    for name, value in (("architecture", "rnn"), ("twin", 0)):
        if name not in solvers:
            solvers[name] = value
    return solvers


def pairs_to_compare(networks: pd.DataFrame) -> pd.DataFrame:
    """The pairs of networks to compare that differ in one thing.

    Of networks that differ in their seed, each is compared with the next two of its cell, so that each counts as often.

    Args:
        networks: ``run_id`` and :data:`SETTINGS` of each.

    Returns:
        A row per pair: differs, run_1, run_2.
    """
    rows: list[tuple[str, str, str]] = []
    for name, columns in DIFFERS.items():
        chosen = networks if name == "rounding" else networks[networks["twin"] == 0]
        same = [setting for setting in SETTINGS if setting not in columns]
        for _, group in chosen.groupby(same, sort=False):
            for one, two in (
                _neighbouring_pairs(group) if name == "seed" else itertools.combinations(group.to_dict("records"), 2)
            ):
                if one[columns[0]] != two[columns[0]]:
                    rows.append((name, one["run_id"], two["run_id"]))
    return pd.DataFrame(rows, columns=["differs", "run_1", "run_2"])


def _neighbouring_pairs(group: pd.DataFrame) -> Iterator[tuple[dict[Any, Any], dict[Any, Any]]]:
    """Each network of a cell with the next ones, the first after the last; no pair twice."""
    members = group.sort_values("seed").to_dict("records")
    seen = set()
    for i in range(len(members)):
        for step in range(1, _NEXT + 1):
            pair = frozenset((i, (i + step) % len(members)))
            if len(pair) == 2 and pair not in seen:
                seen.add(pair)
                yield members[i], members[(i + step) % len(members)]


def first_of_cells(networks: pd.DataFrame) -> pd.DataFrame:
    """Of each cell the network with the lowest seed, for which controls are made."""
    cells = [*CELL, "architecture"]
    return networks[networks["twin"] == 0].sort_values("seed", kind="stable").groupby(cells, sort=False).head(1)


def distance_summary(compared: pd.DataFrame) -> pd.DataFrame:
    """The distances by what networks differ in.

    Args:
        compared: Rows of :data:`COLUMNS`.

    Returns:
        A row per difference and measure, for all tasks and for each that has such pairs: unit, pairs, the distances'
        median, quartiles (lower, upper) and 5% and 95% quantiles (low, high); bar, below which networks are alike by
        it, and alike, the share of pairs that are (of each task by its own bar). No row where there are no pairs.
    """
    rows: list[dict[str, Any]] = []
    tasks = list(dict.fromkeys(compared["task"]))
    for measure, unit in MEASURES.items():
        bars = {task: _distance_of_likeness(compared[compared["task"] == task], measure) for task in tasks}
        below = compared[measure] < compared["task"].map(bars)
        for differs in ORDER:
            for task in (ALL, *tasks):
                chosen = (compared["differs"] == differs) & ((compared["task"] == task) | (task == ALL))
                distances = compared.loc[chosen, measure].dropna()
                if distances.empty:
                    continue
                low, lower, median, upper, high = np.quantile(distances, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist()
                rows.append(
                    {"differs": differs, "task": task, "measure": measure, "unit": unit, "pairs": len(distances),
                     "median": median, "low": low, "lower": lower, "upper": upper, "high": high,
                     "bar": bars.get(task, float("nan")), "alike": float(below[distances.index].mean())}
                )  # fmt: skip
    names = ["differs", "task", "measure", "unit", "pairs", "median", "low", "lower", "upper", "high", "bar", "alike"]
    return pd.DataFrame(rows, columns=names).round(6)


def _distance_of_likeness(compared: pd.DataFrame, measure: str) -> float:
    """Of a task, the distance below which networks are alike; NaN where there are no controls.

    Of the realised step it is that by which W_hh is Phi, so that one word has one meaning.
    """
    if measure == REALISED:
        return NEAR
    medians = compared.groupby("differs")[measure].median()
    floor = medians.get(ITSELF, float("nan"))
    ceiling = medians.reindex([UNTRAINED, CHANCE]).min()
    return float(floor + ALIKE * (ceiling - floor)) if floor < ceiling / 2 else float("nan")
