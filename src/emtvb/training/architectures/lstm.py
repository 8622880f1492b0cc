"""An LSTM without biases and a linear readout, as in the authors' code: torch.nn.LSTM, then torch.nn.Linear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

State = Float[np.ndarray, "batch state"]


@dataclass(frozen=True, eq=False)
class LSTM:
    """c(t) = f * c(t-1) + i * g and h(t) = o * tanh(c(t)); the output is W_r h(t).

    The gates i, f, o are sigmoid(W_uh u(t) + W_hh h(t-1)) and the candidate g is its tanh, each with rows of its own.
    The flat state is h(t), then c(t).

    Attributes:
        W_uh: Input weights; rows of i, f, g, o in this order, which is torch's.
        W_hh: Recurrent weights, likewise.
        W_r: Readout weights.
    """

    W_uh: Float[np.ndarray, "gates d"]
    W_hh: Float[np.ndarray, "gates hidden"]
    W_r: Float[np.ndarray, "d hidden"]

    @staticmethod
    def shapes(d: int, hidden_dim: int) -> dict[str, tuple[int, ...]]:
        """The arrays' shapes."""
        return {"W_uh": (4 * hidden_dim, d), "W_hh": (4 * hidden_dim, hidden_dim), "W_r": (d, hidden_dim)}

    @property
    def state_dim(self) -> int:
        """Elements of h and c."""
        return 2 * self.W_hh.shape[1]

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs after each input, from the zero state."""
        state = np.zeros((inputs.shape[1], self.state_dim), dtype=self.W_hh.dtype)
        return self._run(state, inputs @ self.W_uh.T)

    def coast(
        self, state: State, steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch d"]]:
        """States and outputs without input; the first are those after the first step."""
        silence = np.zeros((steps, state.shape[0], self.W_hh.shape[0]), dtype=self.W_hh.dtype)
        return self._run(state.astype(self.W_hh.dtype), silence)

    def linearise(self) -> Float[np.ndarray, "state state"]:
        """The Jacobian of a step without input at its fixed point, the origin.

        There every gate is 1/2 and g = W_g h to first order, so c' = (c + W_g h) / 2 and h' = c' / 2. (The authors'
        ``emt-tools`` has h' = c / 2 and adds a quarter of the input gate's rows to c'; finite differences say this.)
        """
        W_g = np.split(self.W_hh.astype(np.float64), 4)[2]
        cell = np.hstack([W_g / 2, np.eye(len(W_g)) / 2])
        return np.vstack([cell / 2, cell])

    def _run(
        self, state: State, driven: Float[np.ndarray, "time batch gates"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs from a state on, given what the input adds to gates and candidate."""
        W_hh = self.W_hh.T
        states = np.empty((len(driven), *state.shape), dtype=state.dtype)
        h, c = np.split(state, 2, axis=1)
        for t in range(len(driven)):
            i, f, g, o = np.split(driven[t] + h @ W_hh, 4, axis=1)
            c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
            h = _sigmoid(o) * np.tanh(c)
            states[t] = np.hstack([h, c])
        return states, states[..., : h.shape[1]] @ self.W_r.T


def _sigmoid(x: Float[np.ndarray, "batch hidden"]) -> Float[np.ndarray, "batch hidden"]:
    return (1 + np.tanh(x / 2)) / 2
