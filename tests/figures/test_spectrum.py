from __future__ import annotations

import numpy as np

from emtvb.experiments.sweep.figures import spectrum

from .made_up import make_broken, make_exemplar


def test_titles_say_how_good_the_network_is() -> None:
    good, bad = (axes.get_title() for axes in spectrum.draw([make_exemplar(), make_broken()]).axes)
    assert good == "T1, L2 0: accuracy 1.000\nspectral error 0.0005\n9 long-term ($\\Phi$: 9)"
    assert bad.startswith("T2, L2 0: accuracy 0.500\nspectral error not defined\n")
    table = spectrum.numbers([make_exemplar()])
    assert table.loc[table["matrix"] == "W_hh", "long_term"].sum() == 9
    np.testing.assert_allclose(table["modulus"], np.hypot(table["real"], table["imaginary"]))


def test_panels_have_one_size_that_shows_all_eigenvalues() -> None:
    exemplars = [make_exemplar(2, 3, task=f"task {i}") for i in range(3)]
    exemplars[-1].network_eigenvalues[0] = 1.75
    figure = spectrum.draw(exemplars)
    used = [axes for axes in figure.axes if axes.lines]
    assert {(axes.get_xlim(), axes.get_ylim()) for axes in used} == {(used[0].get_xlim(),) * 2}
    assert used[0].get_xlim()[1] > 1.75


def test_how_often_phi_has_an_eigenvalue_stands_inside_the_circle() -> None:
    axes = spectrum.draw([make_exemplar(8, 4)]).axes[0]  # repeat copy: four angles, eight times each
    assert [text.get_text() for text in axes.texts] == [r"$\times$8"] * 4
    places = np.array([text.get_position() for text in axes.texts])
    np.testing.assert_allclose(np.hypot(*places.T), spectrum._INSIDE, rtol=1e-6)
    assert not spectrum.draw([make_exemplar(1, 5)]).axes[0].texts


def test_multiplicities_are_counted_but_for_rounding() -> None:
    values = np.array([-1 + 1e-9j, 1, 1j, -1 - 1e-9j, 1 + 1e-8, -1j, 0.999 + 0.04j])
    assert sorted(times for _, times in spectrum.count_eigenvalues(values)) == [1, 1, 1, 2, 2]
    assert spectrum.count_eigenvalues(np.zeros(0, complex)) == []
