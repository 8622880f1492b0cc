"""What can be interpreted: anything recurrent whose state is one flat vector of real numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from emtvb import networks
from emtvb.flushing import flushed
from emtvb.networks import Network


@runtime_checkable
class System(Protocol):
    """A recurrent system that reads and gives out vectors of d elements."""

    @property
    def state_dim(self) -> int:
        """Elements of its state."""

    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch d"]]:
        """States and outputs after each input, from the zero state."""

    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch d"]]:
        """States and outputs without input; the first are those after the first step."""


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
        return networks.rollout(self.network, inputs)

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
            if networks.is_at_rest(state, now):
                states[t:] = now
                break
            state = now
        return states, states @ self.network.W_r.T
