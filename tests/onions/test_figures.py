from __future__ import annotations

import pandas as pd

from emtvb.experiments.onions.figures import onions

from .test_tables import WORKS, made


def test_a_column_per_size_and_a_row_per_question() -> None:
    rows = pd.concat([made(units, seed, 0.95, 0.8, WORKS) for units in (128, 48) for seed in (1, 2)])
    rows["magnitude"] = 0.5 ** rows["position"]
    figure = onions.draw(rows)
    assert len(figure.axes) == 6
    assert [axes.get_title() for axes in figure.axes[:2]] == [
        "48 units: 0.95 to 0.95 repeated", "128 units: 0.95 to 0.95 repeated",
    ]  # fmt: skip
    told = next(line for line in figure.axes[2].lines if line.get_label() == "told, least squares")
    assert list(told.get_xdata()) == [1, 2]
    assert list(told.get_ydata()) == [0.9, 0.9]
    best = next(line for line in figure.axes[2].lines if line.get_label() == "best control")
    assert list(best.get_ydata()) == [0.01, 0.07]
    assert onions.numbers(rows)["position"].min() == 1
