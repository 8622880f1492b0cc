"""Edits: what was changed in a running network, and what it then did beside the theory (docs/memories.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from emtvb.figures.data import Exemplar, load_exemplar, with_label_columns
from emtvb.figures.images import LIMIT, show_signed, signed_bar, variables_as_image
from emtvb.figures.panels import add_panel, write_words
from emtvb.figures.style import EXPECTED, PAGE, house_style
from emtvb.figures.words import wrap_name

SHOWN = 32
"""Output steps after an edit that are drawn; all are counted."""

_ROW, _TOP, _BOTTOM = 1.86, 0.4, 0.62
"""Inches: height of an edit's row, and of what is above and below all of them."""
_STRIPS = {"network": 0.98, "asked for": 0.6, "change": 0.22}
"""Inches: the rows of outputs, and how far above their edit's foot each stands."""
_SIDE, _HIGH, _LONG = 0.95, 0.32, 3.75
"""Inches: a picture of what is stored, a row of outputs, and its length."""


@dataclass(frozen=True, eq=False)
class EditShown:
    """One edit and its future.

    Attributes:
        run_id: Of the network.
        task: Its task's name.
        name: What was changed.
        basis: Through which memories.
        time: Output steps before the edit.
        kept: The stacked elements that have a variable memory.
        before: m.
        after: m', what was asked for.
        outputs: What the network then gave out.
        expected: The theory's future of m'.
        unedited: The theory's future of m.
        past: What the network gave out until the edit, the last step last.
        note: What else is to be said; may be empty.
    """

    run_id: str
    task: str
    name: str
    basis: str
    time: int
    kept: Bool[np.ndarray, " memory"]
    before: Float[np.ndarray, " memory"]
    after: Float[np.ndarray, " memory"]
    outputs: Float[np.ndarray, "step d"]
    expected: Float[np.ndarray, "step d"]
    unedited: Float[np.ndarray, "step d"]
    past: Float[np.ndarray, "past d"]
    note: str = ""

    def difference(self) -> Float[np.ndarray, "step d"]:
        """Half of what the edit changed of each output: the network's less the theory's without the edit.

        0 where nothing changed, 1 where an output became plus, -1 where it became minus.
        """
        return (self.outputs - self.unedited) / 2

    def asked(self) -> Bool[np.ndarray, "step d"]:
        """Where the edit should change an output."""
        asked: np.ndarray = self.expected != self.unedited
        return asked

    def wrong(self) -> Bool[np.ndarray, "step d"]:
        """Where an output has another sign than the theory says; 0 counts as positive."""
        wrong: np.ndarray = np.where(self.outputs >= 0, 1, -1) != self.expected
        return wrong


def read(exemplar: Path | str) -> list[EditShown]:
    """What the figure shows, from the file of its network."""
    return edits_of(load_exemplar(exemplar))


def edits_of(exemplar: Exemplar) -> list[EditShown]:
    """The edits that an exemplar holds."""
    return [
        EditShown(
            exemplar.run_id,
            exemplar.task,
            name,
            exemplar.edit_bases[i],
            exemplar.edit_times[i],
            exemplar.kept,
            exemplar.edit_before[i],
            exemplar.edit_after[i],
            exemplar.edit_outputs[i],
            exemplar.edit_expected[i],
            exemplar.edit_unedited[i],
            exemplar.edit_past[i],
            exemplar.edit_notes[i],
        )
        for i, name in enumerate(exemplar.edits)
    ]


@house_style()
def draw(edits: Sequence[EditShown]) -> Figure:
    """A row per edit: what is stored before and after it; at the right the outputs, and what the edit changed of them.

    A picture of what is stored has a column per variable, the oldest at the left, and a row per dimension; what was
    changed is outlined, elements without a variable memory are pale. Outputs are the network's, and what was asked for
    (the theory's future of what is stored after the edit). Below is what changed: half of the network's outputs less
    the theory's future without the edit, white where nothing did; outlined is what should have changed. In the
    network's outputs a cross marks each with the wrong sign. The line is the edit's moment.

    Args:
        edits: At least one, of one network.
    """
    height = _TOP + _ROW * len(edits) + _BOTTOM
    figure = Figure(figsize=(PAGE, height))
    for i, edit in enumerate(edits):
        bottom = height - _TOP - _ROW * (i + 1) + 0.22

        before, after = (add_panel(figure, left, bottom + 0.22, _SIDE, 1.08) for left in (0.3, 1.37))
        _show_stored(before, edit, edit.before, "before")
        _show_stored(after, edit, edit.after, "after")
        before.set_ylabel("dimension", labelpad=0)
        strips = [add_panel(figure, 3.1, bottom + low, _LONG, _HIGH) for low in _STRIPS.values()]
        image = _show_outputs(strips, edit)
        write_words(figure, 0.05, bottom + 1.49, _title(edit), va="bottom", fontsize=8, linespacing=1.2)
        if i == len(edits) - 1:
            before.set_xlabel("variable (1 the oldest)", labelpad=1)
            strips[-1].set_xlabel("output step")
    scale = {"cax": add_panel(figure, 0.6, 0.36, 1.4, 0.07), "orientation": "horizontal"}
    signed_bar(figure, image, "stored, given out, or half of the change", **scale)
    write_words(figure, 0.05, height - 0.16, f"{wrap_name(edits[0].task, 50)}, network {edits[0].run_id}", fontsize=9)
    return figure


