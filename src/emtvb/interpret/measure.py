"""A trained network's measurements: one row per run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from emtvb import networks
from emtvb.interpret.linearisation import linearise
from emtvb.interpret.memories import map_error, power_iteration
from emtvb.interpret.spectrum import match_spectra, published_spectral_error
from emtvb.networks import Network
from emtvb.runs import Run
from emtvb.tasks import Task

_TEST_SEED = 2310_02430
"""Seeds the test sequences, the same for every run and none that training draws."""


@dataclass(frozen=True)
class MeasureSettings:
    """How networks are measured; the defaults are the paper's (section 4).

    Attributes:
        horizon: Output steps of the accuracy test.
        sequences: Sequences of the accuracy test.
        modulus: Eigenvalues with a larger modulus are long-term.
    """

    horizon: int = 200
    sequences: int = 640
    modulus: float = 0.9


@dataclass(frozen=True)
class Measurement:
    """The columns of ``measurements.csv``.

    Attributes:
        run_id: The run.
        test_accuracy: Fraction of output elements whose sign is right.
        spectral_error: The paper's, radians; NaN where it cannot be computed.
        optimal_spectral_error: By optimal assignment, radians, an eigenvalue without a partner counting as pi.
        matched_spectral_error: The same over matched pairs alone.
        matched_eigenvalues: Pairs.
        phi_eigenvalues: Long-term eigenvalues of Phi.
        network_eigenvalues: Long-term eigenvalues of W_hh.
        largest_modulus: Spectral radius of W_hh.
        memory_map_error: |Psi* W_hh Psi - Phi| / |Phi| in the paper's basis.
        memory_condition: Condition number of the paper's basis.
    """

    run_id: str
    test_accuracy: float
    spectral_error: float
    optimal_spectral_error: float
    matched_spectral_error: float
    matched_eigenvalues: int
    phi_eigenvalues: int
    network_eigenvalues: int
    largest_modulus: float
    memory_map_error: float
    memory_condition: float


def accuracy(network: Network, task: Task, horizon: int, sequences: int) -> float:
    """Test accuracy: the fraction of output-phase elements whose sign is right, 0 counting as +1."""
    x, y = task.batch(np.random.default_rng(_TEST_SEED), sequences, horizon)
    _, outputs = networks.rollout(network, x)
    return float((networks.signs(outputs[task.s :]) == y[task.s :]).mean())


def measure(run: Run, network: Network, settings: MeasureSettings) -> Measurement:
    """Everything that is measured on one trained network.

    Raises:
        InputError: Where the network is not of the run's task.
    """
    task = run.task
    networks.check_task(network, task, run.run_id)
    test_accuracy = accuracy(network, task, settings.horizon, settings.sequences)
    if not network.is_finite():
        return _diverged(run, test_accuracy)
    weights = linearise(network)
    found = np.linalg.eigvals(weights.astype(np.float64))
    match = match_spectra(task.eigenvalues(), found, settings.modulus)
    memories = power_iteration(network, task)
    return Measurement(
        run_id=run.run_id,
        test_accuracy=test_accuracy,
        spectral_error=published_spectral_error(_persistent_phi(task), weights, settings.modulus),
        optimal_spectral_error=match.error,
        matched_spectral_error=match.matched_error,
        matched_eigenvalues=match.matched,
        phi_eigenvalues=match.expected,
        network_eigenvalues=match.found,
        largest_modulus=float(np.abs(found).max()),
        memory_map_error=map_error(memories, weights, task),
        memory_condition=memories.condition,
    )


def _diverged(run: Run, test_accuracy: float) -> Measurement:
    """Of weights that are not finite: they have no eigenvalues and no memories."""
    nothing = match_spectra(run.task.eigenvalues(), np.zeros(0, np.complex128))
    return Measurement(
        run_id=run.run_id,
        test_accuracy=test_accuracy,
        spectral_error=float("nan"),
        optimal_spectral_error=nothing.error,
        matched_spectral_error=nothing.matched_error,
        matched_eigenvalues=0,
        phi_eigenvalues=nothing.expected,
        network_eigenvalues=0,
        largest_modulus=float("nan"),
        memory_map_error=float("nan"),
        memory_condition=float("nan"),
    )


def measure_shard(runs: Iterable[Run], trained: Mapping[str, Network], settings: MeasureSettings) -> pd.DataFrame:
    """The measurements of a shard's runs, a row each."""
    rows = [asdict(measure(run, trained[run.run_id], settings)) for run in runs]
    return pd.DataFrame(rows, columns=list(Measurement.__dataclass_fields__))


def _persistent_phi(task: Task) -> np.ndarray:
    """Phi with the elements that carry no long-term mode set to zero, as the published code builds it."""
    kept = task.persistent()
    phi: np.ndarray = task.transition() * np.outer(kept, kept)
    return phi
