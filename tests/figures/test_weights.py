from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.figures import weights
from emtvb.figures.data import Exemplar, exemplar_from
from tests.figures.made_up import make_arrays, make_broken, make_exemplar

MATRICES = (
    "W_hh", "W_hh in the paper's memories", "W_hh in memories by data", "W_hh in realised memories", "Phi",
)  # fmt: skip


def panels(figure: Figure) -> dict[str, Axes]:
    """The panels of a figure of one network by the first line of their titles."""
    return {axes.get_title().split("\n")[0]: axes for axes in figure.axes if axes.get_title()}


def test_numbers_are_what_is_drawn(exemplar: Exemplar) -> None:
    figure, table = weights.draw([exemplar]), weights.numbers([exemplar])
    figure.canvas.draw()
    shown = panels(figure)
    assert len(shown) == len(MATRICES)
    if not exemplar.kept.any():
        shown = dict(list(shown.items())[:1])
    for axes, matrix in zip(shown.values(), MATRICES, strict=False):
        values = table.loc[table["matrix"] == matrix, "value"].to_numpy()
        image = np.ma.filled(axes.images[0].get_array(), np.nan)
        np.testing.assert_array_equal(image.ravel(), np.where(np.isfinite(values), values, np.nan))


def test_elements_without_a_memory_are_left_out_and_residuals_come_last() -> None:
    arrays = make_arrays(2, 3)
    arrays["kept"][[0, 3]] = False
    exemplar = exemplar_from(arrays)
    table = weights.numbers([exemplar]).set_index("matrix")
    assert table.loc["Phi", "row"].unique().tolist() == [1, 2, 4, 5]
    assert table.loc["W_hh in memories by data", "row"].unique().tolist() == [1, 2, 4, 5]
    assert table.loc["W_hh in the paper's memories", "column"].unique().tolist() == [1, 2, 4, 5, 6, 7, 8]
    row = table.loc["W_hh in the paper's memories"].query("row == 4 and column == 7")
    assert row["value"].item() == exemplar.W_hh_in_memories[4, 7]


def test_the_gain_is_divided_out_and_named() -> None:
    exemplar = make_exemplar(2, 3)
    table = weights.numbers([exemplar]).set_index("matrix")
    value = table.loc["W_hh in memories by data"].query("row == 0 and column == 2")["value"].item()
    assert value == exemplar.W_hh_in_data_memories[0, 2] / 1.5
    titles = [axes.get_title() for axes in weights.draw([exemplar]).axes]
    assert "$\\Psi$ by data, gain 1.50\ndistance 0.3" in titles
    assert "realised $\\Psi$, gain 1.40\ndistance 0.1" in titles


def test_blocks_are_labelled() -> None:
    shown = panels(weights.draw([make_exemplar(3, 3)]))
    seen = shown[r"$W_{hh}$ in the paper's $\Psi$"]
    assert [label.get_text() for label in seen.get_yticklabels()] == ["1", "2", "3", ""]
    assert (seen.get_xlabel(), seen.get_ylabel()) == ("from variable", "to variable")
    assert [label.get_text() for label in shown[r"$\Phi$"].get_xticklabels()] == ["1", "2", "3"]
    assert shown["$W_{hh}$"].get_ylabel() == "to neuron"


@pytest.mark.parametrize("count", [1, 2, 6])
def test_a_row_per_network(count: int) -> None:
    figure = weights.draw([make_exemplar(2, 2, task=f"task {i}") for i in range(count)])
    assert [text.get_text() for text in figure.texts] == [
        f"task {i}: accuracy 1.000, linear circuit" for i in range(count)
    ]
    assert figure.get_figwidth() == 7


def test_a_network_without_memories_says_so() -> None:
    figure = weights.draw([make_broken()])
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["no variable\nmemories"] * 4
    assert "not defined" in figure.axes[2].get_title()
