from __future__ import annotations

import numpy as np

from emtvb.experiments.sweep.figures import ablations
from emtvb.experiments.sweep.literature import ablation_table
from emtvb.figures.marks import MARKERS

from ..sweep.test_literature import make_ablated, make_runs
from .test_solutions import intervals, words


def test_means_and_intervals_stand_at_their_values() -> None:
    runs = make_runs()
    table = ablation_table(runs, make_ablated(runs))
    figure = ablations.draw(table)
    shown = ablations.numbers(table)
    parts = sum(len(removals) for _, removals in ablations.SHOWN.values())
    assert len(shown) == 2 * 2 * 2 * parts  # tasks, penalties, when
    assert len(figure.axes) == 2
    for axes, task in zip(figure.axes, ("T1", "T3"), strict=True):
        of = shown[shown["task"] == task]
        points = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() in MARKERS]  # type: ignore[index]
        np.testing.assert_allclose(sorted(points), sorted(of["mean"]))
        bars = [(low, high) for (low, _), (high, _) in intervals(axes)]
        assert sorted(bars) == sorted(zip(of["low"], of["high"], strict=True))
        assert axes.get_title() == task


def test_without_networks_it_says_so() -> None:
    runs = make_runs()
    table = ablation_table(runs, make_ablated(runs).iloc[:0])
    figure = ablations.draw(table)
    assert "no network" in words(figure.axes[0])[0]
    assert ablations.numbers(table).empty
