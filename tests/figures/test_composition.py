from __future__ import annotations

from emtvb.experiments.sweep.figures import composition

from .made_up import make_exemplar


def test_many_variables_are_labelled_with_room_between() -> None:
    axes = composition.draw([make_exemplar(1, 40)]).axes[0]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[0].startswith("1")
    assert labels[-1].startswith("40")
    assert len(labels) < 14
