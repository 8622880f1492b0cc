from __future__ import annotations

import dataclasses

import numpy as np

from emtvb.experiments.sweep.figures import edits

from .made_up import make_exemplar


def test_what_was_changed_is_outlined_and_wrong_outputs_are_crossed_and_counted() -> None:
    exemplar = make_exemplar(2, 3)
    exemplar.edit_outputs[0, 4, 1] *= -1
    exemplar.edit_outputs[0, 19, 0] *= -1
    figure = edits.draw(edits.edits_of(exemplar))
    words = [text.get_text() for text in figure.texts]
    done = "after output step 8, flip, through $\\Psi$ by data\n18 of 20 output vectors exactly as asked for"
    assert done in words
    done = "after output step 9, nothing, through the paper's $\\Psi$\n20 of 20 output vectors exactly as asked for"
    assert f"{done}; 1 of 2 such flips fail" in words
    before, _, network, theory, change, unchanged, *_ = [axes for axes in figure.axes if axes.images]
    assert (len(before.patches), len(theory.patches), len(unchanged.patches)) == (6, 0, 0)
    assert len(change.patches) == 2 * 20
    (crosses,) = [line for line in network.lines if line.get_marker() == "x"]
    assert sorted(zip(*crosses.get_data(), strict=True)) == [(13, 1), (28, 0)]


def test_the_edits_moment_is_marked_between_what_was_given_out_before_and_after() -> None:
    exemplar = make_exemplar(2, 3)
    figure, table = edits.draw(edits.edits_of(exemplar)), edits.numbers(edits.edits_of(exemplar))
    _, _, network, theory, change, *_ = [axes for axes in figure.axes if axes.images]
    for strip in (network, theory, change):
        assert strip.get_xlim() == (5.5, 28.5)
        assert [list(line.get_xdata()) for line in strip.lines if line.get_linewidth() > 1.5] == [[8.5, 8.5]]
    assert [text.get_text() for text in network.texts] == ["edit"]
    unedited = table[(table["edit"] == "flip") & (table["series"] == "unedited theory")]
    assert unedited.loc[unedited["step"] == 11, "value"].tolist() == exemplar.edit_unedited[0, 2].tolist()
    assert table.groupby("edit")["basis"].first().to_dict() == {"flip": "by data", "nothing": "the paper's"}


def test_an_edit_before_any_output_has_no_past() -> None:
    (first, _) = edits.edits_of(make_exemplar(2, 3))
    shown = dataclasses.replace(first, time=0, past=np.zeros((0, 2)))
    figure, table = edits.draw([shown]), edits.numbers([shown])
    figure.canvas.draw()
    assert table.loc[table["series"] == "network", "step"].min() == 1


def test_an_output_of_zero_counts_as_positive() -> None:
    exemplar = make_exemplar(2, 2)
    (edit, *_) = edits.edits_of(exemplar)
    edit.outputs[:] = 0
    np.testing.assert_array_equal(edit.wrong(), edit.expected < 0)


def test_the_change_is_white_where_an_output_stays_and_full_where_its_sign_turns() -> None:
    exemplar = make_exemplar(2, 3)
    (edit, *_) = edits.edits_of(exemplar)
    rng = np.random.default_rng(0)
    edit.unedited[:] = rng.choice([-1, 1], edit.unedited.shape)
    edit.expected[:] = rng.choice([-1, 1], edit.unedited.shape)
    edit.outputs[:] = edit.expected
    difference = edit.difference()
    np.testing.assert_array_equal(difference != 0, edit.asked())
    np.testing.assert_array_equal(difference[edit.asked()], edit.outputs[edit.asked()])
