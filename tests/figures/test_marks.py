"""Points stand at their values, and their bars end at the ends of their intervals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from emtvb.figures.marks import draw_points
from emtvb.figures.style import COLOURS, house_style


@house_style()
def drawn(upright: bool, **settings) -> Axes:
    figure = Figure()
    axes = figure.subplots()
    draw_points(axes, [0, 1], [0.2, 0.9], [0.1, 0.5], [0.4, 1.0], color=COLOURS[1], upright=upright, **settings)
    figure.canvas.draw()
    return axes


def test_a_bar_ends_where_the_interval_ends() -> None:
    """A cap that stands out would show shares above 1."""
    (bars,) = drawn(upright=True, width=20).collections
    assert bars.get_capstyle() in (None, "butt")
    axes = drawn(upright=True, width=20, marker="")
    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    inked = np.asarray(canvas.buffer_rgba())[..., :3] == np.round(255 * np.array(to_rgb(COLOURS[1])))
    highest = np.flatnonzero(inked.all(axis=2).any(axis=1))[0]
    top = axes.figure.bbox.height - axes.transData.transform((0, 1.0))[1]
    assert highest == pytest.approx(top, abs=1.5)


def test_what_has_no_interval_or_no_value_is_left_out() -> None:
    axes = Figure().subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_points(axes, 0, 0.5, np.nan, np.nan, color="black")
        draw_points(axes, 1, np.nan, 0.2, 0.8, color="black", marker="s", linestyle="-")
        axes.figure.canvas.draw()
    assert [line.get_marker() for line in axes.lines] == ["o", "s"]
    assert axes.lines[1].get_linestyle() == "-"
