"""The published stream as batches with their targets, for trainers that take them one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from emtvb.protocol import Setup
from emtvb.training import stream
from emtvb.training.curriculum import Curriculum

Batch = tuple[Float[Tensor, "time batch d"], Float[Tensor, "horizon batch d"]]


class Batches:
    """The batches of one epoch after another, each at the curriculum's horizon when it is asked for.

    Its length keeps Lightning from fetching ahead, and its ``state_dict`` lets Lightning resume within an epoch.
    """

    def __init__(self, run: Setup, generator: torch.Generator, curriculum: Curriculum) -> None:
        self._run = run
        self._generator = generator
        self._curriculum = curriculum
        self._done = 0
        source, sign = run.task.unroll(max(curriculum.horizons))
        self._source, self._sign = torch.from_numpy(source), torch.from_numpy(sign).float()

    def __len__(self) -> int:
        return self._run.protocol.batches_per_epoch

    def __iter__(self) -> Iterator[Batch]:
        if self._done == len(self):
            self._done = 0
        if self._done == 0:
            stream.draw_epoch_start(self._generator)
        while self._done < len(self):
            inputs = stream.draw_inputs(self._generator, self._run.task, self._run.protocol.batch_size)
            horizon = self._curriculum.horizon(self._done)
            self._done += 1
            yield self._sequence(inputs, horizon)

    def _sequence(self, inputs: Float[Tensor, "s batch d"], horizon: int) -> Batch:
        silence = inputs.new_zeros(horizon, *inputs.shape[1:])
        stacked = inputs.transpose(0, 1).flatten(1)
        targets = stacked[:, self._source[:horizon]] * self._sign[:horizon]
        return torch.cat([inputs, silence]), targets.transpose(0, 1)

    def state_dict(self) -> dict[str, Any]:
        """Where the stream stands."""
        return {
            "generator": self._generator.get_state(),
            "done": self._done,
            "level": self._curriculum.level,
            "before": self._curriculum.before,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where ``state_dict`` was taken."""
        self._generator.set_state(state["generator"])
        self._done = state["done"]
        self._curriculum.level, self._curriculum.before = state["level"], state["before"]
