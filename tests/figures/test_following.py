from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from emtvb.experiments.sweep.figures import following
from emtvb.experiments.sweep.milestones import NAMES

from ..sweep.test_following import snapshots


def drawn(folder: Path) -> pd.DataFrame:
    """Two runs that solve their tasks and one that does not, as the workflow writes them."""
    failed = snapshots("failed", test_accuracy=[0.5, 0.6, 0.7, 0.7, 0.7])
    pd.concat([snapshots(), snapshots("other", "T1"), failed]).to_csv(folder / "following.csv", index=False)
    return following.read(folder / "following.csv")


def test_lines_are_runs_and_marks_their_milestones(tmp_path: Path) -> None:
    accuracy, angles, moments, telling = following.draw(drawn(tmp_path)).axes
    assert [line.get_color() for line in accuracy.lines] == ["0.75", *following.COLOURS[:2]]
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), [0.5, 0.6, 0.7, 0.7, 0.7])
    assert len(angles.lines) == 4
    assert [label.get_text() for label in moments.get_yticklabels()] == [*NAMES.values()]
    marks = [tuple(line.get_xdata()) for line in moments.lines]
    assert marks == [(step,) for step in (2000, 8000, 10_000, 10_000, 20_000) for _ in range(2)]
    first, second, guess = telling.lines
    np.testing.assert_allclose(first.get_ydata(), [1 / 3, 1, 1, 1, 1])
    np.testing.assert_allclose(second.get_ydata(), [1 / 3, 1 / 3, 1, 1, 1])
    np.testing.assert_allclose(guess.get_ydata(), 2 / 3)
