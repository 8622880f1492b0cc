from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emtvb.experiments.sweep import ablations
from emtvb.theory import tasks
from emtvb.theory.literature_columns import ABLATIONS, ablation_column
from emtvb.theory.networks import Network
from emtvb.theory.runs import Run

from ..conftest import circuit, make_network

TASK = tasks.named("T1", 3, 3)
HORIZON = 12


def oblique_circuit(lean: float, hidden_dim: int = 14, scale: float = 1e-3, seed: int = 0) -> Network:
    """A network that copies by Psi Phi Psi*, and whose Psi* reads off the span of Psi, by so much, too.

    Nothing is stored there for longer than a step, but inputs come in that lean that way, and are read rightly by Psi*.
    """
    rng = np.random.default_rng(seed)
    size = TASK.s * TASK.d
    directions = np.linalg.qr(rng.normal(size=(hidden_dim, hidden_dim)))[0]
    psi, rest = directions[:, :size], directions[:, size:]
    off = lean * rng.normal(size=(size, hidden_dim - size))
    dual = psi.T + off @ rest.T
    newest = psi[:, -TASK.d :]
    away = rng.normal(size=(hidden_dim - size, TASK.d))
    into = newest - psi @ off @ away + rest @ away
    weights = psi @ TASK.theory.phi @ dual
    return Network(*(a.astype(np.float32) for a in (scale * into, weights, newest.T / scale)))


def row(network: Network, task: tasks.Task = TASK) -> dict[str, float]:
    found = ablations.ablation_row(Run(task, network.hidden_dim, 0.0, 0.9, 1), network, 0.9, HORIZON)
    return {name: float(value) for name, value in found.items() if name != "run_id"}  # type: ignore[arg-type]


@settings(max_examples=20)
@given(seed=st.integers(0, 2**20), inside=st.integers(1, 7))
def test_the_parts_are_the_whole_and_lead_where_they_are_named_for(seed: int, inside: int) -> None:
    rng = np.random.default_rng(seed)
    weights, basis = rng.normal(size=(8, 8)), rng.normal(size=(8, inside))
    projection = basis @ np.linalg.solve(rng.normal(size=(8, inside)).T @ basis, np.eye(inside)) @ basis.T
    for found in (ablations.orthogonal_projection(basis), projection @ np.linalg.pinv(projection)):
        parts = ablations.split_by_projection(weights, found)
        np.testing.assert_allclose(sum(parts.values()), weights, atol=1e-8)
        rest = np.eye(8) - found
        for name, (to, start) in {
            "within": (found, found), "rest": (rest, rest), "entering": (found, rest), "leaving": (rest, found),
        }.items():  # fmt: skip
            np.testing.assert_allclose(to @ parts[name] @ start, parts[name], atol=1e-8)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**20), bar=st.floats(0.05, 1.5))
def test_modes_have_no_coupling_and_keep_their_eigenvalues(seed: int, bar: float) -> None:
    weights = np.random.default_rng(seed).normal(size=(9, 9)) / 3
    projection = ablations.along_modes(weights, bar)
    np.testing.assert_allclose(projection @ projection, projection, atol=1e-6)
    np.testing.assert_allclose(projection @ weights, weights @ projection, atol=1e-6)
    kept = np.abs(np.linalg.eigvals(ablations.split_by_projection(weights, projection)["within"]))
    wanted = np.abs(np.linalg.eigvals(weights))
    np.testing.assert_allclose(np.sort(kept[kept > bar]), np.sort(wanted[wanted > bar]), atol=1e-6)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**20))
def test_the_core_has_the_long_term_eigenvalues_and_one_coupling_is_left(seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(9, 9)) / 3
    moduli = np.sort(np.abs(np.linalg.eigvals(weights)))
    bar = float((moduli[3] + moduli[4]) / 2) if moduli[4] - moduli[3] > 1e-3 else 0.9
    wanted = np.sort(moduli[moduli > bar])
    for first, gone in ((True, "leaving"), (False, "entering")):
        core = ablations.core_basis(weights, bar, first)
        np.testing.assert_allclose(core.T @ core, np.eye(len(wanted)), atol=1e-10)
        np.testing.assert_allclose(np.sort(np.abs(np.linalg.eigvals(core.T @ weights @ core))), wanted, atol=1e-6)
        assert np.abs(ablations.split_by_projection(weights, core @ core.T)[gone]).max(initial=0) < 1e-9


