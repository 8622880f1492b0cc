from __future__ import annotations

import pytest

from emtvb.paper import claims, significance, wording

NAN = float("nan")
CLAIMS = claims.load_claims()
STATED = {claim.name: claim for claim in CLAIMS.statements}


def test_values_have_the_digits_that_the_paper_prints() -> None:
    assert wording.as_printed(0.99501, "accuracy") == "1.00"
    assert wording.as_printed(0.00046, "spectral_error") == "0.0005"
    assert wording.as_printed(NAN, "spectral_error") == "---"


@pytest.mark.parametrize(
    ("columns", "key", "title"),
    [
        (["l2"], (0.001,), "L2 0.001"),
        (["task"], ("T3",), "T3"),
        (["task", "hidden_dim", "l2"], ("T3", 64, 0.0), "T3, 64 neurons, L2 0"),
    ],
)
def test_a_group_of_networks_is_called_by_what_they_have_in_common(columns: list, key: tuple, title: str) -> None:
    assert wording.stratum_title(columns, key) == title
    if len(columns) == 3:
        assert wording.cell_title(*key) == title


def test_each_printed_value_is_a_sentence() -> None:
    said = [wording.value_claimed("a cell", "spectral_error", printed) for printed in ("0.0011", "---")]
    said.append(wording.value_claimed("a cell", "accuracy", "0.98"))
    assert said == [
        "The mean spectral error of a cell is 0.0011 rad.",
        "No network of a cell gives a spectral error.",
        "The mean test accuracy of a cell is 0.98.",
    ]


def test_a_cell_with_skipped_runs_is_named_with_its_measure() -> None:
    for cell in CLAIMS.skipped.cells:
        said = wording.same_without_skipped(cell)
        assert wording.cell_title(cell.task, cell.hidden_dim, cell.l2) in said
        assert cell.measure.replace("_", " ") in said


def test_a_share_is_said_to_be_ours_where_the_source_names_none() -> None:
    ours = STATED["edits-are-specific"]
    assert wording.share_named(ours) == "at least 90% (our bar)"
    assert wording.share_named(ours.model_copy(update={"group": "statement"})) == "at least 90%"
    assert wording.share_named(ours.model_copy(update={"at_least": None})) == "no share named"


def test_a_rule_names_all_conditions_and_what_is_judged_apart() -> None:
    for claim in CLAIMS.statements:
        rule = wording.statement_rule(claim, CLAIMS.rules)
        for condition in (*claim.over, *claim.holds):
            assert condition.in_words() in rule
        assert (" apart; " in rule) == bool(claim.strata)
        assert (f" on {', '.join(claim.tasks)}" in rule) == (len(claim.tasks) < 4)
        assert ("No verdict" in rule) == (claim.at_least is None)
        assert f"1 - {significance.MISMEASURED}" in rule
        assert rule.endswith(f"This rule is of {claim.rule_since.in_words()}.")
    assert "each penalty apart" in wording.statement_rule(STATED["memories-cause"], CLAIMS.rules)


def test_a_share_that_was_found_has_its_interval() -> None:
    assert wording.share_found(36, 40, 0.764, 0.972) == "36 of 40 (76% to 97%)"