def numbers(edits: Sequence[EditShown]) -> pd.DataFrame:
    """What is drawn and counted, a row per number.

    Returns:
        Columns ``run_id``, ``task``, ``edit``, ``basis``, ``series`` (before, after; network, theory, unedited theory;
        those of the network until the edit's step were given out before it; difference, as :meth:`EditShown.difference`
        says), ``step`` (the output step), ``variable``
        (of what is stored, from 1), ``dimension``, ``value``.
    """
    return pd.concat([_numbers(edit) for edit in edits], ignore_index=True)


def _numbers(edit: EditShown) -> pd.DataFrame:
    frames = []
    for series, stored in (("before", edit.before), ("after", edit.after)):
        variable, dimension = divmod(np.arange(stored.size), edit.outputs.shape[1])
        columns = {"step": edit.time, "variable": variable + 1, "dimension": dimension, "value": stored}
        frames.append(pd.DataFrame({"series": series, **columns}))
    later = edit.time + 1
    for series, outputs, first in (
        ("network", edit.past, later - len(edit.past)), ("network", edit.outputs, later),
        ("theory", edit.expected, later), ("unedited theory", edit.unedited, later),
        ("difference", edit.difference(), later),
    ):  # fmt: skip
        step, dimension = (grid.ravel() for grid in np.indices(outputs.shape))
        columns = {"step": first + step, "dimension": dimension, "value": outputs.ravel()}
        frames.append(pd.DataFrame({"series": series, **columns}))
    table = pd.concat(frames, ignore_index=True).astype({"variable": "Int64"})
    return with_label_columns(table, run_id=edit.run_id, task=edit.task, edit=edit.name, basis=edit.basis)


def _title(edit: EditShown) -> str:
    """What was changed, through what, and whether the network followed."""
    right = int((~edit.wrong().any(axis=1)).sum())
    followed = f"{right} of {len(edit.outputs)} output vectors exactly as asked for"
    done = f"after output step {edit.time}, {edit.name}, through {_named(edit.basis)}"
    return f"{done}\n" + "; ".join(filter(None, (followed, edit.note)))


def _named(basis: str) -> str:
    return f"$\\Psi$ {basis}" if basis.startswith("by ") else f"{basis} $\\Psi$"


def _show_stored(axes: Axes, edit: EditShown, stored: Float[np.ndarray, " memory"], title: str) -> None:
    d = edit.outputs.shape[1]
    show_signed(axes, variables_as_image(stored, d), LIMIT, alpha=variables_as_image(np.where(edit.kept, 1.0, 0.4), d))
    axes.set_title(title, fontsize=8, pad=2)
    variables = stored.size // d
    axes.set_xticks(sorted({0, variables - 1}), [str(name) for name in sorted({1, variables})])
    axes.tick_params(length=0, pad=2)
    if title == "before":
        axes.set_yticks(sorted({0, d - 1}))
    _outline(axes, variables_as_image((edit.before != edit.after) & edit.kept, d))


def _show_outputs(strips: Sequence[Axes], edit: EditShown) -> AxesImage:
    """Rows of outputs on one axis of steps: the network's from before the edit on, the theory's from it on."""
    past, shown = len(edit.past), slice(0, SHOWN)
    rows = (np.concatenate([edit.past, edit.outputs[shown]]), edit.expected[shown], edit.difference()[shown])
    for axes, name, values in zip(strips, _STRIPS, rows, strict=True):
        first = edit.time + 0.5 - (past if name == "network" else 0)
        across = (first, first + len(values), edit.outputs.shape[1] - 0.5, -0.5)
        image = show_signed(axes, values.T, LIMIT, extent=across)
        axes.set_xlim(edit.time + 0.5 - past, edit.time + 0.5 + len(edit.outputs[shown]))
        axes.set_ylabel(name, rotation=0, ha="right", va="center", labelpad=3)
        axes.axvline(edit.time + 0.5, color=EXPECTED, linewidth=1.6)
        if name != "network":
            for side in ("top", "bottom", "left"):
                axes.spines[side].set_visible(False)
    step, dimension = np.nonzero(edit.wrong()[shown])
    strips[0].plot(edit.time + 1 + step, dimension, "x", color=EXPECTED, markersize=3, markeredgewidth=0.9)
    strips[0].annotate(
        "edit", (edit.time + 0.5, 1), (0, 1.5), textcoords="offset points", ha="center", va="bottom", fontsize=7,
        annotation_clip=False, xycoords=("data", "axes fraction"),
    )  # fmt: skip
    _outline(strips[-1], edit.asked()[shown].T, edit.time + 1)
    strips[-1].xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
    return image


def _outline(axes: Axes, cells: Bool[np.ndarray, "row column"], first: int = 0) -> None:
    """A frame round each of these cells of an image whose first column stands at ``first``."""
    for row, column in np.argwhere(cells):
        axes.add_patch(
            Rectangle((first + column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=EXPECTED, linewidth=0.6)
        )
