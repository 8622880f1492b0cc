"""Methods on storage that is known: each finds what it can find, and says no more."""

from __future__ import annotations

import numpy as np
import pytest

from emtvb.experiments.methods import cases, comparing
from emtvb.experiments.methods.settings import NetworkSettings

from .made_up import compared

TOLD = ("least squares", "least squares, exchanged", "class means")


def test_every_method_edits_what_is_stored_at_right_angles() -> None:
    table = compared(kind="store")
    assert [*table.reset_index().columns] == [
        "method", "trained", *(name for name in comparing.COLUMNS if name not in ("method", "trained")),
    ]  # fmt: skip
    for way in comparing.WAYS:
        row = table.loc[(way.name, True)]
        assert row["success"] > 0.95
        assert row["isolation"] > 0.95
        assert row["reading"] > 0.95
        assert row["control"] < 0.2
        assert row["untrained"] == table.loc[(way.name, False), "success"] < 0.1
        assert row["ceiling"] == 1


@pytest.mark.long  # it compares all methods on a network
def test_least_squares_and_means_bear_a_condition_that_directions_at_right_angles_do_not() -> None:
    table = compared(kind="store", condition=1e3)
    for method in TOLD:
        assert table.loc[(method, True), "success"] > 0.95
    assert table.loc[("DAS", True), "success"] < 0.9


@pytest.mark.long  # it compares all methods on a network
def test_what_is_stored_as_a_product_is_edited_by_das_alone() -> None:
    table = compared(kind="store", code="product")
    assert table.loc[("DAS", True), "success"] > 0.95
    assert table.loc[("DAS", True), "k"] == 2
    for method in (*TOLD, "ridge probe"):
        assert table.loc[(method, True), "success"] < 0.2
    # Where the other factor is seen, too, exchanging both changes it in half of the cases.
    shown = compared(kind="store", code="product", shown=True).loc[("DAS", True)]
    assert 0.3 < shown["success"] < 0.7
    assert shown["isolation"] < 0.7


@pytest.mark.long  # it compares all methods on a network
def test_a_variable_that_rotates_is_found_at_one_time_and_not_over_many() -> None:
    for method in TOLD:
        assert compared(kind="store", code="rotation").loc[(method, True), "success"] > 0.95
        assert compared(kind="store", code="rotation", all_times=True).loc[(method, True), "success"] < 0.1


@pytest.mark.long  # it compares all methods on a network
def test_leace_erases_and_edits_nothing() -> None:
    row = compared(kind="store", code="redundant").loc[(comparing.ERASING, True)]
    assert row["erased"] < 0.65
    assert np.isnan(row["success"])
    assert compared(kind="store", code="redundant").loc[("least squares", True), "erased"] > 0.95


def test_a_change_of_another_output_counts_against_isolation() -> None:
    outputs = np.zeros((2, 3, 2))
    edited = outputs.copy()
    edited[1, 1, 1] = 0.6  # another output, at one step of one edit
    edited[:, 2, 0] = 9.0  # the one that should change
    stays = np.broadcast_to([False, True], outputs.shape)
    assert comparing._unchanged(edited, outputs, stays, np.ones(2)).tolist() == [True, False, True]


def test_balanced_accuracy_counts_each_value_alike() -> None:
    from emtvb.core.fitting import fit

    case = cases.case(NetworkSettings(name="it", kind="store"), 0)
    fitted = fit(case.recorded(case.network), case.times)
    assert comparing.reading(fitted, "v") == 1
    blind = comparing._taken_out(fitted, "v")
    assert 0.35 < blind < 0.65
