"""What can be interpreted: anything recurrent whose state is one flat vector of real numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float


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


class Runnable(ABC):
    """A network as a system that runs on inputs from any state: what is recorded, edited and linearised.

    Attributes:
        name: What it was made from.
    """

    name: str

    @property
    @abstractmethod
    def state_dim(self) -> int:
        """Real numbers of its state."""

    @property
    @abstractmethod
    def input_dim(self) -> int | None:
        """Numbers of an input, where that is known."""

    @abstractmethod
    def prepared(self, inputs: np.ndarray) -> int:
        """Numbers of its state, once it was looked at with these inputs, (time, trial, input)."""

    @abstractmethod
    def run(
        self, inputs: np.ndarray, state: np.ndarray | None = None, times: Collection[int] | None = None
    ) -> tuple[Float[np.ndarray, "kept trial state"], Float[np.ndarray, "time trial output"]]:
        """States and outputs after each input, from this state, or from where the network itself begins."""

    @abstractmethod
    def drive(
        self, inputs: Float[np.ndarray, "time batch d"]
    ) -> tuple[Float[np.ndarray, "time batch state"], Float[np.ndarray, "time batch output"]]:
        """States and outputs after each input, from where the network itself begins."""

    @abstractmethod
    def coast(
        self, state: Float[np.ndarray, "batch state"], steps: int
    ) -> tuple[Float[np.ndarray, "steps batch state"], Float[np.ndarray, "steps batch output"]]:
        """States and outputs without input; the first are those after the first step."""

    @abstractmethod
    def jacobian(self, state: np.ndarray, inputs: np.ndarray | None = None) -> Float[np.ndarray, "trial state state"]:
        """The derivative of a step at these states."""

    @abstractmethod
    def adapted(self, network: Any) -> Runnable:
        """Another network as such a system."""

    @abstractmethod
    def untrained(self, seed: int) -> Runnable | None:
        """The network with other weights, drawn anew; None where they cannot be drawn."""
