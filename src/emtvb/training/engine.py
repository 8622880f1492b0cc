"""The compiled engine: trains a run by the published protocol near the machine's limit, and goes on where it stopped.

Its steps are compiled for the CPU at hand by numba (``kernel``), and checked against the reference trainer. Runs are
trained one after another, since a network's working set fits the cache and a batch of networks does not; so a run's
bits cannot depend on what is trained beside it. They do not depend on the machine either: the engine is asked for a
proof (``proof``) before it trains. On streams it trains likewise (``following``).
"""

from __future__ import annotations

import functools
import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from emtvb.errors import InputError
from emtvb.protocol import Setup
from emtvb.streams.order import StreamSetup
from emtvb.streams.schedule import Schedule, single
from emtvb.training import episodes, history, loop, proof, stream
from emtvb.training.checkpoint import Part
from emtvb.training.history import Row
from emtvb.training.loop import Report
from emtvb.weights import Network

log = logging.getLogger(__name__)


def check() -> None:
    """Raise InputError where the engine cannot be had, or does not give the bits here that it should."""
    compiled()


def about(kernel: ModuleType) -> dict[str, Any]:
    """What a record says of the engine."""
    return {"engine": "compiled", "lanes": kernel.LANES, "fma": "instruction" if kernel.FUSES else "software"}


@functools.cache
def compiled() -> ModuleType:
    """The kernel, after its proof: it is compiled and proved here, once per machine and version.

    What numba kept of an earlier compilation may be torn, or of bits that rotted: then it is compiled again.

    Raises:
        InputError: Where it cannot be had, or does not give the bits here that it should.
    """
    try:
        import numba

        from emtvb.training import kernel
    except Exception as error:  # whatever a broken installation leads to
        raise _unusable(f"cannot be had here ({_first_line(error)})") from None
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        raise InputError("NUMBA_DISABLE_JIT", "1", "nothing is compiled then; unset it, or choose trainer: reference")
    if not kernel.FUSES:
        log.warning("this CPU has no fused multiply-add, or NUMBA_CPU_FEATURES hides it: training is many times slower")
    function: Any = kernel.advance
    memory = proof.Memory(Path(function.stats.cache_path), (kernel.PLATFORM, kernel.CPU, kernel.FEATURES))
    if not memory.vouches():
        problem = _problem(kernel)
        if problem is not None:
            log.warning("the compiled engine %s; compiling it again", problem)
            function.recompile()
            problem = _problem(kernel)
        if problem is not None:
            raise _unusable(problem)
        memory.keep()
    return kernel


def _unusable(problem: str) -> InputError:
    return InputError("trainer", "compiled", f"{problem}; trainer: reference is slower and gives other last digits")


def _problem(kernel: ModuleType) -> str | None:
    """What is wrong with the compiled path, if anything."""
    try:
        holds = proof.holds(functools.partial(begin, kernel=kernel))
        return None if holds else "does not give the bits here that it gives elsewhere"
    except Exception as error:  # whatever keeps numba from compiling on a machine nobody here has seen
        return f"cannot be had here ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return " ".join([type(error).__name__, *str(error).splitlines()[:1]])


def train(
    run: Setup | StreamSetup, folder: Path, report: Report | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Network, list[Row], list[Part]]:
    """Train a run, going on from its last checkpoint if there is one.

    Args:
        run: What to train.
        folder: Where its checkpoint and TensorBoard events are kept.
        report: Called every few batches with the last one.
        environment: What is said of this machine beside the engine.

    Returns:
        The trained network, its learning curve, and who trained it. Their bits depend on ``run`` alone.
    """
    torch.set_num_threads(1)
    kernel = compiled()
    training = begin(run, kernel)
    who = {**about(kernel), **(environment or {})}
    parts = loop.train(training, run.run_id, run.protocol.steps, folder, f"{run.run_id} compiled", who, report)
    return Network(*training.weights), training.kept, parts


def begin(run: Setup | StreamSetup, kernel: ModuleType) -> Training:
    """The training of a run, at its beginning."""
    if isinstance(run, StreamSetup):
        from emtvb.training import following

        return following.StreamTraining(run, kernel)
    return TaskTraining(run, kernel)


class Training(ABC):
    """All that a run's training has at one moment. Its kinds say where their batches and schedules come from."""

    _horizons: Sequence[int]
    """What the learning curve calls the horizon, at each level of the curriculum."""
    _workspace: Any
    """The kernel's, for the sizes of the run."""

    def __init__(self, run: Setup | StreamSetup, kernel: ModuleType, network: Network) -> None:
        self._protocol, self._l2, self._kernel = run.protocol, run.l2, kernel
        self.weights = tuple(array.copy() for array in network.arrays().values())
        self._moments = tuple(np.zeros_like(array) for array in self.weights for _ in range(2))
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
        self._generator, network = stream.begin(run)
        super().__init__(run, kernel, network)
        self._task, self._threshold, self._horizons = run.task, run.threshold, run.protocol.curriculum
        d, s, longest = run.task.d, run.task.s, max(self._horizons)
        self._workspace = kernel.make_workspace(run.protocol.batch_size, d, s, run.hidden_dim, longest)
        levels = [s + horizon for horizon in self._horizons]
        self._schedule = schedule_of(kernel, single(run.task, longest), levels)

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
