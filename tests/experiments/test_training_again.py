"""Runs that are trained again: which are drawn, and how each row of a learning curve is compared."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.experiments.training_again import Measured, _difference_of_curves, draw_runs, made_elsewhere
from emtvb.making import provenance
from emtvb.training.history import Row


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_at_least_half_of_what_is_trained_again_learned_its_task(seed: int, count: int) -> None:
    """As far as there are so many: of a network that learned nothing, equal bits say little."""
    measured = {f"run{i}": Measured(0.98, i % 6 == 0) for i in range(60)}
    drawn = draw_runs([*measured, "not measured"], count, seed, measured)
    assert len({*drawn}) == len(drawn) == count
    assert sum(run_id in measured and measured[run_id].solved for run_id in drawn) >= min(math.ceil(count / 2), 10)
    assert drawn == draw_runs([*measured, "not measured"], count, seed, measured)


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ([0, 1, 2], None),
        ([0, 2], None),  # an outline, as it is published, or as a shard has it that took a published run over
        ([0, 1], "ends before step 2"),
        ([0, 1, 2, 7], "is another at step 7"),
        ([], "ends before step 2"),
    ],
)
def test_a_curve_may_be_an_outline_and_has_no_step_that_a_training_lacks(there: list[int], says: str | None) -> None:
    made = [Row(step, 1 / (step + 1), 0.5, 10) for step in range(3)]
    found = _difference_of_curves([Row(step, 1 / (step + 1), 0.5, 10) for step in there], made)
    assert found is None if says is None else says in (found or "")


def test_a_loss_that_is_no_number_is_equal_to_another_that_is_none() -> None:
    nan = [Row(0, float("nan"), 0.5, 10)]
    assert _difference_of_curves(nan, [Row(0, float("nan"), 0.5, 10)]) is None
    assert (
        _difference_of_curves(nan, [Row(0, 1.5, 0.5, 10)])
        == "its learning curve is another at step 0 when trained again"
    )


@pytest.mark.parametrize(("engine", "elsewhere"), [("general", "the general trainer"), ("compiled", "")])
def test_who_trained_in_the_engines_place_is_not_held_to_it(engine: str, elsewhere: str) -> None:
    runs, outputs = {"run": {"trained": [{"engine": engine}]}}, {"training/shard/digests.csv": ""}
    record = provenance.Record("train_shard", {}, {}, {}, outputs, "", 0.0, "", False, {}, runs)  # type: ignore[arg-type]
    assert made_elsewhere("shard", "run", {Path("record"): record}, "auto") == elsewhere
