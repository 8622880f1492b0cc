"""Variable memories from what a system does on its task: least squares between its states and the task's m(t).

Any system will do; nothing is linearised. (From the weights of a network: ``power_iteration``, the paper's, and
``realisation.memories_by_realisation``.)
"""

from __future__ import annotations

import numpy as np

from emtvb.core.memories import VariableMemories
from emtvb.core.recording import FITTING, Recording
from emtvb.core.regression import fit_memories
from emtvb.core.systems import System
from emtvb.core.task_theory import TaskTheory
from emtvb.core.trials import LabelledTask
from emtvb.theory.sequences import record_random

SEQUENCES = 1024
"""Random input sequences to fit on."""
_TIMES = 4
"""Moments that are taken from each sequence."""


def fit_memories_by_data(
    system: System, task: LabelledTask, sequences_shown: int = SEQUENCES, seed: int = 0
) -> VariableMemories:
    """The encoder h ~ Psi m + c and the decoder m ~ Psi* (h - c), by least squares over the persistent elements.

    Psi* is fitted for itself, not as a pseudo-inverse: so it reads best in the presence of what else is in the state.
    Where the states hold all elements, Psi* Psi is nearly the identity; where they do not, it is far from it.

    Args:
        system: What was trained.
        task: On what.
        sequences_shown: Random input sequences, of the half that is never judged on.
        seed: Of these sequences.

    Raises:
        InputError: Where the system's states are not finite.
    """
    times = fitting_times(task.theory)
    shown = record_random(system, task, FITTING, sequences_shown, seed, times[-1])
    return fit_memories(*shown.samples(times), task.theory.persistent)


def at_end_of_input(recording: Recording) -> VariableMemories:
    """The same at the one moment at which all s*d elements are independent: the end of the input phase.

    It has a column for every element, for those too that no later output depends on, as far as the state still
    distinguishes them.

    Args:
        recording: Of sequences to fit on.

    Raises:
        InputError: Where the states are not finite.
    """
    return fit_memories(*recording.samples([0]), np.ones(recording.labels.shape[2], dtype=bool))


def scale_to_stored_units(
    memories: VariableMemories, system: System, task: LabelledTask, sequences_shown: int = 256, seed: int = 0
) -> VariableMemories:
    """The same memories, each column in the units of what is stored: so that Psi* h is +1 or -1, not +a or -a.

    Power iteration gives directions, not lengths (its columns have norm 1); an edit needs both. The length of a column
    is the slope of the line from m to Psi* h: 0 if they have nothing to do with each other.
    """
    times = fitting_times(task.theory)
    shown = record_random(system, task, FITTING, sequences_shown, seed, times[-1])
    slope = (memories.read(shown.states[times]) * shown.labels[times]).mean(axis=(0, 1))
    dual = memories.decoder / np.where(slope == 0, 1, slope)[:, None]
    return VariableMemories(memories.encoder * slope, dual, memories.stored, memories.centre)


def fitting_times(theory: TaskTheory) -> list[int]:
    """The output steps that are looked at: settled, and at different phases of a period of s."""
    return [theory.settled_step + i * (theory.s + 1) for i in range(_TIMES)]
