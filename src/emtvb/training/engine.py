"""The engine: trains a run by the published protocol near the machine's limit, and goes on where it stopped.

Two paths take the same steps: ``kernel``, compiled for the CPU at hand by numba, and ``plain``, on torch alone.
Both are checked against the reference trainer. Runs are trained one after another, since a network's working set fits
the cache and a batch of networks does not; so a run's bits cannot depend on what is trained beside it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from jaxtyping import Int8
from safetensors import safe_open
from torch.utils.tensorboard import SummaryWriter

from emtvb import tasks
from emtvb.errors import InputError
from emtvb.files import write_tensors
from emtvb.networks import Network
from emtvb.sweep import Protocol, Run
from emtvb.training import history, plain, stream
from emtvb.training.history import Row

CHECKPOINT_SECONDS = 20.0
"""Work that a killed process loses at most."""

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
    checkpoint = folder / "checkpoint.safetensors"
    key = f"{run.run_id} {path}"
    training.restore(checkpoint, key)
    saved = time.monotonic()
    with _events(folder / "tensorboard", training.steps_done) as record:
        while training.steps_done < run.protocol.steps:
            known = len(training.kept)
            last = training.advance()
            for row in training.kept[known:]:
                record(row)
            if report is not None:
                report(last)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                training.save(checkpoint, key)
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
        count = min(history.EVERY - self.steps_done % history.EVERY, protocol.batches_per_epoch - in_epoch)
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
        """Write a checkpoint by rename."""
        arrays = self._arrays()
        about = {
            "key": key,
            "steps_done": self.steps_done,
            "history": [list(row) for row in self.kept],
            "digest": _digest(arrays),
        }
        write_tensors(path, arrays, {"about": json.dumps(about)})

    def restore(self, path: Path, key: str) -> None:
        """Go on from a checkpoint, if there is one; a damaged or foreign one is set aside with a word."""
        if not path.exists():
            return
        problem = self._read(path, key)
        if problem is not None:
            aside = path.with_suffix(".set-aside")
            path.replace(aside)
            log.warning("%s: %s; set aside as %s, training starts again", path, problem, aside.name)

    def _read(self, path: Path, key: str) -> str | None:
        """Take a checkpoint's state; returns what is wrong with it, if anything is, and then takes nothing."""
        try:
            with safe_open(path, framework="numpy") as stored:
                about: dict[str, Any] = json.loads(stored.metadata()["about"])
                arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - it is no mapping
            if about["key"] != key:
                return f"is of {about['key']}"
            if about["digest"] != _digest(arrays):
                return "its digest is wrong"
            mine = self._arrays()
            if {name: array.shape for name, array in arrays.items()} != {name: a.shape for name, a in mine.items()}:
                return "has other arrays"
            rows = [Row(*row) for row in about["history"]]
            steps_done = int(about["steps_done"])
        except Exception as error:  # whatever damaged bytes lead to
            return f"cannot be read ({type(error).__name__})"
        for name, array in mine.items():
            array[...] = arrays[name]
        self._generator.set_state(torch.from_numpy(arrays["generator"]))
        self.steps_done, self.kept = steps_done, rows
        log.info("%s: going on from step %s", self._run.run_id, f"{steps_done:,}")
        return None

    def _arrays(self) -> dict[str, np.ndarray]:
        """The state by name; all but the generator's are the very arrays that training changes."""
        return {
            **{f"weights.{i}": array for i, array in enumerate(self.weights)},
            **{f"moments.{i}": array for i, array in enumerate(self._moments)},
            "level": self._level,
            "generator": self._generator.get_state().numpy(),
        }


def _digest(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + arrays[name].tobytes())
    return digest.hexdigest()


@contextmanager
def _events(folder: Path, step: int) -> Iterator[Report]:
    """TensorBoard events of a run, going on from a step."""
    writer = SummaryWriter(str(folder), purge_step=step)

    def record(row: Row) -> None:
        for name, value in zip(("loss", "accuracy", "horizon"), row[1:], strict=True):
            writer.add_scalar(name, value, row.step)

    try:
        yield record
    finally:
        writer.close()
