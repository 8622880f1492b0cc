from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from emtvb.adapters.elman import Elman
from emtvb.core.recording import JUDGING
from emtvb.theory import tasks
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.network_verdict import NOT_LEARNED, OTHERWISE, STORED
from emtvb.theory.networks import Network, nearest_bits
from emtvb.theory.observation import Observation
from emtvb.theory.runs import Run
from emtvb.theory.sequences import random_sequences, record_inputs
from emtvb.theory.solutions import match_modes, study_solution, study_system
from emtvb.theory.tasks import Task

from ..conftest import circuit, make_network, saturated_circuit

TASK = tasks.named("T1", 3, 3)
HOW = MeasureSettings()


def run_of(task: Task, hidden_dim: int = 18) -> Run:
    return Run(task, hidden_dim, 0.0, 0.98, 1)


@dataclass(frozen=True)
class Digits:
    """Stores m(t) in fewer numbers: element 8 is a second digit of element 7's direction, half as large."""

    task: Task

    @property
    def state_dim(self) -> int:
        return 8

    def _encode(self, m: np.ndarray) -> np.ndarray:
        return np.concatenate([m[..., :7], m[..., 7:8] + 0.5 * m[..., 8:]], axis=-1)

    def _decode(self, state: np.ndarray) -> np.ndarray:
        first = np.where(state[..., 7:] >= 0, 1.0, -1.0)
        second = np.where(state[..., 7:] >= first, 1.0, -1.0)
        return np.concatenate([np.where(state[..., :7] >= 0, 1.0, -1.0), first, second], axis=-1)

    def drive(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        m = np.zeros((inputs.shape[1], 9))
        states = []
        for t, u in enumerate(inputs):
            m = np.concatenate([m[:, 3:], u], axis=1) if t < self.task.s else m @ self.task.theory.phi.T
            states.append(self._encode(m))
        return np.array(states), np.array([self._decode(state)[:, -3:] for state in states])

    def coast(self, state: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        m = self._decode(state)
        states = []
        for _ in range(steps):
            m = m @ self.task.theory.phi.T
            states.append(self._encode(m))
        return np.array(states), np.array([self._decode(state)[:, -3:] for state in states])


def test_a_circuit_is_one_and_lacks_nothing() -> None:
    network, _ = saturated_circuit(TASK)
    solution, digits = study_solution(run_of(TASK), network, STORED, 1.0, HOW)
    assert solution.kind == "circuit"
    assert (solution.matched_modes, solution.missing_modes, solution.extra_modes, solution.unreadable) == (9, 0, 0, 0)
    assert solution.largest_angle < 1e-4
    assert solution.missing_cycles == solution.lost_dimensions == ""
    assert solution.rank == solution.persistent == 9
    assert digits == []


def test_a_lost_dimension_is_named_with_its_cycle() -> None:
    network, basis = saturated_circuit(TASK)
    of_dimension_1 = np.abs(basis[:, 1::3]).sum(axis=1) > 0
    W_hh, W_r = network.W_hh.copy(), network.W_r.copy()
    W_hh[of_dimension_1] = 0
    W_r[1] *= 0.01
    solution, _ = study_solution(run_of(TASK), Network(network.W_uh, W_hh, W_r), NOT_LEARNED, 0.83, HOW)
    assert solution.kind == "dimensions lost"
    assert solution.lost_dimensions == "[1]"
    assert solution.missing_cycles == "3[?]"  # which of the three equal ones, a spectrum cannot tell
    assert (solution.matched_modes, solution.missing_modes) == (6, 3)
    assert solution.lost_size < 0.05
    assert solution.least_kept_dimension == 1


def test_a_second_digit_is_found_with_the_first() -> None:
    found = np.linalg.eigvals(TASK.theory.phi)
    solution, (digit,) = study_system(run_of(TASK), Observation(Digits(TASK), TASK), found, OTHERWISE, 1.0, HOW)
    assert solution.kind == "second digits"
    assert (solution.unreadable, solution.digits) == (1, 1)
    assert (digit.variable, digit.dimension) == (3, 2)
    assert (digit.other_variable, digit.other_dimension) == (3, 1)
    assert digit.cosine == pytest.approx(1, abs=1e-6)
    assert digit.length == pytest.approx(0.5, abs=1e-3)
    assert digit.read_alone < 0.8
    assert digit.read_given_other == 1
    assert digit.edits_obeyed == 1
    assert digit.moves == pytest.approx(1)


@pytest.mark.parametrize(
    ("verdict", "kind"), [(NOT_LEARNED, "second digits, with mistakes"), (OTHERWISE, "second digits")]
)
def test_digits_of_networks_that_make_mistakes_are_another_kind(verdict: str, kind: str) -> None:
    solution, _ = study_system(
        run_of(TASK), Observation(Digits(TASK), TASK), np.linalg.eigvals(TASK.theory.phi), verdict, 0.95, HOW
    )
    assert solution.kind == kind


def test_modes_that_fade_are_told_from_those_that_are_not_there() -> None:
    found = tasks.named("T3").theory.eigenvalues
    six = [
        i
        for i in range(36)
        if min(abs(np.angle(found[i]) - np.deg2rad(x)) for x in (30, -30, 90, -90, 150, -150)) < 1e-6
    ]
    weak = found.copy()
    weak[six] *= np.linspace(0.5, 0.8, 6)
    modes = match_modes(tasks.named("T3").theory, weak)
    assert (modes["matched_modes"], modes["faded_modes"], modes["missing_modes"]) == (30, 6, 0)
    assert modes["missing_cycles"] == "6[2]"
    assert (modes["next_modulus_low"], modes["next_modulus_high"]) == pytest.approx((0.5, 0.8))
    weak[six] *= 0.1
    modes = match_modes(tasks.named("T3").theory, weak)
    assert (modes["matched_modes"], modes["faded_modes"], modes["missing_modes"]) == (30, 0, 6)
    turned = found * np.exp(1j * np.deg2rad(2.0))
    assert match_modes(tasks.named("T3").theory, turned)["largest_angle"] == pytest.approx(2)
    assert match_modes(tasks.named("T3").theory, np.append(found, [1.2, 0.95]))["extra_modes"] == 2


def test_a_circuit_whose_modes_faded_or_that_has_more_is_its_own_kind() -> None:
    network, _ = saturated_circuit(TASK)
    found = np.linalg.eigvals(network.W_hh.astype(np.float64))
    strong = np.sort_complex(found[np.abs(found) > 0.9])
    faded = np.concatenate([strong[1:], [0.7 * strong[0] / abs(strong[0])]])
    assert (
        study_system(run_of(TASK), Observation(Elman(network), TASK), faded, STORED, 1.0, HOW)[0].kind
        == "circuit, some modes faded"
    )
    more = np.append(strong, 1.01)
    assert (
        study_system(run_of(TASK), Observation(Elman(network), TASK), more, STORED, 1.0, HOW)[0].kind
        == "circuit, other modes beside it"
    )


def test_what_learned_nothing_or_diverged_is_a_solution_all_the_same() -> None:
    broken = make_network(3, 5)
    broken.W_hh[0, 0] = np.nan
    for network, accuracy in ((make_network(3, 5), 0.5), (broken, 0.7)):
        solution, digits = study_solution(run_of(TASK, 5), network, NOT_LEARNED, accuracy, HOW)
        assert solution.kind == "at chance"
        assert solution.run_id == run_of(TASK, 5).run_id
        assert digits == []


@pytest.mark.parametrize("horizon", [20, 300])
def test_what_is_said_of_a_solution_is_of_200_steps_whatever_the_test_of_accuracy(horizon: int) -> None:
    """Of a network that gets the worse the longer it runs."""
    network, _ = circuit(TASK, 18)
    turned = network.W_hh @ (np.eye(18) + 0.02 * make_network(18, 18).W_hh / np.sqrt(18)).astype(np.float32)
    worse = Network(network.W_uh, turned, network.W_r)
    alone = study_solution(run_of(TASK), worse, NOT_LEARNED, 0.95, HOW)
    assert str(
        study_solution(run_of(TASK), worse, NOT_LEARNED, 0.95, HOW, Observation(Elman(worse), TASK, horizon))
    ) == str(alone)
    judged = record_inputs(Elman(worse), TASK, random_sequences(TASK, JUDGING, 512, 0), 200)
    right = (nearest_bits(judged.outputs[1:]) == judged.labels[1:, :, -3:]).mean(axis=(0, 1))
    assert alone[0].least_kept_dimension == right[right >= 0.6].min()
    assert alone[0].least_kept_dimension < 1
