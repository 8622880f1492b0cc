"""What a training of the compiled engine has at one moment, and its next steps; on one of the paper's tasks."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import torch

from emtvb.theory.protocol import Setup
from emtvb.theory.schedule import Schedule, output_phase_schedule
from emtvb.theory.stream_order import StreamSetup
from emtvb.training import episodes, history, stream
from emtvb.training.history import Row
from emtvb.weights import Network


class Training(ABC):
    """All that a run's training has at one moment. Its kinds say where their batches and schedules come from."""

    _horizons: Sequence[int]
    """What the learning curve calls the horizon, at each level of the curriculum."""
    _workspace: Any
    """The kernel's, for the sizes of the run."""

    def __init__(self, run: Setup | StreamSetup, kernel: ModuleType, network: Network) -> None:
        self._protocol, self._l2, self._kernel = run.protocol, run.l2, kernel
        self.weights = tuple(array.copy() for array in network.arrays().values())
        # Adam's first and second moment of each weight in turn: checkpoints have them in this order.
        self._moments = tuple(np.zeros_like(array) for array in self.weights for _ in range(2))
        # The level after all batches so far, and that before the last, by which the next one is built (curriculum.py).
        self._level = np.zeros(2, np.int64)
        self._threshold = math.inf
        self.steps_done = 0
        self.kept: list[Row] = []

    @property
    def _rate(self) -> float:
        """The learning rate."""
        return self._protocol.learning_rate

    @abstractmethod
    def _begin_epoch(self) -> None:
        """What comes before an epoch's first batch."""

    @abstractmethod
    def _draw(self, count: int) -> list[tuple[np.ndarray, Any]]:
        """The next so many batches, in one array or several, each with the schedule of its batches."""

    def advance(self) -> Row:
        """Train up to the next batch whose row is kept, within an epoch; returns the last batch's row."""
        epoch = self._protocol.batches_per_epoch
        if self.steps_done % epoch == 0:
            self._begin_epoch()
        # All are drawn before the first is trained on: so both find more of what they need in the CPU's cache.
        drawn = self._draw(history.until_next(self.steps_done, epoch))
        rows = [row for batches, schedule in drawn for row in self._train(batches, schedule)]
        self.kept += [row for row in rows if history.is_kept(row.step, self._protocol.steps)]
        return rows[-1]

    def _train(self, batches: np.ndarray, schedule: Any) -> list[Row]:
        """Train on these batches; returns their rows."""
        first, clip = self.steps_done, self._protocol.gradient_clip
        state = self._kernel.State(self.weights, self._moments[0::2], self._moments[1::2], self._level)
        how = self._kernel.Settings(
            float(self._threshold), float(self._rate), float(self._l2), math.inf if clip is None else float(clip)
        )
        curve = self._kernel.make_curve(len(batches))
        self._kernel.advance(state, batches, first, schedule, how, self._workspace, curve)
        self.steps_done += len(batches)
        loss, accuracy, level = (column.tolist() for column in curve)
        return [Row(first + k, loss[k], accuracy[k], self._horizons[level[k]]) for k in range(len(batches))]

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""
        for name, array in self.arrays().items():
            array[...] = arrays[name]
        self.steps_done, self.kept = steps_done, kept

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name; all but the generators' are the very arrays that training changes."""
        return {
            **{f"weights.{i}": array for i, array in enumerate(self.weights)},
            **{f"moments.{i}": array for i, array in enumerate(self._moments)},
        }


class TaskTraining(Training):
    """A training on one of the paper's tasks: the published stream, and one schedule, with a curriculum."""

    def __init__(self, run: Setup, kernel: ModuleType) -> None:
        self._generator, network = stream.begin_stream(run)
        super().__init__(run, kernel, network)
        self._task, self._threshold, self._horizons = run.task, run.threshold, run.protocol.curriculum
        d, s, longest = run.task.d, run.task.s, max(self._horizons)
        self._workspace = kernel.make_workspace(run.protocol.batch_size, d, s, run.hidden_dim, longest)
        levels = [s + horizon for horizon in self._horizons]
        self._schedule = schedule_of(kernel, output_phase_schedule(run.task, longest), levels)

    def _begin_epoch(self) -> None:
        stream.draw_epoch_start(self._generator)
        # A new loader sees the latest level.
        self._level[1] = self._level[0]

    def _draw(self, count: int) -> list[tuple[np.ndarray, Any]]:
        batches = stream.draw_many(self._generator, self._task, self._protocol.batch_size, count)
        return [(batches.numpy(), self._schedule)]

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""
        super().take(arrays, steps_done, kept)
        self._generator.set_state(torch.from_numpy(arrays["generator"]))

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name."""
        return {**super().arrays(), "level": self._level, "generator": self._generator.get_state().numpy()}


def schedule_of(kernel: ModuleType, plan: Schedule, levels: Sequence[int]) -> Any:
    """A schedule as the kernel has it, for a curriculum whose levels have so many time steps of it."""
    shown, scored, d = episodes.shown_at(plan), plan.scored, plan.source.shape[1]
    asked = np.where(scored, np.cumsum(scored) - 1, -1)
    step, dimension = np.divmod(plan.source[scored], d)
    sign = plan.sign[scored].astype(np.float32)
    source = np.where(sign != 0, shown[step] * d + dimension, 0).astype(np.int32)
    outputs = [scored[:steps].sum() for steps in levels]
    return kernel.Schedule(shown, asked, source, sign, np.array(levels), np.array(outputs))
