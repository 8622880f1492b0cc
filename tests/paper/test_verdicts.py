from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emtvb import tables
from emtvb.audit.report import VERDICTS, ClaimResult
from emtvb.errors import InputError
from emtvb.paper import claims, verdicts
from tests.paper.made_up import NAN, sweep


def by_name(measured: pd.DataFrame) -> dict[str, ClaimResult]:
    results = verdicts.evaluate(measured)
    assert len({result.name for result in results}) == len(results)
    return {result.name: result for result in results}


def cells(results: dict[str, ClaimResult]) -> Counter:
    return Counter(result.verdict for result in results.values() if result.group in ("accuracy", "spectral error"))


@pytest.mark.parametrize(("seeds", "mostly"), [(5, 28), (20, 44)])
def test_a_sweep_drawn_from_the_published_values_mostly_reproduces(seeds: int, mostly: int) -> None:
    for random in range(3):
        found = cells(by_name(sweep(seeds, random=random)))
        assert found.total() == 48
        assert found["reproduced"] >= mostly
        assert found["not reproduced"] <= 1


def test_a_sweep_far_from_the_published_values_does_not() -> None:
    found = cells(by_name(sweep(20, like_the_paper=False)))
    assert found["reproduced"] == 0
    assert found["not reproduced"] >= 44


def test_few_seeds_cannot_tell() -> None:
    results = by_name(sweep(4))
    assert {result.verdict for name, result in results.items() if name != "skipped-runs"} == {"cannot tell"}
    assert "4 seeds" in results["table1-T1-128-0-accuracy"].because


def test_no_runs_of_the_papers_cannot_tell() -> None:
    other = sweep(5)
    other["run_id"] += "_p12345678"
    for result in verdicts.evaluate(other):
        assert (result.verdict == "cannot tell") == (result.name != "skipped-runs")
        assert result.name == "skipped-runs" or "none of its runs" in result.because or "seeds" in result.because


def test_statements_are_about_the_networks_that_they_name() -> None:
    results = by_name(sweep(20))
    assert results["same-circuit"].verdict == "reproduced"
    assert results["circuit-needed"].verdict == "reproduced"
    assert results["basis-repeat-copy"].verdict == "reproduced"
    assert results["basis-composition"].verdict == "not reproduced"
    assert results["hidden-state-composition"].verdict == "not reproduced"
    assert results["memories-cause"].verdict == "not reproduced"
    assert results["gains"].verdict == "not reproduced"
    assert results["greedy-matching"].verdict == "reproduced"
    solved = sweep(20)
    solved = solved[solved["test_accuracy"] >= 0.99]
    assert results["coverage"].networks == len(solved)
    assert results["basis-repeat-copy"].networks == (solved["task"] == "T1").sum()


def test_hidden_coverage_shows() -> None:
    """Networks that solve their task with a wrong count have no error, and the cell's mean does not say so."""
    runs = sweep(20)
    solved = runs["test_accuracy"] >= 0.99
    lost = solved & (runs["seed"] % 2 == 0)
    runs.loc[lost, ["spectral_error", "optimal_spectral_error", "network_eigenvalues"]] = [NAN, 0.3, 30]
    results = by_name(runs)
    assert results["coverage"].verdict == "not reproduced"
    assert results["spectrum-arguments"].verdict == "not reproduced"
    assert "10 of 20 seeds" in results["table1-T3-128-0_001-error"].because
    assert results["rounding"].verdict == "reproduced"


def test_errors_lost_to_rounding_and_to_greed_show() -> None:
    runs = sweep(20)
    runs.loc[runs["seed"] % 3 == 0, "spectral_error"] = NAN
    runs.loc[runs["seed"] % 3 == 1, "optimal_spectral_error"] -= 0.0001
    results = by_name(runs)
    assert results["rounding"].verdict == "not reproduced"
    assert results["greedy-matching"].verdict == "not reproduced"


def test_what_skipped_runs_change_shows() -> None:
    runs = sweep(20)
    name = "skipped-T1-128-accuracy"
    assert by_name(runs)[name].verdict == "reproduced"
    runs.loc[runs["run_id"].str.startswith("T1_h128_l2-0_thr-0.98"), "test_accuracy"] = 0.9
    changed = by_name(runs)[name]
    assert changed.verdict == "not reproduced"
    assert changed.because.startswith("0.90 without them, ")
    fewer = runs[~((runs["seed"] > 10) & runs["run_id"].str.startswith("T1_h128_l2-0_thr-0.9_"))].copy()
    fewer.loc[(fewer["seed"] > 10) & (fewer["task"] == "T1"), "test_accuracy"] = 0.1
    assert by_name(fewer)[name].because.startswith("0.90 without them, ")
    assert by_name(fewer)[name].seeds == 10
    only = runs[~runs["run_id"].str.startswith("T1_h128_l2-0_thr-0.9_")]
    assert by_name(only)[name].verdict == "cannot tell"
    assert by_name(only)["table1-T1-128-0-accuracy"].seeds == 20


@settings(max_examples=15)
@given(st.sets(st.sampled_from(claims.COLUMNS)))
def test_whatever_column_is_missing_claims_say_so(gone: set[str]) -> None:
    needed = {*tables.RUN_COLUMNS, *tables.MEASURED_COLUMNS}
    table = sweep(6)
    left = table.drop(columns=[column for column in table.columns if column in gone - needed])
    for result in verdicts.evaluate(left):
        assert result.verdict in VERDICTS
        assert result.because
        if "not measured" in result.because:
            assert result.verdict == "cannot tell"


def test_a_claim_about_a_missing_column_is_not_judged() -> None:
    result = by_name(sweep(20).drop(columns="verdict"))["same-circuit"]
    assert (result.verdict, result.because) == ("cannot tell", "not measured: no column verdict")


def test_reading_an_experiments_folder(tmp_path: Path) -> None:
    table = sweep(5)
    runs = list(tables.RUN_COLUMNS)
    tables.write_csv(tmp_path / "runs.csv", table[runs])
    with pytest.raises(InputError, match=r"measurements\.csv"):
        verdicts.read(tmp_path)
    tables.write_csv(tmp_path / "measurements.csv", table.drop(columns=runs[1:]))
    assert verdicts.read(tmp_path) == verdicts.evaluate(table)
