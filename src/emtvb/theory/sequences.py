"""A system at work beside the theory: its states in the output phase, and the m(t) that it should store."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from emtvb.core.recording import FITTING, Recording
from emtvb.core.systems import System
from emtvb.core.trials import LabelledTask


def record_inputs(system: System, task: LabelledTask, inputs: Float[np.ndarray, "s batch d"], steps: int) -> Recording:
    """Show a system these vectors and let it run for so many output steps.

    Args:
        system: Of the task's dimensions.
        task: What it was trained on.
        inputs: u(1..s).
        steps: Output steps.
    """
    return _recording_of(system, task, *_inputs_and_memory(task, inputs, steps))


def record_random(system: System, task: LabelledTask, half: int, count: int, seed: int, steps: int) -> Recording:
    """The same for random sequences of one half (:func:`random_sequences`).

    What the theory says of them is computed once for systems that are shown the same: it is not to be written to.
    """
    return _recording_of(system, task, *_random_inputs_and_memory(task, half, count, seed, steps))


Given = tuple[Float[np.ndarray, "time batch d"], Float[np.ndarray, "step batch memory"]]
"""All that a system is given, zeros after the inputs; and m(t) from the end of the input phase on."""


def _inputs_and_memory(task: LabelledTask, inputs: Float[np.ndarray, "s batch d"], steps: int) -> Given:
    x = np.zeros((task.s + steps, *inputs.shape[1:]), dtype=inputs.dtype)
    x[: task.s] = inputs
    vectors = np.concatenate([inputs, task.targets(inputs, steps)])
    return x, stack_memory(vectors, task.s)[task.s - 1 :]


@lru_cache(maxsize=4)
def _random_inputs_and_memory(task: LabelledTask, half: int, count: int, seed: int, steps: int) -> Given:
    x, theory = _inputs_and_memory(task, random_sequences(task, half, count, seed), steps)
    x.flags.writeable = theory.flags.writeable = False
    return x, theory


def _recording_of(
    system: System,
    task: LabelledTask,
    x: Float[np.ndarray, "time batch d"],
    theory: Float[np.ndarray, "step batch memory"],
) -> Recording:
    states, outputs = system.drive(x)
    return Recording(states[task.s - 1 :], outputs[task.s - 1 :], theory)


def random_sequences(task: LabelledTask, half: int, count: int, seed: int) -> Float[np.ndarray, "s batch d"]:
    """Random input sequences of one half, :data:`FITTING` or :data:`emtvb.core.recording.JUDGING`.

    A task with s*d < 3 has at most four sequences: too few to keep any back, so there both halves are all of them.
    """
    rng = np.random.default_rng([seed, half == FITTING])
    u = rng.choice(np.array([-1, 1], dtype=np.float32), size=(task.s, count, task.d))
    if task.s * task.d >= 3:
        u[-1, :, -1] *= half * u.prod(axis=(0, 2))
    return u


def stack_memory(vectors: Float[np.ndarray, "time *batch d"], s: int) -> Float[np.ndarray, "time *batch memory"]:
    """m(t): the last s vectors at each time, the newest last, zeros before the first."""
    padded = np.concatenate([np.zeros((s - 1, *vectors.shape[1:]), dtype=vectors.dtype), vectors])
    return np.concatenate([padded[i : i + len(vectors)] for i in range(s)], axis=-1)
