"""An animation of variables moving round the circle of memories (paper section 3.3)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path as MarkerPath

from emtvb.figures.data import Exemplar, data_memories
from emtvb.figures.data import load_exemplar as read  # noqa: F401 - what draw is handed
from emtvb.figures.images import LIMIT, signed_bar, signed_map
from emtvb.figures.save import save_numbers
from emtvb.figures.style import EXPECTED, house_style
from emtvb.figures.words import accuracy_text, variable_labels, wrap_name
from emtvb.files import atomic

MOST_FRAMES = 40

_SIZE = (5.4, 4.16)
_DPI = 100
_FRAMES_PER_SECOND = 2
_RING = 0.6
"""Radius of the arrows; the memories' is 1."""
_PALE = 0.35
"""Strength of the colours of what was read where nothing is fitted."""
_SHARES = tuple(np.linspace(0.12, 0.88, 12).tolist())
"""Points of an arrow between two memories, as shares of the way."""
_SIDES = {"input": -1.95, "output": 1.75, "target": 2.18}
"""Where the columns beside the circle stand."""


@house_style()
def save(exemplar: Exemplar, stem: Path | str) -> tuple[Path, Path]:
    """Write ``<stem>.gif`` and its numbers ``<stem>.csv``, each whole or not at all, with the same bytes every time.

    Args:
        exemplar: The network.
        stem: The path without a suffix.

    Returns:
        The two paths.
    """
    gif, csv = Path(f"{stem}.gif"), Path(f"{stem}.csv")
    animation = draw(exemplar)
    with atomic(gif) as temporary:
        animation.save(str(temporary), writer=PillowWriter(fps=_FRAMES_PER_SECOND), dpi=_DPI)
    save_numbers(numbers(exemplar), csv)
    return gif, csv


@house_style()
def draw(exemplar: Exemplar) -> FuncAnimation:
    """A frame per step: the variable memories on a circle, the input at the left, output and target at the right.

    Every memory is a column of its dimensions. At each step what variable i stores moves on to variable i - 1, and the
    newest variable, at the top, is written: by the input, in the output phase by f, which reads the outlined elements.
    Memories are those by data, which are fitted on the output phase: before it they are pale, and what has not been
    written yet is empty. Grey: no variable memory, or no target.

    Args:
        exemplar: The network; three periods of s steps are shown, at most :data:`MOST_FRAMES`.
    """
    figure = Figure(figsize=_SIZE)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-2.3, 2.5), ylim=(-1.7, 2.0), aspect="equal")
    axes.set_axis_off()
    cells = PolyCollection(list(_cells(exemplar)), edgecolors="0.6", linewidths=0.4)
    axes.add_collection(cells)
    outlines = PolyCollection(_read_by_f(exemplar), facecolors="none", edgecolors=EXPECTED, linewidths=1.4, zorder=2)
    axes.add_collection(outlines)
    _name_parts(axes, exemplar)
    from_input, from_f = _name_sources(axes, exemplar.s)
    step_text = axes.text(0.0, 0.0, "", ha="center", va="center", fontsize=9)
    values, empty = _frames(exemplar), _not_yet_written(exemplar)
    colours = ScalarMappable(Normalize(-LIMIT, LIMIT), signed_map())
    signed_bar(figure, colours, "value", cax=figure.add_axes((0.7, 0.1, 0.24, 0.025)), orientation="horizontal")

    def show(frame: int) -> tuple[PolyCollection]:
        shown = colours.to_rgba(np.ma.masked_invalid(values[frame]))
        if frame < exemplar.s:
            memories = slice(0, exemplar.s * exemplar.d)
            shown[memories] = 1 - _PALE * (1 - shown[memories])
        shown[empty[frame]] = 1
        cells.set_facecolor(shown.tolist())
        in_input_phase = frame < exemplar.s
        for artist in from_input:
            artist.set_visible(in_input_phase)
        for artist in from_f:
            artist.set_visible(not in_input_phase)
        pale = "\n(pale: not fitted)" if in_input_phase else ""
        step_text.set_text(f"step {frame + 1}\n{exemplar.phase(frame)}{pale}")
        return (cells,)

    return FuncAnimation(figure, show, init_func=lambda: show(0), frames=len(values), cache_frame_data=False)


