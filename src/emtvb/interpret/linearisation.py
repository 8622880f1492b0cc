"""The network as a linear system around its fixed point (paper section 3.2)."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from emtvb.networks import Network


def fixed_point(network: Network) -> Float[np.ndarray, " hidden"]:
    """The state that the network keeps without input: the origin, since it has no biases and tanh(0) = 0."""
    return np.zeros(network.hidden_dim, dtype=network.W_hh.dtype)


def jacobian(network: Network, state: Float[np.ndarray, " hidden"]) -> Float[np.ndarray, "hidden hidden"]:
    """Derivative of one step without input, d tanh(W_hh h) / dh = diag(1 - tanh(W_hh h)^2) W_hh, at ``state``."""
    slope = 1 - np.tanh(network.W_hh @ state) ** 2
    return slope[:, None] * network.W_hh


def linearise(network: Network) -> Float[np.ndarray, "hidden hidden"]:
    """The Jacobian at the fixed point, which is W_hh itself."""
    return jacobian(network, fixed_point(network))
