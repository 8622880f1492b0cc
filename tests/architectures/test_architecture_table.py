from __future__ import annotations

from dataclasses import fields

import pandas as pd

from emtvb.experiments.architectures.architecture_measurement import Measurement
from emtvb.experiments.architectures.architecture_table import as_markdown


def table(*run_ids: str) -> pd.DataFrame:
    numbers = [field.name for field in fields(Measurement) if field.name not in ("run_id", "architecture", "verdict")]
    rows = [
        {"run_id": run_id, "architecture": run_id.split("_")[0] if run_id[0].islower() else "rnn", "verdict": "v"}
        | {name: float(i + 100 * j) for j, name in enumerate(numbers)}
        for i, run_id in enumerate(run_ids)
    ]
    return pd.DataFrame(rows)


def test_networks_stand_side_by_side_by_architecture_and_seed() -> None:
    measured = table(
        "T1_h128_l2-0_thr-0.98_seed2", "lstm_T1_h64_l2-0_thr-0.98_seed1_p1", "s4_T1_h16_l2-0_thr-0.98_seed1"
    )
    lines = as_markdown(measured).splitlines()
    assert lines[0] == "| | RNN 2 | LSTM 1 | S4 1 |"
    assert all(line.count("|") == 5 for line in lines)
    value = measured.loc[1, "visited_gain"]
    assert f"| {value:.2f} |" in next(line for line in lines if line.startswith("| gain where it works"))


def test_networks_of_one_seed_are_named_whole() -> None:
    assert "`T2_h64_l2-0_thr-0.98_seed1`" in as_markdown(
        table("T1_h64_l2-0_thr-0.98_seed1", "T2_h64_l2-0_thr-0.98_seed1")
    )
