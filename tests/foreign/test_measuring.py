"""What is said of networks that learned, and of those that did not."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

from emtvb.experiments.foreign import measuring, tasks, training

TASK = tasks.TASKS["flip-flop"]
ORDER = training.Order("flip-flop_gru", "flip-flop", "gru", 16, (1,), 400, 1, 64, 400, 0.02, 1.0)


def measured(steps: int) -> pd.DataFrame:
    drawn = TASK.draw(700, 1)
    order = training.Order(**{**vars(ORDER), "steps": steps})
    networks, _, _ = training.train(order, drawn)
    return measuring.measure(order, networks, drawn, 300, 2, 30)


@pytest.fixture(scope="module")
def learned() -> pd.DataFrame:
    return measured(400)


def test_a_row_per_method_and_fit(learned: pd.DataFrame) -> None:
    assert list(learned.columns) == list(measuring.COLUMNS)
    ways = ["least squares", "least squares, exchanged", "class means", "DAS"]
    assert set(zip(learned["method"], learned["fitted"], strict=True)) == set(product(ways, measuring.FITS))
    assert len(learned) == 8
    assert set(learned["network"]) == {"flip-flop_gru_seed1"}
    assert (learned["best"] == 1).all()
    assert learned["learned"].all()
    assert (learned["edits"] > 100).all()


def test_a_bit_that_is_stored_is_read_and_edited_and_controls_fail(learned: pd.DataFrame) -> None:
    told = learned[learned["method"] == "least squares"]
    assert (told["read"] > 0.95).all()
    assert (told["followed"] > 0.8).all()
    assert (told[["random_step", "other_variable", "untrained"]].max(axis=1) < 0.2).all()
    assert told["shows"].all()


def test_a_network_that_did_not_learn_gives_no_claim() -> None:
    rows = measured(3)
    assert not rows["learned"].any()
    assert not rows["shows"].any()
