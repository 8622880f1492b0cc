"""How a network learns to repeat: with Lightning Fabric, in the loop and with the checkpoints of all trainings here."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Tensor, nn
from torch.nn import functional

from emtvb.experiments.onions.network import Repeater, drawn, shown
from emtvb.training import loop
from emtvb.training.checkpoint import Part
from emtvb.training.history import Row, is_kept

SHORTEST = 2
"""Symbols of the shortest sequences."""
_MOMENTS = ("exp_avg", "exp_avg_sq")
"""What Adam keeps of a parameter's gradients, as torch calls it."""
_EVERY_SECONDS = 10.0
"""Between two lines of progress."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What to train.

    Attributes:
        name: What it is called.
        units: Of the GRU, and of the embedding.
        seed: Of the initial weights and of all sequences.
        symbols: That sequences have.
        longest: Symbols of the longest sequences.
        batch_size: Sequences of a batch.
        steps: Batches.
        learning_rate: Of Adam at the first batch; it falls to 0 along half a cosine.
        gradient_clip: Largest norm of the gradient.
    """

    name: str
    units: int
    seed: int
    symbols: int
    longest: int
    batch_size: int
    steps: int
    learning_rate: float
    gradient_clip: float


def train(
    order: Order, folder: Path, environment: Mapping[str, str] | None = None
) -> tuple[Repeater, list[Row], list[Part]]:
    """Train a network; it goes on from its last checkpoint.

    Args:
        order: What to train.
        folder: Where its checkpoint is kept.
        environment: What is said of this machine.

    Returns:
        The network, its learning curve, and who trained it. On one CPU its bits depend on ``order`` alone. Of the
        curve's columns accuracy is the share of sequences without a mistake, and horizon the sequences' length.
    """
    torch.set_num_threads(1)
    training = _Training(order)
    who = {"engine": "general", "accelerator": "cpu", **(environment or {})}
    parts = loop.train(training, order.name, order.steps, folder, f"{order} repeat", who, _Progress(order).say)
    return training.network, training.kept, parts


class _Training:
    """All that a training has at one moment (``loop.Training``)."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._generator = torch.Generator().manual_seed(order.seed)
        self.network = Repeater(order.symbols, order.units)
        self.network.draw(self._generator)
        self._adam = torch.optim.Adam(self.network.parameters(), lr=order.learning_rate)
        self._fabric = Fabric(accelerator="cpu", devices=1, plugins=[LightningEnvironment()])
        self._module, self._optimizer = self._fabric.setup(self.network, self._adam)
        for parameter in self.network.parameters():  # as Adam itself would at its first step
            moments = {name: torch.zeros_like(parameter) for name in _MOMENTS}
            self._adam.state[parameter] = {"step": torch.zeros(()), **moments}
        self.steps_done = 0
        self.kept: list[Row] = []

    def advance(self) -> Row:
        """Cross-entropy of the sequence that is given out, one step of Adam; all sequences of a batch are as long."""
        order = self._order
        length = int(torch.randint(SHORTEST, order.longest + 1, (), generator=self._generator))
        sequences = drawn(order.symbols, length, order.batch_size, self._generator)
        outputs = self._module(shown(sequences, order.symbols))[length:]
        loss = functional.cross_entropy(outputs.flatten(0, 1), sequences.flatten())
        for group in self._adam.param_groups:
            group["lr"] = order.learning_rate * (1 + math.cos(math.pi * self.steps_done / order.steps)) / 2
        self._optimizer.zero_grad()
        self._fabric.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), order.gradient_clip)
        self._optimizer.step()
        right = (outputs.detach().argmax(dim=2) == sequences).all(dim=0)
        row = Row(self.steps_done, loss.item(), right.float().mean().item(), length)
        self.steps_done += 1
        if is_kept(row.step, order.steps):
            self.kept.append(row)
        return row

    def arrays(self) -> dict[str, np.ndarray]:
        """The state by name."""
        tensors = {name: tensor.numpy() for name, tensor in self._tensors().items()}
        return {**tensors, "generator": self._generator.get_state().numpy()}

    def take(self, arrays: Mapping[str, np.ndarray], steps_done: int, kept: list[Row]) -> None:
        """Go on from this state."""
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(arrays[name]))
        self._generator.set_state(torch.from_numpy(arrays["generator"]))
        for state in self._adam.state.values():
            state["step"].fill_(steps_done)
        self.steps_done, self.kept = steps_done, kept

    def _tensors(self) -> dict[str, Tensor]:
        """Weights and Adam's state by name: the very tensors that training changes."""
        tensors = {}
        for name, parameter in self.network.named_parameters():
            tensors[f"weights.{name}"] = parameter.detach()
            tensors |= {f"{moment}.{name}": self._adam.state[parameter][moment] for moment in _MOMENTS}
        return tensors


class _Progress:
    """Says where a training stands, at most every few seconds."""

    def __init__(self, order: Order) -> None:
        self._order, self._last = order, time.monotonic()

    def say(self, row: Row) -> None:
        """A batch is done."""
        if time.monotonic() - self._last < _EVERY_SECONDS:
            return
        self._last = time.monotonic()
        done = f"step {row.step + 1:,} of {self._order.steps:,}, loss {row.loss:.4f}"
        log.info("%s: %s, %.3f of sequences of %d repeated", self._order.name, done, row.accuracy, row.horizon)
