"""What the workflow finds and says while it plans: what lies there, what is damaged, and why jobs run again."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from emtvb.making import node, present_code, recipes, staleness, surroundings, trainings
from emtvb.making.hooks import Call, errors_in_one_line
from emtvb.making.packed_weights import unpack
from emtvb.making.staleness import Maker, Records
from emtvb.making.trainings import ReadRun


def prepare_process(runs_here: bool) -> None:
    """Set what is global in the process that plans, and what the jobs inherit that it starts.

    Ctrl-C is told in a line. A full disk would be told in a page for each line that it keeps from Snakemake's log. What
    decides digits is set as jobs need it, so that none has to start anew. Where TMPDIR is full, Python takes another
    folder, and the solver of Snakemake's scheduler a page of words.

    Args:
        runs_here: Whether jobs run on this machine.
    """
    sys.excepthook = recipes.say_interruption
    logging.raiseExceptions = False
    wanted = node.environment_of_job(os.environ)
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted, **({"TMPDIR": tempfile.gettempdir()} if runs_here else {}))


def known_results(folder: Path, settings: Mapping[str, Any], root: Path, read_run: ReadRun) -> Records:
    """The records of what lies in an experiment's folder; its published weights are unpacked first.

    Without the weights, their networks would be trained again. What one should know of the results is said.

    Args:
        folder: The experiment's folder.
        settings: What its config states, as plain data.
        root: The clone of the workflow.
        read_run: Reads a run of a training's settings.

    Raises:
        InputError: Where weights or records cannot be read.
    """
    if back := unpack(folder):
        logger.info(f"published weights unpacked in {folder}: {len(back)} files")
    records = staleness.records_of_results(folder, root, read_run)
    for warning in filter(None, [surroundings.of_other_settings(folder, settings), *surroundings.slowing_variables()]):
        logger.warning(f"warning: {warning}")
    if other := present_code.other_versions(maker.record.recipe["versions"] for maker in {*records.makers.values()}):
        logger.info(f"made with {other} (nothing is made again for that)")
    return records


_say_once = cache(logger.info)


def changes_of_job(records: Records, call: Call, waiting: Any, maker: Maker) -> list[str]:
    """What a job would use otherwise now than whoever made its outputs, in words; said once for each rule.

    Bad calls end here, while the graph is built, before anything is run or deleted.

    Args:
        records: What the records say.
        call: The call of Snakemake.
        waiting: The job, whose outputs are there.
        maker: Who made them.
    """
    call.warn_of_triggers()
    with errors_in_one_line():
        records.refuse([*maker.inputs, *maker.outputs], call.forces)
        words = records.changes(waiting, maker)
    if words:
        _say_difference(waiting.rule.name, staleness.summary(words))
        if all(map(staleness.is_by_code, words)):
            _say_once(f"where code changed and no result should: commit it, and {staleness.ACCEPT}")
    return words


@cache
def _say_difference(rule: str, what: str) -> None:
    """In a word, why jobs run again: Snakemake says only that their params have changed."""
    logger.info(f"{rule}: made otherwise now: {what}")


def refuse_damaged(records: Records, call: Call) -> None:
    """Raise InputError where a file that a job of this call reads or makes differs from its record."""
    for waiting in call.jobs:
        records.refuse(map(str, [*waiting.input, *waiting.output]), call.forces)


def check_accelerators(jobs: Iterable[Any], trains: Mapping[str, str], problem_of: Callable[[str], str]) -> None:
    """Raise WorkflowError where this machine lacks what a job trains on; asked once, and not a job at a time.

    Args:
        jobs: The jobs that will run here.
        trains: The accelerator of each script that trains, by the script's name.
        problem_of: Says why this machine cannot compute on an accelerator; nothing where it can.
    """
    scripts = {staleness.script_of(waiting.rule).stem for waiting in jobs}
    for accelerator in {trains[script] for script in trains.keys() & scripts}:
        if problem := problem_of(accelerator):
            raise WorkflowError(problem)


def shard_trainings(jobs: Iterable[Any]) -> list[Any]:
    """The jobs among these that train the runs of a shard."""
    return [
        waiting
        for waiting in jobs
        if {"runs", trainings.REVISION} <= {*waiting.params.keys()} and "weights" in {*waiting.output.keys()}
    ]
