from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep.prediction import STAGES, _by_seed, foretelling_scores

from .made_up import STORED, sweep


def curves(runs: pd.DataFrame, known_from: float, random: int = 0) -> pd.DataFrame:
    """Losses that show from a share of the training on what a network becomes, and are noise before."""
    rng = np.random.default_rng(random)
    steps = np.unique((19_999 * (np.arange(64) / 63) ** 2).astype(int))
    parts = []
    for run in runs.itertuples():
        told = steps >= known_from * 19_999
        loss = np.exp(rng.normal(size=len(steps)) * 0.5 - 2.0 * told * (run.verdict == STORED))
        parts.append(pd.DataFrame({"run_id": run.run_id, "step": steps, "loss": loss, "accuracy": 0.9, "horizon": 100}))
    return pd.concat(parts)


def by_chance(row: dict, rng: np.random.Generator) -> bool:
    return rng.random() < 0.5


def test_what_the_curve_tells_is_gained_from_then_on_and_not_before() -> None:
    runs = sweep(by_chance, seeds=15, twins=(0, 1))
    table = foretelling_scores(runs, curves(runs, known_from=0.4)).set_index("share_of_training")
    assert list(table.index) == list(STAGES)
    assert (table["networks"] == 15 * 2 * 2 * 2 * 2).all()
    for stage in STAGES:
        if stage > 0.4:
            assert table.loc[stage, "gain_low"] > 0.3
            assert table.loc[stage, "auc_curve"] > 0.9
        else:
            assert table.loc[stage, "gain_low"] < 0
            assert table.loc[stage, "gain"] < 0.1


def test_settings_alone_foretell_what_they_decide_and_then_nothing_is_gained() -> None:
    runs = sweep(lambda row, rng: rng.random() < (0.95 if row["l2"] == 0 else 0.05), seeds=15)
    table = foretelling_scores(runs, curves(runs, known_from=2.0))
    assert (table["right_settings"] > 0.9).all()
    assert (table["gain_low"] < 0).all()


def test_a_seed_is_foretold_from_the_others_alone() -> None:
    """Features that name the seed would foretell all where that seed is fitted on: from others they tell nothing."""
    seeds = np.repeat(np.arange(20), 8)
    became = np.random.default_rng(0).permutation(20)[seeds] < 10
    names = (seeds[:, None] == np.arange(20)).astype(float)
    chance = _by_seed(names, became, seeds)
    assert (chance[became].mean() - chance[~became].mean()) < 0.1


def test_no_forecast_gains_more_than_all() -> None:
    runs = sweep(lambda row, rng: rng.random() < (0.9 if row["seed"] % 2 else 0.5), seeds=6)
    table = foretelling_scores(runs, curves(runs, known_from=0.0))
    assert table["gain_high"].max() == 1  # which the interval would pass
    assert (table["gain"] <= table["gain_high"]).all()


@pytest.mark.parametrize("outcome", [lambda row, rng: True, lambda row, rng: False])
def test_where_there_is_nothing_to_foretell_the_table_is_empty(outcome) -> None:
    runs = sweep(outcome)
    assert foretelling_scores(runs, curves(runs, 0.1)).empty
    few = sweep(by_chance, seeds=2)
    assert foretelling_scores(few, curves(few, 0.1)).empty


def test_the_last_digits_of_another_cpu_change_nothing() -> None:
    """Rows in another order are added up in another order, as another CPU may: the same in all but last digits."""
    runs = sweep(lambda row, rng: rng.random() < (0.9 if row["l2"] == 0 else 0.3), seeds=8)
    told = curves(runs, known_from=0.4)
    table = foretelling_scores(runs, told)
    for random in range(3):
        again = foretelling_scores(runs.sample(frac=1, random_state=random), told)
        pd.testing.assert_frame_equal(again, table, rtol=1e-5, atol=1e-7)
        for name in ("auc_settings", "auc_curve", "right_settings", "right_curve"):
            assert again[name].tolist() == table[name].tolist(), name
