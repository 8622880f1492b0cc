"""How often the rules for published numbers err, by simulation (docs/evidence.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from emtvb import tables
from emtvb.figures.marks import draw_points, group_look, key_line
from emtvb.figures.panels import figure_key, panel_grid
from emtvb.figures.style import SHADE, house_style

NAMES = {"accuracy": "test accuracy", "spectral_error": "spectral error"}
QUESTIONS = {"differs": "inconsistent", "agrees": "consistent"}
"""Columns, and what they are shares of."""
BOUND = 0.05
"""Neither question may err more often."""
MARGINS = {"accuracy": "steps of 0.05", "spectral_error": "factors of two"}
"""What deviations are counted in."""
_ASIDE = 0.055
"""Margins between the bars of two groups of seeds, which stand side by side."""


def read(rates: Path | str) -> pd.DataFrame:
    """What the figure shows, from an experiment's ``measurements/error_rates/populations.csv``."""
    return tables.read_table(rates, ("what", "population", "model", "seeds", "deviation"))


@house_style()
def draw(rates: pd.DataFrame) -> Figure:
    """Both questions, a row each, for accuracies and errors, a column each: the share of sweeps against the deviation.

    A line is the mean over the populations of seeds; beside each of its points a bar goes from the least of them to the
    greatest. Shaded: where the answer would be wrong, "inconsistent" at no deviation, "consistent" from one margin on.
    Dotted: 5%.

    Args:
        rates: What ``emtvb.paper.error_rates.operating_characteristics`` gives.
    """
    figure, panels = panel_grid(len(QUESTIONS) * len(NAMES), len(NAMES), 1.9, 0.4, sharex=True, sharey=True)
    groups = list(rates[["model", "seeds"]].drop_duplicates().itertuples(index=False, name=None))
    for row, (question, title) in zip(panels, QUESTIONS.items(), strict=True):
        for axes, (what, name) in zip(row, NAMES.items(), strict=True):
            _panel(axes, rates[rates["what"] == what], question, groups)
            axes.set_title(f"{name}: called {title}")
            label = f"distance of the paper's mean, in {MARGINS[what]}"
            axes.set_xlabel(label if question == [*QUESTIONS][-1] else "")
    figure.supylabel("share of simulated values")
    entries: dict[str, Artist] = {
        f"{seeds} seeds: {_brief(model)}": Line2D([], [], **_look(i)) for i, (model, seeds) in enumerate(groups)
    }
    entries["bars: from the least to the greatest of the made-up populations of seeds"] = key_line("0.3")
    entries["where this answer is wrong"] = Patch(facecolor=SHADE)
    entries[f"{BOUND:.0%}: no wrong answer should be more frequent"] = key_line("0.4", ":")
    figure_key(figure, entries, ncols=2, title="a mark: the mean over made-up populations, with so many of our seeds")
    return figure


def _panel(axes: Axes, rates: pd.DataFrame, question: str, groups: list[tuple[str, int]]) -> None:
    furthest = float(rates["deviation"].max())
    # wider than its deviations, beside which the bars of the groups stand
    axes.axvspan(*((-0.15, 0.15) if question == "differs" else (0.9, furthest + 0.15)), color=SHADE, linewidth=0)
    axes.axhline(BOUND, color="0.4", linewidth=0.6, linestyle=":")
    for i, (model, seeds) in enumerate(groups):
        shares = rates[(rates["model"] == model) & (rates["seeds"] == seeds)].groupby("deviation")[question]
        mean = shares.mean()
        aside = mean.index + _ASIDE * (i - (len(groups) - 1) / 2)
        draw_points(
            axes, aside, mean, shares.min(), shares.max(),
            upright=True, **_look(i),
        )  # fmt: skip
    axes.set(ylim=(-0.02, 1.02), xlim=(-0.15, furthest + 0.15))


def _brief(model: str) -> str:
    return "the paper's are the same, rounded otherwise" if model == "same seeds" else "the paper's are others"


def _look(number: int) -> dict[str, Any]:
    """Of a group of seeds, by its number."""
    return {**group_look(number), "linestyle": "-", "linewidth": 0.7, "markersize": 2.6}
