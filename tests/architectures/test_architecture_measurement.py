from __future__ import annotations

import json

import numpy as np
import pytest

from emtvb.adapters.elman import Elman
from emtvb.config.architectures import ARCHITECTURES
from emtvb.experiments.architectures.architecture_measurement import (
    Measurement,
    interpret_run,
    mean_jacobian,
    restored_share,
)
from emtvb.theory import tasks
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.theory.memories_by_data import fit_memories_by_data
from emtvb.theory.memory_measures import record_held_out
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.network_verdict import NOT_LEARNED, STORED
from emtvb.theory.runs import Protocol
from emtvb.training.architectures.s4 import MODES, S4

from ..conftest import saturated_circuit
from .conftest import make_architecture

SETTINGS = MeasureSettings(horizon=120, sequences=50)
TASK = tasks.named("T1", 2, 3)


def ring(task: tasks.Task, drift: float = 0.0) -> S4:
    """S4 built by hand to repeat its input: a channel a dimension, a pulse every s steps.

    The pulse train is the mean of the s-th roots' powers, and what is written at its first step comes back after s.
    """
    s, d = task.s, task.d
    angles = 2 * np.pi * np.arange(s // 2 + 1) / s
    frequency = np.zeros((d, MODES))
    frequency[:, : len(angles)] = angles + drift
    decay = np.full((d, MODES), 1e-7)
    decay[:, len(angles) :] = 1.0
    A = -decay + 1j * frequency
    b = np.where(np.abs(A) > 0, (np.exp(A) - 1) / A, 1)
    share = np.where((angles == 0) | np.isclose(angles, np.pi), 0.5, 1.0) / s
    C = np.zeros((d, MODES), complex)
    C[:, : len(angles)] = share / b[:, : len(angles)]
    arrays = {
        "W_in": np.eye(d),
        "log_dt": np.zeros(d),
        "log_decay": np.log(decay),
        "frequency": frequency,
        "C": np.stack([C.real, C.imag], axis=2),
        "D": np.zeros(d),
        "W_out": np.eye(d),
    }
    return S4(**{name: array.astype(np.float32) for name, array in arrays.items()})


def run_of(name: str, hidden_dim: int) -> ArchitectureRun:
    return ArchitectureRun(TASK, hidden_dim, 0.0, 0.9, 1, Protocol(curriculum=(10,)), architecture=name)


def test_a_ring_of_pulses_is_a_linear_circuit() -> None:
    found, shown = interpret_run(run_of("s4", 2), ring(TASK), SETTINGS)
    assert found.verdict == STORED
    assert found.test_accuracy == found.decoding_accuracy == found.edit_success == found.unedited_success == 1.0
    assert found.random_edit_success < 0.2
    assert found.origin_map_error < 0.01
    assert found.origin_gain == pytest.approx(1, abs=0.01)
    assert found.visited_gain == pytest.approx(found.origin_gain, abs=1e-3)
    assert found.half_after_period == pytest.approx(0.5, abs=0.01)
    assert found.half_after_long == pytest.approx(0.5, abs=0.01)
    assert found.matched_eigenvalues == found.phi_eigenvalues == 6
    assert found.matched_spectral_error < 1e-3
    for name in ("origin_map", "visited_map", "decoded_map"):
        np.testing.assert_allclose(shown[name], shown["phi"], atol=0.01)
    about = json.loads(str(shown["about"]))
    assert about["edit_success"] == 1.0
    assert about["s"] == 3


def test_a_ring_that_drifts_is_not() -> None:
    found, _ = interpret_run(run_of("s4", 2), ring(TASK, drift=0.05), SETTINGS)
    assert found.verdict == NOT_LEARNED
    assert found.edit_success < 0.5
    assert found.matched_spectral_error > 0.02


def test_what_saturates_restores_a_half() -> None:
    """The paper's network with a gain of its own: tanh has one stable amplitude."""
    network, _ = saturated_circuit(TASK)
    system = Elman(network)
    memories, recording = fit_memories_by_data(system, TASK), record_held_out(system, TASK, 120)
    early, late = (restored_share(system, TASK.theory, memories, recording, steps) for steps in (3, 60))
    assert 0.5 < early < late
    assert late == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_untrained_network_did_not_learn(name: str) -> None:
    found, shown = interpret_run(run_of(name, 5), make_architecture(name, TASK.d, 5), SETTINGS)
    assert found.verdict == NOT_LEARNED
    assert found.edit_success < 0.3
    assert shown["decoded_map"].shape == (6, 6)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_network_that_diverged_is_a_row_too(name: str) -> None:
    network = make_architecture(name, TASK.d, 5)
    next(iter(vars(network).values()))[0] = np.nan
    found, shown = interpret_run(run_of(name, 5), network, SETTINGS)
    assert found.verdict == NOT_LEARNED
    assert np.isnan(found.edit_success)
    assert set(vars(found)) == set(Measurement.__dataclass_fields__)
    assert np.isnan(shown["origin_map"]).all()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_mean_jacobian_near_the_origin_is_the_linearisation(name: str) -> None:
    network = make_architecture(name, 2, 4)
    near = 1e-2 * np.random.default_rng(0).choice([-1.0, 1.0], size=(5, network.state_dim)).astype(np.float32)
    expected = network.linearise()
    np.testing.assert_allclose(mean_jacobian(network, near), expected, atol=2e-2 * np.abs(expected).max())
