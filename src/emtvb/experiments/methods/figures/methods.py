"""Ways to find where networks hold variables, side by side: what each reads, edits, leaves alone, erases and costs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.core.style import COLOURS, PAGE, style
from emtvb.figures.images import colour_map, show

PANELS = {
    "success": ("edits followed", 0.0),
    "isolation": ("nothing else changes", 0.0),
    "reading": ("read", 0.5),
    "erased": ("read after erasing", 0.5),
}
"""Measures by column, with their titles and where their colours begin."""
_MAP = "Blues"
_DARK = 0.6
"""Above this share of its colours a cell's number is white."""
_KINDS = {"store": "made", "published": "published"}
_TRAINED_HERE = "learned here"


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows: the experiment's ``tables/methods.csv``."""
    return pd.read_csv(table)


@style()
def draw(rows: pd.DataFrame) -> Figure:
    """A panel per measure, a row per network, a column per method; below, what each method costs.

    Numbers are of the networks themselves. In brackets stand edits that show nothing: a control, or an untrained
    network of the same shape, does as well within the 95% interval.

    Args:
        rows: The columns of ``emtvb.experiments.methods.comparing.COLUMNS``.
    """
    trained = rows[rows["trained"]]
    networks, methods = list(trained["network"].unique()), list(trained["method"].unique())
    figure = Figure(figsize=(PAGE, 0.155 * len(networks) + 3.0), layout="constrained")
    rows_high = 0.155 * len(networks) + 1.25
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[rows_high, 1.75])[:, 0]
    widths = [len(_shown(trained, column, methods)) for column in PANELS]
    panels = above.subplots(1, len(PANELS), sharey=True, width_ratios=widths)
    for axes, column in zip(np.atleast_1d(panels), PANELS, strict=True):
        _panel(axes, trained, column, networks, _shown(trained, column, methods))
    _name_rows(np.atleast_1d(panels)[0], trained, networks)
    _costs(below.subplots(), trained, methods)
    return figure


def _shown(rows: pd.DataFrame, column: str, methods: list[str]) -> list[str]:
    """The methods that have a measure."""
    return [method for method in methods if rows.loc[rows["method"] == method, column].notna().any()]


def _panel(axes: Axes, rows: pd.DataFrame, column: str, networks: list[str], methods: list[str]) -> None:
    """Cells with their numbers."""
    title, lowest = PANELS[column]
    wide = rows.pivot(index="network", columns="method", values=column).reindex(index=networks, columns=methods)
    nothing = _shows_nothing(rows).reindex(index=networks, columns=methods)
    values = wide.to_numpy(dtype=float)
    show(axes, values, colour_map(_MAP), lowest, 1.0)
    for i, j in np.ndindex(*values.shape):
        if np.isfinite(values[i, j]):
            word = _word(float(values[i, j]))
            word = f"({word})" if column == "success" and nothing.iat[i, j] else word
            share = (values[i, j] - lowest) / (1 - lowest)
            axes.text(j, i, word, ha="center", va="center", fontsize=4.6, color="white" if share > _DARK else "black")
    axes.set_xticks(range(len(methods)), methods, rotation=60, ha="left", rotation_mode="anchor", fontsize=6)
    axes.tick_params(length=0, pad=1, top=False, labeltop=True, bottom=False, labelbottom=False)
    axes.set_xlabel(title, fontsize=7.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for i in _cuts(rows, networks):
        axes.axhline(i - 0.5, color="black", linewidth=0.7)


def _word(value: float) -> str:
    """A share in two digits; 1 and 0 stand for nothing else."""
    return f"{value:.0f}" if value in (0, 1) else f"{min(value, 0.99):.2f}".removeprefix("0")


def _shows_nothing(rows: pd.DataFrame) -> pd.DataFrame:
    """Whether a control does as well, by network and method."""
    best = rows[["control", "untrained"]].max(axis=1)
    return rows.assign(nothing=best >= rows["low"]).pivot(index="network", columns="method", values="nothing")


def _group(rows: pd.DataFrame, network: str) -> str:
    return _KINDS.get(rows.loc[rows["network"] == network, "kind"].iloc[0], _TRAINED_HERE)


def _cuts(rows: pd.DataFrame, networks: list[str]) -> list[int]:
    """The rows at which another group of networks begins."""
    groups = [_group(rows, network) for network in networks]
    return [i for i in range(1, len(groups)) if groups[i] != groups[i - 1]]


def _name_rows(axes: Axes, rows: pd.DataFrame, networks: list[str]) -> None:
    """Networks' names, and those of their groups."""
    axes.set_yticks(range(len(networks)), networks, fontsize=6)
    edges = [0, *_cuts(rows, networks), len(networks)]
    for start, end in pairwise(edges):
        axes.annotate(
            _group(rows, networks[start]), (0, (start + end - 1) / 2), (-76, 0), ("axes fraction", "data"),
            "offset points", rotation=90, ha="center", va="center", fontsize=6.5, annotation_clip=False,
        )  # fmt: skip


def _costs(axes: Axes, rows: pd.DataFrame, methods: list[str]) -> None:
    """A mark per network: seconds of each method."""
    for i, method in enumerate(methods):
        seconds = rows.loc[rows["method"] == method, "seconds"].clip(lower=1e-4)
        axes.plot(seconds, np.full(len(seconds), i), "|", color=COLOURS[0], markersize=6, markeredgewidth=0.8)
        axes.plot([seconds.median()], [i], "o", color=COLOURS[1], markersize=3.5)
    axes.set_yticks(range(len(methods)), methods, fontsize=6.5)
    axes.set(xscale="log", ylim=(len(methods) - 0.5, -0.5))
    axes.set_xlabel("seconds of the processor for the variables that are edited: each network, and the median")
    axes.grid(axis="x", color="0.9", linewidth=0.5)
