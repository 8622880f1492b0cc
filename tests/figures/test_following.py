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
