"""A task as a user names it."""

from __future__ import annotations

from emtvb import tasks
from emtvb.tasks import Task


def task_of(text: str, d: int, s: int) -> Task:
    """A task by name or id.

    Raises:
        InputError: Where there is none of that name or id at this size, or the size is none.
    """
    tasks.check_size(d, s)
    return tasks.from_id(tasks.parse_id(text), d, s) if text[:1].isdigit() else tasks.named(text, d, s)
