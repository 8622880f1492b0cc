"""Which shards are measured again: a fresh sample, and all of which a little decides or something is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.audit.again import draw, is_near
from emtvb.audit.report import Finding
from emtvb.paper.claims import load
from emtvb.runs import Run
from emtvb.tasks import named

STATEMENTS = load().statements
SHARDS = {f"s{i}": [Run(named("T1", 4, 4), 24, 0.0, 0.9, seed) for seed in (2 * i, 2 * i + 1)] for i in range(9)}
PLAIN = {"test_accuracy": "0.9999", "verdict": "linearly stored and editable", "spectral_error": "0.25",
         "optimal_spectral_error": "0.25", "data_worst_decoding_accuracy": "1.0",
         "data_edit_success": "1.0"}  # fmt: skip


@given(st.integers(0, 2**32))
def test_a_third_of_the_shards_is_drawn_and_the_same_seed_draws_the_same(seed: int) -> None:
    drawn, close = draw(SHARDS, {}, STATEMENTS, (), 1 / 3, seed)
    assert list(drawn.values()) == [f"drawn by seed {seed}"] * 3
    assert (drawn, close) == draw(SHARDS, {}, STATEMENTS, (), 1 / 3, seed) == (drawn, {})
    assert draw(SHARDS, {}, STATEMENTS, (), 1, seed)[0].keys() == SHARDS.keys()


def test_other_seeds_draw_others() -> None:
    assert len({frozenset(draw(SHARDS, {}, STATEMENTS, (), 1 / 3, seed)[0]) for seed in range(20)}) > 10


@pytest.mark.parametrize(
    "finding",
    [
        Finding(SHARDS["s4"][1].run_id, "has the weights of another"),
        Finding("measurements/s4.csv", "its sha256 differs"),
        Finding("a", f"spectral_error of {SHARDS['s4'][0].run_id} is odd"),
    ],
    ids=["a run", "a shard's file", "a run that is spoken of"],
)
def test_what_a_finding_names_is_measured_again(finding: Finding) -> None:
    for seed in range(5):
        by_chance, _ = draw(SHARDS, {}, STATEMENTS, (), 1 / 3, seed)
        drawn, _ = draw(SHARDS, {}, STATEMENTS, (finding,), 1 / 3, seed)
        assert drawn == {"s4": "named by a finding", **by_chance}


@pytest.mark.parametrize(
    ("change", "near"),
    [
        ({}, False),
        ({"verdict": "solves the task without it"}, True),
        ({"spectral_error": "0.15"}, True),
        ({"spectral_error": "0.26"}, True),
        ({"spectral_error": ""}, False),
        ({"data_worst_decoding_accuracy": "0.9803"}, True),
        ({"data_worst_decoding_accuracy": "0.99"}, False),
        ({"test_accuracy": "0.9895"}, True),
        ({"test_accuracy": "0.5", "data_worst_decoding_accuracy": "0.98"}, False),
        ({"test_accuracy": "words"}, False),
    ],
)
def test_a_network_lies_next_to_a_bar_where_little_decides(change: dict[str, str], near: bool) -> None:
    assert is_near({**PLAIN, **change}, STATEMENTS) is near


def test_of_a_shard_that_is_not_drawn_only_what_lies_next_to_a_bar_is_measured() -> None:
    near = SHARDS["s4"][1]
    measured = {run.run_id: PLAIN for runs in SHARDS.values() for run in runs}
    measured[near.run_id] = {**PLAIN, "verdict": "solves the task without it"}
    seen = set()
    for seed in range(20):
        by_chance, _ = draw(SHARDS, {}, STATEMENTS, (), 1 / 3, seed)
        seen.add("s4" in by_chance)
        drawn, close = draw(SHARDS, measured, STATEMENTS, (), 1 / 3, seed)
        assert drawn == by_chance
        assert close == ({} if "s4" in drawn else {"s4": [near]})
    assert seen == {True, False}
    named = Finding("measurements/s4.csv", "its sha256 differs")
    assert not draw(SHARDS, measured, STATEMENTS, (named,), 1 / 3, 0)[1]


def test_of_few_shards_one_is_drawn_all_the_same() -> None:
    assert draw({"s0": SHARDS["s0"]}, {}, STATEMENTS, (), 1 / 3, 0)[0].keys() == {"s0"}
