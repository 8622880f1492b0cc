"""A trained network of another architecture, measured as the paper's are (docs/lstm-and-s4.md)."""

from __future__ import annotations

from functools import partial

import numpy as np

from emtvb.experiments.architectures.measures import Measurement, Subject, interpret_system, mean_jacobian
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.training.architectures.saved_weights import Trained


def interpret_run(
    run: ArchitectureRun, network: Trained, settings: MeasureSettings
) -> tuple[Measurement, dict[str, np.ndarray]]:
    """A run's measurements, and the arrays that figures show of it: :func:`interpret_system`."""
    subject = Subject(run.run_id, run.architecture, run.task)
    finite = all(np.isfinite(array).all() for array in vars(network).values())
    origin = network.linearise() if finite else None
    return interpret_system(subject, network, origin, partial(mean_jacobian, network), settings)
