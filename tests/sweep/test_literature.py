from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep import literature
from emtvb.theory.literature_columns import ABLATED, ABLATIONS, FOLLOWED, LAGS, gradient_column


def make_runs(seeds: int = 8) -> pd.DataFrame:
    """Two tasks, one size, two penalties: their measurements, by a bar of 0.98."""
    rows = [
        (f"{task}-{l2}-{seed}", task, 64, l2, seed)
        for task in ("T1", "T3")
        for l2 in (0.0, 0.001)
        for seed in range(seeds)
    ]
    runs = pd.DataFrame(rows, columns=["run_id", "task", "hidden_dim", "l2", "seed"])
    return runs.assign(threshold=0.9, measured_solved=0.98, solved=1)


def make_ablated(runs: pd.DataFrame) -> pd.DataFrame:
    """Without the core's own part they guess, without the rest's they lose as much as the seed says."""
    values = {"run_id": runs["run_id"], **dict.fromkeys(ABLATED, 1.0)}
    for name in ABLATED:
        if "within" in name:
            values[name] = 0.5
    values["core_last_rest"] = 1 - runs["seed"] / 100
    return pd.DataFrame(values)


def test_a_row_for_each_group_and_ablation_and_all_networks_together() -> None:
    runs = make_runs()
    table = literature.ablation_table(runs, make_ablated(runs))
    ablations = 1 + 2 * sum(map(len, ABLATIONS.values()))
    assert len(table) == 5 * ablations == len(table.drop_duplicates(["task", "l2", "basis", "removed", "when"]))
    everything = table[table["task"] == literature.ALL]
    assert set(everything["networks"]) == {32}
    assert everything["hidden_dim"].isna().all()
    gone = table[table["removed"].str.contains("within")]
    assert (gone["mean"] == 0.5).all()
    assert (gone["at_chance"] == gone["networks"]).all()
    rest = table.query("basis == 'core_last' and removed == 'rest' and when == 'throughout'").set_index(["task", "l2"])
    of = rest.loc[("T3", 0.001)]
    assert of["mean"] == pytest.approx(0.965)
    assert of["low"] < of["mean"] < of["high"]
    assert (of["solved"], of["at_chance"], of["seeds"]) == (3, 0, 8), "those from 0.98 on"


def test_networks_of_one_seed_are_not_counted_as_independent() -> None:
    runs = pd.concat([make_runs(), make_runs().assign(run_id=lambda runs: runs["run_id"] + "-strict")])
    twice = literature.ablation_table(runs, make_ablated(runs.reset_index(drop=True)))
    once = literature.ablation_table(make_runs(), make_ablated(make_runs()))
    pd.testing.assert_frame_equal(once[["mean", "low", "high"]], twice[["mean", "low", "high"]])


def test_without_networks_that_solve_their_task_there_are_columns_and_no_rows() -> None:
    runs = make_runs()
    table = literature.ablation_table(runs, make_ablated(runs).iloc[:0])
    assert list(table.columns) == literature.ABLATED
    assert table.empty


def test_gradients_have_medians_with_intervals_apart_by_what_came_of_the_training() -> None:
    runs = make_runs(20)
    solves = runs["task"] == "T1"
    followed = pd.DataFrame({"run_id": runs["run_id"], **dict.fromkeys(FOLLOWED, 1e-9)})
    followed[gradient_column("trained", 100)] = np.where(solves, 0.5 + runs["seed"] / 100, 1e-3)
    followed[[gradient_column(when, 200) for when in ("initial", "trained")]] = np.nan
    table = literature.gradient_table(runs.assign(solved=solves.astype(int)), followed)
    assert set(table["lag"]) == {*LAGS} - {200}
    of = table.query("task == 'T1' and l2 == 0 and when == 'trained' and lag == 100").iloc[0]
    assert bool(of["solves"])
    assert 0.5 < of["low"] < of["median"] < of["high"] < 0.7
    assert of["power_low"] < of["power"] < of["power_high"]
    assert of["power"] == pytest.approx(np.log10(of["median"]), abs=0.01)
    assert of["quarter"] < of["median"] < of["three_quarters"]
    every = table.query("task == 'all' and lag == 100").set_index(["when", "solves"])
    assert every.loc[("trained", False), "median"] == 1e-3
    assert every.loc[("initial", True), "networks"] == 40


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_mean_over_one_or_two_seeds_has_no_interval(seeds: int) -> None:
    runs = make_runs(seeds)
    table = literature.ablation_table(runs, make_ablated(runs))
    assert len(table)
    assert table[["low", "high"]].isna().all(axis=None)


def test_an_interval_of_a_median_needs_six_seeds() -> None:
    runs = make_runs(5)
    followed = pd.DataFrame({"run_id": runs["run_id"], **dict.fromkeys(FOLLOWED, 1.0)})
    assert literature.gradient_table(runs, followed)["low"].isna().all()
