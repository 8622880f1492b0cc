"""Steps of JAX: one that fails says what failed and where, one that works is recorded, fitted, judged and edited.

JAX is no dependency. What is special about its arrays is tried with a stand-in as well: they have no ``take`` as numpy
calls it, cannot be written into, and have methods of their own.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import emtvb
from emtvb.errors import InputError

H, TIME, TRIALS = 8, 12, 400
RNG = np.random.default_rng(0)
W, U = np.linalg.qr(RNG.normal(size=(H, H)))[0].astype(np.float32), RNG.normal(size=(3, H)).astype(np.float32)


class Foreign(np.ndarray):
    """An array as JAX has them."""

    def take(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("The 'raise' mode to take is not supported.")

    def __setitem__(self, *_: Any) -> None:
        raise TypeError("immutable")

    def halved(self) -> Foreign:
        return self / 2

    def __array_namespace__(self, **_: Any) -> Any:
        return SimpleNamespace(asarray=lambda array: np.asarray(array).view(Foreign))


def zeros(trials: int) -> Foreign:
    return np.zeros((trials, H), np.float32).view(Foreign)


def moved(u: np.ndarray, h: Any) -> Any:
    return np.tanh(h @ W + u @ U)


def fails(u: np.ndarray, h: Any) -> Any:
    h = h @ np.ones((5, H), np.float32)
    return h[:, :2], h


def fails_late(u: np.ndarray, h: Any) -> Any:
    if np.abs(u).max() > 1.5 and len(u) > 300:
        raise KeyError("too large:\n  see above")
    h = moved(u, h)
    return h[:, :2], h


def takes_one(u: np.ndarray, h: Any) -> Any:
    h = np.tanh(W @ h + U.T @ u)
    return h[:2], h


def inputs() -> np.ndarray:
    """Of which one step has larger numbers than all others."""
    x = RNG.choice([-1.0, 1.0], size=(TIME, TRIALS, 3)).astype(np.float32)
    x[7] *= 2
    return x


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (fails, r"network: fails failed at step 0 of 12 \(ValueError: matmul: .*\): a step takes many"),
        (fails_late, r"fails_late failed at step 7 of 12 \(KeyError: 'too large:.*see above'\): "),
        (takes_one, r"takes_one failed at step 0 of 12 .*: a step takes many trials: here inputs \(400, 3\) and state"),
    ],
)
@pytest.mark.parametrize("state", [H, zeros])
def test_a_step_that_fails_says_what_failed_and_at_which_input(step: Any, says: str, state: Any) -> None:
    with pytest.raises(InputError, match=says) as raised:
        emtvb.adapt(step, state=state).run(inputs())
    assert "\n" not in str(raised.value)


def test_a_step_that_fails_where_it_is_differentiated_says_so() -> None:
    import torch

    weights = torch.tensor(W)

    def step(u: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = torch.tensor(np.tanh(h.numpy())) @ weights  # numpy refuses what has a gradient
        return h[:, :2], h

    system = emtvb.adapt(step, state=H, input_dim=3)
    with pytest.raises(InputError, match=r"step failed \(RuntimeError: Can't call numpy\(\) on"):
        system.jacobian(np.zeros((2, H), np.float32))


def test_a_step_gets_arrays_of_its_own_library_from_any_state() -> None:
    def step(u: np.ndarray, h: Foreign) -> tuple[Foreign, Foreign]:
        h = moved(u, h.halved())
        return h[:, :2], h

    system = emtvb.adapt(step, state=zeros)
    states, _ = system.run(inputs())
    again, _ = system.run(inputs()[:1], states[3])
    assert again.shape == (1, TRIALS, H)
    assert type(again) is np.ndarray


def test_a_gru_of_flax_is_run_as_it_runs() -> None:
    jax, linen = pytest.importorskip("jax"), pytest.importorskip("flax.linen")
    cell = linen.GRUCell(features=H)
    params = cell.init(jax.random.PRNGKey(0), np.zeros((1, H), np.float32), np.zeros((1, 3), np.float32))

    def step(u: Any, h: Any) -> Any:
        h, _ = cell.apply(params, h, u)
        return h, h

    x = inputs()
    states, _ = emtvb.adapt(jax.jit(step), state=H).run(x)
    h = np.zeros((TRIALS, H), np.float32)
    for time, u in enumerate(x):
        _, h = step(u, h)
        np.testing.assert_allclose(states[time], h, atol=1e-5)


def test_a_network_of_jax_is_recorded_judged_and_edited() -> None:
    jax = pytest.importorskip("jax")

    def step(u: Any, h: Any) -> Any:  # two bits that are kept
        h = jax.numpy.tanh(1.5 * h @ W[:, :2] @ W[:, :2].T + 2 * u @ W[:, :2].T)
        return h @ W[:, :2], h

    x = 0.1 * RNG.normal(size=(TIME, TRIALS, 2)).astype(np.float32)
    x[0] = RNG.choice([-1, 1], size=(TRIALS, 2))
    fitted = emtvb.fit(emtvb.record(emtvb.adapt(jax.jit(step), state=H), x, np.repeat(np.sign(x[:1]), TIME, axis=0)))
    assert emtvb.judge(fitted)["0"].score == 1
    assert emtvb.edit(fitted, at=5, flip="0").controls_fail


@pytest.mark.parametrize("state", [H, lambda trials: np.zeros((trials, H), np.float32)])
def test_a_step_of_jax_that_fails_says_what_failed(state: Any) -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    begins = state if isinstance(state, int) else lambda trials: jnp.asarray(state(trials))
    with pytest.raises(InputError, match=r"fails failed at step 0 of 12 \(TypeError: dot_general requires"):
        emtvb.adapt(jax.jit(fails), state=begins).run(inputs())
