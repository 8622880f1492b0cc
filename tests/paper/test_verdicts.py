from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emtvb import tables
from emtvb.errors import InputError
from emtvb.paper import claims, verdicts
from emtvb.paper.evidence import VERDICTS
from emtvb.paper.verdicts import ClaimResult
from tests.paper.made_up import NAN, sweep


def by_name(measured: pd.DataFrame, advise: bool = False) -> dict[str, ClaimResult]:
    results = verdicts.evaluate(measured, advise=advise)
    assert len({result.name for result in results}) == len(results)
    return {result.name: result for result in results}


def cells(results: dict[str, ClaimResult]) -> Counter:
    return Counter(result.verdict for result in results.values() if result.kind == "published table values")


@pytest.mark.parametrize(("seeds", "mostly"), [(5, 8), (20, 28)])
def test_a_sweep_drawn_from_the_published_values_agrees_the_more_the_more_seeds(seeds: int, mostly: int) -> None:
    for random in range(3):
        found = cells(by_name(sweep(seeds, random=random)))
        assert found.total() == 48
        assert found["agrees"] >= mostly
        assert found["differs"] == 0


def test_a_sweep_far_from_the_published_values_differs() -> None:
    found = cells(by_name(sweep(20, like_the_paper=False)))
    assert found["agrees"] == 0
    assert found["differs"] >= 40


def test_few_seeds_are_undecided() -> None:
    results = by_name(sweep(4))
    assert {result.verdict for name, result in results.items() if name != "skipped-runs"} == {"undecided"}
    assert "4 seeds" in results["table1-T1-128-0-accuracy"].because


OTHERS = {
    "another protocol": lambda runs: runs.assign(run_id=runs["run_id"] + "_p12345678"),
    "another horizon": lambda runs: runs.assign(measured_horizon=100),
    "another modulus": lambda runs: runs.assign(measured_modulus=0.8),
}


@pytest.mark.parametrize("other", OTHERS)
def test_runs_of_another_protocol_or_measured_otherwise_say_nothing_of_the_paper(other: str) -> None:
    for result in verdicts.evaluate(OTHERS[other](sweep(5)), advise=False):
        assert (result.verdict == "undecided") == (result.name != "skipped-runs")
        assert result.name == "skipped-runs" or "none of its runs" in result.because or "seeds" in result.because
    as_the_paper = sweep(5).assign(measured_horizon=200, measured_sequences=640, measured_modulus=0.9)
    assert cells(by_name(as_the_paper)) == cells(by_name(sweep(5)))


def test_kinds_are_counted_apart() -> None:
    found = verdicts.counts(verdicts.evaluate(sweep(8), advise=False))
    assert list(found) == ["published table values", "published statements", "our own checks"]
    assert [sum(count.values()) for count in found.values()] == [48, 8, 13]


def test_statements_are_about_the_networks_that_they_name() -> None:
    results = by_name(sweep(20))
    said = {name: result.verdict for name, result in results.items() if result.kind != "published table values"}
    assert said["phi-in-the-right-basis"] == said["same-circuit"] == said["edits-are-specific"] == "agrees"
    assert said["basis-repeat-copy"] == said["greedy-matching"] == "agrees"
    assert said["memories-cause"] == said["gains"] == "differs"
    solved = sweep(20)
    solved = solved[solved["test_accuracy"] >= 0.99]
    assert results["coverage"].networks == len(solved)
    assert results["basis-repeat-copy"].networks == (solved["task"] == "T1").sum()


def test_penalties_are_judged_apart_and_one_that_differs_refutes() -> None:
    result = by_name(sweep(20))["basis-composition"]
    assert result.verdict == "differs"
    apart = {stratum.title: (stratum.verdict, stratum.holds) for stratum in result.strata}
    assert apart["L2 0"] == ("differs", 0)
    assert apart["L2 0.001"][0] == "agrees"
    assert result.interval is None
    both = sweep(20).assign(memory_map_error=0.1)
    assert by_name(both)["basis-composition"].verdict == "agrees"
    few = sweep(20)
    few = few[(few["l2"] != 0.001) | (few["seed"] <= 5)].assign(memory_map_error=0.1)
    assert by_name(few)["basis-composition"].verdict == "undecided"


