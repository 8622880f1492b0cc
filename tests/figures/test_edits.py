from __future__ import annotations

import numpy as np
import pandas as pd

from emtvb.figures import edits
from emtvb.figures.data import Exemplar
from emtvb.figures.style import FOUND
from tests.figures.made_up import make_exemplar


def test_numbers_are_what_is_drawn(exemplar: Exemplar) -> None:
    shown = edits.edits_of(exemplar)
    figure, table = edits.draw(shown), edits.numbers(shown)
    images = [np.ma.filled(axes.images[0].get_array(), np.nan) for axes in figure.axes if axes.images]
    assert len(images) == 4 * len(shown) == 8
    for i, edit in enumerate(shown):
        rows = table[table["edit"] == edit.name]
        for image, series in zip(images[4 * i : 4 * i + 2], ("before", "after"), strict=True):
            values = rows.loc[rows["series"] == series, "value"].to_numpy()
            np.testing.assert_array_equal(image.T.ravel(), values)
        for image, series in zip(images[4 * i + 2 : 4 * i + 4], ("network", "theory"), strict=True):
            values = rows.loc[rows["series"] == series, "value"].to_numpy(float)
            values = np.where(np.isfinite(values), values, np.nan)
            np.testing.assert_array_equal(image.T.ravel(), values[: image.size])


def test_numbers_name_step_variable_and_dimension() -> None:
    exemplar = make_exemplar(3, 4)
    table = edits.numbers(edits.edits_of(exemplar))
    flip = table[table["edit"] == "flip"]
    stored = flip[(flip["series"] == "after") & (flip["variable"] == 2) & (flip["dimension"] == 1)]
    assert (stored["step"].item(), stored["value"].item()) == (8, exemplar.edit_after[0, 4])
    later = flip[(flip["series"] == "unedited theory") & (flip["step"] == 11) & (flip["dimension"] == 2)]
    assert later["value"].item() == exemplar.edit_unedited[0, 2, 2]
    assert pd.isna(later["variable"].item())


def test_what_was_changed_is_outlined_and_wrong_outputs_are_crossed_and_counted() -> None:
    exemplar = make_exemplar(2, 3)
    exemplar.edit_outputs[0, 4, 1] *= -1
    exemplar.edit_outputs[0, 19, 0] *= -1
    figure = edits.draw(edits.edits_of(exemplar))
    words = [text.get_text() for text in figure.texts]
    assert "after output step 8, flip: 18 of 20 output vectors exactly as the theory says" in words
    assert "after output step 9, nothing: 20 of 20 output vectors exactly as the theory says" in words
    before, _, network, theory, unchanged, *_ = [axes for axes in figure.axes if axes.images]
    assert (len(before.patches), len(unchanged.patches)) == (6, 0)
    assert len(theory.patches) == 2 * 20
    (crosses,) = [line for line in network.lines if line.get_color() == FOUND]
    assert sorted(zip(*crosses.get_data(), strict=True)) == [(4, 1), (19, 0)]


def test_an_output_of_zero_counts_as_positive() -> None:
    exemplar = make_exemplar(2, 2)
    (edit, *_) = edits.edits_of(exemplar)
    edit.outputs[:] = 0
    np.testing.assert_array_equal(edit.wrong(), edit.expected < 0)
