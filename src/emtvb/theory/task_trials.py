"""What ``record`` and ``judge`` ask of a task: its trials, and what they say of a network beside the theory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emtvb.core.judging import TaskJudgement
from emtvb.core.memories import VariableMemories
from emtvb.core.recording import FITTING
from emtvb.core.systems import Runnable
from emtvb.core.trials import HELD_OUT, LabelledTask, Trials, check_finite
from emtvb.core.variables import BINARY, Variable, simplex_corners
from emtvb.errors import InputError
from emtvb.memory_limit import check_room
from emtvb.theory.memories_by_data import SEQUENCES, fitting_times
from emtvb.theory.memory_measures import (
    TEST_SEQUENCES,
    measure_memories,
    measure_test_accuracy,
    record_held_out,
    unedited_success,
)
from emtvb.theory.network_verdict import ACCURATE, network_verdict
from emtvb.theory.sequences import random_sequences, record_inputs


def record_task(task: LabelledTask, system: Runnable, horizon: int) -> Trials:
    """A network on the sequences that the workflow fits and judges on.

    Args:
        task: What it was trained on.
        system: It.
        horizon: Output steps that are tested.

    Raises:
        InputError: Where the network is of another size, or diverges, or its states would not fit into memory.
    """
    if system.input_dim not in (None, task.d):
        raise InputError("task", f"{task.name} has d = {task.d}", f"{system.name} takes {system.input_dim} inputs")
    times = fitting_times(task.theory)
    width = 2 * task.d + task.d * task.s  # inputs, outputs, and what should be held
    shown = f"{task.name} with d = {task.d} and s = {task.s}, whose trials are"
    seen = (task.s + times[-1]) * SEQUENCES
    check_room(seen * width, "task", shown, "record a smaller one")
    train = record_inputs(system, task, random_sequences(task, FITTING, SEQUENCES, 0), times[-1])
    seen = (task.s + horizon) * HELD_OUT
    check_room(
        seen * (train.states.shape[2] + width), "horizon", f"{horizon}, whose states are", "give fewer output steps"
    )
    test = record_held_out(system, task, horizon)
    if train.outputs.shape[2] != task.d:
        shown = f"gives out {train.outputs.shape[2]} numbers"
        raise InputError("readout", shown, f"{task.name} has d = {task.d}; give adapt the readout")
    check_finite(test.states, test.outputs)
    signs, code = np.array([-1.0, 1.0]), simplex_corners(2)
    names = [f"{v}.{k}" for v in range(1, task.s + 1) for k in range(task.d)]
    variables = tuple(Variable(name, BINARY, signs, code) for name in names)
    silence = np.zeros((len(test.states), test.states.shape[1], task.d), dtype=np.float32)
    return Trials(
        system, variables, train, replace(test, inputs=silence), task.theory.persistent, tuple(times), task, horizon,
        weights=system.weights(),
    )  # fmt: skip


def judge_on_task(task: LabelledTask, trials: Trials, memories: VariableMemories) -> TaskJudgement:
    """A network on its task, as in ``measurements.csv``.

    Args:
        task: What it was trained on.
        trials: Of :func:`record_task`.
        memories: Of the network.
    """
    horizon = trials.horizon
    test_accuracy = measure_test_accuracy(trials.system, task, horizon, TEST_SEQUENCES)
    measures = measure_memories(trials.system, task.theory, memories, trials.test, horizon)
    unedited = unedited_success(trials.test, task.theory, horizon)
    solved = test_accuracy >= ACCURATE
    word = network_verdict(solved, measures.worst_decoding_accuracy, measures.edit_success, unedited)
    return TaskJudgement(word, test_accuracy, unedited, measures)
