"""A task as a user names it, and what a user says of a file of weights."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.tasks import Task


def task_of(text: str, d: int, s: int) -> Task:
    """A task by name or id.

    Raises:
        InputError: Where there is none of that name or id at this size, or the size is none.
    """
    tasks.check_size(d, s)
    if text[:1].isdigit():
        return tasks.from_id(tasks.parse_id(text), d, s)
    known = {name.lower(): name for name in (*tasks.NAMED, *tasks.ALIASES)}
    near = difflib.get_close_matches(text.lower().replace("_", "-"), known, n=1)
    if near and text != known[near[0]]:
        raise InputError("task", text, f"did you mean {known[near[0]]}?")
    return tasks.named(text, d, s)


@dataclass(frozen=True)
class OfFile:
    """What a user says of a file of weights; None where nothing.

    Attributes:
        task: What it was trained on: a name or an id.
        d: That task's vector elements; the paper's by default.
        s: Its variables, likewise.
        nonlinearity: Of an RNN.
    """

    task: str | None = None
    d: int | None = None
    s: int | None = None
    nonlinearity: str | None = None

    def refuse(self, named: str) -> None:
        """Raise InputError where anything is said, since what is named is no file of weights."""
        given = {
            "--task": self.task,
            "--dimensions": self.d,
            "--variables": self.s,
            "--nonlinearity": self.nonlinearity,
        }
        for name, value in given.items():
            if value is not None:
                raise InputError(name, value, f"{named} is no file of weights, and has its own; leave it out")
