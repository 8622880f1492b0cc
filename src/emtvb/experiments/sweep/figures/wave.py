"""The travelling wave: what a network stores, in the basis of its memories, over variables and time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from emtvb.core.style import style
from emtvb.figures.data import Exemplar, data_memories
from emtvb.figures.data import load_exemplars as read  # noqa: F401 - what draw is handed
from emtvb.figures.images import show_signed, signed_bar
from emtvb.figures.panels import grid, label_outside
from emtvb.figures.words import wrapped

ROUNDS = 3
"""So many times s steps are shown."""
LIMIT = 1.5
"""Colour limit; what the theory says is stored is -1 or 1."""


@style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """A row per network: Psi* h(t) of one dimension, a row per variable and a column per step; beside it the theory.

    The newest variable is at the top; what it stores moves down by one place per step. The dimension is that in
    which most changes; grey: no memory. From the end of the input phase on, where memories by
    data are fitted.

    Args:
        exemplars: The networks.
    """
    figure, panels = grid(2 * len(exemplars), 2, 1.35, 0.55)
    for (left, right), exemplar in zip(panels, exemplars, strict=True):
        dimension, steps = _dimension(exemplar), _steps(exemplar)
        image = _show(left, exemplar, data_memories(exemplar), dimension, steps)
        _show(right, exemplar, exemplar.theory, dimension, steps)
        moved, still = (shifted(exemplar, places) for places in (1, 0))
        left.set_title(
            f"{wrapped(exemplar.task, 24)}, L2 {exemplar.l2:g}; moved by a place: r = {moved:.3f}, unmoved: {still:.3f}"
        )
        right.set_title(f"theory, dimension {dimension}")
    label_outside(panels, x="step", y="variable")
    signed_bar(figure, image, "stored value", ax=panels, shrink=0.7, aspect=25)
    return figure


def numbers(exemplars: Sequence[Exemplar]) -> pd.DataFrame:
    """What is drawn, a row per number.

    Returns:
        Columns ``run_id``, ``task``, ``dimension``, ``step`` (from 1), ``variable`` (from 1, the oldest), ``read``
        (Psi* h) and ``theory``, both empty where there is no memory; and of the network ``moved``, the correlation of
        what a variable stores with what the next newer one stored a step before, and ``unmoved``, with what it stored
        itself.
    """
    rows = []
    for exemplar in exemplars:
        dimension, steps = _dimension(exemplar), _steps(exemplar)
        about = {"run_id": exemplar.run_id, "task": exemplar.task, "dimension": dimension}
        correlations = {"moved": shifted(exemplar, 1), "unmoved": shifted(exemplar, 0)}
        memories, theory = data_memories(exemplar), exemplar.theory
        for step in steps:
            for variable in range(exemplar.s):
                at = variable * exemplar.d + dimension
                there = bool(exemplar.kept[at])
                values = (memories[step - 1, at], theory[step - 1, at]) if there else (np.nan, np.nan)
                rows.append(
                    {
                        **about,
                        "step": step,
                        "variable": variable + 1,
                        "read": values[0],
                        "theory": values[1],
                        **correlations,
                    }
                )
    return pd.DataFrame(rows)


def shifted(exemplar: Exemplar, places: int) -> float:
    """The correlation of Psi* h(t) with Psi* h(t-1) of variables so many places newer, over the output phase.

    Over all elements that have a memory in both; NaN where there are none, or nothing varies.
    """
    memories = np.where(exemplar.kept, data_memories(exemplar), np.nan)[exemplar.s :]
    offset = places * exemplar.d
    newest = exemplar.d if places == 0 else offset  # the newest is written anew at each step
    after, before = memories[1:, :-newest].ravel(), memories[:-1, offset : offset + memories.shape[1] - newest].ravel()
    both = np.isfinite(after) & np.isfinite(before)
    if not both.any() or after[both].std() == 0 or before[both].std() == 0:
        return float("nan")
    return float(np.corrcoef(after[both], before[both])[0, 1])


def _dimension(exemplar: Exemplar) -> int:
    """That in which what is stored changes most often, by the theory, in the steps and the memories that are shown."""
    theory = exemplar.theory[[step - 1 for step in _steps(exemplar)]]
    changes = np.where(exemplar.kept, theory[1:] != theory[:-1], False).sum(axis=0)
    return int(changes.reshape(exemplar.s, exemplar.d).sum(axis=0).argmax())


def _steps(exemplar: Exemplar) -> list[int]:
    """From the first output step on."""
    last = min(len(exemplar.hidden), exemplar.s * (1 + ROUNDS))
    return list(range(exemplar.s + 1, last + 1))


def _show(
    axes: Axes, exemplar: Exemplar, values: Float[np.ndarray, "time memory"], dimension: int, steps: Sequence[int]
) -> AxesImage:
    known = np.where(exemplar.kept, values, np.nan)[[step - 1 for step in steps]]
    newest_first = known.reshape(len(steps), exemplar.s, exemplar.d)[:, ::-1, dimension].T
    image = show_signed(axes, newest_first, LIMIT)
    places = sorted({0, exemplar.s - 1})
    names = {0: f"{exemplar.s} (newest)", exemplar.s - 1: "1 (oldest)"} if exemplar.s > 1 else {0: "1"}
    axes.set_yticks(places, [names[place] for place in places])
    shown = list(range(0, len(steps), max(exemplar.s // 2, 1)))
    axes.set_xticks(shown, [str(steps[i]) for i in shown])
    axes.tick_params(length=0)
    return image
