"""Whether networks of different seeds are more alike where they are larger, penalised, or have more to store.

Huang, Singh, Martinelli and Rajan (2025, arXiv 2410.03972) say so of their networks. They compare the dynamics, and
recurrent weights with neurons in any order. Without biases a tanh network stays the same, too, if all weights into and
out of a neuron change their sign, so here neurons are matched in any order and with any sign. Larger matrices are
farther apart whatever they do, and so are matrices of larger weights. Each distance is therefore divided by that of a
control of the same size before conditions are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment

from emtvb import markdown
from emtvb.core.intervals import bootstrap_counts, central_interval
from emtvb.core.similarity import DYNAMICS, STEP
from emtvb.experiments.sweep.constants import ALL, CELL
from emtvb.experiments.sweep.pair_distances import REALISED
from emtvb.weights import Network

COLUMNS = ("run_1", "run_2", "norm", "matched", "matched_shuffled", "matched_rewired", "matched_flipped")
"""Of ``measurements/weight_distances.csv``: the root mean square of the norms of two recurrent matrices, and their
distance, neurons matched with their signs. Then controls: the distance of both with their entries in random places; of
both with neurons whose outgoing weights are another's, in random order and with random signs, which leaves the entries,
the norms of rows and columns, and the singular values; and of the first from itself with its neurons in another order
and with other signs, which is 0 if neurons are matched as they should be."""
PUBLISHED = (DYNAMICS, STEP, REALISED)
"""Measures of ``measurements/comparison.csv``: by states, and by the weights between memories, in the basis by data
and, without the gain, in the realised one."""
MEASURES = (*PUBLISHED, "matched")
"""What conditions are compared by."""
FEWEST = 5
"""Networks of a cell that is compared, at least."""
_SEED = 2410_03972
_LAGS = 8
"""Inputs and outputs that a neuron is known by: as many as a task stores vectors."""
_STEPS, _CLOSE = 30, 0.03
"""Of the search, at most, and how far a last step leads: as scipy's quadratic_assignment has them."""

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


def matched_distance(first: Network, second: Network) -> float:
    """The distance |A - Q B Q^T| (Frobenius) of both W_hh, B's neurons in the order and with the signs Q that are best.

    Neurons are matched by what they receive and give; then searched on, from there and from the centre of all orders,
    as Vogelstein et al. (2015, doi 10.1371/journal.pone.0121002) do, here among orders with signs. The search may end
    in a local best, so the distance is an upper bound. For a copy with neurons in another order and with other signs it
    is 0, since no neuron matches another better than itself.
    """
    A, B = first.W_hh, second.W_hh
    alike = _nearest_order(_received_and_given(first) @ _received_and_given(second).T)
    orders = alike, _best_signed_order(A, B, alike), _best_signed_order(A, B, np.full_like(A, 1 / len(A)))
    return min(float(np.linalg.norm(A - Q @ B @ Q.T)) for Q in orders)


def _received_and_given(network: Network) -> Float[np.ndarray, "neuron number"]:
    """Of each neuron, as a direction, what it receives of the last inputs and gives to the next outputs, linearised."""
    received, given = network.W_uh, network.W_r.T
    parts = []
    for _ in range(_LAGS):
        received, given = (part / (np.linalg.norm(part) or 1.0) for part in (received, given))
        parts += [received, given]
        received, given = network.W_hh @ received, network.W_hh.T @ given
    numbers = np.hstack(parts)
    sizes = np.linalg.norm(numbers, axis=1, keepdims=True)
    return numbers / np.where(sizes > 0, sizes, 1.0)


def _nearest_order(likeness: Float[np.ndarray, "neuron neuron"]) -> Float[np.ndarray, "neuron neuron"]:
    """The order with signs, as a matrix Q, that has the largest sum of products with a matrix."""
    signs = np.where(likeness < 0, -1.0, 1.0)
    order = np.zeros_like(likeness)
    order[linear_sum_assignment(np.abs(likeness), maximize=True)] = 1
    return order * signs


