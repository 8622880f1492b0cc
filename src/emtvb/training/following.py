"""The compiled engine on streams: any schedule of inputs and outputs, and a learning rate that falls on a plateau.

It is the engine of the paper's tasks (``engine``): the same steps, and the same bits on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from emtvb.streams.order import Plateau, StreamSetup
from emtvb.streams.schedule import Schedule
from emtvb.training import engine, episodes, history, loop
from emtvb.training.checkpoint import Part
from emtvb.training.history import Row
from emtvb.training.loop import Report
from emtvb.weights import Network


def check() -> None:
    """Raise InputError where the engine cannot be had, or does not give the bits here that it should."""
    engine.compiled("follow")


def train(
    run: StreamSetup, folder: Path, report: Report | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Network, list[Row], list[Part]]:
    """Train a run on its stream, as ``engine.train`` does one of the paper's."""
    torch.set_num_threads(1)
    kernel = engine.compiled("follow")
    training = Training(run, kernel)
    who = {**engine.about(kernel), **(environment or {})}
    parts = loop.train(training, run.run_id, run.protocol.steps, folder, f"{run.run_id} compiled", who, report)
    return Network(*training.weights), training.kept, parts


class Training:
    """All that a run's training has at one moment."""

    def __init__(self, run: StreamSetup, module: ModuleType) -> None:
        self._run, self._module = run, module
        self._batches, network = episodes.begin(run)
        self.weights = tuple(array.copy() for array in network.arrays().values())
        self._moments = tuple(np.zeros_like(array) for array in self.weights for _ in range(2))
        self._rate = Rate(run.protocol.learning_rate, run.protocol.plateau)
        self.steps_done = 0
        self.kept: list[Row] = []
        d, steps = run.task.d, run.episodes.steps()
        self._workspace = module.make_workspace(run.protocol.batch_size, d, steps, run.hidden_dim, steps, steps)

    def advance(self) -> Row:
        """Train up to the next batch whose row is kept, within an epoch; returns the last batch's row."""
        protocol, done = self._run.protocol, self.steps_done
        count = history.until_next(done, protocol.batches_per_epoch)
        if done % protocol.batches_per_epoch == 0:
            self._batches.begin_epoch(first=done == 0)
        loss, accuracy = np.empty(count, np.float32), np.empty(count)
        clip = math.inf if protocol.gradient_clip is None else protocol.gradient_clip
        self._module.follow(
            *self.weights, self._moments, done, *self._draw(count), self._rate.value, float(self._run.l2), float(clip),
            self._workspace, loss, accuracy,
        )  # fmt: skip
        outputs = self._run.episodes.outputs
        rows = [Row(done + k, float(loss[k]), float(accuracy[k]), outputs) for k in range(count)]
        self.kept += [row for row in rows if history.is_kept(row.step, protocol.steps)]
        self.steps_done += count
        if self.steps_done % protocol.batches_per_epoch == 0:
            self._rate.update(rows[-1].loss)
        return rows[-1]

    def _draw(self, count: int) -> tuple[np.ndarray, ...]:
        """The next batches as ``kernel.follow`` takes them: u, input_at, output_at, source, sign."""
        run = self._run
        d, steps, size = run.task.d, run.episodes.steps(), run.protocol.batch_size
        u = np.zeros((count, steps, size, d), np.int8)
        places = np.full((2, count, steps), -2, np.int64)
        source = np.zeros((count, steps, d), np.int32)
        sign = np.zeros((count, steps, d), np.float32)
        for k in range(count):
            plan, shown = self._batches.next()
            u[k, : len(shown)] = shown
            inputs, outputs = places_of(plan)
            places[0, k, : len(plan)], places[1, k, : len(plan)] = inputs, outputs
            step, dimension = np.divmod(plan.source[plan.scored], d)
            asked = plan.sign[plan.scored]
            source[k, : len(asked)] = np.where(asked != 0, inputs[step] * d + dimension, 0)
            sign[k, : len(asked)] = asked
        return u, *places, source, sign

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""
        for name, array in self._own().items():
            array[...] = arrays[name]
        self._batches.take(arrays)
        self.steps_done, self.kept = steps_done, kept

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name; all but the generators' are the very arrays that training changes."""
        return {**self._own(), **self._batches.state()}

    def _own(self) -> dict[str, np.ndarray]:
        return {
            **{f"weights.{i}": array for i, array in enumerate(self.weights)},
            **{f"moments.{i}": array for i, array in enumerate(self._moments)},
            "rate": self._rate.state,
        }


def places_of(plan: Schedule) -> tuple[np.ndarray, np.ndarray]:
    """The place of each step among those that show anything, and among those that are scored; -1 where it is none."""
    return tuple(np.where(chosen, np.cumsum(chosen) - 1, -1) for chosen in (plan.shows != 0, plan.scored))  # type: ignore[return-value]


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
