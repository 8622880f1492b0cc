"""Interventions: change what a running system stores, through its variable memories, and see its whole future.

The theory says what must follow: the future of m' where m was stored. Each edit has its controls, which must fail: an
edit that works whatever is added to the state proves nothing (see docs/memories.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.editing.agreement import all_signs_agree
from emtvb.core.editing.continuation import FUTURE, Continuation, outputs_after_steps
from emtvb.core.editing.controls import random_step, resized_step
from emtvb.core.memories import VariableMemories
from emtvb.core.recording import Recording, nearest_bits
from emtvb.core.systems import System
from emtvb.core.task_theory import TaskTheory
from emtvb.errors import InputError


def negate_element(
    theory: TaskTheory, m: Float[np.ndarray, "*batch memory"], variable: int, dimension: int
) -> np.ndarray:
    """Copy m with one element of one variable negated (variables from 1, the oldest; dimensions from 0).

    Raises:
        InputError: Where the task has no such variable or dimension.
    """
    after = m.copy()
    after[..., _element_index(theory, variable, dimension)] *= -1
    return after


def put_values(
    theory: TaskTheory, m: Float[np.ndarray, "*batch memory"], variable: int, values: Sequence[int]
) -> np.ndarray:
    """Copy m with these values, d of them, each 1 or -1, in one variable.

    Raises:
        InputError: Where the task has no such variable, or these are no such values.
    """
    if len(values) != theory.d or not set(values) <= {-1, 1}:
        raise InputError("values", list(values), f"give d = {theory.d} values, each 1 or -1")
    after = m.copy()
    after[..., _variable_slice(theory, variable)] = values
    return after


def swap_variables(theory: TaskTheory, m: Float[np.ndarray, "*batch memory"], variable: int, other: int) -> np.ndarray:
    """Copy m with two variables exchanged.

    Raises:
        InputError: Where the task has no such variable.
    """
    after = m.copy()
    after[..., _variable_slice(theory, variable)] = m[..., _variable_slice(theory, other)]
    after[..., _variable_slice(theory, other)] = m[..., _variable_slice(theory, variable)]
    return after


def negate_with_copies(
    theory: TaskTheory,
    m: Float[np.ndarray, "trial memory"],
    element: Int[np.ndarray, " trial"],
    time: int | Int[np.ndarray, " trial"],
) -> Float[np.ndarray, "trial memory"]:
    """Copy m with one stacked element of each row negated at this time, and, once settled, with it all its copies."""
    after = m.copy()
    after[np.arange(element.size), element] *= -1
    return theory.with_copies(after, time)


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit of one sequence, and what came of it.

    Attributes:
        time: Output steps before the edit.
        before: m, what the theory says is stored.
        after: m', what was asked for.
        outputs: What the system then gave out.
        expected: The theory's future of m'.
        unedited: The theory's future of m.
    """

    time: int
    before: Float[np.ndarray, " memory"]
    after: Float[np.ndarray, " memory"]
    outputs: Float[np.ndarray, "step d"]
    expected: Float[np.ndarray, "step d"]
    unedited: Float[np.ndarray, "step d"]


def edit_first_sequence(
    system: System,
    theory: TaskTheory,
    memories: VariableMemories,
    recording: Recording,
    time: int,
    change: Callable[[Float[np.ndarray, "batch memory"]], np.ndarray],
) -> Edit:
    """Edit the first sequence of a recording and let the system run on for 100 steps.

    Args:
        system: It runs.
        theory: Of the task that it was trained on.
        memories: The basis to edit through.
        recording: Holds the states.
        time: Output steps after which to edit; 0 is the end of the input phase.
        change: From m to m', such as a flip.

    Raises:
        InputError: Where the recording has no such time.
    """
    if not 0 <= time < len(recording.states):
        raise InputError("time", time, f"give output steps from 0 to {len(recording.states) - 1}")
    before = recording.labels[time, :1]
    after = theory.with_copies(change(before), time)
    outputs = Continuation(system, FUTURE).outputs(recording.states[time, :1] + memories.change(before, after))
    expected, unedited = (theory.future_outputs(m, FUTURE)[:, 0] for m in (after, before))
    return Edit(time, before[0], after[0], outputs[:, 0], expected, unedited)


@dataclass(frozen=True, eq=False)
class Flips:
    """Single-element edits of a running system, one an entry.

    Attributes:
        element: The stacked element that was flipped.
        time: Output steps before the edit.
        followed: Whether the future was exactly the theory's for m'.
        random_followed: The same after a step of the same size in a random direction: a control that must fail.
        random_ignored: Whether after that step the future was exactly the theory's for the unchanged m.
        other_followed: Whether the future was exactly the theory's for m' after a step of the same size along another
            element's column: a control that must fail, and would not where two elements share a column.
    """

    element: Int[np.ndarray, " trial"]
    time: Int[np.ndarray, " trial"]
    followed: Bool[np.ndarray, " trial"]
    random_followed: Bool[np.ndarray, " trial"]
    random_ignored: Bool[np.ndarray, " trial"]
    other_followed: Bool[np.ndarray, " trial"]


