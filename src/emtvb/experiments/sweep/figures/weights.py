"""W_hh raw and in the basis of the variable memories, beside Phi (paper section 4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from emtvb.figures.data import Exemplar
from emtvb.figures.data import load_exemplars as read  # noqa: F401 - what draw is handed
from emtvb.figures.images import LIMIT, mark_variables, robust_limit, show_signed, signed_bar, signed_map
from emtvb.figures.panels import add_panel, write_words
from emtvb.figures.style import ABOVE, BELOW, PAGE, house_style
from emtvb.figures.words import accuracy_text, common_settings, wrap_name

COLUMNS = {
    "W_hh": "raw $W_{hh}$",
    "W_hh in the paper's memories": "paper's $\\Psi$",
    "W_hh in memories by data": "$\\Psi$ by data",
    "W_hh in realised memories": "realised $\\Psi$",
}
"""What is drawn of a network, and what stands above."""

_LEFT, _APART, _GAP, _RIGHT = 0.3, 0.14, 0.05, 0.1
"""Inches: what is left of all panels, between networks, between panels, and at the right."""
_LARGEST = 1.1
"""Inches: a panel's side, at most."""
_TOP, _TITLE, _BELOW, _BARS = 0.42, 0.22, 0.35, 0.52
"""Inches: what is above all rows, above a row's panels, below them, and the colour bars at the foot."""


@house_style()
def draw(exemplars: Sequence[Exemplar]) -> Figure:
    """A row per task: for each of its networks W_hh between neurons and between variable memories three times; and Phi.

    The memories are the paper's (power iteration), those by data and those of realisation theory, each column in the
    units of what is stored. In all three W_hh is divided by its gain there, for the theory speaks of the weights'
    shape: tanh takes back what they amplify. Below a panel: the relative distance from Phi that is left, and the gain.
    Elements without a variable memory are left out; values beyond the colour limits have colours of their own.

    Args:
        exemplars: At least one; those of a task one after the other.
    """
    rows = [list(group) for _, group in groupby(exemplars, key=lambda exemplar: exemplar.task)]
    most = max(map(len, rows))
    room = PAGE - _LEFT - _RIGHT - most * (_APART + (len(COLUMNS) - 1) * _GAP)
    side = min(_LARGEST, room / (most * len(COLUMNS) + 1))
    step = _TITLE + side + _BELOW
    height = _TOP + step * len(rows) + _BARS
    figure = Figure(figsize=(PAGE, height))
    limit = robust_limit(np.concatenate([exemplar.W_hh.ravel() for exemplar in exemplars]))
    block = len(COLUMNS) * side + (len(COLUMNS) - 1) * _GAP + _APART
    for i, row in enumerate(rows):
        bottom = height - _TOP - step * i - _TITLE - side
        for j, exemplar in enumerate(row):
            left = _LEFT + j * block
            title = f"{_penalty(exemplar)}: {accuracy_text(exemplar)}, {exemplar.verdict}"
            write_words(figure, left, bottom + side + 0.06, title, fontsize=7.5)
            for k, (name, heading) in enumerate(COLUMNS.items()):
                axes = add_panel(figure, left + k * (side + _GAP), bottom, side, side)
                if name == "W_hh":
                    neurons = _show_raw(axes, exemplar, limit)
                else:
                    memories = _show(axes, exemplar, _matrix(exemplar, name))
                    axes.set_xlabel(_fit(exemplar, name), labelpad=2, fontsize=7, linespacing=1.1)
                if i == 0:
                    axes.set_title(heading, pad=15)
        phi = add_panel(figure, _LEFT + most * block, bottom, side, side)
        _show_phi(phi, row[0])
        if i == 0:
            phi.set_title("$\\Phi$", pad=15)
        name = wrap_name(row[0].task, max(8, int(10 * side)))
        write_words(figure, 0.1, bottom + side / 2, name, fontsize=9, rotation=90, ha="center", va="center")
    _bars(figure, neurons, memories)
    write_words(figure, _LEFT, height - 0.1, common_settings(exemplars), va="center", fontsize=8)
    return figure


def numbers(exemplars: Sequence[Exemplar]) -> pd.DataFrame:
    """The matrices as drawn, a row of a matrix each.

    Returns:
        Columns ``run_id``, ``task``, ``l2``, ``matrix`` (W_hh; W_hh in the paper's memories, in memories by data, in
        realised memories, all three divided by their gain; Phi, once a task), ``row`` and then one for each column of
        the matrix, by its number: neurons, or stacked elements; empty where there is none.
    """
    frames, seen = [], set()
    for exemplar in exemplars:
        frames.append(_rows(exemplar, "W_hh", exemplar.W_hh, np.arange(exemplar.hidden_dim)))
        elements = np.flatnonzero(exemplar.kept)
        frames.extend(_rows(exemplar, name, _matrix(exemplar, name), elements) for name in list(COLUMNS)[1:])
        if exemplar.task not in seen:
            frames.append(_rows(exemplar, "Phi", exemplar.phi, elements))
            seen.add(exemplar.task)
    table = pd.concat(frames, ignore_index=True)
    named = [name for name in table.columns if not isinstance(name, int)]
    return table[[*named, *sorted(name for name in table.columns if isinstance(name, int))]]


