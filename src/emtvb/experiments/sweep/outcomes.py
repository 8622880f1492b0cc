"""What the verdicts on networks part, and what bases are worth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from emtvb import markdown
from emtvb.experiments.sweep.constants import ALL
from emtvb.paper.table1 import without_twins
from emtvb.theory.network_verdict import STORED

_MEASURED = (
    "test_accuracy", "data_worst_decoding_accuracy", "data_edit_success", "unedited_success", "network_eigenvalues",
    "data_condition",
)  # fmt: skip


def verdict_ranges(runs: pd.DataFrame) -> pd.DataFrame:
    """The range of what was measured of the networks of each verdict: what the verdicts' thresholds part.

    Args:
        runs: Measurements with settings.
    """
    return pd.DataFrame(_range_rows(without_twins(runs)))


BASES = {"data": "data", "power": "paper's", "realisation": "realisation"}
"""The bases of measurements, by the prefix of their columns, as pages call them."""

_OF_A_BASIS = (
    "decoding_accuracy", "worst_decoding_accuracy", "edit_success", "decoded_map_error", "map_error", "gain",
    "shape_error",
)  # fmt: skip


def example_bases(runs: pd.DataFrame) -> pd.DataFrame:
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


def verdicts_as_markdown(table: pd.DataFrame) -> str:
    """The ranges of :func:`verdict_ranges` over all tasks, for a page."""
    columns = [
        "verdict", "networks", "test accuracy", "worst element", "edits obeyed", "exact unedited", "long-term modes",
        "condition of Psi",
    ]  # fmt: skip
    rows = []
    formats = (("test_accuracy", ".4f"), ("data_worst_decoding_accuracy", ".4f"), ("data_edit_success", ".3f"),
               ("unedited_success", ".3f"), ("network_eigenvalues", ".0f"), ("data_condition", ".3g"))  # fmt: skip
    for row in table[table["task"] == ALL].to_dict("records"):
        ranges = [f"{row[f'{name}_low']:{digits}} to {row[f'{name}_high']:{digits}}" for name, digits in formats]
        rows.append((row["verdict"], row["networks"], *(text.replace("inf", "infinite") for text in ranges)))
    return markdown.table(columns, rows, "lr" + "l" * len(formats)) + "\n"


def bases_as_markdown(table: pd.DataFrame) -> str:
    """The table of :func:`example_bases`, for a page."""
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


def _range_rows(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for verdict, group in runs.groupby("verdict"):
        for task, part in [(ALL, group), *group.groupby("task")]:
            row = {"verdict": verdict, "task": task, "networks": len(part)}
            for name in _MEASURED:
                row |= {f"{name}_low": part[name].min(), f"{name}_high": part[name].max()}
            yield row
