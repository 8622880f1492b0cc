"""``emtvb edit``: change what a running network stores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table

from emtvb.cli.network.naming import OfFile
from emtvb.cli.options import BASES, console, subject_options, writing_into
from emtvb.errors import InputError
from emtvb.files import write_text

if TYPE_CHECKING:
    from emtvb.experiments.sweep.figures.edits import EditShown
    from emtvb.page.content import Shown


@click.command()
@click.option("--at", "time", type=click.IntRange(0), help="Output steps before the edit; 0: after the last input.")
@click.option("--variable", type=int, help="What to edit: 1 (oldest) to s (newest).")
@click.option("--flip", "dimension", type=int, help="Negate this dimension of it, counted from 0.")
@click.option("--set", "values", help="Store these values in it, such as +-+--+++.")
@click.option("--swap", "other", type=int, help="Exchange it with this variable.")
@click.option(
    "--basis", type=click.Choice(BASES), default=BASES[0], show_default=True, help="Memories to edit through."
)
@click.option("--page", is_flag=True, help="Make a page on which one edits it while it runs, in a browser.")
@subject_options
def edit(
    run: str, time: int | None, variable: int | None, dimension: int | None, values: str | None, other: int | None,
    basis: str, page: bool, of_file: OfFile, output: Path | None,
) -> None:  # fmt: skip
    """Change what a trained network stores while it repeats the picture 3-1-5, and see what it then does.

    RUN is a folder of `emtvb train`, a run id, or a file of weights of your own, with --task (see emtvb interpret).
    With --page a page is made, which opens with that edit; no edit need be given then (neither --at nor --variable).
    Without an edit RUN may also be results/<experiment>: the page has the networks that its workflow chose.
    """
    ways = {"--flip": dimension, "--set": values, "--swap": other}
    given = [name for name, value in ways.items() if value is not None]
    if page and not given and time is None and variable is None:
        from emtvb.cli.network import editing

        _write_page(*editing.networks_and_place_of_page(run, of_file, output), basis)
        return
    if len(given) != 1:
        raise InputError("edit", " ".join(given) or "nothing", f"give one of {', '.join(ways)}")
    for name, value in (("--at", time), ("--variable", variable)):
        if value is None:
            raise click.UsageError(f"Missing option '{name}'.")
    assert time is not None
    assert variable is not None
    from emtvb.cli.network import editing, opening

    subject = opening.find_subject(run, of_file, output)
    signs = None if values is None else _parse_signs(values)
    change = editing.Change(variable, flip=dimension, put=signs, swap=other)
    done = editing.edit_network(subject, time, change, basis)
    shown = editing.network_on_page(subject) if page else None
    with writing_into(subject.folder) as folder:
        files = editing.draw_edit(done, folder)
    _print_edit(done, 2 * subject.run.task.s)
    for path in files:
        console.print(str(path))
    if shown is not None:
        _write_page([shown], folder, basis, edit=f"{time}:{change.address}", step=str(time + len(done.outputs)))


def _write_page(shown: Sequence[Shown], folder: Path, basis: str, **first: str) -> None:
    """The page of these networks, and where it lies."""
    from emtvb.page.document import page_text

    if basis not in shown[0].bases:
        raise InputError("--basis", basis, f"the page has {' and '.join(shown[0].bases)}")
    with writing_into(folder):
        write_text(folder / "edit.html", page_text(shown, {"basis": basis, **first}))
    console.print(f"{folder / 'edit.html'}: a page to open in a browser")


def _print_edit(shown: EditShown, steps: int) -> None:
    """What the network did, step by step at first, and in all."""
    table = Table("output step", "network", "theory", "theory unedited", title=f"{shown.run_id}: {shown.name}")
    wrong = [bool(vector.any()) for vector in shown.wrong()]
    changed = [bool(vector.any()) for vector in shown.expected != shown.unedited]
    for step in range(min(steps, len(shown.outputs))):
        vectors = shown.outputs[step], shown.expected[step], shown.unedited[step]
        words = ["".join("+" if value >= 0 else "-" for value in vector) for vector in vectors]
        marks = " wrong" * wrong[step], "", " differs" * changed[step]
        table.add_row(str(shown.time + 1 + step), *(word + mark for word, mark in zip(words, marks, strict=True)))
    console.print(table)
    console.print(
        f"{wrong.count(False)} of {len(wrong)} output vectors are the theory's for the edited variables; "
        f"the theory's differ {sum(changed)} times from those without the edit"
    )


def _parse_signs(text: str) -> list[int]:
    if set(text) - {"+", "-"}:
        raise InputError("--set", text, "write one + or - for each dimension, such as +-+--+++")
    return [1 if sign == "+" else -1 for sign in text]
