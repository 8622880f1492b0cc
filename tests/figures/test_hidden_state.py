from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from emtvb.experiments.sweep.figures import hidden_state
from emtvb.figures.data import Exemplar, scaled_memories

from .made_up import make_broken, make_exemplar


def images(figure: Figure) -> list[np.ndarray]:
    return [np.ma.filled(axes.images[0].get_array(), np.nan) for axes in figure.axes if axes.images]


def values(table: pd.DataFrame, series: str, step: int) -> np.ndarray:
    rows = table[(table["series"] == series) & (table["step"] == step)]
    found = rows["value"].to_numpy(dtype=float)
    return np.where(np.isfinite(found), found, np.nan)


def test_numbers_are_what_is_drawn(exemplar: Exemplar) -> None:
    steps = list(hidden_state.STEPS)
    figure, table = hidden_state.draw(exemplar), hidden_state.numbers(exemplar)
    early, late, *pictures = images(figure)
    raw = np.hstack([early, late])
    assert len(pictures) == 3 * len(steps)
    for i, step in enumerate(steps):
        np.testing.assert_array_equal(raw[:, i], values(table, "hidden state", step))
        for picture, series in zip(
            pictures[3 * i : 3 * i + 3], ("memory by data", "paper's memory", "theory"), strict=True
        ):
            assert picture.shape == (exemplar.d, exemplar.s)
            np.testing.assert_array_equal(picture.T.ravel(), values(table, series, step))


def test_numbers_name_variable_and_dimension() -> None:
    exemplar = make_exemplar(3, 4)
    table = hidden_state.numbers(exemplar)
    row = table[
        (table["series"] == "paper's memory")
        & (table["step"] == 14)
        & (table["variable"] == 4)
        & (table["dimension"] == 2)
    ]
    assert row["index"].item() == 11
    assert row["phase"].item() == "output phase"
    assert row["value"].item() == scaled_memories(exemplar)[13, 11]
    row = table[(table["series"] == "memory by data") & (table["step"] == 14) & (table["index"] == 11)]
    assert row["value"].item() == exemplar.data_memories[13, 11]
    assert table.loc[table["series"] == "hidden state", "variable"].isna().all()


@pytest.mark.parametrize(("time", "steps"), [(4, [1, 2, 3, 4]), (14, [1, 2, 3, 4, 5, 14]), (5, [1, 2, 3, 4, 5])])
def test_steps_that_do_not_exist_are_left_out(time: int, steps: list[int]) -> None:
    exemplar = make_exemplar(2, 2, time=time)
    assert hidden_state.numbers(exemplar)["step"].unique().tolist() == steps
    ticks = [label.get_text() for axes in hidden_state.draw(exemplar).axes for label in axes.get_xticklabels()]
    assert [f"step {step}" for step in steps] == [tick for tick in ticks if tick.startswith("step")]


def test_what_is_not_fitted_is_greyed_out_and_not_counted() -> None:
    figure, table = hidden_state.draw(make_exemplar(2, 7)), hidden_state.numbers(make_exemplar(2, 7))
    pictures = [axes for axes in figure.axes if axes.images][2:]
    for i, step in enumerate(hidden_state.STEPS):
        by_data, published, theory = pictures[3 * i : 3 * i + 3]
        hatched = [patch for patch in by_data.patches if patch.get_hatch()]
        assert len(hatched) == (step <= 7)
        assert (by_data.get_xlabel() == "not fitted") == (step <= 7)
        assert not any(patch.get_hatch() for axes in (published, theory) for patch in axes.patches)
    fitted = table.groupby(["series", "phase"])["fitted"].agg(["min", "max"])
    assert fitted.loc[("memory by data", "input phase")].tolist() == [False, False]
    assert fitted.drop(("memory by data", "input phase")).all(axis=None)
    (key,) = figure.legends
    assert len(key.get_texts()) == 5


def test_labels_tell_phases_and_agreement() -> None:
    figure = hidden_state.draw(make_exemplar(2, 7))
    texts = " ".join(axes.get_title() + axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes)
    for word in (
        "input phase",
        "output phase",
        "hidden state",
        "by data",
        "paper's",
        r"\Psi^{*} h",
        "theory",
        "2/2",
        "14/14",
    ):
        assert word in texts
    assert "input phase, then output phase" in [
        axes.get_title() for axes in hidden_state.draw(make_exemplar(2, 3)).axes
    ]


def test_a_network_without_memories_says_so() -> None:
    figure = hidden_state.draw(make_broken())
    figure.canvas.draw()
    assert "none" in [axes.get_xlabel() for axes in figure.axes]
