"""When angles lock, when latching begins, and from which step on success can be told."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emtvb.experiments.sweep import milestones
from emtvb.figures.marks import key_line, swarm_offsets
from emtvb.figures.panels import figure_key, panel_grid
from emtvb.figures.style import COLOURS, house_style
from emtvb.figures.words import wrap_name

ANGLES = "matched_spectral_error"
_FAILED = "0.75"
_TICKS = (500, 1000, 2000, 5000, 10_000, 20_000)
_LEAST = 1e-4
"""Errors below this stand at it."""


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/following.csv``."""
    columns = ["run_id", "task", "solved", "step", *milestones.READ]
    return pd.read_csv(table, usecols=columns)[columns]


@house_style()
def draw(shown: pd.DataFrame) -> Figure:
    """Four panels: accuracy and the error of angles at each step, steps of milestones, and what accuracy foretells.

    A colour per task for runs that solve it in the end, grey for those that do not. Errors of angles below 1e-4 stand
    at it, so that no line leaves the panel. A mark in the third panel is a run; in the fourth a line per cut: at this
    accuracy or more it is said that a run will solve its task.

    Args:
        shown: What :func:`read` gives.
    """
    tasks = sorted(shown["task"].unique())
    colours = {task: COLOURS[number % len(COLOURS)] for number, task in enumerate(tasks)}
    figure, panels = panel_grid(4, 2, 2.4, 0.5)
    accuracy, angles, moments, telling = panels.flat
    shown = shown.assign(**{ANGLES: shown[ANGLES].clip(lower=_LEAST)})
    for _, run in shown.sort_values("step").groupby(["solved", "run_id"]):
        colour = colours[run["task"].iloc[0]] if run["solved"].iloc[0] else _FAILED
        for axes, column in ((accuracy, "test_accuracy"), (angles, ANGLES)):
            axes.plot(run["step"], run[column], color=colour, linewidth=0.7, alpha=0.8)
    accuracy.set(title="accuracy over 200 output steps")
    angles.set(yscale="log", title="mean error of the eigenvalues' angles (rad)", ylim=(0.8 * _LEAST, 0.3))
    angles.set_yticks([_LEAST, 1e-3, 1e-2, 1e-1], ["0.0001\nor less", "0.001", "0.01", "0.1"])
    angles.axhline(milestones.LOCKED, color="0.5", linewidth=0.6, linestyle=":")
    _moments(moments, shown, colours)
    _telling(telling, shown)
    for axes in panels.flat:
        axes.set(xscale="log", xlabel="training step", xlim=(400, 24_000))
        axes.set_xticks(_TICKS, [f"{step:,}" for step in _TICKS])
        axes.set_xticks([], minor=True)
    entries = {f"{wrap_name(task, 24)}, solved in the end": key_line(colour) for task, colour in colours.items()}
    entries["a run that does not solve its task"] = key_line(_FAILED)
    entries[f"top right: angles are right below {milestones.LOCKED:g}"] = key_line("0.5", ":")
    figure_key(figure, entries, ncols=min(len(entries), 3), title="a line, or a mark below: a run")
    return figure


def _moments(axes: Axes, shown: pd.DataFrame, colours: dict[str, str]) -> None:
    """The first snapshot of each milestone, a row of marks for each, of runs that solve their task."""
    found = milestones.of_runs(shown)
    found = found[found["solved"] == 1]
    for place, name in enumerate(milestones.NAMES):
        for number, (task, colour) in enumerate(colours.items()):
            steps = found.loc[found["task"] == task, name].dropna().to_numpy(float)
            middle = place + (number - (len(colours) - 1) / 2) * 0.17
            # snapshots are 500 steps apart, or more (``weight_snapshots.STEPS``): a row is one of them
            heights = middle + swarm_offsets(steps, 400, 0.03, 0.15)
            axes.plot(steps, heights, linestyle="none", marker="o", markersize=2.2, markeredgewidth=0, color=colour)
    axes.set_yticks(range(len(milestones.NAMES)), [*milestones.NAMES.values()])
    axes.set(ylim=(len(milestones.NAMES) - 0.5, -0.5), title="when a run that solves its task first ...")


def _telling(axes: Axes, shown: pd.DataFrame) -> None:
    """The share of runs of which a cut of accuracy says right at each step whether they solve their task in the end."""
    told = milestones.told_by_step(shown)
    # the first four are those of the paper's tasks
    for colour, (cut, rows) in zip(COLOURS[4:], told.groupby("cut"), strict=False):
        name = f"if accuracy is {cut:g} or more now"
        axes.plot(rows["step"], rows["share"], color=colour, marker="o", markersize=2, label=name)
    if len(told):
        axes.axhline(
            told["guess"].iloc[0], color="0.5", linewidth=0.6, linestyle=":", label="if most runs of its task solve it"
        )
    axes.set(ylim=(0.2, 1.03), title="share of runs of which it is foretold right\nwhether they solve their task")
    axes.legend(loc="lower right", fontsize=6, title="it will solve its task", title_fontsize=6, alignment="left")