def _matrix(exemplar: Exemplar, name: str) -> Float[np.ndarray, "memory memory"]:
    """W_hh in one of the bases, divided by its gain there."""
    values, gain, _ = _bases(exemplar)[name]
    divided: np.ndarray = values / (gain if math.isfinite(gain) and gain else 1.0)
    return divided


def _bases(exemplar: Exemplar) -> dict[str, tuple[Float[np.ndarray, "memory memory"], float, float]]:
    """W_hh in every basis, its gain there, and its distance from Phi once that is out."""
    values = (
        (exemplar.W_hh_in_scaled_memories, exemplar.power_gain, exemplar.power_shape_error),
        (exemplar.W_hh_in_data_memories, exemplar.data_gain, exemplar.data_shape_error),
        (exemplar.W_hh_in_realised_memories, exemplar.realisation_gain, exemplar.realisation_shape_error),
    )
    return dict(zip(list(COLUMNS)[1:], values, strict=True))


def _fit(exemplar: Exemplar, name: str) -> str:
    """The distance from Phi, and the gain, in figures."""
    _, gain, error = _bases(exemplar)[name]
    if not (math.isfinite(error) and math.isfinite(gain)):
        return "not\ndefined"
    distance = f"{error:.2g}" if error < 100 else f"{error:,.0f}"
    return f"{distance}\n({gain:.2f})".replace("-", "\N{MINUS SIGN}")


def _penalty(exemplar: Exemplar) -> str:
    return f"L2 {exemplar.l2:g}"


def _beyond(limited: AxesImage) -> AxesImage:
    """An image whose values beyond the limits have colours of their own."""
    limited.set_cmap(signed_colours())
    return limited


def signed_colours() -> Colormap:
    """The map of signed values with colours for what is beyond its limits."""
    return signed_map().with_extremes(over=ABOVE, under=BELOW)


def _show_raw(axes: Axes, exemplar: Exemplar, limit: float) -> AxesImage:
    axes.set_xlabel("distance\n(gain)", labelpad=2, fontsize=7, linespacing=1.1)
    return _beyond(show_signed(axes, exemplar.W_hh, limit))


def _show(
    axes: Axes, exemplar: Exemplar, values: Float[np.ndarray, "memory memory"], named: Sequence[Literal["x", "y"]] = ()
) -> AxesImage:
    """A matrix between the kept memories, or a word that there are none."""
    if not exemplar.kept.any():
        axes.text(0.5, 0.5, "no variable\nmemories", ha="center", va="center", transform=axes.transAxes)
        return _beyond(show_signed(axes, np.full((1, 1), np.nan), LIMIT))
    image = _beyond(show_signed(axes, values[np.ix_(exemplar.kept, exemplar.kept)], LIMIT))
    mark_variables(axes, exemplar.kept, exemplar.s, named)
    return image


def _show_phi(axes: Axes, exemplar: Exemplar) -> None:
    """What should stand there, and which variables its blocks are."""
    _show(axes, exemplar, exemplar.phi, named=("x",))
    if exemplar.kept.any():
        axes.set_xlabel("from variable", labelpad=1, fontsize=7)


def _bars(figure: Figure, neurons: AxesImage, memories: AxesImage) -> None:
    """Both colour scales, at the foot."""
    for left, image, label, ticks in (
        (1.2, neurons, "between neurons", MaxNLocator(4)),
        (4.2, memories, "between memories, divided by the gain; $\\Phi$", [-1.5, -1, 0, 1, 1.5]),
    ):
        place = {"cax": add_panel(figure, left, 0.33, 1.8, 0.07), "orientation": "horizontal"}
        signed_bar(figure, image, label, ticks=ticks, format="{x:g}", **place)


def _rows(exemplar: Exemplar, matrix: str, values: np.ndarray, indices: np.ndarray) -> pd.DataFrame:
    """A matrix's rows and columns of these numbers."""
    about = {"run_id": exemplar.run_id, "task": exemplar.task, "l2": exemplar.l2, "matrix": matrix, "row": indices}
    part = pd.DataFrame(values[np.ix_(indices, indices)].astype(np.float64), columns=indices.tolist())
    return pd.concat([pd.DataFrame(about), part], axis=1)
