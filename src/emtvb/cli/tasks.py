"""``emtvb tasks``: list the paper's tasks, or explain one."""

from __future__ import annotations

import json

import click
from rich.table import Table

from emtvb.cli.network.naming import task_of
from emtvb.cli.options import console, dimensions_option, variables_option
from emtvb.errors import InputError
from emtvb.theory import tasks
from emtvb.theory.tasks import Task


@click.command("tasks")
@click.argument("task", required=False)
@dimensions_option
@variables_option
def list_tasks(task: str | None, d: int, s: int) -> None:
    """List the paper's tasks, or explain one: a name or an id written a-b-c."""
    tasks.check_size(d, s)
    if task is not None:
        _print_task(task_of(task, d, s))
        return
    table = Table("task", "id", "composition: (variable, dimension, sign) of each output dimension")
    for name in tasks.NAMED:
        try:
            of_name = tasks.named(name, d, s)
            table.add_row(
                name, of_name.label, " ".join(f"({v},{k},{'+' if g > 0 else '-'})" for v, k, g in of_name.composition)
            )
        except InputError as error:
            table.add_row(name, "-", error.remedy)
    console.print(table)
    console.print("Variable 1 is the oldest of the last s vectors. `emtvb tasks TASK` explains one.")


def _print_task(task: Task) -> None:
    console.print(f"{task.name}: id {task.label}, d = {task.d} dimensions, s = {task.s} variables")
    console.print(task.describe())
    observable, persistent = int(task.theory.observable.sum()), int(task.theory.persistent.sum())
    console.print(
        f"Phi is {task.s * task.d} x {task.s * task.d}; {persistent} of its eigenvalues have modulus 1, the others are "
        f"0; {observable} stacked elements are ever read again."
    )
    console.print(f"composition: {json.dumps([list(row) for row in task.composition])}")
