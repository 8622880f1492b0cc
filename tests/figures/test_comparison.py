from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep import pair_distances
from emtvb.experiments.sweep.figures import comparison

from ..sweep.made_up import compared
from .test_solutions import points, words


def test_it_names_what_the_table_does() -> None:
    assert list(comparison.GROUPS) == pair_distances.ORDER
    assert set(comparison.MEASURES) == set(pair_distances.MEASURES)
    assert set(comparison.CONTROLS) == {
        pair_distances.ITSELF,
        pair_distances.IMAGE,
        pair_distances.UNTRAINED,
        pair_distances.CHANCE,
    }


def test_every_median_stands_in_its_panel() -> None:
    rows = pair_distances.summary(compared())
    figure = comparison.draw(rows)
    figure.canvas.draw()
    for axes, measure in zip(figure.axes, comparison.MEASURES, strict=True):
        shown = rows[(rows["measure"] == measure) & (rows["task"] != "all")]
        np.testing.assert_allclose(np.sort(points(axes)[:, 1]), np.sort(np.maximum(shown["median"], 1e-3)))
    labels = [label.get_text() for label in figure.axes[2].get_xticklabels()]
    assert labels == [comparison.GROUPS[group] for group in pair_distances.ORDER if group in set(rows["differs"])]


@pytest.mark.parametrize("kept", [[], [pair_distances.ITSELF, pair_distances.CHANCE], [pair_distances.IMAGE]])
def test_where_there_are_no_pairs_it_says_so(tmp_path: Path, kept: list[str]) -> None:
    rows = compared()
    pair_distances.summary(rows[rows["differs"].isin(kept)]).to_csv(tmp_path / "none.csv", index=False)
    figure = comparison.draw(comparison.read(tmp_path / "none.csv"))
    figure.canvas.draw()
    assert words(figure.axes[0]) == [comparison.NOTHING]


def test_one_pair_of_one_task_is_enough() -> None:
    row = {"differs": "seed", "task": "a long name of a task $x", "run_1": "a", "run_2": "b"}
    rows = pair_distances.summary(pd.DataFrame([row | dict.fromkeys(pair_distances.MEASURES, 0.0)]))
    figure = comparison.draw(rows)
    figure.canvas.draw()
    assert [len(points(axes)) for axes in figure.axes] == [1, 1, 1, 1]
