from __future__ import annotations

import numpy as np
import pandas as pd

from emtvb.experiments.sweep.figures import gradients
from emtvb.experiments.sweep.literature import gradient_table
from emtvb.theory.literature_columns import FOLLOWED, LAGS, gradient

from ..sweep.test_literature import make_runs


def test_medians_stand_at_their_values_and_what_has_vanished_is_not_drawn() -> None:
    runs = make_runs()
    followed = pd.DataFrame({"run_id": runs["run_id"], **dict.fromkeys(FOLLOWED, 1.0)})
    for lag in LAGS:
        followed[gradient("initial", lag)] = 0.5**lag
        followed[gradient("trained", lag)] = np.where(runs["l2"] == 0, 0.9, 1e-40)
    table = gradient_table(runs.assign(solved=(runs["l2"] == 0).astype(int)), followed)
    figure = gradients.draw(table)
    assert [axes.get_title() for axes in figure.axes] == ["T1", "T3"]
    for axes in figure.axes:
        before, solved, unsolved, without = axes.lines[:4]
        drawn = np.array([lag for lag in LAGS if 0.5**lag > 1e-10])
        np.testing.assert_allclose(np.asarray(before.get_xydata(), float), np.stack([drawn, 0.5**drawn], axis=1))
        np.testing.assert_allclose(np.asarray(solved.get_ydata(), float), 0.9)
        assert (solved.get_linestyle(), before.get_linestyle()) == ("-", "-")
        assert not len(np.asarray(unsolved.get_xdata()))
        assert not len(np.asarray(without.get_xdata()))
    assert "all" not in set(gradients.numbers(table)["task"])
