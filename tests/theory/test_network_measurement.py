from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from emtvb.adapters.elman import Elman
from emtvb.config.sweep import Run
from emtvb.core.systems import System
from emtvb.errors import InputError
from emtvb.experiments.sweep import exemplar
from emtvb.figures import data
from emtvb.theory import tasks
from emtvb.theory.memories_by_data import fit_memories_by_data
from emtvb.theory.memory_measures import measure_test_accuracy
from emtvb.theory.network_measurement import METHODS, MeasureSettings, measure_network
from emtvb.theory.network_verdict import NOT_LEARNED, STORED
from emtvb.theory.sequences import record_inputs

from ..conftest import circuit, make_network, saturated_circuit


def test_the_theorys_circuit_solves_a_task_with_s_inputs_that_never_mix() -> None:
    """f reads only the oldest variable, which is 0 while the inputs come in: so the circuit itself does the task."""
    task = tasks.named("T1", 3, 4)
    assert measure_test_accuracy(Elman(circuit(task, 20)[0]), task, 40, 50) == 1.0


def test_an_untrained_network_is_at_chance() -> None:
    assert measure_test_accuracy(Elman(make_network(8, 30)), tasks.named("T1"), 50, 400) == pytest.approx(0.5, abs=0.02)


def test_measurements_of_the_circuit() -> None:
    task = tasks.named("T1", 3, 4)
    run = Run(task, 20, 0.0, 0.9, 1)
    found = measure_network(run, circuit(task, 20)[0], MeasureSettings(horizon=20, sequences=30))
    assert found.run_id == run.run_id
    assert found.phi_eigenvalues == found.network_eigenvalues == found.matched_eigenvalues == 12
    assert found.spectral_error == pytest.approx(0, abs=2e-4)
    assert found.optimal_spectral_error == pytest.approx(0, abs=1e-6)
    assert found.largest_modulus == pytest.approx(1, abs=1e-5)
    assert found.memory_map_error < 1e-5
    assert found.verdict == STORED
    assert found.unedited_success == found.early_edit_success == 1
    for method in METHODS:
        basis = found.bases[method]
        assert basis.worst_decoding_accuracy == basis.edit_success == 1
        assert basis.random_edit_success < 0.05
        assert basis.decoded_map_error < 1e-3
        assert basis.map_error < 1e-2
        assert basis.gain == pytest.approx(1, abs=1e-3)


def test_a_saturated_circuit_is_one_too() -> None:
    task = tasks.named("T1", 3, 4)
    run = Run(task, 24, 0.0, 0.9, 1)
    found = measure_network(run, saturated_circuit(task)[0], MeasureSettings(horizon=20, sequences=30))
    assert found.verdict == STORED
    assert found.bases["data"].gain == pytest.approx(1.6, rel=1e-2)


@pytest.mark.parametrize("hidden_dim", [9, 40])
def test_an_untrained_network_did_not_learn(hidden_dim: int) -> None:
    """With room for a basis or without."""
    task = tasks.named("T2", 4, 4)
    found = measure_network(Run(task, hidden_dim, 0.0, 0.9, 1), make_network(4, hidden_dim), MeasureSettings(20, 100))
    assert found.verdict == NOT_LEARNED
    assert found.bases["data"].edit_success < 0.05


def test_a_row_says_nothing_but_numbers(tiny_run: Run) -> None:
    row = measure_network(tiny_run, make_network(2, 8), MeasureSettings(10, 20)).row()
    assert (row.pop("run_id"), row.pop("verdict")) == (tiny_run.run_id, NOT_LEARNED)
    silent = {"spectral_error", "unobservable_edit_ignored"}  # T1 has none of the latter
    assert {name for name, value in row.items() if np.isnan(float(value))} <= silent  # type: ignore[arg-type]
    assert {f"{method}_edit_success" for method in METHODS} <= set(row)


def test_a_diverged_run_is_measured_as_one(tiny_run: Run) -> None:
    network = make_network(2, 8)
    network.W_hh[0, 0] = np.nan
    found = measure_network(tiny_run, network, MeasureSettings(10, 200))
    assert found.test_accuracy == pytest.approx(0.5, abs=0.1)
    assert (found.matched_eigenvalues, found.network_eigenvalues, found.phi_eigenvalues) == (0, 0, 4)
    assert found.optimal_spectral_error == np.pi
    assert np.isnan(found.spectral_error)
    assert found.verdict == NOT_LEARNED
    assert np.isnan(list(vars(found.bases["data"]).values())).all()
    whole = measure_network(tiny_run, make_network(2, 8), MeasureSettings(10, 200))
    assert found.row().keys() == whole.row().keys()
    with pytest.raises(InputError, match="diverged"):
        exemplar.exemplar_arrays(tiny_run, network, found.row(), 0.9)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_weights_that_are_finite_and_overflow_are_a_diverged_run(tiny_run: Run) -> None:
    network = make_network(2, 8)
    network.W_hh[:] *= 3e38
    found = measure_network(tiny_run, network, MeasureSettings(10, 200))
    assert found.verdict == NOT_LEARNED
    assert np.isnan(found.bases["data"].edit_success)


