"""What networks of each size do on streams, by which code they hold vectors, and what edits do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from emtvb.figures.marks import CHANCE, draw_points, group_look
from emtvb.figures.panels import figure_key, label_outside, panel_grid
from emtvb.figures.style import EXPECTED, house_style

PANELS: dict[str, dict[str, str]] = {
    "what it does": {
        "echo": "inputs repeated at once", "first_round": "outputs, first round", "recall": "all outputs",
        "blind_accuracy": "mean over all n", "blind_length": "n, read from the state",
    },
    "what can be read": {
        "at_marker": "at the marker", "at_last": "at the last output", "gone_3": "3 inputs later",
        "gone_all": "an episode later",
    },
    "inputs, one decoder for each": {
        "input_single": "moment", "input_age": "age", "input_position": "position",
    },
    "outputs, one decoder for each": {
        "output_single": "moment", "output_age": "age", "output_due": "due step", "output_position": "position",
    },
    "edits": {
        "edit_within_followed": "after the marker", "edit_across_followed": "before the marker",
        "edit_across_kept": "the rest is kept", "edit_across_control": "random direction",
    },
}  # fmt: skip
"""Panels beside that of lengths: measures and what they are called."""
_FOOT = {"what it does": 0.69}
"""Where a panel's key begins above the lower edge, as a share of the panel: there it lies between lines."""
UNTRAINED = "untrained_"
"""Before the name of a measure: that of the initial weights."""
_COLUMNS = ["stream", "epochs", "hidden_dim", "measure", "mean", "low", "high"]


def read(streams: Path | str, lengths: Path | str) -> pd.DataFrame:
    """What the figure shows: the stream of the most sizes, of ``tables/streams.csv`` and ``stream_lengths.csv``."""
    named = pd.read_csv(lengths).assign(measure=lambda rows: "recall_" + rows["length"].astype(str))
    # both tables have what comes out at each length
    rows = pd.concat([pd.read_csv(streams), named], ignore_index=True)[_COLUMNS].drop_duplicates(_COLUMNS[:4])
    wanted = [before + name for panel in PANELS.values() for name in panel for before in ("", UNTRAINED)]
    rows = rows[rows["measure"].isin(wanted) | rows["measure"].str.startswith("recall_")]
    cells = rows.groupby(["stream", "epochs"], sort=False)["hidden_dim"].nunique().reset_index()
    most = cells.sort_values("hidden_dim", kind="stable").tail(1)
    own = rows["stream"].isin(most["stream"]) & rows["epochs"].isin(most["epochs"])
    return rows[own & rows["mean"].notna()].reset_index(drop=True)


@house_style()
def draw(rows: pd.DataFrame) -> Figure:
    """Means over seeds by number of neurons, with their 95% intervals; the dotted line is at guesses.

    Beside what was read from states stands, dashed and open, what is read so before training.

    Args:
        rows: What :func:`read` gives.
    """
    figure, panels = panel_grid(1 + len(PANELS), 3, 2.5, 0.2, sharey=True, sharex=True)
    lengths = sorted({name for name in rows["measure"] if name.startswith("recall_")}, key=_length)
    _panel(panels[0, 0], rows, "outputs, by length n", {name: f"n = {_length(name)}" for name in lengths})
    for axes, (title, measures) in zip(panels.ravel()[1:], PANELS.items(), strict=True):
        _panel(axes, rows, title, measures)
    label_outside(panels, x="neurons", y="share right")
    if rows["measure"].str.startswith(UNTRAINED).any():
        figure_key(figure, {"open: before training": Line2D([], [], **_look(0, trained=False) | {"color": "0.3"})})
    return figure


def _length(measure: str) -> int:
    return int(measure.removeprefix("recall_"))


def _look(number: int, trained: bool = True) -> dict[str, Any]:
    """Of a measure, by its number."""
    dashes = "-" if trained else "--"
    return {**group_look(number, filled=trained), "linestyle": dashes, "linewidth": 0.8, "markersize": 2.6}


def _panel(axes: Axes, rows: pd.DataFrame, title: str, measures: dict[str, str]) -> None:
    for number, (measure, name) in enumerate(measures.items()):
        control, means = (
            rows[rows["measure"] == before + measure].sort_values("hidden_dim") for before in (UNTRAINED, "")
        )
        axes.plot(control["hidden_dim"], control["mean"], **_look(number, trained=False))
        draw_points(
            axes, means["hidden_dim"], means["mean"], means["low"], means["high"],
            **_look(number), upright=True, label=name,
        )  # fmt: skip
    axes.axhline(CHANCE, color=EXPECTED, linestyle=":", linewidth=0.7)
    axes.set(ylim=(0, 1.03))
    axes.set_title(title, fontsize=7.5)
    axes.legend(fontsize=6, loc="lower right", bbox_to_anchor=(1, _FOOT.get(title, 0)), labelspacing=0.3)
