from __future__ import annotations

import numpy as np

from emtvb.experiments.sweep.figures import statements
from emtvb.paper.verdicts import SHOWN, shares

from ..paper.made_up import sweep
from .test_solutions import intervals


def test_where_no_network_solves_its_task_the_figure_says_so() -> None:
    table = shares(sweep(10))
    figure = statements.draw(table[:0], SHOWN)
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["no network here solves its task"]


def test_shares_and_intervals_stand_at_their_values() -> None:
    table = shares(sweep(10))
    figure = statements.draw(table, SHOWN)
    assert len(figure.axes) == len(SHOWN)
    for axes, name in zip(figure.axes, SHOWN, strict=True):
        of = table[table["name"] == name]
        points = [float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o"]  # type: ignore[index]
        np.testing.assert_allclose(sorted(points), sorted(of["share"]))
        bars = [(low, high) for (low, _), (high, _) in intervals(axes)]
        assert sorted(bars) == sorted(zip(of["low"], of["high"], strict=True))
        said = {text.get_text() for text in axes.texts}
        assert said == {f"{row.holds}/{row.networks}" for row in of.itertuples()}
    assert set(statements.numbers(table, SHOWN)["name"]) == set(SHOWN)
