from __future__ import annotations

import numpy as np
import pandas as pd

from emtvb.experiments.sweep.figures import evidence
from emtvb.paper import error_rates


def rates() -> pd.DataFrame:
    rows = [
        (what, population, model, seeds, deviation, 100, max(0.9 - deviation, 0), min(deviation / 2, 1), 0.1)
        for what in ("accuracy", "spectral_error")
        for population in ("a", "b")
        for model, seeds in (("exchangeable seeds", 5), ("same seeds", 20))
        for deviation in (0.0, 1.0, 2.0)
    ]
    columns = ["what", "population", "model", "seeds", "deviation", "sweeps", "agrees", "differs", "undecided"]
    return pd.DataFrame(rows, columns=columns)


def test_lines_are_the_shares_of_each_question() -> None:
    figure = evidence.draw(rates())
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "test accuracy: inconsistent", "spectral error: inconsistent",
        "test accuracy: consistent", "spectral error: consistent",
    ]  # fmt: skip
    for axes, expected in zip(figure.axes, [[0, 0.5, 1]] * 2 + [[0.9, 0, 0]] * 2, strict=True):
        lines = [line for line in axes.lines if line.get_marker() in ("o", "s")]
        assert len(lines) == 2
        for line in lines:
            np.testing.assert_allclose(line.get_ydata(), expected)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "5 seeds, the paper's are others", "20 seeds, the paper's are the same",
    ]  # fmt: skip


def test_what_is_simulated_can_be_drawn_and_is_the_same_again() -> None:
    once, again = error_rates.characteristics(4, draws=50), error_rates.characteristics(4, draws=50)
    pd.testing.assert_frame_equal(once, again)
    assert (once[["agrees", "differs", "undecided"]].sum(axis=1) - 1).abs().max() < 1e-9
    assert set(once.columns) == set(rates().columns)
    evidence.draw(once)
