"""The supplement to figure (f): learning curves of every size, with their losses (paper section 2)."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from emtvb.core.style import style
from emtvb.experiments.sweep.figures.learning import (
    curve_look,
    draw_curves,
    learned,
    read,  # noqa: F401 - what draw is handed
)
from emtvb.figures.data import cells
from emtvb.figures.words import wrapped

MEASURES = {"accuracy": 1.25, "loss": 1.0, "horizon": 0.6}
"""The panels of a task, from the top, and their relative heights."""


@style()
def draw(summary: pd.DataFrame) -> Figure:
    """Accuracy, loss and horizon of every size; medians over runs, with the quartiles as a band.

    A column of panels per hidden size and threshold. Where there are several L2 penalties they have the colours and
    each task has its own panels, else tasks have the colours. Losses have one scale. Penalties under which nothing was
    learned are left out and named.

    Args:
        summary: As ``emtvb.figures.data.summarise`` gives it.
    """
    drawn, lines = learned(summary)
    columns = {
        f"{size} neurons\nthreshold {threshold:g}": drawn[
            (drawn["hidden_dim"] == size) & (drawn["threshold"] == threshold)
        ]
        for size, threshold in cells(drawn, ["hidden_dim", "threshold"])
    }
    if drawn["l2"].nunique() > 1:
        by, names = "l2", {l2: f"L2 = {l2:g}" for l2 in drawn["l2"].unique()}
        rows = {wrapped(task, 16): drawn[drawn["task"] == task] for task in drawn["task"].unique()}
    else:
        by, names = "task", {task: wrapped(task) for task in drawn["task"].unique()}
        rows = {"": drawn}
    looks = {(value,): {**curve_look(i, i), "label": name} for i, (value, name) in enumerate(names.items())}
    return draw_curves(rows, columns, MEASURES, [by], looks, lines)
