"""What is said of a network whose storage is known: an onion that is made, in a network that repeats."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import emtvb
from emtvb.experiments.onions import measuring, network, training

ORDER = training.Order("small", 16, 1, 3, 3, 64, 400, 0.03, 1.0)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    trained, _, _ = training.train(ORDER, tmp_path_factory.mktemp("small"))
    return measuring.measure(trained, ORDER, 300, 100, 40)


def test_a_row_for_each_position_and_one_for_the_whole(rows: pd.DataFrame) -> None:
    assert list(rows.columns) == list(measuring.COLUMNS)
    assert rows["position"].tolist() == 2 * [0, 1, 2, 3]
    assert rows["trained"].tolist() == 4 * [True] + 4 * [False]
    assert (rows["accuracy"][:4] > 0.95).all()
    assert (rows["accuracy"][4:] < 0.3).all()
    filled = rows[rows["trained"] & (rows["position"] > 0)].drop(columns=rows.filter(like="explained").columns)
    assert filled.notna().all(axis=None)


def test_what_is_read_and_edited_of_a_network_that_has_learned(rows: pd.DataFrame) -> None:
    positions = rows[rows["trained"] & (rows["position"] > 0)]
    assert (positions["layers_read"] > 0.9).all()
    assert (positions["told_followed"] > 0.5).all()
    assert (positions["told_control"] < 0.4).all()
    assert (positions["told_untrained"] < 0.3).all()
    for name in measuring.METHODS:
        assert (positions[f"{name}_shuffled"] < 0.5).all()  # chance is 1/3
        assert (positions[f"{name}_low"] <= positions[f"{name}_read"]).all()
    whole = rows[rows["trained"] & (rows["position"] == 0)].iloc[0]
    assert whole["linear_explained"] >= whole["onion_explained"] > 0.3
    assert whole["layers_read"] <= positions["layers_read"].min() + 1e-9


def test_a_network_that_gives_out_no_sequence_follows_no_edit() -> None:
    blank = network.Repeater(3, 16)
    blank.draw(torch.Generator().manual_seed(5))
    positions = measuring.measure(blank, ORDER, 300, 100, 40).iloc[1:4]
    assert (positions["told_followed"] < 0.3).all()


def test_the_network_hears_its_own_outputs_after_an_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The start symbol is given; what follows is what it said itself."""
    heard = {}

    def edited(fitted: object, at: int, **kwargs: object) -> None:
        heard.update(kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "edit", edited)
    blank = network.Repeater(3, 8)
    trials = measuring.recorded(emtvb.adapt(blank), ORDER, 120, 60)
    with pytest.raises(KeyboardInterrupt):
        measuring._edited("told", measuring.fit(trials, [2]), "2", ORDER, 10, False)
    outputs, given = np.array([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]]), np.eye(4)[[3, 1]]
    assert heard["inputs"](outputs, given).argmax(axis=1).tolist() == [3, 0]
    expected = heard["expected"](np.array([[2, 0, 1]]), given)
    assert expected.argmax(axis=2).ravel().tolist() == [2, 0, 1]
    wanted = heard["set"]["2"]
    assert (wanted != trials.values(trials.test.labels[2])[:, 1]).all()
    assert set(wanted.tolist()) <= {0, 1, 2}