def _best_signed_order(
    first: Float[np.ndarray, "neuron neuron"],
    second: Float[np.ndarray, "neuron neuron"],
    now: Float[np.ndarray, "neuron neuron"],
) -> Float[np.ndarray, "neuron neuron"]:
    """The signed order Q that Frank and Wolfe's steps lead to, which raise the sum of products of A and Q B Q^T."""
    for _ in range(_STEPS):
        slope = first @ now @ second.T + first.T @ now @ second
        ahead = _nearest_order(slope) - now
        gain, curve = np.sum(slope * ahead), np.sum(first * (ahead @ second @ ahead.T))
        # along this way the sum is a parabola: its top, or the end
        taken = min(1.0, -gain / (2 * curve)) if curve < 0 else 1.0
        now = now + taken * ahead
        if taken * np.linalg.norm(ahead) < _CLOSE * np.sqrt(len(now)):
            break
    return _nearest_order(now)


def reorder_neurons(
    network: Network, receiving: Float[np.ndarray, "neuron neuron"], sending: Float[np.ndarray, "neuron neuron"]
) -> Network:
    """A network with what neurons receive in one order with signs, and what they give in another, both as matrices.

    Where both are the same, all that the network does is the same.
    """
    return Network(receiving @ network.W_uh, receiving @ network.W_hh @ sending.T, network.W_r @ sending.T)


def _random_order(neurons: int, rng: np.random.Generator) -> Float[np.ndarray, "neuron neuron"]:
    """A random order with random signs, as a matrix."""
    return np.eye(neurons)[rng.permutation(neurons)] * rng.choice([-1.0, 1.0], neurons)


def weight_distances(pairs: Iterable[tuple[str, str]], networks: Mapping[str, Network]) -> pd.DataFrame:
    """How far apart the recurrent weights of two networks are, beside controls.

    Args:
        pairs: Run ids of two networks of the same size.
        networks: By run id.

    Returns:
        A row of :data:`COLUMNS` per pair, with six decimals.
    """
    rows = []
    for names in pairs:
        rng = np.random.default_rng(_SEED)
        pair = [networks[name].double() for name in names]
        first = pair[0]
        as_it_is, flipped = np.eye(first.hidden_dim), _random_order(first.hidden_dim, rng)
        shuffled = [Network(*map(rng.permuted, network.arrays().values())) for network in pair]
        rewired = [reorder_neurons(network, as_it_is, _random_order(first.hidden_dim, rng)) for network in pair]
        norm = np.sqrt(np.mean([np.linalg.norm(network.W_hh) ** 2 for network in pair]))
        compared = pair, shuffled, rewired, (first, reorder_neurons(first, flipped, flipped))
        rows.append((*names, norm, *(matched_distance(*two) for two in compared)))
    return pd.DataFrame(rows, columns=list(COLUMNS)).round(6)


