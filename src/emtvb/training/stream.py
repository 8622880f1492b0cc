"""The published random stream of a run: its initial weights, then its batches (paper.md section 2)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float, Int8
from torch import Tensor
from torch.nn import init

from emtvb.networks import Network
from emtvb.runs import Run
from emtvb.tasks import Task
from emtvb.training.curriculum import Curriculum

Batch = tuple[Float[Tensor, "time batch d"], Float[Tensor, "horizon batch d"]]


def begin(run: Run) -> tuple[torch.Generator, Network]:
    """The generator seeded with the run's seed, after the initial weights were drawn from it; and the weights."""
    generator = torch.Generator().manual_seed(run.seed)
    return generator, draw_network(generator, run.task.d, run.hidden_dim)


def draw_network(generator: torch.Generator, d: int, hidden_dim: int) -> Network:
    """PyTorch's default initialisation of nn.RNN (W_uh, then W_hh) and nn.Linear (W_r)."""
    bound = 1.0 / math.sqrt(hidden_dim)
    W_uh = init.uniform_(torch.empty(hidden_dim, d), -bound, bound, generator=generator)
    W_hh = init.uniform_(torch.empty(hidden_dim, hidden_dim), -bound, bound, generator=generator)
    W_r = init.kaiming_uniform_(torch.empty(d, hidden_dim), a=math.sqrt(5), generator=generator)
    return Network(W_uh.numpy(), W_hh.numpy(), W_r.numpy())


def draw_epoch_start(generator: torch.Generator) -> None:
    """What the published DataLoader draws when an epoch starts: one number, which nothing uses."""
    torch.empty((), dtype=torch.int64).random_(generator=generator)


def draw_inputs(generator: torch.Generator, task: Task, batch_size: int) -> Float[Tensor, "s batch d"]:
    """The input vectors of one batch, +1 or -1."""
    return draw_many(generator, task, batch_size, 1)[0].float()


def draw_many(generator: torch.Generator, task: Task, batch_size: int, count: int) -> Int8[Tensor, "count s batch d"]:
    """The input vectors of several batches in a row; the same numbers as drawn one by one, whatever their type."""
    bits = torch.randint(0, 2, (count, task.s, batch_size, task.d), generator=generator, dtype=torch.int8)
    return bits.mul_(2).sub_(1)


class Batches:
    """The batches of one epoch after another, each at the curriculum's horizon when it is asked for.

    Its length keeps Lightning from fetching ahead, and its ``state_dict`` lets Lightning resume within an epoch.
    """

    def __init__(self, run: Run, generator: torch.Generator, curriculum: Curriculum) -> None:
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
            draw_epoch_start(self._generator)
        while self._done < len(self):
            inputs = draw_inputs(self._generator, self._run.task, self._run.protocol.batch_size)
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
