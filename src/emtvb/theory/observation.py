"""A system at work on its task, recorded once for all that is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from emtvb.core.memories import VariableMemories
from emtvb.core.recording import FITTING, Recording
from emtvb.core.regression import fit_memories
from emtvb.core.systems import System
from emtvb.theory import memory_measures
from emtvb.theory.memories_by_data import SEQUENCES, fitting_times
from emtvb.theory.sequences import record_random
from emtvb.theory.tasks import Task

STEPS = 200
"""Output steps of the sequences that are held out, at least."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What is seen of a system on its task. Each part is computed when it is first asked for, and kept.

    Attributes:
        system: It.
        task: What it was trained on.
        horizon: Output steps of the test of accuracy.
    """

    system: System
    task: Task
    horizon: int = STEPS

    @cached_property
    def shown(self) -> Recording:
        """The sequences that memories are fitted on."""
        return record_random(self.system, self.task, FITTING, SEQUENCES, 0, fitting_times(self.task.theory)[-1])

    @cached_property
    def held_out(self) -> Recording:
        """Sequences to judge with: of the half that is never fitted on, as long as any measure needs."""
        return memory_measures.record_held_out(self.system, self.task, max(self.horizon, STEPS))

    @cached_property
    def read(self) -> Float[np.ndarray, "time batch memory"]:
        """What the memories read of the held-out sequences, from the time on at which m(t) has settled.

        Raises:
            InputError: Where the states are not finite.
        """
        return self.memories.read(self.held_out.states[self.task.theory.settled_step :])

    @cached_property
    def memories(self) -> VariableMemories:
        """The variable memories by data (``memories_by_data.fit_memories_by_data``).

        Raises:
            InputError: Where the states are not finite.
        """
        return fit_memories(*self.shown.samples(fitting_times(self.task.theory)), self.task.theory.persistent)
