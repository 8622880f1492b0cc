"""Tables of networks that repeat: what each column means, and when a claim holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emtvb.experiments.onions import measuring
from emtvb.experiments.onions import tables as tabulating


def made(units: int, seed: int, accuracy: float, read: float, followed: dict[str, float]) -> pd.DataFrame:
    """The rows of one network: as much is read and followed at each position."""
    rows = []
    for trained in (True, False):
        for position in range(3):
            row: dict[str, object] = dict.fromkeys(measuring.COLUMNS, 0.0)
            row |= {"network": f"gru{units}_seed{seed}", "units": units, "seed": seed, "trained": trained}
            row |= {"position": position, "accuracy": accuracy if trained else 0.0}
            row |= {f"{name}_read": read * (0.5 if position else 0.1) for name in measuring.METHODS}
            row |= {f"{name}_followed": followed[name] if trained else np.nan for name in measuring.EDITS}
            row["onion_control"] = 0.07 if position == 2 else 0.01
            rows.append(row)
    return pd.DataFrame(rows, columns=list(measuring.COLUMNS))


WORKS = {"told": 0.9, "exchanged": 0.1, "onion": 0.8}


def test_means_are_over_positions_and_the_whole_stands_apart() -> None:
    table = tabulating.networks(made(64, 1, 0.995, 0.8, WORKS))
    row = table.iloc[0]
    assert row["solved"]
    assert row["linear_whole"] == pytest.approx(0.08)
    assert row["linear_mean"] == pytest.approx(0.4)
    assert row["untrained_onion"] == pytest.approx(0.4)
    assert row["told"] == pytest.approx(0.9)
    assert row["control"] == pytest.approx(0.04)
    assert set(tabulating.MEASURES) <= set(table.columns)
    assert not tabulating.networks(made(64, 1, 0.985, 0.8, WORKS)).iloc[0]["solved"]


def test_intervals_over_seeds_are_students() -> None:
    rows = pd.concat([made(64, seed, value, 0.8, WORKS) for seed, value in ((1, 0.9), (2, 1.0), (3, 0.95))])
    table = tabulating.sizes(tabulating.networks(rows))
    row = table[table["measure"] == "accuracy"].iloc[0]
    assert (row["mean"], row["least"], row["most"], row["solved"]) == (pytest.approx(0.95), 0.9, 1.0, 1)
    assert row["mean"] - row["low"] == pytest.approx(4.303 * 0.05 / np.sqrt(3), rel=1e-3)
    assert row["high"] == 1.0  # a share
    for few in ((0.9,), (0.9, 1.0)):
        rows = pd.concat([made(64, seed, value, 0.8, WORKS) for seed, value in enumerate(few)])
        assert tabulating.sizes(tabulating.networks(rows))[["low", "high"]].isna().all(axis=None)


FAILS = {**WORKS, "told": 0.1}


@pytest.mark.parametrize(
    ("networks", "claim", "verdict"),
    [
        ([(48, 0.995, WORKS)] * 2 + [(128, 0.995, WORKS)] * 2, "additive", "consistent"),
        ([(48, 0.995, WORKS)] * 3, "additive", "not determined"),  # the interval reaches from 0.44
        ([(48, 0.995, WORKS)] * 9 + [(64, 0.995, FAILS)], "additive", "not determined"),  # it holds of nearly all
        ([(48, 0.995, FAILS)] * 4, "additive", "inconsistent"),
        ([(48, 0.995, FAILS)] * 3, "additive", "not determined"),
        ([(48, 0.995, WORKS)] * 3 + [(64, 0.5, WORKS)], "additive", "not determined"),  # three have solved their task
        ([(128, 0.995, WORKS)] * 4, "subspaces-above-64", "inconsistent"),
        ([(48, 0.995, WORKS)] * 4, "subspaces-above-64", "not determined"),  # none is large
        *(([(48, 0.995, WORKS)] * 9, claim.name, "no verdict") for claim in tabulating.CLAIMS[:4]),  # no share is named
    ],
)
def test_a_verdict_counts_networks_that_solved_their_task(
    networks: list[tuple[int, float, dict[str, float]]], claim: str, verdict: str
) -> None:
    rows = pd.concat(
        [made(units, seed, accuracy, 0.8, followed) for seed, (units, accuracy, followed) in enumerate(networks)]
    )
    found = tabulating.claims(tabulating.networks(rows)).set_index("claim")
    assert found.loc[claim, "verdict"] == verdict


def test_networks_that_nearly_solved_their_task_are_counted_apart_and_decide_nothing() -> None:
    rows = pd.concat([made(48, seed, accuracy, 0.8, WORKS) for seed, accuracy in ((1, 0.85), (2, 0.995), (3, 0.7))])
    row = tabulating.claims(tabulating.networks(rows)).set_index("claim").loc["by-magnitude"]
    assert (row["trained"], row["solved"], row["holds"], row["nearly"], row["nearly_holds"]) == (3, 1, 1, 2, 2)
    assert row["verdict"] == "no verdict"


def test_tables_for_pages_have_a_row_for_each_measure_and_claim() -> None:
    rows = pd.concat([made(units, seed, 0.995, 0.8, WORKS) for units in (48, 128) for seed in (1, 2, 3, 4)])
    table = tabulating.networks(rows)
    assert tabulating.as_markdown(table).count("\n") == len(tabulating.MEASURES) + 2
    assert "| 48 units, seed 3 | 48 units, seed 4 | 128 units, seed 1 |" in tabulating.as_markdown(table)
    sizes = tabulating.sizes_as_markdown(tabulating.sizes(table))
    assert sizes.count("\n") == len(tabulating.MEASURES) + 1
    assert "| edits followed: told, by least squares | 0.900 [0.900, 0.900] |" in sizes
    claims = tabulating.claims_as_markdown(tabulating.claims(table))
    assert claims.count("\n") == len(tabulating.CLAIMS) + 1
    assert "| 128 | 4 | 4 | 0 | 0.00 to 0.49 | inconsistent | 4 | 0 |" in claims