def test_networks_that_never_trained_carry_no_statement() -> None:
    runs = sweep(20)
    untrained = runs["l2"] == 0.1
    result = by_name(runs)["circuit-needed"]
    assert result.networks == ((runs["optimal_spectral_error"] >= 0.05) & ~untrained).sum()
    assert "L2 0.1" not in {stratum.title for stratum in result.strata}


def test_networks_too_small_for_the_circuit_do_not_show_that_it_is_needed() -> None:
    """As those with 32 neurons: Phi has 36 long-term modes or more."""
    runs = sweep(20)
    small = runs[runs["hidden_dim"] == 64].assign(hidden_dim=32, optimal_spectral_error=1.0, test_accuracy=0.7)
    small["run_id"] = small["run_id"].str.replace("h64", "h32")
    exact = runs.assign(phi_eigenvalues=np.where(runs["task"] == "T1", 64, 36))
    alone = by_name(exact)["circuit-needed"]
    assert by_name(pd.concat([exact, small]))["circuit-needed"] == alone
    assert "T1, L2 0" in dict(alone.rows)  # 64 neurons have room for 64 modes


def test_a_bar_of_ours_is_named_so_and_shown_as_a_curve() -> None:
    runs = sweep(20)
    runs.loc[runs["l2"] == 0, "realisation_shape_error"] = np.linspace(0, 0.4, (runs["l2"] == 0).sum())
    result = by_name(runs)["phi-in-the-right-basis"]
    assert "our bar" in result.operationalisation
    assert result.bar == 0.2
    stratum = result.strata[0]
    shares = [share for _, share in stratum.curve]
    assert shares == sorted(shares)
    assert dict(stratum.curve)[0.2] == stratum.holds / stratum.networks
    for claim in claims.load().statements:
        bar = claim.holds[0].at_least if claim.holds[0].at_least is not None else claim.holds[0].below
        assert not claim.bars or bar in claim.bars


def test_every_claim_says_which_verdicts_can_occur() -> None:
    for result in by_name(sweep(8), advise=True).values():
        if not result.name.startswith("skipped"):
            assert "agrees" in result.reach
            assert "differs" in result.reach
        if result.verdict == "undecided" and result.group in ("accuracy", "spectral error"):
            assert result.decides


def test_a_control_that_fails_shows() -> None:
    """Two elements that share a column: an edit of one is as good for the other."""
    result = by_name(sweep(20).assign(data_other_edit_success=0.5))["edits-are-specific"]
    assert result.verdict == "differs"


def twins(runs: pd.DataFrame, l2: float, of: int) -> pd.DataFrame:
    """Three rounding twins of so many runs with this penalty: a little off."""
    base = runs[(runs["l2"] == l2) & runs["spectral_error"].notna()].iloc[:of]
    rng = np.random.default_rng(1)
    made = []
    for twin in (1, 2, 3):
        off = np.exp(rng.normal(0, 0.02, len(base)))
        made.append(
            base.assign(run_id=base["run_id"] + f"_twin{twin}", twin=twin, spectral_error=base["spectral_error"] * off)
        )
    return pd.concat([runs.assign(twin=0), *made], ignore_index=True)


def test_twins_sharpen_what_is_predicted_and_enter_no_mean() -> None:
    runs = sweep(20)
    plain, sharp = by_name(runs), by_name(twins(runs, 0.0, 40))
    name = "table1-T2-128-0-error"
    assert "exchangeable seeds would print" in plain[name].because
    assert "same seeds would print" in sharp[name].because
    assert sharp[name].value == plain[name].value
    widths = [np.ptp(found[name].interval or (0, 0)) for found in (sharp, plain)]
    assert 0 < widths[0] < widths[1]
    other = "table1-T2-128-0_001-error"
    assert sharp[other].because == plain[other].because
    unhelpful = twins(runs, 0.0, 40)
    unhelpful.loc[unhelpful["twin"] > 0, "spectral_error"] = NAN
    assert "exchangeable seeds" in by_name(unhelpful)[name].because
    fewer = twins(runs[runs["seed"] < 20], 0.0, 40)
    assert "exchangeable seeds" in by_name(fewer)[name].because


