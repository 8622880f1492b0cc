"""What variable memories are worth: do they read what is stored, and does the system obey edits made through them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from emtvb.core.editing.agreement import all_signs_agree
from emtvb.core.editing.continuation import FUTURE
from emtvb.core.memories import VariableMemories, explained_variance
from emtvb.core.recording import JUDGING, Recording, nearest_bits
from emtvb.core.regression import decoded_map
from emtvb.core.systems import System
from emtvb.core.task_theory import TaskTheory
from emtvb.core.trials import HELD_OUT, LabelledTask
from emtvb.theory.interventions import flip_elements
from emtvb.theory.sequences import record_random

_TEST_SEED = 2310_02430
"""Seeds the test sequences, the same for every run and none that training draws."""
TEST_SEQUENCES = 640
"""Sequences of the test of accuracy, where nothing else is said: the paper's (section 4)."""
EDIT_TIMES = 3
"""Moments at which each element is flipped."""


@dataclass(frozen=True)
class MemoryMeasures:
    """Measures of one basis on sequences that no basis was fitted on.

    Attributes:
        decoding_accuracy: Share of stored elements whose sign Psi* h has, over all settled output steps up to the test
            horizon; mean over the elements that have a column.
        worst_decoding_accuracy: The least of these elements.
        explained_variance: Share of the state's variance inside the span of Psi.
        decoded_map_error: |M - Phi| / |Phi| for the M that leads best from what is read at t to what is read at t+1.
        condition: Condition number of Psi.
        edit_success: Share of single-element edits after which as many output vectors as :func:`future_steps` says are
            exactly the theory's for m'.
        random_edit_success: The same for a step of the same size in a random direction: must be near 0.
        random_edit_ignored: Share of those steps after which the outputs are exactly those of the unchanged m.
        other_edit_success: The same as ``edit_success`` for steps of that size along another element's column: must be
            near 0, and is not where two elements share a column.
    """

    decoding_accuracy: float
    worst_decoding_accuracy: float
    explained_variance: float
    decoded_map_error: float
    condition: float
    edit_success: float
    random_edit_success: float
    random_edit_ignored: float
    other_edit_success: float


def measure_test_accuracy(system: System, task: LabelledTask, horizon: int, sequences: int) -> float:
    """Test accuracy: the fraction of output-phase elements whose sign is right, 0 counting as +1."""
    x, y = task.batch(np.random.default_rng(_TEST_SEED), sequences, horizon)
    _, outputs = system.drive(x)
    return float((nearest_bits(outputs[task.s :]) == y[task.s :]).mean())


def record_held_out(
    system: System, task: LabelledTask, horizon: int, count: int = HELD_OUT, seed: int = 0
) -> Recording:
    """A recording to judge with: sequences of the half that is never fitted on, at least as long as judging needs."""
    steps = max(horizon, edit_times(task.theory)[-1] + future_steps(horizon))
    return record_random(system, task, JUDGING, count, seed, steps)


def unedited_success(recording: Recording, theory: TaskTheory, horizon: int = 200) -> float:
    """Share of sequences that are exact for as long if nothing is edited, over the same moments.

    No edit can be obeyed more often, but for the luck of the draw.
    """
    starts = [slice(time + 1, time + 1 + future_steps(horizon)) for time in edit_times(theory)]
    outputs, expected = recording.outputs, recording.labels[:, :, -theory.d :]
    return float(np.mean([all_signs_agree(outputs[at], expected[at]) for at in starts]))


def future_steps(horizon: int) -> int:
    """Output steps that must be exact after an edit: 100, but no more than the test of accuracy has."""
    return min(FUTURE, horizon)


def edit_times(theory: TaskTheory) -> list[int]:
    """The output steps at which elements are flipped: settled, then at other phases of a period of s."""
    return [theory.settled_step + i * (2 * theory.s + 1) for i in range(EDIT_TIMES)]


def measure_memories(
    system: System,
    theory: TaskTheory,
    memories: VariableMemories,
    recording: Recording,
    horizon: int = 200,
    read: Float[np.ndarray, "time batch memory"] | None = None,
) -> MemoryMeasures:
    """Measure one basis.

    Args:
        system: It runs.
        theory: Of the task that it was trained on.
        memories: Its basis.
        recording: Of :func:`record_held_out` for this horizon.
        horizon: Output steps of the test of accuracy.
        read: What the basis reads of the recording once m(t) has settled, where that is known.
    """
    stored, start = memories.stored, theory.settled_step
    phi = theory.phi[np.ix_(stored, stored)]
    tested = slice(start, max(horizon, start + theory.s) + 1)
    read = memories.read(recording.states[tested]) if read is None else read[: tested.stop - start]
    right = ((read >= 0) == (recording.labels[tested] > 0)).mean(axis=(0, 1))[stored]
    tried = flip_elements(
        system, theory, memories, recording, np.flatnonzero(stored), edit_times(theory), steps=future_steps(horizon)
    )
    return MemoryMeasures(
        decoding_accuracy=float(right.mean()),
        worst_decoding_accuracy=float(right.min()),
        explained_variance=explained_variance(memories, recording.states[tested][:: theory.s + 1]),
        decoded_map_error=float(np.linalg.norm(decoded_map(read, theory.s, stored) - phi) / np.linalg.norm(phi)),
        condition=memories.condition,
        edit_success=float(tried.followed.mean()),
        random_edit_success=float(tried.random_followed.mean()),
        random_edit_ignored=float(tried.random_ignored.mean()),
        other_edit_success=float(tried.other_followed.mean()),
    )
