"""The hidden state over time, raw and in the variable memories, beside the theory (paper section 4)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from emtvb.figures.data import Exemplar, data_memories, scaled_memories, with_label_columns
from emtvb.figures.data import load_exemplar as read  # noqa: F401 - what draw is handed
from emtvb.figures.images import LIMIT, robust_limit, show_signed, sign_patch, signed_bar, variables_as_image
from emtvb.figures.panels import figure_key
from emtvb.figures.style import ABSENT, PAGE, house_style
from emtvb.figures.words import accuracy_text, wrap_name

STEPS = (1, 2, 3, 4, 5, 14, 15, 16, 17, 18)
"""The steps that the paper shows, counted from 1."""


_BY_DATA = "memory by data"
_HATCHED: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.4", "hatch": "////", "linewidth": 0}


@house_style()
def draw(exemplar: Exemplar) -> Figure:
    """Raw hidden states above, below them pictures of the variables: in memories by data, the paper's, and in theory.

    A picture has a column per variable, the oldest at the left, and a row per dimension: so the input reads 3-1-5 where
    the last s vectors are the input. Of the paper's memories, whose columns have norm 1, each is divided by its median
    magnitude over the output phase. Elements without a variable memory are grey in the network's pictures and pale in
    the theory's. Memories by data are fitted on the output phase alone: before it they are hatched, and not counted.
    Below a picture: how many of the elements have the right sign.

    Args:
        exemplar: The network; steps that it does not have are left out.
    """
    steps = _steps(exemplar)
    figure = Figure(figsize=(PAGE, 4.9))
    columns = _columns(steps)
    grid = figure.add_gridspec(
        4, len(columns) + 2, width_ratios=[*columns.values(), 0.15, 0.15], height_ratios=[1.35, 1, 1, 1],
        left=0.1, right=0.93, top=0.88, bottom=0.135, wspace=0.12, hspace=0.2,
    )  # fmt: skip
    places = list(columns)
    memories = _memories(exemplar)
    activation = robust_limit(exemplar.hidden[[step - 1 for step in steps]])
    for group in _groups(steps):
        axes = figure.add_subplot(grid[0, places.index(group[0]) : places.index(group[-1]) + 1])
        hidden = show_signed(axes, exemplar.hidden[[step - 1 for step in group]].T, activation)
        axes.set_xticks(range(len(group)), [f"step {step}" for step in group])
        axes.tick_params(axis="x", length=0, labeltop=True, labelbottom=False, pad=1)
        axes.set_title(_phases(exemplar, group))
        if group[0] <= exemplar.s < group[-1]:
            axes.axvline(exemplar.s - group[0] + 0.5, color="black", linewidth=1.2)
        if group[0] == steps[0]:
            axes.set_ylabel(f"hidden state $h$\n{exemplar.hidden_dim} neurons")
    strength = np.where(exemplar.kept, 1.0, 0.4)
    for step in steps:
        rows = [figure.add_subplot(grid[row, places.index(step)]) for row in (1, 2, 3)]
        for axes, (name, values) in zip(rows, memories.items(), strict=False):
            stored = variables_as_image(values[step - 1], exemplar.d)
            if _is_fitted(exemplar, name, step):
                memory = show_signed(axes, stored, LIMIT)
                axes.set_xlabel(_agreement(exemplar, values, step - 1), fontsize=7, labelpad=1.5)
            else:
                _grey_out(axes, stored)
        theory = variables_as_image(exemplar.theory[step - 1], exemplar.d)
        show_signed(rows[2], theory, LIMIT, alpha=variables_as_image(strength, exemplar.d))
        if step == steps[0]:
            _explain(*rows)
    signed_bar(figure, hidden, "activation", cax=figure.add_subplot(grid[0, -1]), ticks=None)
    signed_bar(figure, memory, "stored value", cax=figure.add_subplot(grid[1:, -1]))
    _name_colours(figure)
    figure.suptitle(
        f"{wrap_name(exemplar.task, 60)}, L2 {exemplar.l2:g}: {accuracy_text(exemplar)}, {exemplar.verdict}"
    )
    return figure


def numbers(exemplar: Exemplar) -> pd.DataFrame:
    """What is drawn, a row per number.

    Returns:
        Columns ``run_id``, ``task``, ``step`` (from 1), ``phase``, ``series`` (hidden state, memory by data, the
        paper's memory, theory), ``index`` (neuron or stacked element), ``variable`` (from 1) and ``dimension`` (both
        empty for neurons), ``fitted``, whether what is read was fitted on this phase, ``value`` (of the paper's
        memories: scaled; empty where there is none).
    """
    memories = _memories(exemplar)
    frames = []
    for step in _steps(exemplar):
        for series, values in (
            ("hidden state", exemplar.hidden[step - 1]),
            *((name, values[step - 1]) for name, values in memories.items()),
            ("theory", exemplar.theory[step - 1]),
        ):
            index = pd.Series(range(values.size), dtype="Int64")
            stacked = index.where(np.full(values.size, series != "hidden state"))
            columns = {"index": index, "variable": stacked // exemplar.d + 1, "dimension": stacked % exemplar.d}
            fitted = _is_fitted(exemplar, series, step)
            table = pd.DataFrame({"series": series, **columns, "fitted": fitted, "value": values})
            phase = exemplar.phase(step - 1)
            frames.append(with_label_columns(table, run_id=exemplar.run_id, task=exemplar.task, step=step, phase=phase))
    return pd.concat(frames, ignore_index=True)


def _steps(exemplar: Exemplar) -> list[int]:
    return [step for step in STEPS if step <= len(exemplar.hidden)]


def _memories(exemplar: Exemplar) -> dict[str, Float[np.ndarray, "time memory"]]:
    """What is read of the stored elements, by the way it is read."""
    return {_BY_DATA: data_memories(exemplar), "paper's memory": scaled_memories(exemplar)}


def _is_fitted(exemplar: Exemplar, series: str, step: int) -> bool:
    """Whether this may be held against the theory at this step: memories by data are of the output phase."""
    return series != _BY_DATA or step > exemplar.s


def _grey_out(axes: Axes, stored: Float[np.ndarray, "d s"]) -> None:
    """A picture that does not count."""
    show_signed(axes, stored, LIMIT, alpha=0.3)
    axes.set_facecolor(ABSENT)
    axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, **_HATCHED))
    axes.set_xlabel("not fitted", fontsize=7, labelpad=1.5, color="0.35")


def _name_colours(figure: Figure) -> None:
    """What the colours of the lower pictures are."""
    entries = {
        "+1": sign_patch(1, LIMIT),
        "\N{MINUS SIGN}1": sign_patch(-1, LIMIT),
        "no variable memory: $f$ never reads it again": Patch(facecolor=ABSENT),
        "the same, in the theory": sign_patch(1, LIMIT, alpha=0.4),
        "not fitted: $\\Psi$ by data is of the output phase": Patch(**{**_HATCHED, "facecolor": ABSENT}),
    }
    figure_key(figure, entries, loc="lower center", handlelength=1.1, columnspacing=1.0)


def _phases(exemplar: Exemplar, group: list[int]) -> str:
    """The phases that these steps are in."""
    phases = dict.fromkeys(exemplar.phase(step - 1) for step in group)
    return ", then ".join(phases)


def _agreement(exemplar: Exemplar, memories: Float[np.ndarray, "time memory"], time: int) -> str:
    """How many of the stored elements have the sign that the theory says."""
    stored = exemplar.kept & (exemplar.theory[time] != 0)  # 0: not yet written
    if not stored.any():
        return "none"
    right = np.sign(memories[time, stored]) == np.sign(exemplar.theory[time, stored])
    return f"{int(right.sum())}/{right.size}"


def _groups(steps: list[int]) -> list[list[int]]:
    """Steps in runs of consecutive ones."""
    return [list(group) for _, group in groupby(steps, key=lambda step: step - steps.index(step))]


def _columns(steps: list[int]) -> dict[int, float]:
    """Widths of the columns: 1 for a step, less for the gap after a group, whose key is minus its last step."""
    widths: dict[int, float] = {}
    for group in _groups(steps):
        widths |= dict.fromkeys(group, 1.0) | {-group[-1]: 0.25}
    del widths[-steps[-1]]
    return widths


def _explain(by_data: Axes, published: Axes, expected: Axes) -> None:
    """Say at the first column what each row shows, and how a picture is laid out."""
    by_data.set_ylabel("$\\Psi^{*} h$\nby data")
    published.set_ylabel("$\\Psi^{*} h$\npaper's $\\Psi$")
    expected.set_ylabel("theory $m$\ndimensions")
    expected.set_xlabel("variables\n(oldest first)", fontsize=7, labelpad=2)
    for seen in (by_data, published):
        seen.annotate(
            "signs right ", (0, 0), (0, -1.5), "axes fraction", "offset points", ha="right", va="top", fontsize=7
        )
