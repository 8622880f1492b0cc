from __future__ import annotations

import pandas as pd
import pytest

from emtvb.experiments.sweep.figures import evidence
from emtvb.paper import error_rates

COLUMNS = (
    "what", "population", "model", "seeds", "deviation", "sweeps", "agrees", "differs", "undecided",
)  # fmt: skip


@pytest.mark.long
def test_what_is_simulated_can_be_drawn_and_is_the_same_again() -> None:
    once, again = error_rates.operating_characteristics(4, draws=50), error_rates.operating_characteristics(4, draws=50)
    pd.testing.assert_frame_equal(once, again)
    assert (once[["agrees", "differs", "undecided"]].sum(axis=1) - 1).abs().max() < 1e-9
    assert set(once.columns) == {*COLUMNS}
    (legend,) = evidence.draw(once).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "5 seeds: the paper's are others", "10 seeds: the paper's are others", "20 seeds: the paper's are others",
        "20 seeds: the paper's are the same, rounded otherwise",
        "bars: from the least to the greatest of the made-up populations of seeds", "where this answer is wrong",
        "5%: no wrong answer should be more frequent",
    ]  # fmt: skip
