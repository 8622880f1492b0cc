"""What docs/memory.md shows of published experiments, from their tables.

Everywhere *published* holds experiments by name (with ``_`` for ``-``); each reads a CSV below ``tables/`` by its name
(``table``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from emtvb.experiments.sweep import memory_tables


def told(published: Mapping[str, Any]) -> str:
    """How often each number tells whether a memory lasts, in all experiments that the law is counted on."""
    law = published["paper"].table("memory_law")
    names = [name for name in law["experiment"].unique() if name.replace("-", "_") in published]
    simple = memory_tables.simple_numbers({name: _solved(published[name.replace("-", "_")]) for name in names})
    return memory_tables.told_as_markdown(law, simple)


def distances(published: Mapping[str, Any]) -> str:
    """How near to Phi networks of the paper's experiment are that last, and that forget."""
    return memory_tables.distances_as_markdown(_solved(published["paper"]))


def thresholds(published: Mapping[str, Any]) -> str:
    """How many last with each threshold, by setting, and by task where thresholds differ: 64 neurons, no penalty."""
    networks = _solved(published["paper"]).query("hidden_dim == 64 and l2 == 0")
    tasks = memory_tables.threshold_pairs({f"paper, {task}": of for task, of in networks.groupby("task")})
    whole = published["paper"].table("memory_thresholds").query("experiment == 'paper'")
    return memory_tables.thresholds_as_markdown(pd.concat([whole, tasks]))


def _solved(experiment: Any) -> pd.DataFrame:
    """The networks of an experiment that solve their task, with their distance from Phi."""
    return memory_tables.with_distance(experiment.table("memory"), experiment.table("../measurements"))
