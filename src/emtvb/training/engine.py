"""The compiled engine: trains a run by the published protocol near the machine's limit, and goes on where it stopped.

Its steps are compiled for the CPU at hand by numba (``kernel``), and checked against the reference trainer. Runs are
trained one after another, since a network's working set fits the cache and a batch of networks does not; so a run's
bits cannot depend on what is trained beside it. They do not depend on the machine either: the engine is asked for a
proof (``proof``) before it trains.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from jaxtyping import Int8

from emtvb.errors import InputError
from emtvb.protocol import Setup
from emtvb.training import history, loop, proof, stream
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
def compiled(entry: proof.Entry = "advance") -> ModuleType:
    """The kernel, after its proof: it is compiled and proved here, once per machine and version.

    What numba kept of an earlier compilation may be torn, or of bits that rotted: then it is compiled again.

    Args:
        entry: What of it is asked for: ``advance`` for the paper's tasks, ``follow`` for streams.

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
    function = getattr(kernel, entry)
    memory = proof.Memory(Path(function.stats.cache_path), (kernel.PLATFORM, kernel.CPU, kernel.FEATURES), entry)
    if not memory.vouches():
        problem = _problem(kernel, entry)
        if problem is not None:
            log.warning("the compiled engine %s; compiling it again", problem)
            function.recompile()
            problem = _problem(kernel, entry)
        if problem is not None:
            raise _unusable(problem)
        memory.keep()
    return kernel


def _unusable(problem: str) -> InputError:
    return InputError("trainer", "compiled", f"{problem}; trainer: reference is slower and gives other last digits")


def _problem(kernel: ModuleType, entry: proof.Entry) -> str | None:
    """What is wrong with the compiled path, if anything."""
    try:
        if entry == "advance":
            holds = proof.holds(lambda run: _Training(run, kernel))
        else:
            from emtvb.training import following

            holds = proof.follows(lambda run: following.Training(run, kernel))
        return None if holds else "does not give the bits here that it gives elsewhere"
    except Exception as error:  # whatever keeps numba from compiling on a machine nobody here has seen
        return f"cannot be had here ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return " ".join([type(error).__name__, *str(error).splitlines()[:1]])


def train(
    run: Setup, folder: Path, report: Report | None = None, environment: Mapping[str, str] | None = None
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
    training = _Training(run, kernel)
    who = {**about(kernel), **(environment or {})}
    parts = loop.train(training, run.run_id, run.protocol.steps, folder, f"{run.run_id} compiled", who, report)
    return Network(*training.weights), training.kept, parts


class _Training:
    """All that a run's training has at one moment."""

    def __init__(self, run: Setup, module: ModuleType) -> None:
        protocol, task = run.protocol, run.task
        self._run, self._module = run, module
        self._generator, network = stream.begin(run)
        self.weights = tuple(array.copy() for array in network.arrays().values())
        self._moments = tuple(np.zeros_like(array) for array in self.weights for _ in range(2))
        self._level = np.zeros(2, np.int64)
        self.steps_done = 0
        self.kept: list[Row] = []
        longest = max(protocol.curriculum)
        source, sign = task.unroll(longest)
        self._source, self._sign = source.astype(np.int32), sign.astype(np.float32)
        self._horizons = np.array(protocol.curriculum, np.int64)
        self._workspace = module.make_workspace(protocol.batch_size, task.d, task.s, run.hidden_dim, longest)

    def advance(self) -> Row:
        """Train up to the next batch whose row is kept, within an epoch; returns the last batch's row."""
        protocol = self._run.protocol
        in_epoch = self.steps_done % protocol.batches_per_epoch
        count = history.until_next(self.steps_done, protocol.batches_per_epoch)
        inputs = self._draw(count, first_of_epoch=in_epoch == 0)
        loss, accuracy, horizon = np.empty(count, np.float32), np.empty(count), np.empty(count, np.int64)
        clip = np.inf if protocol.gradient_clip is None else protocol.gradient_clip
        self._module.advance(
            *self.weights, self._moments, self.steps_done, inputs, in_epoch, self._source, self._sign, self._horizons,
            self._level, float(self._run.threshold), float(protocol.learning_rate), float(self._run.l2), float(clip),
            self._workspace, loss, accuracy, horizon,
        )  # fmt: skip
        rows = [Row(self.steps_done + k, float(loss[k]), float(accuracy[k]), int(horizon[k])) for k in range(count)]
        self.kept += [row for row in rows if history.is_kept(row.step, protocol.steps)]
        self.steps_done += count
        return rows[-1]

    def _draw(self, count: int, *, first_of_epoch: bool) -> Int8[np.ndarray, "count s batch d"]:
        """The next batches of the published stream."""
        if first_of_epoch:
            stream.draw_epoch_start(self._generator)
        task, batch_size = self._run.task, self._run.protocol.batch_size
        return stream.draw_many(self._generator, task, batch_size, count).numpy()

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""
        for name, array in self.arrays().items():
            array[...] = arrays[name]
        self._generator.set_state(torch.from_numpy(arrays["generator"]))
        self.steps_done, self.kept = steps_done, kept

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name; all but the generator's are the very arrays that training changes."""
        return {
            **{f"weights.{i}": array for i, array in enumerate(self.weights)},
            **{f"moments.{i}": array for i, array in enumerate(self._moments)},
            "level": self._level,
            "generator": self._generator.get_state().numpy(),
        }
