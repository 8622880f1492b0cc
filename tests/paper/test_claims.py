from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb import tables
from emtvb.errors import InputError
from emtvb.paper import claims, significance, table1
from emtvb.paper.claims import COLUMNS, Condition
from emtvb.theory.literature_columns import ABLATED, FOLLOWED
from emtvb.theory.memory_columns import REMEMBERED
from emtvb.theory.network_measurement import MeasureSettings, measure_network
from emtvb.theory.runs import Run
from emtvb.theory.tasks import PAPER_SIZE, named

from ..conftest import make_network

TEXT = (resources.files("emtvb.paper") / claims.FILE).read_text()
RULE = "    rule_since: {commit: 423f0a26, at: 2026-11-27 08:36:52}\n"
PLACE = TEXT[TEXT.index("\nstatements:") : TEXT.index(RULE)].count("\n  - name:") - 1
"""Of the first statement with this rule, by which number a message names it."""


def test_the_packages_own_claims_load() -> None:
    found = claims.load_claims()
    assert len(found.table1.cells) == 24
    assert {statement.group for statement in found.statements} == {"statement", "check", "others"}


def test_printed_cells_are_the_table_that_the_package_compares_with() -> None:
    printed = {cell.key: (cell.error, cell.accuracy) for cell in claims.load_claims().table1.cells}
    for row in table1.published_table1().itertuples():
        error, accuracy = printed[str(row.task), int(str(row.hidden_dim)), float(str(row.l2))]
        assert accuracy == f"{row.accuracy:.2f}"
        assert error == ("---" if np.isnan(row.spectral_error) else f"{row.spectral_error:.4f}")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"0.0005 (1.00)"', '"0.0006 (1.00)"', r"T1, 128, L2 0: 0\.0006 \(1\.00\): table1\.csv says 0\.0005 \(1\.00\)"),
        ('"--- (0.88)"', '"--- (0.98)"', r"T1, 64, L2 0\.001: --- \(0\.98\): table1\.csv says --- \(0\.88\)"),
        ('"--- (0.88)"', '"0.0010 (0.88)"', r"T1, 64, L2 0\.001.*table1\.csv says ---"),
        ('"--- (0.88)"', '"--- (.88)"', r"table1\.cells\[1\]\.printed: '--- \(\.88\)': String should match pattern"),
        ("{task: T1, hidden_dim: 64, l2: 0,", "{task: T1, hidden_dim: 64, l2: 0.1,", "each cell .* stands once"),
        ("optimal_spectral_error, below", "optimal_spectrl_error, below", "did you mean optimal_spectral_error"),
        ("minus: optimal_spectral_error", "minus: colour", "'colour': no such column"),
        ("at_least: 0.9\n", "at_leats: 0.9\n", r"at_leats: unknown key|at_least: missing"),
        (
            "group: check",
            "group: rumour",
            r"statements\[\d+\]\.group: 'rumour': Input should be 'statement'",
        ),
        ("of: unedited_success", "of: unedited_succes", "did you mean unedited_success"),
        ("of: unedited_success", "of: unedited_success, minus: seed", "give one of minus, of"),
        ("strata: [l2]", "strata: [colour]", r"statements\[\d+\]\.strata\[0\]: 'colour'"),
        ("at_least: 0.95\n", "at_least: 0.95\n    bars: [1]\n", "bars need a number in the first condition"),
        (
            "    bars: [0.51, 0.52, 0.55, 0.6, 0.75, 0.9]\n",
            "    at_least: 0.9\n",
            "at_least of a claim that is not ours is what its quote names: 90%; where the source names no share",
        ),
        ("    quote: trained", "    at_least: 0.5\n    quote: trained", "what its quote names: 50%"),
        (
            "    reason: Half of the way from a guess, which is right in 50% of cases, to all of them.\n",
            "",
            "reason says why the bar of a statement",
        ),
        ("bars: [0.1, 0.25, 0.5, 0.75, 0.9, 1]", "bars: [0.1, 0.25]", "on both sides of its own, 0.5"),
        ("present: true}", "present: 1}", "present"),
        (RULE, "", rf"statements\[{PLACE}\]\.rule_since: missing"),
        (
            "  rule_since: {commit: 70f95c43, at: 2026-11-24 18:32:38}\n  count",
            "  count",
            r"skipped\.rule_since: missing",
        ),
        ("at: 2026-11-27 08:36:52", "at: 20261127", r"rule_since\.at: 20261127: Input should be a valid datetime"),
        ("at: 2026-11-27 08:36:52", "at: 2026-11-27 08:36:52Z", "Input should not have timezone info"),
        ("commit: 423f0a26", "commit: main", r"rule_since\.commit: 'main'"),
        ("weights_since:\n", "weights_since: []\nweights:\n", "weights_since"),
        ("below: 0.05}", "below: 0.05, at_least: 1}", "give one of"),
        ("{ACCURACY_MARGIN}", "{ACCURACY_MARGEN}", "names of constants: ACCURACY_MARGIN"),
        ("below: {solved}", "below: {solvd}", r"below: \{'solvd': None\}: Input should be a valid number"),
        ("{column: solved, is: 1}", "{column: solved, is: yes}", "is: True: Input should be a valid number"),
        ("name: coverage", "name: rounding", "the name rounding occurs twice"),
        ("paper: >-", "paper: x\npaper: >-", "the key paper occurs twice"),
        ("  cells:\n", "  cells: [\n", "not YAML"),
        ("below: 0.05}", 'below: "0.05"}', r"below: '0\.05': Input should be a valid number"),
    ],
)
def test_an_edited_file_is_refused_in_one_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    (tmp_path / "claims.yaml").write_text(TEXT.replace(old, new, 1))
    with pytest.raises(InputError, match=says) as caught:
        claims.load_claims(tmp_path / "claims.yaml")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.yaml: unreadable"):
        claims.load_claims(tmp_path / "absent.yaml")


