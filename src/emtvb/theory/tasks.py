"""Linear variable binding tasks (paper section 2): their ids and composition f.

A task stores ``s`` vectors (variables) of ``d`` elements (dimensions). The stacked state m(t) holds the last ``s``
vectors, variable 1 the oldest and variable ``s`` the newest; its index is ``(variable - 1) * d + dimension``. f copies,
with a sign, one stacked element into each output dimension. What follows from that stands in ``core.task_theory``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING

from emtvb.errors import InputError
from emtvb.theory.protocol import Binding, Read

if TYPE_CHECKING:  # what plans the workflow imports this, and needs no arrays
    import numpy as np
    from jaxtyping import Float, Int

    from emtvb.core.judging import TaskJudgement
    from emtvb.core.memories import VariableMemories
    from emtvb.core.systems import Runnable
    from emtvb.core.task_theory import TaskTheory
    from emtvb.core.trials import Trials

TaskId = tuple[int, int, int]


@dataclass(frozen=True)
class Task(Binding):
    """One linear variable binding task: what is trained on, and its names.

    Attributes:
        name: What users call it.
    """

    name: str

    @cached_property
    def task_id(self) -> TaskId:
        """The three integers (a, b, c) of the published numbering."""
        return composition_to_id(self.composition, self.d, self.s)

    @property
    def label(self) -> str:
        """The id as one word, ``a-b-c``."""
        return "-".join(map(str, self.task_id))

    @cached_property
    def theory(self) -> TaskTheory:
        """What must be stored, and what follows from it."""
        from emtvb.core.task_theory import TaskTheory

        return TaskTheory(self.name, self.d, self.s, *self.reads())

    def unroll(self, horizon: int) -> tuple[Int[np.ndarray, "horizon d"], Int[np.ndarray, "horizon d"]]:
        """Which element of the input each output is, as :meth:`Binding.unroll` says it.

        Raises:
            InputError: Where the horizon is negative.
        """
        if horizon < 0:
            raise InputError("horizon", horizon, "give the number of output steps, 0 or more")
        return super().unroll(horizon)

    def targets(self, inputs: Float[np.ndarray, "s batch d"], horizon: int) -> Float[np.ndarray, "horizon batch d"]:
        """The right outputs for inputs u(1..s), step by step of the output phase."""
        if inputs.ndim != 3 or inputs.shape[0] != self.s or inputs.shape[2] != self.d:
            raise InputError("inputs", inputs.shape, f"give an array of shape (s={self.s}, batch, d={self.d})")
        source, sign = self.unroll(horizon)
        stacked = inputs.transpose(1, 0, 2).reshape(inputs.shape[1], -1)
        targets = stacked[:, source] * sign
        return targets.transpose(1, 0, 2).astype(inputs.dtype)

    def batch(
        self, rng: np.random.Generator, batch_size: int, horizon: int
    ) -> tuple[Float[np.ndarray, "time batch d"], Float[np.ndarray, "time batch d"]]:
        """Random inputs and their targets over both phases, float32, ``time = s + horizon``.

        The input is zero in the output phase; the target is zero in the input phase, where nothing is scored.
        (The stream that training uses is the published one, ``emtvb.training.stream``.)
        """
        import numpy as np

        inputs = rng.choice(np.array([-1, 1], dtype=np.float32), size=(self.s, batch_size, self.d))
        x = np.zeros((self.s + horizon, batch_size, self.d), dtype=np.float32)
        y = np.zeros_like(x)
        x[: self.s] = inputs
        y[self.s :] = self.targets(inputs, horizon)
        return x, y

    def random_sequences(self, half: int, count: int, seed: int) -> Float[np.ndarray, "s batch d"]:
        """Random inputs of one half of all (``theory.sequences``)."""
        from emtvb.theory import task_trials

        return task_trials.random_sequences(self, half, count, seed)

    def trials_of(self, system: Runnable, horizon: int) -> Trials:
        """A network on this task's trials: what ``emtvb.record`` gives of it."""
        from emtvb.theory import task_trials

        return task_trials.record_task(self, system, horizon)

    def judgement_of(self, trials: Trials, memories: VariableMemories) -> TaskJudgement:
        """What ``emtvb.judge`` says of a network on this task besides."""
        from emtvb.theory import task_trials

        return task_trials.judge_on_task(self, trials, memories)

    def describe(self) -> str:
        """The composition in one line, ``x0(t) = -x5(t-3), ...``: lags count back from the vector that is written."""
        parts = []
        for j, read in enumerate(self.composition):
            sign = "-" if read.sign < 0 else ""
            parts.append(f"x{j}(t) = {sign}x{read.dimension}(t-{self.s - read.variable + 1})")
        return ", ".join(parts)


