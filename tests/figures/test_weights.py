from __future__ import annotations

import numpy as np
import pytest

from emtvb.figures import weights
from emtvb.figures.data import Exemplar, exemplar_from
from tests.figures.made_up import make_arrays, make_broken, make_exemplar

MATRICES = ("W_hh", "W_hh in memories", "Phi")


def test_numbers_are_what_is_drawn(exemplar: Exemplar) -> None:
    figure, table = weights.draw([exemplar]), weights.numbers([exemplar])
    figure.canvas.draw()
    images = {axes.get_title(): axes.images[0].get_array() for axes in figure.axes if axes.get_title() and axes.images}
    shown = dict(zip(images, MATRICES, strict=False))
    assert len(shown) == (3 if exemplar.kept.any() else 2)
    for title, matrix in shown.items():
        values = table.loc[table["matrix"] == matrix, "value"].to_numpy()
        image = np.ma.filled(images[title], np.nan)
        np.testing.assert_array_equal(image.ravel(), np.where(np.isfinite(values), values, np.nan))


def test_elements_without_a_memory_are_left_out_and_residuals_come_last() -> None:
    arrays = make_arrays(2, 3)
    arrays["kept"][[0, 3]] = False
    exemplar = exemplar_from(arrays)
    table = weights.numbers([exemplar]).set_index("matrix")
    assert table.loc["Phi", "row"].unique().tolist() == [1, 2, 4, 5]
    assert table.loc["W_hh in memories", "column"].unique().tolist() == [1, 2, 4, 5, 6, 7, 8]
    row = table.loc["W_hh in memories"].query("row == 4 and column == 7")
    assert row["value"].item() == exemplar.W_hh_in_memories[4, 7]


def test_blocks_are_labelled() -> None:
    axes = {axes.get_title(): axes for axes in weights.draw([make_exemplar(3, 3)]).axes}
    seen = axes[r"$\Psi^{*} W_{hh} \Psi$"]
    assert [label.get_text() for label in seen.get_yticklabels()] == ["1", "2", "3", "residual"]
    assert (seen.get_xlabel(), seen.get_ylabel()) == ("from variable (oldest to newest)", "to variable")
    assert [label.get_text() for label in axes[r"$\Phi$"].get_xticklabels()] == ["1", "2", "3"]
    assert axes["$W_{hh}$"].get_ylabel() == "to neuron"


@pytest.mark.parametrize("count", [1, 2, 6])
def test_a_row_per_network(count: int) -> None:
    good = r": accuracy 1.000, relative distance from $\Phi$ 0.20"
    figure = weights.draw([make_exemplar(2, 2, task=f"task {i}") for i in range(count)])
    assert [text.get_text() for text in figure.texts] == [f"task {i}{good}" for i in range(count)]
    assert figure.get_figwidth() == 7


def test_a_network_without_memories_says_so() -> None:
    figure = weights.draw([make_broken()])
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["no variable\nmemories"]
    assert figure.texts[0].get_text() == "T2: accuracy 0.500"
