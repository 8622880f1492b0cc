"""How often networks find the circuit, what kinds of solutions there are, and what the verdicts part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from emtvb.paper.evidence import share_interval
from emtvb.paper.table1 import without_twins
from emtvb.study.words import CELL, OTHERWISE, STORED

BOTH = "all"
"""Stands for all thresholds together."""

_MEASURED = (
    "test_accuracy", "data_worst_decoding_accuracy", "data_edit_success", "unedited_success", "network_eigenvalues",
    "data_condition",
)  # fmt: skip


def shares(runs: pd.DataFrame) -> pd.DataFrame:
    """How often each task, size, penalty and threshold finds the circuit, and how often the task is solved.

    A row per cell, and one for its thresholds together (``all``). Intervals are at 95%, with seeds as clusters.

    Args:
        runs: Settings, ``verdict`` of each network; rounding twins are left out.
    """
    runs = without_twins(runs)
    rows = []
    for threshold, group in (("each", CELL), (BOTH, CELL[:-1])):
        for key, cell in runs.groupby(group):
            found, solved = cell["verdict"] == STORED, cell["verdict"].isin([STORED, OTHERWISE])
            row: dict[str, Any] = {**dict(zip(group, key, strict=True)), "networks": len(cell)}
            row |= {"threshold": BOTH if threshold == BOTH else str(row["threshold"]), "seeds": cell["seed"].nunique()}
            for name, holds in (("circuit", found), ("solved", solved)):
                low, high = share_interval(holds.to_numpy(bool), cell["seed"].to_numpy())
                row |= {name: int(holds.sum()), f"{name}_share": holds.mean()}
                row |= {f"{name}_low": low, f"{name}_high": high}
            rows.append(row)
    table = pd.DataFrame(rows)
    return table.sort_values(CELL, key=lambda c: c.astype(str) if c.name == "threshold" else c, ignore_index=True)


def kinds(solutions: pd.DataFrame) -> pd.DataFrame:
    """How many networks are of each kind, by task, size, penalty and what is missing; an example of each.

    Args:
        solutions: Of ``interpret.solutions``, with settings.
    """
    solutions = without_twins(solutions).fillna({"missing_cycles": "", "lost_dimensions": ""})
    keys = ["kind", "task", "hidden_dim", "l2", "missing_cycles", "lost_dimensions"]
    rows = []
    for key, group in solutions.groupby(keys):
        row = dict(zip(keys, key, strict=True))
        thresholds = group["threshold"].value_counts().sort_index()
        rows.append({
            **row,
            "networks": len(group),
            "seeds": group["seed"].nunique(),
            "by_threshold": " ".join(f"{threshold:g}:{count}" for threshold, count in thresholds.items()),
            "matched_modes": f"{group['matched_modes'].min():g}-{group['matched_modes'].max():g}",
            "lowest_faded_modulus": group["faded_modulus_low"].min(),
            "highest_faded_modulus": group["faded_modulus_high"].max(),
            "digits": group["digits"].sum(),
            "example": group["run_id"].iloc[0],
        })  # fmt: skip
    table = pd.DataFrame(rows)
    return table.sort_values(["kind", "networks"], ascending=[True, False], ignore_index=True, kind="stable")


def verdicts(runs: pd.DataFrame) -> pd.DataFrame:
    """The range of what was measured of the networks of each verdict: what the verdicts' thresholds part.

    Args:
        runs: Measurements with settings.
    """
    return pd.DataFrame(_ranges(without_twins(runs)))


def _ranges(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for verdict, group in runs.groupby("verdict"):
        for task, part in [("all", group), *group.groupby("task")]:
            row = {"verdict": verdict, "task": task, "networks": len(part)}
            for name in _MEASURED:
                row |= {f"{name}_low": part[name].min(), f"{name}_high": part[name].max()}
            yield row
