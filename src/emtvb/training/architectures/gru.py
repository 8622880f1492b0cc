"""A GRU without biases and a linear readout: torch.nn.GRU, then torch.nn.Linear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class GRU:
    """h(t) = (1 - z) * n + z * h(t-1), n = tanh(W_n u(t) + r * (V_n h(t-1))); the output is W_r h(t).

    The gates r and z are sigmoid(W u(t) + V h(t-1)), each with rows W, V of its own. The state is h(t).

    Attributes:
        W_uh: Input weights; rows of r, z, n in this order, which is torch's.
        W_hh: Recurrent weights, likewise.
        W_r: Readout weights.
    """

    W_uh: Float[np.ndarray, "gates d"]
    W_hh: Float[np.ndarray, "gates hidden"]
    W_r: Float[np.ndarray, "d hidden"]

    @staticmethod
    def shapes(d: int, hidden_dim: int) -> dict[str, tuple[int, ...]]:
        """The arrays' shapes."""
        return {"W_uh": (3 * hidden_dim, d), "W_hh": (3 * hidden_dim, hidden_dim), "W_r": (d, hidden_dim)}

    @property
    def state_dim(self) -> int:
        """Elements of h."""
        return self.W_hh.shape[1]

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs after each input, from the zero state."""
        state = np.zeros((inputs.shape[1], self.state_dim), dtype=self.W_hh.dtype)
        return self._run(state, inputs @ self.W_uh.T)

    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch d"]]:
        """States and outputs without input; the first are those after the first step."""
        silence = np.zeros((steps, state.shape[0], self.W_hh.shape[0]), dtype=self.W_hh.dtype)
        return self._run(state.astype(self.W_hh.dtype), silence)

    def linearise(self) -> Float[np.ndarray, "state state"]:
        """The Jacobian of a step without input at its fixed point, the origin.

        There both gates are 1/2 and n = V_n h / 2 to first order, so h' = (h + V_n h / 2) / 2.
        """
        V_n = np.split(self.W_hh.astype(np.float64), 3)[2]
        return (np.eye(len(V_n)) + V_n / 2) / 2

    def _run(
        self, h: Float[np.ndarray, "batch state"], driven: Float[np.ndarray, "time batch gates"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs from a state on, given what the input adds to gates and candidate."""
        W_hh, size = self.W_hh.T, self.state_dim
        states = np.empty((len(driven), *h.shape), dtype=h.dtype)
        for t, ahead in enumerate(driven):
            back = h @ W_hh
            gates = (1 + np.tanh((ahead[:, : 2 * size] + back[:, : 2 * size]) / 2)) / 2
            r, z = np.split(gates, 2, axis=1)
            n = np.tanh(ahead[:, 2 * size :] + r * back[:, 2 * size :])
            h = (1 - z) * n + z * h
            states[t] = h
        return states, states @ self.W_r.T
