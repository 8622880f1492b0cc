from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb import config
from emtvb.paper import table1


def measured(rows: list[tuple]) -> pd.DataFrame:
    columns = ["task", "hidden_dim", "l2", "threshold", "seed", "spectral_error", "test_accuracy"]
    table = pd.DataFrame(rows, columns=columns)
    ids = [f"{r.task}_h{r.hidden_dim}_l2-{r.l2:g}_thr-{r.threshold:g}_seed{r.seed}" for r in table.itertuples()]
    return table.assign(run_id=ids, optimal_spectral_error=table["spectral_error"].fillna(1.0))


NAN = float("nan")
ROWS = [
    ("T1", 128, 0.0, 0.9, 1, 0.4, 0.7),
    ("T1", 128, 0.0, 0.98, 1, 0.2, 0.9),
    ("T1", 128, 0.0, 0.9, 2, NAN, 0.8),
    ("T1", 128, 0.0, 0.98, 2, 0.6, 0.6),
    ("T1", 128, 0.0, 0.9, 3, NAN, 0.5),
    ("T1", 128, 0.0, 0.98, 3, NAN, 0.5),
    ("T3", 64, 0.1, 0.9, 1, NAN, 0.5),
    ("T3", 64, 0.1, 0.98, 1, NAN, 0.5),
    ("T3", 32, 10.0, 0.9, 1, 0.1, 0.5),
]


def test_a_cell_is_the_mean_over_seeds_of_the_best_over_thresholds() -> None:
    table = table1.tabulate_table1(measured(ROWS))
    cell = table.iloc[0]
    assert cell.spectral_error == pytest.approx((0.2 + 0.6) / 2)
    assert cell.accuracy == pytest.approx((0.9 + 0.8 + 0.5) / 3)
    assert (cell.seeds_with_error, cell.seeds) == (2, 3)
    assert cell.optimal_spectral_error == pytest.approx((0.2 + 0.6 + 1.0) / 3)
    assert (cell.published_spectral_error, cell.published_accuracy) == (0.0005, 1.0)


def test_every_published_value_finds_its_cell() -> None:
    paper = table1.published_table1()
    assert len(paper) == 24
    assert paper["spectral_error"].notna().sum() == 12
    rows = [(r.task, r.hidden_dim, r.l2, 0.9, 1, 0.5, 0.5) for r in paper.itertuples()]
    table = table1.tabulate_table1(measured(rows))
    pd.testing.assert_series_equal(table["published_accuracy"], paper["accuracy"], check_names=False)


def test_the_script_skips_a_hundred_runs_of_five_kinds() -> None:
    kinds = itertools.product(("T1", "T2", "T3", "T4"), (128, 64, 32), (0, 0.001, 0.1, 10), (0.9, 0.98))
    assert {kind for kind in kinds if table1.was_skipped(*kind)} == {
        ("T1", 128, 0, 0.9),
        ("T1", 32, 0.1, 0.9),
        ("T2", 32, 0, 0.9),
        ("T3", 64, 0.1, 0.9),
        ("T4", 64, 0, 0.9),
    }
    runs = config.load_sweep(Path(__file__).parents[2] / "config" / "paper.yaml").runs()
    left_out = [run for run in runs if table1.was_skipped(run.task.name, run.hidden_dim, run.l2, run.threshold)]
    assert (len(runs), len(left_out)) == (1920, 100)


def sweep(error: float, accuracy: float, seeds: int = 20) -> pd.DataFrame:
    """Table 1's grid, every run with these values."""
    rows = [
        (*cell, threshold, seed, error, accuracy)
        for cell in table1.published_table1()[table1.CELL].itertuples(index=False)
        for threshold in (0.9, 0.98)
        for seed in range(1, seeds + 1)
    ]
    return measured(rows)


