"""Ways to find variables, compared, as the rest of the package asks for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from emtvb.experiments.kind import Kind, Tolerance
from emtvb.experiments.methods.settings import Benchmark


def _numbers(published: Mapping[str, Any]) -> dict[str, Any]:
    from emtvb.experiments.methods import tables

    def most_untrained(measure: str) -> float:
        rows = published["methods"].table("methods")
        return float(rows.loc[~rows["trained"], measure].max())

    return {
        "methods": lambda measure, network, method: published["methods"].row(
            "methods", measure, network=network, method=method, trained=True
        ),
        "methods_most_untrained": most_untrained,
        "methods_table": lambda measure, trained=True: tables.table(
            published["methods"].table("methods"), measure, trained
        ),
    }


_MEASURED = ("measurements/methods/*.csv",)
KIND = Kind(
    name="methods",
    settings=Benchmark,
    table="methods.md",
    summary=lambda _, folder: [f"{folder / 'tables' / 'methods.md'}: all methods on all networks"],
    numbers=_numbers,
    tolerances=(
        Tolerance(_MEASURED, ("seconds", "k", "erased"), 0, math.inf, "the machine's speed, and what training decides"),
        Tolerance(_MEASURED, ("*_dim", "units", "seed", "edits"), 0, 0, "counts and settings"),
        Tolerance(_MEASURED, ("*",), 0, 0.1, "torch trains networks and directions again"),
    ),
)
