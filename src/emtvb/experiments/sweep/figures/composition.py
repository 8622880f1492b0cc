"""Figure (a): each task's composition f, one panel per task (paper section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from emtvb.core.style import COLUMN, PAGE, style
from emtvb.figures.data import Exemplar
from emtvb.figures.data import read_exemplars as read  # noqa: F401 - what draw is handed
from emtvb.figures.panels import mark_blocks, show_signed, signed_map, task_title, variable_labels

_PANEL_HEIGHT = 1.45
_LIMIT = 1.4
"""Colour limit that keeps +1 and -1 apart from black."""


@style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """Each task's f as an image: a row per output dimension, a column per stacked element.

    Args:
        exemplars: At least one; of several with the same task the first is drawn.
    """
    tasks = _tasks(exemplars)
    columns = min(len(tasks), 2)
    rows = -(-len(tasks) // columns)
    figure = Figure(figsize=(COLUMN if columns == 1 else PAGE, 0.3 + _PANEL_HEIGHT * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, task in zip(panels, tasks, strict=False):
        show_signed(axes, task.composition, _LIMIT)
        mark_blocks(axes, [task.d] * task.s, variable_labels(task.s, between="\n"), "x", room=0.08)
        shown = np.linspace(0, task.d - 1, min(task.d, 8)).round().astype(int)
        axes.set_yticks(shown)
        axes.tick_params(axis="y", length=0, pad=2)
        axes.set_title(task_title(task, 50))
        axes.set_xlabel("variable")
        if len(tasks) == 1 or axes in panels[::columns]:
            axes.set_ylabel("output dimension")
    for axes in panels[len(tasks) :]:
        axes.set_axis_off()
    entries = [Patch(facecolor=signed_map()(0.5 + 0.5 * sign / _LIMIT), edgecolor="0.35") for sign in (1, -1, 0)]
    figure.legend(entries, ["+1", "\N{MINUS SIGN}1", "0"], loc="outside upper right", ncols=3)
    return figure


def numbers(exemplars: Sequence[Exemplar]) -> pd.DataFrame:
    """What f reads, a row per entry that is not 0.

    Returns:
        Columns ``task``, ``output_dimension``, ``variable`` (1 the oldest), ``dimension``, ``sign``.
    """
    rows = []
    for task in _tasks(exemplars):
        for output, element in np.argwhere(task.composition != 0):
            variable, dimension = divmod(int(element), task.d)
            sign = int(task.composition[output, element])
            rows.append((task.task, int(output), variable + 1, dimension, sign))
    return pd.DataFrame(rows, columns=["task", "output_dimension", "variable", "dimension", "sign"])


def _tasks(exemplars: Sequence[Exemplar]) -> list[Exemplar]:
    """One exemplar of each task."""
    first: dict[str, Exemplar] = {}
    for exemplar in exemplars:
        first.setdefault(exemplar.task, exemplar)
    return list(first.values())
