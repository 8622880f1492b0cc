"""Which of an experiment's networks go on the page, by what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emtvb.errors import InputError
from emtvb.theory.network_verdict import OTHERWISE, STORED
from emtvb.theory.runs import Run, from_entry

MOST = 9
"""Networks on a page: two for each of the paper's tasks, and the one that solves its task otherwise."""

Row = Mapping[str, Any]


def chosen_runs(
    runs: Sequence[Run], measured: Mapping[str, Row], exemplars: Iterable[str], most: int = MOST
) -> list[Run]:
    """The networks to show, task by task in the order of the runs.

    Of each task one without L2 penalty and one with it, where one stores its variables linearly and obeys edits: the
    exemplar that the figures show, if it is such a network; else the one that obeys most edits, then of most neurons,
    then the most accurate, then the first. Last one that solves its task without that, if there is one: the most
    accurate. Where no network is any of this, the most accurate of all is shown.

    Args:
        runs: Those that there are weights of.
        measured: Their rows of ``measurements.csv``, by run id.
        exemplars: Run ids of the figures' exemplars.
        most: At most so many; tasks that come later are left out.

    Raises:
        InputError: Where the training of all of them diverged.
    """
    preferred = set(exemplars)

    def obeying(run: Run) -> tuple[Any, ...]:
        row = measured[run.run_id]
        return (run.run_id in preferred, row["data_edit_success"], run.hidden_dim, row["test_accuracy"])

    def accurate(run: Run) -> tuple[Any, ...]:
        row = measured[run.run_id]
        return (row["test_accuracy"], row["unedited_success"])

    chosen = []
    for task in dict.fromkeys(run.task.name for run in runs):
        for penalised in (False, True):
            group = [run for run in runs if run.task.name == task and (run.l2 > 0) == penalised]
            chosen += _best_run([run for run in group if measured[run.run_id]["verdict"] == STORED], obeying)
    without = _best_run([run for run in runs if measured[run.run_id]["verdict"] == OTHERWISE], accurate)
    finite = [run for run in runs if measured[run.run_id]["unedited_success"] >= 0]  # NaN of what diverged
    selection = [*chosen[: most - len(without)], *without] or _best_run(finite, accurate)
    if not selection:
        raise InputError("page", "no network", "the training of all of them diverged; choose other settings")
    return selection


def runs_of(settings: Mapping[str, Any]) -> dict[str, list[Run]]:
    """The runs that a job chooses from, by shard: of its settings (``making.jobs``)."""
    tasks, shared = settings["tasks"], {"protocol": settings["protocol"]}
    return {
        shard: [from_entry({**entry, **shared, "task": tasks[entry["task"]]}) for entry in entries]
        for shard, entries in settings["shards"]
    }


def _best_run(runs: Sequence[Run], key: Any) -> list[Run]:
    """The run with the largest key, the first of several; none of none."""
    return [max(runs, key=key)] if runs else []
