"""From a network to what the page holds of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters.elman import Elman
from emtvb.core.editing.agreement import all_signs_agree
from emtvb.core.editing.continuation import FUTURE, Continuation
from emtvb.core.memories import VariableMemories
from emtvb.core.systems import System
from emtvb.errors import InputError
from emtvb.experiments.sweep.exemplar import picture_inputs
from emtvb.page.content import Shown
from emtvb.theory.interventions import negate_with_copies
from emtvb.theory.memories_by_data import fit_memories_by_data, scale_to_stored_units
from emtvb.theory.memories_by_weights import power_iteration
from emtvb.theory.network_measurement import DATA, POWER
from emtvb.theory.network_verdict import OTHERWISE, STORED
from emtvb.theory.networks import Network, check_task
from emtvb.theory.runs import Run
from emtvb.theory.sequences import record_inputs
from emtvb.theory.tasks import Task

_MEASURED = ("edit_success", "worst_decoding_accuracy")


def shown_run(run: Run, network: Network, measured: Mapping[str, Any] | None = None) -> Shown:
    """A network of the paper's kind, with both bases.

    Args:
        run: Which it is.
        network: Its weights.
        measured: Its row of measurements, where it was measured.

    Raises:
        InputError: Where its training diverged, or it is not of the task's size.
    """
    shown = shown_network(run.run_id, network, run.task)
    about = shown.about
    if math.isfinite(run.l2):  # of a file of weights it is not known
        about |= {"l2": run.l2, "threshold": run.threshold, "seed": run.seed}
    if measured is not None:
        about["verdict"] = str(measured["verdict"])
        about["stored"] = about["verdict"] == STORED
        about["otherwise"] = about["verdict"] == OTHERWISE
        about["accuracy"] = float(measured["test_accuracy"])
        for name in about["bases"]:
            about["bases"][name] |= {measure: float(measured[f"{name}_{measure}"]) for measure in _MEASURED}
    return shown


def shown_network(name: str, network: Network, task: Task) -> Shown:
    """A network under a name, with both bases; nothing was measured of it.

    Raises:
        InputError: Where it is not of the task's size, or not finite.
    """
    if not network.is_finite():
        raise InputError("network", name, "its training diverged and left no network; choose another")
    check_task(network, task.theory, name)
    system = Elman(network)
    memories = {
        DATA: fit_memories_by_data(system, task),
        POWER: scale_to_stored_units(power_iteration(network, task.theory), system, task),
    }
    bases = {basis: {"failing": failing_elements(system, task, memory)} for basis, memory in memories.items()}
    about = {"id": name, **describe_task(system, task), "bases": bases}
    weights = {part: array.astype(np.float32) for part, array in network.arrays().items()}
    return Shown(about, weights, {basis: arrays_of(memory) for basis, memory in memories.items()})


def describe_task(system: System, task: Task) -> dict[str, Any]:
    """What of a task and of a system's size the page needs."""
    source, signs = task.reads()
    return {
        "hidden": system.state_dim,
        "d": task.d,
        "s": task.s,
        "task": task.name,
        "rule": task.describe(),
        "source": source.tolist(),
        "signs": signs.tolist(),
        "kept": np.flatnonzero(task.theory.persistent).tolist(),
        "settled": task.theory.settled_step,
        "picture": picture_inputs(task.s, task.d).astype(int).tolist(),
    }


def failing_elements(system: System, task: Task, memories: VariableMemories) -> list[str]:
    """The elements, such as "3.2", whose flip at the moment that the page opens with is not obeyed, in the picture.

    The moment is that after three times s output steps.
    """
    at = 3 * task.s
    recording = record_inputs(system, task, picture_inputs(task.s, task.d)[:, None, :], at)
    kept = np.flatnonzero(memories.stored)
    before = np.repeat(recording.labels[at], kept.size, axis=0)
    after = negate_with_copies(task.theory, before, kept, at)
    outputs = Continuation(system, FUTURE).outputs(recording.states[at] + memories.change(before, after))
    obeyed = all_signs_agree(outputs, task.theory.future_outputs(after, FUTURE))
    return [f"{element // task.d + 1}.{element % task.d}" for element in kept[~obeyed].tolist()]


def arrays_of(memories: VariableMemories) -> dict[str, Float[np.ndarray, ...]]:
    """A basis as the page holds it: the kept columns and rows in single precision."""
    kept = memories.stored
    centre = np.broadcast_to(memories.centre, memories.encoder.shape[:1])
    parts = {"basis": memories.encoder[:, kept], "dual": memories.decoder[kept], "centre": centre}
    return {name: np.ascontiguousarray(array, "<f4") for name, array in parts.items()}
