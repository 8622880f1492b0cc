from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from emtvb.experiments.sweep.figures import weights
from emtvb.figures.data import exemplar_from
from emtvb.figures.style import ABOVE, BELOW

from .made_up import make_arrays, make_exemplar

MATRICES = (
    "W_hh", "W_hh in the paper's memories", "W_hh in memories by data", "W_hh in realised memories", "Phi",
)  # fmt: skip


def panels(figure: Figure) -> list[Axes]:
    """The panels with a matrix, network by network."""
    return [axes for axes in figure.axes if axes.images]


def matrix(table: pd.DataFrame, run_id: str, name: str) -> np.ndarray:
    """A matrix as the numbers have it."""
    rows = table[(table["run_id"] == run_id) & (table["matrix"] == name)]
    return rows[rows["row"].tolist()].to_numpy(float)


def test_elements_without_a_memory_are_left_out() -> None:
    arrays = make_arrays(2, 3)
    arrays["kept"][[0, 3]] = False
    exemplar = exemplar_from(arrays)
    table = weights.numbers([exemplar]).set_index("matrix")
    for name in MATRICES[1:]:
        assert table.loc[name, "row"].tolist() == [1, 2, 4, 5]
        assert table.loc[name, [0, 3]].isna().all(axis=None)
    row = table.loc["W_hh in the paper's memories"].query("row == 4")
    assert row[2].item() == exemplar.W_hh_in_scaled_memories[4, 2] / 1.2


def test_every_basis_is_divided_by_its_own_gain_which_is_named() -> None:
    """Of a network that is Phi but for gains, all three bases show the same."""
    exemplar = make_exemplar(2, 3, noise=0)
    for name in MATRICES[1:4]:
        np.testing.assert_allclose(matrix(weights.numbers([exemplar]), exemplar.run_id, name), exemplar.phi, atol=1e-6)
    said = [axes.get_xlabel() for axes in panels(weights.draw([exemplar]))]
    assert said == ["distance\n(gain)", "0.2\n(1.20)", "0.3\n(1.50)", "0.1\n(1.40)", "from variable"]


@pytest.mark.parametrize("gain", [0.0, math.nan])
def test_where_there_is_no_gain_nothing_is_divided(gain: float) -> None:
    exemplar = make_exemplar(2, 3, data_gain=gain, data_shape_error=math.inf if gain == 0 else math.nan)
    found = matrix(weights.numbers([exemplar]), exemplar.run_id, "W_hh in memories by data")
    np.testing.assert_array_equal(found, exemplar.W_hh_in_data_memories)
    assert panels(weights.draw([exemplar]))[2].get_xlabel() == "not\ndefined"


def test_a_negative_gain_is_divided_out_too_and_large_distances_are_whole_numbers() -> None:
    exemplar = make_exemplar(2, 3, power_gain=-2.0, power_shape_error=14153.4)
    found = matrix(weights.numbers([exemplar]), exemplar.run_id, "W_hh in the paper's memories")
    np.testing.assert_array_equal(found, exemplar.W_hh_in_scaled_memories / -2.0)
    assert panels(weights.draw([exemplar]))[1].get_xlabel() == "14,153\n(\N{MINUS SIGN}2.00)"


def test_values_beyond_the_limits_have_colours_of_their_own() -> None:
    arrays = make_arrays(2, 3)
    arrays["W_hh_in_data_memories"][0, 1], arrays["W_hh_in_data_memories"][1, 0] = 30.0, -30.0
    image = panels(weights.draw([exemplar_from(arrays)]))[2].images[0]
    colours = image.to_rgba(image.get_array())
    np.testing.assert_allclose(colours[0, 1], to_rgba(ABOVE), atol=0.01)
    np.testing.assert_allclose(colours[1, 0], to_rgba(BELOW), atol=0.01)
    inside = colours.reshape(-1, 4)[np.abs(np.asarray(image.get_array()).ravel()) <= weights.LIMIT]
    for special in (ABOVE, BELOW):
        assert (np.abs(inside - to_rgba(special)).max(axis=1) > 0.05).all()


def test_raw_weights_have_one_scale() -> None:
    small, large = make_arrays(2, 3, l2=0.001), make_arrays(2, 3)
    small["W_hh"] = small["W_hh"] / 10
    shown = panels(weights.draw([exemplar_from(large), exemplar_from(small)]))
    assert shown[0].images[0].get_clim() == shown[4].images[0].get_clim()


def test_networks_of_a_task_stand_in_one_row_with_their_penalty_and_what_they_learned() -> None:
    pair = [make_exemplar(2, 2), make_exemplar(2, 2, l2=0.001, test_accuracy=0.93, verdict="did not learn", run_id="b")]
    figure, table = weights.draw(pair), weights.numbers(pair)
    shown = panels(figure)
    assert len(shown) == 9
    assert len({round(axes.get_position().y0, 6) for axes in shown}) == 1
    words = [text.get_text() for text in figure.texts]
    assert "L2 0.001: accuracy 0.930, did not learn" in words
    assert words[-1] == "9 neurons, threshold 0.98, seed 1"
    assert table["l2"].unique().tolist() == [0, 0.001]
    assert table.loc[table["matrix"] == "Phi", "run_id"].unique().tolist() == [pair[0].run_id]