def numbers(exemplar: Exemplar) -> pd.DataFrame:
    """What is drawn, a row per cell and frame.

    Returns:
        Columns ``run_id``, ``task``, ``step`` (from 1), ``phase``, ``series`` (memory, input, output, target),
        ``variable`` (of memories, from 1), ``dimension``, ``value`` (empty where there is none, or nothing is
        written yet).
    """
    values = np.where(_not_yet_written(exemplar), np.nan, _frames(exemplar))
    steps, size = values.shape
    memories = exemplar.s * exemplar.d
    step = np.repeat(np.arange(steps), size)
    cell = np.tile(np.arange(size), steps)
    variable = pd.array(cell // exemplar.d + 1, dtype="Int64")
    variable[cell >= memories] = pd.NA
    series = np.repeat(["memory", *_SIDES], [memories, *[exemplar.d] * len(_SIDES)])
    return pd.DataFrame(
        {
            "run_id": exemplar.run_id,
            "task": exemplar.task,
            "step": step + 1,
            "phase": np.where(step < exemplar.s, exemplar.phase(0), exemplar.phase(exemplar.s)),
            "series": series[cell],
            "variable": variable,
            "dimension": cell % exemplar.d,
            "value": values.ravel(),
        }
    )


def _frames(exemplar: Exemplar) -> Float[np.ndarray, "frame cell"]:
    """The number in every cell at every step: memories, then the columns of :data:`_SIDES`."""
    targets = exemplar.targets.copy()
    targets[: exemplar.s] = np.nan
    every = np.hstack([data_memories(exemplar), exemplar.inputs, exemplar.outputs, targets])
    return every[: min(3 * exemplar.s, MOST_FRAMES)]


def _not_yet_written(exemplar: Exemplar) -> Bool[np.ndarray, "frame cell"]:
    """Which cells belong to variables that no input has reached yet."""
    frames, cells = _frames(exemplar).shape
    variable = np.arange(cells) // exemplar.d + 1  # above s in the columns beside the circle, which are never empty
    empty: np.ndarray = variable[None, :] < exemplar.s - np.arange(frames)[:, None]
    return empty


def _cells(exemplar: Exemplar) -> Float[np.ndarray, "cell corner xy"]:
    """The squares in the order of :func:`_frames`."""
    places = [_on_circle(variable, exemplar.s) for variable in range(1, exemplar.s + 1)]
    width, height = _cell_size(exemplar)
    cells = [_column(x, y, width, height, exemplar.d) for x, y in places]
    beside = min(1.2 / exemplar.d, 0.22)
    cells += [_column(x, 0.0, 0.22, beside, exemplar.d) for x in _SIDES.values()]
    return np.concatenate(cells)


def _read_by_f(exemplar: Exemplar) -> list[np.ndarray]:
    return list(_cells(exemplar)[np.flatnonzero(exemplar.composition.any(axis=0))])


def _cell_size(exemplar: Exemplar) -> tuple[float, float]:
    """Width and height of a memory's cell: neighbours on the circle must not touch."""
    chord = float(2 * np.sin(np.pi / max(exemplar.s, 2)))  # a single variable has no neighbour
    room = 0.85 * min(chord, 0.77)  # fewer than eight variables have the cells of eight
    return min(room, 0.18), min(room / exemplar.d, 0.18)


def _column(x: float, y: float, width: float, height: float, d: int) -> Float[np.ndarray, "d corner xy"]:
    """So many cells one below the other, dimension 0 at the top, centred at (x, y)."""
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    offsets = np.stack([np.zeros(d), (d - 1) / 2 - np.arange(d)], axis=1)
    return np.array([x, y]) + np.array([width, height]) * (offsets[:, None] + corners)


def _on_circle(variable: float, s: int, radius: float = 1.0) -> tuple[float, float]:
    """A variable's place: the newest at the top, from there clockwise to ever older ones."""
    angle = np.pi / 2 - 2 * np.pi * (s - variable) / s
    return float(radius * np.cos(angle)), float(radius * np.sin(angle))


def _name_parts(axes: Axes, exemplar: Exemplar) -> None:
    """Everything that does not change: names and arrows."""
    title = f"{wrap_name(exemplar.task, 50)}: {accuracy_text(exemplar)}"
    axes.text(0.1, 1.95, f"{title}\nmemories: $\\Psi$ by data", ha="center", va="top", fontsize=9)
    axes.text(-2.2, -1.6, "outlined: read by $f$\ngrey: no memory, no target\nempty: not yet written", va="bottom")
    for name, x in _SIDES.items():
        axes.text(x, -0.72, name, ha="center", va="top")
    width, height = _cell_size(exemplar)
    _name_variables(axes, exemplar.s, exemplar.d * height / 2, width / 2)
    _arrow(axes, [(0.25, 1.05), (1.75, 1.25), (_SIDES["output"], 0.75)])
    for older in range(1, exemplar.s):
        _arrow(axes, [_on_circle(older + 1 - part, exemplar.s, _RING) for part in _SHARES])


def _name_sources(axes: Axes, s: int) -> tuple[list[Artist], list[Artist]]:
    """What shows that the newest variable is written by the input, and what shows that it is written by f."""
    from_input = _arrow(axes, [(_SIDES["input"], 0.75), (-1.9, 1.25), (-0.25, 1.05)])
    if s == 1:
        return [from_input], []
    from_f = _arrow(axes, [_on_circle(1 - part, s, _RING) for part in _SHARES], color=EXPECTED)
    name = axes.text(*_on_circle(0.5, s, _RING - 0.12), "$f$", ha="center", va="center", color=EXPECTED, fontsize=10)
    return [from_input], [from_f, name]


def _name_variables(axes: Axes, s: int, half_height: float, half_width: float) -> None:
    """Names outside the circle, all of them where there is room, else every so many."""
    labels = variable_labels(s)
    stride = math.ceil(s / 16)
    for variable in range(s, 0, -stride):
        x, y = _on_circle(variable, s)
        beside = 0.0 if abs(x) < 0.2 else float(np.sign(x)) * (half_width + 0.06)
        side = {0: "center", 1: "left", -1: "right"}[int(np.sign(beside))]
        above = y * (half_height + 0.12)
        axes.text(x + beside, y + above, labels[variable - 1], ha=side, va="center")


def _arrow(axes: Axes, points: list[tuple[float, float]], color: str = "0.45") -> FancyArrowPatch:
    """An arrow along these points: a Bezier curve where there are three, else a line through them."""
    codes = [MarkerPath.MOVETO, *[MarkerPath.CURVE3 if len(points) == 3 else MarkerPath.LINETO] * (len(points) - 1)]
    path = MarkerPath(points, codes)
    arrow = FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=7, color=color, linewidth=0.9, zorder=0)
    axes.add_patch(arrow)
    return arrow
