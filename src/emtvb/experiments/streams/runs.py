"""A network trained on a stream: its settings and its stable name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

from emtvb.theory import tasks
from emtvb.theory.runs import Run, shortest_number
from emtvb.theory.schedule import Episodes
from emtvb.theory.stream_order import StreamProtocol
from emtvb.theory.tasks import Task


@dataclass(frozen=True)
class StreamRun:
    """One network trained once on a stream.

    Attributes:
        task: What its outputs are composed of; its ``s`` is the longest length.
        episodes: The layout of its sequences.
        hidden_dim: Neurons.
        l2: The L2 penalty.
        seed: Of initial weights, lengths and vectors.
        protocol: How it is trained.
    """

    task: Task
    episodes: Episodes
    hidden_dim: int
    l2: float
    seed: int
    protocol: StreamProtocol = field(default_factory=StreamProtocol)

    @property
    def task_name(self) -> str:
        """The task as the run id states it: the task that is repeated, and the lengths."""
        shortest, longest = self.episodes.lengths
        return f"{paper_name(self.task)}-n{shortest}to{longest}"

    @property
    def run_id(self) -> str:
        """A readable name that depends on the run's own settings alone, and on all of them.

        Where anything else than lengths, size, penalty and seed is not the authors', a digest of it is part of it.
        """
        words = [self.task_name, f"h{self.hidden_dim}", f"l2-{shortest_number(self.l2)}", f"seed{self.seed}"]
        rest = {"protocol": asdict(self.protocol), "episodes": {**asdict(self.episodes), "lengths": None}}
        usual = {"protocol": asdict(StreamProtocol()), "episodes": {**asdict(Episodes()), "lengths": None}}
        if rest != usual:
            words.append("p" + hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:8])
        return "_".join(words)


AnyRun = Run | StreamRun
"""A run on one of the paper's tasks, or on a stream."""


def paper_name(task: Task) -> str:
    """A task by the paper's name where it is one of the paper's at any longest length, else by its own."""
    for name in tasks.NAMED:
        try:
            if tasks.named(name, *tasks.PAPER_SIZE).composition == task.composition and task.d == tasks.PAPER_SIZE[0]:
                return name
        except ValueError:
            continue
    return tasks.canonical_name(task.task_id, task.d, task.s)
