"""A training of the compiled engine on a stream: any schedule, and a learning rate that falls on a plateau.

The engine trains it as it trains one of the paper's tasks: the same steps, and the same bits on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from emtvb.theory.stream_order import Plateau, StreamSetup
from emtvb.training import episodes
from emtvb.training.history import Row
from emtvb.training.state import Training, schedule_of


class StreamTraining(Training):
    """A training on a stream: each batch has a schedule of its own, and no curriculum."""

    def __init__(self, run: StreamSetup, kernel: ModuleType) -> None:
        self._batches, network = episodes.begin_batches(run)
        super().__init__(run, kernel, network)
        self._falling = Rate(run.protocol.learning_rate, run.protocol.plateau)
        self._horizons = [run.episodes.outputs]
        d, steps = run.task.d, run.episodes.steps()
        self._workspace = kernel.make_workspace(run.protocol.batch_size, d, steps, run.hidden_dim, steps, steps)

    @property
    def _rate(self) -> float:
        return self._falling.value

    def _begin_epoch(self) -> None:
        self._batches.begin_epoch(first=self.steps_done == 0)

    def _draw(self, count: int) -> list[tuple[np.ndarray, Any]]:
        drawn = [self._batches.next() for _ in range(count)]
        return [(shown[np.newaxis], schedule_of(self._kernel, plan, [len(plan)])) for plan, shown in drawn]

    def advance(self) -> Row:
        """As any training does; the learning rate may fall at the end of an epoch."""
        row = super().advance()
        if self.steps_done % self._protocol.batches_per_epoch == 0:
            self._falling.update(row.loss)
        return row

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""
        super().take(arrays, steps_done, kept)
        self._batches.take(arrays)

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name."""
        return {**super().arrays(), "rate": self._falling.state, **self._batches.state()}


class Rate:
    """A learning rate that falls where the loss stays: torch's ReduceLROnPlateau by its defaults, in one array.

    Args:
        first: The learning rate at the beginning.
        plateau: When it falls; None for never.
    """

    def __init__(self, first: float, plateau: Plateau | None) -> None:
        self._plateau = plateau
        self.state = np.array([first, math.inf, 0.0])
        """The rate, the best loss so far, and the epochs since then."""

    @property
    def value(self) -> float:
        """The learning rate."""
        return float(self.state[0])

    def update(self, loss: float) -> None:
        """An epoch has ended with this loss."""
        if self._plateau is None:
            return
        rate, best, waited = self.state.tolist()
        best, waited = (loss, 0) if loss < best * (1 - 1e-4) else (best, waited + 1)
        if waited > self._plateau.patience:
            lower = max(rate * self._plateau.factor, self._plateau.least)
            rate, waited = (lower if rate - lower > 1e-8 else rate), 0
        self.state[:] = rate, best, waited
