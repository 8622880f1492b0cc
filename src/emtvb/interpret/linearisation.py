"""A network as a linear system around a state: the paper's around its fixed point (section 3.2), any by differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float

from emtvb.networks import Network


def fixed_point(network: Network) -> Float[np.ndarray, " hidden"]:
    """The state that the network keeps without input: the origin, since it has no biases and tanh(0) = 0."""
    return np.zeros(network.hidden_dim, dtype=network.W_hh.dtype)


def jacobian(
    network: Network, state: Float[np.ndarray, " hidden"], inputs: Float[np.ndarray, " d"] | None = None
) -> Float[np.ndarray, "hidden hidden"]:
    """Derivative of one step, d tanh(a) / dh = diag(1 - tanh(a)^2) W_hh, a = W_hh h + W_uh u; u is 0 by default."""
    reached = network.W_hh @ state if inputs is None else network.W_hh @ state + network.W_uh @ inputs
    slope = 1 - np.tanh(reached) ** 2
    return slope[:, None] * network.W_hh


def linearise(network: Network) -> Float[np.ndarray, "hidden hidden"]:
    """The Jacobian at the fixed point, which is W_hh itself."""
    return jacobian(network, fixed_point(network))


Step = Callable[[Float[np.ndarray, "batch state"]], Float[np.ndarray, "batch state"]]


def by_differences(step: Step, states: Float[np.ndarray, "batch state"]) -> Float[np.ndarray, "batch state state"]:
    """The derivative of a step at each of these states, by central differences."""
    size = _size(states)
    return np.stack([moved / (2 * size) for moved in _moved(step, states, size)], axis=2)


def mean_by_differences(step: Step, states: Float[np.ndarray, "batch state"]) -> Float[np.ndarray, "state state"]:
    """Their mean over these states."""
    size = _size(states)
    return np.stack([moved.mean(axis=0) / (2 * size) for moved in _moved(step, states, size)], axis=1)


def _size(states: Float[np.ndarray, "batch state"]) -> float:
    """How far states are moved: a hundredth of their mean size, in double precision a hundred-thousandth."""
    share = 1e-5 if states.dtype == np.float64 else 1e-2
    return share * (float(np.abs(states).mean()) or 1.0)


def _moved(step: Step, states: Float[np.ndarray, "batch state"], size: float) -> Iterator[np.ndarray]:
    """For each direction, what follows from states that are ahead in it less what follows from states behind."""
    for direction in np.eye(states.shape[1], dtype=states.dtype):
        ahead, behind = (step(states + sign * size * direction) for sign in (1, -1))
        yield ahead.astype(np.float64) - behind
