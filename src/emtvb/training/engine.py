"""The engine: trains a run by the published protocol near the machine's limit, and goes on where it stopped.

Two paths take the same steps: ``kernel``, compiled for the CPU at hand by numba, and ``plain``, on torch alone.
Both are checked against the reference trainer. Runs are trained one after another, since a network's working set fits
the cache and a batch of networks does not; so a run's bits cannot depend on what is trained beside it.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from jaxtyping import Int8

from emtvb import tasks
from emtvb.errors import InputError
from emtvb.networks import Network
from emtvb.runs import Protocol, Run
from emtvb.training import checkpoint, history, plain, stream
from emtvb.training.checkpoint import Checkpoint
from emtvb.training.events import events
from emtvb.training.history import Row

log = logging.getLogger(__name__)
Report = Callable[[Row], None]


@functools.cache
def choose(name: str = "auto") -> tuple[str, ModuleType]:
    """The path that trains here: its name and its module.

    Args:
        name: ``compiled``, ``torch``, or ``auto`` for the first of them that works here.

    Raises:
        InputError: Where the compiled path is asked for and cannot be had.
    """
    if name != "torch":
        try:
            return "compiled", _compiled()
        except Exception as error:  # whatever keeps numba from compiling on a machine nobody here has seen
            problem = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            if name == "compiled":
                raise InputError("engine", name, f"cannot be had here ({problem}); use auto or torch") from None
            log.warning("compiled engine not available (%s); training with torch, which takes longer", problem)
    return "torch", plain


def _compiled() -> ModuleType:
    """The compiled path, after one tiny run through it: it is compiled here, once per machine and version."""
    from emtvb.training import kernel

    protocol = Protocol(epochs=1, batches_per_epoch=1, batch_size=1, curriculum=(1,))
    _Training(Run(tasks.named("T1", 1, 1), 1, 0.0, 1.0, 0, protocol), kernel).advance()
    return kernel


def train(run: Run, folder: Path, report: Report | None = None, engine: str = "auto") -> tuple[Network, list[Row]]:
    """Train a run, going on from its last checkpoint if there is one.

    Args:
        run: What to train.
        folder: Where its checkpoint and TensorBoard events are kept.
        report: Called every few batches with the last one.
        engine: As :func:`choose` takes it.

    Returns:
        The trained network and its learning curve. On one CPU and path their bits depend on ``run`` alone.
    """
    torch.set_num_threads(1)
    path, module = choose(engine)
    training = _Training(run, module)
    file = folder / "checkpoint.safetensors"
    key = f"{run.run_id} {path}"
    training.restore(file, key)
    saved = time.monotonic()
    with events(folder / "tensorboard", training.steps_done) as record:
        while training.steps_done < run.protocol.steps:
            known = len(training.kept)
            last = training.advance()
            for row in training.kept[known:]:
                record(row)
            if report is not None:
                report(last)
            if time.monotonic() - saved > checkpoint.EVERY_SECONDS:
                training.save(file, key)
                saved = time.monotonic()
    return Network(*training.weights), training.kept


class _Training:
    """All that a run's training has at one moment."""

    def __init__(self, run: Run, module: ModuleType) -> None:
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

    def save(self, path: Path, key: str) -> None:
        """Write a checkpoint."""
        checkpoint.save(path, key, Checkpoint(self._arrays(), self.steps_done, {self._run.run_id: self.kept}))

    def restore(self, path: Path, key: str) -> None:
        """Go on from a checkpoint, if there is a good one."""
        mine = self._arrays()
        found = checkpoint.load(path, key, mine)
        if found is None:
            return
        for name, array in mine.items():
            array[...] = found.arrays[name]
        self._generator.set_state(torch.from_numpy(found.arrays["generator"]))
        self.steps_done, self.kept = found.steps_done, found.histories[self._run.run_id]
        log.info("%s: going on from step %s", self._run.run_id, f"{self.steps_done:,}")

    def _arrays(self) -> dict[str, np.ndarray]:
        """The state by name; all but the generator's are the very arrays that training changes."""
        return {
            **{f"weights.{i}": array for i, array in enumerate(self.weights)},
            **{f"moments.{i}": array for i, array in enumerate(self._moments)},
            "level": self._level,
            "generator": self._generator.get_state().numpy(),
        }
