"""All that is asked of each network of a shard: its measurements, its kind of solution, and what it can do without.

A network is run once for all of it (:class:`emtvb.theory.observation.Observation`): that takes most of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from emtvb.adapters.elman import Elman
from emtvb.experiments.sweep.ablations import ablation_row
from emtvb.theory.literature_columns import ABLATED
from emtvb.theory.network_measurement import MeasureSettings, measure_network
from emtvb.theory.networks import Network
from emtvb.theory.observation import Observation
from emtvb.theory.runs import Run
from emtvb.theory.solutions import Digit, study_solution

Row = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Tables:
    """What is written of a shard.

    Attributes:
        measurements: A row per run (``network_measurement.Measurement``).
        solutions: A row per run (``solutions.Solution``).
        digits: A row per element that cannot be read linearly (``solutions.Digit``).
        ablations: A row per network that solves its task (``run_id`` and ``literature_columns.ABLATED``).
    """

    measurements: pd.DataFrame
    solutions: pd.DataFrame
    digits: pd.DataFrame
    ablations: pd.DataFrame


@dataclass(frozen=True)
class _Rows:
    """The rows of one network."""

    measured: Row
    solution: Row
    digits: tuple[Row, ...]
    ablated: tuple[Row, ...]

    def of(self, run: Run) -> _Rows:
        """The same under the name of a run."""
        name = {"run_id": run.run_id}
        digits, ablated = (tuple({**row, **name} for row in rows) for rows in (self.digits, self.ablated))
        return _Rows({**self.measured, **name}, {**self.solution, **name}, digits, ablated)


def measure_shard(runs: Iterable[Run], trained: Mapping[str, Network], settings: MeasureSettings) -> Tables:
    """The tables of a shard's runs.

    Runs that differ in a threshold which neither reaches come to the same network, which is looked at once.

    Args:
        runs: The runs.
        trained: Their networks, by run id.
        settings: How they are measured.

    Raises:
        InputError: Where a network is not of its run's task.
    """
    known: dict[tuple[Any, ...], _Rows] = {}
    rows = []
    for run in runs:
        network = trained[run.run_id]
        same = run.task, run.seed, run.protocol.curriculum, network.digest()
        if same not in known:
            known[same] = _rows(run, network, settings)
        rows.append(known[same].of(run))
    return Tables(
        pd.DataFrame([row.measured for row in rows]),
        pd.DataFrame([row.solution for row in rows]),
        pd.DataFrame([digit for row in rows for digit in row.digits], columns=[field.name for field in fields(Digit)]),
        pd.DataFrame([ablated for row in rows for ablated in row.ablated], columns=["run_id", *ABLATED]),
    )


def _rows(run: Run, network: Network, settings: MeasureSettings) -> _Rows:
    observed = Observation(Elman(network), run.task, settings.horizon)
    measured = measure_network(run, network, settings, observed)
    solution, digits = study_solution(run, network, measured.verdict, measured.test_accuracy, settings, observed)
    ablated = (ablation_row(run, network, settings.modulus, settings.horizon, observed),) if measured.solved else ()
    return _Rows(measured.row(), vars(solution), tuple(map(vars, digits)), ablated)