def test_conditions_may_be_about_what_is_measured_and_nothing_else() -> None:
    run = Run(named("T1", 2, 2), 8, 0.0, 0.9, 1)
    measured = measure_network(run, make_network(2, 8), MeasureSettings(5, 5)).row()
    assert set(COLUMNS) == {*measured, *tables.RUN_COLUMNS, *ABLATED, *FOLLOWED, *REMEMBERED}
    assert PAPER_SIZE == (8, 8)


def test_rules_state_the_constants_that_decide() -> None:
    rules = claims.load_claims().rules
    for rule, margin in (
        (rules.accuracy, significance.ACCURACY_MARGIN),
        (rules.spectral_error, significance.ERROR_MARGIN),
    ):
        words = claims.in_words(rule)
        assert f"predict what {significance.PUBLISHED_SEEDS} seeds" in words
        assert f"no more than one in {1 / (1 - significance.LEVEL):.0f} ".replace("20", "twenty") in words
        assert f"{margin} or more from what is printed" in words
        assert f"is below {significance.REFUTED}, two-sided, corrected for the number of values" in words
        assert f"fewer than {significance.FEWEST_SEEDS} seeds" in words
    without = claims.in_words(rules.no_error)
    assert f"a share of {significance.COVERAGE_MARGIN} of seeds" in without
    assert f"level {significance.LEVEL}" in without
    assert f"a chance below {significance.REFUTED}, corrected" in without
    assert "{" not in claims.in_words(rules.share, at_least=0.9)


@given(st.lists(st.one_of(st.just(float("nan")), st.floats(-2, 2)), min_size=1), st.floats(-2, 2))
def test_a_missing_value_meets_no_condition_but_its_absence(values: list[float], bound: float) -> None:
    networks = pd.DataFrame({"spectral_error": values, "seed": 1, "optimal_spectral_error": 1.0})
    missing = networks["spectral_error"].isna()
    for demand in ({"at_least": bound}, {"below": bound}, {"equals": "optimal_spectral_error"}, {"present": True}):
        for minus in (None, "optimal_spectral_error"):
            assert not Condition(column="spectral_error", minus=minus, **demand).true_of(networks)[missing].any()
    assert (Condition(column="spectral_error", present=False).true_of(networks) == missing).all()
    below = Condition(column="spectral_error", below=bound).true_of(networks)
    above = Condition(column="spectral_error", at_least=bound).true_of(networks)
    assert (below ^ above)[~missing].all()
