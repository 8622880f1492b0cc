from __future__ import annotations

import numpy as np
import pytest
import torch

from emtvb.experiments.sweep import gradients
from emtvb.theory import tasks
from emtvb.theory.literature_columns import FOLLOWED, GAIN, gradient_column
from emtvb.theory.networks import Network

from ..conftest import circuit, make_network

TASK = tasks.named("T1", 3, 3)


def test_it_is_what_backpropagation_through_time_gives() -> None:
    network, horizon, lag = make_network(3, 6), 9, 4
    x, _ = TASK.batch(np.random.default_rng(gradients._SEED), 2, horizon)
    weights = [torch.tensor(array, dtype=torch.float64) for array in (network.W_uh, network.W_hh, network.W_r)]
    total = 0.0
    for sequence in range(2):
        for output in range(3):
            state = torch.zeros(6, dtype=torch.float64)
            for t in range(len(x)):
                state = torch.tanh(weights[1] @ state + weights[0] @ torch.tensor(x[t, sequence], dtype=torch.float64))
                if t == len(x) - 1 - lag:
                    state = asked = state.detach().requires_grad_()
            (found,) = torch.autograd.grad((weights[2] @ state)[output], asked)
            total += float((found**2).sum()) / 2
    expected = np.sqrt(total) / np.linalg.norm(network.W_r)
    assert gradients.gradient_norms(network, TASK, horizon, (lag,), 2)[0] == pytest.approx(expected, rel=1e-5)


def test_an_orthogonal_network_loses_nothing_and_a_smaller_one_by_a_factor_a_step() -> None:
    network, _ = circuit(TASK, 12, scale=1e-4)
    np.testing.assert_allclose(gradients.gradient_norms(network, TASK, 20, (1, 5, 20)), 1, rtol=1e-4)
    half = Network(network.W_uh, network.W_hh / 2, network.W_r)
    np.testing.assert_allclose(
        gradients.gradient_norms(half, TASK, 20, (1, 5, 20)), 0.5 ** np.array([1, 5, 20]), rtol=1e-4
    )


def test_lags_beyond_the_test_have_no_value_and_networks_that_diverged_none_at_all() -> None:
    network, _ = circuit(TASK, 12)
    row = gradients.gradient_row("a", network, network, TASK, 20, {})
    assert list(gradients.gradients_as_table([row]).columns) == ["run_id", *FOLLOWED]
    assert np.isnan(float(str(row[gradient_column("trained", 50)])))
    assert np.isnan(float(str(row[GAIN])))
    assert row[gradient_column("initial", 20)] == pytest.approx(1, rel=1e-3)
    broken = Network(network.W_uh, np.full_like(network.W_hh, np.nan), network.W_r)
    row = gradients.gradient_row("a", network, broken, TASK, 20, {})
    assert np.isnan(float(str(row[gradient_column("trained", 1)])))
    assert row[gradient_column("initial", 1)] == pytest.approx(1, rel=1e-3)


def test_what_was_followed_before_is_not_followed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    network, _ = circuit(TASK, 12)
    half = Network(network.W_uh, network.W_hh / 2, network.W_r)
    pairs = [(network, half), (network, half), (half, network)]
    alone = [gradients.gradient_row("a", *pair, TASK, 20, {}) for pair in pairs]
    followed = []
    norms = gradients.gradient_norms
    monkeypatch.setattr(gradients, "gradient_norms", lambda *given: followed.append(given) or norms(*given))
    known: dict[object, np.ndarray] = {}
    assert str([gradients.gradient_row("a", *pair, TASK, 20, known) for pair in pairs]) == str(alone)
    assert len(followed) == 2
    assert str(gradients.gradient_row("a", *pairs[0], TASK, 5, known)) == str(
        gradients.gradient_row("a", *pairs[0], TASK, 5, {})
    )


def test_the_gain_counts_powers_of_ten() -> None:
    network, _ = circuit(TASK, 12, scale=1e-4)
    smaller = Network(network.W_uh, network.W_hh * np.float32(0.9), network.W_r)
    assert gradients.gradient_row("a", smaller, network, TASK, 100, {})[GAIN] == pytest.approx(
        -100 * np.log10(0.9), rel=1e-3
    )
    gone = Network(network.W_uh, network.W_hh * np.float32(1e-5), network.W_r)
    assert gradients.gradient_row("a", network, gone, TASK, 100, {})[GAIN] == -np.inf