def flip_elements(
    system: System,
    theory: TaskTheory,
    memories: VariableMemories,
    recording: Recording,
    elements: Sequence[int] | Int[np.ndarray, " element"],
    times: Sequence[int],
    repeats: int = 2,
    seed: int = 0,
    steps: int = FUTURE,
) -> Flips:
    """Flip each of these elements at each of these output steps, in so many sequences, and run on.

    Args:
        system: It runs.
        theory: Of the task that it was trained on.
        memories: Its basis; the theory's m(t) says what is stored.
        recording: Of sequences that the basis was not fitted on.
        elements: Stacked elements.
        times: Output steps after which to edit.
        repeats: Sequences for each element and time.
        seed: Of the choice of sequences and of random directions.
        steps: Output steps after the edit.
    """
    rng = np.random.default_rng(seed)
    element, time = (grid.ravel() for grid in np.meshgrid(np.repeat(elements, repeats), times, indexing="ij"))
    state, before, after = _drawn_flips(theory, recording, element, time, rng)
    change = memories.change(before, after)
    added = {"edit": change, "random": random_step(change, rng)}
    added["other"] = _along_another(theory, memories, before, element, time, change, rng)
    outputs = outputs_after_steps(Continuation(system, steps), state, added)
    expected, unedited = theory.future_outputs(after, steps), theory.future_outputs(before, steps)
    followed, random, other = (all_signs_agree(outputs[name], expected) for name in added)
    return Flips(element, time, followed, random, all_signs_agree(outputs["random"], unedited), other)


def _along_another(
    theory: TaskTheory,
    memories: VariableMemories,
    before: Float[np.ndarray, "trial memory"],
    element: Int[np.ndarray, " trial"],
    time: Int[np.ndarray, " trial"],
    change: Float[np.ndarray, "trial state"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "trial state"]:
    """Steps as long as these edits that would negate another element, chosen at random; 0 where there is none."""
    stored = np.flatnonzero(memories.stored)
    others = np.stack([rng.permutation(stored) for _ in element])
    # the element itself goes to the end, so that the first is another, where there is one
    ranks = (others == element[:, None]).argsort(axis=1, kind="stable")
    another = np.take_along_axis(others, ranks[:, :1], axis=1)[:, 0]
    step = resized_step(memories.change(before, negate_with_copies(theory, before, another, time)), change)
    return np.where((another == element)[:, None], 0, step).astype(change.dtype)


@dataclass(frozen=True)
class EndOfInput:
    """Edits at the end of the input phase, the last moment at which unobservable elements are there to be edited.

    Attributes:
        observable_followed: Share of edits of observable elements that the future followed exactly.
        unobservable_ignored: Share of edits of unobservable elements that changed no output: a control that must be 1.
            NaN where the task has none.
    """

    observable_followed: float
    unobservable_ignored: float


def edit_at_end_of_input(
    system: System,
    theory: TaskTheory,
    memories: VariableMemories,
    recording: Recording,
    repeats: int = 4,
    seed: int = 0,
    steps: int = FUTURE,
) -> EndOfInput:
    """Flip every element, observable or not, when the last input has been read.

    Args:
        system: It runs.
        theory: Of the task that it was trained on.
        memories: Of ``memories_by_data.at_end_of_input``: all elements have a column.
        recording: Of sequences that the basis was not fitted on.
        repeats: Sequences for each element.
        seed: Of the choice of sequences.
        steps: Output steps after the edit.
    """
    observable = theory.observable
    seen = flip_elements(system, theory, memories, recording, np.flatnonzero(observable), [0], repeats, seed, steps)
    followed = float(seen.followed.mean())
    if observable.all():
        return EndOfInput(followed, float("nan"))
    element = np.repeat(np.flatnonzero(~observable), repeats)
    state, before, after = _drawn_flips(theory, recording, element, np.zeros_like(element), np.random.default_rng(seed))
    outputs = outputs_after_steps(
        Continuation(system, steps), state, {"edit": memories.change(before, after), "none": 0.0}
    )
    return EndOfInput(followed, float(all_signs_agree(outputs["edit"], nearest_bits(outputs["none"])).mean()))


def _drawn_flips(
    theory: TaskTheory,
    recording: Recording,
    element: Int[np.ndarray, " trial"],
    time: Int[np.ndarray, " trial"],
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "trial state"], Float[np.ndarray, "trial memory"], Float[np.ndarray, "trial memory"]]:
    """States of random sequences at these times, what they store, and the same with one element negated."""
    sequence = rng.integers(recording.labels.shape[1], size=element.size)
    before = recording.labels[time, sequence]
    return recording.states[time, sequence], before, negate_with_copies(theory, before, element, time)


def _element_index(theory: TaskTheory, variable: int, dimension: int) -> int:
    if not 0 <= dimension < theory.d:
        raise InputError("dimension", dimension, f"dimensions run from 0 to {theory.d - 1}")
    return _variable_slice(theory, variable).start + dimension


def _variable_slice(theory: TaskTheory, variable: int) -> slice:
    if not 1 <= variable <= theory.s:
        raise InputError("variable", variable, f"variables run from 1 (oldest) to s = {theory.s}")
    return slice((variable - 1) * theory.d, variable * theory.d)
