"""What can be interpreted: anything recurrent whose state is one flat vector of real numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from emtvb.errors import InputError


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


Weights = tuple[tuple[str, str], ...]
"""The arrays that a network computes with: the name of each, and a digest of its numbers."""


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

    @property
    def parts(self) -> dict[str, slice]:
        """The arrays of its state by their names, and where they lie in the flat vector; here one, all of it."""
        return {"state": slice(0, self.state_dim)}

    @abstractmethod
    def run(
        self, inputs: np.ndarray, state: np.ndarray | None = None, times: Collection[int] | None = None
    ) -> tuple[Float[np.ndarray, "recorded trial state"], Float[np.ndarray, "time trial output"]]:
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

    def weights(self) -> Weights:
        """The arrays that it computes with, as they are now; none where they are not known."""
        return ()

    @abstractmethod
    def adapted(self, network: Any) -> Runnable:
        """Another network as such a system."""

    @abstractmethod
    def untrained(self, seed: int) -> Runnable | None:
        """The network with other weights, drawn anew; None where they cannot be drawn."""


def check_weights(system: Runnable, recorded: Weights) -> None:
    """Raise InputError where a network has other weights than those that were recorded; of none nothing is known."""
    now = dict(system.weights()) if recorded else {}
    if now and any(now.get(name) != digest for name, digest in recorded):
        raise InputError("network", f"{system.name} has other weights than when it was recorded", "record again")


class AbsentSystem(Runnable):
    """The system of states that were given without it: they can be read and judged, and it cannot be run.

    Attributes:
        name: What it is called.
        remedy: How one gets a system that can be run.
    """

    def __init__(self, name: str, state_dim: int, remedy: str) -> None:
        self.name = name
        self.remedy = remedy
        self._state_dim = state_dim

    def __repr__(self) -> str:
        return f"<{self.name}, whose network is not here: {self.state_dim} numbers of state>"

    @property
    def state_dim(self) -> int:
        """Real numbers of its state."""
        return self._state_dim

    @property
    def input_dim(self) -> int | None:
        """Not known."""
        return None

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        """What would run it: always an InputError."""
        raise InputError("network", f"{self.name}, without the network", self.remedy)

    run = drive = coast = jacobian = adapted = _refuse

    def untrained(self, seed: int) -> None:  # noqa: ARG002
        """None: its weights are not here."""
        return
