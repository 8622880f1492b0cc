"""Runs as plain data, as a rule's params hand them to its jobs; parts that many runs share are made once."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from typing import Any

from emtvb.protocol import Binding, Protocol
from emtvb.runs import Run
from emtvb.tasks import Task


def order(run: Run) -> dict[str, Any]:
    """A run as a training job is handed it (``protocol.entry``)."""
    return {**_settings(run), "run_id": run.run_id, "task": plain(run.task)}


def entry(run: Run) -> dict[str, Any]:
    """A run as ``runs.to_entry`` writes it."""
    return {**_settings(run), "task": named(run.task)}


def brief(run: Run) -> dict[str, Any]:
    """A run by what it does not share with others."""
    settings = {**_settings(run), "task": run.task.name}
    del settings["protocol"]
    return settings


def _settings(run: Run) -> dict[str, Any]:
    settings = {
        "hidden_dim": run.hidden_dim, "l2": run.l2, "threshold": run.threshold, "seed": run.seed,
        "protocol": plain(run.protocol),
    }  # fmt: skip
    return {**settings, "twin": run.twin} if run.twin else settings


@cache
def named(task: Task) -> dict[str, Any]:
    """A task as plain data, with its name."""
    return {**plain(task), "name": task.name}


@cache
def plain(part: Binding | Protocol) -> dict[str, Any]:
    """A task or a protocol as plain data, without its name."""
    values = asdict(part)
    values.pop("name", None)
    return json.loads(json.dumps(values))
