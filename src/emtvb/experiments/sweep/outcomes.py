"""How often networks find the circuit, what kinds of solutions there are, and what the verdicts part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from emtvb import markdown
from emtvb.core.intervals import clustered_share
from emtvb.experiments.sweep.constants import CELL, OTHERWISE, STORED
from emtvb.paper.table1 import without_twins

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
            circuit, solved = cell["verdict"] == STORED, cell["verdict"].isin([STORED, OTHERWISE])
            row: dict[str, Any] = {**dict(zip(group, key, strict=True)), "networks": len(cell)}
            row |= {"threshold": BOTH if threshold == BOTH else str(row["threshold"]), "seeds": cell["seed"].nunique()}
            for name, holds in (("circuit", circuit), ("solved", solved)):
                low, high = clustered_share(holds.to_numpy(bool), cell["seed"].to_numpy())
                row |= {name: int(holds.sum()), f"{name}_share": holds.mean()}
                row |= {f"{name}_low": low, f"{name}_high": high}
            rows.append(row)
    table = pd.DataFrame(rows)
    return table.sort_values(CELL, key=lambda c: c.astype(str) if c.name == "threshold" else c, ignore_index=True)


def kinds(solutions: pd.DataFrame) -> pd.DataFrame:
    """How many networks are of each kind, by task, size, penalty and what is missing; an example of each.

    Args:
        solutions: Of ``theory.solutions``, with settings.
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
            "next_modulus_low": group["next_modulus_low"].min(),
            "next_modulus_high": group["next_modulus_high"].max(),
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


BASES = {"data": "data", "power": "paper's", "realisation": "realisation"}
"""The bases of measurements, by the prefix of their columns, as pages call them."""

_OF_A_BASIS = (
    "decoding_accuracy", "worst_decoding_accuracy", "edit_success", "decoded_map_error", "map_error", "gain",
    "shape_error",
)  # fmt: skip


def bases(runs: pd.DataFrame) -> pd.DataFrame:
    """The three bases of one circuit per task: the first by seed that stores linearly, of the strictest settings.

    That is the largest size, the smallest penalty, then the highest threshold with which any does.

    Args:
        runs: Measurements with settings.
    """
    stored = without_twins(runs)
    stored = stored[stored["verdict"] == STORED]
    order = stored.sort_values(["hidden_dim", "l2", "threshold", "seed"], ascending=[False, True, False, True])
    rows = []
    for task in sorted(order["task"].unique()):
        run = order[order["task"] == task].iloc[0]
        for prefix, basis in BASES.items():
            row = {"task": task, "run_id": run["run_id"], "basis": basis}
            rows.append(row | {name: run[f"{prefix}_{name}"] for name in _OF_A_BASIS})
    return pd.DataFrame(rows, columns=["task", "run_id", "basis", *_OF_A_BASIS])


def bases_by_penalty(runs: pd.DataFrame) -> pd.DataFrame:
    """By task, penalty and basis, the range of what it is worth on networks that store linearly.

    Args:
        runs: Measurements with settings.
    """
    stored = without_twins(runs)
    stored = stored[stored["verdict"] == STORED]
    names = ("worst_decoding_accuracy", "edit_success", "condition", "shape_error")
    rows = []
    for (task, l2), group in stored.groupby(["task", "l2"]):
        for prefix, basis in BASES.items():
            row: dict[str, Any] = {"task": task, "l2": l2, "basis": basis, "networks": len(group)}
            flawless = (group[f"{prefix}_worst_decoding_accuracy"] >= FLAWLESS) & (group[f"{prefix}_edit_success"] >= 1)
            row["flawless"] = int(flawless.sum())
            for name in names:
                row |= {f"{name}_low": group[f"{prefix}_{name}"].min(), f"{name}_high": group[f"{prefix}_{name}"].max()}
            rows.append(row)
    ranges = [f"{name}_{end}" for name in names for end in ("low", "high")]
    return pd.DataFrame(rows, columns=["task", "l2", "basis", "networks", "flawless", *ranges])


FLAWLESS = 0.99995
"""Least accuracy of the worst element that rounds to 1.0000."""


def verdicts_as_markdown(table: pd.DataFrame) -> str:
    """The ranges of :func:`verdicts` over all tasks, for a page."""
    columns = [
        "verdict", "networks", "test accuracy", "worst element", "edits obeyed", "exact unedited", "long-term modes",
        "condition of Psi",
    ]  # fmt: skip
    rows = []
    formats = (("test_accuracy", ".4f"), ("data_worst_decoding_accuracy", ".4f"), ("data_edit_success", ".3f"),
               ("unedited_success", ".3f"), ("network_eigenvalues", ".0f"), ("data_condition", ".3g"))  # fmt: skip
    for row in table[table["task"] == "all"].to_dict("records"):
        ranges = [f"{row[f'{name}_low']:{digits}} to {row[f'{name}_high']:{digits}}" for name, digits in formats]
        rows.append((row["verdict"], row["networks"], *(text.replace("inf", "infinite") for text in ranges)))
    return markdown.table(columns, rows, "lr" + "l" * len(formats)) + "\n"


def bases_as_markdown(table: pd.DataFrame) -> str:
    """The table of :func:`bases`, for a page."""
    columns = [
        "network", "basis", "elements right", "worst element", "edits obeyed", "decoded map", "W_hh: distance", "gain",
        "without gain",
    ]  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for row in table.to_dict("records"):
        named = f"`{row['run_id']}`" if row["basis"] == "data" else ""
        numbers = [f"{row[name]:.4f}" for name in _OF_A_BASIS[:2]] + [f"{row['edit_success']:.3f}"]
        numbers += [f"{row[name]:.2g}" for name in ("decoded_map_error", "map_error")]
        numbers += [f"{row['gain']:.2f}", f"{row['shape_error']:.2g}"]
        rows.append((named, {"data": "by data", "realisation": "realised"}.get(row["basis"], row["basis"]), *numbers))
    return markdown.table(columns, rows, "llrrrrrrr") + "\n"


def _ranges(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for verdict, group in runs.groupby("verdict"):
        for task, part in [("all", group), *group.groupby("task")]:
            row = {"verdict": verdict, "task": task, "networks": len(part)}
            for name in _MEASURED:
                row |= {f"{name}_low": part[name].min(), f"{name}_high": part[name].max()}
            yield row
