from __future__ import annotations

from emtvb.experiments.foreign.figures import foreign

from .test_tables import ROWS


def test_a_panel_per_variable_and_hollow_marks_for_what_did_not_learn() -> None:
    figure = foreign.draw(ROWS)
    (axes,) = figure.axes
    assert axes.get_title() == "delayed match: the sample"
    assert [tick.get_text().replace("\n", " ") for tick in axes.get_xticklabels()] == [
        "read: least squares, one step", "least squares, one step", "DAS, one step",
    ]  # fmt: skip
    marks = [line for line in axes.lines if line.get_marker() == "o" and 0.5 < max(line.get_xdata(), default=0) < 1.5]
    filled = {line.get_fillstyle(): list(line.get_ydata()) for line in marks}
    assert filled == {"full": [1.0, 0.4], "none": [0.0]}
    shown = foreign.numbers(ROWS)
    assert shown["control"].tolist() == [0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.1, 0.1]
