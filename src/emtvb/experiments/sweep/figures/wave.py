"""The travelling wave: what a network stores, in the basis of its memories, over variables and time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from emtvb.figures.data import Exemplar, data_memories, with_label_columns
from emtvb.figures.data import load_exemplars as read  # noqa: F401 - what draw is handed
from emtvb.figures.images import LIMIT, show_signed, signed_bar
from emtvb.figures.panels import label_outside, panel_grid
from emtvb.figures.style import house_style
from emtvb.figures.words import variable_labels, wrap_name

ROUNDS = 3
"""So many times s steps are shown."""


@house_style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """A row per network: Psi* h(t) of one dimension, a row per variable and a column per step; beside it the theory.

    The newest variable is at the top; what it stores moves down by one place per step. The dimension is that in
    which most changes; grey: no memory. From the end of the input phase on, where memories by
    data are fitted.

    Args:
        exemplars: The networks.
    """
    figure, panels = panel_grid(2 * len(exemplars), 2, 1.35, 0.55)
    for (left, right), exemplar in zip(panels, exemplars, strict=True):
        image = _show(left, exemplar, data_memories(exemplar))
        _show(right, exemplar, exemplar.theory)
        moved, still = (shifted_correlation(exemplar, places) for places in (1, 0))
        left.set_title(
            f"{wrap_name(exemplar.task, 24)}, L2 {exemplar.l2:g}; "
            f"moved by a place: r = {moved:.3f}, unmoved: {still:.3f}"
        )
        right.set_title(f"theory, dimension {_dimension(exemplar)}")
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
    frames = []
    for exemplar in exemplars:
        steps = np.asarray(_steps(exemplar))
        table = pd.DataFrame(
            {
                "step": steps.repeat(exemplar.s),
                "variable": np.tile(np.arange(exemplar.s) + 1, len(steps)),
                "read": _stored(exemplar, data_memories(exemplar)).ravel(),
                "theory": _stored(exemplar, exemplar.theory).ravel(),
                "moved": shifted_correlation(exemplar, 1),
                "unmoved": shifted_correlation(exemplar, 0),
            }
        )
        frames.append(
            with_label_columns(table, run_id=exemplar.run_id, task=exemplar.task, dimension=_dimension(exemplar))
        )
    return pd.concat(frames, ignore_index=True)


def shifted_correlation(exemplar: Exemplar, places: int) -> float:
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


def _stored(exemplar: Exemplar, values: Float[np.ndarray, "time memory"]) -> Float[np.ndarray, "step s"]:
    """What is drawn of what is stored: one dimension of every variable, NaN where there is no memory."""
    known = np.where(exemplar.kept, values, np.nan)[[step - 1 for step in _steps(exemplar)]]
    drawn: np.ndarray = known.reshape(-1, exemplar.s, exemplar.d)[:, :, _dimension(exemplar)]
    return drawn


def _show(axes: Axes, exemplar: Exemplar, values: Float[np.ndarray, "time memory"]) -> AxesImage:
    image = show_signed(axes, _stored(exemplar, values)[:, ::-1].T, LIMIT)
    newest_first = variable_labels(exemplar.s)[::-1]
    places = sorted({0, exemplar.s - 1})
    axes.set_yticks(places, [newest_first[place] for place in places])
    steps = _steps(exemplar)
    ticks = list(range(0, len(steps), max(exemplar.s // 2, 1)))
    axes.set_xticks(ticks, [str(steps[i]) for i in ticks])
    axes.tick_params(length=0)
    return image
