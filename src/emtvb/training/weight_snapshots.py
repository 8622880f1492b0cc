"""A run followed through training: it is trained once more, and its weights are kept after some of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch

from emtvb.theory.protocol import Setup
from emtvb.training import engine
from emtvb.weights import Network

STEPS = (500, 1_000, 2_000, 3_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000, 17_000, 20_000)
"""Steps of the paper's training after which weights are kept: first twice as many each time, later some thousands more.
They are multiples of 50, between which the engine does not stop (``history.EVERY``)."""


class Snapshot(NamedTuple):
    """A network at one moment of its training.

    Attributes:
        step: Batches so far.
        horizon: Output steps of the last one.
        network: The weights after it.
    """

    step: int
    horizon: int
    network: Network


def snapshot_steps(steps: int) -> list[int]:
    """The steps of a training of so many after which weights are kept; the last is the end."""
    return [*(step for step in STEPS if step < steps), steps]


def follow_training(run: Setup) -> Iterator[Snapshot]:
    """Train a run by the compiled engine, from its beginning to its end.

    Args:
        run: What to train.

    Yields:
        A snapshot after each of :func:`snapshot_steps`. The last has the weights that ``engine.train`` gives.

    Raises:
        InputError: Where the engine cannot be had, or does not give the bits here that it should.
    """
    torch.set_num_threads(1)
    training, wanted = engine.begin(run, engine.compiled_kernel()), snapshot_steps(run.protocol.steps)
    while training.steps_done < run.protocol.steps:
        row = training.advance()
        if training.steps_done in wanted:
            yield Snapshot(training.steps_done, row.horizon, Network(*(array.copy() for array in training.weights)))
