"""An LSTM without biases and a linear readout, as in the authors' code: torch.nn.LSTM, then torch.nn.Linear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from emtvb.training.architectures.layers import Gated, sigmoid


@dataclass(frozen=True, eq=False)
class LSTM(Gated):
    """c(t) = f * c(t-1) + i * g and h(t) = o * tanh(c(t)); the output is W_r h(t).

    The gates i, f, o are sigmoid(W_uh u(t) + W_hh h(t-1)) and the candidate g is its tanh, each with rows of its own;
    rows of i, f, g, o stand in this order, which is torch's. The flat state is h(t), then c(t).
    """

    GATES = 4
    PARTS = 2

    def linearise(self) -> Float[np.ndarray, "state state"]:
        """The Jacobian of a step without input at its fixed point, the origin.

        There every gate is 1/2 and g = W_g h to first order, so c' = (c + W_g h) / 2 and h' = c' / 2. (The authors'
        ``emt-tools`` has h' = c / 2 and adds a quarter of the input gate's rows to c'; finite differences say this.)
        """
        W_g = np.split(self.W_hh.astype(np.float64), self.GATES)[2]
        cell = np.hstack([W_g / 2, np.eye(len(W_g)) / 2])
        return np.vstack([cell / 2, cell])

    def step(
        self, state: Float[np.ndarray, "batch state"], features: Float[np.ndarray, "batch gates"]
    ) -> Float[np.ndarray, "batch state"]:
        """The next h and c, given what the input adds to gates and candidate."""
        h, c = np.split(state, self.PARTS, axis=1)
        i, f, g, o = np.split(features + h @ self.W_hh.T, self.GATES, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return np.hstack([sigmoid(o) * np.tanh(c), c])
