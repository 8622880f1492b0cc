from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from emtvb.figures import images
from emtvb.figures.spectra import show_spectrum, spectrum_reach
from emtvb.figures.style import ABSENT


def test_what_is_no_number_is_grey() -> None:
    image = images.show_signed(Figure().subplots(), np.array([[1.0, np.nan], [np.inf, -1.0]]), 1.0)
    colours = image.to_rgba(image.get_array())
    for cell in ((0, 1), (1, 0)):
        np.testing.assert_allclose(colours[cell], to_rgba(ABSENT), atol=0.01)
    np.testing.assert_allclose(colours[0, 0], images.signed_map()(1.0), atol=0.01)


def test_a_sign_has_its_colour_of_the_image() -> None:
    image = images.show_signed(Figure().subplots(), np.array([[1.0, -1.0]]), 1.5)
    colours = image.to_rgba(image.get_array())[0]
    for sign, colour in zip((1, -1), colours, strict=True):
        np.testing.assert_allclose(images.sign_patch(sign, 1.5).get_facecolor(), colour, atol=0.01)


def test_a_picture_has_a_column_per_variable() -> None:
    assert images.variables_as_image(np.array([1, 2, 3, 4, 5, 6]), d=2).tolist() == [[1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize(("named", "across", "up"), [(("x",), ["1", "3"], []), ((), [], []), (("y",), [], ["1", "3"])])
def test_variables_are_divided_where_their_memories_end(named: tuple, across: list[str], up: list[str]) -> None:
    axes = Figure().subplots()
    images.show_signed(axes, np.zeros((5, 5)), 1.0)
    kept = np.array([True, True, False, False, True, True, True, False, False])  # 2, 2 and 1 of three variables
    images.mark_variables(axes, kept, 3, named)
    edges = sorted({float(line.get_xdata()[0]) for line in axes.lines if line.get_xdata()[0] == line.get_xdata()[1]})
    assert edges == [1.5, 3.5]
    assert [label.get_text() for label in axes.get_xticklabels()][::2] == across
    assert [label.get_text() for label in axes.get_yticklabels()][::2] == up


def test_a_scale_of_signs_has_the_signs_on_it() -> None:
    figure = Figure()
    axes = figure.subplots()
    bar = images.signed_bar(figure, images.show_signed(axes, np.zeros((2, 2)), 1.5), "stored", ax=axes)
    assert list(bar.get_ticks()) == [-1, 0, 1]
    assert bar.ax.get_ylabel() == "stored"


def test_a_spectrum_is_seen_whole_whatever_is_not_finite() -> None:
    found = np.array([0.2, 1.5j, np.nan, np.inf])
    assert spectrum_reach(np.zeros(0, complex)) == 1.2
    furthest = spectrum_reach(found, np.array([-1 + 0j]))
    assert furthest == pytest.approx(1.59)
    axes = Figure().subplots()
    show_spectrum(axes, np.array([1 + 0j]), found, 0.9, furthest, "W")
    drawn = {str(line.get_label()): line.get_xydata().tolist() for line in axes.lines if len(line.get_xdata()) == 1}
    assert drawn == {r"$\Phi$": [[1, 0]], r"$W$, $|\lambda| > 0.9$": [[0, 1.5]], "$W$, other": [[0.2, 0]]}
    assert axes.get_xlim() == axes.get_ylim() == (-furthest, furthest)


def test_signs_differ_in_print_without_colour() -> None:
    values = images.signed_map()(np.array([-1.0, 0.0, 1.0]) / 3 + 0.5)[:, :3]  # of a scale from -1.5 to 1.5
    minus, zero, plus = values @ [0.299, 0.587, 0.114]
    assert minus + 0.2 < plus < zero - 0.2
