"""When a network's training comes to what: horizon, latching, accuracy, angles; and from when on success is told."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emtvb.theory.memory_columns import amplitude_column

LOCKED = 0.01
"""The error of angles, rad, below which they are locked."""
DROP = 0.05
"""What a network that latches loses of its accuracy at a quarter of the amplitude, at least."""
CUTS = (0.9, 0.95)
"""Accuracies from which on it is said of a run that it will solve its task."""
READ = [
    "horizon", "test_accuracy", "matched_spectral_error", amplitude_column("whole"), amplitude_column("quarter"),
    "cycle_multiplier", "measured_solved",
]  # fmt: skip
"""Columns of ``tables/following.csv`` that milestones are found by."""
NAMES = {
    "longest": "trains on the longest\nsequences",
    "drops": "is worse on inputs\na quarter as large",
    "accurate": "is accurate enough\nto solve its task",
    "locked": "eigenvalues' angles\nare right, and stay so",
    "attracting": "stored states attract\n(multiplier below 1)",
}
"""Milestones in words, as a figure calls them. Angles are right, and a multiplier is below 1, where they are so in all
later snapshots too."""


def of_runs(snapshots: pd.DataFrame) -> pd.DataFrame:
    """The step of the first snapshot at each milestone.

    Args:
        snapshots: ``tables/following.csv``: ``run_id``, ``task``, ``solved``, ``step`` and :data:`READ`.

    Returns:
        A row for each run: ``run_id``, ``task``, ``solved``, and :data:`NAMES`, NaN where it never comes to it.
    """
    rows = []
    for run_id, run in snapshots.sort_values("step").groupby("run_id", sort=False):
        steps = run.set_index("step")
        reached = {
            "longest": steps["horizon"] >= steps["horizon"].max(),
            "drops": steps[amplitude_column("whole")] - steps[amplitude_column("quarter")] >= DROP,
            "accurate": steps["test_accuracy"] >= steps["measured_solved"],
            "locked": _from_then_on(steps["matched_spectral_error"] < LOCKED),
            "attracting": _from_then_on(steps["cycle_multiplier"] < 1),
        }
        found = {name: there.index[there].min() for name, there in reached.items()}
        rows.append({"run_id": run_id, "task": run["task"].iloc[0], "solved": run["solved"].iloc[0], **found})
    return pd.DataFrame(rows, columns=["run_id", "task", "solved", *NAMES])


def told_by_step(snapshots: pd.DataFrame) -> pd.DataFrame:
    """How often an accuracy tells at each step whether a run solves its task in the end.

    Args:
        snapshots: As for :func:`of_runs`.

    Returns:
        Columns ``step``, ``cut``, ``runs``, ``right``, ``share``, and ``guess``, the share of the commoner outcome of
        each task, which needs no network.
    """
    rows = []
    for (step, cut), run in (((step, cut), rows) for step, rows in snapshots.groupby("step") for cut in CUTS):
        right = (run["test_accuracy"] >= cut) == (run["solved"] == 1)
        solved = (run["solved"] == 1).groupby(run["task"]).transform("mean")
        rows.append({"step": step, "cut": cut, "runs": len(run), "right": int(right.sum()), "share": right.mean(),
                     "guess": np.maximum(solved, 1 - solved).mean()})  # fmt: skip
    return pd.DataFrame(rows, columns=["step", "cut", "runs", "right", "share", "guess"])


def _from_then_on(there: pd.Series) -> pd.Series:
    """Whether something is so at each step and at all later ones."""
    return there[::-1].cummin()[::-1]
