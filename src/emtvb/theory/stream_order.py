"""All that determines a network that is trained on a stream, and nothing else."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from emtvb.theory.protocol import Binding, Read
from emtvb.theory.schedule import Episodes


@dataclass(frozen=True)
class Plateau:
    """When the learning rate falls: torch's ReduceLROnPlateau, asked once an epoch; its threshold is torch's own.

    What it is shown is the loss of the epoch's last batch, as Lightning hands it on.

    Attributes:
        factor: What the learning rate is multiplied with.
        patience: Epochs without a better loss that it waits.
        least: The lowest learning rate.
    """

    factor: float = 0.5
    patience: int = 10
    least: float = 1e-6


@dataclass(frozen=True)
class StreamProtocol:
    """How a run is trained on a stream; the defaults are those of the authors' code.

    Attributes:
        epochs: Epochs; after each the published stream draws as many batches for a validation.
        batches_per_epoch: Steps of an epoch.
        batch_size: Sequences of a batch.
        learning_rate: Adam's at the beginning.
        gradient_clip: Largest gradient norm over all parameters; None for no clipping.
        plateau: When the learning rate falls; None for never.
    """

    epochs: int = 20
    batches_per_epoch: int = 500
    batch_size: int = 64
    learning_rate: float = 1e-3
    gradient_clip: float | None = 1.0
    plateau: Plateau | None = field(default_factory=Plateau)

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.epochs * self.batches_per_epoch


@typing.runtime_checkable
class StreamSetup(typing.Protocol):
    """What a trainer asks of a run on a stream."""

    @property
    def run_id(self) -> str:
        """The name under which its results are kept."""

    @property
    def task(self) -> Binding:
        """What its outputs are composed of; ``s`` is the longest length."""

    @property
    def episodes(self) -> Episodes:
        """How its sequences are laid out."""

    @property
    def hidden_dim(self) -> int:
        """Neurons."""

    @property
    def l2(self) -> float:
        """The L2 penalty."""

    @property
    def seed(self) -> int:
        """Of initial weights, lengths and vectors."""

    @property
    def protocol(self) -> StreamProtocol:
        """How it is trained."""


@dataclass(frozen=True)
class StreamOrder:
    """A run on a stream as a training job is handed it."""

    run_id: str
    task: Binding
    episodes: Episodes
    hidden_dim: int
    l2: float
    seed: int
    protocol: StreamProtocol = field(default_factory=StreamProtocol)


def is_stream(plain: Mapping[str, Any]) -> bool:
    """Whether plain data is that of a run on a stream."""
    return "episodes" in plain


def stream_to_entry(run: StreamSetup) -> dict[str, Any]:
    """A run as plain data, which :func:`stream_from_entry` reads back."""
    composition = [list(read) for read in run.task.composition]
    return {
        "run_id": run.run_id,
        "task": {"d": run.task.d, "s": run.task.s, "composition": composition},
        "episodes": {**asdict(run.episodes), "lengths": list(run.episodes.lengths)},
        "hidden_dim": run.hidden_dim,
        "l2": run.l2,
        "seed": run.seed,
        "protocol": asdict(run.protocol),
    }


def stream_from_entry(plain: Mapping[str, Any]) -> StreamOrder:
    """The run that :func:`stream_to_entry` wrote down."""
    task, how, laid_out = plain["task"], plain["protocol"], plain["episodes"]
    plateau = None if how["plateau"] is None else Plateau(**how["plateau"])
    return StreamOrder(
        plain["run_id"],
        Binding(task["d"], task["s"], tuple(Read(*row) for row in task["composition"])),
        Episodes(**{**laid_out, "lengths": tuple(laid_out["lengths"])}),
        plain["hidden_dim"],
        plain["l2"],
        plain["seed"],
        StreamProtocol(**{**how, "plateau": plateau}),
    )
