"""An Elman network without biases, the paper's: run from any state, as a system, and as a linear one (section 3.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from emtvb.flushing import flushed
from emtvb.weights import Network


@dataclass(frozen=True, eq=False)
class Elman:
    """A network of the paper as a system: its state is h.

    Attributes:
        network: Its weights.
    """

    network: Network

    @property
    def state_dim(self) -> int:
        """Neurons."""
        return self.network.hidden_dim

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """h(1..time) from h(0) = 0, and outputs."""
        return rollout(self.network, inputs)

    def untrained(self, seed: int) -> Elman:
        """Another network of its shape before training: weights are uniform, up to 1 / sqrt(neurons)."""
        rng, size = np.random.default_rng(seed), np.sqrt(self.state_dim)
        drawn = {
            name: (rng.uniform(-1, 1, size=weights.shape) / size).astype(weights.dtype)
            for name, weights in self.network.arrays().items()
        }
        return Elman(Network(**drawn))

    def run(
        self,
        inputs: Float[np.ndarray, "time batch d"],
        state: Float[np.ndarray, "batch state"] | None = None,
        times: Collection[int] | None = None,
    ) -> tuple[Float[np.ndarray, "kept batch state"], Float[np.ndarray, "time batch d"]]:
        """States after these inputs, by default after all, from a state or from h = 0; and outputs after each."""
        states, outputs = rollout(self.network, inputs, state)
        return states if times is None else states[list(times)], outputs

    @flushed()
    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch d"]]:
        """h(t) = tanh(W_hh h(t-1)) from this state on, and outputs, in the precision of the weights."""
        W_hh = self.network.W_hh.T
        state = state.astype(W_hh.dtype)
        states = np.empty((steps, *state.shape), state.dtype)
        for t, now in enumerate(states):
            np.matmul(state, W_hh, out=now)
            np.tanh(now, out=now)
            if is_at_rest(state, now):
                states[t:] = now
                break
            state = now
        return states, states @ self.network.W_r.T


@flushed()
def rollout(
    network: Network, inputs: Float[np.ndarray, "time batch d"], start: Float[np.ndarray, "batch hidden"] | None = None
) -> tuple[Float[np.ndarray, "time batch hidden"], Float[np.ndarray, "time batch d"]]:
    """Hidden states h(1..time), from h(0) = 0 or another start, and outputs.

    Once there is no more input and a step left all states as they were, nothing changes any more: networks that were
    trained with a large penalty come to rest within a few steps.
    """
    time, batch, _ = inputs.shape
    last = max(np.flatnonzero(inputs.any(axis=(1, 2))), default=-1)
    W_uh, W_hh, W_r = network.W_uh.T, network.W_hh.T, network.W_r.T
    dtype = np.result_type(inputs, W_uh, W_hh)
    hidden = np.empty((time, batch, network.hidden_dim), dtype)
    outputs = np.empty((time, batch, network.d), np.result_type(dtype, W_r))
    state = np.zeros((batch, network.hidden_dim), dtype) if start is None else start.astype(dtype)
    drive = np.empty_like(state)
    # A step is computed in place: little memory, which stays in the processor's cache.
    for t, now in enumerate(hidden):
        np.matmul(inputs[t], W_uh, out=drive)
        np.matmul(state, W_hh, out=now)
        now += drive
        np.tanh(now, out=now)
        np.matmul(now, W_r, out=outputs[t])
        if t > last and is_at_rest(state, now):
            hidden[t:], outputs[t:] = now, outputs[t]
            break
        state = now
    return hidden, outputs


def is_at_rest(before: Float[np.ndarray, "batch hidden"], after: Float[np.ndarray, "batch hidden"]) -> bool:
    """Whether a step left all states as they were; the first tells at once of most that it did not."""
    return bool((before[:1] == after[:1]).all()) and np.array_equal(before, after)


def fixed_point(network: Network) -> Float[np.ndarray, " hidden"]:
    """The state that the network keeps without input: the origin, since it has no biases and tanh(0) = 0."""
    return np.zeros(network.hidden_dim, dtype=network.W_hh.dtype)


def step_jacobian(
    network: Network, state: Float[np.ndarray, " hidden"], inputs: Float[np.ndarray, " d"] | None = None
) -> Float[np.ndarray, "hidden hidden"]:
    """Derivative of one step, d tanh(a) / dh = diag(1 - tanh(a)^2) W_hh, a = W_hh h + W_uh u; u is 0 by default."""
    reached = network.W_hh @ state if inputs is None else network.W_hh @ state + network.W_uh @ inputs
    slope = 1 - np.tanh(reached) ** 2
    return slope[:, None] * network.W_hh


def jacobian_at_origin(network: Network) -> Float[np.ndarray, "hidden hidden"]:
    """The Jacobian at the fixed point, which is W_hh itself."""
    return step_jacobian(network, fixed_point(network))
