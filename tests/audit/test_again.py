"""Which shards are measured again, and the chance to miss one that is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtvb.audit import remeasuring
from emtvb.audit.config_of_results import held_by
from emtvb.audit.remeasuring import draw_shards
from emtvb.audit.report import chance_to_miss
from emtvb.audit.scratch import Scratch
from emtvb.making.plan import Planned
from emtvb.making.processes import Processes

ROOT = Path(__file__).parents[2]
SHARDS = [f"s{i}" for i in range(9)]


@given(st.integers(0, 2**32))
def test_a_third_of_the_shards_is_drawn_and_the_same_seed_draws_the_same(seed: int) -> None:
    drawn = draw_shards(SHARDS, 1 / 3, seed)
    assert len(set(drawn)) == 3
    assert drawn == draw_shards(SHARDS[::-1], 1 / 3, seed)
    assert draw_shards(SHARDS, 1, seed) == SHARDS


def test_other_seeds_draw_others() -> None:
    assert len({tuple(draw_shards(SHARDS, 1 / 3, seed)) for seed in range(20)}) > 10


def test_of_few_shards_one_is_drawn_all_the_same() -> None:
    assert draw_shards(["s0"], 1 / 3, 0) == ["s0"]
    assert draw_shards([], 1 / 3, 0) == []


@pytest.mark.parametrize(
    ("drawn", "everything", "said"), [(64, 192, "2 in 3"), (2, 1920, "959 in 960"), (0, 5, "1 in 1"), (5, 5, "")]
)
def test_the_chance_to_miss_an_error_in_one_shard_is_the_share_that_was_not_drawn(
    drawn: int, everything: int, said: str
) -> None:
    words = f"an error in one shard's measurements alone is missed with a chance of {said}"
    assert chance_to_miss(drawn, everything, "shard's measurements") == (words if said else "")


def test_a_job_that_fails_is_a_result(tmp_path: Path) -> None:
    job = Planned("measure", {}, (), ("measurements/some/a.csv",), {}, "", ())
    held = held_by(ROOT / "config" / "smoke.yaml", tmp_path, "a config")
    comparison = remeasuring.Comparison(tmp_path, held, 1, Processes())
    comparison._compare_outputs(job, tmp_path, ["error: weights: damaged (measure/a)"])
    assert len(list(comparison.results())) == 1


def test_why_jobs_fail_is_what_was_said_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Traceback:\nNameError: no such name\nRuleException:\nWorkflowError: another's file\nOne job failed."
    begin, command = Processes.begin, [sys.executable, "-c", f"import sys; sys.exit({said!r})"]
    monkeypatch.setattr(Processes, "begin", lambda processes, *_: begin(processes, command))
    held = held_by(ROOT / "config" / "smoke.yaml", ROOT, "a config")
    (tmp_path / "there").mkdir()
    scratch = Scratch(tmp_path / "scratch", tmp_path / "there", held, ROOT)
    job = Planned("measure", {}, (), ("measurements/some/a.csv",), {}, "", ())
    _, errors = scratch.run([job], 1, Processes(), lambda done, of: None)
    assert errors == ["NameError: no such name"]
