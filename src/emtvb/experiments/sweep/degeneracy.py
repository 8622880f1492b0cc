"""Whether networks of different seeds are more alike where they are larger, penalised, or have more to store.

Huang, Singh, Martinelli and Rajan (2025, arXiv 2410.03972) say so of their networks. They compare the dynamics, and
recurrent weights with neurons in any order. Larger matrices are farther apart whatever they do, and so are matrices of
larger weights. Each distance is therefore divided by that of a control of the same size before conditions are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.optimize import quadratic_assignment

from emtvb import markdown
from emtvb.core.intervals import bootstrap_counts, central_interval
from emtvb.core.similarity import DYNAMICS, STEP
from emtvb.experiments.sweep.constants import CELL

COLUMNS = ("run_1", "run_2", "weights", "relative", "initial_weights", "initial_relative")
"""Of ``measurements/weight_distances.csv``: the distance of two recurrent matrices, neurons matched, and the same as a
share of the root mean square of both norms; of trained weights, and of those from which the two started."""
PUBLISHED = (DYNAMICS, STEP)
"""Measures of ``measurements/comparison.csv``: by states, and by the weights between memories, whatever the basis."""
MEASURES = (*PUBLISHED, "weights", "relative")
"""What conditions are compared by."""
FEWEST = 5
"""Networks of a cell that is compared, at least."""
_SEED = 2410_03972

Cell = tuple[Any, ...]
"""Values of the settings ``CELL``."""


class Factor(NamedTuple):
    """Two conditions that differ in one setting.

    Attributes:
        title: What the second is beside the first.
        column: The setting.
        first: Its value in the first.
        second: Its value in the second.
    """

    title: str
    column: str
    first: Any
    second: Any


FACTORS = (
    Factor("128 neurons beside 64", "hidden_dim", 64, 128),
    Factor("L2 0.001 beside no penalty", "l2", 0, 0.001),
    *(Factor("T1 beside another task", "task", task, "T1") for task in ("T2", "T3", "T4")),
)
"""In the paper's sweep. T1 stores 64 elements, the others 36: no other difference of tasks would the source call
complexity."""


def matched_distance(first: Float[np.ndarray, "neuron neuron"], second: Float[np.ndarray, "neuron neuron"]) -> float:
    """The distance |A - P^T B P| (Frobenius) with B's neurons in the order P that brings it nearest to A.

    The search is that of Vogelstein et al. (2015, doi 10.1371/journal.pone.0121002) from the centre of all orders. It
    may end in a local best, so the distance is an upper bound.
    """
    order = quadratic_assignment(first, second, method="faq", options={"maximize": True}).col_ind
    return float(np.linalg.norm(first - second[np.ix_(order, order)]))


def weight_distances(
    pairs: Iterable[tuple[str, str]],
    trained: Mapping[str, Float[np.ndarray, "neuron neuron"]],
    initial: Mapping[str, Float[np.ndarray, "neuron neuron"]],
) -> pd.DataFrame:
    """How far apart the recurrent weights of two networks are, after training and before it.

    Args:
        pairs: Run ids of two networks of the same size.
        trained: W_hh after training, by run id.
        initial: W_hh before it.

    Returns:
        A row of :data:`COLUMNS` per pair, with six decimals.
    """
    known: dict[tuple[bytes, bytes], tuple[float, float]] = {}  # runs of one seed and size start from the same weights
    rows = []
    for names in pairs:
        distances: list[float] = []
        for weights in (trained, initial):
            first, second = (weights[name].astype(np.float64) for name in names)
            key = first.tobytes(), second.tobytes()
            if key not in known:
                distance = matched_distance(first, second)
                size = np.sqrt((np.linalg.norm(first) ** 2 + np.linalg.norm(second) ** 2) / 2)
                known[key] = distance, float(distance / size)
            distances += known[key]
        rows.append((*names, *distances))
    return pd.DataFrame(rows, columns=list(COLUMNS)).round(6)


def pairs_of_seeds(compared: pd.DataFrame, weights: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The pairs of networks that differ in their seed alone, with distances and their controls.

    Args:
        compared: ``measurements/comparison.csv``.
        weights: ``measurements/weight_distances.csv``.
        runs: ``runs.csv``.

    Returns:
        A row per pair: the settings of its cell, ``seed_1``, ``seed_2``, and for each of :data:`MEASURES` its distance
        and the control's (``control_dynamics``, ...): of :data:`PUBLISHED` the mean distance of a trained network from
        an untrained one, for its task and size; of weights that of the initial ones.
    """
    settings = runs.set_index("run_id")
    pairs = compared[compared["differs"] == "seed"].merge(weights, on=["run_1", "run_2"], validate="one_to_one")
    for name in CELL[1:]:
        pairs[name] = pairs["run_1"].map(settings[name])
    for i in (1, 2):
        pairs[f"seed_{i}"] = pairs[f"run_{i}"].map(settings["seed"])
    untrained = compared[compared["differs"] == "untrained"]
    sizes = untrained["run_1"].map(settings["hidden_dim"]).rename("hidden_dim")
    controls = untrained.groupby(["task", sizes])[[*PUBLISHED]].mean().add_prefix("control_")
    names = {f"initial_{name}": f"control_{name}" for name in ("weights", "relative")}
    pairs = pairs.join(controls, on=["task", "hidden_dim"]).rename(columns=names)
    return pairs[[*CELL, "seed_1", "seed_2", *MEASURES, *map("control_{}".format, MEASURES)]]


