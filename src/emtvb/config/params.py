"""Tasks, protocols and runs as plain data, as a rule's params hand them to jobs that need less than a whole run."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from emtvb.theory.protocol import Binding, Protocol
from emtvb.theory.runs import Run, to_entry
from emtvb.theory.tasks import Task


def brief_entry(run: Run) -> dict[str, Any]:
    """A run by what it does not share with others."""
    entry = {**to_entry(run), "task": run.task.name}
    del entry["protocol"]
    return entry


def named_task(task: Task) -> dict[str, Any]:
    """A task as plain data, with its name."""
    return {**plain_data(task), "name": task.name}


def plain_data(part: Binding | Protocol) -> dict[str, Any]:
    """A task or a protocol as plain data, without its name."""
    values = part.plain() if isinstance(part, Protocol) else asdict(part)
    values.pop("name", None)
    return json.loads(json.dumps(values))
