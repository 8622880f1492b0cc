"""A run: one network trained once, its settings and its stable name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from emtvb import tasks
from emtvb.tasks import Task


@dataclass(frozen=True)
class Protocol:
    """How a run is trained; the defaults are the paper's (paper.md section 2).

    Attributes:
        epochs: Epochs; between two of them the published stream draws one number.
        batches_per_epoch: Steps of an epoch.
        batch_size: Sequences of a batch.
        learning_rate: Adam's.
        gradient_clip: Largest gradient norm over all parameters; None for no clipping.
        curriculum: Output horizons, in the order in which they are reached.
    """

    epochs: int = 10
    batches_per_epoch: int = 2000
    batch_size: int = 64
    learning_rate: float = 1e-3
    gradient_clip: float | None = 1.0
    curriculum: tuple[int, ...] = (10, 20, 40, 60, 100)

    @property
    def steps(self) -> int:
        """Batches in all."""
        return self.epochs * self.batches_per_epoch


@dataclass(frozen=True)
class Run:
    """One network trained once.

    Attributes:
        task: What it learns.
        hidden_dim: Neurons.
        l2: The L2 penalty.
        threshold: Batch accuracy above which the curriculum moves up.
        seed: Of initial weights and batches.
        protocol: Everything that the runs of an experiment share.
    """

    task: Task
    hidden_dim: int
    l2: float
    threshold: float
    seed: int
    protocol: Protocol = field(default_factory=Protocol)

    @property
    def task_name(self) -> str:
        """The task as the run id states it: by its own id, whatever its user calls it."""
        return tasks.canonical_name(self.task.task_id, self.task.d, self.task.s)

    @property
    def run_id(self) -> str:
        """A readable name that depends on the run's own settings alone, and on all of them.

        Where the task is one of the paper's at another size, its size is part of the name; where the protocol is not
        the paper's, a digest of it is.
        """
        task = self.task_name
        if task in tasks.NAMED and (self.task.d, self.task.s) != tasks.PAPER_SIZE:
            task = f"{task}-d{self.task.d}s{self.task.s}"
        words = [
            task,
            f"h{self.hidden_dim}",
            f"l2-{number(self.l2)}",
            f"thr-{number(self.threshold)}",
            f"seed{self.seed}",
        ]
        if self.protocol != Protocol():
            words.append(
                "p" + hashlib.sha256(json.dumps(asdict(self.protocol), sort_keys=True).encode()).hexdigest()[:8]
            )
        return "_".join(words)


def runs_to_json(runs: Sequence[Run]) -> str:
    """Runs as JSON text that says all about them, the same text for the same runs: what a job is handed."""
    return json.dumps([asdict(run) for run in runs], sort_keys=True)


def runs_from_json(text: str) -> list[Run]:
    """The inverse of :func:`runs_to_json`."""
    return [_run_from(entry) for entry in json.loads(text)]


def _run_from(entry: dict[str, Any]) -> Run:
    task, protocol = entry.pop("task"), entry.pop("protocol")
    return Run(
        task=tasks.from_composition(task["composition"], task["d"], task["s"], task["name"]),
        protocol=Protocol(**{**protocol, "curriculum": tuple(protocol["curriculum"])}),
        **entry,
    )


def number(value: float) -> str:
    """The shortest text that reads back as the same number; 0.0 and 0 are one."""
    text = repr(float(value) + 0.0)  # which makes 0 of -0
    return text.removesuffix(".0")
