"""What came of all networks, over the seeds, as tables for a page."""

from __future__ import annotations

import pandas as pd

from emtvb import markdown

KEYS = ("task", "cell", "variable", "method", "fitted")
MEANS = ("accuracy", "best", "read", "untrained_read", "followed", "ceiling")
CONTROLS = ("random_step", "other_variable", "untrained")
"""Controls of an edit, which must fail: columns of ``measuring.COLUMNS``."""
COLUMNS = (
    *KEYS, "networks", "learned", "readable", "shows", *MEANS, "followed_least", "followed_most", "control",
)  # fmt: skip
"""A row per task, cell, variable, method and fit. ``networks``: how many were trained; ``learned``: how many of them
learned the task. All others are of these: in how many the variable can be read (``readable``), in how many edits show
that the network uses what was edited (``shows``), means, the least and the most share of edits followed, and
``control``, the mean of each network's best control. Where no network learned, all others are empty."""


def over_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """A table with the columns :data:`COLUMNS`.

    Args:
        rows: Of ``tables/foreign_networks.csv``: the columns of ``measuring.COLUMNS``.
    """
    found = []
    for key, group in rows.groupby(list(KEYS), sort=False):
        able = group[group["learned"]]
        row = {**dict(zip(KEYS, key, strict=True)), "networks": len(group), "learned": len(able)}
        if len(able):
            row |= {
                "readable": int(able["readable"].sum()), "shows": int(able["shows"].sum()),
                **{name: able[name].mean() for name in MEANS},
                "followed_least": able["followed"].min(), "followed_most": able["followed"].max(),
                "control": able[list(CONTROLS)].max(axis=1).mean(),
            }  # fmt: skip
        found.append(row)
    return pd.DataFrame(found).reindex(columns=list(COLUMNS)).astype({"readable": "Int64", "shows": "Int64"})


def as_markdown(table: pd.DataFrame) -> str:
    """A row per task, cell and variable: reading, and for each method and fit edits followed and in how many they show.

    Args:
        table: Of :func:`over_seeds`.
    """
    ways = list(dict.fromkeys(zip(table["method"], table["fitted"], strict=True)))
    names = [f"{method}, {fitted}" for method, fitted in ways]
    head = ["task", "cell", "variable", "learned", "read", "untrained", "ceiling", "best control", *names]
    rows = []
    for (task, cell, variable), group in table.groupby(["task", "cell", "variable"], sort=False):
        first = group.iloc[0]
        learned = f"{first['learned']} of {first['networks']}"
        if not first["learned"]:
            rows.append((task, cell, variable, learned, *([""] * (len(head) - 4))))
            continue
        shown = [f"{first[name]:.3f}" for name in ("read", "untrained_read", "ceiling")]
        edits = group.set_index(["method", "fitted"]).loc[ways]
        cells = [f"{row.followed:.3f} ({row.shows:.0f})" for row in edits.itertuples()]
        rows.append((task, cell, variable, learned, *shown, f"{group['control'].max():.3f}", *cells))
    return markdown.table(head, rows, "lllr" + "r" * (len(head) - 4))
