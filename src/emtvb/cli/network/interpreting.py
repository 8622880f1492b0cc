"""One network measured, and what it learned drawn, as the workflow does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from emtvb.adapters.adapting import Adapted
from emtvb.cli.network.editing import shown_edit
from emtvb.cli.network.opening import Subject
from emtvb.core.dynamics import find_fixed_points
from emtvb.experiments.architectures import architecture_measurement as of_architectures
from emtvb.experiments.architectures.figures import architectures
from emtvb.experiments.sweep import exemplar
from emtvb.experiments.sweep.figures import edits, hidden_state, spectrum, weights
from emtvb.figures import data, save
from emtvb.tables import write_csv
from emtvb.theory.architecture_runs import ArchitectureRun
from emtvb.theory.memories_by_data import fit_memories_by_data
from emtvb.theory.network_measurement import Measurement, MeasureSettings, measure_network
from emtvb.theory.networks import Network
from emtvb.theory.runs import Run

if TYPE_CHECKING:
    from emtvb.training.architectures.saved_weights import Trained


def interpret_subject(subject: Subject, folder: Path) -> Measurement | of_architectures.Measurement:
    """Measure a network, and write a row, the arrays that figures show, and the figures into a folder.

    Returns:
        What was measured: of the paper's kind all that the workflow measures; else what it measures of other
        architectures.
    """
    if isinstance(subject.network, Network):
        return _measure_network(subject.run, subject.network, subject.settings, folder)
    return _measure_system(subject.run, subject.network, subject.settings, folder)


def _measure_network(run: Run, network: Network, settings: MeasureSettings, folder: Path) -> Measurement:
    """Of the paper's kind."""
    measurement = measure_network(run, network, settings)
    exemplar.save_exemplar(
        folder / "exemplar.npz", exemplar.exemplar_arrays(run, network, measurement.row(), settings.modulus)
    )
    _write_row(folder, measurement.row())
    look = data.load_exemplar(folder / "exemplar.npz")
    save.save_figure(spectrum.draw([look]), spectrum.numbers([look]), folder / "spectrum")
    save.save_figure(weights.draw([look]), weights.numbers([look]), folder / "weights")
    save.save_figure(hidden_state.draw(look), hidden_state.numbers(look), folder / "hidden_state")
    save.save_figure(edits.draw(edits.edits_of(look)), edits.numbers(edits.edits_of(look)), folder / "edits")
    return measurement


def _measure_system(
    run: Run, system: Trained | Adapted, settings: MeasureSettings, folder: Path
) -> of_architectures.Measurement:
    """Of another kind."""
    if isinstance(system, Adapted):
        measurement, arrays = measure_adapted(run, system, settings)
    else:
        assert isinstance(run, ArchitectureRun)
        measurement, arrays = of_architectures.interpret_run(run, system, settings)
    _write_row(folder, vars(measurement))
    exemplar.save_exemplar(folder / "look.npz", arrays)
    look = architectures.load_look(folder / "look.npz")
    save.save_figure(architectures.draw([look]), architectures.numbers([look]), folder / "dynamics")
    memories = fit_memories_by_data(system, run.task)
    examples = [
        shown_edit(run, one.name, one.edit, memories, one.basis, one.past)
        for one in exemplar.example_edits(system, run.task, memories)
    ]
    save.save_figure(edits.draw(examples), edits.numbers(examples), folder / "edits")
    return measurement


def measure_adapted(
    run: Run, system: Adapted, settings: MeasureSettings
) -> tuple[of_architectures.Measurement, dict[str, np.ndarray]]:
    """What the workflow measures of other architectures, of any network on a task of this package.

    Where it says "origin", it is the fixed point without input that is reached from the origin; the origin itself, if
    none is.

    Args:
        run: Its task, its name, and the longest horizon that it was trained on.
        system: The network.
        settings: How it is measured.
    """
    origin = np.zeros((1, system.state_dim), dtype=np.float32)
    equilibria = find_fixed_points(system, origin)
    rest = equilibria.points[:1].astype(np.float32) if len(equilibria.points) else origin
    subject = of_architectures.Subject(run.run_id, system.name, run.task)
    return of_architectures.interpret_system(
        subject, system, system.jacobian(rest)[0], lambda states: system.jacobian(states).mean(axis=0), settings
    )


def _write_row(folder: Path, row: Mapping[str, object]) -> None:
    write_csv(folder / "measurements.csv", pd.DataFrame([row]))
