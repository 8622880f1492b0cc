"""Figures of trials, judgements and edits, at the width of a page. Whoever imports this needs matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from emtvb.core.marks import points
from emtvb.core.readings import Reading
from emtvb.core.recording import Recording
from emtvb.core.style import COLOURS, EXPECTED, style
from emtvb.core.variables import CONTINUOUS, Variable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 5.5
"""Inches."""
_MOST = len(COLOURS)
"""Lines in a panel that can be told apart: as many as there are colours."""
_GREY = "0.55"


def _panels(heights: list[float], **more: Any) -> tuple[Figure, list[Axes]]:
    from matplotlib import pyplot

    size = (_WIDTH, 0.5 + sum(heights))
    figure, axes = pyplot.subplots(
        len(heights), 1, figsize=size, layout="constrained", squeeze=False, height_ratios=heights, **more
    )
    return figure, list(axes[:, 0])


def _name_rows(axes: Axes, names: list[str]) -> None:
    """The names of rows of points, which stand at 0, -1, -2, and so on."""
    axes.set_yticks([-i for i in range(len(names))], names)
    axes.set_ylim(0.5 - len(names), 0.5)


@style()
def trial(
    recorded: Recording, variables: Sequence[tuple[Variable, slice]], number: int, unit: str, title: str
) -> Figure:
    """One trial, by its number: inputs, outputs, and each variable's labels (by where its numbers stand) over time."""
    kinds = (("input", recorded.inputs), ("output", recorded.outputs))
    shown = [(word, values[:, number]) for word, values in kinds if values is not None and values[:, number].any()]
    labels = [(v.name, _label(v, recorded.labels[:, number, at])) for v, at in variables[:_MOST]]

    figure, axes = _panels([0.9] * len(shown) + [0.3 + 0.18 * len(labels)], sharex=True)
    time = np.arange(len(recorded.outputs))
    for axis, (word, values) in zip(axes, shown, strict=False):
        for i, line in enumerate(values.T[:_MOST]):
            axis.plot(time, line, color=COLOURS[i], drawstyle="steps-mid" if word == "input" else "default")
        axis.set_ylabel(word if values.shape[1] <= _MOST else f"{word}\n({_MOST} of {values.shape[1]})")
    for i, (_, line) in enumerate(labels):
        size = np.nanmax(np.abs(line), initial=0) or 1.0
        axes[-1].plot(time, -i + 0.4 * line / size, color=COLOURS[i], drawstyle="steps-mid")
    axes[-1].set_yticks([-i for i in range(len(labels))], [name for name, _ in labels])
    axes[-1].set_ylabel("should hold")
    axes[-1].set_xlabel(unit)
    figure.suptitle(title, x=0, ha="left")
    return figure


def _label(v: Variable, numbers: np.ndarray) -> np.ndarray:
    """A variable over time: itself, or the place of its value, around 0; NaN where it has none."""
    if v.kind == CONTINUOUS:
        return numbers[:, 0]
    return np.where(np.isfinite(numbers).all(axis=1), v.places(numbers) - (len(v.classes) - 1) / 2, np.nan)


@style()
def readings(every: Sequence[Reading]) -> Figure:
    """Each variable's score with its interval beside chance; and over time, where there is more than one time."""
    over_time = len(every[0].times) > 1

    figure, axes = _panels([0.35 + 0.17 * len(every)] + ([1.6] if over_time else []))
    first = axes[0]
    for i, r in enumerate(every):
        color = COLOURS[i % _MOST] if r.readable else _GREY
        face = color if r.readable else "white"
        points(first, -i, r.score, r.low, r.high, color=color, markersize=3.5, markerfacecolor=face)
        first.plot(r.chance, -i, "|", ms=8, color=EXPECTED)
    _name_rows(first, [r.name for r in every])
    first.set_xlabel("; ".join(dict.fromkeys(r.measure for r in every)) + "  (|: chance; grey: cannot be read)")
    first.set_xlim(left=min(0.0, *(max(r.low, -0.2) for r in every)), right=1.03)
    if over_time:
        for i, r in enumerate(every[:_MOST]):
            axes[1].plot(r.times, r.score_at, color=COLOURS[i], label=r.name)
            axes[1].plot(r.times, r.chance_at, color=COLOURS[i], lw=0.7, ls=":")
            axes[1].plot(r.times[r.readable_at], r.score_at[r.readable_at], ".", ms=3, color=COLOURS[i])
        axes[1].set_xlabel("step  (points: can be read; dotted: chance)")
        axes[1].set_ylabel("score")
        axes[1].legend(ncols=4, loc="best")
    return figure


@style()
def edited(
    unedited: Float[np.ndarray, "step output"],
    expected: Float[np.ndarray, "step output"],
    outputs: Float[np.ndarray, "step output"],
    shares: Mapping[str, tuple[float, float, float]],
    agrees: str,
    title: str,
) -> Figure:
    """What a network gives out without an edit, what was expected after it, and what it gave out; then all edits.

    Args:
        unedited: Of one edit.
        expected: The same.
        outputs: The same.
        shares: Of all edits, in words: the share and the ends of its interval.
        agrees: The name of the user's rule of agreement, where there is one.
        title: Above.
    """
    apart = np.abs(expected - unedited).max(axis=0)
    for future in (expected, outputs):
        apart[future[-1].argmax()] = np.inf  # what should win at the end, and what does
    which = np.sort(np.argsort(-apart, kind="stable")[:3])
    size = float(np.nanmax(np.abs(np.stack([unedited, expected, outputs])[..., which]))) or 1.0

    figure, axes = _panels([0.8] * len(which) + [0.35 + 0.17 * len(shares)])
    steps = np.arange(1, len(outputs) + 1)
    for axis, i in zip(axes, which, strict=False):
        axis.plot(steps, unedited[:, i], color=_GREY, label="without the edit")
        axis.plot(steps, expected[:, i], color=EXPECTED, ls="--", label="expected")
        axis.plot(steps, outputs[:, i], color=COLOURS[0], label="edited")
        axis.set_ylabel(f"output {i}")
        axis.set_ylim(-1.1 * size, 1.1 * size)
        axis.locator_params(axis="x", integer=True)
    axes[0].legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    axes[len(which) - 1].set_xlabel("steps after the edit")
    for y, (share, low, high) in enumerate(shares.values()):
        points(axes[-1], -y, share, low, high, color="0.3" if y else COLOURS[0], markersize=3.5)
    _name_rows(axes[-1], list(shares))
    axes[-1].set_xlim(-0.03, 1.03)
    rule = f"agrees with the expected one (agrees={agrees})" if agrees else "is the expected one"
    axes[-1].set_xlabel(f"share whose whole future {rule}")
    figure.suptitle(title, x=0, ha="left")
    return figure
