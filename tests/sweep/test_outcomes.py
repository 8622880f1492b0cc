from __future__ import annotations

import numpy as np
import pandas as pd

from emtvb.experiments.sweep import outcomes

from .made_up import OTHERWISE, STORED, sweep


def test_verdicts_say_between_what_they_part() -> None:
    runs = sweep(lambda row, _: row["seed"] > 2)
    runs.loc[runs.index[0], ["verdict", "test_accuracy"]] = [OTHERWISE, 0.995]
    for column in ("data_worst_decoding_accuracy", "data_edit_success", "unedited_success", "data_condition"):
        runs[column] = np.arange(len(runs), dtype=float)
    table = outcomes.verdict_ranges(runs).set_index(["verdict", "task"])
    assert table.loc[(OTHERWISE, "all"), "networks"] == 1
    assert table.loc[("did not learn", "all"), "test_accuracy_high"] == 0.9
    of = runs[(runs["verdict"] == "did not learn") & (runs["task"] == "T3")]
    found = table.loc[("did not learn", "T3")]
    assert (found["data_condition_low"], found["data_condition_high"]) == (
        of["data_condition"].min(), of["data_condition"].max(),
    )  # fmt: skip
    page = outcomes.verdicts_as_markdown(outcomes.verdict_ranges(runs)).splitlines()
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
    table = outcomes.example_bases(runs)
    assert table["run_id"].unique().tolist() == ["T1_h128_l2-0_thr-0.98_seed4", "T3_h128_l2-0_thr-0.98_seed4"]
    of = runs.set_index("run_id").loc["T3_h128_l2-0_thr-0.98_seed4"]
    row = table[(table["task"] == "T3") & (table["basis"] == "paper's")].iloc[0]
    assert row["gain"] == of["power_gain"]
    page = outcomes.bases_as_markdown(table).splitlines()
    assert len(page) == 2 + 6
    assert all(line.count("|") == page[0].count("|") for line in page)
    assert f"| {of['realisation_decoding_accuracy']:.4f} |" in page[-1]
    none = outcomes.example_bases(with_bases(sweep(lambda row, _: False)))
    assert none.empty
    assert len(outcomes.bases_as_markdown(none).splitlines()) == 2
