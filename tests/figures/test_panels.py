from __future__ import annotations

import numpy as np
import pytest

from emtvb.figures.panels import common_settings, swarm

from .made_up import make_exemplar


def test_marks_of_equal_values_stand_side_by_side_and_others_in_the_middle() -> None:
    values = np.array([1.0, 0.2, 1.0, 0.999, 0.5])
    offsets = swarm(values, near=0.01, apart=0.1, widest=1.0)
    assert offsets[[1, 4]].tolist() == [0, 0]
    np.testing.assert_allclose(np.sort(offsets[[0, 2, 3]]), [-0.1, 0, 0.1])


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40])
def test_a_row_is_centred_and_no_wider_than_there_is_room(count: int) -> None:
    offsets = swarm(np.ones(count), near=0.01, apart=0.1, widest=0.5)
    assert len(set(offsets.round(12))) == count
    assert abs(offsets.sum()) < 1e-9
    assert count == 0 or np.ptp(offsets) <= 0.5 + 1e-9


def test_common_settings_are_those_that_all_share() -> None:
    first, second = make_exemplar(2, 2), make_exemplar(2, 2, seed=2)
    assert common_settings([first]) == "9 neurons, threshold 0.98, seed 1"
    assert common_settings([first, second]) == "9 neurons, threshold 0.98"
