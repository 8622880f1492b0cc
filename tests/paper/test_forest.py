from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from emtvb.paper import forest, significance, table1
from emtvb.paper.forest import OURS, PRINTED, SEED, UNJUDGED

from .made_up import sweep
from .test_verdicts import twins


def cell(rows: pd.DataFrame, task: str, hidden_dim: int, l2: float, measure: str) -> pd.DataFrame:
    return rows.query(f"task == '{task}' and hidden_dim == {hidden_dim} and l2 == {l2} and measure == '{measure}'")


def shown(runs: pd.DataFrame) -> pd.DataFrame:
    return forest.forest_rows(runs, forest.cell_error_rates(runs))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return shown(sweep(6))


def test_every_number_of_the_table_is_there_in_its_order(rows: pd.DataFrame) -> None:
    assert rows.columns.tolist() == forest.COLUMNS
    cells = list(rows[table1.CELL].drop_duplicates().itertuples(index=False, name=None))
    assert cells == list(table1.published_table1().set_index(table1.CELL).index)
    assert rows["kind"].value_counts().to_dict() == {SEED: 24 * 2 * 6, OURS: 48, PRINTED: 48}


def test_means_coverage_intervals_and_verdicts_are_those_of_the_table(rows: pd.DataFrame) -> None:
    table = table1.tabulate_table1(sweep(6)).set_index(table1.CELL)
    for row in rows[rows["kind"] == OURS].itertuples():
        expected = table.loc[(row.task, row.hidden_dim, row.l2)]
        assert row.value == pytest.approx(expected[f"as_published_{row.measure}"], nan_ok=True)
        low, high, verdict = (expected[f"{row.measure}_{part}"] for part in ("low", "high", "verdict"))
        assert (row.low, row.high) == pytest.approx((low, high), nan_ok=True)
        assert row.verdict == verdict
        assert row.seeds == expected["as_published_seeds"] == 6
        if row.measure == "spectral_error":
            assert row.with_value == expected["as_published_seeds_with_error"]


def test_what_is_printed_stands_with_its_margin(rows: pd.DataFrame) -> None:
    (error,) = cell(rows, "T2", 128, 0, "spectral_error").query("kind == 'printed'").itertuples()
    assert (error.value, error.low, error.high) == (0.0055, 0.0055 / significance.ERROR_MARGIN, 0.011)
    (accuracy,) = cell(rows, "T2", 128, 0, "accuracy").query("kind == 'printed'").itertuples()
    assert (accuracy.value, accuracy.low, accuracy.high) == pytest.approx((0.98, 0.93, 1.03))
    (none,) = cell(rows, "T1", 64, 0, "spectral_error").query("kind == 'printed'").itertuples()
    assert all(map(math.isnan, (none.value, none.low, none.high)))


def test_a_seed_stands_at_its_best_over_the_thresholds_that_the_script_ran() -> None:
    runs = sweep(5)
    first = runs["seed"] == 1
    runs.loc[first & (runs["threshold"] == 0.9), "test_accuracy"] = 0.123
    runs.loc[first & (runs["threshold"] == 0.98), "spectral_error"] = 0.5
    found = shown(runs)
    (seed,) = cell(found, "T2", 128, 0, "accuracy").query("kind == 'seed' and seed == 1")["value"]
    best = runs.query("task == 'T2' and hidden_dim == 128 and l2 == 0 and seed == 1 and threshold == 0.98")
    assert seed == best["test_accuracy"].item() != 0.123
    (skipped,) = cell(found, "T4", 64, 0, "spectral_error").query("kind == 'seed' and seed == 1")["value"]
    assert skipped == 0.5  # its run with threshold 0.9, whose error is less, was skipped


def test_twins_are_no_seeds_and_change_what_would_be_printed() -> None:
    runs = sweep(20)
    spiked = twins(runs, 0.0, len(runs))
    spiked.loc[(spiked["twin"] > 0) & (spiked["task"] == "T3"), "spectral_error"] *= 30
    plain, other = (forest.forest_rows(of, forest.cell_error_rates(of, (2, 2))) for of in (runs, spiked))
    seeds = [table[table["kind"] == SEED].reset_index(drop=True) for table in (plain, other)]
    pd.testing.assert_frame_equal(*seeds)
    high = [
        float(cell(table, "T3", 128, 0, "spectral_error").query("kind == 'ours'")["high"].item())
        for table in (plain, other)
    ]
    assert high[1] > high[0]


def test_rates_of_error_stand_beside_each_value_where_all_the_papers_seeds_are_there() -> None:
    runs = sweep(20)
    found = forest.forest_rows(runs, forest.cell_error_rates(runs, (3, 3)))
    ours = found[found["kind"] == OURS]
    printed = ours["measure"].eq("accuracy") | ours["value"].notna()
    for rate in forest.RATES:
        assert ours.loc[printed, rate].between(0, 1).all()
        assert found.loc[found["kind"] != OURS, rate].isna().all()
    assert forest.cell_error_rates(sweep(6)).empty
    assert shown(sweep(6))[forest.RATES].isna().all(axis=None)


def test_an_experiment_without_both_thresholds_shows_what_it_has_and_judges_nothing() -> None:
    runs = sweep(1)
    found = shown(runs[(runs["threshold"] == 0.98) & (runs["hidden_dim"] == 128) & (runs["l2"] == 0)])
    assert found[table1.CELL].drop_duplicates()["task"].tolist() == ["T1", "T2", "T3", "T4"]
    ours = found[found["kind"] == OURS].set_index(["task", "measure"])
    assert ours.loc[("T2", "accuracy"), "verdict"] == UNJUDGED
    assert ours.loc[("T1", "accuracy"), "verdict"] == "not determined"  # of T1 the script ran no other threshold
    assert (ours["seeds"] == 1).all()
    assert ours["low"].isna().all()


def test_cells_that_the_paper_does_not_print_are_shown_only_where_there_are_no_others() -> None:
    runs = sweep(2)
    more = runs[runs["hidden_dim"] == 64].assign(hidden_dim=32)
    more["run_id"] = more["run_id"].str.replace("_h64_", "_h32_")
    assert set(shown(pd.concat([runs, more], ignore_index=True))["hidden_dim"]) == {64, 128}
    own = more.assign(run_id="d3-" + more["run_id"], task="mine")
    found = shown(own)
    assert set(found["task"]) == {"mine"}
    assert set(found["kind"]) == {SEED, OURS}
    assert found["verdict"].isna().all()
    assert len(found) == 3 * 2 * (2 + 1)


def test_a_cell_of_the_papers_size_is_not_the_papers_where_the_task_is_another() -> None:
    runs = sweep(2)
    other = runs.assign(run_id=runs["run_id"].str.replace("_h", "-d3s3_h"))
    assert set(shown(other)["kind"]) == {SEED, OURS}


def test_a_seed_without_an_error_is_a_row_without_a_value() -> None:
    runs = sweep(5)
    runs.loc[(runs["seed"] == 2), "spectral_error"] = np.nan
    found = cell(shown(runs), "T2", 128, 0, "spectral_error")
    assert found.query("kind == 'seed'")["value"].isna().tolist() == [False, True, False, False, False]
    assert found.query("kind == 'ours'")["with_value"].item() == 4
