"""Published networks of every kind through the public face: ``fit`` and ``judge`` say what their measurements do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import emtvb
from emtvb.experiments.streams import stream_measurement
from emtvb.theory import tasks

pytestmark = pytest.mark.nightly  # tests/library/test_face.py, tests/streams/test_public_face.py are quick

PUBLISHED = Path(__file__).parents[2] / "results"
BITS = 1e-3
"""By so much, as a share, other last bits of states change a measure; a share of readings by as much."""


@pytest.mark.parametrize(
    ("table", "run_id", "before"),
    [
        ("paper/measurements.csv", "T4_h64_l2-0_thr-0.98_seed4", "data_"),
        ("architectures/architectures/measurements.csv", "gru_T1_h64_l2-0_thr-0.98_seed1_p0c258465", ""),
        ("architectures/architectures/measurements.csv", "lstm_T1_h128_l2-0_thr-0.98_seed1_p0c258465", ""),
        ("architectures/architectures/measurements.csv", "s4_T1_h32_l2-0_thr-0.98_seed1_p0c258465", ""),
    ],
)
def test_networks_on_the_papers_tasks(table: str, run_id: str, before: str) -> None:
    row = pd.read_csv(PUBLISHED / table).set_index("run_id").loc[run_id]
    network = emtvb.load(run_id)
    assert network.task == tasks.named(run_id[:2] if before else "T1")
    judged = emtvb.judge(emtvb.fit(emtvb.record(network))).task
    assert judged is not None
    assert judged.verdict == row["verdict"]
    for name, value in (asdict(judged.measures) | {"test_accuracy": judged.test_accuracy}).items():
        column = name if name == "test_accuracy" else f"{before}{name}"
        assert value == pytest.approx(row[column], rel=BITS, abs=BITS), name


def test_a_network_on_a_stream() -> None:
    """After the marker's step, on the sequences of its measurement: the share of elements that are read right.

    There a ridge decides what is too small to read, and the sign what is read: here a singular value, and classes.
    """
    network = emtvb.load("T1-n8to8_h64_l2-0_seed0")
    run, system = network.settings, network.system.network
    rng = np.random.default_rng([run.seed, run.hidden_dim])
    stream_measurement.accuracy_columns(run, system, rng)
    ((seen, place),) = stream_measurement.watch_middle_episodes(run, system, rng)
    trials, d, step = seen.inputs.shape[1], run.task.d, place.first_output - 1
    labels = {f"u{i}.{j}": seen.vector(place, i)[:, j] for i in range(1, place.length + 1) for j in range(d)}
    recorded = emtvb.record(network, seen.inputs, labels, split=np.arange(trials) < trials // 2)
    judged = emtvb.judge(emtvb.fit(recorded, times=[step]))
    scores = np.array([reading.score for reading in judged.readings]).reshape(place.length, d).mean(axis=1)
    row = pd.read_csv(PUBLISHED / "streams" / "measurements.csv").set_index("run_id").loc[network.name]
    assert scores[0] == pytest.approx(row["first_at_marker"], abs=2e-3)
    assert scores[1:].mean() == pytest.approx(row["at_marker"], abs=1e-3)
