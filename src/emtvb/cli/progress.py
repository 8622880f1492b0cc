"""How far a run of the workflow is: a bar on a terminal, some lines elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from emtvb.audit.scratch import STEPS

SILENCE = 60.0
"""Seconds without a line, where there is no terminal, after which a training says where it is."""

_OF_A_JOB = re.compile(
    r"\d\d:\d\d:\d\d (.+: (?:already|followed|going on|gradients|measuring|step|trained|training)\b.*)"
)


def show_progress(lines: Iterable[str], console: Console | None = None) -> None:
    """Show what Snakemake, with this project's logger, and its jobs write.

    Steps that are done and what jobs say of their progress are a bar on a terminal, with the last line of a job below
    it; elsewhere a line at each fifth of the steps, or after a long silence. All other lines are shown as they are.
    """
    console = console or Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
    bar = Progress(BarColumn(), MofNCompleteColumn(), TextColumn("steps"), TimeElapsedColumn())
    task = bar.add_task("", total=None)
    latest = Text(no_wrap=True, overflow="ellipsis")
    shown, fifths = time.monotonic(), 0
    # Nothing is drawn where there is no terminal.
    with Live(Group(bar, latest) if console.is_terminal else "", console=console, transient=True):
        for line in map(str.rstrip, lines):
            if step := STEPS.search(line):
                done, of = int(step[1]), int(step[2])
                bar.update(task, completed=done, total=of)
                due, fifths = 5 * done // of > fifths, 5 * done // of
            elif job := _OF_A_JOB.fullmatch(line):
                latest.plain = job[1]
                due = time.monotonic() - shown > SILENCE
            else:
                console.print(line)
                continue
            if due and not console.is_terminal:
                console.print(line)
                shown = time.monotonic()