def ratios(pairs: pd.DataFrame) -> pd.DataFrame:
    """How many times as far apart networks are in the second condition of each of :data:`FACTORS` as in the first.

    Of each cell the mean distance is divided by the mean of its control. Cells that differ in the factor alone, with
    :data:`FEWEST` networks or more each, make a ratio; several ratios a geometric mean. Intervals are at 95%, by
    drawing seeds with replacement: a pair counts as often as both of its seeds are drawn.

    Args:
        pairs: Of :func:`pairs_of_seeds`.

    Returns:
        A row for each factor and task, and one for all tasks where there are several: ``condition``, ``task``,
        ``cells`` (how many ratios), and for each measure the ratio, and the ends of its interval (``*_low``,
        ``*_high``); below 1 networks are more alike in the second condition.
    """
    logarithms = _logarithms(pairs)
    found = []
    for factor in FACTORS:
        column = CELL.index(factor.column)
        matched: dict[str, list[tuple[Cell, Cell]]] = {}
        for cell in logarithms:
            beside = (*cell[:column], factor.second, *cell[column + 1 :])
            if cell[column] == factor.first and beside in logarithms:
                matched.setdefault(cell[0], []).append((cell, beside))
        if len(matched) > 1:
            matched["all"] = list(chain(*matched.values()))
        for task, cells in matched.items():
            row: dict[str, Any] = {"condition": factor.title, "task": task, "cells": len(cells)}
            for i, name in enumerate(MEASURES):
                values = np.mean([logarithms[second][i] - logarithms[first][i] for first, second in cells], axis=0)
                low, high = central_interval(values[1:][np.isfinite(values[1:])])
                row |= {name: np.exp(values[0]), f"{name}_low": np.exp(low), f"{name}_high": np.exp(high)}
            found.append(row)
    return pd.DataFrame(found)


def _logarithms(pairs: pd.DataFrame) -> dict[Cell, Float[np.ndarray, "measure draw"]]:
    """Of each cell the logarithm of its mean distance as a multiple of its control: first of all pairs, then by draws.

    A draw may leave no pair of a cell: then it is not finite.
    """
    seeds, numbered = np.unique(pairs[["seed_1", "seed_2"]].to_numpy(), return_inverse=True)
    drawn = bootstrap_counts(len(seeds), seed=_SEED)[:, numbered.reshape(-1, 2)].prod(axis=2)
    counts = np.vstack([np.ones_like(drawn[:1]), drawn])
    cells = {}
    for cell, rows in pairs.reset_index(drop=True).groupby(CELL):
        if len({*rows["seed_1"], *rows["seed_2"]}) >= FEWEST:
            with np.errstate(invalid="ignore", divide="ignore"):
                distances, controls = (
                    np.log(counts[:, rows.index] @ rows[names].to_numpy())
                    for names in ([*MEASURES], [*map("control_{}".format, MEASURES)])
                )
                cells[cell] = (distances - controls).T
    return cells


def as_markdown(table: pd.DataFrame) -> str:
    """The rows of :func:`ratios`."""
    rows = ([row["condition"], row["task"], row["cells"], *_with_intervals(row)] for row in table.to_dict("records"))
    return markdown.table(
        ["", "task", "cells", "dynamics", "step by the weights", "weights", "relative"], rows, "llrrrrr"
    )


def _with_intervals(row: Mapping[Any, Any]) -> Iterator[str]:
    """Each measure's ratio with its interval; without decimals from 10 on."""
    for name in MEASURES:
        decimals = 0 if row[name] >= 10 else 2
        value, low, high = (f"{row[key]:.{decimals}f}" for key in (name, f"{name}_low", f"{name}_high"))
        yield f"{value} [{low}, {high}]"