def test_the_published_subset_is_the_table_without_what_was_skipped() -> None:
    runs = sweep(0.001, 0.9)
    assert len(runs) - len(table1.as_published(runs)) == 3 * 20
    best = (runs["task"] == "T1") & (runs["hidden_dim"] == 128) & (runs["l2"] == 0) & (runs["threshold"] == 0.9)
    runs.loc[best, ["spectral_error", "test_accuracy"]] = 0.0001, 1.0
    table = table1.tabulate_table1(runs).set_index(table1.CELL)
    cell = table.loc[("T1", 128, 0)]
    assert (cell.accuracy, cell.as_published_accuracy) == pytest.approx((1.0, 0.9))
    assert (cell.spectral_error, cell.as_published_spectral_error) == pytest.approx((0.0001, 0.001))
    others = table.drop(index=("T1", 128, 0))
    np.testing.assert_allclose(others["as_published_accuracy"], others["accuracy"])
    assert (table["as_published_seeds"] == 20).all()
    assert "without skipped runs 0.0010 (0.90) 20/20" in table1.as_markdown(table.reset_index())
    assert table1.as_markdown(table.reset_index()).count("without skipped") == 1


def test_a_seed_without_one_of_its_runs_does_not_count_as_published() -> None:
    runs = sweep(0.001, 0.9)
    gone = runs["run_id"].isin(["T2_h64_l2-0_thr-0.9_seed3", "T1_h128_l2-0_thr-0.9_seed4"])
    seeds = table1.tabulate_table1(runs[~gone]).set_index(table1.CELL)["as_published_seeds"]
    assert seeds[("T2", 64, 0)] == 19
    assert seeds[("T1", 128, 0)] == 20


def test_cells_are_judged_by_what_the_paper_prints() -> None:
    table = table1.tabulate_table1(sweep(0.0005, 1.0)).set_index(table1.CELL)
    cell = table.loc[("T1", 128, 0)]
    assert (cell.spectral_error_verdict, cell.accuracy_verdict) == ("consistent", "consistent")
    assert cell.accuracy_low <= 1 <= cell.accuracy_high
    assert cell.spectral_error_low <= 0.0005 <= cell.spectral_error_high
    assert table.loc[("T1", 64, 0), "spectral_error_verdict"] == "inconsistent"
    assert table.loc[("T1", 64, 0.1), "accuracy_verdict"] == "inconsistent"
    assert (table1.tabulate_table1(sweep(0.0005, 1.0, seeds=3))["accuracy_verdict"] == "not determined").all()


def test_runs_under_another_protocol_are_not_judged() -> None:
    rows = measured(ROWS)
    table = table1.tabulate_table1(rows.assign(run_id=rows["run_id"] + "_p1234abcd"))
    assert table[["accuracy_verdict", "as_published_accuracy", "published_accuracy"]].isna().all(axis=None)
    assert {judged.verdict for cell in table1.judge_cells(rows).values() for judged in cell} == {"not determined"}


def test_a_printed_cell_that_is_not_compared_says_so_and_why() -> None:
    """And one that the paper does not print says that."""
    rows = measured(ROWS)
    rows = rows.assign(run_id=rows["run_id"] + "_p1234abcd")
    printed = pd.MultiIndex.from_frame(rows[table1.CELL]).isin(table1.published_table1().set_index(table1.CELL).index)
    assert 0 < printed.sum() < len(rows)
    for unlike, why in (
        (["5 epochs instead of 10"], "5 epochs instead of 10"),
        (["a", "b", "c", "d"], "a, b and 2 more differences"),
        ([], "other runs than the paper's"),
    ):
        table = table1.tabulate_table1(rows, unlike)
        for text in (table1.as_markdown(table), table1.as_latex(table), table1.as_text(table).to_string()):
            assert f"paper: not compared ({why})" in text
            assert "paper: not given" in text
    assert (table1.tabulate_table1(measured(ROWS), ["a"])["not_compared"] == "").all()


def test_cells_of_text_say_ours_theirs_and_coverage() -> None:
    table = table1.tabulate_table1(measured(ROWS))
    for text in (table1.as_markdown(table), table1.as_latex(table)):
        for part in (
            "0.4000 (0.73)",
            "2/3",
            "paper 0.0005 (1.00)",
            "--- (0.50)",
            "0/1",
            "paper --- (0.50)",
            "not given",
        ):
            assert part in text
    assert table1.as_latex(table).count(r"\\") == 4
    assert table1.as_text(table).shape == (3, 5)


