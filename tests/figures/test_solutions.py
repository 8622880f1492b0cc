from __future__ import annotations

import itertools

import pandas as pd
import pytest
from scipy import stats

from emtvb.experiments.sweep.figures import solutions
from emtvb.theory.network_verdict import NOT_LEARNED, OTHERWISE, STORED


def make_measured(seeds: int = 4, twins: int = 2) -> pd.DataFrame:
    """Runs of two tasks: with a penalty of 0.1 none learns, with 0.001 some otherwise; T2 seed 1 has so many twins."""
    found = []
    for task, l2, threshold, seed in itertools.product(
        ("T1", "T2"), (0.0, 0.001, 0.1), (0.9, 0.98), range(1, seeds + 1)
    ):
        verdict = STORED if l2 == 0 else NOT_LEARNED if l2 == 0.1 or seed > 2 else OTHERWISE
        verdict = NOT_LEARNED if (l2, threshold, seed) == (0.0, 0.9, 1) else verdict
        run_id = f"{task}_h64_l2-{l2:g}_thr-{threshold:g}_seed{seed}"
        found.append((run_id, task, 64, l2, threshold, seed, 0, verdict))
        if task == "T2" and seed == 1:
            found += [(f"{run_id}_twin{i}", task, 64, l2, threshold, seed, i, verdict) for i in range(1, twins + 1)]
    names = ["run_id", "task", "hidden_dim", "l2", "threshold", "seed", "twin", "verdict"]
    return pd.DataFrame(found, columns=names)


def test_sizes_and_penalties_with_which_nothing_is_solved_are_named_and_not_shown() -> None:
    measured = make_measured()
    small = measured.assign(hidden_dim=32, verdict=NOT_LEARNED, run_id=measured["run_id"].str.replace("h64", "h32"))
    figure = solutions.draw(pd.concat([measured, small]))
    for axes in figure.axes:
        task, *idle = axes.get_title().splitlines()
        kinds = solutions.numbers(measured)
        kinds = kinds[kinds["task"] == task]
        solved = kinds[(kinds["verdict"] != NOT_LEARNED) & (kinds["found"] > 0)]
        assert {text.get_text() for text in axes.texts} == {f"64\nL2 {l2:g}" for l2 in solved["l2"]}
        assert " ".join(idle).startswith("no run solves the task with 32 neurons; 64 and L2 ")
    nothing = solutions.draw(measured.assign(verdict=NOT_LEARNED))
    assert "64\nL2 0.1" in {text.get_text() for axes in nothing.axes for text in axes.texts}


def test_kinds_are_counted_without_twins_and_those_of_none_too() -> None:
    table = solutions.numbers(make_measured(seeds=4))
    assert len(table) == 2 * 3 * 2 * 3  # tasks, penalties, thresholds, verdicts
    assert (table["runs"] == 4).all()
    row = table.query("task == 'T2' and l2 == 0.001 and threshold == 0.98").set_index("verdict")
    assert row["found"].to_dict() == {STORED: 0, OTHERWISE: 2, NOT_LEARNED: 2}
    assert row["value"].to_dict() == {STORED: 0, OTHERWISE: 0.5, NOT_LEARNED: 0.5}
    assert (table.groupby(solutions.CELL)["found"].sum() == 4).all()


def test_intervals_of_shares_are_exact() -> None:
    table = solutions.numbers(make_measured(seeds=4))
    for row in table.itertuples():
        exact = stats.binomtest(row.found, row.runs).proportion_ci(method="exact")
        assert (row.low, row.high) == pytest.approx((exact.low, exact.high))


def test_the_key_counts_all_runs_and_one_seed_gives_counts_alone() -> None:
    measured = make_measured(seeds=4)
    said = [text.get_text() for text in solutions.draw(measured).legends[0].get_texts()]
    stored, otherwise, failed = (solutions.WORDS[kind] for kind in (STORED, OTHERWISE, NOT_LEARNED))
    assert said == [
        f"{stored}: 14 of 48 runs", f"{otherwise}: 8 of 48 runs", f"no mark: {failed}: 26 of 48 runs",
        "bars: 95% intervals of shares",
    ]  # fmt: skip
    (axes,) = solutions.draw(measured[measured["seed"] == 2]).axes
    (text,) = axes.texts
    counts = [f"{stored}: 4 of 12 runs", f"{otherwise}: 4 of 12 runs", f"{failed}: 4 of 12 runs"]
    assert text.get_text().splitlines() == [solutions.TOO_FEW, *counts]
