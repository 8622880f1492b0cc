"""What an experiment's results say in a few lines, for whoever has just run it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from emtvb import tables
from emtvb.config import Sweep
from emtvb.making import recorded
from emtvb.paper import significance, table1
from emtvb.theory.network_verdict import STORED
from emtvb.theory.protocol import Protocol

SIGNS = dict(zip(significance.CLAIM_VERDICTS[:3], "=!?", strict=True))
"""The sign of each verdict on a printed value, as ``table1.as_text`` writes it."""

LEGEND = (
    "How to read a cell: 0.0005 (1.00) 3/4 is the mean spectral error in rad, the mean test accuracy in brackets, and "
    "that 3 of 4 networks have such an error.",
    "--- stands where no network has an error; `paper` is what the paper prints; `not given`: it prints nothing there; "
    "`not compared`: your networks were made otherwise, as it says.",
    "[error accuracy] is our verdict on each of these two printed values: "
    f"{', '.join(f'{sign} {word}' for word, sign in SIGNS.items())}.",
)
"""What stands in the cells of ``table1.as_text``."""


def printed_summary(experiment: Sweep, folder: Path) -> list[Any]:
    """Table 1, what stands in its cells, and what came out, as rich prints it.

    Args:
        experiment: The experiment.
        folder: Its results.

    Raises:
        InputError: Where a table is not there or has no such columns.
    """
    rows = table1.as_text(tables.read_table(folder / "tables" / "table1.csv", table1.COLUMNS))
    table = Table(title=f"Table 1, {folder.name}", title_justify="left")
    for column in rows.columns:
        table.add_column(column)
    for row in rows.itertuples(index=False):
        table.add_row(*map(str, row))
    return [table, *LEGEND, *engine_lines(folder), "", *summary_lines(experiment, folder)]


def summary_lines(experiment: Sweep, folder: Path) -> list[str]:
    """Four lines: what came out, how far it speaks about the paper, where to look first, what to do next.

    Args:
        experiment: The experiment.
        folder: Its results, with ``measurements.csv``.

    Raises:
        InputError: Where the table of measurements is not there or has no such columns.
    """
    measured = tables.read_table(folder / "measurements.csv", ("run_id", "verdict", "solved"))
    networks, solved = len(measured), int(measured["solved"].sum())
    stored = int((measured["verdict"] == STORED).sum())
    bar = experiment.interpretation.solved
    return [
        f"Result: {solved} of {_count(networks, 'network')} solved the task (test accuracy of at least {bar:g}); "
        f"{stored} of these {solved} store every variable linearly and obey edits of it.",
        f"The paper: {_coverage_of_table1(experiment)}",
        f"Look first: {_first_to_open(experiment, folder)}",
        f"Then: {folder / 'figures'} has all figures, {folder / 'tables'} all tables; "
        f"`.venv/bin/emtvb audit {folder}` checks them.",
    ]


def engine_lines(folder: Path) -> list[str]:
    """A line for each engine other than the compiled one that trained some of the runs, by the records of trainings.

    Args:
        folder: An experiment's results; records that cannot be read are left out, and the audit names them.
    """
    records = recorded.read_all(folder)[0].values()
    return [
        f"Trained by the engine `{name}`: {_count(count, 'run')}; the compiled engine gives other last digits."
        for name, count in recorded.trained_by(records).items()
        if name != "compiled"
    ]


def _coverage_of_table1(experiment: Sweep) -> str:
    """How far the runs speak about the paper's Table 1."""
    seeds, published = len(experiment.seeds), significance.PUBLISHED_SEEDS
    reasons = []
    if seeds < published:
        reasons.append(f"its Table 1 needs {published} seeds, and this run has {seeds}")
    if experiment.protocol != Protocol():
        reasons.append("its networks were trained with other settings")
    if reasons:
        return f"{'; '.join(reasons)}. So this is an example and no test. The test is in results/paper."
    return "its printed values stand in the table, each with the sign of our verdict on it."


def _first_to_open(experiment: Sweep, folder: Path) -> str:
    """What shows most at one look: the page, else a figure, else the table."""
    page = folder / "edit.html"
    if page.is_file():
        return f"open {page} in a browser, click a square, and see what the network does then."
    figures = [folder / "figures" / "edits" / f"{task}.png" for task in experiment.exemplars()]
    shown = next((path for path in (*figures, folder / "figures" / "forest.png") if path.is_file()), None)
    return f"{shown or folder / 'tables' / 'table1.md'}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