@pytest.mark.parametrize(("d", "s"), [(1, 1), (1, 2), (2, 1), (3, 1), (1, 6)])
def test_small_tasks_are_measured_like_any_other(d: int, s: int) -> None:
    task = tasks.named("T1", d, s)
    found = measure_network(Run(task, d * s + 2, 0.0, 0.9, 1), circuit(task, d * s + 2)[0], MeasureSettings(20, 50))
    assert found.verdict == STORED
    assert (
        measure_network(Run(task, 1, 0.0, 0.9, 1), make_network(d, 1), MeasureSettings(20, 50)).verdict == NOT_LEARNED
    )


@pytest.mark.parametrize(("d", "s", "hidden"), [(8, 8, 70), (3, 3, 4), (6, 7, 50), (1, 5, 6)])
def test_an_exemplar_records_theory_beside_network(tmp_path: Path, d: int, s: int, hidden: int) -> None:
    task = tasks.named("T1", d, s)
    run = Run(task, hidden, 0.0, 0.9, 1)
    network, settings = make_network(d, hidden), MeasureSettings(5, 5)
    arrays = exemplar.exemplar_arrays(run, network, measure_network(run, network, settings).row(), settings.modulus)
    exemplar.save_exemplar(tmp_path / "e.npz", arrays)
    with np.load(tmp_path / "e.npz") as stored:
        assert json.loads(str(stored["about"]))["run_id"] == run.run_id
        theory, inputs, targets = stored["theory"], stored["inputs"], stored["targets"]
        assert len(theory) == len(stored["hidden"]) == len(stored["memories"]) == max(200, s + 1)
        np.testing.assert_array_equal(theory[:, -d:], inputs + targets)
        for t in range(s - 1, len(theory) - 1):
            np.testing.assert_array_equal(task.theory.phi @ theory[t], theory[t + 1])


@pytest.fixture(scope="module")
def stored_exactly() -> tuple[System, tasks.Task]:
    """A network that is Phi in a random basis, by the theory."""
    task = tasks.named("T1", 3, 3)
    return Elman(circuit(task, 20)[0]), task


def test_example_edits_name_their_basis_and_count_flips_that_fail(stored_exactly: tuple[System, tasks.Task]) -> None:
    system, task = stored_exactly
    memories = fit_memories_by_data(system, task)
    three = exemplar.example_edits(system, task, memories)
    assert [one.basis for one in three] == ["by data"] * 3
    assert all(one.note == "" for one in three)
    *_, last = exemplar.example_edits(system, task, memories, memories)
    assert last.basis == "the paper's"
    assert last.name == three[0].name  # none fails: the first edit again
    assert last.note == f"0 of {task.theory.persistent.sum()} such flips fail so (by data 0)"


def test_the_edit_that_fails_is_the_first_that_does(stored_exactly: tuple[System, tasks.Task]) -> None:
    system, task = stored_exactly
    memories = fit_memories_by_data(system, task)
    spoilt = memories.encoder.copy()
    first, second, *_ = np.flatnonzero(task.theory.persistent)[3:]
    spoilt[:, [first, second]] *= -1
    wrong = dataclasses.replace(memories, encoder=spoilt)
    *_, last = exemplar.example_edits(system, task, memories, wrong)
    variable, dimension = divmod(int(first), task.d)
    assert last.name == f"flip dimension {dimension} of variable {variable + 1}"
    assert last.note.startswith(f"2 of {task.theory.persistent.sum()} such flips fail so (by data 0)")
    outputs = np.where(last.edit.outputs >= 0, 1, -1)
    assert (outputs != last.edit.expected).any()


def test_what_was_given_out_until_an_edit_is_kept_with_it(stored_exactly: tuple[System, tasks.Task]) -> None:
    system, task = stored_exactly
    recording = record_inputs(system, task, exemplar.picture_inputs(3, 3)[:, None, :], 30)
    np.testing.assert_array_equal(exemplar.outputs_before(recording, 20), recording.outputs[13:21, 0])
    np.testing.assert_array_equal(exemplar.outputs_before(recording, 2), recording.outputs[1:3, 0])
    assert exemplar.outputs_before(recording, 0).shape == (0, 3)
    for one in exemplar.example_edits(system, task, fit_memories_by_data(system, task)):
        after = np.where(one.past[-1] >= 0, 1, -1)
        np.testing.assert_array_equal(after, one.edit.before[-3:])  # the newest variable is what was given out last


def test_an_exemplar_has_all_bases_in_the_same_units() -> None:
    task = tasks.named("T1", 3, 3)
    run, network = Run(task, 12, 0.0, 0.9, 1), circuit(task, 12)[0]
    found = measure_network(run, network, MeasureSettings(20, 50))
    arrays = exemplar.exemplar_arrays(run, network, found.row(), 0.9)
    look = data.exemplar_from(arrays)
    for values, gain, error in (
        (look.W_hh_in_scaled_memories, look.power_gain, look.power_shape_error),
        (look.W_hh_in_data_memories, look.data_gain, look.data_shape_error),
        (look.W_hh_in_realised_memories, look.realisation_gain, look.realisation_shape_error),
    ):
        kept = np.ix_(look.kept, look.kept)
        distance = np.linalg.norm(values[kept] / gain - look.phi[kept]) / np.linalg.norm(look.phi[kept])
        assert distance == pytest.approx(error, abs=1e-6)


def test_the_picture_is_three_one_five() -> None:
    np.testing.assert_array_equal(np.flatnonzero(exemplar.picture_inputs(8, 8)[0] > 0), [2, 4, 6])
    assert exemplar.picture_inputs(8, 8).sum(axis=1).tolist() == [-2, 2, -8, 2, -8, 0, 0, -8]
