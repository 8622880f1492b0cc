"""A trained network's measurements: one row per run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Float

from emtvb.adapters.elman import Elman, jacobian_at_origin
from emtvb.core import memories
from emtvb.core.memories import VariableMemories
from emtvb.core.spectrum import MODULUS, match_spectra
from emtvb.core.task_theory import TaskTheory
from emtvb.theory import networks
from emtvb.theory.interventions import edit_at_end_of_input
from emtvb.theory.memories_by_data import at_end_of_input, scale_to_stored_units
from emtvb.theory.memories_by_weights import power_iteration
from emtvb.theory.memory_measures import (
    TEST_SEQUENCES,
    MemoryMeasures,
    future_steps,
    measure_memories,
    measure_test_accuracy,
    unedited_success,
)
from emtvb.theory.network_verdict import ACCURATE, network_verdict
from emtvb.theory.networks import Network
from emtvb.theory.observation import Observation
from emtvb.theory.realisation import memories_by_realisation
from emtvb.theory.runs import Run
from emtvb.theory.spectral_error import published_spectral_error


@dataclass(frozen=True)
class MeasureSettings:
    """How networks are measured; the defaults are the paper's (section 4).

    Attributes:
        horizon: Output steps of the accuracy test.
        sequences: Sequences of the accuracy test.
        modulus: Eigenvalues with a larger modulus are long-term.
        solved: A network of this test accuracy or more solves its task.
    """

    horizon: int = 200
    sequences: int = TEST_SEQUENCES
    modulus: float = MODULUS
    solved: float = ACCURATE


DATA, POWER, REALISATION = METHODS = ("data", "power", "realisation")
"""The ways to variable memories, by the prefix of their columns: least squares on data, the paper's power iteration
(its columns in the units of what is stored), realisation theory on the weights."""


@dataclass(frozen=True)
class BasisMeasures(MemoryMeasures):
    """Measures of one basis of a network, W_hh in it included.

    Attributes:
        map_error: |Psi* W_hh Psi - Phi| / |Phi|.
        gain: The factor g that brings g Phi nearest to Psi* W_hh Psi.
        shape_error: |Psi* W_hh Psi / g - Phi| / |Phi|.
    """

    map_error: float
    gain: float
    shape_error: float


@dataclass(frozen=True)
class Measurement:
    """What is measured on one run: a row of ``measurements.csv``.

    Attributes:
        run_id: The run.
        verdict: What it learned, in a word of ``emtvb.theory.network_verdict``.
        test_accuracy: Fraction of output elements whose sign is right.
        spectral_error: The paper's, radians; NaN where it cannot be computed.
        optimal_spectral_error: By optimal assignment, radians, an eigenvalue without a partner counting as pi.
        matched_spectral_error: The same over matched pairs alone.
        matched_eigenvalues: Pairs.
        phi_eigenvalues: Long-term eigenvalues of Phi.
        network_eigenvalues: Long-term eigenvalues of W_hh.
        largest_modulus: Spectral radius of W_hh.
        memory_map_error: |Psi* W_hh Psi - Phi| / |Phi| in the paper's basis as it prints it: of unit columns.
        memory_gain: The gain g there (``memories.fitted_gain``).
        memory_shape_error: |Psi* W_hh Psi / g - Phi| / |Phi| there.
        random_readout_shape_error: The same in the realised basis of the network with a random readout for its own, a
            control: where it is small, the eigenvalues of W_hh alone make W_hh look like Phi.
        unedited_success: Share of held-out sequences that are exact for as long if nothing is edited.
        early_edit_success: Share of edits of observable elements at the end of the input phase that are obeyed.
        unobservable_edit_ignored: Share of edits of unobservable elements there that change no output.
        measured_horizon: Output steps of the accuracy test.
        measured_sequences: Its sequences.
        measured_modulus: Eigenvalues with a larger modulus were taken as long-term.
        measured_solved: The test accuracy from which on a network counts as one that solves its task.
        solved: 1 if it does, 0 if not.
        bases: By method, the measures of its variable memories.
    """

    run_id: str
    verdict: str
    test_accuracy: float
    spectral_error: float
    optimal_spectral_error: float
    matched_spectral_error: float
    matched_eigenvalues: int
    phi_eigenvalues: int
    network_eigenvalues: int
    largest_modulus: float
    memory_map_error: float
    memory_gain: float
    memory_shape_error: float
    random_readout_shape_error: float
    unedited_success: float
    early_edit_success: float
    unobservable_edit_ignored: float
    measured_horizon: int
    measured_sequences: int
    measured_modulus: float
    measured_solved: float
    solved: int
    bases: dict[str, BasisMeasures]

    def row(self) -> dict[str, object]:
        """The columns: those above, then ``<method>_<measure>``."""
        columns = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "bases"}
        for method, measures in self.bases.items():
            columns |= {f"{method}_{name}": value for name, value in asdict(measures).items()}
        return columns


def measure_network(
    run: Run, network: Network, settings: MeasureSettings, observed: Observation | None = None
) -> Measurement:
    """Everything that is measured on one trained network.

    Args:
        run: Its task, its protocol and its name.
        network: Its weights.
        settings: How it is measured.
        observed: The network at work, for this horizon; by default it is run anew.

    Raises:
        InputError: Where the network is not of the run's task.
    """
    task, theory = run.task, run.task.theory
    networks.check_task(network, theory, run.run_id)
    observed = observed or Observation(Elman(network), task, settings.horizon)
    system, recording = observed.system, observed.held_out
    test_accuracy = measure_test_accuracy(system, task, settings.horizon, settings.sequences)
    if not (network.is_finite() and np.isfinite(recording.states).all()):  # huge weights can overflow
        return _diverged_measurement(run, settings, test_accuracy)
    weights = jacobian_at_origin(network)
    eigenvalues = np.linalg.eigvals(weights.astype(np.float64))
    match = match_spectra(theory.eigenvalues, eigenvalues, settings.modulus)
    published = _step_measures(power_iteration(network, theory), weights, theory.phi)
    bases = {}
    for method, basis in memories_by_method(network, observed, settings.modulus).items():
        read = observed.read if basis is observed.memories else None
        judged = measure_memories(system, theory, basis, recording, settings.horizon, read)
        bases[method] = BasisMeasures(**asdict(judged), **_step_measures(basis, weights.astype(np.float64), theory.phi))
    early = edit_at_end_of_input(
        system, theory, at_end_of_input(observed.shown), recording, steps=future_steps(settings.horizon)
    )
    unedited = unedited_success(recording, theory, settings.horizon)
    solved = test_accuracy >= settings.solved
    return Measurement(
        run_id=run.run_id,
        verdict=network_verdict(solved, bases[DATA].worst_decoding_accuracy, bases[DATA].edit_success, unedited),
        test_accuracy=test_accuracy,
        spectral_error=published_spectral_error(_persistent_phi(theory), weights, settings.modulus),
        optimal_spectral_error=match.error,
        matched_spectral_error=match.matched_error,
        matched_eigenvalues=match.matched,
        phi_eigenvalues=match.expected,
        network_eigenvalues=match.observed,
        largest_modulus=float(np.abs(eigenvalues).max()),
        memory_map_error=published["map_error"],
        memory_gain=published["gain"],
        memory_shape_error=published["shape_error"],
        random_readout_shape_error=_random_readout_shape_error(network, theory, weights, settings.modulus),
        unedited_success=unedited,
        early_edit_success=early.observable_followed,
        unobservable_edit_ignored=early.unobservable_ignored,
        **_settings_columns(settings),
        solved=int(solved),
        bases=bases,
    )


def memories_by_method(network: Network, observed: Observation, modulus: float) -> dict[str, VariableMemories]:
    """A network's variable memories by each of :data:`METHODS`.

    Args:
        network: Its weights, finite.
        observed: The network at work.
        modulus: Eigenvalues with a larger modulus are long-term.
    """
    system, task = observed.system, observed.task
    return {
        DATA: observed.memories,
        POWER: scale_to_stored_units(power_iteration(network, task.theory), system, task),
        REALISATION: memories_by_realisation(network, task.theory, modulus),
    }


def _step_measures(basis: VariableMemories, weights: np.ndarray, phi: np.ndarray) -> dict[str, float]:
    """W_hh in a basis."""
    return {
        "map_error": memories.map_error(basis, weights, phi),
        "gain": memories.fitted_gain(basis, weights, phi),
        "shape_error": memories.shape_error(basis, weights, phi),
    }


def _random_readout_shape_error(
    network: Network, theory: TaskTheory, weights: Float[np.ndarray, "hidden hidden"], modulus: float
) -> float:
    """How far W_hh is from Phi in the realised basis by a random readout."""
    random = np.random.default_rng(0).normal(size=network.W_r.shape).astype(network.W_r.dtype)
    basis = memories_by_realisation(Network(network.W_uh, network.W_hh, random), theory, modulus)
    return memories.shape_error(basis, weights.astype(np.float64), theory.phi)


def _settings_columns(settings: MeasureSettings) -> dict[str, Any]:
    return {f"measured_{name}": value for name, value in asdict(settings).items()}


def _diverged_measurement(run: Run, settings: MeasureSettings, test_accuracy: float) -> Measurement:
    """Of weights that are not finite: they have no eigenvalues and no memories."""
    nothing = match_spectra(run.task.theory.eigenvalues, np.zeros(0, np.complex128))
    nan = float("nan")
    solved = test_accuracy >= settings.solved
    unknown = BasisMeasures(**dict.fromkeys((field.name for field in fields(BasisMeasures)), nan))
    return Measurement(
        run_id=run.run_id,
        verdict=network_verdict(solved, nan, nan, nan),
        test_accuracy=test_accuracy,
        spectral_error=nan,
        optimal_spectral_error=nothing.error,
        matched_spectral_error=nothing.matched_error,
        matched_eigenvalues=0,
        phi_eigenvalues=nothing.expected,
        network_eigenvalues=0,
        largest_modulus=nan,
        memory_map_error=nan,
        memory_gain=nan,
        memory_shape_error=nan,
        random_readout_shape_error=nan,
        unedited_success=nan,
        early_edit_success=nan,
        unobservable_edit_ignored=nan,
        **_settings_columns(settings),
        solved=int(solved),
        bases=dict.fromkeys(METHODS, unknown),
    )


def _persistent_phi(theory: TaskTheory) -> np.ndarray:
    """Phi with the elements that carry no long-term mode set to zero, as the published code builds it."""
    phi: np.ndarray = theory.phi * np.outer(theory.persistent, theory.persistent)
    return phi
