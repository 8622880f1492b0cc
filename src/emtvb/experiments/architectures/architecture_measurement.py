"""Networks of other architectures, measured as the paper's are as far as the theory reaches (docs/lstm-and-s4.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.core import memories
from emtvb.core.linearisation import VISITED, mean_jacobian_by_differences
from emtvb.core.memories import VariableMemories, stored_map
from emtvb.core.recording import Recording
from emtvb.core.regression import decoded_map
from emtvb.core.spectrum import match_spectra
from emtvb.core.systems import System
from emtvb.core.task_theory import TaskTheory
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.theory.memories_by_data import fit_memories_by_data
from emtvb.theory.memory_measures import (
    MemoryMeasures,
    measure_memories,
    measure_test_accuracy,
    record_held_out,
    unedited_success,
)
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.network_verdict import network_verdict
from emtvb.theory.tasks import Task
from emtvb.training.architectures.saved_weights import Trained

LONG = 20
"""Periods of s steps after which it is looked whether a change is still there."""


@dataclass(frozen=True)
class Measurement(MemoryMeasures):
    """What is measured on one network: a row of ``architectures/measurements.csv``; Psi is the one by data.

    Attributes:
        run_id: The run.
        architecture: Its architecture.
        verdict: What it learned, in a word of ``emtvb.theory.network_verdict``.
        test_accuracy: Fraction of output elements whose sign is right.
        state_dim: Real numbers of its state.
        phi_eigenvalues: Long-term eigenvalues of Phi.
        origin_eigenvalues: Those of J(0), the derivative of a step without input at its fixed point, the origin.
        matched_eigenvalues: Pairs of the two by optimal assignment.
        matched_spectral_error: Their mean absolute angle, radians.
        largest_modulus: Spectral radius of J(0).
        origin_map_error: |Psi* J(0) Psi - Phi| / |Phi|.
        origin_gain: The factor g that brings g Phi nearest to Psi* J(0) Psi.
        visited_map_error: The same for the mean of J over states that the network visits.
        visited_gain: Likewise: below 1 where the network takes back small changes of what it stores.
        half_after_period: What is read, s steps later, of elements that were changed to half their value, times their
            sign: 1/2 in a linear system, 1 where the network has restored them.
        half_after_long: The same :data:`LONG` times s steps later.
        unedited_success: Share of held-out sequences that are exact for as long if nothing is edited.
        measured_solved: The test accuracy from which on a network counts as one that solves its task.
        solved: 1 if it does, 0 if not.
    """

    run_id: str
    architecture: str
    verdict: str
    test_accuracy: float
    state_dim: int
    phi_eigenvalues: int
    origin_eigenvalues: int
    matched_eigenvalues: int
    matched_spectral_error: float
    largest_modulus: float
    origin_map_error: float
    origin_gain: float
    visited_map_error: float
    visited_gain: float
    half_after_period: float
    half_after_long: float
    unedited_success: float
    measured_solved: float
    solved: int


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes:
        run_id: Its name.
        architecture: What it is.
        task: What it was trained on.
    """

    run_id: str
    architecture: str
    task: Task


def interpret_run(
    run: ArchitectureRun, network: Trained, settings: MeasureSettings
) -> tuple[Measurement, dict[str, np.ndarray]]:
    """A run's measurements, and the arrays that figures show of it: :func:`interpret_system`."""
    subject = Subject(run.run_id, run.architecture, run.task)
    finite = all(np.isfinite(array).all() for array in vars(network).values())
    origin = network.linearise() if finite else None
    return interpret_system(subject, network, origin, partial(mean_jacobian, network), settings)


