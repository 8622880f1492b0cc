"""Runs back from an experiment's run table, for a job that is about all of them: its record then need not list them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emtvb.config import sweep
from emtvb.theory.protocol import protocol_of
from emtvb.theory.runs import Run


def runs_of(path: Path | str, settings: Mapping[str, Any]) -> dict[str, list[Run]]:
    """The runs of a run table by shard, as ``sweep.read_run_table`` gives them.

    Args:
        path: ``runs.csv``.
        settings: A job's: ``dimensions``, ``variables``, and ``protocol`` as plain data.

    Raises:
        InputError: Where the table is not one, or its run ids are not those of these settings.
    """
    protocol = protocol_of(settings["protocol"])
    return sweep.read_run_table(path, settings["dimensions"], settings["variables"], protocol)
