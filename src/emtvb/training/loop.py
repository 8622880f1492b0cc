"""A training from where it stands to its end, with a checkpoint every few seconds."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from emtvb.training import checkpoint
from emtvb.training.checkpoint import Checkpoint, Part
from emtvb.training.events import events_writer
from emtvb.training.history import Row

log = logging.getLogger(__name__)
Report = Callable[[Row], None]


class Training(Protocol):
    """All that a run's training has at one moment."""

    steps_done: int
    """Batches so far."""
    kept: list[Row]
    """The learning curve so far."""

    def advance(self) -> Row:
        """Train on one batch or a few, within an epoch; returns the last one's row."""

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name; arrays that are the state itself, or copies of it."""

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""


def train_to_end(
    training: Training, run_id: str, steps: int, folder: Path, key: str, who: Mapping[str, Any], report: Report | None
) -> list[Part]:
    """Train to the end, going on from a checkpoint if there is a good one.

    Args:
        training: What to train.
        run_id: Its run.
        steps: Batches in all.
        folder: Where its checkpoint and TensorBoard events are kept.
        key: What only the same training has, in its checkpoint.
        who: What is training: part of the answer.
        report: Called every few batches with the last one.

    Returns:
        The stretches of the training: ``who`` trained each, and for how many ``seconds``.
    """
    file = folder / "checkpoint.safetensors"
    found = checkpoint.load_checkpoint(file, key, training.arrays())
    before: list[Part] = []
    if found is not None:
        training.take(found.arrays, found.steps_done, found.histories[run_id])
        before = list(found.parts)
        log.info("%s: going on from step %s", run_id, f"{training.steps_done:,}")
    started = saved = time.monotonic()
    with events_writer(folder / "tensorboard", training.steps_done) as record:
        while training.steps_done < steps:
            known = len(training.kept)
            last = training.advance()
            for row in training.kept[known:]:
                record(row)
            if report is not None:
                report(last)
            if time.monotonic() - saved > checkpoint.EVERY_SECONDS:
                parts = _parts(before, who, started)
                state = Checkpoint(training.arrays(), training.steps_done, {run_id: training.kept}, parts)
                checkpoint.save_checkpoint(file, key, state)
                saved = time.monotonic()
    return _parts(before, who, started)


def _parts(before: list[Part], who: Mapping[str, Any], started: float) -> list[Part]:
    """The stretches of a training, the present one among them; with the one before, if the same trained it."""
    seconds = time.monotonic() - started
    if before and {**before[-1], "seconds": 0} == {**who, "seconds": 0}:
        return [*before[:-1], {**who, "seconds": round(before[-1]["seconds"] + seconds, 2)}]
    return [*before, {**who, "seconds": round(seconds, 2)}]
