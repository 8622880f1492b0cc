"""All that determines a trained network, and nothing else: the task's composition, the protocol, a run's settings.

What trains reads this module; what names, checks and describes stands in ``tasks`` and ``runs``.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # what plans the workflow imports this, and needs no arrays
    import numpy as np
    from jaxtyping import Int


class Read(NamedTuple):
    """Where one output dimension comes from: ``sign * m[variable, dimension]``.

    Attributes:
        variable: 1 (oldest) to s (newest).
        dimension: 0 to d-1.
        sign: +1 or -1.
    """

    variable: int
    dimension: int
    sign: int


@dataclass(frozen=True)
class Binding:
    """A linear variable binding task without its names (paper section 2).

    Attributes:
        d: Dimensions of a vector.
        s: Variables: vectors that are stored.
        composition: f, one ``Read`` per output dimension.
    """

    d: int
    s: int
    composition: tuple[Read, ...]

    def reads(self) -> tuple[Int[np.ndarray, " memory"], Int[np.ndarray, " memory"]]:
        """Phi as a signed index map: m(t+1)[i] = sign[i] * m(t)[source[i]]."""
        import numpy as np

        size = self.s * self.d
        source = np.arange(size) + self.d
        sign = np.ones(size, dtype=np.int64)
        for j, read in enumerate(self.composition):
            source[size - self.d + j] = (read.variable - 1) * self.d + read.dimension
            sign[size - self.d + j] = read.sign
        return source, sign

    def unroll(self, horizon: int) -> tuple[Int[np.ndarray, "horizon d"], Int[np.ndarray, "horizon d"]]:
        """Which element of the input each output is: ``x(s + t)[j] = sign[t, j] * m(s)[source[t, j]]``.

        Args:
            horizon: Output steps, at least 0.
        """
        import numpy as np

        reads, read_signs = self.reads()
        source = np.arange(reads.size)
        sign = np.ones_like(source)
        sources = np.empty((horizon, self.d), dtype=np.int64)
        signs = np.empty((horizon, self.d), dtype=np.int64)
        for t in range(horizon):
            source, sign = source[reads], read_signs * sign[reads]
            sources[t], signs[t] = source[-self.d :], sign[-self.d :]
        return sources, signs


UNIFORM, ORTHOGONAL = STARTS = ("uniform", "orthogonal")
"""What W_hh is before training: torch's default for a recurrent layer, every weight from one interval; or the same with
its rows made orthonormal."""


@dataclass(frozen=True)
class Protocol:
    """How a run is trained; the defaults are those of the authors' code.

    Attributes:
        epochs: Epochs; between two of them the published stream draws one number.
        batches_per_epoch: Steps of an epoch.
        batch_size: Sequences of a batch.
        learning_rate: Adam's.
        gradient_clip: Largest gradient norm over all parameters; None for no clipping.
        curriculum: Output horizons, in the order in which they are reached.
        start: W_hh before the first step: :data:`UNIFORM` as published, or :data:`ORTHOGONAL`.
    """

    epochs: int = 10
    batches_per_epoch: int = 2000
    batch_size: int = 64
    learning_rate: float = 1e-3
    gradient_clip: float | None = 1.0
    curriculum: tuple[int, ...] = (10, 20, 40, 60, 100)
    start: str = UNIFORM

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.epochs * self.batches_per_epoch

    def plain(self) -> dict[str, Any]:
        """The protocol as plain data, which :func:`protocol_of` reads back; the published start is left out."""
        values = {**vars(self), "curriculum": list(self.curriculum)}
        if self.start == UNIFORM:
            del values["start"]
        return values


@typing.runtime_checkable
class Setup(typing.Protocol):
    """What a trainer asks of a run: its name, and all that determines its weights."""

    @property
    def run_id(self) -> str:
        """The name under which its results are kept."""

    @property
    def task(self) -> Binding:
        """What it learns."""

    @property
    def hidden_dim(self) -> int:
        """Neurons."""

    @property
    def l2(self) -> float:
        """The L2 penalty."""

    @property
    def threshold(self) -> float:
        """Batch accuracy above which the curriculum moves up."""

    @property
    def seed(self) -> int:
        """Of initial weights and batches."""

    @property
    def protocol(self) -> Protocol:
        """Everything that the runs of an experiment share."""

    @property
    def twin(self) -> int:
        """Units in the last place by which the first recurrent weight is moved before training; 0 for none."""


@dataclass(frozen=True)
class Order:
    """A run as a training job is handed it."""

    run_id: str
    task: Binding
    hidden_dim: int
    l2: float
    threshold: float
    seed: int
    protocol: Protocol = field(default_factory=Protocol)
    twin: int = 0


def order_to_entry(run: Setup) -> dict[str, Any]:
    """A run as plain data, which :func:`order_from_entry` reads back; a twin of 0 is left out."""
    plain = {
        "run_id": run.run_id,
        "task": {"d": run.task.d, "s": run.task.s, "composition": [list(read) for read in run.task.composition]},
        "hidden_dim": run.hidden_dim,
        "l2": run.l2,
        "threshold": run.threshold,
        "seed": run.seed,
        "protocol": run.protocol.plain(),
    }
    return {**plain, "twin": run.twin} if run.twin else plain


def order_from_entry(plain: Mapping[str, Any]) -> Order:
    """The run that :func:`order_to_entry` wrote down."""
    task = plain["task"]
    return Order(
        **{
            **plain,
            "task": Binding(task["d"], task["s"], tuple(Read(*row) for row in task["composition"])),
            "protocol": protocol_of(plain["protocol"]),
        }
    )


def protocol_of(plain: Mapping[str, Any]) -> Protocol:
    """The protocol that :meth:`Protocol.plain` wrote down."""
    return Protocol(**{**plain, "curriculum": tuple(plain["curriculum"])})
