"""GRUs that repeat sequences, as the rest of the package asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emtvb.experiments.kind import Kind
from emtvb.experiments.onions.settings import Onions


def _numbers(published: Mapping[str, Any]) -> dict[str, Any]:
    from emtvb.experiments.onions import tables

    return {
        "onion": lambda measure, units=64: published["onions"].row("onion_sizes", "mean", units=units, measure=measure),
        "onion_claims": lambda: tables.claims_as_markdown(published["onions"].table("onion_claims")),
        "onion_sizes": lambda: tables.sizes_as_markdown(published["onions"].table("onion_sizes")),
    }


KIND = Kind(
    name="onions",
    settings=Onions,
    table="onions.md",
    summary=lambda _, folder: [f"{folder / 'tables' / 'onions.md'}: what is linear in each network"],
    numbers=_numbers,
    measurements=("measurements/onions/*.csv",),
)