def id_to_composition(task_id: Sequence[int], d: int, s: int) -> tuple[Read, ...]:
    """The composition that a task id stands for, as the authors' code reads it.

    Args:
        task_id: (a, b, c).
        d: Dimensions, at least 1.
        s: Variables, at least 1.

    Raises:
        InputError: Where the id is not one of this d and s.
    """
    check_size(d, s)
    if len(task_id) != 3 or not all(isinstance(i, int) and not isinstance(i, bool) for i in task_id):
        raise InputError("task id", list(task_id), "give three integers, [a, b, c]")
    a, b, c = task_id
    if min(task_id) < 0:
        raise InputError("task id", list(task_id), "a, b and c must not be negative")
    ones = a.bit_count()
    if ones != d:
        raise InputError("task id", f"a = {a} has {ones} ones in binary", f"it must have exactly d = {d} ones")
    if a >> (s * d):
        largest = a.bit_length() - 1
        raise InputError("task id", f"a = {a} marks stacked index {largest}", f"the largest is s*d - 1 = {s * d - 1}")
    choice = [i for i in range(s * d) if a >> i & 1]
    for k, gap in enumerate(_digits(b, d)):
        if gap and gap >= d - k:
            raise InputError("task id", f"b = {b} has digit {gap} at place {k}", f"it must be below d - {k} = {d - k}")
        if gap:
            choice[k], choice[k + gap] = choice[k + gap], choice[k]
    if c >> d:
        raise InputError(
            "task id", f"c = {c} has {c.bit_length()} binary digits", f"at most d = {d}, one per dimension"
        )
    return tuple(Read(i // d + 1, i % d, -1 if c >> j & 1 else 1) for j, i in enumerate(choice))


def composition_to_id(composition: Iterable[Sequence[int]], d: int, s: int) -> TaskId:
    """The task id of a composition; the inverse of :func:`id_to_composition`.

    Args:
        composition: d rows (variable 1..s, dimension 0..d-1, sign +1 or -1), no two reading the same element.
        d: Dimensions.
        s: Variables.

    Raises:
        InputError: Where the rows are not a composition of this d and s.
    """
    rows = _checked_rows(composition, d, s)
    wanted = [(row.variable - 1) * d + row.dimension for row in rows]
    a = sum(1 << i for i in wanted)
    current = sorted(wanted)
    b = 0
    for k, index in enumerate(wanted):
        gap = current.index(index) - k
        current[k], current[k + gap] = current[k + gap], current[k]
        b += gap * d**k
    c = sum(1 << j for j, row in enumerate(rows) if row.sign < 0)
    return a, b, c


def from_id(task_id: Sequence[int], d: int, s: int, name: str | None = None) -> Task:
    """The task of an id. Without a name it gets the one in :data:`NAMED` or its own id."""
    composition = id_to_composition(task_id, d, s)
    return Task(d, s, composition, name or canonical_name(task_id, d, s))


def from_composition(composition: Iterable[Sequence[int]], d: int, s: int, name: str | None = None) -> Task:
    """The task of a composition given as (variable, dimension, sign) rows."""
    return from_id(composition_to_id(composition, d, s), d, s, name)


def repeat_copy_id(d: int, s: int) -> TaskId:  # noqa: ARG001 - the id does not depend on s
    """T1: each output is the oldest vector."""
    return 2**d - 1, 0, 0


def compose_copy_id(d: int, s: int) -> TaskId:
    """T2: output dimension j is dimension j of variable j + 1; needs s >= d."""
    if s < d:
        raise InputError("task T2", f"d = {d}, s = {s}", "it reads variable j + 1 in dimension j and so needs s >= d")
    return sum(1 << (j * d + j) for j in range(d)), 0, 0


PAPER_SIZE = (8, 8)
_MIXED = 9241421688590303745
_PAPER_ONLY: dict[str, TaskId] = {"T3": (_MIXED, 262676, 189), "T4": (_MIXED, 38637, 145)}
ALIASES = {"repeat-copy": "T1", "compose-copy": "T2"}
"""Other names of the paper's tasks."""
_LONGEST_LABEL = 48
"""Longer ids are replaced by a digest in names, which become file names."""
_MOST_ELEMENTS, _MOST_DIMENSIONS = 10_000, 1_000
"""Bounds that keep ids printable: Python writes integers of at most 4,300 digits."""
NAMED = ("T1", "T2", "T3", "T4")
"""The paper's tasks: T1 and T2 at any size, T3 and T4 at the paper's d = s = 8."""


def named_id(name: str, d: int, s: int) -> TaskId:
    """The id of one of the paper's tasks by name (T1 to T4, repeat-copy, compose-copy)."""
    check_size(d, s)
    name = ALIASES.get(name, name)
    if name == "T1":
        return repeat_copy_id(d, s)
    if name == "T2":
        return compose_copy_id(d, s)
    if name in _PAPER_ONLY:
        if (d, s) != PAPER_SIZE:
            raise InputError(f"task {name}", f"d = {d}, s = {s}", "the paper defines it for d = s = 8 only")
        return _PAPER_ONLY[name]
    known = ", ".join((*NAMED, *ALIASES))
    raise InputError("task", name, f"unknown name; known are {known}, or give an id [a, b, c] or a composition")


def named(name: str, d: int = 8, s: int = 8) -> Task:
    """One of the paper's tasks by name; a name that is an alias becomes the paper's."""
    return from_id(named_id(name, d, s), d, s)


def canonical_name(task_id: Sequence[int], d: int, s: int) -> str:
    """The name under which a task is known everywhere: the paper's, or its size and id (a digest of a long one)."""
    for name in NAMED:
        try:
            if named_id(name, d, s) == tuple(task_id):
                return name
        except InputError:
            continue
    label = "-".join(map(str, task_id))
    if len(label) > _LONGEST_LABEL:
        label = hashlib.sha256(label.encode()).hexdigest()[:12]
    return f"d{d}s{s}-{label}"


def parse_id(text: str) -> TaskId:
    """An id written ``a-b-c`` or ``a,b,c``."""
    if not re.fullmatch(r"\d{1,4000}[-,]\d{1,4000}[-,]\d{1,4000}", text):
        shown = text if len(text) < 80 else text[:77] + "..."
        raise InputError("task id", shown, "write three integers as a-b-c")
    a, b, c = map(int, re.split("[-,]", text))
    return a, b, c


def check_size(d: int, s: int) -> None:
    """Raise InputError unless both sizes are positive integers of a size that an id can be written for."""
    for what, value in (("d (dimensions)", d), ("s (variables)", s)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(what, value, "give a positive integer")
    if d > _MOST_DIMENSIONS or s * d > _MOST_ELEMENTS:
        most = f"at most {_MOST_DIMENSIONS} dimensions and {_MOST_ELEMENTS} stacked elements"
        raise InputError("d (dimensions), s (variables)", f"{d}, {s}", f"too large: {most}")


def _digits(number: int, base: int) -> list[int]:
    """Digits from the least significant. In base 1 only zero can be written: anything else is one bad digit."""
    if base == 1:
        return [number] if number else []
    digits = []
    while number:
        number, digit = divmod(number, base)
        digits.append(digit)
    return digits


def _checked_rows(composition: Iterable[Sequence[int]], d: int, s: int) -> list[Read]:
    check_size(d, s)
    rows = [tuple(row) for row in composition]
    if len(rows) != d:
        raise InputError("composition", f"{len(rows)} rows", f"give one row per output dimension, d = {d}")
    reads = []
    for j, row in enumerate(rows):
        if len(row) != 3 or not all(isinstance(i, Integral) and not isinstance(i, bool) for i in row):
            raise InputError(f"composition row {j}", list(row), "give three integers: variable, dimension, sign")
        read = Read(*map(int, row))
        if not 1 <= read.variable <= s:
            raise InputError(f"composition row {j}", f"variable {read.variable}", f"variables run from 1 to s = {s}")
        if not 0 <= read.dimension < d:
            raise InputError(f"composition row {j}", f"dimension {read.dimension}", f"dimensions run from 0 to {d - 1}")
        if read.sign not in (-1, 1):
            raise InputError(f"composition row {j}", f"sign {read.sign}", "a sign is 1 or -1")
        reads.append(read)
    places = [(read.variable, read.dimension) for read in reads]
    for j, place in enumerate(places):
        if place in places[:j]:
            raise InputError(
                f"composition row {j}",
                f"variable {place[0]}, dimension {place[1]} is read twice",
                "a task id can only state compositions that read each element once",
            )
    return reads
