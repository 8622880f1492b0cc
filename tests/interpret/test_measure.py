from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from emtvb import tasks
from emtvb.errors import InputError
from emtvb.interpret import exemplar
from emtvb.interpret.measure import MeasureSettings, accuracy, measure, measure_shard
from emtvb.sweep import Run

from ..conftest import circuit, make_network


def shift_register(task: tasks.Task, hidden_dim: int) -> object:
    """A circuit whose output is the vector that is being written, as trained networks have it."""
    return circuit(task, hidden_dim)[0]


def test_the_theorys_circuit_solves_a_task_with_s_inputs_that_never_mix() -> None:
    """f reads only the oldest variable, which is 0 while the inputs come in: so the circuit itself does the task."""
    task = tasks.named("T1", 3, 4)
    assert accuracy(shift_register(task, 20), task, 40, 50) == 1.0


def test_an_untrained_network_is_at_chance() -> None:
    assert accuracy(make_network(8, 30), tasks.named("T1"), 50, 400) == pytest.approx(0.5, abs=0.02)


def test_measurements_of_the_circuit() -> None:
    task = tasks.named("T1", 3, 4)
    run = Run(task, 20, 0.0, 0.9, 1)
    found = measure(run, circuit(task, 20)[0], MeasureSettings(horizon=20, sequences=30))
    assert found.run_id == run.run_id
    assert found.test_accuracy == 1
    assert found.phi_eigenvalues == found.network_eigenvalues == found.matched_eigenvalues == 12
    assert found.spectral_error == pytest.approx(0, abs=2e-4)
    assert found.optimal_spectral_error == pytest.approx(0, abs=1e-6)
    assert found.largest_modulus == pytest.approx(1, abs=1e-5)
    assert found.memory_map_error < 1e-5


def test_a_shards_table_has_a_row_per_run_and_says_nothing_but_numbers(tiny_run: Run) -> None:
    table = measure_shard([tiny_run], {tiny_run.run_id: make_network(2, 8)}, MeasureSettings(10, 20))
    assert table["run_id"].tolist() == [tiny_run.run_id]
    assert np.isfinite(table.drop(columns=["run_id", "spectral_error"]).to_numpy(float)).all()


def test_a_diverged_run_is_measured_as_one(tiny_run: Run) -> None:
    network = make_network(2, 8)
    network.W_hh[0, 0] = np.nan
    found = measure(tiny_run, network, MeasureSettings(10, 200))
    assert found.test_accuracy == pytest.approx(0.5, abs=0.1)
    assert (found.matched_eigenvalues, found.network_eigenvalues, found.phi_eigenvalues) == (0, 0, 4)
    assert found.optimal_spectral_error == np.pi
    assert np.isnan(found.spectral_error)
    with pytest.raises(InputError, match="diverged"):
        exemplar.look(tiny_run, network, vars(found), 0.9)


def test_weights_of_another_task_are_refused(tiny_run: Run) -> None:
    with pytest.raises(InputError, match="task T1 has d = 2"):
        measure(tiny_run, make_network(3, 8), MeasureSettings())


@pytest.mark.parametrize(("d", "s", "hidden"), [(8, 8, 70), (3, 3, 4), (6, 7, 50), (1, 5, 6)])
def test_an_exemplar_records_theory_beside_network(tmp_path: Path, d: int, s: int, hidden: int) -> None:
    task = tasks.named("T1", d, s)
    run = Run(task, hidden, 0.0, 0.9, 1)
    network, settings = make_network(d, hidden), MeasureSettings(5, 5)
    arrays = exemplar.look(run, network, vars(measure(run, network, settings)), settings.modulus)
    exemplar.save(tmp_path / "e.npz", arrays)
    with np.load(tmp_path / "e.npz") as stored:
        assert json.loads(str(stored["about"]))["run_id"] == run.run_id
        theory, inputs, targets = stored["theory"], stored["inputs"], stored["targets"]
        assert len(theory) == len(stored["hidden"]) == len(stored["memories"]) == max(200, s + 1)
        np.testing.assert_array_equal(theory[:, -d:], inputs + targets)
        for t in range(s - 1, len(theory) - 1):
            np.testing.assert_array_equal(task.transition() @ theory[t], theory[t + 1])


def test_the_picture_is_three_one_five() -> None:
    np.testing.assert_array_equal(np.flatnonzero(exemplar.picture(8, 8)[0] > 0), [2, 4, 6])
    assert exemplar.picture(8, 8).sum(axis=1).tolist() == [-2, 2, -8, 2, -8, 0, 0, -8]
