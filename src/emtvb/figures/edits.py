"""Edits: what was changed in a running network, and what it then did beside the theory (docs/memories.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from emtvb.figures.data import Exemplar
from emtvb.figures.panels import show_signed, wrapped
from emtvb.figures.style import EXPECTED, FOUND, PAGE, style

LIMIT = 1.5
"""Colour limit of everything shown, whose own values are -1 and 1."""
SHOWN = 32
"""Output steps after an edit that are drawn; all are counted."""

_ROW, _TOP, _BOTTOM = 1.72, 0.3, 0.35
"""Inches: height of an edit's row, and of what is above and below all of them."""


@dataclass(frozen=True, eq=False)
class EditShown:
    """One edit and its future.

    Attributes:
        run_id: Of the network.
        task: Its task's name.
        name: What was changed.
        time: Output steps before the edit.
        kept: The stacked elements that have a variable memory.
        before: m.
        after: m', what was asked for.
        outputs: What the network then gave out.
        expected: The theory's future of m'.
        unedited: The theory's future of m.
    """

    run_id: str
    task: str
    name: str
    time: int
    kept: Bool[np.ndarray, " memory"]
    before: Float[np.ndarray, " memory"]
    after: Float[np.ndarray, " memory"]
    outputs: Float[np.ndarray, "step d"]
    expected: Float[np.ndarray, "step d"]
    unedited: Float[np.ndarray, "step d"]

    def wrong(self) -> Bool[np.ndarray, "step d"]:
        """Where an output has another sign than the theory says; 0 counts as positive."""
        wrong: np.ndarray = np.where(self.outputs >= 0, 1, -1) != self.expected
        return wrong


def edits_of(exemplar: Exemplar) -> list[EditShown]:
    """The edits that an exemplar holds."""
    return [
        EditShown(
            exemplar.run_id,
            exemplar.task,
            name,
            exemplar.edit_times[i],
            exemplar.kept,
            exemplar.edit_before[i],
            exemplar.edit_after[i],
            exemplar.edit_outputs[i],
            exemplar.edit_expected[i],
            exemplar.edit_unedited[i],
        )
        for i, name in enumerate(exemplar.edits)
    ]


@style()
def draw(edits: Sequence[EditShown]) -> Figure:
    """A row per edit: what is stored before and after it; at the right the outputs that follow, and the theory's.

    A picture of what is stored has a column per variable, the oldest at the left, and a row per dimension; what was
    changed is outlined, elements without a variable memory are pale. In the theory's outputs is outlined what differs
    from the future without the edit; in the network's, a cross marks every output with the wrong sign.

    Args:
        edits: At least one, of one network.
    """
    height = _TOP + _ROW * len(edits) + _BOTTOM
    figure = Figure(figsize=(PAGE, height))
    for i, edit in enumerate(edits):
        bottom = height - _TOP - _ROW * (i + 1)

        def add(left: float, low: float, width: float, high: float, bottom: float = bottom) -> Axes:
            return figure.add_axes((left / PAGE, (bottom + low) / height, width / PAGE, high / height))

        before, after = add(0.4, 0.22, 0.95, 1.0), add(1.55, 0.22, 0.95, 1.0)
        _show_stored(before, edit, edit.before, "before")
        _show_stored(after, edit, edit.after, "after")
        before.set_ylabel("dimension")
        network, theory = add(2.95, 0.77, 3.45, 0.48), add(2.95, 0.22, 3.45, 0.48)
        image = _show_outputs(network, theory, edit)
        figure.text(0.05 / PAGE, (bottom + 1.48) / height, _title(edit), va="center")
        if i == len(edits) - 1:
            before.set_xlabel("variable, oldest first")
            theory.set_xlabel("output step")
            figure.colorbar(image, cax=add(6.47, 0.22, 0.06, 1.03), ticks=[-1, 0, 1], extend="both")
    first = edits[0]
    figure.text(0.05 / PAGE, (height - 0.16) / height, f"{wrapped(first.task, 50)}: {first.run_id}", fontsize=9)
    return figure


def numbers(edits: Sequence[EditShown]) -> pd.DataFrame:
    """What is drawn and counted, a row per number.

    Returns:
        Columns ``run_id``, ``task``, ``edit``, ``series`` (before, after; network, theory, unedited theory), ``step``
        (the output step), ``variable`` (of what is stored, from 1), ``dimension``, ``value``.
    """
    return pd.concat([_numbers(edit) for edit in edits], ignore_index=True)


def _numbers(edit: EditShown) -> pd.DataFrame:
    frames = []
    steps, d = edit.outputs.shape
    for series, stored in (("before", edit.before), ("after", edit.after)):
        index = np.arange(stored.size)
        variable = pd.array(index // d + 1, dtype="Int64")
        frames.append(
            pd.DataFrame({"series": series, "step": edit.time, "variable": variable, "dimension": index % d})
            .assign(value=stored)
        )  # fmt: skip
    for series, outputs in (("network", edit.outputs), ("theory", edit.expected), ("unedited theory", edit.unedited)):
        step, dimension = (grid.ravel() for grid in np.indices((steps, d)))
        frames.append(
            pd.DataFrame({"series": series, "step": edit.time + 1 + step, "variable": pd.array([pd.NA] * step.size,
                          dtype="Int64"), "dimension": dimension, "value": outputs.ravel()})
        )  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "edit", edit.name)
    table.insert(0, "task", edit.task)
    table.insert(0, "run_id", edit.run_id)
    return table


def _title(edit: EditShown) -> str:
    """What was changed and whether the network followed."""
    right = int((~edit.wrong().any(axis=1)).sum())
    followed = f"{right} of {len(edit.outputs)} output vectors exactly as the theory says"
    return f"after output step {edit.time}, {edit.name}: {followed}"


def _show_stored(axes: Axes, edit: EditShown, stored: Float[np.ndarray, " memory"], title: str) -> None:
    d = edit.outputs.shape[1]
    strength = np.where(edit.kept, 1.0, 0.4).reshape(-1, d).T
    show_signed(axes, stored.reshape(-1, d).T, LIMIT, alpha=strength)
    axes.set_title(title, fontsize=8, pad=2)
    _outline(axes, ((edit.before != edit.after) & edit.kept).reshape(-1, d).T)


def _show_outputs(network: Axes, theory: Axes, edit: EditShown) -> AxesImage:
    shown = slice(0, SHOWN)
    steps = edit.time + 1 + np.arange(len(edit.outputs[shown]))
    network.set_ylabel("network", labelpad=2)
    theory.set_ylabel("theory", labelpad=2)
    image = show_signed(network, edit.outputs[shown].T, LIMIT)
    show_signed(theory, edit.expected[shown].T, LIMIT)
    _outline(theory, (edit.expected != edit.unedited)[shown].T)
    step, dimension = np.nonzero(edit.wrong()[shown])
    network.plot(step, dimension, "x", color=FOUND, markersize=3, markeredgewidth=0.8)
    ticks = np.arange(0, len(steps), 5)
    theory.set_xticks(ticks, [str(steps[tick]) for tick in ticks])
    return image


def _outline(axes: Axes, cells: Bool[np.ndarray, "row column"]) -> None:
    """A frame round each of these cells of an image."""
    for row, column in np.argwhere(cells):
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=EXPECTED, linewidth=0.6))
