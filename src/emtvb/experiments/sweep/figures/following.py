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

_FAILED = "0.75"


def read(table: Path | str) -> pd.DataFrame:
    """What the figure shows, from ``tables/following.csv``."""
    columns = ["run_id", "task", "solved", "step", *milestones.READ]
    return pd.read_csv(table, usecols=columns)[columns]


@house_style()
def draw(shown: pd.DataFrame) -> Figure:
    """Four panels: accuracy and the error of angles at each step, steps of milestones, and what accuracy foretells.

    A colour per task for runs that solve it in the end, grey for those that do not. A mark in the third panel is a
    run; in the fourth a line per cut: at this accuracy or more it is said that a run will solve its task.

    Args:
        shown: What :func:`read` gives.
    """
    tasks = sorted(shown["task"].unique())
    colours = {task: COLOURS[number % len(COLOURS)] for number, task in enumerate(tasks)}
    figure, panels = panel_grid(4, 2, 2.2, 0.5)
    accuracy, angles, moments, telling = panels.flat
    for _, run in shown.sort_values("step").groupby(["solved", "run_id"]):
        colour = colours[run["task"].iloc[0]] if run["solved"].iloc[0] else _FAILED
        for axes, column in ((accuracy, "test_accuracy"), (angles, "matched_spectral_error")):
            axes.plot(run["step"], run[column], color=colour, linewidth=0.7, alpha=0.8)
    for axes in (accuracy, angles):
        axes.set(xscale="log", xlabel="training step")
    accuracy.set_ylabel("accuracy")
    angles.set(yscale="log", ylabel="error of angles, rad", ylim=(1e-4, 0.3))
    angles.axhline(milestones.LOCKED, color="0.5", linewidth=0.6, linestyle=":")
    _moments(moments, shown, colours)
    _telling(telling, shown)
    entries = {wrap_name(task, 24): key_line(colour) for task, colour in colours.items()}
    figure_key(figure, {**entries, "does not solve its task": key_line(_FAILED)})
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
    axes.set_yticks(range(len(milestones.NAMES)), list(milestones.NAMES.values()))
    axes.set(xscale="log", xlabel="training step", ylim=(len(milestones.NAMES) - 0.5, -0.5), xlim=(400, 24_000))


def _telling(axes: Axes, shown: pd.DataFrame) -> None:
    """The share of runs of which a cut of accuracy says right at each step whether they solve their task in the end."""
    told = milestones.told_by_step(shown)
    # the first four are those of the paper's tasks
    for colour, (cut, rows) in zip(COLOURS[4:], told.groupby("cut"), strict=False):
        axes.plot(rows["step"], rows["share"], color=colour, marker="o", markersize=2, label=f"{cut:g} or more")
    if len(told):
        axes.axhline(
            told["guess"].iloc[0], color="0.5", linewidth=0.6, linestyle=":", label="its task's commoner outcome"
        )
    axes.set(xscale="log", xlabel="training step", ylabel="told right", ylim=(0.35, 1.03))
    axes.legend(loc="lower right", fontsize=6)
