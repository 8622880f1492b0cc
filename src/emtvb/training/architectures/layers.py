"""Layers that run step by step in numpy, without torch: what all architectures have in common, and what gated ones do.

Torch's modules train them; a test holds each layer to its module. They stay beside ``adapt(torch.nn.GRU(...))``, which
is as fast, because networks are opened and measured where torch is not installed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float


class Layer(ABC):
    """A layer that reads a linear image of each input."""

    @property
    @abstractmethod
    def input_weights(self) -> Float[np.ndarray, "feature d"]:
        """From an input to what the layer reads of it."""

    @property
    @abstractmethod
    def state_dim(self) -> int:
        """Real numbers of the state."""

    @abstractmethod
    def linearise(self) -> Float[np.ndarray, "state state"]:
        """The Jacobian of a step without input at its fixed point, the origin."""

    @abstractmethod
    def advance(
        self, state: Float[np.ndarray, "batch state"], features: Float[np.ndarray, "time batch feature"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs after each step from a state on, given what the layer reads of each input."""

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs after each input, from the zero state."""
        state = np.zeros((inputs.shape[1], self.state_dim), dtype=self.input_weights.dtype)
        return self.advance(state, inputs @ self.input_weights.T)

    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch d"]]:
        """States and outputs without input; the first are those after the first step."""
        dtype = self.input_weights.dtype
        silence = np.zeros((steps, state.shape[0], len(self.input_weights)), dtype=dtype)
        return self.advance(state.astype(dtype), silence)


@dataclass(frozen=True, eq=False)
class Gated(Layer):
    """A layer with gates and without biases, and a linear readout of its units: the output is W_r h(t).

    Attributes:
        W_uh: Input weights; rows of each gate, one block after the other in torch's order.
        W_hh: Recurrent weights, likewise.
        W_r: Readout weights.
    """

    W_uh: Float[np.ndarray, "gates d"]
    W_hh: Float[np.ndarray, "gates hidden"]
    W_r: Float[np.ndarray, "d hidden"]

    GATES: ClassVar[int]
    """Blocks of rows."""
    PARTS: ClassVar[int]
    """Numbers of the state for each unit."""

    @classmethod
    def shapes(cls, d: int, hidden_dim: int) -> dict[str, tuple[int, ...]]:
        """The arrays' shapes."""
        rows = cls.GATES * hidden_dim
        return {"W_uh": (rows, d), "W_hh": (rows, hidden_dim), "W_r": (d, hidden_dim)}

    @property
    def input_weights(self) -> Float[np.ndarray, "gates d"]:
        """Those of the gates."""
        return self.W_uh

    @property
    def state_dim(self) -> int:
        """Elements of h, and of what else is remembered."""
        return self.PARTS * self.W_hh.shape[1]

    @abstractmethod
    def step(
        self, state: Float[np.ndarray, "batch state"], features: Float[np.ndarray, "batch gates"]
    ) -> Float[np.ndarray, "batch state"]:
        """The next state, given what the input adds to the gates."""

    def advance(
        self, state: Float[np.ndarray, "batch state"], features: Float[np.ndarray, "time batch gates"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs after each step from a state on, given what each input adds to the gates."""
        states = np.empty((len(features), *state.shape), dtype=state.dtype)
        for t, added in enumerate(features):
            state = self.step(state, added)
            states[t] = state
        return states, states[..., : self.W_hh.shape[1]] @ self.W_r.T


def sigmoid(x: Float[np.ndarray, "batch gates"]) -> Float[np.ndarray, "batch gates"]:
    """The logistic function, by tanh: no number overflows."""
    return (1 + np.tanh(x / 2)) / 2
