from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from emtvb.experiments.sweep.figures import following
from emtvb.experiments.sweep.milestones import NAMES

from ..sweep.test_followed_networks import snapshots


def drawn(folder: Path) -> pd.DataFrame:
    """Two runs that solve their tasks and one that does not, as the workflow writes them."""
    failed = snapshots("failed", test_accuracy=[0.5, 0.6, 0.7, 0.7, 0.7])
    pd.concat([snapshots(), snapshots("other", "T1"), failed]).to_csv(folder / "following.csv", index=False)
    return following.read(folder / "following.csv")


def test_who_fails_is_grey_and_a_guess_stands_beside_what_is_told(tmp_path: Path) -> None:
    accuracy, _, moments, telling = following.draw(drawn(tmp_path)).axes
    assert [line.get_color() for line in accuracy.lines] == ["0.75", *following.COLOURS[:2]]
    assert [label.get_text() for label in moments.get_yticklabels()] == [*NAMES.values()]
    np.testing.assert_allclose(telling.lines[-1].get_ydata(), 2 / 3)


def test_an_error_of_angles_that_is_nearly_none_stands_at_the_least_that_is_drawn(tmp_path: Path) -> None:
    shown = drawn(tmp_path)
    shown.loc[shown.index[0], following.ANGLES] = 1e-16
    angles = following.draw(shown).axes[1]
    least = min(min(line.get_ydata()) for line in angles.lines)
    assert least == 1e-4 > angles.get_ylim()[0]
    assert angles.get_yticklabels()[0].get_text() == "0.0001\nor less"
