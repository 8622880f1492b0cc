"""A system that runs on after its state was changed: without input, on inputs, or in closed loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.core.systems import System

FUTURE = 100
"""Output steps after an edit that must all be exact, where the test goes on for as long."""

Feedback = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From the last outputs (edit, output), and what would be read (edit, input), to what is read instead."""


@dataclass(frozen=True, eq=False)
class Continuation:
    """How a system runs on after an edit: without input, on inputs, or in closed loop.

    Attributes:
        system: The system; on inputs it must run from any state (``systems.Runnable.run``).
        steps: Steps that it runs.
        inputs: What it reads at each step; None for no input.
        feedback: In closed loop, from its outputs and the inputs to what it reads.
    """

    system: System
    steps: int
    inputs: Float[np.ndarray, "step edit input"] | None = None
    feedback: Feedback | None = None

    def outputs(
        self, state: Float[np.ndarray, "edit state"], spoken: Float[np.ndarray, "edit output"] | None = None
    ) -> Float[np.ndarray, "step edit output"]:
        """Outputs after states.

        Args:
            state: The states.
            spoken: In closed loop, the outputs that came with them, which are heard first.
        """
        if self.inputs is None:
            return self.system.coast(state, self.steps)[1]
        run: Callable[..., Any] = self.system.run  # type: ignore[attr-defined]  # of all that take inputs
        if self.feedback is None:
            outputs: np.ndarray = run(self.inputs, state, times=())[1]
            return outputs
        assert spoken is not None
        every = []
        for given in self.inputs:
            states, outputs = run(self.feedback(spoken, given)[None], state)
            state, spoken = states[0], outputs[0]
            every.append(outputs[0])
        return np.stack(every)


def outputs_after_steps(
    continuation: Continuation,
    state: Float[np.ndarray, "edit state"],
    steps: Mapping[str, Float[np.ndarray, "edit state"] | float],
    spoken: Float[np.ndarray, "edit output"] | None = None,
) -> dict[str, Float[np.ndarray, "step edit output"]]:
    """Outputs after each of some steps: of an edit, of its controls, and of 0, which is none.

    Args:
        continuation: How the system runs on.
        state: Its states.
        steps: What is added to them, by name.
        spoken: In closed loop, the outputs that came with the states.
    """
    return {name: continuation.outputs(state + step, spoken) for name, step in steps.items()}
