from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.sweep import likeness
from emtvb.experiments.sweep.figures import comparison

from ..sweep.made_up import compared
from .test_solutions import points, words


def test_it_names_what_the_table_does() -> None:
    assert list(comparison.GROUPS) == likeness.ORDER
    assert set(comparison.MEASURES) == set(likeness.MEASURES)
    assert set(comparison.CONTROLS) == {likeness.ITSELF, likeness.IMAGE, likeness.UNTRAINED, likeness.CHANCE}


def test_every_median_stands_in_its_panel() -> None:
    rows = likeness.summary(compared())
    figure = comparison.draw(rows)
    figure.canvas.draw()
    for axes, measure in zip(figure.axes, comparison.MEASURES, strict=True):
        shown = rows[(rows["measure"] == measure) & (rows["task"] != "all")]
        np.testing.assert_allclose(np.sort(points(axes)[:, 1]), np.sort(np.maximum(shown["median"], 1e-3)))
    assert comparison.numbers(rows) is rows
    labels = [label.get_text() for label in figure.axes[2].get_xticklabels()]
    assert labels == [comparison.GROUPS[group] for group in likeness.ORDER if group in set(rows["differs"])]


@pytest.mark.parametrize("kept", [[], [likeness.ITSELF, likeness.CHANCE], [likeness.IMAGE]])
def test_where_there_are_no_pairs_it_says_so(tmp_path: Path, kept: list[str]) -> None:
    rows = compared()
    likeness.summary(rows[rows["differs"].isin(kept)]).to_csv(tmp_path / "none.csv", index=False)
    figure = comparison.draw(comparison.read(tmp_path / "none.csv"))
    figure.canvas.draw()
    assert words(figure.axes[0]) == [comparison.NOTHING]


def test_one_pair_of_one_task_is_enough() -> None:
    row = {"differs": "seed", "task": "a long name of a task $x", "run_1": "a", "run_2": "b"}
    rows = likeness.summary(pd.DataFrame([row | dict.fromkeys(likeness.MEASURES, 0.0)]))
    figure = comparison.draw(rows)
    figure.canvas.draw()
    assert [len(points(axes)) for axes in figure.axes] == [1, 1, 1, 1]
