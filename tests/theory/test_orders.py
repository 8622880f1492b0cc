"""Runs of trainings as plain data, in every encoding that ever stood in a record."""

from __future__ import annotations

from typing import Any

import pytest

from emtvb.theory import protocol
from emtvb.theory import stream_order as streams
from emtvb.theory.orders import run_from_entry, run_to_entry

TASK = {"d": 8, "s": 8, "composition": [[1, i, 1] for i in range(8)]}
RUN = {
    "run_id": "T1_h64_l2-0_thr-0.98_seed1", "task": TASK, "hidden_dim": 64, "l2": 0.0, "threshold": 0.98, "seed": 1,
    "protocol": {
        "epochs": 10, "batches_per_epoch": 2000, "batch_size": 64, "learning_rate": 0.001, "gradient_clip": 1.0,
        "curriculum": [10, 20, 40, 60, 100],
    },
}  # fmt: skip
STREAM = {
    "run_id": "T1-n6to10_h8_l2-0_seed20000", "task": {**TASK, "s": 10},
    "episodes": {"lengths": [6, 10], "outputs": 15, "total": 300, "echo": True, "marker": True},
    "hidden_dim": 8, "l2": 0.0, "seed": 20000,
    "protocol": {
        "epochs": 20, "batches_per_epoch": 500, "batch_size": 64, "learning_rate": 0.001, "gradient_clip": 1.0,
        "plateau": {"factor": 0.5, "patience": 10, "least": 1e-06},
    },
}  # fmt: skip


@pytest.mark.parametrize("plain", [RUN, {**RUN, "twin": 3}, STREAM])
def test_a_run_is_read_from_an_encoding_that_is_older_than_a_field(plain: dict[str, Any]) -> None:
    """A field that came later has its default."""
    run = run_from_entry(plain)
    assert run_to_entry(run) == plain
    short = {**plain, "protocol": {key: plain["protocol"][key] for key in plain["protocol"] if key != "batch_size"}}
    assert run_from_entry(short) == run
    assert isinstance(run, streams.StreamOrder if "episodes" in plain else protocol.Order)
