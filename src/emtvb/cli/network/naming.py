"""A task as a user names it."""

from __future__ import annotations

import difflib

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
