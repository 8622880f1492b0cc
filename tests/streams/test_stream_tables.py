"""Means of networks on streams, by stream, epochs and size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from emtvb.experiments.streams import stream_tables as streams


def make_measured(sizes: tuple[int, ...] = (8, 64), seeds: int = 5) -> pd.DataFrame:
    """Measured networks of two streams, the second of which has the first size alone."""
    rng = np.random.default_rng(0)
    rows = []
    for stream, lengths, chosen in (("T1-n6to10", (6, 7, 8, 9, 10), sizes), ("T1-n8to8", (8,), sizes[:1])):
        for size in chosen:
            for seed in range(seeds):
                values = {name: rng.uniform(0.5, 1) for name in ("echo", "recall", "first_round", "at_marker")}
                recalled = {f"recall_{n}": 0.5 + size / 200 + 0.01 * n for n in lengths}
                rows.append(
                    {"run_id": f"{stream}_h{size}_seed{seed}", "stream": stream, "task": "T1", "task_id": "255-0-0",
                     "shortest": min(lengths), "longest": max(lengths), "epochs": 20, "hidden_dim": size, "l2": 0,
                     "seed": seed, "shard": "a", **values, **recalled}
                )  # fmt: skip
    return pd.DataFrame(rows)


def test_means_and_intervals_are_of_a_cells_networks() -> None:
    rows = make_measured()
    table = streams.by_size(rows)
    assert set(table["measure"]) == {
        "echo",
        "recall",
        "first_round",
        "at_marker",
        *(f"recall_{n}" for n in range(6, 11)),
    }
    (found,) = table.query("stream == 'T1-n6to10' and hidden_dim == 64 and measure == 'recall'").to_dict("records")
    own = rows[(rows["stream"] == "T1-n6to10") & (rows["hidden_dim"] == 64)]["recall"]
    assert found["networks"] == 5
    assert found["mean"] == pytest.approx(own.mean())
    students = stats.t.interval(0.95, 4, own.mean(), stats.sem(own))
    assert (found["low"], min(found["high"], 1)) == pytest.approx((students[0], min(students[1], 1)))
    (none,) = table.query("stream == 'T1-n8to8' and measure == 'recall_6'").to_dict("records")
    assert none["networks"] == 0
    assert np.isnan(none["mean"])


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_or_two_networks_have_no_interval(seeds: int) -> None:
    rows = make_measured(seeds=seeds)
    for table in (streams.by_size(rows), streams.by_length(rows)):
        assert table[["low", "high"]].isna().all(axis=None)
        assert table["mean"].notna().any()


def test_lengths_that_a_stream_does_not_have_are_not_there() -> None:
    table = streams.by_length(make_measured())
    assert table.query("stream == 'T1-n8to8'")["length"].tolist() == [8]
    (found,) = table.query("stream == 'T1-n6to10' and hidden_dim == 8 and length == 9")["mean"]
    assert found == pytest.approx(0.63)


def test_a_look_is_the_mean_over_networks() -> None:
    rows = make_measured(seeds=2)
    looks = pd.DataFrame(
        [{"run_id": run_id, "step": step, "number": 1, "readable": 0.5 + 0.1 * (seed + step)}
         for run_id, seed in zip(rows["run_id"], rows["seed"], strict=True) for step in (0, 1)]
    )  # fmt: skip
    means = streams.mean_look(looks, rows, ["step", "number"])
    assert len(means) == 3 * 2
    assert means["readable"].tolist() == pytest.approx([0.55, 0.65] * 3)
