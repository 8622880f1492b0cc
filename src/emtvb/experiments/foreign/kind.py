"""Tasks and cells of other packages, as the rest of this package asks for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from emtvb.experiments.foreign.settings import Foreign
from emtvb.experiments.kind import Kind, Tolerance


def _numbers(published: Mapping[str, Any]) -> dict[str, Any]:
    from emtvb.experiments.foreign import tables

    def learned() -> int:
        return int(published["foreign"].table("foreign_networks").groupby("network")["learned"].first().sum())

    return {
        "foreign_learned": learned,
        "foreign_table": lambda: tables.as_markdown(published["foreign"].table("foreign")),
        "foreign": lambda column, **where: published["foreign"].row("foreign", column, **where),
    }


_MEASURED = ("measurements/foreign/*.csv",)
KIND = Kind(
    name="foreign",
    settings=Foreign,
    table="foreign.md",
    summary=lambda _, folder: [f"{folder / 'tables' / 'foreign.md'}: what networks of other packages store"],
    numbers=_numbers,
    measurements=_MEASURED,
    arrays=("trials/*.npz",),
    tolerances=(
        Tolerance(_MEASURED, ("seed", "learned"), 0, 0, "settings, and what the weights decide"),
        Tolerance(_MEASURED, ("shows", "readable", "p", "edits"), 0, math.inf, "they follow from the shares"),
        Tolerance(_MEASURED, ("*",), 0, 0.1, "torch learns DAS's directions again"),
    ),
)
