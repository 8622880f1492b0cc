from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from emtvb.experiments.sweep import outcomes

from .made_up import OTHERWISE, STORED, sweep


def test_shares_are_counted_cell_by_cell_and_over_the_thresholds() -> None:
    runs = sweep(lambda row, _: row["threshold"] == 0.98 and row["seed"] <= 4, twins=(0, 1))
    table = outcomes.shares(runs)
    assert len(table) == 2 * 2 * 3 * 3
    cell = table[(table["task"] == "T1") & (table["hidden_dim"] == 64) & (table["l2"] == 0)].set_index("threshold")
    assert cell.loc["0.98", ["circuit", "networks", "seeds"]].tolist() == [4, 10, 10]  # twins are no further networks
    assert cell.loc["0.9", "circuit"] == 0
    assert cell.loc["all", ["circuit", "networks", "seeds"]].tolist() == [4, 20, 10]
    low, high = cell.loc["0.98", ["circuit_low", "circuit_high"]]
    exact = stats.binomtest(4, 10).proportion_ci()
    assert (low, high) == pytest.approx((exact.low, exact.high), abs=0.03)
    assert (table["circuit_low"] <= table["circuit_share"]).all()
    assert (table["circuit_share"] <= table["circuit_high"]).all()


def test_networks_of_one_seed_are_no_independent_evidence() -> None:
    runs = sweep(lambda row, _: row["seed"] <= 5)  # both thresholds always agree
    table = outcomes.shares(runs)
    both = table[(table["threshold"] == "all") & (table["l2"] == 0)].iloc[0]
    one = table[(table["threshold"] == "0.9") & (table["l2"] == 0)].iloc[0]
    assert both["circuit_high"] - both["circuit_low"] >= 0.9 * (one["circuit_high"] - one["circuit_low"])


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = []
    for random in range(40):
        table = outcomes.shares(sweep(lambda row, rng: rng.random() < 0.7, random=random))
        cells = table[(table["threshold"] != "all") & (table["l2"] < 0.1)]
        covered.append(((cells["circuit_low"] <= 0.7) & (cells["circuit_high"] >= 0.7)).mean())
    assert np.mean(covered) >= 0.94


def test_kinds_are_counted_once_by_what_is_missing() -> None:
    runs = sweep(lambda row, _: row["seed"] > 2, twins=(0, 1))
    lost = runs["kind"] == "unfinished"
    solutions = runs.assign(
        missing_cycles=np.where(lost, "6[2]", None), lost_dimensions=None, matched_modes=np.where(lost, 30, 36),
        next_modulus_low=np.where(lost, 0.5, np.nan), next_modulus_high=np.where(lost, 0.8, np.nan), digits=0.0,
    )  # fmt: skip
    table = outcomes.kinds(solutions)
    assert table["networks"].sum() == (runs["twin"] == 0).sum()
    row = table[(table["kind"] == "unfinished") & (table["task"] == "T3") & (table["hidden_dim"] == 64)].iloc[0]
    assert row["missing_cycles"] == "6[2]"
    assert (row["networks"], row["seeds"], row["by_threshold"]) == (4, 2, "0.9:2 0.98:2")
    assert (row["next_modulus_low"], row["next_modulus_high"]) == (0.5, 0.8)
    assert row["example"] in set(runs["run_id"])


def test_an_experiment_of_twins_alone_is_counted_too_a_network_of_a_seed_once() -> None:
    runs = sweep(lambda row, _: row["seed"] > 2, twins=(1, 2))
    assert outcomes.shares(runs)["networks"].sum() == len(runs)


def test_verdicts_say_between_what_they_part() -> None:
    runs = sweep(lambda row, _: row["seed"] > 2)
    runs.loc[runs.index[0], ["verdict", "test_accuracy"]] = [OTHERWISE, 0.995]
    for column in ("data_worst_decoding_accuracy", "data_edit_success", "unedited_success", "data_condition"):
        runs[column] = np.arange(len(runs), dtype=float)
    table = outcomes.verdicts(runs).set_index(["verdict", "task"])
    assert table.loc[(OTHERWISE, "all"), "networks"] == 1
    assert table.loc[("did not learn", "all"), "test_accuracy_high"] == 0.9
    of = runs[(runs["verdict"] == "did not learn") & (runs["task"] == "T3")]
    found = table.loc[("did not learn", "T3")]
    assert (found["data_condition_low"], found["data_condition_high"]) == (
        of["data_condition"].min(), of["data_condition"].max(),
    )  # fmt: skip
    page = outcomes.verdicts_as_markdown(outcomes.verdicts(runs)).splitlines()
    assert [line.split("|")[1].strip() for line in page[2:]] == ["did not learn", *sorted([STORED, OTHERWISE])]
    assert "| 1 | 0.9950 to 0.9950 |" in page[-1]


def with_bases(runs: pd.DataFrame) -> pd.DataFrame:
    """Made-up measures of each basis, all different."""
    names = (
        "decoding_accuracy", "worst_decoding_accuracy", "edit_success", "decoded_map_error", "map_error", "gain",
        "shape_error", "condition",
    )  # fmt: skip
    for i, prefix in enumerate(outcomes.BASES):
        for j, name in enumerate(names):
            runs[f"{prefix}_{name}"] = 1000 * i + 100 * j + np.arange(len(runs)) / 1000
    return runs


def test_bases_are_those_of_the_first_circuit_of_the_strictest_settings() -> None:
    runs = with_bases(sweep(lambda row, _: row["seed"] > 3 and (row["threshold"] == 0.98 or row["task"] == "T1")))
    table = outcomes.bases(runs)
    assert table["run_id"].unique().tolist() == ["T1_h128_l2-0_thr-0.98_seed4", "T3_h128_l2-0_thr-0.98_seed4"]
    of = runs.set_index("run_id").loc["T3_h128_l2-0_thr-0.98_seed4"]
    row = table[(table["task"] == "T3") & (table["basis"] == "paper's")].iloc[0]
    assert row["gain"] == of["power_gain"]
    page = outcomes.bases_as_markdown(table).splitlines()
    assert len(page) == 2 + 6
    assert all(line.count("|") == page[0].count("|") for line in page)
    assert f"| {of['realisation_decoding_accuracy']:.4f} |" in page[-1]
    none = outcomes.bases(with_bases(sweep(lambda row, _: False)))
    assert none.empty
    assert len(outcomes.bases_as_markdown(none).splitlines()) == 2


def test_bases_by_penalty_count_the_flawless_among_the_circuits() -> None:
    runs = with_bases(sweep(lambda row, _: row["l2"] == 0.001))
    runs["power_worst_decoding_accuracy"] = np.where(runs["seed"] > 2, 1.0, 0.9)
    runs["power_edit_success"] = np.where(runs["seed"] > 3, 1.0, 0.9)
    table = outcomes.bases_by_penalty(runs)
    assert table["l2"].unique().tolist() == [0.001]
    row = table[(table["task"] == "T3") & (table["basis"] == "paper's")].iloc[0]
    assert (row["networks"], row["flawless"]) == (40, 28)
    assert (row["worst_decoding_accuracy_low"], row["worst_decoding_accuracy_high"]) == (0.9, 1.0)
