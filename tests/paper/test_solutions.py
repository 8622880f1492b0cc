from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from emtvb.paper import solutions
from emtvb.theory.verdict import NOT_LEARNED, OTHERWISE, STORED

NAN = float("nan")


def make_measured(seeds: int = 4, twins: int = 2) -> pd.DataFrame:
    """Runs of two tasks: with a penalty of 0.1 none learns, with 0.001 some otherwise; T2 seed 1 has so many twins."""
    found = []
    for task, l2, threshold, seed in itertools.product(
        ("T1", "T2"), (0.0, 0.001, 0.1), (0.9, 0.98), range(1, seeds + 1)
    ):
        verdict = STORED if l2 == 0 else NOT_LEARNED if l2 == 0.1 or seed > 2 else OTHERWISE
        verdict = NOT_LEARNED if (l2, threshold, seed) == (0.0, 0.9, 1) else verdict
        run_id = f"{task}_h64_l2-{l2:g}_thr-{threshold:g}_seed{seed}"
        accuracy = 0.6 if verdict == NOT_LEARNED else 1 - 1e-5 * seed
        error = 0.001 * seed * (1 + threshold) if verdict == STORED else NAN
        found.append((run_id, task, 64, l2, threshold, seed, 0, verdict, accuracy, error))
        if task == "T2" and seed == 1:
            found += [
                (f"{run_id}_twin{i}", task, 64, l2, threshold, seed, i, verdict, accuracy - 1e-6, error * (1 + i))
                for i in range(1, twins + 1)
            ]
    names = [
        "run_id",
        "task",
        "hidden_dim",
        "l2",
        "threshold",
        "seed",
        "twin",
        "verdict",
        "test_accuracy",
        "spectral_error",
    ]
    return pd.DataFrame(found, columns=names)


def of(panel: str, table: pd.DataFrame) -> pd.DataFrame:
    return table[table["panel"] == panel]


def test_kinds_are_counted_without_twins_and_those_of_none_too() -> None:
    table = of("kind", solutions.rows(make_measured(seeds=4)))
    assert len(table) == 2 * 3 * 2 * 3  # tasks, penalties, thresholds, verdicts
    assert (table["runs"] == 4).all()
    row = table.query("task == 'T2' and l2 == 0.001 and threshold == 0.98").set_index("verdict")
    assert row["found"].to_dict() == {STORED: 0, OTHERWISE: 2, NOT_LEARNED: 2}
    assert row["value"].to_dict() == {STORED: 0, OTHERWISE: 0.5, NOT_LEARNED: 0.5}
    assert (table.groupby(solutions.CELL)["found"].sum() == 4).all()


def test_intervals_of_shares_are_exact() -> None:
    table = of("kind", solutions.rows(make_measured(seeds=4)))
    for row in table.itertuples():
        exact = stats.binomtest(row.found, row.runs).proportion_ci(method="exact")
        assert (row.low, row.high) == pytest.approx((exact.low, exact.high))


def test_pairs_of_thresholds_are_of_the_same_seed() -> None:
    measured = make_measured()
    table = of("threshold", solutions.rows(measured))
    assert len(table) == 2 * 2 * 3 * 4  # measures, tasks, penalties, seeds
    row = table.query("task == 'T1' and l2 == 0 and seed == 3 and measure == 'spectral_error'").iloc[0]
    assert (row["threshold"], row["other"]) == (0.9, 0.98)
    assert (row["value"], row["other_value"]) == pytest.approx((0.003 * 1.9, 0.003 * 1.98))
    row = table.query("task == 'T1' and l2 == 0 and seed == 1 and measure == 'spectral_error'").iloc[0]
    assert np.isnan(row["value"])
    assert (row["verdict"], row["other_verdict"]) == (NOT_LEARNED, STORED)


def test_twins_stand_beside_the_run_that_they_are_of() -> None:
    table = of("twin", solutions.rows(make_measured(twins=2)))
    assert len(table) == 2 * 3 * 2 * 2  # measures, penalties, thresholds, twins
    row = table.query("l2 == 0 and threshold == 0.98 and other == 2 and measure == 'spectral_error'").iloc[0]
    assert row["other_value"] == pytest.approx(3 * row["value"])
    assert row["seed"] == 1


def test_twins_of_another_protocol_or_of_runs_that_are_not_there_are_none() -> None:
    renamed = make_measured(twins=1)
    renamed["run_id"] = renamed["run_id"].str.replace("_twin1", "_twin1_p0123abcd")
    assert of("twin", solutions.rows(renamed)).empty
    both = renamed.assign(run_id=[name if "_p0" in name else f"{name}_p0123abcd" for name in renamed["run_id"]])
    assert len(of("twin", solutions.rows(both))) == 12
    orphans = make_measured(twins=1)
    assert of("twin", solutions.rows(orphans[orphans["twin"] + orphans["seed"] != 1])).empty


@pytest.mark.parametrize("columns", [["twin"], []])
def test_no_twins_and_one_threshold_leave_no_pairs(columns: list[str]) -> None:
    measured = make_measured(twins=0)
    one = measured[measured["threshold"] == 0.9].drop(columns=columns)
    assert set(solutions.rows(one)["panel"]) == {"kind"}


def test_the_first_of_three_thresholds_is_held_against_both_others() -> None:
    measured = make_measured(twins=0)
    third = measured[measured["threshold"] == 0.98].assign(threshold=0.99)
    third["run_id"] += "b"
    table = of("threshold", solutions.rows(pd.concat([third, measured], ignore_index=True)))
    assert table.groupby(["threshold", "other"]).size().to_dict() == {(0.9, 0.98): 48, (0.9, 0.99): 48}
