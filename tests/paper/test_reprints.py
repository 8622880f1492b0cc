"""The plan's questions, asked of reference runs that are made up from our own."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb.errors import InputError
from emtvb.paper import reprints, twins
from emtvb.paper.reprints import Answer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    """The published sweep and its twins."""
    own, others = (
        [ROOT / "results" / name / file for file in ("runs.csv", "measurements.csv")] for name in ("paper", "twins")
    )
    return twins.measured_with_twins(*own, others)


@pytest.fixture
def reference(measured: pd.DataFrame) -> pd.DataFrame:
    """Runs of the reference trainer that came out as ours."""
    cells = measured[["task", "hidden_dim", "l2"]].apply(tuple, axis=1)
    return measured[cells.isin([reprints.T2, reprints.T4]) & (measured["twin"] == 0)].copy()


def by_question(found: list[Answer]) -> dict[tuple[str, str], Answer]:
    return {(answer.question, answer.cell[:2]): answer for answer in found}


def of_task(reference: pd.DataFrame, task: str, column: str, change: object) -> None:
    reference.loc[reference["task"] == task, column] = change  # type: ignore[call-overload]


def test_the_same_runs_again_move_nothing(measured: pd.DataFrame, reference: pd.DataFrame) -> None:
    found = by_question(reprints.plan_answers(measured, reference))
    assert list(found) == [
        ("A", "bo"), ("B", "T2"), ("C", "T2"), ("C", "T4"), ("D", "T4"), ("E", "T2"), ("E", "T4"), ("whole", "al"),
        ("E, later", "T2"), ("E, later", "T4"),
    ]  # fmt: skip
    holds = {question: answer.holds for question, answer in found.items()}
    assert not holds["A", "bo"]
    assert found["A", "bo"].found == 0
    assert holds["C", "T2"]
    assert holds["C", "T4"]
    assert holds["E", "T2"]
    assert holds["E", "T4"]
    assert not holds["whole", "al"]
    assert found["whole", "al"].high < found["whole", "al"].found, "the last printed digit alone explains less"


def test_what_the_plan_asked_rests_on_the_twins_that_it_knew(measured: pd.DataFrame, reference: pd.DataFrame) -> None:
    known = measured[(measured["twin"] == 0) | (measured["seed"] <= reprints.TWINS)]
    later = known[known["twin"] == 1].assign(seed=lambda of: of["seed"] + reprints.TWINS, spectral_error=1.0)
    before = by_question(reprints.plan_answers(known, reference))
    after = by_question(reprints.plan_answers(pd.concat([known, later], ignore_index=True), reference))
    for question, answer in before.items():
        same = astuple(answer) == astuple(after[question])  # NaN is the same there
        assert same is (question[0] != "E, later")
    assert after["E, later", "T4"].high > before["E, later", "T4"].high


def test_seeds_that_move_more_than_twins(measured: pd.DataFrame, reference: pd.DataFrame) -> None:
    """By 0.04, up and down in turn: the mean stays, and every seed is moved."""
    signs = np.where(reference["seed"] % 2 == 0, 1, -1)
    reference["test_accuracy"] += 0.04 * signs
    found = by_question(reprints.plan_answers(measured, reference))
    assert found["A", "bo"].holds
    assert found["A", "bo"].found == 1
    assert found["A", "bo"].p < 1e-4
    assert "moves seeds more" in found["A", "bo"].means


def test_moves_neither_too_small_nor_too_large_explain_what_is_printed(
    measured: pd.DataFrame, reference: pd.DataFrame
) -> None:
    signs = np.where(reference["seed"] % 2 == 0, 1, -1)

    def moved(by: float) -> Answer:
        runs = reference.assign(test_accuracy=reference["test_accuracy"] + by * signs)
        return by_question(reprints.plan_answers(measured, runs))["whole", "al"]

    small, fitting, large = map(moved, (0.011, 0.025, 0.06))
    assert [small.holds, fitting.holds, large.holds] == [False, True, False]
    assert small.high < small.found
    assert fitting.low < fitting.found < fitting.high
    assert large.low > large.found
    assert fitting.means == "larger rounding explains what is printed"


@pytest.mark.parametrize(("mean", "holds"), [(0.98, True), (0.9751, True), (0.9749, False), (0.96, False)])
def test_the_mean_accuracy_of_t2(measured: pd.DataFrame, reference: pd.DataFrame, mean: float, holds: bool) -> None:
    of_task(reference, "T2", "test_accuracy", mean)
    assert by_question(reprints.plan_answers(measured, reference))["B", "T2"].holds is holds


@pytest.mark.parametrize(
    ("largest", "mean", "holds"), [(0.06, 0.003, True), (0.02, 0.0113, True), (0.02, 0.003, False)]
)
def test_an_odd_error_of_t4(
    measured: pd.DataFrame, reference: pd.DataFrame, largest: float, mean: float, holds: bool
) -> None:
    of_task(reference, "T4", "spectral_error", mean)
    reference.loc[(reference["task"] == "T4") & (reference["seed"] == 7), "spectral_error"] = largest
    found = by_question(reprints.plan_answers(measured, reference))["D", "T4"]
    assert found.holds is holds
    assert f"{largest:.4f}" in found.asks


def test_errors_that_seeds_like_ours_could_not_have(measured: pd.DataFrame, reference: pd.DataFrame) -> None:
    reference["spectral_error"] *= 30
    found = by_question(reprints.plan_answers(measured, reference))
    for task in ("T2", "T4"):
        assert not found["C", task].holds
        assert "inconsistent" in found["C", task].means
        assert not found["E", task].holds
        assert found["E", task].found > found["E", task].high


def test_a_threshold_that_the_papers_script_skipped_is_not_judged(
    measured: pd.DataFrame, reference: pd.DataFrame
) -> None:
    before = reprints.plan_answers(measured, reference)
    skipped = (reference["task"] == "T4") & (reference["threshold"] == 0.9)
    assert skipped.sum() == 20
    reference.loc[skipped, ["test_accuracy", "spectral_error"]] = 1.0, 1e-6
    assert [*map(astuple, reprints.plan_answers(measured, reference))] == [*map(astuple, before)]


def test_fewer_than_all_seeds_are_one_line(measured: pd.DataFrame, reference: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="19 seeds by the reference trainer and 20 of ours are here; train all 20"):
        reprints.plan_answers(measured, reference[~((reference["seed"] == 3) & (reference["task"] == "T4"))])


def test_the_table_names_each_answer(measured: pd.DataFrame, reference: pd.DataFrame) -> None:
    table = reprints.tabulate_answers(reprints.plan_answers(measured, reference))
    text = reprints.as_markdown(table)
    assert len(text.splitlines()) == len(table) + 2 == 12
    assert "| A | both |" in text
    assert "nan" not in text
