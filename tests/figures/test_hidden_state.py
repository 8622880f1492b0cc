from __future__ import annotations

import pytest

from emtvb.experiments.sweep.figures import hidden_state

from .made_up import make_exemplar


@pytest.mark.parametrize(("time", "steps"), [(4, [1, 2, 3, 4]), (14, [1, 2, 3, 4, 5, 14]), (5, [1, 2, 3, 4, 5])])
def test_steps_that_do_not_exist_are_left_out(time: int, steps: list[int]) -> None:
    exemplar = make_exemplar(2, 2, time=time)
    assert hidden_state.numbers(exemplar)["step"].unique().tolist() == steps
    ticks = [label.get_text() for axes in hidden_state.draw(exemplar).axes for label in axes.get_xticklabels()]
    assert [f"step {step}" for step in steps] == [tick for tick in ticks if tick.startswith("step")]


def test_what_is_not_fitted_is_greyed_out_and_not_counted() -> None:
    exemplar = make_exemplar(2, 7)
    figure, table = hidden_state.draw(exemplar), hidden_state.numbers(exemplar)
    pictures = [axes for axes in figure.axes if axes.images][2:]
    for i, step in enumerate(hidden_state.STEPS):
        by_data, published, theory = pictures[3 * i : 3 * i + 3]
        hatched = [patch for patch in by_data.patches if patch.get_hatch()]
        assert len(hatched) == (step <= 7)
        assert (by_data.get_xlabel() == "not fitted") == (step <= 7)
        assert not any(patch.get_hatch() for axes in (published, theory) for patch in axes.patches)
    read = table[(table["series"] == "memory by data") & (table["step"] == hidden_state.STEPS[-1])]
    assert read["value"].tolist() == exemplar.data_memories[hidden_state.STEPS[-1] - 1].tolist()
    said = " ".join(axes.get_title() + axes.get_xlabel() for axes in figure.axes)
    for words in ("input phase", "output phase", "2/2", "14/14"):
        assert words in said
    fitted = table.groupby(["series", "phase"])["fitted"].agg(["min", "max"])
    assert fitted.loc[("memory by data", "input phase")].tolist() == [False, False]
    assert fitted.drop(("memory by data", "input phase")).all(axis=None)
