from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from emtvb.adapters.elman import Elman
from emtvb.core.memories import VariableMemories
from emtvb.theory import memories_by_data, memory_measures, observation, tasks
from emtvb.theory.memories_by_data import fit_memories_by_data
from emtvb.theory.memory_measures import edit_times, measure_memories, record_held_out, unedited_success
from emtvb.theory.sequences import record_random

from ..conftest import make_network
from .theory import Theory, make_theory

T2 = tasks.named("T2", 4, 4)


@dataclass(frozen=True, eq=False)
class Forgetful:
    """Theory for so many steps; then its state is no more than its centre."""

    theory: Theory
    steps: int

    @property
    def state_dim(self) -> int:
        return self.theory.state_dim

    def drive(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._forget(*self.theory.drive(inputs))

    def coast(self, state: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        return self._forget(*self.theory.coast(state, steps))

    def _forget(self, states: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        states[self.steps :] = self.theory.centre
        outputs[self.steps :] = 0
        return states, outputs


def test_the_theorys_basis_is_flawless() -> None:
    theory = make_theory(T2)
    found = measure_memories(
        theory, T2.theory, fit_memories_by_data(theory, T2), record_held_out(theory, T2, 60, 100), 60
    )
    for name in ("decoding_accuracy", "worst_decoding_accuracy", "edit_success"):
        assert getattr(found, name) == 1
    assert found.explained_variance == pytest.approx(1)
    assert found.decoded_map_error < 1e-6
    assert found.random_edit_success < 0.1


def test_measures_tell_what_is_wrong_with_a_basis() -> None:
    """One element read upside down, one column of another length, and half of the state unexplained."""
    theory = make_theory(T2)
    recording = record_held_out(theory, T2, 60, 100)
    right = fit_memories_by_data(theory, T2)
    element = int(np.flatnonzero(right.stored)[0])
    dual, basis = right.decoder.copy(), right.encoder.copy()
    dual[element] *= -1
    upside_down = measure_memories(
        theory, T2.theory, VariableMemories(basis, dual, right.stored, right.centre), recording, 60
    )
    assert upside_down.worst_decoding_accuracy == 0
    assert upside_down.decoding_accuracy == pytest.approx(1 - 1 / right.stored.sum())
    assert upside_down.decoded_map_error > 0.1
    assert upside_down.edit_success == 1
    basis[:, element] *= 0.1
    short = measure_memories(
        theory, T2.theory, VariableMemories(basis, right.decoder, right.stored, right.centre), recording, 60
    )
    assert short.decoding_accuracy == 1
    assert short.edit_success == pytest.approx(1 - 1 / right.stored.sum())
    basis[:, right.stored] = right.encoder[:, right.stored] * (np.arange(right.stored.sum()) < 3)
    few = measure_memories(
        theory, T2.theory, VariableMemories(basis, right.decoder, right.stored, right.centre), recording, 60
    )
    assert few.explained_variance < 0.8
    assert few.condition == float("inf")


def test_what_is_judged_was_never_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, list[np.ndarray]] = {"fitted": [], "judged": []}

    def watch(name: str, module: object) -> None:
        def shown(system, task, *rest):
            recording = record_random(system, task, *rest)
            seen[name].append(recording.labels[0])
            return recording

        monkeypatch.setattr(module, "record_random", shown)

    watch("fitted", memories_by_data)
    watch("fitted", observation)
    watch("judged", memory_measures)
    theory = make_theory(T2)
    observed = observation.Observation(theory, T2, 10)
    memories_by_data.scale_to_stored_units(fit_memories_by_data(theory, T2), theory, T2)
    assert observed.memories.stored.any()
    assert len(observed.held_out.states) > 10
    assert [len(every) for every in seen.values()] == [3, 1]
    codes = {name: {m.tobytes() for of in every for m in of} for name, every in seen.items()}
    assert len(codes["fitted"]) > 500
    assert len(codes["judged"]) > 300
    assert codes["fitted"].isdisjoint(codes["judged"])


def test_unedited_sequences_are_counted_whole() -> None:
    theory = make_theory(T2)
    recording = record_held_out(theory, T2, 200, 8)
    assert unedited_success(recording, T2.theory) == 1
    recording.outputs[edit_times(T2.theory)[-1] + 100, 3, 1] *= -1  # the last output after the last moment only
    assert unedited_success(recording, T2.theory) == pytest.approx(1 - 1 / 24)
    assert unedited_success(recording, T2.theory, 99) == 1


def test_a_short_test_asks_for_no_longer_memory() -> None:
    """A network that forgets after the test's horizon is not held to 100 steps."""
    theory = Forgetful(make_theory(T2), 60)
    memories = fit_memories_by_data(theory, T2)
    short = measure_memories(theory, T2.theory, memories, record_held_out(theory, T2, 20, 50), 20)
    assert short.edit_success == short.worst_decoding_accuracy == 1
    assert measure_memories(theory, T2.theory, memories, record_held_out(theory, T2, 200, 50), 200).edit_success < 0.1


def test_edits_come_at_different_phases_once_settled() -> None:
    for task in (tasks.named("T1"), tasks.named("T4"), tasks.named("T1", 3, 1)):
        times = edit_times(task.theory)
        assert min(times) >= 2 * task.s
        assert len({time % task.s for time in times}) == min(len(times), task.s)


def test_an_untrained_system_decodes_at_chance_and_obeys_nothing() -> None:
    task = tasks.named("T1", 3, 3)
    system = Elman(make_network(3, 20))
    found = measure_memories(
        system, task.theory, fit_memories_by_data(system, task), record_held_out(system, task, 60), 60
    )
    assert found.decoding_accuracy < 0.8
    assert found.edit_success < 0.1