def test_in_an_orthogonal_copy_network_the_core_carries_everything() -> None:
    network, _ = circuit(TASK, 14)
    found = row(network)
    assert found["core_dim"] == found["memory_dim"] == 9
    assert found["intact"] == 1
    assert found["overlap"] == pytest.approx(1, abs=1e-4)
    for basis, sets in ABLATIONS.items():
        for parts in sets:
            for held in (False, True):
                accuracy = found[ablation_column(basis, parts, held)]
                if basis != "random":
                    assert accuracy < 0.7 if "within" in parts else accuracy == 1, (basis, parts, held)
    assert found["random_within"] < 0.9
    assert found["random_rest"] < 0.9


def test_a_coupling_of_the_schur_form_can_be_how_memories_are_read() -> None:
    """Psi* reads off the span of Psi: the Schur form calls that a coupling, the basis of modes does not."""
    found = row(oblique_circuit(0.6))
    assert found["intact"] == 1
    assert found["core_first_rest"] == found["core_last_rest"] == 1
    assert found["core_first_entering"] < 0.9
    assert found["core_first_entering"] == found["span_entering"]
    assert found["modes_rest"] == found["memories_rest"] == 1
    assert found["modes_within"] < 0.7
    # Once the inputs are in, nothing is off the span: there the coupling reads nothing.
    assert found["held_core_first_entering"] > found["core_first_entering"]


def test_a_planted_coupling_is_found() -> None:
    """The newest variable comes in off the memories, from where the next step takes it to its place among them."""
    network, basis = circuit(TASK, 18)
    rest = np.linalg.svd(basis)[0][:, 9:]
    first = rest[:, :3]
    W_hh = network.W_hh + basis @ TASK.theory.phi[:, -3:] @ first.T
    into = 1e-3 * first
    planted = Network(*(a.astype(np.float32) for a in (into, W_hh, network.W_r)))
    parts = ablations.split_by_projection(W_hh.astype(float), basis @ basis.T)
    removed = [np.zeros_like(W_hh, dtype=float), parts["entering"], parts["leaving"], parts["rest"]]
    early, late = ablations.accuracies_without(planted, removed, TASK, HORIZON)
    assert early[1] < 0.7
    np.testing.assert_array_equal(early[[0, 2, 3]], 1)
    assert 0.7 < late[1] < 1  # of three variables, the newest alone is still off the memories when the inputs are in


def test_the_network_itself_is_what_is_tested_before_and_after() -> None:
    """With nothing removed, accuracies are those of a rollout."""
    network = make_network(3, 10)
    everything = network.W_hh.astype(float)
    early, late = ablations.accuracies_without(network, [0 * everything, everything], TASK, HORIZON, 16)
    assert early[0] == late[0]
    x, y = TASK.batch(np.random.default_rng(ablations._SEED), 16, HORIZON)
    from emtvb.theory.networks import nearest_bits, rollout

    _, outputs = rollout(network, x)
    assert early[0] == pytest.approx((nearest_bits(outputs[3:]) == y[3:]).mean())
    assert early[1] == pytest.approx((y[3:] == 1).mean())  # no input, no state: an output of 0 counts as 1


def test_tasks_that_forget_and_small_networks_have_rows_too() -> None:
    network, _ = circuit(tasks.named("T2", 3, 3), 12)
    found = row(network, tasks.named("T2", 3, 3))
    assert found["core_dim"] == 6
    weak = make_network(3, 6)
    weak = Network(weak.W_uh, weak.W_hh * np.float32(0.01), weak.W_r)
    nothing = row(weak)
    assert nothing["core_dim"] == nothing["memory_dim"] == 0
    assert nothing["intact"] == nothing["core_first_within"] == nothing["memories_within"] == nothing["random_within"]
