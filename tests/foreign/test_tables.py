"""Tables over the seeds: only networks that learned their task count."""

from __future__ import annotations

import io
import math
from typing import Any

import pandas as pd

from emtvb.experiments.foreign import tables


def made(cell: str, seed: int, learned: bool, followed: float, **more: Any) -> dict[str, Any]:
    return {
        "network": f"match_{cell}_seed{seed}", "task": "match", "cell": cell, "seed": seed, "accuracy": 0.9,
        "best": 1.0, "learned": learned, "variable": "sample", "method": "least squares", "fitted": "one step",
        "read": 1.0, "readable": True, "untrained_read": 0.6, "followed": followed, "without_edit": 0.0,
        "random_step": 0.1, "other_variable": math.nan, "untrained": 0.05, "ceiling": 0.97, "shows": followed > 0.5,
        **more,
    }  # fmt: skip


ROWS = pd.DataFrame([
    made("gru", 1, True, 1.0), made("gru", 2, True, 0.4), made("gru", 3, False, 0.0), made("cfc", 1, False, 0.9),
    made("gru", 1, True, 0.7, method="DAS"), made("gru", 2, True, 0.9, method="DAS", random_step=0.3),
    made("gru", 3, False, 0.0, method="DAS"), made("cfc", 1, False, 0.9, method="DAS"),
])  # fmt: skip


def test_a_row_is_of_those_that_learned() -> None:
    table = tables.over_seeds(ROWS).set_index(["cell", "method"])
    row = table.loc["gru", "least squares"]
    assert (row["networks"], row["learned"], row["shows"]) == (3, 2, 1)
    assert (row["followed"], row["followed_least"], row["followed_most"], row["control"]) == (0.7, 0.4, 1.0, 0.1)
    none = table.loc["cfc", "least squares"]
    assert none["learned"] == 0
    assert none[["shows", "followed", "control"]].isna().all()


def test_the_page_says_nothing_of_what_did_not_learn() -> None:
    table = tables.over_seeds(ROWS)
    text = tables.as_markdown(table).splitlines()
    file = io.StringIO(table.to_csv(index=False))
    assert tables.as_markdown(pd.read_csv(file)).splitlines() == text, "as a page reads it"
    assert text[2] == "| match | gru | sample | 2 of 3 | 1.000 | 0.600 | 0.970 | 0.200 | 0.700 (1) | 0.800 (2) |"
    assert text[3] == "| match | cfc | sample | 0 of 1 |  |  |  |  |  |  |"
