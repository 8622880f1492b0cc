"""How alike networks of different seeds are, by condition, beside controls of their size."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep import degeneracy
from emtvb.making.packed_weights import PACKED, unpacked
from emtvb.theory import networks
from emtvb.theory.networks import rollout
from emtvb.weights import Network

ROOT = Path(__file__).parents[2]
TRAINED = ROOT / "results" / "paper" / "training"


def random_network(seed: int, neurons: int = 24) -> Network:
    rng = np.random.default_rng(seed)
    return Network(*(rng.normal(size=size) for size in ((neurons, 3), (neurons, neurons), (3, neurons))))


def signed_order(seed: int, neurons: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.diag(rng.choice([-1.0, 1.0], neurons))[rng.permutation(neurons)]


def moved(network: Network, seed: int) -> Network:
    """The same network: its neurons are in another order, and some have the other sign."""
    order = signed_order(seed, network.hidden_dim)
    return degeneracy.reorder_neurons(network, order, order)


@pytest.mark.parametrize("seed", range(20))
def test_a_network_with_its_neurons_in_another_order_and_flipped_is_at_no_distance(seed: int) -> None:
    network = random_network(seed, neurons=4 + 3 * seed)
    assert degeneracy.matched_distance(network, moved(network, seed + 1)) == 0


def test_a_network_that_forgets_all_inputs_is_matched_too() -> None:
    """After a few steps nothing of them is left, nor do outputs depend on a state of long ago."""
    network = random_network(1)
    shift = Network(network.W_uh, np.diag(np.arange(1.0, 4), 21), network.W_r)
    assert degeneracy.matched_distance(shift, moved(shift, 2)) == 0


def test_what_is_moved_does_the_same() -> None:
    network = random_network(3)
    inputs = np.random.default_rng(4).normal(size=(6, 5, 3))
    outputs = [rollout(of, inputs)[1] for of in (network, moved(network, 5))]
    np.testing.assert_allclose(*outputs, atol=1e-9)
    order = signed_order(6, network.hidden_dim)
    rewired = degeneracy.reorder_neurons(network, np.eye(network.hidden_dim), order)
    assert np.abs(rollout(rewired, inputs)[1] - outputs[0]).max() > 0.1
    singular = [np.linalg.svd(of.W_hh, compute_uv=False) for of in (network, rewired)]
    np.testing.assert_allclose(*singular)


def test_no_distance_is_below_the_least_of_all_orders_with_signs_and_most_are_that() -> None:
    identity = np.eye(3)
    every = [
        identity[list(order)] * signs
        for order in itertools.permutations(range(3))
        for signs in itertools.product([1, -1], repeat=3)
    ]
    beside = []
    for seed in range(20):
        one, other = random_network(seed, neurons=3), random_network(seed + 100, neurons=3)
        least = min(np.linalg.norm(one.W_hh - Q @ other.W_hh @ Q.T) for Q in every)
        beside.append(degeneracy.matched_distance(one, other) / least)
    assert min(beside) >= 1 - 1e-9
    assert np.median(beside) < 1.05


def test_networks_that_share_a_circuit_are_nearer_than_each_control() -> None:
    network = random_network(7)
    rng = np.random.default_rng(8)
    other = moved(Network(*(array + 0.2 * rng.normal(size=array.shape) for array in network.arrays().values())), 9)
    (row,) = degeneracy.weight_distances([("a", "b")], {"a": network, "b": other}).to_dict("records")
    assert list(row) == list(degeneracy.COLUMNS)
    assert row["norm"] == pytest.approx(np.linalg.norm([np.linalg.norm(n.W_hh) for n in (network, other)]) / np.sqrt(2))
    assert row["matched"] == pytest.approx(0.2 * 24, rel=0.1)
    assert row["matched_flipped"] == 0
    for control in ("matched_shuffled", "matched_rewired"):
        assert 3 * row["matched"] < row[control] < np.sqrt(2) * row["norm"]


def test_networks_that_share_nothing_are_as_far_apart_as_controls() -> None:
    networks = {"a": random_network(10), "b": random_network(11)}
    (row,) = degeneracy.weight_distances([("a", "b")], networks).to_dict("records")
    assert row["matched"] == pytest.approx(row["matched_rewired"], rel=0.05)
    assert row["matched"] == pytest.approx(row["matched_shuffled"], rel=0.05)


@pytest.mark.parametrize("shard", ["T1_h128_l2-0_seeds1-5", "T4_h128_l2-0.001_seeds1-5", "T3_h64_l2-0.1_seeds1-5"])
def test_published_networks_flipped_are_at_no_distance(tmp_path: Path, shard: str) -> None:
    """As trained: of a network with a large penalty next to nothing is left."""
    (tmp_path / "weights").write_bytes(unpacked((TRAINED / shard / PACKED).read_bytes()))
    for network in networks.load_networks(tmp_path / "weights").values():
        assert degeneracy.matched_distance(network.double(), moved(network.double(), 12)) == 0


def test_what_is_published_matches_flipped_networks() -> None:
    published = pd.read_csv(ROOT / "results/paper/measurements/weight_distances.csv")
    assert list(published) == list(degeneracy.COLUMNS)
    assert (published["matched_flipped"] == 0).all()


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
    (row,) = degeneracy.distance_ratios(cells()).to_dict("records")
    assert (row["condition"], row["task"], row["cells"]) == ("128 neurons beside 64", "T3", 1)
    for name in degeneracy.MEASURES:
        assert row[name] == pytest.approx(1 / 4, rel=0.15)
        assert 0.15 < row[f"{name}_low"] < row[name] < row[f"{name}_high"] < 0.35
    assert "| T3 | 1 | 0.2" in degeneracy.as_markdown(pd.DataFrame([row]))


def test_the_pairs_of_a_seed_count_together() -> None:
    """Half of the seeds are far from all others: so few seeds tell less than as many pairs would."""
    every = pd.DataFrame(itertools.combinations(range(8), 2), columns=["seed_1", "seed_2"])
    every["matched"] = 1.0 + 4 * (every["seed_1"] % 2) + 4 * (every["seed_2"] % 2)
    plain = {"task": "T3", "l2": 0.0, "threshold": 0.9, **dict.fromkeys(degeneracy.MEASURES, 1.0)}
    controls = {f"control_{name}": 1.0 for name in degeneracy.MEASURES}
    pairs = pd.concat([every.assign(matched=1.0, hidden_dim=64), every.assign(hidden_dim=128)])
    (row,) = degeneracy.distance_ratios(pairs.assign(**plain | {"matched": pairs["matched"]}, **controls)).to_dict(
        "records"
    )
    assert row["matched"] == pytest.approx(every["matched"].mean())
    by_pair = 2 * 1.96 * every["matched"].sem()
    assert row["matched_high"] - row["matched_low"] > 1.5 * by_pair


def test_cells_of_few_networks_are_left_out_and_tasks_are_joined() -> None:
    assert degeneracy.distance_ratios(cells(seeds=degeneracy.FEWEST - 1)).empty
    both = pd.concat([cells(), cells().assign(task="T4")])
    table = degeneracy.distance_ratios(both).set_index("task")
    assert list(table.index) == ["T3", "T4", "all"]
    assert table.loc["all", "cells"] == 2
    assert table.loc["all", "matched"] == pytest.approx(
        np.sqrt(table.loc["T3", "matched"] * table.loc["T4", "matched"])
    )


def test_dynamics_are_measured_against_untrained_networks_of_the_task_and_size() -> None:
    runs = pd.DataFrame({"run_id": [*"abc"], "task": "T3", "hidden_dim": [64, 64, 128], "l2": 0.0, "threshold": 0.9,
                         "seed": [1, 2, 1]})  # fmt: skip
    rows = [("seed", "a", "b", 0.1), ("untrained", "a", "untrained 0", 0.4), ("untrained", "b", "untrained 1", 0.6),
            ("untrained", "c", "untrained 0", 9.0), ("size", "a", "c", 0.2)]  # fmt: skip
    compared = pd.DataFrame(rows, columns=["differs", "run_1", "run_2", "dynamics"]).assign(
        task="T3", step=1.0, **{"realised step": 1.0}
    )
    weights = pd.DataFrame([("a", "b", 10.0, 1.0, 2.0, 3.0, 0.0)], columns=list(degeneracy.COLUMNS))
    (pair,) = degeneracy.pairs_of_seeds(compared, weights, runs).to_dict("records")
    assert (pair["hidden_dim"], pair["seed_1"], pair["seed_2"]) == (64, 1, 2)
    assert (pair["dynamics"], pair["control_dynamics"]) == (0.1, pytest.approx(0.5))
    assert (pair["norm"], pair["matched"], pair["matched_shuffled"], pair["control_matched"]) == (10, 1, 2, 3)


def test_weights_stand_by_task_size_and_penalty_beside_their_controls() -> None:
    pairs = cells().assign(norm=2.0, matched_shuffled=1.5)
    small, large = degeneracy.likeness_as_markdown(pairs).splitlines()[2:]
    assert small.startswith("| T3 | 64 | 0 | 0.5")
    assert " | 0.75 | 1.00 | 0.5" in small
    assert large.startswith("| T3 | 128 | 0 | 0.2")
    assert " | 0.75 | 2.00 | 0.1" in large