def pairs_of_seeds(compared: pd.DataFrame, weights: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The pairs of networks that differ in their seed alone, with distances and their controls.

    Args:
        compared: ``measurements/comparison.csv``.
        weights: ``measurements/weight_distances.csv``.
        runs: ``runs.csv``.

    Returns:
        A row per pair: the settings of its cell, ``seed_1``, ``seed_2``, ``norm``, ``matched_shuffled``, and for each
        of :data:`MEASURES` its distance and the control's (``control_dynamics``, ...): of :data:`PUBLISHED` the mean
        distance of a trained network from an untrained one, for its task and size; of weights ``matched_rewired``.
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
    pairs = pairs.join(controls, on=["task", "hidden_dim"]).rename(columns={"matched_rewired": "control_matched"})
    measured = [*MEASURES, *map("control_{}".format, MEASURES)]
    return pairs[[*CELL, "seed_1", "seed_2", "norm", "matched_shuffled", *measured]]


def distance_ratios(pairs: pd.DataFrame) -> pd.DataFrame:
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
    logarithms = _log_ratios(pairs)
    found = []
    for factor in FACTORS:
        column = CELL.index(factor.column)
        matched: dict[str, list[tuple[Cell, Cell]]] = {}
        for cell in logarithms:
            beside = (*cell[:column], factor.second, *cell[column + 1 :])
            if cell[column] == factor.first and beside in logarithms:
                matched.setdefault(cell[0], []).append((cell, beside))
        if len(matched) > 1:
            matched[ALL] = list(chain(*matched.values()))
        for task, cells in matched.items():
            row: dict[str, Any] = {"condition": factor.title, "task": task, "cells": len(cells)}
            for i, name in enumerate(MEASURES):
                values = np.mean([logarithms[second][i] - logarithms[first][i] for first, second in cells], axis=0)
                low, high = central_interval(values[1:][np.isfinite(values[1:])])
                row |= {name: np.exp(values[0]), f"{name}_low": np.exp(low), f"{name}_high": np.exp(high)}
            found.append(row)
    return pd.DataFrame(found)


def likeness_as_markdown(pairs: pd.DataFrame) -> str:
    """How far apart weights are by task, size and penalty, whatever the threshold, as Markdown.

    Args:
        pairs: Of :func:`pairs_of_seeds`.

    Returns:
        Means as shares of the norm: of pairs, with their entries in random places, and rewired. Then the first as a
        multiple of the last, with its 95% interval over seeds.
    """
    by = CELL[:-1]
    shares = pairs[["matched", "matched_shuffled", "control_matched"]].div(pairs["norm"], axis=0)
    means = shares.groupby([pairs[name] for name in by]).mean()
    rows = []
    for cell, values in _log_ratios(pairs, by).items():
        ratio, *drawn = np.exp(values[MEASURES.index("matched")])
        low, high = central_interval(np.array(drawn)[np.isfinite(drawn)])
        shown = [*map("{:.2f}".format, means.loc[cell]), f"{ratio:.2f} [{low:.2f}, {high:.2f}]"]
        rows.append([*cell[:-1], f"{cell[-1]:g}", *shown])
    titles = ["task", "neurons", "L2", "other seed", "entries shuffled", "rewired", "other seed / rewired"]
    return markdown.table(titles, rows, "lrrrrrr")


def _log_ratios(pairs: pd.DataFrame, by: Sequence[str] = CELL) -> dict[Cell, Float[np.ndarray, "measure draw"]]:
    """The logarithm of each cell's mean distance as a multiple of its control: first of all pairs, then by draws."""
    # A draw may leave no pair of a cell: then it is not finite.
    seeds, numbered = np.unique(pairs[["seed_1", "seed_2"]].to_numpy(), return_inverse=True)
    drawn = bootstrap_counts(len(seeds), seed=_SEED)[:, numbered.reshape(-1, 2)].prod(axis=2)
    counts = np.vstack([np.ones_like(drawn[:1]), drawn])
    cells = {}
    for cell, rows in pairs.reset_index(drop=True).groupby([*by]):
        if len({*rows["seed_1"], *rows["seed_2"]}) >= FEWEST:
            with np.errstate(invalid="ignore", divide="ignore"):
                distances, controls = (
                    np.log(counts[:, rows.index] @ rows[names].to_numpy())
                    for names in ([*MEASURES], [*map("control_{}".format, MEASURES)])
                )
                cells[cell] = (distances - controls).T
    return cells


def as_markdown(table: pd.DataFrame) -> str:
    """The rows of :func:`distance_ratios`."""
    rows = ([row["condition"], row["task"], row["cells"], *_with_intervals(row)] for row in table.to_dict("records"))
    return markdown.table(
        ["", "task", "cells", "dynamics", "step, by data", "step, realised", "signed weights"], rows, "llrrrrr"
    )


def _with_intervals(row: Mapping[Any, Any]) -> Iterator[str]:
    """Each measure's ratio with its interval; without decimals from 10 on."""
    for name in MEASURES:
        decimals = 0 if row[name] >= 10 else 2
        value, low, high = (f"{row[key]:.{decimals}f}" for key in (name, f"{name}_low", f"{name}_high"))
        yield f"{value} [{low}, {high}]"
