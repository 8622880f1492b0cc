"""What a task asks at each step of a sequence: an input, an end marker, a target, and what the target is composed of.

A *schedule* says it for one sequence; all sequences of a batch share theirs. The paper's tasks are the simplest case
(:func:`output_phase_schedule`): ``s`` inputs, then outputs, each composed of the ``s`` targets before it. *Episodes*
have lengths that are drawn, and a marker that says where the inputs end. A *stream* is a sequence of many episodes.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from emtvb.errors import InputError
from emtvb.theory.protocol import Binding

if TYPE_CHECKING:  # what plans the workflow imports this, and needs no arrays
    import numpy as np
    from jaxtyping import Bool, Float, Int, Int8

SILENCE, INPUT, MARKER = 0, 1, 2
"""What a step shows: nothing, a vector to store, the end marker."""


class Place(NamedTuple):
    """Where an episode lies in its sequence.

    Attributes:
        start: Its first step, from 0.
        length: Its inputs n.
        first_output: The step of its first output.
        stop: The step after its last output.
    """

    start: int
    length: int
    first_output: int
    stop: int


@dataclass(frozen=True, eq=False)
class Schedule:
    """What is shown and asked at each step of a sequence.

    Attributes:
        shows: :data:`SILENCE`, :data:`INPUT` or :data:`MARKER`.
        source: The input element that a target repeats: ``step * d + dimension``. Of no meaning where the sign is 0.
        sign: +1 or -1; 0 where no input element stands behind the target, which is 0 there.
        scored: Whether the step counts in the loss: where any of its targets is not 0.
        places: The episodes.
    """

    shows: Int8[np.ndarray, " time"]
    source: Int[np.ndarray, "time d"]
    sign: Int[np.ndarray, "time d"]
    scored: Bool[np.ndarray, " time"]
    places: tuple[Place, ...]

    def __len__(self) -> int:
        """Steps of the sequence."""
        return len(self.shows)

    def targets(self, inputs: Float[np.ndarray, "time batch d"]) -> Float[np.ndarray, "time batch d"]:
        """The targets for vectors that are shown; 0 where there is none.

        Args:
            inputs: What is shown at each step. What it has at steps that show no input is not read.
        """
        flat = inputs.transpose(0, 2, 1).reshape(-1, inputs.shape[1])
        return (flat[self.source] * self.sign[:, :, None]).transpose(0, 2, 1).astype(inputs.dtype)


@dataclass(frozen=True)
class Episodes:
    """How the episodes of a sequence are laid out; the defaults are those of the authors' streams.

    Attributes:
        lengths: Shortest and longest number of inputs n; each between them is as likely as another.
        outputs: Output steps of an episode.
        total: Steps of a sequence: episodes are added as long as n inputs, the marker and ``min(n, outputs)`` outputs
            fit, and the last one is cut at the end. None for sequences of one episode.
        marker: Whether a step of its own between inputs and outputs shows -1 in every dimension; then no input is
            that vector.
        echo: Whether an input is its own step's target, too.
    """

    lengths: tuple[int, int] = (6, 10)
    outputs: int = 15
    total: int | None = 300
    marker: bool = True
    echo: bool = True

    def __post_init__(self) -> None:
        shortest, longest = self.lengths
        if not 1 <= shortest <= longest:
            raise InputError("episodes.lengths", list(self.lengths), "give the shortest and the longest, from 1 on")
        if self.outputs < 1:
            raise InputError("episodes.outputs", self.outputs, "give a number of output steps from 1 on")
        if self.total is not None and self.total < self.needed(longest):
            least = f"give at least {self.needed(longest)}, what the longest episode takes"
            raise InputError("episodes.total", self.total, least)

    @property
    def gap(self) -> int:
        """Steps between an episode's inputs and its outputs."""
        return int(self.marker)

    def needed(self, length: int) -> int:
        """Steps that an episode of this length takes at least."""
        return length + self.gap + min(self.outputs, length)

    def steps(self) -> int:
        """The most steps of a sequence."""
        return self.total or self.lengths[1] + self.gap + self.outputs


def check_reach(task: Binding, episodes: Episodes) -> None:
    """Raise InputError where a composition reads further back than the shortest episode goes."""
    reaches = max(read.variable for read in task.composition)
    if reaches > episodes.lengths[0]:
        remedy = f"the task reads variable {reaches} of the last n targets: from {reaches} on"
        raise InputError("episodes.lengths", list(episodes.lengths), remedy)


def output_phase_schedule(task: Binding, horizon: int) -> Schedule:
    """The paper's own task as a schedule (paper section 2).

    Args:
        task: What is asked.
        horizon: Output steps, at least 1.
    """
    return episode_schedule(task, Episodes((task.s, task.s), horizon, None, marker=False, echo=False), [task.s])


def episode_schedule(task: Binding, episodes: Episodes, lengths: Sequence[int]) -> Schedule:
    """The schedule of a sequence whose episodes have these lengths.

    Args:
        task: What is asked: variable v of its composition is the v-th of the last n targets, the oldest of them first.
            A marker's step among them is a target of 0, as in the authors' streams.
        episodes: How episodes are laid out.
        lengths: Of the episodes, in their order.
    """
    import numpy as np

    asked = episodes.outputs
    parts, places, start = [], [], 0
    for length in lengths:
        room = asked if episodes.total is None else min(asked, episodes.total - start - length - episodes.gap)
        part = _episode(task, episodes, length, room)
        first = start + length + episodes.gap
        places.append(Place(start, length, first, first + room))
        parts.append((start, part))
        start = first + room
    total = start if episodes.total is None else episodes.total
    shows = np.zeros(total, np.int8)
    source = np.zeros((total, task.d), np.int64)
    sign = np.zeros((total, task.d), np.int64)
    for first, part in parts:
        here = slice(first, first + len(part.shows))
        shows[here], source[here], sign[here] = part.shows, part.source + first * task.d, part.sign
    return Schedule(shows, source, sign, (sign != 0).any(axis=1), tuple(places))


class _Part(NamedTuple):
    """An episode by itself: as in :class:`Schedule`."""

    shows: np.ndarray
    source: np.ndarray
    sign: np.ndarray


@functools.lru_cache(1000)
def _episode(task: Binding, episodes: Episodes, length: int, outputs: int) -> _Part:
    import numpy as np

    d, first = task.d, length + episodes.gap
    shows = np.zeros(first + outputs, np.int8)
    shows[:length] = INPUT
    if episodes.marker:
        shows[length] = MARKER
    source = np.zeros((len(shows), d), np.int64)
    sign = np.zeros((len(shows), d), np.int64)
    source[:length], sign[:length] = np.arange(length * d).reshape(length, d), 1
    for step in range(first, len(shows)):
        for j, read in enumerate(task.composition):
            at = step - length + read.variable - 1, read.dimension
            source[step, j], sign[step, j] = source[at], read.sign * sign[at]
    if not episodes.echo:
        sign[:length] = 0
    return _Part(shows, source, sign)
