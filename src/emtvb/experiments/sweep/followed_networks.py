"""What networks are at several steps of their training: accuracy, spectrum, memory, and whether edits succeed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from emtvb import tables
from emtvb.adapters.elman import Elman
from emtvb.core.spectrum import match_spectra
from emtvb.experiments.sweep.memory import duration_columns
from emtvb.theory.memory_columns import CONTENTS, FRESH_CONTENTS, amplitude_column, lasting_column
from emtvb.theory.memory_measures import measure_memories, measure_test_accuracy
from emtvb.theory.network_measurement import MeasureSettings
from emtvb.theory.networks import Network
from emtvb.theory.observation import Observation
from emtvb.theory.runs import Run

STEPS = ["run_id", "step", "horizon", "weights_sha256"]
"""Columns of ``training/<shard>/followed.csv``, the list of a shard's snapshots."""
MEMORY = (
    lasting_column(1000), lasting_column(3000), amplitude_column("whole"), amplitude_column("quarter"),
    "cycle_multiplier", "gain_origin", *CONTENTS,
)  # fmt: skip
MEASURED = [
    "as_published", "test_accuracy", "matched_spectral_error", "matched_eigenvalues", "network_eigenvalues",
    "edit_success", *MEMORY, "measured_solved",
]  # fmt: skip
"""Columns of ``measurements/following/<shard>.csv`` beside ``STEPS``: whether the weights are the published ones (1 at
the end of a training that came out as published), and what ``measurements.csv`` and ``measurements/memory.csv`` have
under these names."""
REMEMBERING = 0.9
"""The accuracy from which on edits are tried, and fresh contents followed, or where a task is solved by less: below it
there is no memory to edit."""


def name_of(run_id: str, step: int) -> str:
    """The name of a snapshot among the networks of its shard's file."""
    return f"{run_id}_step{step}"


def snapshot_row(run_id: str, step: int, horizon: int, network: Network) -> dict[str, object]:
    """A snapshot's row of ``training/<shard>/followed.csv``."""
    return dict(zip(STEPS, (run_id, step, horizon, network.digest()), strict=True))


def measure_snapshot(run: Run, network: Network, published: str, settings: MeasureSettings) -> dict[str, object]:
    """A snapshot's part of a row.

    Args:
        run: Its task, and its protocol.
        network: The weights, finite.
        published: The digest of the weights that its training came to.
        settings: How it is measured.

    Returns:
        :data:`MEASURED`; numbers have five digits.
    """
    task = run.task
    system = Elman(network)
    eigenvalues = np.linalg.eigvals(network.W_hh.astype(np.float64))
    spectrum = match_spectra(task.theory.eigenvalues, eigenvalues, settings.modulus)
    right, edits = measure_test_accuracy(system, task, settings.horizon, settings.sequences), float("nan")
    remembers = right >= min(REMEMBERING, settings.solved)
    if remembers:
        seen = Observation(system, task, settings.horizon)
        judged = measure_memories(system, task.theory, seen.memories, seen.held_out, settings.horizon)
        edits = judged.edit_success
    remembered = duration_columns(network.double(), task, FRESH_CONTENTS if remembers else 0)
    numbers = {
        "test_accuracy": right, "matched_spectral_error": spectrum.matched_error, "edit_success": edits,
        **{name: remembered.get(name, float("nan")) for name in MEMORY},
    }  # fmt: skip
    return {
        "as_published": int(network.digest() == published), "measured_solved": settings.solved,
        "matched_eigenvalues": spectrum.matched, "network_eigenvalues": spectrum.observed,
        **{name: float(f"{value:.5g}") for name, value in numbers.items()},
    }  # fmt: skip


def network_table(runs: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """All snapshots with what their runs are, ``tables/following.csv``.

    Args:
        runs: The run table.
        snapshots: ``measurements/following/<shard>.csv`` of all shards.

    Returns:
        Columns ``run_id``, settings, ``solved`` (1 where the run's last snapshot solves its task), the rest of
        ``STEPS``, and :data:`MEASURED`.
    """
    end = snapshots.sort_values("step").groupby("run_id")["test_accuracy"].transform("last")
    solved = snapshots.assign(solved=end.ge(snapshots["measured_solved"]).astype(int))
    known = solved.merge(runs[["run_id", *tables.SETTINGS]], on="run_id", validate="many_to_one")
    return known[["run_id", *tables.SETTINGS, "solved", *STEPS[1:], *MEASURED]]


def snapshots_as_table(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Rows of :func:`snapshot_row` with what :func:`measure_snapshot` says of their snapshots, as a table."""
    return pd.DataFrame(rows, columns=[*STEPS, *MEASURED])
