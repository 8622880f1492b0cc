"""A run: one network trained once, its settings and its stable name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emtvb.theory import protocol, tasks
from emtvb.theory.protocol import Protocol
from emtvb.theory.tasks import Task


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
        twin: Units in the last place by which the first recurrent weight is moved before training. A run and its twins
            differ by rounding alone.
    """

    task: Task
    hidden_dim: int
    l2: float
    threshold: float
    seed: int
    protocol: Protocol = field(default_factory=Protocol)
    twin: int = 0

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
            f"l2-{shortest_number(self.l2)}",
            f"thr-{shortest_number(self.threshold)}",
            f"seed{self.seed}",
        ]
        if self.twin:
            words.append(f"twin{self.twin}")
        if self.protocol != Protocol():
            words.append(
                "p" + hashlib.sha256(json.dumps(self.protocol.plain(), sort_keys=True).encode()).hexdigest()[:8]
            )
        return "_".join(words)


def to_entry(run: Run) -> dict[str, Any]:
    """A run as plain data that says all about it, its task's name included; a twin of 0 is left out."""
    entry = protocol.order_to_entry(run)
    del entry["run_id"]
    return {**entry, "task": {**entry["task"], "name": run.task.name}}


def from_entry(entry: Mapping[str, Any]) -> Run:
    """The inverse of :func:`to_entry`."""
    task, named = entry["task"], {key: value for key, value in entry.items() if key != "task"}
    order = protocol.order_from_entry({**named, "run_id": "", "task": task})
    return Run(
        tasks.from_composition(order.task.composition, order.task.d, order.task.s, task["name"]),
        order.hidden_dim, order.l2, order.threshold, order.seed, order.protocol, order.twin,
    )  # fmt: skip


def shortest_number(value: float) -> str:
    """The shortest text that reads back as the same number; 0.0 and 0 are one."""
    text = repr(float(value) + 0.0)  # which makes 0 of -0
    return text.removesuffix(".0")
