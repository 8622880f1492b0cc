from __future__ import annotations

import pandas as pd

from emtvb.paper import claims, table1
from emtvb.paper.shares import shares_as_markdown, statement_shares

from .made_up import sweep


def test_shares_are_given_by_task_size_and_penalty() -> None:
    runs = sweep(20)
    shares = statement_shares(runs)
    solved = runs[runs["test_accuracy"] >= 0.99]
    of = shares[shares["name"] == "phi-in-the-right-basis"].set_index(table1.CELL)
    pd.testing.assert_series_equal(of["networks"], solved.groupby(table1.CELL).size(), check_names=False)
    assert (shares["low"] <= shares["share"]).all()
    assert (shares["share"] <= shares["high"]).all()
    lines = shares_as_markdown(shares).splitlines()
    assert len(lines) == 2 + len(of)
    assert len({line.count("|") for line in lines}) == 1


def test_a_statement_that_needs_a_column_that_is_missing_has_no_rows() -> None:
    names = {claim.name for claim in claims.load_claims().statements}
    some = statement_shares(sweep(6).drop(columns="data_other_edit_success"))
    needing = {claim.name for claim in claims.load_claims().statements if "data_other_edit_success" in claim.columns()}
    assert needing
    assert set(some["name"]) <= names - needing
    assert needing <= set(statement_shares(sweep(6))["name"])


def test_by_another_bar_of_solving_other_networks_are_counted() -> None:
    """The bar is that by which the networks were measured."""
    runs = sweep(20, bar=0.98)
    shares = statement_shares(runs)
    assert shares.loc[shares["name"] == "coverage", "networks"].sum() == runs["solved"].sum()
    assert runs["solved"].sum() > (runs["test_accuracy"] >= 0.99).sum()
