"""Runs that stand: what was trained before for the same settings by the same trainer is not trained again.

A shard whose list of runs changes is another job, but most of its runs have been trained. Before a training starts, its
runs that a record vouches for are kept in its state folder, from where it takes them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emtvb.errors import InputError
from emtvb.making import trainings
from emtvb.making.staleness import Maker, Records
from emtvb.theory.networks import load_networks
from emtvb.theory.orders import run_from_entry
from emtvb.training import history, saved_runs
from emtvb.training.saved_runs import Result


def keep_finished_runs(known: Records, settings: Mapping[str, Any], state: Path) -> int:
    """Keep the runs of a training that stand already where it looks for finished ones.

    Args:
        known: What the records of the experiment say.
        settings: The training's: ``runs``, and what decides beside them (``making.trainings``).
        state: Its state folder, ``training/<shard>/runs``.

    Returns:
        How many runs were put there.
    """
    version, count = trainings.state_version(settings), 0
    wanted = trainings.runs_of_training(settings, run_from_entry)
    for maker in known.trainings():
        if trainings.deciding_settings(maker.settings) != trainings.deciding_settings(settings):
            continue
        for order in trainings.runs_of_training(maker.settings, run_from_entry):
            trained = maker.record.runs.get(order.run_id, {}).get("trained", ())
            in_place = settings.get("proof") is not None and any(part.get("engine") == "general" for part in trained)
            folder = state / order.run_id / (saved_runs.general_version(version) if in_place else version)
            if order not in wanted or (folder / "run.json").exists():
                continue
            if (result := _verified_result(known, maker, order.run_id)) is not None:
                saved_runs.keep_run(order, folder, result)
                count += 1
    return count


def _verified_result(known: Records, maker: Maker, run_id: str) -> Result | None:
    """A run as a shard's files hold it; None where they do not, or not as their record says."""
    weights = next(path for path in maker.outputs if path.endswith("weights.safetensors"))
    about = maker.record.runs.get(run_id, {})
    if weights in known.damaged or not Path(weights).is_file():
        return None
    try:
        network = load_networks(weights, [run_id])[run_id]
        rows = next(
            (rows for path in _curve_files(known, maker) if (rows := history.read_history(Path(path)).get(run_id))),
            None,
        )
    except (InputError, KeyError, ValueError, TypeError, OSError, csv.Error):
        return None
    if rows is None or network.digest() != about.get("weights"):
        return None
    return Result(network, rows, about.get("trained", []))


def _curve_files(known: Records, maker: Maker) -> Iterator[str]:
    """The files that hold learning curves, as their record has them: whole ones, then their outlines."""
    for part in ("/history.csv", "/learning/"):
        for path in maker.outputs:
            if part in path and path not in known.altered | known.damaged and Path(path).is_file():
                yield path
