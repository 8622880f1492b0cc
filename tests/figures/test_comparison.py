from __future__ import annotations

import numpy as np
import pandas as pd

from emtvb.experiments.sweep import pair_distances
from emtvb.experiments.sweep.constants import ALL
from emtvb.experiments.sweep.figures import comparison

from ..sweep.made_up import compared
from .of_tables import make_compared


def test_it_names_what_the_table_does() -> None:
    assert list(comparison.GROUPS) == pair_distances.ORDER
    assert {*comparison.MEASURES} == {*pair_distances.MEASURES}
    assert comparison.OTHER_TASK in pair_distances.DIFFERS
    assert set(comparison.CONTROLS) == {
        pair_distances.ITSELF,
        pair_distances.IMAGE,
        pair_distances.UNTRAINED,
        pair_distances.CHANCE,
    }


def test_columns_are_named_in_their_order_with_their_pairs() -> None:
    rows = pair_distances.distance_summary(compared())
    *_, last, key = comparison.draw(rows).axes
    there = [group for group in pair_distances.ORDER if group in set(rows["differs"])]
    pairs = rows[rows["task"] == ALL].groupby("differs")["pairs"].max()
    labels = [label.get_text() for label in last.get_xticklabels()]
    assert labels == [f"{pairs[group]}\n{comparison.GROUPS[group]}" for group in there]
    assert not key.axison


def test_a_share_that_is_alike_stands_above_where_each_task_has_a_bar() -> None:
    rows = make_compared(["T1", "T2"]).assign(alike=0.254)
    figure = comparison.draw(rows)
    said = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    columns = rows["differs"].nunique()
    assert said == [["25%"] * columns] * len(comparison.MEASURES) + [[]]
    rows.loc[(rows["measure"] == "spectrum") & (rows["task"] == "T2"), "bar"] = np.nan
    said = [len(axes.texts) for axes in comparison.draw(rows).axes]
    assert said == [0 if measure == "spectrum" else columns for measure in comparison.MEASURES] + [0]


def test_one_seed_has_no_pairs_of_one_task_and_the_figure_says_so() -> None:
    rows = make_compared(["T1", "T2"])
    alone = rows[rows["differs"].isin(comparison.CONTROLS)]
    other = rows[rows["differs"] == "seed"].assign(differs=comparison.OTHER_TASK)
    (axes,) = comparison.draw(pd.concat([alone, other])).axes
    assert [text.get_text() for text in axes.texts] == [comparison.NOTHING]
