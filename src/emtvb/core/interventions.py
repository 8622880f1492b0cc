"""Interventions: a running system whose state is changed, the controls of the change, and what follows.

A change is made through an encoder (``VariableMemories.change``), or takes over what another state holds
(:func:`exchange`). Its controls are steps of the same size, in a random direction (:func:`random_step`) or along
another variable (:func:`resized`): an edit that works whatever is added to the state proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from emtvb.core.recording import signs
from emtvb.core.systems import System

if TYPE_CHECKING:
    from emtvb.core.subspaces import Subspace
    from emtvb.core.trials import LabelledTask

FUTURE = 100
"""Output steps after an edit that must all be exact, where the test goes on for as long."""

Feedback = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From the last outputs (edit, output), and what would be read (edit, input), to what is read instead."""


def consistent(
    task: LabelledTask, m: Float[np.ndarray, "edit memory"], time: int | Int[np.ndarray, " edit"]
) -> Float[np.ndarray, "edit memory"]:
    """Copy m with all that is a copy of something else as that says, where m has settled at this time."""
    late = np.broadcast_to(np.asarray(time) >= task.settled(), len(m))
    m = m.copy()
    m[late] = task.consistent(m[late])
    return m


def exchange(
    difference: Float[np.ndarray, "edit state"], subspaces: Iterable[Subspace]
) -> Float[np.ndarray, "edit state"]:
    """Changes of states that give them another state's part in some subspaces (Geiger et al. 2021).

    Args:
        difference: The other states less these.
        subspaces: Where the variables lie that are exchanged.
    """
    change = np.zeros(difference.shape)
    for subspace in subspaces:
        change += difference @ subspace.out.T @ subspace.into.T
    return change


def random_step(change: Float[np.ndarray, "edit state"], rng: np.random.Generator) -> Float[np.ndarray, "edit state"]:
    """Steps as long as changes, in random directions: a control."""
    return resized(rng.normal(size=change.shape).astype(change.dtype, copy=False), change)


def resized(step: Float[np.ndarray, "edit state"], change: Float[np.ndarray, "edit state"]) -> np.ndarray:
    """Steps as long as changes, in the directions of other steps: a control; 0 where the other step is."""
    size, wanted = (np.linalg.norm(part, axis=1, keepdims=True) for part in (step, change))
    return step * (wanted / np.where(size == 0, 1, size))


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


def outcomes(
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


def exact(
    outputs: Float[np.ndarray, "step edit output"], expected: Float[np.ndarray, "step edit output"]
) -> Bool[np.ndarray, " edit"]:
    """Whether every output has the expected sign at every step."""
    agreed: np.ndarray = (signs(outputs) == expected).all(axis=(0, 2))
    return agreed


def recovered(
    outputs: Float[np.ndarray, "step edit output"],
    expected: Float[np.ndarray, "step edit output"],
    unedited: Float[np.ndarray, "step edit output"],
) -> float:
    """Share of the squared distance from the unedited future to the expected one that outputs make up for.

    1 is all, 0 nothing, below 0 further away; NaN where there is no distance.
    """
    distance = float(((unedited.astype(np.float64) - expected) ** 2).sum())
    if not distance:
        return float("nan")
    return 1 - float(((outputs.astype(np.float64) - expected) ** 2).sum()) / distance
