from __future__ import annotations

import numpy as np
import pytest

from emtvb.experiments.sweep.factors import agreement_by_factor

from .made_up import sweep


def alike(table, differs: str, outcome: str = "circuit", task: str = "all"):
    return table.set_index(["differs", "outcome", "task"]).loc[(differs, outcome, task)]


def test_a_seed_that_decides_is_seen_in_every_comparison() -> None:
    table = agreement_by_factor(sweep(lambda row, _: row["seed"] % 2 == 0, twins=(0, 1)))
    for same in ("rounding", "threshold", "penalty", "size"):
        assert alike(table, same)["alike"] == 1
        assert alike(table, same)["low"] == 1
    other = alike(table, "seed")
    assert other["alike"] == pytest.approx(4 / 9)  # 20 of the 45 pairs of ten seeds
    assert other["pairs"] == 45 * 2 * 2 * 2 * 2
    assert alike(table, "rounding")["pairs"] == 10 * 2 * 2 * 2 * 2
    assert other["low"] < 4 / 9 < other["high"]


def test_a_threshold_that_decides_parts_what_it_differs_in() -> None:
    table = agreement_by_factor(sweep(lambda row, _: row["threshold"] == 0.98, twins=(0, 1)))
    assert alike(table, "threshold")["alike"] == 0
    assert alike(table, "rounding")["alike"] == alike(table, "seed")["alike"] == 1


def test_chance_agrees_as_rarely_between_twins_as_between_seeds() -> None:
    table = agreement_by_factor(sweep(lambda row, rng: rng.random() < 0.5, seeds=20, twins=(0, 1)))
    twins, seeds = alike(table, "rounding"), alike(table, "seed")
    assert twins["low"] < 0.5 < twins["high"]
    assert abs(seeds["alike"] - 0.5) < 0.05
    assert twins["alike"] < 0.65


def test_what_never_learns_agrees_about_nothing_and_is_left_out() -> None:
    runs = sweep(lambda row, _: row["task"] == "T1" and row["seed"] > 3)
    table = agreement_by_factor(runs)
    assert alike(table, "seed", task="T1")["pairs"] > 0
    assert set(table["task"]) == {"all", "T1"}  # no network of T3 solves it
    assert alike(table, "rounding")["pairs"] == 0
    assert np.isnan(alike(table, "rounding")["alike"])


def test_other_outcomes_are_compared_too() -> None:
    runs = sweep(lambda row, _: row["seed"] % 2 == 0)
    runs.loc[runs["threshold"] == 0.98, "test_accuracy"] += 0.05
    table = agreement_by_factor(runs)
    assert alike(table, "threshold", "accuracy")["alike"] == 0
    assert alike(table, "threshold", "kind")["alike"] == alike(table, "threshold", "modes")["alike"] == 1