def interpret_system(
    subject: Subject,
    system: System,
    origin: Float[np.ndarray, "state state"] | None,
    mean_step: Callable[[Float[np.ndarray, "batch state"]], np.ndarray],
    settings: MeasureSettings,
) -> tuple[Measurement, dict[str, np.ndarray]]:
    """The measurements of any system, and the arrays that figures show of it.

    Args:
        subject: Which it is.
        system: It.
        origin: The derivative of a step without input at its fixed point; None where training left no finite weights.
        mean_step: The same at given states, its mean over them.
        settings: How it is measured.

    Returns:
        The measurements; and by name ``about`` (JSON text: task, d, s, modulus and the measurements), ``kept``
        (memory), ``phi`` (kept, kept), ``phi_eigenvalues``, ``origin_eigenvalues``, and as (kept, kept) the step as a
        linear map between memories: ``origin_map``, ``visited_map``, ``decoded_map``.
    """
    task, theory = subject.task, subject.task.theory
    test_accuracy = measure_test_accuracy(system, task, settings.horizon, settings.sequences)
    if origin is None:
        return _diverged_measurement(subject, system, settings, test_accuracy)
    basis = fit_memories_by_data(system, task)
    recording = record_held_out(system, task, settings.horizon)
    judged = measure_memories(system, theory, basis, recording, settings.horizon)
    unedited = unedited_success(recording, theory, settings.horizon)
    start = theory.settled_step
    rng = np.random.default_rng(0)
    moments = rng.integers(start, len(recording.states), VISITED), rng.integers(recording.states.shape[1], size=VISITED)
    visited = mean_step(recording.states[moments])
    eigenvalues = np.linalg.eigvals(origin)
    match = match_spectra(theory.eigenvalues, eigenvalues, settings.modulus)
    solved = test_accuracy >= settings.solved
    measurement = Measurement(
        **asdict(judged),
        run_id=subject.run_id,
        architecture=subject.architecture,
        verdict=network_verdict(solved, judged.worst_decoding_accuracy, judged.edit_success, unedited),
        test_accuracy=test_accuracy,
        state_dim=system.state_dim,
        phi_eigenvalues=match.expected,
        origin_eigenvalues=match.observed,
        matched_eigenvalues=match.matched,
        matched_spectral_error=match.matched_error,
        largest_modulus=float(np.abs(eigenvalues).max()),
        origin_map_error=memories.map_error(basis, origin, theory.phi),
        origin_gain=memories.fitted_gain(basis, origin, theory.phi),
        visited_map_error=memories.map_error(basis, visited, theory.phi),
        visited_gain=memories.fitted_gain(basis, visited, theory.phi),
        half_after_period=restored_share(system, theory, basis, recording, task.s),
        half_after_long=restored_share(system, theory, basis, recording, LONG * task.s),
        unedited_success=unedited,
        measured_solved=settings.solved,
        solved=int(solved),
    )
    maps = {
        "origin_map": stored_map(basis, origin),
        "visited_map": stored_map(basis, visited),
        "decoded_map": decoded_map(basis.read(recording.states[start:])[..., basis.stored], task.s),
    }
    return measurement, _figure_arrays(task, settings, measurement, {"origin_eigenvalues": eigenvalues, **maps})


def mean_jacobian(system: System, states: Float[np.ndarray, "batch state"]) -> Float[np.ndarray, "state state"]:
    """The derivative of a step without input, its mean over these states."""
    return mean_jacobian_by_differences(lambda moved: system.coast(moved, 1)[0][0], states)


def restored_share(
    system: System, theory: TaskTheory, basis: VariableMemories, recording: Recording, steps: int
) -> float:
    """What is read, so many steps later, of elements that were changed to half their value, times their sign.

    1/2 is what a linear system keeps; 1 says that the system has restored them.
    """
    element = np.flatnonzero(basis.stored)
    sequence = np.random.default_rng(0).integers(recording.labels.shape[1], size=element.size)
    before = recording.labels[theory.settled_step, sequence]
    halved = before.copy()
    halved[np.arange(element.size), element] *= 0.5
    states, _ = system.coast(recording.states[theory.settled_step, sequence] + basis.change(before, halved), steps)
    later = halved @ np.linalg.matrix_power(theory.phi, steps).T
    changed = (np.abs(later) == 0.5) & basis.stored
    return float((basis.read(states[-1]) * np.sign(later))[changed].mean())


def _figure_arrays(
    task: Task, settings: MeasureSettings, measurement: Measurement, arrays: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    stored = task.theory.persistent
    about = {"task": task.name, "d": task.d, "s": task.s, "modulus": settings.modulus, **asdict(measurement)}
    return {
        "about": np.array(json.dumps(about)),
        "kept": stored,
        "phi": task.theory.phi[np.ix_(stored, stored)],
        "phi_eigenvalues": task.theory.eigenvalues,
        **arrays,
    }


def _diverged_measurement(
    subject: Subject, system: System, settings: MeasureSettings, test_accuracy: float
) -> tuple[Measurement, dict[str, np.ndarray]]:
    """Of weights that are not finite: they have no eigenvalues and no memories."""
    nan, count, solved = float("nan"), int(subject.task.theory.persistent.sum()), test_accuracy >= settings.solved
    known: dict[str, Any] = {
        "run_id": subject.run_id,
        "architecture": subject.architecture,
        "verdict": network_verdict(solved, nan, nan, nan),
        "test_accuracy": test_accuracy,
        "state_dim": system.state_dim,
        "phi_eigenvalues": count,
        "origin_eigenvalues": 0,
        "matched_eigenvalues": 0,
        "measured_solved": settings.solved,
        "solved": int(solved),
    }
    measurement = Measurement(**{field.name: known.get(field.name, nan) for field in fields(Measurement)})
    nothing = dict.fromkeys(("origin_map", "visited_map", "decoded_map"), np.full((count, count), nan))
    arrays = {"origin_eigenvalues": np.zeros(0, complex), **nothing}
    return measurement, _figure_arrays(subject.task, settings, measurement, arrays)
