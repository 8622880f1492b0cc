"""What came of all methods on all networks, as tables for a page."""

from __future__ import annotations

import pandas as pd

from emtvb import markdown

TITLES = {
    "success": "Edits whose whole future is the expected one",
    "isolation": "Edits after which nothing changes that should not",
    "reading": "Balanced accuracy in trials that nothing was fitted on",
    "erased": "What a fresh probe reads once the method's directions are taken out; 0.5 is chance",
    "seconds": "Seconds of the processor",
}
"""Measures that have a table each."""
UNTRAINED = ("success", "reading")
"""Measures of which untrained networks have a table, too."""


def as_markdown(rows: pd.DataFrame) -> str:
    """A table per measure of the networks themselves, and some of networks of their shape that were not trained.

    Args:
        rows: Of ``tables/methods.csv``.
    """
    parts = [f"## {title}\n\n{table(rows, measure)}" for measure, title in TITLES.items()]
    for measure in UNTRAINED:
        title = f"Untrained networks: {TITLES[measure][0].lower()}{TITLES[measure][1:]}"
        parts.append(f"## {title}\n\n{table(rows, measure, trained=False)}")
    return "\n\n".join(parts) + "\n"


def table(rows: pd.DataFrame, measure: str, trained: bool = True) -> str:
    """A row per network, a column per method that has a measure.

    Beside successes stands how often the network does what should follow if nothing is edited.

    Args:
        rows: Of ``tables/methods.csv``.
        measure: A column of it.
        trained: Whether of the networks themselves, or of those that were not trained.
    """
    rows = rows[rows["trained"] == trained]
    wide = rows.pivot(index="network", columns="method", values=measure)
    wide = wide.reindex(index=rows["network"].unique(), columns=rows["method"].unique()).dropna(axis=1, how="all")
    if measure == "success" and trained:
        wide.insert(0, "if nothing is edited", rows.groupby("network", sort=False)["ceiling"].max())
    text = [
        (network, *("" if pd.isna(value) else f"{value:.3f}" for value in values))
        for network, values in wide.iterrows()
    ]
    return markdown.table(["network", *wide.columns], text, "l" + "r" * len(wide.columns))