def test_an_experiment_of_twins_beside_it_is_read_too(tmp_path: Path) -> None:
    every = twins(sweep(20), 0.0, 40)
    columns = [*tables.RUN_COLUMNS, "twin"]
    for folder, rows in (("paper", every[every["twin"] == 0]), ("twins", every[every["twin"] > 0])):
        tables.write_csv(tmp_path / folder / "runs.csv", rows[columns])
        tables.write_csv(tmp_path / folder / "measurements.csv", rows.drop(columns=columns[1:]))
    found = {result.name: result for result in verdicts.read(tmp_path / "paper")}
    assert "same seeds" in found["table1-T2-128-0-error"].because


def test_hidden_coverage_shows() -> None:
    """Networks that solve their task with a wrong count have no error, and the cell's mean does not say so."""
    runs = sweep(20)
    solved = runs["test_accuracy"] >= 0.99
    lost = solved & (runs["seed"] % 2 == 0)
    runs.loc[lost, ["spectral_error", "optimal_spectral_error", "network_eigenvalues"]] = [NAN, 0.3, 30]
    results = by_name(runs)
    assert results["coverage"].verdict == "differs"
    assert results["spectrum-arguments"].verdict == "differs"
    assert "10 of 20 seeds" in results["table1-T3-128-0_001-error"].because
    assert results["rounding"].verdict == "agrees"


def test_errors_lost_to_rounding_and_to_greed_show() -> None:
    runs = sweep(20)
    runs.loc[runs["seed"] % 3 == 0, "spectral_error"] = NAN
    runs.loc[runs["seed"] % 3 == 1, "optimal_spectral_error"] -= 0.0001
    results = by_name(runs)
    assert results["rounding"].verdict == "differs"
    assert results["greedy-matching"].verdict == "differs"


def test_what_skipped_runs_change_shows() -> None:
    runs = sweep(20)
    name = "skipped-T1-128-accuracy"
    assert by_name(runs)[name].verdict == "agrees"
    runs.loc[runs["run_id"].str.startswith("T1_h128_l2-0_thr-0.98"), "test_accuracy"] = 0.9
    changed = by_name(runs)[name]
    assert changed.verdict == "differs"
    assert changed.because.startswith("0.90 without them, ")
    fewer = runs[~((runs["seed"] > 10) & runs["run_id"].str.startswith("T1_h128_l2-0_thr-0.9_"))].copy()
    fewer.loc[(fewer["seed"] > 10) & (fewer["task"] == "T1"), "test_accuracy"] = 0.1
    assert by_name(fewer)[name].because.startswith("0.90 without them, ")
    assert by_name(fewer)[name].seeds == 10
    only = runs[~runs["run_id"].str.startswith("T1_h128_l2-0_thr-0.9_")]
    assert by_name(only)[name].verdict == "undecided"
    assert by_name(only)["table1-T1-128-0-accuracy"].seeds == 20


@settings(max_examples=6, deadline=None)
@given(st.sets(st.sampled_from(claims.COLUMNS)))
def test_whatever_column_is_missing_claims_say_so(gone: set[str]) -> None:
    needed = {*tables.RUN_COLUMNS, *tables.MEASURED_COLUMNS}
    table = sweep(6)
    left = table.drop(columns=[column for column in table.columns if column in gone - needed])
    for result in verdicts.evaluate(left, advise=False):
        assert result.verdict in VERDICTS
        assert result.because
        if "not measured" in result.because:
            assert result.verdict == "undecided"


def test_a_claim_about_a_missing_column_is_not_judged() -> None:
    result = by_name(sweep(20).drop(columns="data_other_edit_success"))["edits-are-specific"]
    assert (result.verdict, result.because) == ("undecided", "not measured: no column data_other_edit_success")


def test_reading_an_experiments_folder(tmp_path: Path) -> None:
    table = sweep(5)
    runs = list(tables.RUN_COLUMNS)
    tables.write_csv(tmp_path / "runs.csv", table[runs])
    with pytest.raises(InputError, match=r"measurements\.csv"):
        verdicts.read(tmp_path)
    tables.write_csv(tmp_path / "measurements.csv", table.drop(columns=runs[1:]))
    assert verdicts.read(tmp_path) == verdicts.evaluate(table)