def test_l2_penalties_that_look_alike_keep_their_columns() -> None:
    rows = measured([("T1", 64, l2, 0.9, 1, 0.1, 0.9) for l2 in (0.1234567, 0.1234568)])
    assert table1.as_text(table1.tabulate_table1(rows)).shape == (1, 4)


def test_an_experiment_of_twins_alone_has_a_table_of_those_moved_as_far_as_the_first() -> None:
    runs = sweep(0.001, 0.9, seeds=5).assign(twin=0)
    twins = [runs.assign(run_id=runs["run_id"] + f"_twin{n}", twin=n, test_accuracy=0.9 / n) for n in (1, 2)]
    table = table1.tabulate_table1(pd.concat(twins, ignore_index=True))
    assert table["accuracy"].tolist() == pytest.approx([0.9] * len(table))
    assert (table["seeds"] == 5).all()
    assert table["published_accuracy"].isna().all()  # the paper has no twins
    for text in (table1.as_markdown(table), table1.as_latex(table)):
        assert "paper: not compared (other runs than the paper's)" in text


def test_twins_enter_no_cell() -> None:
    runs = sweep(0.001, 0.9, seeds=5).assign(twin=0)
    twin = runs.assign(run_id=runs["run_id"] + "_twin1", twin=1, test_accuracy=0.95)
    columns = ["task", "hidden_dim", "l2", "spectral_error", "accuracy", "seeds", "as_published_accuracy"]
    both = table1.tabulate_table1(pd.concat([runs, twin], ignore_index=True))
    pd.testing.assert_frame_equal(both[columns], table1.tabulate_table1(runs)[columns])


def test_networks_that_never_trained_tell_nothing_of_how_often_others_are_lost() -> None:
    """Of trained cells each hears of the other trained ones: how many of their seeds are odd, of how many."""
    runs = sweep(NAN, 1.0, seeds=5)
    runs.loc[runs["l2"] == 0.1, "test_accuracy"] = 0.5
    runs.loc[(runs["task"] == "T4") & (runs["hidden_dim"] == 128) & (runs["l2"] == 0) & (runs["seed"] == 3),
             "test_accuracy"] = 0.8  # fmt: skip
    accuracies = {cell: accuracy[1] for cell, (_, accuracy) in table1.cell_values(runs).items()}
    assert sorted(accuracies["T1", 64, 0].others) == [(0, 5)] * 14 + [(1, 5)]
    assert accuracies["T4", 128, 0].others == ((0, 5),) * 15
    assert accuracies["T1", 64, 0.1].others == ((0, 5),) * 7
    assert {of.lowest for of in accuracies.values()} == {0.8}
    every = sweep(NAN, 0.5, seeds=5)
    one = every["run_id"] == "T4_h128_l2-0.1_thr-0.9_seed3"  # a cell of which one seed has trained is trained
    values = table1.cell_values(every.assign(test_accuracy=np.where(one, 0.9, 0.5)))
    assert values["T4", 128, 0.1][1][1].others == ()
    assert values["T1", 64, 0.1][1][1].others == ((0, 5),) * 22


def test_errors_are_drawn_towards_those_of_cells_of_their_kind() -> None:
    """In which every seed gives an error, or in which some do."""
    runs = sweep(0.002, 1.0, seeds=5)
    runs.loc[(runs["task"] == "T1") & (runs["seed"] == 2), "spectral_error"] = NAN
    runs.loc[(runs["task"] == "T2") & (runs["l2"] == 0) & (runs["seed"] == 1), "spectral_error"] = 0.02
    errors = {cell: error[1] for cell, (error, _) in table1.cell_values(runs).items()}
    assert errors["T1", 64, 0].others == ((0, 4),) * 5
    assert sorted(errors["T3", 64, 0].others) == [(0, 5)] * 15 + [(1, 5)] * 2
