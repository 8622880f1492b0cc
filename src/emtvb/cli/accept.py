"""``emtvb accept``: the code changed, and what it makes did not."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from emtvb.cli.options import FOLDER, console
from emtvb.errors import InputError
from emtvb.experiments.results import check_holds_experiment

_MOST = 8
"""Lines on what was refused, of an experiment."""


@click.command("accept")
@click.argument("folders", type=FOLDER, nargs=-1, metavar="[FOLDER]...")
@click.option("--cores", type=click.IntRange(1, 1000), help="Jobs at once [default: all cores].")
@click.option("--partly", is_flag=True, help="Write the records of what came out the same, though something did not.")
def accept_results(folders: tuple[Path, ...], cores: int | None, partly: bool) -> None:
    """Show that the code changed and the results did not: all that is stale by its code alone is run, and compared.

    FOLDER is results/<experiment>, by default each one that is published. Where every byte of all jobs comes out again,
    their records say that the present code makes them; else no record is written. Nothing but records is. A call that
    was stopped goes on where it was. Commit the code first, and the records after it. Exit status 1 where something
    comes out otherwise or is damaged, 3 where something else is still to be made.
    """
    from emtvb.audit import accepting
    from emtvb.making.clone import workflow_root
    from emtvb.making.jobs import show_progress

    root = workflow_root()
    chosen = folders or accepting.published_folders(root)
    for folder in chosen:
        check_holds_experiment(folder, "results", "settings.json")
    accepting.committed_code(root)
    show_progress()
    with accepting.only_call(root):
        _accept(chosen, root, cores or os.cpu_count() or 1, partly)


def _accept(folders: Sequence[Path], root: Path, cores: int, partly: bool) -> NoReturn:
    """Show it of experiments, write their records, and exit."""
    from emtvb.audit import accepting, config_of_results

    shown, damaged = [], False
    for folder in folders:
        try:
            shown.append(accepting.show(folder, config_of_results.held_to(folder, root), cores))
        except InputError as error:  # of one experiment, which is no reason to leave the others
            damaged = True
            console.print(f"{folder}: error: {error}")
    refused = any(one.refused for one in shown)
    left = False
    for one in shown:
        if one.note:
            console.print(f"{one.folder}: {one.note}")
        for line in one.refused[:_MOST]:
            console.print(f"{one.folder}: refused: {line}")
        if len(one.refused) > _MOST:
            console.print(f"{one.folder}: and {len(one.refused) - _MOST} more")
        if one.renewed:
            rules = Counter(record.rule for record in one.renewed.values())
            console.print(f"{one.folder}: run, and the same to the byte: {accepting.jobs_in_words(rules)}")
        if partly or not refused:
            one.write()
        planned = one.left()
        left = left or bool(planned)
        console.print(
            f"{one.folder}: still to be made: {accepting.jobs_in_words(planned)}" if planned
            else f"{one.folder}: nothing to be done"
        )  # fmt: skip
    if refused and not partly:
        console.print(
            "No record was written, since something does not come out again. Mend the code; or, if that is meant, "
            "write the records of the rest with --partly, and run the workflow for what is still to be made."
        )
    sys.exit(1 if refused or damaged else 3 if left else 0)
