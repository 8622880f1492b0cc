"""How alike networks of different seeds are, by condition, beside controls of their size."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep import degeneracy


def test_weights_are_compared_with_neurons_in_any_order() -> None:
    rng = np.random.default_rng(0)
    weights, order = rng.normal(size=(12, 12)), rng.permutation(12)
    assert degeneracy.matched_distance(weights, weights[np.ix_(order, order)]) < 1e-9
    unrelated = rng.normal(size=(12, 12))
    assert 1 < degeneracy.matched_distance(weights, unrelated) < np.linalg.norm(weights - unrelated)


def test_of_a_pair_the_weights_from_which_it_started_stand_beside() -> None:
    rng = np.random.default_rng(1)
    initial = {name: rng.normal(size=(8, 8)).astype(np.float32) for name in "ab"}
    trained = {name: 3 * weights for name, weights in initial.items()}
    (row,) = degeneracy.weight_distances([("a", "b")], trained, initial).to_dict("records")
    assert list(row) == list(degeneracy.COLUMNS)
    assert row["weights"] == pytest.approx(3 * row["initial_weights"], abs=1e-5)
    assert row["relative"] == pytest.approx(row["initial_relative"], abs=1e-5)
    size = np.sqrt(sum(np.linalg.norm(weights.astype(float)) ** 2 for weights in initial.values()) / 2)
    assert row["initial_relative"] == pytest.approx(row["initial_weights"] / size, abs=1e-5)


def cells(seeds: int = 8) -> pd.DataFrame:
    """Pairs of neighbouring seeds of T3: with 128 neurons the distance is half as large, and the control twice."""
    rng = np.random.default_rng(2)
    rows = []
    for hidden_dim, distance, control in ((64, 1.0, 2.0), (128, 0.5, 4.0)):
        for seed in range(1, seeds + 1):
            row = {"task": "T3", "hidden_dim": hidden_dim, "l2": 0.0, "threshold": 0.9,
                   "seed_1": seed, "seed_2": seed % seeds + 1}  # fmt: skip
            for name in degeneracy.MEASURES:
                row |= {name: distance * rng.uniform(0.8, 1.25), f"control_{name}": control}
            rows.append(row)
    return pd.DataFrame(rows)


def test_conditions_are_compared_by_distances_beside_their_controls() -> None:
    (row,) = degeneracy.ratios(cells()).to_dict("records")
    assert (row["condition"], row["task"], row["cells"]) == ("128 neurons beside 64", "T3", 1)
    for name in degeneracy.MEASURES:
        assert row[name] == pytest.approx(1 / 4, rel=0.15)
        assert 0.15 < row[f"{name}_low"] < row[name] < row[f"{name}_high"] < 0.35
    assert "| T3 | 1 | 0.2" in degeneracy.as_markdown(pd.DataFrame([row]))


def test_the_pairs_of_a_seed_count_together() -> None:
    """Half of the seeds are far from all others: so few seeds tell less than as many pairs would."""
    every = pd.DataFrame(itertools.combinations(range(8), 2), columns=["seed_1", "seed_2"])
    every["weights"] = 1.0 + 4 * (every["seed_1"] % 2) + 4 * (every["seed_2"] % 2)
    plain = {"task": "T3", "l2": 0.0, "threshold": 0.9, **dict.fromkeys(degeneracy.MEASURES, 1.0)}
    controls = {f"control_{name}": 1.0 for name in degeneracy.MEASURES}
    pairs = pd.concat([every.assign(weights=1.0, hidden_dim=64), every.assign(hidden_dim=128)])
    (row,) = degeneracy.ratios(pairs.assign(**plain | {"weights": pairs["weights"]}, **controls)).to_dict("records")
    assert row["weights"] == pytest.approx(every["weights"].mean())
    by_pair = 2 * 1.96 * every["weights"].sem()
    assert row["weights_high"] - row["weights_low"] > 1.5 * by_pair


def test_cells_of_few_networks_are_left_out_and_tasks_are_joined() -> None:
    assert degeneracy.ratios(cells(seeds=degeneracy.FEWEST - 1)).empty
    both = pd.concat([cells(), cells().assign(task="T4")])
    table = degeneracy.ratios(both).set_index("task")
    assert list(table.index) == ["T3", "T4", "all"]
    assert table.loc["all", "cells"] == 2
    assert table.loc["all", "weights"] == pytest.approx(
        np.sqrt(table.loc["T3", "weights"] * table.loc["T4", "weights"])
    )


def test_dynamics_are_measured_against_untrained_networks_of_the_task_and_size() -> None:
    runs = pd.DataFrame({"run_id": [*"abc"], "task": "T3", "hidden_dim": [64, 64, 128], "l2": 0.0, "threshold": 0.9,
                         "seed": [1, 2, 1]})  # fmt: skip
    rows = [("seed", "a", "b", 0.1), ("untrained", "a", "untrained 0", 0.4), ("untrained", "b", "untrained 1", 0.6),
            ("untrained", "c", "untrained 0", 9.0), ("size", "a", "c", 0.2)]  # fmt: skip
    compared = pd.DataFrame(rows, columns=["differs", "run_1", "run_2", "dynamics"]).assign(task="T3", step=1.0)
    weights = pd.DataFrame([("a", "b", 1.0, 2.0, 3.0, 4.0)], columns=list(degeneracy.COLUMNS))
    (pair,) = degeneracy.pairs_of_seeds(compared, weights, runs).to_dict("records")
    assert (pair["hidden_dim"], pair["seed_1"], pair["seed_2"]) == (64, 1, 2)
    assert (pair["dynamics"], pair["control_dynamics"]) == (0.1, pytest.approx(0.5))
    assert (pair["weights"], pair["relative"], pair["control_weights"], pair["control_relative"]) == (1, 2, 3, 4)
