"""Which networks are compared, and what is said of their distances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep import pair_distances
from emtvb.experiments.sweep.constants import NEAR

from .made_up import compared, sweep


def networks(twins: tuple[int, ...] = (0,)) -> pd.DataFrame:
    return pair_distances.solved_networks(sweep(lambda row, _: row["l2"] < 0.1, seeds=5, twins=twins))


def test_only_networks_that_solve_their_task_are_compared() -> None:
    every = sweep(lambda row, rng: rng.random() < 0.5)
    chosen = pair_distances.solved_networks(every.drop(columns="twin"))
    assert set(chosen["run_id"]) == set(every.loc[every["test_accuracy"] >= 0.99, "run_id"])
    assert (chosen["architecture"] == "rnn").all()
    assert (chosen["twin"] == 0).all()


def test_pairs_differ_in_one_thing() -> None:
    every = networks(twins=(0, 1))
    pairs = pair_distances.pairs_to_compare(every)
    counts = pairs["differs"].value_counts().to_dict()
    cells = 2 * 2 * 2 * 2  # task, size, penalty, threshold: all with five seeds
    assert counts == {"rounding": cells * 5, "seed": cells * 10} | dict.fromkeys(
        ("threshold", "penalty", "size", "task"), cells // 2 * 5
    )
    by_id = every.set_index("run_id")
    for differs, one, two in pairs.itertuples(index=False):
        first, second = by_id.loc[one, pair_distances.SETTINGS], by_id.loc[two, pair_distances.SETTINGS]
        assert list(first.index[first != second]) == pair_distances.DIFFERS[differs]
    assert not pairs.apply(lambda row: frozenset(row[["run_1", "run_2"]]), axis=1).duplicated().any()


@pytest.mark.parametrize(("seeds", "count"), [(1, 0), (2, 1), (3, 3), (4, 6), (5, 10), (8, 16)])
def test_each_seed_is_compared_with_the_next_two(seeds: int, count: int) -> None:
    every = pair_distances.solved_networks(sweep(lambda *_: True, seeds=seeds))
    pairs = pair_distances.pairs_to_compare(every)
    pairs = pairs[pairs["differs"] == "seed"]
    assert len(pairs) == count * 16
    if seeds >= 5:
        assert (pd.concat([pairs["run_1"], pairs["run_2"]]).value_counts() == 4).all()


def test_other_architectures_may_have_other_sizes_and_are_else_the_same() -> None:
    every = networks()
    others = every[every["hidden_dim"] == 64].assign(architecture="lstm", hidden_dim=32)
    others["run_id"] = "lstm_" + others["run_id"]
    pairs = pair_distances.pairs_to_compare(pd.concat([every, others]))
    pairs = pairs[pairs["differs"] == "architecture"]
    assert len(pairs) == 2 * len(others)
    assert pairs["run_2"].str.startswith("lstm_").all()
    seed = [pairs[name].str.extract(r"_seed(\d+)")[0] for name in ("run_1", "run_2")]
    assert (seed[0] == seed[1]).all()


def test_the_first_of_each_cell_is_that_of_the_lowest_seed() -> None:
    every = networks(twins=(0, 1)).sample(frac=1, random_state=0)
    first = pair_distances.first_of_cells(every)
    assert len(first) == 16
    assert (first["seed"] == 1).all()
    assert (first["twin"] == 0).all()


def test_the_summary_says_how_many_are_alike() -> None:
    found = pair_distances.distance_summary(compared()).set_index(["differs", "task", "measure"])
    assert found.loc[("seed", "all", "step"), "pairs"] == 40
    assert found.loc[("seed", "all", "step"), "alike"] == pytest.approx(0.9)
    assert found.loc[("size", "T1", "dynamics"), "alike"] == 1
    assert found.loc[("task", "all", "dynamics"), "alike"] == 0
    assert found.loc[("seed", "T1", "step"), "bar"] == pytest.approx(0.01 + 0.2 * 0.39, abs=0.02)  # the nearer: 0.4
    assert found.loc[("seed", "T3", "step"), "bar"] == pytest.approx(0.01 + 0.2 * 0.99, abs=0.02)  # chance alone
    assert np.isnan(found.loc[("seed", "all", "step"), "bar"])
    assert ("untrained", "T3", "step") not in found.index
    row = found.loc[("chance", "all", "spectrum")]
    assert row["low"] <= row["lower"] <= row["median"] <= row["upper"] <= row["high"]


def test_the_control_without_a_network_stands_beside_pairs_and_moves_no_bar() -> None:
    """It has no weights, so there is nothing of it where weights are compared."""
    rows = compared()
    image = rows[rows["differs"] == "seed"].assign(
        differs=pair_distances.IMAGE, dynamics=0.001, **{"decoded step": 0.9}
    )
    image[["spectrum", "step", pair_distances.REALISED]] = np.nan
    keys = ["differs", "task", "measure"]
    before, after = (
        pair_distances.distance_summary(table).set_index(keys)
        for table in (rows, pd.concat([rows, image], ignore_index=True))
    )
    control = after.xs(pair_distances.IMAGE, level="differs")
    assert control.loc[("all", "dynamics"), ["median", "pairs"]].tolist() == [0.001, 40]
    assert control.loc[("T1", "dynamics"), "alike"] == 1
    assert control.loc[("T1", "decoded step"), "alike"] == 0
    assert set(control.index.get_level_values("measure")) == {"dynamics", "decoded step"}
    pd.testing.assert_frame_equal(after[after.index.get_level_values("differs") != pair_distances.IMAGE], before)


def test_without_a_floor_that_is_lower_than_chance_nothing_is_alike() -> None:
    rows = compared()
    rows.loc[rows["differs"] == "itself", list(pair_distances.MEASURES)] = 0.9
    found = pair_distances.distance_summary(rows)
    found = found[found["measure"] != pair_distances.REALISED]
    assert found["bar"].isna().all()
    assert (found["alike"] == 0).all()


def test_two_networks_share_their_realised_step_by_the_bar_by_which_one_is_phi() -> None:
    rows = compared()
    pairs = rows["differs"] == "seed"
    rows.loc[pairs, pair_distances.REALISED] = np.where(np.arange(pairs.sum()) % 4, 0.99, 1.01) * NEAR
    found = pair_distances.distance_summary(rows).set_index(["differs", "task", "measure"])
    assert found.loc[("seed", "all", pair_distances.REALISED), "alike"] == 0.75
    assert found.loc[("seed", "T1", pair_distances.REALISED), "bar"] == NEAR


def test_of_nothing_there_is_an_empty_table() -> None:
    nothing = networks().iloc[:0]
    assert pair_distances.pairs_to_compare(nothing).empty
    assert pair_distances.first_of_cells(nothing).empty
    assert pair_distances.distance_summary(pd.DataFrame(columns=pair_distances.COLUMNS)).empty
