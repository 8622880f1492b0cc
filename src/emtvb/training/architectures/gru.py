"""A GRU without biases and a linear readout: torch.nn.GRU, then torch.nn.Linear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from emtvb.training.architectures.layers import Gated, sigmoid


@dataclass(frozen=True, eq=False)
class GRU(Gated):
    """h(t) = (1 - z) * n + z * h(t-1), n = tanh(W_n u(t) + r * (V_n h(t-1))); the output is W_r h(t).

    The gates r and z are sigmoid(W u(t) + V h(t-1)), each with rows W, V of its own; rows of r, z, n stand in this
    order, which is torch's. The state is h(t).
    """

    GATES = 3
    PARTS = 1

    def linearise(self) -> Float[np.ndarray, "state state"]:
        """The Jacobian of a step without input at its fixed point, the origin.

        There both gates are 1/2 and n = V_n h / 2 to first order, so h' = (h + V_n h / 2) / 2.
        """
        V_n = np.split(self.W_hh.astype(np.float64), self.GATES)[2]
        return (np.eye(len(V_n)) + V_n / 2) / 2

    def step(
        self, state: Float[np.ndarray, "batch state"], features: Float[np.ndarray, "batch gates"]
    ) -> Float[np.ndarray, "batch state"]:
        """The next h, given what the input adds to gates and candidate."""
        size = self.state_dim
        back = state @ self.W_hh.T
        r, z = np.split(sigmoid(features[:, : 2 * size] + back[:, : 2 * size]), 2, axis=1)
        n = np.tanh(features[:, 2 * size :] + r * back[:, 2 * size :])
        return (1 - z) * n + z * state
