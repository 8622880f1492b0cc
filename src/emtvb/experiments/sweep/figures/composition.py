"""Each task's composition f, one panel per task (paper section 3.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from emtvb.figures.data import Exemplar
from emtvb.figures.data import load_exemplars as read  # noqa: F401 - what draw is handed
from emtvb.figures.images import mark_blocks, show_signed, sign_patch
from emtvb.figures.panels import figure_key, label_outside, panel_grid
from emtvb.figures.style import COLUMN, PAGE, house_style
from emtvb.figures.words import variable_labels, wrap_name

_LIMIT = 1.4
"""Colour limit that keeps +1 and -1 apart from black."""


@house_style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """Each task's f as an image: a row per output dimension, a column per stacked element.

    Args:
        exemplars: At least one; of several with the same task the first is drawn.
    """
    tasks = _tasks(exemplars)
    figure, panels = panel_grid(len(tasks), 2, 1.35, 0.5, width=COLUMN if len(tasks) == 1 else PAGE)
    for axes, task in zip(panels.flat, tasks, strict=False):
        show_signed(axes, task.composition, _LIMIT)
        mark_blocks(axes, [task.d] * task.s, variable_labels(task.s, between="\n"), "x", room=0.08)
        axes.set_yticks(np.linspace(0, task.d - 1, min(task.d, 8)).round().astype(int))
        axes.tick_params(axis="y", length=0, pad=2)
        axes.set_title(wrap_name(task.task, 50))
    label_outside(panels, x="variable", y="output dimension")
    signs = {"+1": 1, "\N{MINUS SIGN}1": -1, "0": 0}
    figure_key(figure, {name: sign_patch(sign, _LIMIT, edgecolor="0.35") for name, sign in signs.items()})
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
